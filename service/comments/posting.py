"""SQL of posting: what is known of whoever writes, and the one statement that stores it all."""

import math
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import structlog

from service.comments.types import CommentRow
from service.core.db import Conn, Executor, Pool, row_to, uuid7
from service.readers.types import SignedIn
from service.screening.kin import Kin
from service.screening.scores import scores_of
from service.screening.sketch import Fingerprint
from service.screening.types import History, Screening

log = structlog.get_logger("rejoinder.comments")

MOST_TRIES = 3


class ReaderFacts(msgspec.Struct, frozen=True):
    """What is known of whoever writes, before anything is written.

    `reserved`: the name belongs to staff or to another, confirmed reader.
    """

    reserved: bool
    confirmed: bool
    published: int
    refused: int
    recent_by_reader: int
    recent_by_address: int
    sanction: str | None
    sanction_reason: str | None
    sanction_until: datetime | None

    @property
    def history(self) -> History:
        """The part that screening looks at."""
        return History(self.confirmed, self.published, self.refused)


async def get_reader_facts(
    conn: Conn,
    site_id: UUID,
    email: str,
    name_key: str,
    address_hash: bytes,
    signed: SignedIn | None = None,
) -> ReaderFacts:
    """History (the newest 100), rate of the last ten minutes, and the sanction in force.

    The publisher vouches for the name of a reader who has `signed` in: two of them may be called
    the same. Not for a moderator's, unless it is the moderator who has signed in. An empty name's
    key is nobody's.

    Confirmed is who is known by an id: an address can be typed by anybody, whatever its row says. A
    sanction on whoever has confirmed an address holds for those who type it.
    """
    row = await conn.fetchrow(
        """
        select
            $4 <> '' and (
                (not $5 and exists (
                    select from reader
                    where site_id = $1 and name_key = $4 and email <> $2
                        and confirmed_at is not null
                )) or exists (
                    select from moderator
                    where name_key = $4 and name <> '' and disabled_at is null
                        and email is distinct from $6
                )
            ) as reserved,
            r.confirmed_at is not null and strpos(r.email, '@') = 0 as confirmed,
            coalesce(h.published, 0) as published, coalesce(h.refused, 0) as refused,
            coalesce(h.recent, 0) as recent_by_reader,
            (
                select count(*) from (
                    select from comment
                    where site_id = $1 and address_hash = $3
                        and created_at > now() - interval '10 minutes'
                    limit 100
                ) newest
            ) as recent_by_address,
            s.kind as sanction, s.reason as sanction_reason, s.until as sanction_until
        from (select 1) one
        left join reader r on r.site_id = $1 and r.email = $2
        left join reader owner on owner.site_id = $1 and owner.contact = $2
            and owner.subject is null
        left join lateral (
            select count(*) filter (where status = 'published') as published,
                count(*) filter (where status in ('rejected', 'spam')) as refused,
                count(*) filter (where created_at > now() - interval '10 minutes') as recent
            from (
                select status, created_at from comment
                where reader_id = r.id order by created_at desc limit 100
            ) newest
        ) h on true
        left join lateral (
            select kind, reason, until from sanction
            where reader_id in (r.id, owner.id) and lifted_at is null
                and (until is null or until > now())
            order by kind, until desc nulls first limit 1
        ) s on true
        """,
        site_id,
        email,
        address_hash,
        name_key,
        signed is not None,
        signed.reader.email if signed else None,
    )
    assert row is not None  # noqa: S101 (selects from one row)
    return row_to(ReaderFacts, row)


async def get_slow_wait(
    conn: Conn, article_id: UUID, email: str, address_hash: bytes, seconds: int
) -> int:
    """Seconds until this reader, or whoever has this address, may comment on an article again."""
    wait: float | None = await conn.fetchval(
        """
        select extract(epoch from max(c.created_at) + $4 - now())::float8
        from article a
        left join reader r on r.site_id = a.site_id and r.email = $2
        cross join lateral (
            select created_at from comment
            where reader_id = r.id and article_id = $1 and created_at > now() - $4::interval
            union all
            select created_at from comment
            where site_id = a.site_id and address_hash = $3 and article_id = $1
                and created_at > now() - $4::interval
        ) c
        where a.id = $1
        """,
        article_id,
        email,
        address_hash,
        timedelta(seconds=seconds),
    )
    return math.ceil(wait) if wait and wait > 0 else 0


class NewRow(msgspec.Struct, frozen=True):
    """Everything that a new comment writes.

    `confirm`: the language in which its author is asked by e-mail to confirm the address, None
    where that isn't asked.
    """

    comment: CommentRow
    screening: Screening
    print_: Fingerprint
    email: str
    name_key: str
    website: str | None
    notify: bool
    address_hash: bytes
    idempotency_key: bytes | None
    request_hash: bytes
    standing: float
    reach: float
    kin: Kin
    campaign_id: UUID | None
    confirm: str | None


class Inserted(msgspec.Struct, frozen=True):
    """What became of it; `version` of the thread, None where readers see no change."""

    reader_id: UUID
    author_name: str
    version: int | None


async def insert_comment(pool: Pool, new: NewRow) -> Inserted:
    """Store a comment and all that belongs to it, in one statement and so all or nothing.

    One round trip instead of six is a third of what posting costs. A confirmed reader keeps
    its confirmed name. Raises asyncpg.UniqueViolationError where the idempotency key is taken, and
    ForeignKeyViolationError where the root has been put below another since it was read.

    Should it and another writer wait for each other, PostgreSQL ends one of the two; if it is this
    one, nothing is stored, and it is begun anew.
    """
    for _ in range(MOST_TRIES - 1):
        try:
            return await _insert(pool, new)
        except asyncpg.DeadlockDetectedError:
            log.warning("deadlock", what="comment")
    return await _insert(pool, new)


async def _insert(conn: Executor, new: NewRow) -> Inserted:
    comment, screening = new.comment, new.screening
    row = await conn.fetchrow(
        INSERT,
        comment.site_id,
        comment.id,
        comment.article_id,
        comment.root_id,
        comment.parent_id,
        comment.depth,
        comment.reader_id,
        comment.author_name,
        new.email,
        new.name_key,
        new.website,
        new.notify,
        comment.body,
        comment.html,
        comment.status,
        comment.reason,
        screening.risk,
        new.address_hash,
        comment.created_at,
        new.print_.exact,
        new.print_.bands,
        new.print_.sketch,
        uuid7(),
        screening.model,
        screening.policy_version,
        screening.verdict,
        msgspec.json.encode(screening.signals),
        uuid7(),
        new.idempotency_key,
        new.request_hash,
        scores_of(screening.signals),
        new.standing,
        new.reach,
        new.kin.sketch or None,
        new.kin.terms,
        new.campaign_id,
        screening.packed or None,
        comment.badge,
        new.confirm,
    )
    assert row is not None  # noqa: S101 (an insert returns its row)
    return row_to(Inserted, row)


# The article is updated after the root, or this and a batch of decisions could wait for each
# other (see changes.py); counting the root's update makes it come first.
INSERT = """
with author as (
    insert into reader (site_id, id, email, name, name_key) values ($1, $7, $9, $8, $10)
    on conflict (site_id, email) do update set
        name = case when reader.confirmed_at is null then excluded.name else reader.name end,
        name_key = case
            when reader.confirmed_at is null then excluded.name_key else reader.name_key
        end
    returning id, name
), rooted as (
    select id from comment
    where id = $4 and root_id is null and (select count(*) from author) >= 0
    for no key update
), stored as (
    insert into comment (
        site_id, id, article_id, root_id, parent_id, depth, reader_id, author_name, website,
        notify, body, html, status, reason, risk, address_hash, created_at, scores, standing,
        reach, campaign_id, badge
    )
    select $1, $2, $3, $4, $5, $6, id, name, $11, $12, $13, $14, $15, $16, $17, $18, $19, $31, $32,
        $33, $36, $38
    from author where $4::uuid is null or exists (select from rooted)
    returning reader_id, author_name
), printed as (
    insert into fingerprint (site_id, comment_id, exact, bands, sketch, kin, terms)
    values ($1, $2, $20, $21, $22, $34, $35)
), termed as (
    insert into campaign_term (site_id, term, comment_id)
    select $1, term, $2 from unnest($35::bigint[]) term on conflict do nothing
), banded as (
    insert into fingerprint_band (site_id, band, comment_id)
    select $1, band, $2 from unnest($21::bigint[]) band on conflict do nothing
), screened as (
    insert into screening (
        site_id, id, comment_id, comment_version, model, policy_version, verdict, reason, risk,
        signals, packed
    ) values ($1, $23, $2, 1, $24, $25, $26, $16, $17, $27, $37)
), noted as (
    insert into ledger (site_id, id, comment_id, actor, to_status, version, reason)
    values ($1, $28, $2, 'machine', $15, 1, $16)
), remembered as (
    insert into idempotency (site_id, key_hash, request_hash, comment_id)
    select $1, $29, $30, $2 where $29::bytea is not null
), asked as (
    insert into confirmation_due (site_id, comment_id, lang)
    select $1, $2, $39 where $39::text is not null
), counted as (
    update comment set reply_count = reply_count + 1
    where id = $4 and $15::text = 'published' returning id
), bumped as (
    update article set comment_count = comment_count + 1,
        thread_version = thread_version + 1, thread_at = now()
    where id = $3 and $15::text = 'published' and (select count(*) from counted) >= 0
    returning thread_version
), told as (
    select thread_version, pg_notify('thread', $3::uuid || ':' || thread_version) from bumped
)
select reader_id, author_name, (select thread_version from told) as version from stored
"""


async def get_idempotent(conn: Conn, site_id: UUID, key_hash: bytes) -> tuple[bytes, UUID] | None:
    """What was answered to this key: the request's hash and the comment."""
    row = await conn.fetchrow(
        "select request_hash, comment_id from idempotency where site_id = $1 and key_hash = $2",
        site_id,
        key_hash,
    )
    return (row["request_hash"], row["comment_id"]) if row else None
