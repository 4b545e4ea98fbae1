"""Disqus: what *Moderation, Export* mails (XML, gzipped)."""

import re

from service.transfer.reading.found import Found, Reading, date_of, plain
from service.transfer.reading.input import Input
from service.transfer.reading.xml import Record, records
from service.transfer.types import Kept, Notes, SourceArticle, SourceComment

THREAD = frozenset({"@dsq:id", "id", "link", "title", "createdAt"})
POST = frozenset(
    {
        "@dsq:id", "id", "message", "createdAt", "isDeleted", "isSpam", "isApproved",
        "author/name", "author/email", "author/username", "thread@dsq:id", "parent@dsq:id",
    }
)  # fmt: skip
# Disqus names threads within a post by the same element; there it has nothing but an id, and ends
# within its tag.
BEGINS = re.compile(rb"<(post|thread)(?:>|\s[^<>]*[^/<>]>)")
WANTED = {"thread": THREAD, "post": POST}


def read(source: Input, notes: Notes) -> Reading:
    """Threads, which the file has first, then posts; raises ImportFileError."""
    for record in records(source, notes, WANTED, BEGINS):
        if record.name == "thread" and record.outer is not None:
            record.outer.fields["thread@dsq:id"] = record.get("@dsq:id")
        elif record.name == "thread":
            # Some have nothing but an empty id: nobody could have seen them.
            if not (record.get("link") or record.get("title")):
                continue
            # Posts without a thread of their own would else be taken to be in it.
            if not record.get("@dsq:id"):
                notes.refuse("a thread without an id", record.line, record.get("link"))
            else:
                yield Found(record.line, _article(record, notes))
        elif record.too_long:
            notes.refuse("too long", record.line, record.get("@dsq:id"))
        else:
            yield Found(record.line, _comment(record, notes))


def _article(record: Record, notes: Notes) -> SourceArticle:
    # The page's own identifier may be a WordPress "123 https://…/?p=123" or anything: no key.
    return SourceArticle(
        source=plain(record.get("@dsq:id"), notes),
        url=plain(record.get("link"), notes),
        title=plain(record.get("title"), notes),
        published_at=date_of(record.get("createdAt")),
    )


def _comment(record: Record, notes: Notes) -> SourceComment:
    return SourceComment(
        source=plain(record.get("@dsq:id") or record.get("id"), notes),
        article=plain(record.get("thread@dsq:id"), notes),
        parent=plain(record.get("parent@dsq:id"), notes),
        name=plain(record.get("author/name"), notes),
        email=plain(record.get("author/email"), notes),
        body=plain(record.get("message"), notes),
        markup="html",
        status=_status(record),
        created_at=date_of(record.get("createdAt")),
        account=plain(record.get("author/username"), notes),
    )


def _status(record: Record) -> Kept:
    """Spam is mostly deleted, too, and says more."""
    if record.get("isSpam").lower() == "true":
        return "spam"
    if record.get("isDeleted").lower() == "true":
        return "removed"
    return "held" if record.get("isApproved").lower() == "false" else "published"
