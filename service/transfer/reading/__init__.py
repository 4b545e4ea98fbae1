"""Files of other systems, one reader a format.

Each reader is a function of an Input and Notes that yields Found: articles and comments with the
line they begin in, in the file's order, reading no more ahead than a block.
"""
