"""What people decide: the queue, decisions, the ledger.

May import comments, screening, articles, accounts and core.
"""
