"""What every feature stands on: database, HTTP, problems, tokens, events, jobs, logs, metrics.

Imports no feature.
"""
