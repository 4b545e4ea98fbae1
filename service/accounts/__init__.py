"""Who may do what: publishers' keys, moderators and their sessions, readers' identity.

May import core only.
"""
