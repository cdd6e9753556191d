"""How it is kept: the database, the branch lock, the ledger, and the boards that screens read."""
