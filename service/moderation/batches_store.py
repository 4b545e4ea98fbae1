"""All SQL about batches of decisions."""

from uuid import UUID

from service.core.db import Conn, row_to
from service.moderation.types import BatchEntry, Taken


async def list_batch(conn: Conn, batch_id: UUID) -> list[Taken]:
    """What a person's batch decided."""
    rows = await conn.fetch(
        """
        select l.comment_id, l.from_status, l.to_status, l.version, (
            select p.reason from ledger p
            where p.comment_id = l.comment_id and p.id < l.id order by p.id desc limit 1
        ) as reason_before
        from ledger l where l.batch_id = $1 and l.actor = 'moderator' order by l.id
        """,
        batch_id,
    )
    return [row_to(Taken, row) for row in rows]


async def list_undone(conn: Conn, batch_id: UUID) -> set[UUID]:
    """The comments for which a batch has been taken back already."""
    rows = await conn.fetch("select comment_id from ledger where undoes = $1", batch_id)
    return {row["comment_id"] for row in rows}


async def list_entries(conn: Conn, batch_id: UUID) -> list[BatchEntry]:
    """Everything that the ledger says under a batch's id."""
    rows = await conn.fetch(
        """
        select comment_id, from_status, to_status, version, moderator_id, undoes
        from ledger where batch_id = $1 order by id
        """,
        batch_id,
    )
    return [row_to(BatchEntry, row) for row in rows]
