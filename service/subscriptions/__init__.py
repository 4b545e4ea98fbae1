"""What readers are mailed because they asked to hear more: replies, and comments on an article.

Who wants what, who has been told of which comment, how often, and how to end it by one click. May
import correspondence, through which every letter goes, thread_page, comments, readers, articles,
web and core.
"""
