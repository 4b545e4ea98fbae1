"""SQL of learning: what people decided, examples, each site's models."""

from datetime import datetime
from uuid import UUID

import msgspec

from service.core.db import Conn, Executor, row_to, uuid7
from service.screening.learning_types import (
    Decided,
    Example,
    Judged,
    LiveModel,
    Made,
    ModelRow,
    Report,
)
from service.screening.types import Signal


async def list_decided(conn: Executor, site_id: UUID, limit: int) -> list[Decided]:
    """The newest decisions of people on comments that are as they were decided, newest first.

    The last word of a person counts. A comment that was edited, removed or undone since has
    another version or status, and what is held is undecided. Of imported comments, what people
    made of them where they come from, as far as that is known; the ledger dates them as they were.
    """
    rows = await conn.fetch(
        """
        with said as (
            select distinct on (comment_id) comment_id, id, actor, to_status, reason, version,
                created_at
            from ledger where site_id = $1 and actor in ('moderator', 'undo', 'import')
            order by comment_id, id desc
        )
        select c.body as text, c.status, coalesce(s.reason, c.reason) as reason,
            s.created_at as decided_at
        from said s join comment c on c.id = s.comment_id
        -- What was taken back was no decision.
        where c.site_id = $1 and (
                s.actor = 'moderator' or s.actor = 'import' and exists (
                    select from imported i where i.comment_id = c.id and i.decided
                )
            )
            and c.version = s.version and c.status = s.to_status
            and c.status in ('published', 'rejected', 'spam') and c.body <> ''
        order by s.created_at desc, s.id desc limit $2
        """,
        site_id,
        limit,
    )
    return [row_to(Decided, row) for row in rows]


async def list_judged(conn: Executor, site_id: UUID, limit: int) -> list[Judged]:
    """What the shared model's own spam score made spam, of the newest spam that nobody looked at.

    Of at most `limit` comments. What a rule caught (a honeypot, a copy) may read like any other,
    and a site's own model that learnt from its own verdicts would only grow surer of them.
    """
    rows = await conn.fetch(
        """
        with untouched as (
            select c.id, c.version, c.body, c.created_at from comment c
            where c.site_id = $1 and c.status = 'spam' and c.body <> '' and not exists (
                select from ledger l
                where l.comment_id = c.id and l.actor in ('moderator', 'import')
            )
            order by c.created_at desc, c.id desc limit $2
        )
        select c.body as text, c.created_at, s.signals
        from untouched c join lateral (
            select model, signals from screening
            where comment_id = c.id and comment_version = c.version order by id desc limit 1
        ) s on true
        -- A site's model is named after the shared one, a plus sign and its own.
        where strpos(s.model, '+') = 0
        order by c.created_at desc, c.id desc
        """,
        site_id,
        limit,
    )
    # Read here and not in SQL, which fails on signals with an escaped NUL, as of a banned word.
    return [Judged(row["text"], row["created_at"]) for row in rows if _scored_spam(row["signals"])]


def _scored_spam(signals: bytes) -> bool:
    return any(
        signal.check == "spam" and signal.verdict == "spam"
        for signal in msgspec.json.decode(signals, type=list[Signal])
    )


async def list_trusted(conn: Executor, site_id: UUID, limit: int) -> list[Example]:
    """The newest trusted examples, of keys that still open something."""
    rows = await conn.fetch(
        """
        select e.api_key_id, e.text, e.label, e.created_at
        from example e join api_key k on k.id = e.api_key_id and k.site_id = e.site_id
        where e.site_id = $1 and e.trusted and k.revoked_at is null
        order by e.created_at desc, e.id desc limit $2
        """,
        site_id,
        limit,
    )
    return [row_to(Example, row) for row in rows]


async def get_now(conn: Executor) -> datetime:
    """The database's time, which decisions are stamped with."""
    now: datetime = await conn.fetchval("select now()")
    return now


async def lock_site(conn: Conn, site_id: UUID) -> bool:
    """Take the lock of a site's models, of this connection until `unlock_site`; False if taken."""
    locked: bool = await conn.fetchval(
        "select pg_try_advisory_lock(hashtextextended($1, 0))", f"rejoinder.model {site_id}"
    )
    return locked


async def unlock_site(conn: Conn, site_id: UUID) -> None:
    """Give back what `lock_site` took."""
    await conn.execute(
        "select pg_advisory_unlock(hashtextextended($1, 0))", f"rejoinder.model {site_id}"
    )


async def get_live(conn: Executor, site_id: UUID, known: UUID | None = None) -> LiveModel | None:
    """The live model of a site; without its content where it is the one that is `known`."""
    row = await conn.fetchrow(
        """
        select id, case when id is distinct from $2::uuid then content end as content
        from model where site_id = $1 and status = 'live'
        """,
        site_id,
        known,
    )
    return row_to(LiveModel, row) if row else None


async def get_until(conn: Executor, site_id: UUID) -> datetime | None:
    """When the newest decision that the live model has learnt from was taken."""
    text: str | None = await conn.fetchval(
        "select report ->> 'until' from model where site_id = $1 and status = 'live'", site_id
    )
    return msgspec.convert(text, datetime) if text else None


async def insert_model(
    conn: Conn,
    site_id: UUID,
    made: Made,
    report: Report,
    read_at: datetime,
) -> int:
    """Add a model and answer its number; with content it is live at once, else refused.

    `read_at` is when its decisions were read: later ones are new to it. Needs a transaction and
    the site's lock. A model that was live is retired.
    """
    if made.content is not None:
        await conn.execute(
            "update model set status = 'retired' where site_id = $1 and status = 'live'", site_id
        )
    number: int = await conn.fetchval(
        """
        insert into model (
            site_id, id, number, base, name, content, status, report, live_since, created_at
        )
        select $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5,
            case when $5::bytea is null then 'refused' else 'live' end, $6,
            case when $5::bytea is null then null else now() end, $7
        from model where site_id = $1
        returning number
        """,
        site_id,
        uuid7(),
        made.base,
        made.name,
        made.content,
        msgspec.json.encode(report),
        read_at,
    )
    return number


async def withdraw_live(conn: Conn, site_id: UUID) -> tuple[str, str | None] | None:
    """Take the live model back for the one that was live before it, if there is one left.

    One of the same shared model: a correction of another corrects nothing. Answers both names, or
    None where nothing is live. Needs a transaction and the site's lock.
    """
    gone = await conn.fetchrow(
        """
        update model set status = 'withdrawn' where site_id = $1 and status = 'live'
        returning name, base
        """,
        site_id,
    )
    if gone is None:
        return None
    back: str | None = await conn.fetchval(
        """
        update model set status = 'live', live_since = now()
        where id = (
            select id from model where site_id = $1 and status = 'retired' and base = $2
            order by number desc limit 1
        )
        returning name
        """,
        site_id,
        gone["base"],
    )
    return gone["name"], back


async def list_models(conn: Executor, site_id: UUID, limit: int) -> list[ModelRow]:
    """The newest models of a site, newest first."""
    rows = await conn.fetch(
        """
        select number, name, status, report, created_at, live_since
        from model where site_id = $1 order by number desc limit $2
        """,
        site_id,
        limit,
    )
    return [
        ModelRow(**{**row, "report": msgspec.json.decode(row["report"], type=Report)})
        for row in rows
    ]


async def list_due(conn: Executor, base: str) -> list[UUID]:
    """Sites where people have decided since the last attempt, or whose model is of another base.

    A decision bears the time at which its transaction began, and one that was under way when the
    attempt read is in nobody's model: so an hour before it counts, too. That costs a site one more
    retraining, and not another, as each moves the hour on. An attempt that found too few leaves no
    row, so that such a site is read again every night, and nothing is fitted (see `jobs`).

    Not those where a person took the newest model of this base back: nobody should find it live
    again the next morning. A retraining by hand that promotes one ends that.
    """
    rows = await conn.fetch(
        """
        select s.id from site s
        left join lateral (
            select max(created_at) as at from model m where m.site_id = s.id
        ) tried on true
        left join lateral (
            select status, base from model m where m.site_id = s.id and m.status <> 'refused'
            order by number desc limit 1
        ) newest on true
        where (newest.status is distinct from 'withdrawn' or newest.base <> $1) and (
            exists (
                select from ledger l
                where l.site_id = s.id and l.actor = 'moderator'
                    and (tried.at is null or l.created_at > tried.at - interval '1 hour')
            ) or exists (
                select from model m
                where m.site_id = s.id and m.status = 'live' and m.base <> $1 and not exists (
                    select from model r
                    where r.site_id = s.id and r.base = $1 and r.number > m.number
                )
            )
        )
        order by s.id
        """,
        base,
    )
    return [row["id"] for row in rows]


async def delete_old_refused(conn: Executor) -> None:
    """Forget what was refused more than 90 days ago, the last attempt aside."""
    await conn.execute(
        """
        delete from model m
        where status = 'refused' and created_at < now() - interval '90 days' and exists (
            select from model newer where newer.site_id = m.site_id and newer.number > m.number
        )
        """
    )
