"""The thread for search engines: schema.org as JSON-LD.

By Google's "Discussion forum (DiscussionForumPosting) structured data": a posting needs author,
datePublished and text; so does each comment; replies nest in what they answer; later pages carry
the posting with the main page's address; what is gone but holds its replies together is Deleted.
"""

from html import unescape
from typing import Any

import msgspec
import nh3
from markupsafe import Markup

from service.thread_page.reading import View
from service.thread_page.render import Visit
from service.thread_page.types import Node


def plain(html: str) -> str:
    """The text of a comment's sanitised HTML, one line a block."""
    for block in ("</p>", "</li>", "</pre>", "</blockquote>"):
        html = html.replace(block, block + "\n")
    text = unescape(nh3.clean(html, tags=set()))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def data_block(view: View, visit: Visit) -> Markup:
    r"""The contents of the script element: JSON in which nothing can end the element.

    `<` stands in JSON within strings only, and `\u003c` there is the same character (HTML,
    "Restrictions for contents of script elements").
    """
    text = msgspec.json.encode(_posting(view, visit)).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 (as above)


def _posting(view: View, visit: Visit) -> dict[str, Any]:
    address, article = visit.addresses, view.article
    home = visit.site.origins[0] if visit.site.origins else None
    newsroom = {"@type": "Organization", "name": visit.site.name}
    if home:
        newsroom["url"] = home
    posting: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "DiscussionForumPosting",
        "headline": view.title,
        "text": (article.summary if article else None) or view.title,
        "url": address.whole(address.thread(view.key)),
        "author": newsroom,
        "sharedContent": {"@type": "WebPage", "url": view.url, "headline": view.title},
        "commentCount": view.count,
        "interactionStatistic": _counter("CommentAction", view.count),
        "comment": [_comment(node, visit) for node in view.nodes],
    }
    if article:
        posting["datePublished"] = article.published_at or article.created_at
    return posting


def _comment(node: Node, visit: Visit) -> dict[str, Any]:
    comment, address = node.comment, visit.addresses
    gone = comment.status != "published"
    told: dict[str, Any] = {
        "@type": "Comment",
        "url": address.whole(address.comment(comment.id)),
        "datePublished": comment.created_at,
        "author": {"@type": "Person", "name": comment.author.name},
        "text": plain(comment.html),
        "upvoteCount": comment.likes,
        "interactionStatistic": _counter("LikeAction", comment.likes),
    }
    if gone:
        told["creativeWorkStatus"] = "Deleted"
        told["text"] = visit.words.say("comments.removed")
        told["author"] = {"@type": "Organization", "name": visit.site.name}
    if comment.edited_at:
        told["dateModified"] = comment.edited_at
    if node.above:
        above = address.whole(address.comment(node.above))
        told["parentItem"] = {"@type": "Comment", "url": above}
    if node.replies:
        told["comment"] = [_comment(reply, visit) for reply in node.replies]
    return told


def _counter(action: str, count: int) -> dict[str, Any]:
    return {
        "@type": "InteractionCounter",
        "interactionType": f"https://schema.org/{action}",
        "userInteractionCount": count,
    }
