"""SQL of importing: what is there, and batches of what comes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from service.comments.urgency import reach_of_old
from service.core.db import Conn, Executor, uuid7
from service.screening.sketch import Fingerprint
from service.transfer.types import Kept, Whole

Columns = Sequence[Sequence[Any]]


class Known(msgspec.Struct, frozen=True):
    """Where a comment hangs that is imported."""

    id: UUID
    article_id: UUID
    root_id: UUID | None
    parent_id: UUID | None
    depth: int


class NewRow(msgspec.Struct, frozen=True):
    """Everything that an imported comment writes. `print_` only where copies may still be found."""

    at: Known
    source_id: str
    reader_id: UUID
    name: str
    website: str | None
    body: str
    html: str
    status: Kept
    reason: str | None
    risk: float
    likes: int
    created_at: datetime
    ledger_id: UUID
    decided: bool
    print_: Fingerprint | None
    whole: Whole | None = None


async def lock_imports(conn: Conn, site_id: UUID) -> bool:
    """Let nobody else import into this site, until the connection closes; False if one does."""
    return bool(
        await conn.fetchval(
            "select pg_try_advisory_lock(hashtextextended($1, 0))", f"rejoinder.import {site_id}"
        )
    )


async def list_known(
    conn: Conn, site_id: UUID, source: str, ids: Sequence[str]
) -> dict[str, Known]:
    """Which of these are imported already."""
    rows = await conn.fetch(
        """
        select i.source_id, c.id, c.article_id, c.root_id, c.parent_id, c.depth
        from imported i join comment c on c.id = i.comment_id
        where i.site_id = $1 and i.source = $2 and i.source_id = any($3::text[])
        """,
        site_id,
        source,
        list(ids),
    )
    return {ident: Known(*place) for ident, *place in rows}


async def list_readers(conn: Conn, site_id: UUID, emails: Sequence[str]) -> dict[str, UUID]:
    """Readers by e-mail, or by what stands in its place."""
    rows = await conn.fetch(
        "select email, id from reader where site_id = $1 and email = any($2::text[])",
        site_id,
        list(emails),
    )
    return {row["email"]: row["id"] for row in rows}


async def ensure_readers(
    conn: Conn, site_id: UUID, names: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, UUID], int]:
    """Readers by e-mail, made unconfirmed where there are none, and how many were made.

    `names` are name and name's key.

    Those that are there keep their name. In the order of e-mails, as two who write the same ones
    would wait for each other.
    """
    emails = sorted(names)
    done = await conn.execute(
        """
        insert into reader (site_id, id, email, name, name_key)
        select $1, n.* from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) n
        on conflict (site_id, email) do nothing
        """,
        site_id,
        [uuid7() for _ in emails],
        emails,
        [names[email][0] for email in emails],
        [names[email][1] for email in emails],
    )
    return await list_readers(conn, site_id, emails), int(done.rpartition(" ")[2])


async def lock_roots(conn: Conn, ids: Sequence[UUID]) -> None:
    """Lock comments in the order of ids (see comments/changes.py). Needs a transaction."""
    await conn.execute(
        "select from comment where id = any($1::uuid[]) order by id for no key update", list(ids)
    )


async def copy_rows(
    conn: Conn, site_id: UUID, source: str, rows: Sequence[NewRow], replies: Mapping[UUID, int]
) -> None:
    """Store comments, each after what it hangs below, and what belongs to them.

    `replies`: the published ones below roots, which are written with those that are among the rows.

    Needs the caller's transaction, and leaves counts of articles and of older roots to it.
    """
    now = datetime.now(UTC)
    await conn.copy_records_to_table(
        "comment",
        columns=[
            "site_id", "id", "article_id", "root_id", "parent_id", "depth", "reader_id",
            "author_name", "website", "body", "html", "status", "reason", "risk", "likes",
            "reply_count", "created_at", "reviewed", "version", "badge", "edited_at",
            "notify", "reach",
        ],
        records=[
            (
                site_id, r.at.id, r.at.article_id, r.at.root_id, r.at.parent_id, r.at.depth,
                r.reader_id, r.name, r.website, r.body, r.html, r.status, r.reason, r.risk, r.likes,
                replies.get(r.at.id, 0), r.created_at,
                r.whole.reviewed if r.whole else r.status != "held",
                r.whole.version if r.whole else 1, r.whole.badge if r.whole else None,
                r.whole.edited_at if r.whole else None, r.whole.notify if r.whole else False,
                # In an export of ours what waits has waited here.
                0.0 if r.whole else reach_of_old(r.created_at, now),
            )
            for r in rows
        ],
    )  # fmt: skip
    await _copy_ledger(conn, site_id, source, rows)
    await conn.copy_records_to_table(
        "imported",
        columns=["site_id", "source", "source_id", "comment_id", "decided"],
        records=[(site_id, source, r.source_id, r.at.id, r.decided) for r in rows],
    )
    await conn.copy_records_to_table(
        "unscreened",
        columns=["site_id", "comment_id", "held"],
        records=[(site_id, r.at.id, r.status == "held") for r in rows if r.body],
    )
    await _copy_prints(conn, site_id, [(r, r.print_) for r in rows if r.print_])


async def _copy_ledger(conn: Conn, site_id: UUID, source: str, rows: Sequence[NewRow]) -> None:
    """A row for each that came; of what comes with a ledger, that as it was."""
    await conn.copy_records_to_table(
        "ledger",
        columns=[
            "site_id", "id", "comment_id", "actor", "to_status", "version", "reason", "note",
            "created_at", "from_status", "imported_actor", "imported_moderator",
        ],
        records=[
            (
                site_id, one.id, r.at.id, "import", one.to_status, one.version, one.reason,
                one.note, one.at, one.from_status, one.actor, one.moderator,
            )
            for r in rows
            for one in (r.whole.history if r.whole else ())
        ] + [
            (
                site_id, r.ledger_id, r.at.id, "import", r.status,
                r.whole.version if r.whole else 1, r.reason, source, r.created_at, None, None, None,
            )
            for r in rows
            if not (r.whole and r.whole.history)
        ],
    )  # fmt: skip


async def _copy_prints(
    conn: Conn, site_id: UUID, printed: Sequence[tuple[NewRow, Fingerprint]]
) -> None:
    await conn.copy_records_to_table(
        "fingerprint",
        columns=["site_id", "comment_id", "exact", "bands", "sketch", "created_at"],
        records=[(site_id, r.at.id, p.exact, p.bands, p.sketch, r.created_at) for r, p in printed],
    )
    await conn.copy_records_to_table(
        "fingerprint_band",
        columns=["site_id", "band", "comment_id"],
        records=[(site_id, band, r.at.id) for r, p in printed for band in set(p.bands)],
    )


async def get_imported(
    conn: Executor, site_id: UUID, source: str | None, ident: str
) -> UUID | None:
    """The comment that had this id in an old system; the one imported first where none is named."""
    found: UUID | None = await conn.fetchval(
        """
        select comment_id from imported
        where site_id = $1 and source_id = $3 and ($2::text is null or source = $2)
        order by imported_at, source limit 1
        """,
        site_id,
        source,
        ident,
    )
    return found
