"""From rows to what moderators read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from service.accounts.types import Moderator
from service.comments import rules as comment_rules
from service.comments.types import Author
from service.core.db import Conn
from service.core.http import write_cursor
from service.core.problems import NotFound
from service.moderation import store
from service.moderation.store import Filter
from service.moderation.types import (
    Detail,
    Ledger,
    LedgerPosition,
    Queue,
    QueueArticle,
    QueueItem,
    QueuePosition,
    ReaderCounts,
)
from service.screening.store import list_signals
from service.screening.types import Signal


async def read_queue(
    conn: Conn, moderator: Moderator, wanted: Filter, after: QueuePosition | None, limit: int
) -> Queue:
    """A page of the queue."""
    rows = await store.list_queue(conn, moderator, wanted, after, limit + 1)
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    cursor = (
        QueuePosition(wanted.order, last["risk"], last["created_at"], last["id"]) if last else None
    )
    return Queue(
        items=[QueueItem(**fields) for fields in await _fields(conn, shown)],
        next_cursor=write_cursor(cursor) if cursor else None,
        count=await store.count_queue(conn, moderator, wanted),
    )


async def read_detail(conn: Conn, moderator: Moderator, comment_id: UUID) -> Detail:
    """Everything about one comment. Raises NotFound."""
    row = await store.get_item(conn, moderator, comment_id)
    if row is None:
        raise NotFound("There is no such comment.")
    [fields] = await _fields(conn, [row])
    return Detail(
        **fields,
        ledger=await store.list_ledger_of(conn, comment_id),
        report_notes=await store.list_reports(conn, comment_id),
        history=[
            comment_rules.author_answer(other)
            for other in await store.list_history(conn, row["reader_id"], comment_id)
        ],
        context=[
            comment_rules.author_answer(other)
            for other in await store.list_context(conn, comment_id)
        ],
    )


async def read_ledger(
    conn: Conn, moderator: Moderator, site_id: UUID | None, before: UUID | None, limit: int
) -> Ledger:
    """A page of the ledger, newest first."""
    entries = await store.list_ledger(conn, moderator, site_id, before, limit + 1)
    shown = entries[:limit]
    cursor = LedgerPosition(shown[-1].id) if len(entries) > limit else None
    return Ledger(shown, write_cursor(cursor) if cursor else None)


async def _fields(conn: Conn, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    signals = await list_signals(conn, [row["id"] for row in rows])
    counts = await store.count_by_reader(conn, list({row["reader_id"] for row in rows}))
    return [
        _item(row, signals.get(row["id"], []), counts.get(row["reader_id"], (0, 0, 0)))
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
