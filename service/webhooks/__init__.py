"""Webhooks: telling other systems, signed, what has happened, until they have heard it.

May import articles, accounts and core. Events are written by triggers (migration 0009) in the
transaction of what they are about; `webhook_delivery` rows are the truth of their delivery, and
PgQueuer only wakes whoever works on them (delivery.py).
"""
