"""Threads: post, edit, remove, list, like, report.

May import screening, articles, accounts and core.
"""
