"""A comment as the file has it, made one that can be kept; or the reason why it can't."""

import hashlib

import msgspec

from service.comments.rules import sanitised
from service.transfer import rules
from service.transfer.bodies import flattened, html_and_text
from service.transfer.types import Notes, SourceComment

LONGEST = 65_535  # characters: WordPress's own column holds as many bytes

TOO_LONG, EMPTY = "too long", "empty"  # why a comment is refused
MOST_VOTES = 2**31 - 1  # that the column holds


def cleaned(line: int, comment: SourceComment, notes: Notes) -> SourceComment | None:
    """The comment with its body as text and safe HTML; None, and noted, where it is refused.

    Cutting a text would be a loss that nobody sees, so what is too long is refused whole.
    """
    if comment.whole is not None:
        return _restored(line, comment, notes)
    if comment.status == "removed":
        # Of what somebody took away only its place is kept, where answers to it hang.
        comment = msgspec.structs.replace(
            comment, body="", html="", name="", email="", website="", account="removed"
        )
    if max(len(comment.body), len(comment.html)) > LONGEST:
        notes.refuse(TOO_LONG, line, comment.source)
        return None
    html, text = html_and_text(comment) if comment.status != "removed" else ("", "")
    if not text and comment.status != "removed":
        notes.refuse(EMPTY, line, comment.source)
        return None
    name, website = rules.shown_name(comment.name), rules.shown_website(comment.website)
    if website == "" and comment.website.strip() not in {"", "http://", "https://"}:
        notes.repair("websites that are no addresses, left out")
    if len(comment.name.strip()) > rules.LONGEST_NAME:
        notes.repair("names too long, cut")
    return msgspec.structs.replace(
        comment,
        source=_ident(comment.source, comment, notes),
        body=text,
        html=html,
        markup="text",
        name=name,
        website=website,
        votes=min(max(comment.votes, 0), MOST_VOTES),
    )


def _restored(line: int, comment: SourceComment, notes: Notes) -> SourceComment | None:
    """What an export of ours has was clean; what has been through other hands since may not be."""
    if max(len(comment.body), len(comment.html)) > LONGEST:
        notes.refuse(TOO_LONG, line, comment.source)
        return None
    html = sanitised(flattened(comment.html))
    if html != comment.html:
        notes.repair("HTML that no export has, sanitised")
    website = rules.shown_website(comment.website)
    name = rules.shown_name(comment.name) if comment.name else ""
    return msgspec.structs.replace(
        comment, html=html, name=name, website=website, votes=min(max(comment.votes, 0), MOST_VOTES)
    )


def _ident(source: str, comment: SourceComment, notes: Notes) -> str:
    """The old system's id; of what has none, one made of the comment, the same every time."""
    if source and len(source) <= rules.LONGEST_SOURCE_ID:
        return source
    notes.repair("ids missing or too long, made anew")
    return "~" + hashlib.blake2b(msgspec.msgpack.encode(comment), digest_size=12).hexdigest()
