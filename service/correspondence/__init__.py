"""What readers are mailed, and the pages behind the links: confirming an address.

Every letter to a reader goes through sending.Postman. May import thread_page, comments, readers,
screening, articles, web and core.
"""
