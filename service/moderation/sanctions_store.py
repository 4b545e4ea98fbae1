"""SQL of sanctions and of the readers under them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from service.accounts.types import Moderator
from service.comments.store import COMMENT
from service.comments.types import CommentRow
from service.core.db import Conn, row_to
from service.moderation.types import SanctionAnswer

SANCTION = """
select s.id, s.kind, s.reason, s.until, s.created_at,
    coalesce(nullif(m.name, ''), m.email) as created_by, s.lifted_at,
    s.lifted_at is null and (s.until is null or s.until > now()) as active
from sanction s left join moderator m on m.id = s.created_by
"""


async def get_reader(conn: Conn, moderator: Moderator, reader_id: UUID) -> dict[str, Any] | None:
    """A reader of one of the moderator's sites."""
    row = await conn.fetchrow(
        """
        select r.id, r.site_id, s.slug as site, r.name,
            case when strpos(r.email, '@') > 0 then r.email else coalesce(r.contact, '') end
                as email,
            r.confirmed_at is not null as confirmed, r.created_at
        from reader r join site s on s.id = r.site_id
        where r.id = $1 and ($2 or r.site_id = any($3::uuid[]))
        """,
        reader_id,
        moderator.all_sites,
        moderator.site_ids,
    )
    return dict(row) if row else None


async def lock_reader(conn: Conn, reader_id: UUID) -> None:
    """Let one change of a reader's sanctions wait for the other. Needs a transaction."""
    await conn.execute("select from reader where id = $1 for no key update", reader_id)


async def lock_reader_of(conn: Conn, sanction_id: UUID) -> None:
    """As lock_reader, of the reader who is under a sanction."""
    await conn.execute(
        """
        select from reader where id = (select reader_id from sanction where id = $1)
        for no key update
        """,
        sanction_id,
    )


async def list_sanctions(conn: Conn, reader_id: UUID) -> list[SanctionAnswer]:
    """A reader's sanctions, newest first."""
    rows = await conn.fetch(
        SANCTION + " where s.reader_id = $1 order by s.id desc limit 100", reader_id
    )
    return [row_to(SanctionAnswer, row) for row in rows]


async def get_sanction(
    conn: Conn, moderator: Moderator, sanction_id: UUID
) -> SanctionAnswer | None:
    """A sanction on one of the moderator's sites."""
    row = await conn.fetchrow(
        SANCTION + " where s.id = $1 and ($2 or s.site_id = any($3::uuid[]))",
        sanction_id,
        moderator.all_sites,
        moderator.site_ids,
    )
    return row_to(SanctionAnswer, row) if row else None


async def insert_sanction(
    conn: Conn,
    ident: UUID,
    site_id: UUID,
    reader_id: UUID,
    kind: str,
    reason: str,
    until: datetime | None,
    moderator_id: UUID,
) -> None:
    """Put a sanction in force; the reader's others of its kind end with it. Needs a transaction."""
    await conn.execute(
        """
        update sanction set lifted_at = now(), lifted_by = $3
        where reader_id = $1 and kind = $2 and lifted_at is null
            and (until is null or until > now())
        """,
        reader_id,
        kind,
        moderator_id,
    )
    await conn.execute(
        """
        insert into sanction (site_id, id, reader_id, kind, reason, until, created_by)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        site_id,
        ident,
        reader_id,
        kind,
        reason,
        until,
        moderator_id,
    )


async def lift_sanction(conn: Conn, sanction_id: UUID, moderator_id: UUID) -> bool:
    """End a sanction; whether it stood until now. What has ended stays as it was."""
    done = await conn.execute(
        "update sanction set lifted_at = now(), lifted_by = $2 where id = $1 and lifted_at is null",
        sanction_id,
        moderator_id,
    )
    return done == "UPDATE 1"


async def insert_replaced(conn: Conn, sanction_id: UUID, ident: UUID) -> None:
    """Impose again what ended because a sanction took its place, unless it is over by now.

    It ended in the transaction that imposed the other, and so at the same time. Needs the lock of
    the reader.
    """
    await conn.execute(
        """
        insert into sanction (site_id, id, reader_id, kind, reason, until, created_by)
        select old.site_id, $2, old.reader_id, old.kind, old.reason, old.until, old.created_by
        from sanction s join sanction old on old.reader_id = s.reader_id and old.kind = s.kind
            and old.id <> s.id and old.lifted_at = s.created_at
        where s.id = $1 and (old.until is null or old.until > now())
        order by old.id desc limit 1
        """,
        sanction_id,
        ident,
    )


async def list_recent(conn: Conn, reader_id: UUID, limit: int) -> list[UUID]:
    """What the reader has posted in the last seven days and is, or may still be, published."""
    rows = await conn.fetch(
        """
        select id from comment
        where reader_id = $1 and created_at > now() - interval '7 days'
            and status in ('published', 'held')
        order by created_at desc limit $2
        """,
        reader_id,
        limit,
    )
    return [row["id"] for row in rows]


async def list_comments(conn: Conn, reader_id: UUID) -> list[CommentRow]:
    """The reader's newest comments."""
    rows = await conn.fetch(
        COMMENT + " where c.reader_id = $1 order by c.created_at desc limit 20", reader_id
    )
    return [row_to(CommentRow, row) for row in rows]
