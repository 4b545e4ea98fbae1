"""SQL of screening what was imported."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from service.core.db import Conn, Executor, row_to
from service.screening.scores import scores_of
from service.screening.types import Screening
from service.transfer.rules import uuid_at


class Waiting(msgspec.Struct, frozen=True):
    """An imported comment that waits to be screened, in its first version."""

    id: UUID
    site_id: UUID
    body: str
    author_name: str
    website: str | None
    created_at: datetime


async def list_waiting(conn: Executor, limit: int) -> list[UUID]:
    """The next to be screened: held ones first, then the newest."""
    rows = await conn.fetch(
        "select comment_id from unscreened order by held desc, comment_id desc limit $1", limit
    )
    return [row["comment_id"] for row in rows]


async def lock_waiting(conn: Conn, ids: Sequence[UUID]) -> list[Waiting]:
    """Those of these that still wait, taken out of the queue; needs a transaction.

    What another worker has taken is left to it. What was edited since has been screened by that.
    """
    taken = await conn.fetch(
        """
        delete from unscreened where comment_id in (
            select comment_id from unscreened where comment_id = any($1::uuid[])
            for update skip locked
        )
        returning comment_id
        """,
        list(ids),
    )
    rows = await conn.fetch(
        """
        select id, site_id, body, author_name, website, created_at from comment
        where id = any($1::uuid[]) and version = 1 and not exists (
            select from screening s where s.comment_id = comment.id
        )
        """,
        [row["comment_id"] for row in taken],
    )
    return [row_to(Waiting, row) for row in rows]


async def insert_screenings(conn: Conn, screened: Sequence[tuple[Waiting, Screening]]) -> None:
    """Store what the checks say of comments, dated as these are; needs a transaction.

    Locks the comments in the order of their ids (see comments/changes.py).
    """
    ids = [one.id for one, _ in screened]
    await conn.execute(
        "select from comment where id = any($1::uuid[]) order by id for no key update", ids
    )
    await conn.executemany(
        "update comment set risk = $2, scores = $3 where id = $1 and version = 1",
        [(one.id, said.risk, scores_of(said.signals)) for one, said in screened],
    )
    await conn.copy_records_to_table(
        "screening",
        columns=[
            "site_id", "id", "comment_id", "comment_version", "model", "policy_version", "verdict",
            "reason", "risk", "signals", "packed", "created_at",
        ],
        records=[
            (
                one.site_id, uuid_at(one.created_at), one.id, 1, said.model, said.policy_version,
                said.verdict, said.reason, said.risk, msgspec.json.encode(said.signals),
                said.packed or None, one.created_at,
            )
            for one, said in screened
        ],
    )  # fmt: skip
