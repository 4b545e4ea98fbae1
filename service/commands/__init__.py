"""The command line, a module a group of commands. May import everything but `cli`.

Each module with commands has a typer application `app`, which `cli` adds by one line.
"""
