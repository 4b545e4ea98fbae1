"""What the desk shows of letters to readers: each kind as it would go out, and what is missing.

May import correspondence, subscriptions, bounces, moderation, accounts, articles, web and core.
"""
