"""SQL of telling: what is due, whom it is for, what has gone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from service.core.db import Conn, Executor, Pool, row_to
from service.subscriptions.types import News, Recipient

# A banned reader may not answer, and isn't told. Of one's own comment nobody is told, not even
# where it was posted without the token; but whoever types an address doesn't keep replies to its
# owner from being told.
TAKE = """
with due as (
    delete from notification_due where comment_id in (
        select comment_id from notification_due where created_at <= $1
        order by created_at limit $2 for update skip locked
    )
    returning comment_id
), fresh as (
    select c.site_id, c.id, c.article_id, c.parent_id, c.reader_id,
        coalesce(a.contact, a.email) as author, c.created_at
    from due
    join comment c on c.id = due.comment_id and c.status = 'published'
    join site s on s.id = c.site_id and s.confirm_readers
    join reader a on a.id = c.reader_id
), replied as (
    select f.site_id, f.id, r.contact as address, coalesce(r.lang, $3) as lang
    from fresh f
    join comment p on p.id = f.parent_id and p.notify and p.status <> 'removed'
    join reader r on r.id = p.reader_id and r.id <> f.reader_id
    where r.confirmed_at is not null and strpos(r.email, '@') = 0 and r.contact is not null
        and not exists (
            select from sanction n
            where n.reader_id = r.id and n.kind = 'ban' and n.lifted_at is null
                and (n.until is null or n.until > now())
        )
), made as (
    insert into mail_recipient (site_id, address, lang)
    select distinct on (site_id, address) site_id, address, lang from replied
    order by site_id, address
    on conflict (site_id, address) do update set lang = excluded.lang
    returning id, site_id, address
), told as (
    insert into notification (recipient_id, comment_id, reply)
    select recipient_id, comment_id, bool_or(reply)
    from (
        select m.id as recipient_id, r.id as comment_id, true as reply
        from replied r join made m on m.site_id = r.site_id and m.address = r.address
        union all
        select w.recipient_id, f.id, false
        from fresh f
        join article_follow w on w.article_id = f.article_id and w.confirmed_at < f.created_at
        join mail_recipient m on m.id = w.recipient_id and m.address <> f.author
    ) each_way
    group by recipient_id, comment_id
    on conflict do nothing
)
select count(*) from due
"""


async def take_due(conn: Executor, until: datetime, most: int, lang: str) -> int:
    """Note whom the comments are for that were published by then; how many comments that were.

    `lang` is for whoever's language isn't known. What isn't published any more is dropped: it is
    due again if it is published again.
    """
    taken: int = await conn.fetchval(TAKE, until, most, lang)
    return taken


async def lock_next(conn: Conn, now: datetime) -> Recipient | None:
    """A recipient whose next letter may go and has something to tell. Needs a transaction."""
    row = await conn.fetchrow(
        """
        select m.id, m.site_id, s.slug as site, s.name as site_name, m.address, m.lang, m.letters
        from mail_recipient m join site s on s.id = m.site_id
        where m.next_at <= $1 and m.id in (
            select n.recipient_id
            from notification n join comment c on c.id = n.comment_id and c.status = 'published'
            where n.told_at is null
        )
        order by m.next_at limit 1
        for update of m skip locked
        """,
        now,
    )
    return row_to(Recipient, row) if row else None


async def list_news(conn: Conn, recipient_id: UUID, most: int) -> list[News]:
    """What a recipient is to be told, the oldest first."""
    rows = await conn.fetch(
        """
        select c.id as comment_id, n.reply, c.author_name, c.body, a.id as article_id, a.key, a.url,
            case when a.verified and a.title <> '' then a.title else a.url end as title
        from notification n
        join comment c on c.id = n.comment_id and c.status = 'published'
        join article a on a.id = c.article_id
        where n.recipient_id = $1 and n.told_at is null
        order by c.created_at, c.id limit $2
        """,
        recipient_id,
        most,
    )
    return [row_to(News, row) for row in rows]


async def note_told(
    conn: Conn, recipient_id: UUID, comments: Sequence[UUID], mail_id: UUID, now: datetime
) -> None:
    """Of these the recipient is told by this letter."""
    await conn.execute(
        """
        update notification set told_at = $4, mail_id = $3
        where recipient_id = $1 and comment_id = any($2::uuid[])
        """,
        recipient_id,
        list(comments),
        mail_id,
        now,
    )


async def note_letter(
    conn: Conn, recipient_id: UUID, letters: Sequence[datetime], next_at: datetime
) -> None:
    """A letter goes; when the next one may."""
    await conn.execute(
        "update mail_recipient set letters = $2, next_at = $3 where id = $1",
        recipient_id,
        list(letters),
        next_at,
    )


async def drop_untold(conn: Conn, recipient_id: UUID) -> None:
    """Tell a recipient nothing of what waits."""
    await conn.execute(
        "delete from notification where recipient_id = $1 and told_at is null", recipient_id
    )


# Whether a recipient is still to hear of a comment: they ask for it, the site writes letters, and
# neither they nor its author is banned. Sanctions on an address are its owner's, too.
BAN = "b.kind = 'ban' and b.lifted_at is null and (b.until is null or b.until > now())"
WANTED = f"""
(
    (
        n.reply and exists (
            select from comment p where p.id = c.parent_id and p.notify and p.status <> 'removed'
        )
        or exists (
            select from article_follow w
            where w.recipient_id = n.recipient_id and w.article_id = c.article_id
                and w.confirmed_at is not null
        )
    )
    and exists (select from site s where s.id = c.site_id and s.confirm_readers)
    and not exists (
        select from sanction b join reader r on r.id = b.reader_id
        join mail_recipient m on m.site_id = r.site_id and m.address = r.contact
        where m.id = n.recipient_id and b.site_id = c.site_id and {BAN}
    )
    and not exists (
        select from reader r
        left join reader owner on owner.site_id = r.site_id and owner.contact = r.email
            and owner.subject is null
        join sanction b on b.reader_id in (r.id, owner.id)
        where r.id = c.reader_id and {BAN}
    )
)
"""  # noqa: S608 (fixed parts)


async def drop_unwanted(conn: Conn, recipient_id: UUID) -> None:
    """Tell a recipient nothing of what they don't want any more, or may not be told."""
    await conn.execute(
        f"""
        delete from notification n using comment c
        where n.recipient_id = $1 and n.told_at is null and c.id = n.comment_id and not {WANTED}
        """,  # noqa: S608 (a fixed part)
        recipient_id,
    )


async def is_whole(conn: Conn, mail_id: UUID) -> bool:
    """Whether all that a letter tells of is still there to be read, and is still to be told.

    Whoever was erased has no row left: a letter of nothing isn't whole.
    """
    whole: bool | None = await conn.fetchval(
        f"""
        select bool_and(c.status = 'published' and {WANTED})
        from notification n join comment c on c.id = n.comment_id
        where n.mail_id = $1
        """,  # noqa: S608 (a fixed part)
        mail_id,
    )
    return whole is True


async def recall(conn: Conn, mail_id: UUID) -> None:
    """Take a letter back that hasn't gone: what else it tells of is told by another, at once.

    Needs a transaction.
    """
    await conn.execute("delete from mail where id = $1", mail_id)
    await conn.execute(
        f"""
        delete from notification n using comment c
        where n.mail_id = $1 and c.id = n.comment_id and not {WANTED}
        """,  # noqa: S608 (a fixed part)
        mail_id,
    )
    await conn.execute(
        """
        with back as (
            update notification set told_at = null, mail_id = null where mail_id = $1
            returning recipient_id
        )
        update mail_recipient set next_at = '-infinity', letters = letters[2:]
        where id in (select recipient_id from back)
        """,
        mail_id,
    )


async def forget(pool: Pool) -> None:
    """Retention: what nobody was told in time, and whom nothing has been told for long.

    Who was told of what is kept for 90 days: a comment that is published again after that isn't
    news.
    """
    await pool.execute("delete from notification_due where created_at < now() - interval '2 days'")
    await pool.execute(
        """
        delete from notification
        where created_at < now() - interval '90 days'
            or told_at is null and created_at < now() - interval '7 days'
        """
    )
    await pool.execute(
        """
        delete from article_follow
        where confirmed_at is null and asked_at < now() - interval '7 days'
        """
    )
    # What somebody has typed and its owner never confirmed. The links in letters that went are good
    # for ever, and so are their recipients.
    await pool.execute(
        """
        delete from mail_recipient m
        where m.created_at < now() - interval '7 days' and m.letters = '{}'
            and not exists (select from article_follow w where w.recipient_id = m.id)
            and not exists (select from notification n where n.recipient_id = m.id)
        """
    )
