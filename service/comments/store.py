"""SQL of posting and changing comments. Reading threads: reading.py."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from service.comments.types import CommentRow
from service.core.db import Conn, Executor, row_to, uuid7
from service.screening.kin import Kin
from service.screening.scores import scores_of
from service.screening.sketch import Fingerprint
from service.screening.types import Screening

COMMENT_COLUMNS = """
select c.id, c.site_id, c.article_id, c.root_id, c.parent_id, c.depth, c.reader_id,
    c.author_name, c.badge, c.body, c.html, c.status, c.reason, c.version, c.likes,
    c.reply_count, c.created_at, c.edited_at
"""
COMMENT = COMMENT_COLUMNS + " from comment c "


async def get_comment(conn: Conn, site_id: UUID, comment_id: UUID) -> CommentRow | None:
    """One comment of a site."""
    row = await conn.fetchrow(COMMENT + " where c.site_id = $1 and c.id = $2", site_id, comment_id)
    return row_to(CommentRow, row) if row else None


async def get_email(conn: Conn, reader_id: UUID) -> str:
    """A reader's e-mail; for screening only."""
    email: str = await conn.fetchval("select email from reader where id = $1", reader_id)
    return email


LOCK = (
    COMMENT  # noqa: S608 (fixed parts)
    + """
    where c.id in (
        select unnest($1::uuid[])
        union
        select root_id from comment where id = any($1::uuid[]) and root_id is not null
    )
    order by c.id for no key update
    """
)


async def lock_comments(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, CommentRow]:
    """Comments by id, locked until the commit together with their roots. Needs a transaction.

    One statement locks all in the order of ids: see changes.py. One set of ids, and no "or", which
    would read the whole table.
    """
    rows = await conn.fetch(
        LOCK,
        list(ids),
    )
    return {row["id"]: row_to(CommentRow, row) for row in rows}


async def update_body(
    conn: Conn,
    comment: CommentRow,
    screening: Screening,
    print_: Fingerprint,
    kin: Kin,
    campaign_id: UUID | None,
) -> None:
    """Store an edited text (already in `comment`, with its new version) and its screening.

    It leaves its campaign for `campaign_id`; the first comment of one stays, as its name.
    """
    await conn.execute(
        """
        with stored as (
            update comment set body = $3, html = $4, risk = $5, version = $6, edited_at = $7,
                scores = $17, reviewed = false,
                campaign_id = case when campaign_id = id then id else $20 end
            where id = $2
        ), printed as (
            insert into fingerprint (site_id, comment_id, exact, bands, sketch, kin, terms)
            values ($1, $2, $8, $9, $10, $18, $19)
            on conflict (comment_id) do update
            set exact = excluded.exact, bands = excluded.bands, sketch = excluded.sketch,
                kin = excluded.kin, terms = excluded.terms
        ), untermed as (
            delete from campaign_term t using fingerprint f
            where f.comment_id = $2 and t.site_id = $1 and t.comment_id = $2
                and t.term = any(f.terms) and t.term <> all($19::bigint[])
        ), termed as (
            insert into campaign_term (site_id, term, comment_id)
            select $1, term, $2 from unnest($19::bigint[]) term on conflict do nothing
        ), unbanded as (
            delete from fingerprint_band b using fingerprint f
            where f.comment_id = $2 and b.comment_id = $2 and b.band = any(f.bands)
                and b.band <> all($9::bigint[])
        ), banded as (
            insert into fingerprint_band (site_id, band, comment_id)
            select $1, band, $2 from unnest($9::bigint[]) band on conflict do nothing
        )
        insert into screening (
            site_id, id, comment_id, comment_version, model, policy_version, verdict, reason,
            risk, signals, packed
        ) values ($1, $11, $2, $6, $12, $13, $14, $15, $5, $16, $21)
        """,
        comment.site_id,
        comment.id,
        comment.body,
        comment.html,
        screening.risk,
        comment.version,
        comment.edited_at,
        print_.exact,
        print_.bands,
        print_.sketch,
        uuid7(),
        screening.model,
        screening.policy_version,
        screening.verdict,
        screening.reason,
        msgspec.json.encode(screening.signals),
        scores_of(screening.signals),
        kin.sketch or None,
        kin.terms,
        campaign_id,
        screening.packed or None,
    )


async def update_statuses(conn: Conn, comments: Sequence[CommentRow], *, reviewed: bool) -> None:
    """Write statuses, reasons and versions; `reviewed`: a person has looked."""
    await conn.execute(
        """
        update comment c set status = n.status, reason = n.reason, version = n.version,
            reviewed = c.reviewed or $5
        from unnest($1::uuid[], $2::text[], $3::text[], $4::int[])
            as n (id, status, reason, version)
        where c.id = n.id
        """,
        [comment.id for comment in comments],
        [comment.status for comment in comments],
        [comment.reason for comment in comments],
        [comment.version for comment in comments],
        reviewed,
    )


async def insert_ledger(
    conn: Conn,
    changes: Sequence[tuple[CommentRow, CommentRow, str | None]],
    *,
    actor: str,
    moderator_id: UUID | None,
    batch_id: UUID | None,
    undoes: UUID | None = None,
) -> None:
    """Append what became of comments: before, after, note; `undoes` is a batch taken back."""
    await conn.execute(
        """
        insert into ledger (
            site_id, id, comment_id, from_status, to_status, version, reason, note, actor,
            moderator_id, batch_id, undoes
        )
        select n.*, $9, $10, $11, $12
        from unnest(
            $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::text[],
            $8::text[]
        ) n
        """,
        [before.site_id for before, _, _ in changes],
        [uuid7() for _ in changes],
        [before.id for before, _, _ in changes],
        [before.status for before, _, _ in changes],
        [after.status for _, after, _ in changes],
        [after.version for _, after, _ in changes],
        [after.reason for _, after, _ in changes],
        [note for _, _, note in changes],
        actor,
        moderator_id,
        batch_id,
        undoes,
    )


async def is_held_by_a_person(conn: Conn, comment_id: UUID) -> bool:
    """Whether the last word that a moderator had on a comment, confirmations included, is no yes.

    What was rejected is held again where its author has contested that.
    """
    return bool(
        await conn.fetchval(
            """
            select actor = 'moderator' and to_status <> 'published' from ledger
            where comment_id = $1 and actor in ('moderator', 'undo') order by id desc limit 1
            """,
            comment_id,
        )
    )


async def bump_threads(conn: Conn, counts: Mapping[UUID, int]) -> dict[UUID, int]:
    """Begin a new version of threads whose counts change by so much; tells every process.

    Locks the articles in the order of their ids.
    """
    rows = await conn.fetch(
        """
        with locked as materialized (
            select id from article where id = any($1::uuid[]) order by id for no key update
        ), bumped as (
            update article a set comment_count = comment_count + n.count,
                thread_version = thread_version + 1, thread_at = now()
            from unnest($1::uuid[], $2::int[]) as n (id, count)
            where a.id = n.id and a.id in (select id from locked)
            returning a.id, a.thread_version
        )
        select id, thread_version, pg_notify('thread', id || ':' || thread_version) from bumped
        """,
        list(counts),
        list(counts.values()),
    )
    return {row["id"]: row["thread_version"] for row in rows}


async def add_to_roots(conn: Conn, counts: Mapping[UUID, int]) -> None:
    """Change the numbers of published comments below roots, which the caller has locked."""
    await conn.execute(
        """
        update comment c set reply_count = reply_count + n.count
        from unnest($1::uuid[], $2::int[]) as n (id, count) where c.id = n.id
        """,
        list(counts),
        list(counts.values()),
    )


async def forget(conn: Executor) -> None:
    """Retention: addresses after 30 days, idempotency keys after two."""
    await conn.execute(
        """
        update comment set address_hash = null
        where address_hash is not null and created_at < now() - interval '30 days'
        """
    )
    # Who liked and reported without an id of the page is known by address: that goes, too.
    for table in ("reaction", "report"):
        who = "reactor" if table == "reaction" else "reporter"
        await conn.execute(
            f"""
            update {table} set {who} = uuid_send(gen_random_uuid())
            where length({who}) = 17 and created_at < now() - interval '30 days'
            """  # noqa: S608 (two fixed names)
        )
    await conn.execute("delete from idempotency where created_at < now() - interval '2 days'")
