"""Sites and articles: which origins a site has, which article a key or an address means.

May import core only.
"""
