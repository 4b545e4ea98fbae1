"""What readers do with what is theirs: adopt, disown, erase it (taking it along: taking.py).

Each function needs the caller's transaction, or makes its own and says so.
"""

from uuid import UUID

import msgspec

from service.articles.types import Site
from service.comments.changes import Actor, Change, change_statuses
from service.comments.reports import insert_report
from service.comments.store import lock_comments
from service.core.db import Conn, Pool
from service.core.http import write_cursor
from service.core.tokens import Keyring
from service.correspondence import own_store, store
from service.correspondence.confirming import DENIED
from service.correspondence.types import After, Mine, OwnArticle, OwnItem, OwnList

AT_ONCE = 200


def item(mine: Mine) -> OwnItem:
    """A comment as the API has it. The reason is told only where it isn't published."""
    return OwnItem(
        mine.id,
        OwnArticle(mine.article_key, mine.article_title, mine.article_url),
        mine.author_name,
        mine.body,
        mine.html,
        mine.status,
        None if mine.status == "published" else mine.reason,
        mine.likes,
        mine.created_at,
        mine.edited_at,
    )


async def list_own(conn: Conn, reader_id: UUID, after: After | None, limit: int) -> OwnList:
    """A page of a reader's comments."""
    at = (after.created_at, after.id) if after else None
    rows = await own_store.list_mine(conn, reader_id, at, limit + 1)
    shown = rows[:limit]
    more = len(rows) > limit
    cursor = write_cursor(After(shown[-1].created_at, shown[-1].id)) if more else None
    return OwnList([item(one) for one in shown], cursor)


async def adopt(conn: Conn, site: Site, address: str, reader_id: UUID, ids: list[UUID]) -> None:
    """Take what stands under one's confirmed address, by one's own word. Needs a transaction."""
    typed = await store.lock_typed(conn, site.id, address)
    for ident in ids if typed else []:
        await store.adopt_comment(conn, ident, typed.id if typed else ident, reader_id)


async def disown(conn: Conn, keyring: Keyring, site: Site, address: str, ident: UUID) -> None:
    """Say of a comment under one's address that somebody else wrote it. Needs a transaction."""
    typed = await store.lock_typed(conn, site.id, address)
    comment = (await lock_comments(conn, [ident])).get(ident)
    if typed is None or comment is None or comment.reader_id != typed.id:
        return
    await store.insert_disowned(conn, site.id, ident)
    reporter = keyring.digest("reader-address", f"{site.id} {address}")
    await insert_report(conn, comment, reporter, "other", DENIED)


async def erase(pool: Pool, site: Site, reader_id: UUID) -> dict[UUID, int]:
    """Erase a reader (GDPR, article 17); the new version of each thread that readers see.

    The comments, some at a time, each batch a transaction; then who it was. Where that breaks off,
    the reader can ask for it again.
    """
    async with pool.acquire() as conn:
        versions = await _blank(conn, reader_id)
        async with conn.transaction():
            await own_store.forget_reader(conn, site.id, reader_id)
        # What was posted meanwhile: now nobody can any more.
        return versions | await _blank(conn, reader_id)


async def _blank(conn: Conn, reader_id: UUID) -> dict[UUID, int]:
    versions: dict[UUID, int] = {}
    while ids := await own_store.list_unblanked(conn, reader_id, AT_ONCE):
        async with conn.transaction():
            locked = await lock_comments(conn, ids)
            before = [one for one in locked.values() if one.status != "removed"]
            changes = [
                Change(
                    one,
                    msgspec.structs.replace(
                        one, status="removed", reason=None, version=one.version + 1
                    ),
                )
                for one in before
            ]
            if changes:
                versions |= await change_statuses(conn, changes, Actor("author"))
            await own_store.blank_comments(conn, ids)
    return versions
