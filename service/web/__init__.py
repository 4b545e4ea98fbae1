"""What browsers are served as written: widgets, the push worker, the desk, the demo page.

May import core only.
"""
