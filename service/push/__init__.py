"""Web push: VAPID keys, subscriptions, alerts, their fan-out and delivery, receipts.

May import comments, engagement, screening, articles, accounts and core. What keeps an alert
from being lost or sent twice: `alert` is unique by article and edition, `delivery_batch` rows
are the truth of a fan-out, and PgQueuer only wakes whoever works on them (delivery.py).
"""
