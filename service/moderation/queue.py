"""From rows to what moderators read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import UNSET

from service.accounts.types import Moderator
from service.comments import rules as comment_rules
from service.comments.types import Author, CommentAnswer, CommentRow
from service.core.db import Conn, uuid7
from service.core.http import write_cursor
from service.core.problems import NotFound
from service.moderation import detail_store, queue_store, store
from service.moderation.queue_store import Filter
from service.moderation.types import (
    Detail,
    Ledger,
    LedgerPosition,
    Queue,
    QueueArticle,
    QueueItem,
    QueuePosition,
    ReaderCounts,
    View,
)
from service.screening.store import list_signals
from service.screening.types import Signal


async def read_queue(
    conn: Conn, moderator: Moderator, wanted: Filter, after: QueuePosition | None, limit: int
) -> Queue:
    """A page of the queue. Needs a transaction."""
    seen = after.seen if after else uuid7()
    rows = await queue_store.list_items(conn, wanted, after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    position = (
        QueuePosition(wanted.order, last.urgency, last.created_at, last.id, seen) if last else None
    )
    return Queue(
        items=await read_items(conn, moderator, wanted.view, [row.id for row in rows[:limit]]),
        next_cursor=write_cursor(position) if position else None,
        count=await queue_store.count_items(conn, wanted),
    )


async def read_items(
    conn: Conn, moderator: Moderator, view: View, comment_ids: Sequence[UUID]
) -> list[QueueItem]:
    """Items by the comments that stand for them."""
    rows = await store.list_hydrated(conn, comment_ids)
    return [QueueItem(**fields) for fields in await _fields(conn, moderator, rows, view)]


async def read_detail(conn: Conn, moderator: Moderator, comment_id: UUID) -> Detail:
    """Everything about one comment. Raises NotFound."""
    row = await store.get_item(conn, moderator, comment_id)
    if row is None:
        raise NotFound("There is no such comment.")
    [fields] = await _fields(conn, moderator, [row], None)
    return Detail(
        **fields,
        ledger=await store.list_ledger_of(conn, comment_id),
        report_notes=await detail_store.list_reports(conn, comment_id),
        history=_answers(await detail_store.list_history(conn, row["reader_id"], comment_id)),
        context=_answers(await detail_store.list_context(conn, comment_id)),
        replies=_answers(await detail_store.list_answers(conn, comment_id)),
        members=_answers(
            await detail_store.list_others(conn, fields["campaign"].id, comment_id)
            if fields["campaign"]
            else []
        ),
    )


def _answers(rows: Sequence[CommentRow]) -> list[CommentAnswer]:
    return [comment_rules.author_answer(row) for row in rows]


async def read_ledger(
    conn: Conn, moderator: Moderator, site_id: UUID | None, before: UUID | None, limit: int
) -> Ledger:
    """A page of the ledger, newest first."""
    entries = await store.list_ledger(conn, moderator, site_id, before, limit + 1)
    shown = entries[:limit]
    cursor = LedgerPosition(shown[-1].id) if len(entries) > limit else None
    return Ledger(shown, write_cursor(cursor) if cursor else None)


async def _fields(
    conn: Conn, moderator: Moderator, rows: Sequence[dict[str, Any]], view: View | None
) -> list[dict[str, Any]]:
    ids = [row["id"] for row in rows]
    signals = await list_signals(conn, ids)
    counts = await store.count_by_reader(conn, list({row["reader_id"] for row in rows}))
    claims = await store.list_claims(conn, moderator.id, ids)
    campaigns = await store.list_campaigns(conn, ids, view)
    contested = await store.list_contested(conn, ids)
    return [
        {
            **_item(row, signals.get(row["id"], []), counts.get(row["reader_id"], (0, 0, 0))),
            "contested": row["id"] in contested,
            "claim": claims.get(row["id"]),
            "campaign": campaigns.get(row["id"], UNSET),
        }
        for row in rows
    ]


def _item(
    row: dict[str, Any], signals: list[Signal], counts: tuple[int, int, int]
) -> dict[str, Any]:
    published, held, refused = counts
    fields = {
        name: row[name]
        for name in (
            "id", "parent_id", "html", "status", "created_at", "edited_at", "likes", "site",
            "body", "email", "website", "risk", "reports", "version",
        )
    }  # fmt: skip
    fields["author"] = Author(row["author_name"], row["badge"])
    if row["reason"] is not None:
        fields["reason"] = row["reason"]
    fields["signals"] = signals
    fields["article"] = QueueArticle(
        row["article_key"], row["article_title"], row["article_url"], row["article_section"]
    )
    fields["reader"] = ReaderCounts(
        row["reader_id"], row["reader_name"], row["confirmed"], published, held, refused
    )
    return fields
