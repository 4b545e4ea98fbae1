"""Import and export: the comments of other systems into a site's threads, and a site into files.

Owns the formats (`reading/`, `writing/`), what is repaired and refused, and what was imported from
where. May import comments, readers, screening, articles, accounts and core; never the desk or its
siblings.
"""
