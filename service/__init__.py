"""Rejoinder's service: comments, screening, the desk and alerts over one PostgreSQL."""
