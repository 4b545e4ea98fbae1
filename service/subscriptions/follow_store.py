"""SQL of following articles."""

from uuid import UUID

from service.core.db import Conn, Executor, row_to
from service.subscriptions.types import Follow

FOLLOW = """
select w.id, m.address, m.lang, w.article_id, a.url,
    case when a.verified and a.title <> '' then a.title
        else substring(a.url from '^https?://([^/?#]+)') end as title,
    w.confirmed_at is not null as confirmed
from article_follow w
join mail_recipient m on m.id = w.recipient_id
join article a on a.id = w.article_id
"""


async def lock_recipient(conn: Conn, site_id: UUID, address: str, lang: str) -> UUID:
    """The recipient with this address, made if need be. Locked: needs a transaction."""
    ident: UUID = await conn.fetchval(
        """
        insert into mail_recipient (site_id, address, lang) values ($1, $2, $3)
        on conflict (site_id, address) do update set lang = mail_recipient.lang
        returning id
        """,
        site_id,
        address,
        lang,
    )
    return ident


async def count_asked(conn: Conn, recipient_id: UUID, asked_from: bytes | None) -> tuple[int, int]:
    """Letters that asked for a confirmation: to a recipient in a week; from an address in a day."""
    row = await conn.fetchrow(
        """
        select
            count(*) filter (where recipient_id = $1) as one,
            count(*) filter (
                where asked_from = $2 and asked_at > now() - interval '1 day'
            ) as caused
        from article_follow
        where (recipient_id = $1 or asked_from = $2) and confirmed_at is null
            and asked_at > now() - interval '7 days'
        """,
        recipient_id,
        asked_from,
    )
    assert row is not None  # noqa: S101 (an aggregate)
    return row["one"], row["caused"]


async def ask_follow(
    conn: Conn, site_id: UUID, recipient_id: UUID, article_id: UUID, asked_from: bytes | None
) -> UUID | None:
    """Note that somebody asks; the id if a letter is due, which it is once a day. Needs a lock."""
    ident: UUID | None = await conn.fetchval(
        """
        insert into article_follow (site_id, recipient_id, article_id, asked_from)
        values ($1, $2, $3, $4)
        on conflict (recipient_id, article_id) do update
        set asked_at = now(), asked_from = excluded.asked_from
        where article_follow.confirmed_at is null
            and article_follow.asked_at < now() - interval '1 day'
        returning id
        """,
        site_id,
        recipient_id,
        article_id,
        asked_from,
    )
    return ident


async def confirm_follow(conn: Conn, site_id: UUID, ident: UUID) -> Follow | None:
    """Put a follow in force, again is once; None where there is no such one."""
    await conn.execute(
        """
        update article_follow set confirmed_at = now()
        where site_id = $1 and id = $2 and confirmed_at is null
        """,
        site_id,
        ident,
    )
    return await get_follow(conn, site_id, ident)


async def get_follow(conn: Executor, site_id: UUID, ident: UUID) -> Follow | None:
    """One that was asked for."""
    row = await conn.fetchrow(FOLLOW + " where w.site_id = $1 and w.id = $2", site_id, ident)
    return row_to(Follow, row) if row else None


async def set_follow(conn: Conn, site_id: UUID, recipient_id: UUID, article_id: UUID) -> None:
    """Let a recipient, whose address is known to be theirs, follow an article."""
    await conn.execute(
        """
        insert into article_follow (site_id, recipient_id, article_id, confirmed_at)
        values ($1, $2, $3, now())
        on conflict (recipient_id, article_id) do update
        set confirmed_at = coalesce(article_follow.confirmed_at, now())
        """,
        site_id,
        recipient_id,
        article_id,
    )


async def is_following(conn: Executor, site_id: UUID, address: str, article_id: UUID) -> bool:
    """Whether an address follows an article."""
    return bool(
        await conn.fetchval(
            """
            select exists (
                select from article_follow w join mail_recipient m on m.id = w.recipient_id
                where m.site_id = $1 and m.address = $2 and w.article_id = $3
                    and w.confirmed_at is not null
            )
            """,
            site_id,
            address,
            article_id,
        )
    )


async def unset_follow(conn: Conn, site_id: UUID, address: str, article_id: UUID) -> None:
    """Let an address follow an article no more. Replies to its reader go on."""
    await conn.execute(
        """
        delete from article_follow w using mail_recipient m
        where m.id = w.recipient_id and m.site_id = $1 and m.address = $2 and w.article_id = $3
        """,
        site_id,
        address,
        article_id,
    )
