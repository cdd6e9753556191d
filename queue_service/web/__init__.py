"""How it is reached: one blueprint per audience, live updates, access, and refusals as problem+json."""
