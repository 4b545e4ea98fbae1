"""Confirming an address, and saying that a comment under it is somebody else's.

Who is who: whoever types an address is one reader, whom nobody vouches for; whoever has confirmed
it is another, known by an id, of whom a browser holds a token. docs/readers.md has the rules.
"""

from datetime import timedelta

import msgspec

from service.articles.types import Site
from service.comments.reports import insert_report
from service.comments.store import get_comment, lock_comments
from service.comments.types import CommentRow
from service.core.db import Conn
from service.core.problems import NotFound
from service.core.tokens import Keyring, random_token, token_hash
from service.correspondence import store
from service.correspondence.naming import take_name
from service.correspondence.sending import Postman
from service.correspondence.types import Link
from service.readers.confirmed import PAGE_TOKEN, POST_TOKEN
from service.readers.confirmed_store import TokenKind, get_reader_by_address, insert_token
from service.readers.types import SignedIn

LASTS: dict[TokenKind, timedelta] = {"page": timedelta(days=1), "post": timedelta(days=400)}
PREFIX: dict[TokenKind, str] = {"page": PAGE_TOKEN, "post": POST_TOKEN}
DENIED = "Whoever owns the e-mail address says that somebody else wrote this."


class Opened(msgspec.Struct, frozen=True):
    """A link that is good, and what it asks about; no comment where that is gone.

    `name` is the reader's, or the one that was typed last with the address: anybody may have.
    """

    link: Link
    comment: CommentRow | None
    name: str
    confirmed: bool


async def read_link(conn: Conn, site: Site, key: str) -> Opened:
    """What a mailed link is about; changes nothing. Raises NotFound where it isn't good."""
    link = await store.get_link(conn, site.id, token_hash(key))
    if link is None:
        raise _dead()
    reader = await get_reader_by_address(conn, site.id, link.address)
    typed = None if reader else await store.get_typed(conn, site.id, link.address)
    name = reader.reader.name if reader else typed.name if typed else ""
    return Opened(link, await _comment_of(conn, link), name, reader is not None)


async def confirm(conn: Conn, site: Site, key: str, name: str | None) -> SignedIn:
    """Confirm the address that a link was mailed to, and that its comment is by its owner.

    The first time that makes the reader: by the name on the comment or the one that is given, with
    what was imported under the address and approved, and under the sanctions that are in force on
    it, which would else be over by a click. Raises NotFound, and Invalid where the name is
    somebody else's, and then the link stays good. Needs a transaction.
    """
    link = await store.use_link(conn, site.id, token_hash(key))
    if link is None:
        raise _dead()
    comment = await _comment_of(conn, link)
    typed = await store.lock_typed(conn, site.id, link.address)
    reader = await get_reader_by_address(conn, site.id, link.address)
    if reader is None:
        shown = name or (comment.author_name if comment else typed.name if typed else "")
        ident = await store.insert_confirmed(
            conn,
            site.id,
            link.address,
            await take_name(conn, site.id, link.address, shown),
            link.lang,
        )
        if typed is not None:
            await store.adopt_approved(conn, typed.id, ident)
            await store.copy_sanctions(conn, typed.id, ident)
        reader = await get_reader_by_address(conn, site.id, link.address)
    assert reader is not None  # noqa: S101 (made above, in this transaction)
    if comment is not None and typed is not None:
        await store.adopt_comment(conn, comment.id, typed.id, reader.id)
    return reader


async def deny(
    conn: Conn, postman: Postman, keyring: Keyring, site: Site, key: str, *, stop: bool
) -> str:
    """Say that the comment of a link isn't by the owner of its address, which is answered.

    The moderators get that as a report. `stop`: and write to the address no more. Raises NotFound.
    Needs a transaction.
    """
    link = await store.use_link(conn, site.id, token_hash(key))
    if link is None:
        raise _dead()
    if stop:
        await postman.stop(conn, site.id, link.address, "asked")
    if link.comment_id is not None:
        locked = (await lock_comments(conn, [link.comment_id])).get(link.comment_id)
        if locked is not None:
            await store.insert_disowned(conn, site.id, locked.id)
            reporter = keyring.digest("reader-address", f"{site.id} {link.address}")
            await insert_report(conn, locked, reporter, "other", DENIED)
    return link.address


async def give_token(conn: Conn, site: Site, reader: SignedIn, kind: TokenKind) -> str:
    """A token of a reader who has confirmed an address: for the page, or for a browser to post."""
    token = random_token(PREFIX[kind])
    await insert_token(conn, site.id, token_hash(token), reader.id, kind, LASTS[kind])
    return token


async def _comment_of(conn: Conn, link: Link) -> CommentRow | None:
    """What a link asks about, unless it has been removed."""
    if link.comment_id is None:
        return None
    comment = await get_comment(conn, link.site_id, link.comment_id)
    return comment if comment and comment.status != "removed" else None


def _dead() -> NotFound:
    return NotFound("This link doesn't work any more: it was used, or it is too old.")
