"""What other systems install of ours: the plugin for WordPress, and what it asks of its site.

The plugin itself is under wordpress/, in PHP. May import articles, accounts, readers, web, core.
"""
