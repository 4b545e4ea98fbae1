"""SQL of what a recipient hears of, and of ending it."""

from uuid import UUID

from service.core.db import Conn, Executor, row_to
from service.subscriptions.types import Recipient, Subscribed

# Readers of an address who are known by an id: what was typed by anybody subscribes nobody.
READERS = """
select r.id from reader r
where r.site_id = $1 and r.contact = $2 and r.confirmed_at is not null and strpos(r.email, '@') = 0
"""


async def get_recipient(conn: Executor, site_id: UUID, ident: UUID) -> Recipient | None:
    """A recipient of this site."""
    row = await conn.fetchrow(
        """
        select m.id, m.site_id, s.slug as site, s.name as site_name, m.address, m.lang, m.letters
        from mail_recipient m join site s on s.id = m.site_id
        where m.site_id = $1 and m.id = $2
        """,
        site_id,
        ident,
    )
    return row_to(Recipient, row) if row else None


async def list_subscribed(conn: Executor, to: Recipient, most: int) -> list[Subscribed]:
    """The articles that a recipient follows or hears of replies on, the newest first."""
    rows = await conn.fetch(
        f"""
        select a.id, case when a.verified and a.title <> '' then a.title else a.url end as title
        from article a
        where a.id in (
            select c.article_id from comment c
            where c.reader_id in ({READERS}) and c.notify and c.status <> 'removed'
            union
            select w.article_id from article_follow w
            where w.recipient_id = $3 and w.confirmed_at is not null
        )
        order by a.created_at desc, a.id limit $4
        """,  # noqa: S608 (a fixed part)
        to.site_id,
        to.address,
        to.id,
        most,
    )
    return [row_to(Subscribed, row) for row in rows]


async def get_title(conn: Executor, site_id: UUID, article_id: UUID) -> str | None:
    """What an article is called in letters; None where it isn't of this site."""
    title: str | None = await conn.fetchval(
        """
        select case when verified and title <> '' then title else url end
        from article where site_id = $1 and id = $2
        """,
        site_id,
        article_id,
    )
    return title


async def end(conn: Conn, to: Recipient, article_id: UUID | None) -> None:
    """Tell a recipient no more of an article, or (None) of any. Needs a transaction.

    Who is just being written to is waited for: that letter is asked for again before it goes.
    Comments are locked by id, as decisions lock them.
    """
    await conn.execute("select from mail_recipient where id = $1 for update", to.id)
    await conn.execute(
        f"""
        update comment set notify = false where id in (
            select c.id from comment c
            where c.reader_id in ({READERS}) and c.notify
                and ($3::uuid is null or c.article_id = $3)
            order by c.id for no key update
        )
        """,  # noqa: S608 (as above)
        to.site_id,
        to.address,
        article_id,
    )
    await conn.execute(
        """
        delete from article_follow
        where recipient_id = $1 and ($2::uuid is null or article_id = $2)
        """,
        to.id,
        article_id,
    )
    await conn.execute(
        """
        delete from notification n using comment c
        where n.recipient_id = $1 and n.told_at is null and c.id = n.comment_id
            and ($2::uuid is null or c.article_id = $2)
        """,
        to.id,
        article_id,
    )


async def why_stopped(conn: Executor, site_id: UUID, address_hash: bytes) -> str | None:
    """Why an address gets no letters of this site; None where it does."""
    reason: str | None = await conn.fetchval(
        """
        select reason from mail_stop where address_hash = $2 and (site_id = $1 or site_id is null)
        order by reason <> 'asked' desc limit 1
        """,
        site_id,
        address_hash,
    )
    return reason


async def allow(conn: Executor, site_id: UUID, address_hash: bytes) -> None:
    """Write again to an address that had asked for no letters. A bounce stays one."""
    await conn.execute(
        "delete from mail_stop where site_id = $1 and address_hash = $2 and reason = 'asked'",
        site_id,
        address_hash,
    )
