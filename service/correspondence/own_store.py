"""SQL of a reader's own page: what is theirs, what stands under their address, and erasing it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from service.comments.contesting import NOTE
from service.core.db import Conn, Executor, row_to
from service.correspondence.types import Mine, Profile

MINE = """
select c.id, c.author_name, c.body, c.html, c.status, c.reason, c.likes, c.created_at, c.edited_at,
    a.key as article_key, a.title as article_title, a.url as article_url
from comment c join article a on a.id = c.article_id
"""


async def list_mine(
    conn: Executor, reader_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> list[Mine]:
    """A reader's comments in whatever state, newest first; `after` is the last one before these."""
    created, ident = after or (None, None)
    rows = await conn.fetch(
        MINE
        + """
        where c.reader_id = $1
            and ($2::timestamptz is null or (c.created_at, c.id) < ($2, $3::uuid))
        order by c.created_at desc, c.id desc limit $4
        """,
        reader_id,
        created,
        ident,
        limit,
    )
    return [row_to(Mine, row) for row in rows]


async def list_typed(conn: Executor, site_id: UUID, address: str, limit: int) -> list[Mine]:
    """What stands under an address that nobody has said anything of, newest first."""
    rows = await conn.fetch(
        MINE  # noqa: S608 (fixed parts)
        + """
        where c.reader_id = (select id from reader where site_id = $1 and email = $2)
            and c.status <> 'removed'
            and not exists (select from disowned d where d.comment_id = c.id)
        order by c.created_at desc, c.id desc limit $3
        """,
        site_id,
        address,
        limit,
    )
    return [row_to(Mine, row) for row in rows]


async def get_profile(conn: Executor, reader_id: UUID) -> Profile:
    """Who a reader is, and the sanction in force."""
    row = await conn.fetchrow(
        """
        select r.name, r.contact as address, r.confirmed_at, s.kind as sanction,
            s.reason as sanction_reason, s.until as sanction_until
        from reader r
        left join lateral (
            select kind, reason, until from sanction
            where reader_id = r.id and lifted_at is null and (until is null or until > now())
            order by kind, until desc nulls first limit 1
        ) s on true
        where r.id = $1
        """,
        reader_id,
    )
    assert row is not None  # noqa: S101 (the caller has a token of this reader)
    return row_to(Profile, row)


async def update_name(conn: Conn, reader_id: UUID, name: str, name_key: str) -> None:
    """What a reader writes under from now on; not of one who was erased meanwhile."""
    await conn.execute(
        """
        update reader set name = $2, name_key = $3
        where id = $1 and subject is null and confirmed_at is not null
        """,
        reader_id,
        name,
        name_key,
    )


async def delete_stop(conn: Executor, site_id: UUID, address_hash: bytes) -> None:
    """Let this site write to an address again that had asked it not to."""
    await conn.execute(
        """
        delete from mail_stop where site_id = $1 and address_hash = $2 and reason = 'asked'
        """,
        site_id,
        address_hash,
    )


async def is_known(conn: Executor, site_id: UUID, address: str) -> bool:
    """Whether anything was ever posted with an address, or it is confirmed."""
    return bool(
        await conn.fetchval(
            """
            select exists (select from reader where site_id = $1 and email = $2)
                or exists (
                    select from reader where site_id = $1 and contact = $2 and subject is null
                )
            """,
            site_id,
            address,
        )
    )


async def count_page_links(conn: Executor, site_id: UUID, address: str) -> tuple[int, int]:
    """Unanswered letters with a link to one's own page, of a day and of 30 days.

    Not those that lead a browser back from the page: they are good for minutes.
    """
    row = await conn.fetchrow(
        """
        select count(*) filter (where created_at > now() - interval '1 day') as day,
            count(*) as month
        from reader_link
        where site_id = $1 and address = $2 and used_at is null and comment_id is null
            and created_at > now() - interval '30 days'
            and expires_at >= created_at + interval '30 minutes'
        """,
        site_id,
        address,
    )
    assert row is not None  # noqa: S101 (an aggregate)
    return row["day"], row["month"]


async def get_recipient(conn: Executor, site_id: UUID, address: str) -> UUID | None:
    """Whom letters of subscriptions go to; None where none ever did."""
    found: UUID | None = await conn.fetchval(
        "select id from mail_recipient where site_id = $1 and address = $2", site_id, address
    )
    return found


async def has_browsers(conn: Executor, reader_id: UUID) -> bool:
    """Whether any browser may write as a reader."""
    return bool(
        await conn.fetchval(
            """
            select exists (
                select from reader_token
                where reader_id = $1 and kind = 'post' and expires_at > now()
            )
            """,
            reader_id,
        )
    )


async def delete_browsers(conn: Executor, reader_id: UUID, besides: bytes) -> None:
    """Let no browser write as a reader any more, nor open their page; but the one that asks."""
    await conn.execute(
        "delete from reader_token where reader_id = $1 and token_hash <> $2", reader_id, besides
    )


async def delete_token(conn: Executor, token_hash: bytes) -> None:
    """Forget a token."""
    await conn.execute("delete from reader_token where token_hash = $1", token_hash)


async def list_unblanked(conn: Conn, reader_id: UUID, limit: int) -> list[UUID]:
    """Some of a reader's comments that have a text."""
    rows = await conn.fetch(
        "select id from comment where reader_id = $1 and body <> '' limit $2", reader_id, limit
    )
    return [row["id"] for row in rows]


async def blank_comments(conn: Conn, ids: Sequence[UUID]) -> None:
    """Take text, name and all that was made of them from comments, whose status is the caller's.

    The ledger has no words of theirs, and stays.
    """
    ids = list(ids)
    await conn.execute(
        """
        delete from fingerprint_band b using fingerprint f
        where f.comment_id = any($1::uuid[]) and b.band = any(f.bands)
            and b.comment_id = f.comment_id
        """,
        ids,
    )
    await conn.execute(
        """
        delete from campaign_term t using fingerprint f
        where f.comment_id = any($1::uuid[]) and t.site_id = f.site_id and t.term = any(f.terms)
            and t.comment_id = f.comment_id
        """,
        ids,
    )
    for table in ("fingerprint", "screening", "unscreened", "confirmation_due"):
        await conn.execute(
            f"delete from {table} where comment_id = any($1::uuid[])",  # noqa: S608 (fixed names)
            ids,
        )
    # What its author said to contest a decision; what others said of it is theirs.
    await conn.execute(
        "update report set note = null where comment_id = any($1::uuid[]) and note like $2",
        ids,
        f"{NOTE}%",
    )
    await conn.execute(
        """
        update comment set body = '', html = '', author_name = '', badge = null, website = null,
            address_hash = null, scores = null
        where id = any($1::uuid[])
        """,
        ids,
    )


async def forget_reader(conn: Conn, site_id: UUID, reader_id: UUID) -> None:
    """Forget who a reader is, their links, tokens and mail; their comments are the caller's.

    Of whom a sanction is in force the address stays as long, or it would be over by this.
    """
    address: str | None = await conn.fetchval(
        """
        select contact from reader where id = $1 for no key update
        """,
        reader_id,
    )
    await conn.execute(
        """
        update reader set name = '', name_key = '', confirmed_at = null, subject = null,
            lang = null, contact = case when subject is null and exists (
                select from sanction where reader_id = $1 and lifted_at is null
                    and (until is null or until > now())
            ) then contact end
        where id = $1
        """,
        reader_id,
    )
    await conn.execute("delete from reader_token where reader_id = $1", reader_id)
    if address is None:
        return
    await conn.execute(
        "delete from reader_link where site_id = $1 and address = $2", site_id, address
    )
    # This waits for who is writing to them just now; then the letter is there to be deleted.
    await conn.execute(
        "delete from mail_recipient where site_id = $1 and address = $2", site_id, address
    )
    await conn.execute("delete from mail where site_id = $1 and recipient = $2", site_id, address)
    # Whoever typed it keeps what they wrote, without the address.
    await conn.execute(
        """
        update reader r set email = r.id::text, name = '', name_key = ''
        where r.site_id = $1 and r.email = $2 and not exists (
            select from sanction s where s.reader_id = r.id and s.lifted_at is null
                and (s.until is null or s.until > now())
        )
        """,
        site_id,
        address,
    )


async def forget_lifted(conn: Executor) -> None:
    """Forget the addresses of the erased whose sanction is over: nothing needs them any more."""
    await conn.execute(
        """
        update reader r set contact = null
        from sanction s
        where s.reader_id = r.id and r.contact is not null and r.subject is null
            and r.confirmed_at is null and r.name = '' and not exists (
                select from sanction f where f.reader_id = r.id and f.lifted_at is null
                    and (f.until is null or f.until > now())
            )
        """
    )
