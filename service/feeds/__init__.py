"""Feeds: a site's own RSS, Atom, JSON feed or news sitemap, polled for articles and alerts.

May import push, moderation, articles, accounts and core. What is new in a feed is decided once, in
one transaction (taking.py); `feed.lease` says who polls, and PgQueuer only wakes (jobs.py).
"""
