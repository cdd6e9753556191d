"""How the schema came to be: Alembic's steps, oldest first."""
