"""WordPress: what *Tools, Export* writes (WXR 1.0 to 1.2), also gzipped."""

import re

import msgspec

from service.transfer.reading.found import Found, Reading, date_of, plain
from service.transfer.reading.input import Input
from service.transfer.reading.xml import Record, records
from service.transfer.types import Kept, Notes, SourceArticle, SourceComment

ITEM = frozenset(
    {"title", "link", "pubDate", "wp:post_id", "wp:post_date_gmt", "wp:status", "wp:post_password"}
)
COMMENT = frozenset(
    f"wp:comment_{name}"
    for name in (
        "id", "author", "author_email", "author_url", "date", "date_gmt", "content", "approved",
        "type", "parent", "user_id",
    )
)  # fmt: skip
META = frozenset({"wp:meta_key"})
# The plugin's mark of what came from here: read, it would be here twice.
COPY = "_rejoinder_copy"
BEGINS = re.compile(rb"<(item|wp:comment)>")
STATUSES: dict[str, Kept] = {
    "1": "published", "approve": "published", "approved": "published",
    "0": "held", "hold": "held",
    "spam": "spam",
    # Somebody took it away. It may come back, as from WordPress's own trash.
    "trash": "rejected", "post-trashed": "rejected",
}  # fmt: skip
PUBLIC = {"", "publish", "inherit"}  # the last is of files that belong to posts
TYPES = {"", "comment"}  # others are pings, orders' notes, reviews of plugins


def read(source: Input, notes: Notes) -> Reading:
    """Each post that has comments, before the first of them; raises ImportFileError."""
    told: Record | None = None
    wanted = {"item": ITEM, "wp:comment": COMMENT, "wp:commentmeta": META}
    for record in records(source, notes, wanted, BEGINS):
        item = record.outer
        if record.name == "wp:commentmeta" and item and record.get("wp:meta_key") == COPY:
            item.fields["copy"] = "yes"
        if record.name != "wp:comment":
            continue
        if item is None:
            notes.refuse("in no post", record.line, record.get("wp:comment_id"))
            continue
        kind = record.get("wp:comment_type")
        if kind not in TYPES:
            notes.skip(kind if kind.isidentifier() and len(kind) <= 20 else "other types")  # noqa: PLR2004 (a name's length)
            continue
        if record.get("copy"):
            notes.skip("copies of comments from here")
            continue
        if item is not told:
            told = item
            yield Found(item.line, _article(item, notes))
        if record.too_long:
            notes.refuse("too long", record.line, record.get("wp:comment_id"))
            continue
        comment = _comment(record, _key(item), notes)
        if comment.status == "published" and not _is_public(item):
            # Whoever may read the post has read it; everybody may read threads here.
            notes.repair("comments of posts that aren't public, held")
            comment = msgspec.structs.replace(comment, status="held")
        yield Found(record.line, comment)


def _is_public(item: Record) -> bool:
    return item.get("wp:status") in PUBLIC and not item.get("wp:post_password")


def _key(item: Record) -> str:
    """What tells posts apart: their number, or in incomplete files their address."""
    return item.get("wp:post_id") or item.get("link") or f"line {item.line}"


def _article(item: Record, notes: Notes) -> SourceArticle:
    return SourceArticle(
        source=plain(_key(item), notes),
        url=plain(item.get("link"), notes),
        title=plain(item.get("title"), notes),
        key=plain(item.get("wp:post_id"), notes) or None,
        published_at=date_of(item.get("wp:post_date_gmt")) or date_of(item.get("pubDate")),
    )


def _comment(record: Record, article: str, notes: Notes) -> SourceComment:
    approved = record.get("wp:comment_approved").lower()
    status = STATUSES.get(approved)
    if status is None:
        notes.repair("statuses that don't exist, held")
    parent = record.get("wp:comment_parent")
    user = record.get("wp:comment_user_id")
    # The local time is off by some hours, which is nearer than a neighbour's.
    created = date_of(record.get("wp:comment_date_gmt")) or date_of(record.get("wp:comment_date"))
    return SourceComment(
        source=plain(record.get("wp:comment_id"), notes),
        article=plain(article, notes),
        parent="" if parent == "0" else plain(parent, notes),
        name=plain(record.get("wp:comment_author"), notes),
        email=plain(record.get("wp:comment_author_email"), notes),
        body=plain(record.get("wp:comment_content"), notes),
        markup="paragraphs",
        status=status or "held",
        created_at=created,
        website=plain(record.get("wp:comment_author_url"), notes),
        account="" if user == "0" else plain(user, notes),
    )
