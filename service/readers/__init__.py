"""Readers who have signed in at their publisher's: the tokens that say so, and who they are here.

May import accounts, articles, screening and core.
"""
