"""Signing in at the desk by an account elsewhere: OpenID Connect Core 1.0, the code flow.

May import accounts and core.
"""
