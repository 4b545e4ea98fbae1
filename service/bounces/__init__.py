"""Mail that can't be delivered, and readers who complain: addresses that get no more letters.

May import correspondence, which keeps the list and heeds it, accounts, articles and core.
"""
