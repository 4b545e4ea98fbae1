"""Files of texts, scored: how they are read, and how the answer is written.

What a text scores is `service.screening`'s to say. May import that and core; no database.
"""
