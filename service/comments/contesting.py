"""Contesting: an author asks, once, for a second look at what isn't published."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from service.articles.types import Site
from service.comments import store
from service.comments.actions import Stored
from service.comments.changes import Actor, Change, change_statuses
from service.comments.reports import insert_report, is_reported
from service.comments.types import CommentRow
from service.core.db import Conn, Pool
from service.core.http import clean_text
from service.core.problems import Conflict, Invalid, NotFound, Told
from service.core.tokens import Keyring
from service.screening.types import Policy

LASTS = timedelta(days=30)
LONGEST = 1000  # characters
NOTE = "Contested by its author."


async def may_contest(conn: Conn, keyring: Keyring, policy: Policy, comment: CommentRow) -> bool:
    """Whether its author may contest a comment now."""
    return _open(policy, comment) and not await is_reported(
        conn, comment.id, contester(keyring, comment.id)
    )


async def contest_comment(
    pool: Pool, keyring: Keyring, site: Site, policy: Policy, comment_id: UUID, why: str
) -> Stored:
    """Hold a comment that isn't published, for a moderator to look at it once more.

    What its author says stands among its reports, where erasing finds it, and not in the ledger.
    Raises Invalid, NotFound, and Conflict where it can't be contested, or was before.
    """
    text = clean_text("$.text", why, multiline=True)
    if not text or len(text) > LONGEST:
        raise Invalid.field("$.text", f"Expected 1 to {LONGEST} characters")
    async with pool.acquire() as conn, conn.transaction():
        before = (await store.lock_comments(conn, [comment_id])).get(comment_id)
        if before is None or before.site_id != site.id:
            raise NotFound("There is no such comment.", told=Told("gone"))
        if not _open(policy, before):
            raise Conflict("This comment can't be contested.")
        after = msgspec.structs.replace(
            before, status="held", reason=None, version=before.version + 1
        )
        reporter = contester(keyring, comment_id)
        if not await insert_report(conn, before, reporter, "other", f"{NOTE} {text}"):
            raise Conflict("This comment was contested before.")
        versions = await change_statuses(conn, [Change(before, after, NOTE)], Actor("author"))
    return Stored(after, after.article_id, versions.get(after.article_id, 0))


def _open(policy: Policy, comment: CommentRow) -> bool:
    young = datetime.now(UTC) - comment.created_at <= LASTS
    return policy.contest and young and comment.status in {"rejected", "spam"}


def contester(keyring: Keyring, comment_id: UUID) -> bytes:
    """Who a contest is by, among a comment's reports."""
    return keyring.digest("contest", comment_id.bytes)
