"""All SQL of letters to readers and of confirming an address."""

from uuid import UUID

from service.core.db import Conn, Executor, Pool, row_to, uuid7
from service.correspondence.types import Due, Link, StopReason, Typed

# One worker at a time asks for confirmations: two could each find that nobody was written to.
LOCK = 6_120_553_871_022


async def is_stopped(conn: Executor, site_id: UUID, address_hash: bytes) -> bool:
    """Whether an address is to get no letters of this site."""
    return bool(
        await conn.fetchval(
            """
            select exists (
                select from mail_stop
                where address_hash = $2 and (site_id = $1 or site_id is null)
            )
            """,
            site_id,
            address_hash,
        )
    )


async def insert_stop(
    conn: Executor, site_id: UUID | None, address_hash: bytes, reason: StopReason
) -> None:
    """Send an address no letters any more; the first reason stays."""
    await conn.execute(
        """
        insert into mail_stop (site_id, address_hash, reason) values ($1, $2, $3)
        on conflict do nothing
        """,
        site_id,
        address_hash,
        reason,
    )


# As Postman.send is given them; letters to the staff go on.
KINDS = ("confirmation", "page link", "follow", "comments")


async def delete_waiting(conn: Conn, site_id: UUID | None, address: str) -> None:
    """Take back what waits for a mail server; None: of every site."""
    await conn.execute(
        """
        delete from mail
        where recipient = $2 and ($1::uuid is null or site_id = $1) and kind = any($3::text[])
            and not given_up
        """,
        site_id,
        address,
        list(KINDS),
    )


# Letters that somebody asks for, perhaps a stranger; what subscribers are told has its own rule.
ASKED = ("confirmation", "follow")


async def take_back_unwanted(conn: Executor, mail_id: UUID) -> bool:
    """Take a letter back whose site sends readers no e-mail by now; whether it was one."""
    return bool(
        await conn.fetchval(
            """
            delete from mail m using site s
            where m.id = $1 and s.id = m.site_id and not s.confirm_readers
            returning true
            """,
            mail_id,
        )
    )


async def lock_sweep(conn: Conn) -> bool:
    """Whether this worker may take what is due; until the transaction ends."""
    return bool(await conn.fetchval("select pg_try_advisory_xact_lock($1)", LOCK))


async def take_due(conn: Conn) -> Due | None:
    """Take the comment that has waited longest for its author to be asked. Needs a transaction."""
    row = await conn.fetchrow(
        """
        with due as (
            delete from confirmation_due where comment_id = (
                select comment_id from confirmation_due order by created_at limit 1
                for update skip locked
            )
            returning comment_id, lang, created_at
        )
        select c.site_id, s.slug as site, s.name as site_name, s.confirm_readers as wanted,
            c.id as comment_id, due.lang, c.status, r.email as address, c.address_hash,
            case when a.verified then a.title
                else substring(a.url from '^https?://([^/?#]+)') end as title,
            due.created_at, c.notify
        from due
        join comment c on c.id = due.comment_id
        join site s on s.id = c.site_id
        join article a on a.id = c.article_id
        join reader r on r.id = c.reader_id
        """
    )
    return row_to(Due, row) if row else None


NO = "comment_id in (select comment_id from disowned)"
UNANSWERED = f"comment_id is not null and (used_at is null or {NO})"


async def count_links(
    conn: Conn, site_id: UUID, address: str, asked_from: bytes | None
) -> tuple[int, int, int]:
    """Links that asked for a confirmation: unanswered ones to an address, of a day and of 30 days.

    A no counts as unanswered. And those that one network address caused in a day, to whomever.
    """
    row = await conn.fetchrow(
        f"""
        select
            (
                select count(*) from reader_link
                where site_id = $1 and address = $2 and {UNANSWERED}
                    and created_at > now() - interval '1 day'
            ) as day,
            (
                select count(*) from reader_link
                where site_id = $1 and address = $2 and {UNANSWERED}
                    and created_at > now() - interval '30 days'
            ) as month,
            (
                select count(*) from reader_link
                where asked_from = $3 and created_at > now() - interval '1 day'
            ) as caused
        """,  # noqa: S608 (a fixed part)
        site_id,
        address,
        asked_from,
    )
    assert row is not None  # noqa: S101 (a select without from)
    return row["day"], row["month"], row["caused"]


async def insert_link(conn: Conn, link: Link, token_hash: bytes, asked_from: bytes | None) -> None:
    """Store a link."""
    await conn.execute(
        """
        insert into reader_link (
            site_id, token_hash, address, comment_id, asked_from, lang, expires_at
        ) values ($1, $2, $3, $4, $5, $6, $7)
        """,
        link.site_id,
        token_hash,
        link.address,
        link.comment_id,
        asked_from,
        link.lang,
        link.expires_at,
    )


GOOD = "site_id = $1 and token_hash = $2 and used_at is null and expires_at > now()"
LINK = "site_id, address, comment_id, lang, expires_at"


async def get_link(conn: Executor, site_id: UUID, token_hash: bytes) -> Link | None:
    """A link of this site that is good."""
    row = await conn.fetchrow(
        f"select {LINK} from reader_link where {GOOD}",  # noqa: S608 (fixed parts)
        site_id,
        token_hash,
    )
    return row_to(Link, row) if row else None


async def use_link(conn: Conn, site_id: UUID, token_hash: bytes) -> Link | None:
    """Use a link up: one caller gets it, the others None. Needs a transaction."""
    row = await conn.fetchrow(
        f"update reader_link set used_at = now() where {GOOD} returning {LINK}",  # noqa: S608 (as above)
        site_id,
        token_hash,
    )
    return row_to(Link, row) if row else None


async def get_typed(conn: Executor, site_id: UUID, address: str) -> Typed | None:
    """Whoever has typed an address."""
    row = await conn.fetchrow(
        "select id, name from reader where site_id = $1 and email = $2", site_id, address
    )
    return row_to(Typed, row) if row else None


async def lock_typed(conn: Conn, site_id: UUID, address: str) -> Typed | None:
    """Whoever has typed an address, locked as sanctions are. Needs a transaction."""
    row = await conn.fetchrow(
        "select id, name from reader where site_id = $1 and email = $2 for no key update",
        site_id,
        address,
    )
    return row_to(Typed, row) if row else None


async def lock_name(conn: Conn, site_id: UUID, name_key: str) -> None:
    """Of two who take a name at once, let one see what the other has taken. Needs a transaction."""
    await conn.execute(
        "select pg_advisory_xact_lock(hashtextextended($1, 0))", f"name {site_id} {name_key}"
    )


async def is_reserved(conn: Executor, site_id: UUID, name_key: str, address: str) -> bool:
    """Whether a name belongs to staff or a confirmed reader who has another address."""
    return bool(
        await conn.fetchval(
            """
            select exists (
                select from reader
                where site_id = $1 and name_key = $2 and confirmed_at is not null
                    and strpos(email, '@') = 0 and contact is distinct from $3
            ) or exists (
                select from moderator
                where name_key = $2 and name <> '' and disabled_at is null and email <> $3
            )
            """,
            site_id,
            name_key,
            address,
        )
    )


async def insert_confirmed(
    conn: Conn, site_id: UUID, address: str, name: tuple[str, str], lang: str
) -> UUID:
    """Make the reader who has confirmed an address; `name` and its key.

    One who had confirmed it elsewhere, and was imported, is that reader.

    Needs a transaction that has looked, after lock_typed.
    """
    ident = uuid7()
    made: UUID = await conn.fetchval(
        """
        insert into reader (site_id, id, email, name, name_key, confirmed_at, contact, lang)
        values ($1, $2, $3, $5, $6, now(), $4, $7)
        on conflict (site_id, contact) where subject is null and contact is not null do update
        set name = excluded.name, name_key = excluded.name_key, confirmed_at = now(),
            lang = excluded.lang
        returning id
        """,
        site_id,
        ident,
        str(ident),
        address,
        *name,
        lang,
    )
    return made


async def adopt_comment(conn: Conn, comment_id: UUID, typed: UUID, reader: UUID) -> None:
    """Give a comment to the reader who has confirmed its address."""
    await conn.execute(
        "update comment set reader_id = $3 where id = $1 and reader_id = $2",
        comment_id,
        typed,
        reader,
    )


async def adopt_approved(conn: Conn, typed: UUID, reader: UUID) -> None:
    """Give a reader what was imported under the address, and approved where it came from."""
    await conn.execute(
        """
        update comment c set reader_id = $2
        where c.reader_id = $1 and c.status = 'published'
            and exists (select from imported i where i.comment_id = c.id)
        """,
        typed,
        reader,
    )


async def copy_sanctions(conn: Conn, typed: UUID, reader: UUID) -> None:
    """Put a reader under the sanctions in force on the address. Needs the lock of lock_typed."""
    await conn.execute(
        """
        insert into sanction (
            site_id, id, reader_id, kind, reason, until, created_by, created_at, imported_by
        )
        select site_id, gen_random_uuid(), $2, kind, reason, until, created_by, created_at,
            imported_by
        from sanction
        where reader_id = $1 and lifted_at is null and (until is null or until > now())
        """,
        typed,
        reader,
    )


async def insert_disowned(conn: Conn, site_id: UUID, comment_id: UUID) -> None:
    """Note that a comment isn't by whoever owns its address. Twice is once."""
    await conn.execute(
        "insert into disowned (site_id, comment_id) values ($1, $2) on conflict do nothing",
        site_id,
        comment_id,
    )


async def forget(pool: Pool) -> None:
    """Retention: links after 30 days, tokens that are over, what nobody has asked in a day."""
    await pool.execute("delete from reader_link where created_at < now() - interval '30 days'")
    await pool.execute("delete from reader_token where expires_at < now()")
    await pool.execute("delete from confirmation_due where created_at < now() - interval '1 day'")
