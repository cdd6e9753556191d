"""How an event reaches people's ears and pockets: in which words, by which way."""
