"""SQL of restoring a site from an export of its own."""

from collections.abc import Sequence
from datetime import time
from uuid import UUID

import msgspec

from service.core.db import Conn
from service.transfer.store import Known
from service.transfer.writing.types import (
    FollowLine,
    MailStopLine,
    ReaderLine,
    SanctionLine,
    SubscriptionLine,
)


class NewReader(msgspec.Struct, frozen=True):
    """A reader as stored: under an id that is free, and with a name that is one."""

    id: UUID
    name: str
    name_key: str
    line: ReaderLine


async def list_here(conn: Conn, site_id: UUID, ids: Sequence[UUID]) -> dict[str, Known]:
    """Which of these comments are the site's own, never left or come back under their ids."""
    rows = await conn.fetch(
        """
        select id, article_id, root_id, parent_id, depth from comment
        where site_id = $1 and id = any($2::uuid[])
        """,
        site_id,
        list(ids),
    )
    return {str(row["id"]): Known(**row) for row in rows}


async def list_met(
    conn: Conn, site_id: UUID, named: Sequence[tuple[str, str, str]]
) -> dict[str, Known]:
    """Which came from the same old system, by our name; `named` are name, source and its id."""
    rows = await conn.fetch(
        """
        select n.name, c.id, c.article_id, c.root_id, c.parent_id, c.depth
        from unnest($2::text[], $3::text[], $4::text[]) n (name, source, source_id)
        join imported i on i.site_id = $1 and i.source = n.source and i.source_id = n.source_id
        join comment c on c.id = i.comment_id
        """,
        site_id,
        [one[0] for one in named],
        [one[1] for one in named],
        [one[2] for one in named],
    )
    return {name: Known(*place) for name, *place in rows}


async def list_taken(conn: Conn, ids: Sequence[UUID]) -> set[UUID]:
    """Which ids comments, readers or rows of the ledger have, of whichever site."""
    rows = await conn.fetch(
        """
        select id from comment where id = any($1::uuid[])
        union all select id from ledger where id = any($1::uuid[])
        union all select id from reader where id = any($1::uuid[])
        """,
        list(ids),
    )
    return {row["id"] for row in rows}


async def insert_sources(
    conn: Conn, site_id: UUID, rows: Sequence[tuple[UUID, str, str, bool]]
) -> None:
    """Note by which ids of older systems comments are found, where no other comment is."""
    await conn.executemany(
        """
        insert into imported (site_id, comment_id, source, source_id, decided)
        values ($1, $2, $3, $4, $5) on conflict do nothing
        """,
        [(site_id, *row) for row in rows],
    )


async def insert_readers(
    conn: Conn, site_id: UUID, readers: Sequence[NewReader], *, trusted: bool
) -> int:
    """Store readers that aren't there; how many. Confirmed and signed on only where `trusted`.

    Whoever has confirmed an address elsewhere keeps it as contact: the comments are theirs once
    they confirm it here. Not where somebody here has it.
    """
    done = await conn.execute(
        """
        insert into reader (
            site_id, id, email, name, name_key, created_at, confirmed_at, subject, contact, lang
        )
        select $1, n.id, n.email, n.name, n.name_key, n.created_at,
            case when owner.id is null then n.confirmed_at end, n.subject,
            case when owner.id is null then n.contact end, n.lang
        from unnest(
            $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
            $7::timestamptz[], $8::text[], $9::text[], $10::text[]
        ) n (id, email, name, name_key, created_at, confirmed_at, subject, contact, lang)
        left join reader owner on owner.site_id = $1 and owner.contact = n.contact
            and owner.subject is null and n.subject is null and owner.email <> n.email
        on conflict do nothing
        """,
        site_id,
        [one.id for one in readers],
        [one.line.email for one in readers],
        [one.name for one in readers],
        [one.name_key for one in readers],
        [one.line.created_at for one in readers],
        [one.line.confirmed_at if trusted else None for one in readers],
        [one.line.subject if trusted else None for one in readers],
        [one.line.contact if trusted or not one.line.subject else None for one in readers],
        [one.line.lang for one in readers],
    )
    return int(done.rpartition(" ")[2])


async def confirm_readers(conn: Conn, site_id: UUID, readers: Sequence[NewReader]) -> None:
    """Confirm those that were here unconfirmed."""
    await conn.execute(
        """
        update reader r set confirmed_at = n.at
        from unnest($2::text[], $3::timestamptz[]) n (email, at)
        where r.site_id = $1 and r.email = n.email and r.confirmed_at is null
            and n.at is not null and (r.contact is not null or strpos(r.email, '@') > 0)
        """,
        site_id,
        [one.line.email for one in readers],
        [one.line.confirmed_at for one in readers],
    )


async def know_by_id(conn: Conn, site_id: UUID) -> None:
    """Let nobody find by its address who has confirmed it: earlier releases exported them so.

    Where somebody here has confirmed the same address, the other has not.
    """
    by_address = "site_id = $1 and confirmed_at is not null and strpos(email, '@') > 0"
    await conn.execute(
        f"""
        update reader set confirmed_at = null
        where {by_address} and email in (
            select contact from reader where site_id = $1 and subject is null
        )
        """,  # noqa: S608 (a fixed part)
        site_id,
    )
    await conn.execute(
        f"update reader set contact = email, email = id::text where {by_address}",  # noqa: S608 (as above)
        site_id,
    )


async def list_foreign(conn: Conn, site_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Which ids other sites' sanctions, subscriptions and follows have."""
    rows = await conn.fetch(
        """
        select id from sanction where site_id <> $1 and id = any($2::uuid[])
        union all select id from subscription where site_id <> $1 and id = any($2::uuid[])
        union all select id from article_follow where site_id <> $1 and id = any($2::uuid[])
        """,
        site_id,
        list(ids),
    )
    return {row["id"] for row in rows}


async def insert_sanction(
    conn: Conn, site_id: UUID, ident: UUID, reader: UUID, line: SanctionLine
) -> bool:
    """Store a sanction that nobody is told of; False where it or its reader is not to be had."""
    done = await conn.execute(
        """
        insert into sanction (
            site_id, id, reader_id, kind, reason, until, created_at, lifted_at, imported_by
        )
        select site_id, $2, id, $4, $5, $6, $7, $8, $9 from reader where site_id = $1 and id = $3
        on conflict (id) do nothing
        """,
        site_id,
        ident,
        reader,
        line.sanction,
        line.reason,
        line.until,
        line.created_at,
        line.lifted_at,
        line.moderator or "",
    )
    return done == "INSERT 0 1"


class NewSubscription(msgspec.Struct, frozen=True):
    """A subscription as stored."""

    id: UUID
    endpoint: str
    endpoint_hash: bytes
    p256dh: bytes
    auth: bytes
    quiet: tuple[time, time] | None
    line: SubscriptionLine


async def list_push_keys(conn: Conn, site_id: UUID) -> set[str]:
    """The ids of all keys that the site has or had."""
    rows = await conn.fetch("select id from vapid_key where site_id = $1", site_id)
    return {row["id"] for row in rows}


async def insert_subscription(conn: Conn, site_id: UUID, new: NewSubscription) -> bool:
    """Store a subscription; False where its browser has one."""
    done = await conn.execute(
        """
        insert into subscription (
            site_id, id, endpoint_hash, endpoint, p256dh, auth, topics, muted, articles,
            time_zone, locale, vapid_key_id, daily_cap, quiet_from, quiet_until, created_at
        )
        values (
            $1, $2, $3, $4, $5, $6, $7, $8,
            array(select id from article where site_id = $1 and key = any($9::text[])),
            $10, $11, $12, $13, $14, $15, $16
        )
        on conflict do nothing
        """,
        site_id,
        new.id,
        new.endpoint_hash,
        new.endpoint,
        new.p256dh,
        new.auth,
        new.line.topics,
        new.line.muted,
        new.line.articles,
        new.line.time_zone,
        new.line.locale,
        new.line.push_key,
        new.line.daily_cap,
        new.quiet[0] if new.quiet else None,
        new.quiet[1] if new.quiet else None,
        new.line.created_at,
    )
    return done == "INSERT 0 1"


async def insert_follow(
    conn: Conn, site_id: UUID, ident: UUID, address: str, line: FollowLine
) -> bool:
    """Have an address told of an article's comments; False where it is, or there is no article."""
    done = await conn.execute(
        """
        with followed as (
            select id from article where site_id = $1 and key = $3
        ), recipient as (
            insert into mail_recipient (site_id, address, lang)
            select $1, $4, $5 from followed
            on conflict (site_id, address) do update set lang = mail_recipient.lang
            returning id
        )
        insert into article_follow (
            site_id, id, recipient_id, article_id, asked_at, confirmed_at
        )
        select $1, $2, recipient.id, followed.id, $6, $7 from recipient, followed
        on conflict do nothing
        """,
        site_id,
        ident,
        line.article,
        address,
        line.lang,
        line.asked_at,
        line.confirmed_at,
    )
    return done == "INSERT 0 1"


async def insert_mail_stop(
    conn: Conn, site_id: UUID, address_hash: bytes, line: MailStopLine
) -> bool:
    """Write no letters of the site to an address; False where that is so."""
    done = await conn.execute(
        """
        insert into mail_stop (site_id, address_hash, reason, created_at)
        values ($1, $2, $3, $4) on conflict do nothing
        """,
        site_id,
        address_hash,
        line.reason,
        line.created_at,
    )
    return done == "INSERT 0 1"
