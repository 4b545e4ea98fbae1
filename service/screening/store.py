"""All SQL of screening: policies, fingerprints, what was seen before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from service.core.db import Conn, Executor, row_to
from service.screening.kin import CANDIDATES as CANDIDATES_OF_KIN
from service.screening.kin import FOUND_BY, TERMS_SHARED
from service.screening.scores import LABELS
from service.screening.sketch import NEAR, Fingerprint, similarities
from service.screening.types import Duplicates, Policy, Signal, SitePolicy

CANDIDATES = 50  # near copies looked at; more tell nothing new


async def get_policy(conn: Executor, site_id: UUID) -> SitePolicy:
    """The policy in force; version 0 and the defaults where none was ever put."""
    row = await conn.fetchrow(
        "select version, rules from policy where site_id = $1 order by version desc limit 1",
        site_id,
    )
    if row is None:
        return SitePolicy(site_id, 0, Policy())
    return SitePolicy(site_id, row["version"], msgspec.json.decode(row["rules"], type=Policy))


async def insert_policy(
    conn: Conn, site_id: UUID, version: int, policy: Policy, created_by: UUID | None
) -> bool:
    """Put a policy as this version; False where that version exists."""
    done = await conn.execute(
        """
        insert into policy (site_id, version, rules, created_by) values ($1, $2, $3, $4)
        on conflict do nothing
        """,
        site_id,
        version,
        msgspec.json.encode(policy),
        created_by,
    )
    return done == "INSERT 0 1"


async def get_duplicates(
    conn: Conn, site_id: UUID, email: str, print_: Fingerprint, besides: UUID | None
) -> Duplicates:
    """What the site's other comments of the last seven days share with this text.

    `besides` is left out: the comment itself when it is screened again.
    """
    rows = await conn.fetch(
        """
        select f.exact = $3 as same, f.sketch, r.email = $5 as own,
            (
                -- What a person said of it last, also where its author has removed it since.
                select case when l.actor = 'moderator' then l.to_status end from ledger l
                where l.comment_id = c.id and l.actor in ('moderator', 'undo')
                order by l.id desc limit 1
            ) in ('spam', 'rejected') as refused
        from (
            select comment_id, exact, sketch from fingerprint
            where site_id = $1 and exact = $3 and $4::bigint[] <> '{}'
            union
            select comment_id, exact, sketch from fingerprint
            where comment_id in (
                select comment_id from fingerprint_band
                where band = any($4::bigint[]) and site_id = $1
            )
        ) f
        join comment c on c.id = f.comment_id
        join reader r on r.id = c.reader_id
        where c.created_at > now() - interval '7 days' and c.id is distinct from $2
        limit $6
        """,
        site_id,
        besides,
        print_.exact,
        print_.bands,
        email,
        CANDIDATES,
    )
    alike = similarities(print_.sketch, [row["sketch"] for row in rows])
    near = [row for row, share in zip(rows, alike, strict=True) if row["same"] or share >= NEAR]
    return Duplicates(
        exact_by_others=sum(row["same"] and not row["own"] for row in near),
        exact_by_reader=sum(row["same"] and row["own"] for row in near),
        near=len(near),
        near_refused=sum(bool(row["refused"]) for row in near),
    )


class Relative(msgspec.Struct, frozen=True):
    """A comment that shares runs with a text: its campaign, its sketch, its spam score."""

    campaign_id: UUID
    kin: bytes
    spam: float


RELATIVES = """
    select coalesce(c.campaign_id, c.id) as campaign_id, f.kin,
        coalesce(c.scores[$4], 0) as spam
    from (
        select newest.comment_id from unnest($2::bigint[]) wanted (term)
        cross join lateral (
            select t.comment_id from campaign_term t
            where t.site_id = $1 and t.term = wanted.term
                and t.comment_id < coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
            order by t.comment_id desc limit $6
        ) newest
        group by newest.comment_id having count(*) >= $7
        order by count(*) desc, newest.comment_id desc limit $5
    ) t
    join fingerprint f on f.comment_id = t.comment_id
    join comment c on c.id = t.comment_id
    where f.kin is not null and c.created_at > now() - interval '7 days'
    order by c.id
"""


async def list_relatives(
    conn: Executor, site_id: UUID, terms: list[int], besides: UUID | None
) -> list[Relative]:
    """The site's comments of the last seven days that share most terms; earlier than `besides`.

    Of each term the newest FOUND_BY are looked at: in a language of which no run is known to be
    common, one may stand in every third text, and reading all of them would cost more each day.
    """
    rows = await conn.fetch(
        RELATIVES,
        site_id,
        terms,
        besides,
        LABELS.index("spam") + 1,
        CANDIDATES_OF_KIN,
        FOUND_BY,
        TERMS_SHARED,
    )
    return [row_to(Relative, row) for row in rows]


async def list_signals(conn: Conn, comment_ids: list[UUID]) -> dict[UUID, list[Signal]]:
    """The signals of each comment's newest screening."""
    rows = await conn.fetch(
        """
        select distinct on (comment_id) comment_id, signals from screening
        where comment_id = any($1::uuid[]) order by comment_id, id desc
        """,
        comment_ids,
    )
    return {
        row["comment_id"]: msgspec.json.decode(row["signals"], type=list[Signal]) for row in rows
    }


class Unpacked(msgspec.Struct, frozen=True):
    """A screening without facts, and its article's mode today."""

    id: UUID
    comment_id: UUID
    signals: list[Signal]
    article_mode: str | None
    created_at: datetime


UNPACKED = """
select s.id, s.comment_id, s.signals, a.mode as article_mode, s.created_at
from screening s join comment c on c.id = s.comment_id join article a on a.id = c.article_id
"""


async def list_unpacked(conn: Executor, ids: Sequence[UUID]) -> list[Unpacked]:
    """These screenings, newest first."""
    rows = await conn.fetch(
        UNPACKED + " where s.id = any($1::uuid[]) order by s.id desc",
        ids,
    )
    return [_unpacked(row) for row in rows]


async def list_never_packed(conn: Executor, days: int, limit: int) -> list[Unpacked]:
    """The newest screenings of the last days that have no facts at all."""
    rows = await conn.fetch(
        UNPACKED
        + """
        where s.packed is null and s.created_at > now() - $1 * interval '1 day'
        order by s.id desc limit $2
        """,
        days,
        limit,
    )
    return [_unpacked(row) for row in rows]


def _unpacked(row: asyncpg.Record) -> Unpacked:
    return Unpacked(**{**row, "signals": msgspec.json.decode(row["signals"], type=list[Signal])})


async def update_facts(conn: Executor, packed: Sequence[tuple[UUID, bytes]]) -> None:
    """Write the facts of screenings."""
    await conn.execute(
        """
        update screening s set packed = n.packed
        from unnest($1::uuid[], $2::bytea[]) n (id, packed)
        where s.id = n.id and s.packed is null
        """,
        [ident for ident, _ in packed],
        [facts for _, facts in packed],
    )


async def delete_old_fingerprints(conn: Executor) -> None:
    """Forget the fingerprints that no longer count."""
    await conn.execute(
        """
        with gone as (
            delete from fingerprint where created_at < now() - interval '8 days'
            returning site_id, comment_id, bands, terms
        ), unterms as (
            delete from campaign_term t using gone
            where t.site_id = gone.site_id and t.comment_id = gone.comment_id
                and t.term = any(gone.terms)
        )
        delete from fingerprint_band b using gone
        where b.comment_id = gone.comment_id and b.band = any(gone.bands)
        """
    )
