"""Notices to the staff: alarms while something is wrong, and a digest of the day or week.

May import moderation (for its statistics and its sites of a request) and what is below it. Jobs
measure and change an alarm's row; whoever changed it announces that in the same transaction
(announce.py), and the outbox sends it.
"""
