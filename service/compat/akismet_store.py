"""SQL of the Akismet drop-in: senders' records, and what a key said of a text."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, cast
from uuid import UUID

from service.compat.akismet_types import Record, Said, SenderKind
from service.compat.store import KEPT
from service.core.db import Conn, Executor, row_to
from service.screening.learning_types import ExampleLabel

RECORDS = """
    select s.kind, sum(s.checked)::bigint as checked, sum(s.taken)::bigint as taken,
        sum(s.spam)::bigint as spam, sum(s.ham)::bigint as ham
    from unnest($2::text[], $3::bytea[]) asked (kind, digest)
    join sender_day s on s.site_id = $1 and s.kind = asked.kind and s.digest = asked.digest
    where s.day >= (now() at time zone 'utc' - $4::text::interval)::date
    group by s.kind, s.digest
"""
SAID = """
    select label from example
    where api_key_id = $1 and text_hash = sha256(convert_to($2, 'UTF8'))
        and (label in ('spam', 'ham')) = true
"""


class Sender(NamedTuple):
    """One thing that a sender can be known by."""

    kind: SenderKind
    digest: bytes


async def list_records(conn: Executor, site_id: UUID, senders: Sequence[Sender]) -> list[Record]:
    """What 30 days know of these senders."""
    rows = await conn.fetch(
        RECORDS,
        site_id,
        [sender.kind for sender in senders],
        [sender.digest for sender in senders],
        KEPT,
    )
    return [row_to(Record, row) for row in rows]


async def add_checks(conn: Executor, rows: Sequence[tuple[UUID, Sender, date, int, int]]) -> None:
    """Add to records: site, sender, day, comments checked and taken for spam.

    Rows must be sorted by site, the newer day first, and sender: they are locked in this order,
    here and by reports.
    """
    if not rows:
        return
    await conn.execute(
        """
        insert into sender_day as s (site_id, kind, digest, day, checked, taken)
        select * from unnest(
            $1::uuid[], $2::text[], $3::bytea[], $4::date[], $5::integer[], $6::integer[]
        )
        on conflict (site_id, kind, digest, day) do update set
            checked = s.checked + excluded.checked, taken = s.taken + excluded.taken
        """,
        [row[0] for row in rows],
        [row[1].kind for row in rows],
        [row[1].digest for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        [row[4] for row in rows],
    )


async def get_said(conn: Executor, api_key_id: UUID, text: str) -> Said | None:
    """What a key has said last of a text."""
    said = await conn.fetchval(
        SAID,
        api_key_id,
        text,
    )
    return cast("Said | None", said)


async def lock_text(conn: Conn, api_key_id: UUID, text: str) -> None:
    """Until the transaction ends nobody else says anything of this text with this key."""
    await conn.execute(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))", f"akismet {api_key_id} {text}"
    )


async def lock_senders(conn: Conn, site_id: UUID, senders: Sequence[Sender], day: date) -> None:
    """Lock a day's rows of senders, which must be sorted; those that aren't there are made.

    Whoever holds a sender's row of today may change its older ones.
    """
    await conn.execute(
        """
        insert into sender_day as s (site_id, kind, digest, day)
        select $1, asked.kind, asked.digest, $4
        from unnest($2::text[], $3::bytea[]) asked (kind, digest)
        on conflict (site_id, kind, digest, day) do update set spam = s.spam
        """,
        site_id,
        [sender.kind for sender in senders],
        [sender.digest for sender in senders],
        day,
    )


async def add_reports(
    conn: Conn,
    site_id: UUID,
    senders: Sequence[Sender],
    day: date,
    label: ExampleLabel,
    *,
    once: bool,
) -> None:
    """Add a person's word to the records of a day; `once`: where none like it is kept already.

    lock_senders comes first, in the same transaction.
    """
    await conn.execute(
        """
        update sender_day s set
            spam = s.spam + ($5 = 'spam')::integer, ham = s.ham + ($5 = 'ham')::integer
        from unnest($2::text[], $3::bytea[]) asked (kind, digest)
        where s.site_id = $1 and s.kind = asked.kind and s.digest = asked.digest and s.day = $4
            and not ($6 and exists (
                select from sender_day t
                where t.site_id = $1 and t.kind = s.kind and t.digest = s.digest
                    and case when $5 = 'spam' then t.spam else t.ham end > 0
            ))
        """,
        site_id,
        [sender.kind for sender in senders],
        [sender.digest for sender in senders],
        day,
        label,
        once,
    )


async def take_back(
    conn: Conn, site_id: UUID, senders: Sequence[Sender], label: ExampleLabel
) -> None:
    """Take one person's word back from each sender's newest record that has such a one.

    lock_senders comes first, in the same transaction.
    """
    await conn.execute(
        """
        with newest as (
            select s.kind, s.digest, max(s.day) as day
            from unnest($2::text[], $3::bytea[]) asked (kind, digest)
            join sender_day s on s.site_id = $1 and s.kind = asked.kind and s.digest = asked.digest
            where case when $4 = 'spam' then s.spam else s.ham end > 0
            group by s.kind, s.digest
        ), locked as materialized (
            select s.kind, s.digest, s.day from sender_day s
            join newest n on s.kind = n.kind and s.digest = n.digest and s.day = n.day
            where s.site_id = $1
            order by s.kind, s.digest for update of s
        )
        update sender_day s set
            spam = s.spam - ($4 = 'spam')::integer, ham = s.ham - ($4 = 'ham')::integer
        from locked l
        where s.site_id = $1 and s.kind = l.kind and s.digest = l.digest and s.day = l.day
        """,
        site_id,
        [sender.kind for sender in senders],
        [sender.digest for sender in senders],
        label,
    )
