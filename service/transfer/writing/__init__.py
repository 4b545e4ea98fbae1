"""Export: what a site has, written as files that this and other systems read.

Owns the lines (`types.py`, docs/export.md), what they are read from, and WordPress's XML. Writes
into whatever is given; files and their names are the command's.
"""
