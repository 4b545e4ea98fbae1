"""Import: the comments of other systems, read as files, into a site's threads.

Owns the formats (`reading/`), what is repaired and refused, and what was imported from where. May
import comments, readers, screening, articles, accounts and core; never the desk or its siblings.
"""
