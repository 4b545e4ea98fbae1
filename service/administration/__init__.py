"""What editors administer: members, sites and their origins, publishers' keys; and its record.

May import moderation, push, screening, articles, accounts and core.
"""
