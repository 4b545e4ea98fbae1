"""What the machine says of a comment: every check, every signal, one verdict.

Alone in using the classifiers. May import core only, beside them.
"""
