"""The thread as a page without scripts: for readers without them, crawlers and feed readers.

It reads and writes through comments alone, so there is no second way in. May import comments,
screening, articles, accounts, web and core.
"""
