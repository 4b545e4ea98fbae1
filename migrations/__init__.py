"""The database's history: raw SQL through Alembic, one statement a call."""
