"""Other services' protocols, answered from the local classifier: Perspective's and Akismet's.

Owns who calls (`callers`), what they used (`usage`), what they teach (`store`) and each
protocol's own shapes. May import screening, articles, accounts and core; never the desk.
"""
