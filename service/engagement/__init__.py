"""Shares and support clicks, per article and day.

May import screening, articles, accounts and core.
"""
