"""All SQL of administration."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from service.accounts.types import Moderator
from service.administration.types import EventAnswer, Member
from service.core.db import Conn, Executor

# One change of members at a time: two editors of every site could else demote each other.
LOCK = 6_120_553_871_004

MEMBER = """
select m.id, m.email, m.name, m.role, m.all_sites,
    array(select s.site_id from moderator_site s where s.moderator_id = m.id) as site_ids,
    m.disabled_at is not null as disabled, m.removed_at is not null as removed, m.created_at,
    (
        select max(coalesce(t.last_used_at, t.created_at)) from moderator_token t
        where t.moderator_id = m.id and t.kind <> 'link'
    ) as last_seen_at,
    exists(select from moderator_password p where p.moderator_id = m.id) as password,
    array(
        select i.issuer from moderator_identity i where i.moderator_id = m.id order by i.issuer
    ) as identities
from moderator m
"""


async def lock_members(conn: Conn) -> None:
    """Wait for every other change of members; needs a transaction, and lasts until its end."""
    await conn.execute("select pg_advisory_xact_lock($1)", LOCK)


def _member(row: asyncpg.Record) -> Member:
    fields = dict(row)
    who = {name: fields.pop(name) for name in Moderator.__struct_fields__}
    return Member(moderator=Moderator(**who), **fields)


async def get_member(conn: Conn, ident: UUID) -> Member | None:
    """One member who isn't removed."""
    row = await conn.fetchrow(MEMBER + " where m.id = $1 and m.removed_at is null", ident)
    return _member(row) if row else None


async def get_member_by_email(conn: Conn, email: str) -> Member | None:
    """Whoever has, or had, this address."""
    row = await conn.fetchrow(MEMBER + " where m.email = $1", email)
    return _member(row) if row else None


async def list_members(
    conn: Executor, sites: Sequence[UUID] | None, after: str, limit: int
) -> list[Member]:
    """Who works for any of these sites, None for everybody, by e-mail address."""
    rows = await conn.fetch(
        MEMBER
        + """
        where m.removed_at is null and m.email > $2 and (
            $1::uuid[] is null or m.all_sites
            or exists(
                select from moderator_site s
                where s.moderator_id = m.id and s.site_id = any($1::uuid[])
            )
        )
        order by m.email limit $3
        """,
        sites,
        after,
        limit,
    )
    return [_member(row) for row in rows]


async def update_member(conn: Conn, member: Moderator, name_key: str, *, disabled: bool) -> None:
    """Store name, role, whether of every site, and whether disabled."""
    await conn.execute(
        """
        update moderator set name = $2, name_key = $3, role = $4, all_sites = $5,
            disabled_at = case when $6 then coalesce(disabled_at, now()) end
        where id = $1
        """,
        member.id,
        member.name,
        name_key,
        member.role,
        member.all_sites,
        disabled,
    )


async def remove_member(conn: Conn, ident: UUID) -> None:
    """Leave only the row that the ledger names; every way in goes."""
    await conn.execute(
        """
        update moderator set all_sites = false, removed_at = now(),
            disabled_at = coalesce(disabled_at, now())
        where id = $1
        """,
        ident,
    )
    await conn.execute("delete from moderator_site where moderator_id = $1", ident)
    await conn.execute("delete from moderator_token where moderator_id = $1", ident)
    await conn.execute("delete from moderator_password where moderator_id = $1", ident)
    await conn.execute("delete from moderator_identity where moderator_id = $1", ident)


async def delete_tokens(conn: Conn, ident: UUID) -> None:
    """Revoke every token of a member, of whatever kind."""
    await conn.execute("delete from moderator_token where moderator_id = $1", ident)


async def delete_identities(conn: Conn, ident: UUID) -> bool:
    """Forget which accounts elsewhere sign a member in; False where there was none."""
    done = await conn.execute("delete from moderator_identity where moderator_id = $1", ident)
    return done != "DELETE 0"


async def count_chief_editors(conn: Conn) -> int:
    """How many active editors of every site there are."""
    found: int = await conn.fetchval(
        """
        select count(*) from moderator
        where role = 'editor' and all_sites and disabled_at is null
        """
    )
    return found


async def lock_site(conn: Conn, site_id: UUID) -> None:
    """Wait for every other change of this site and its keys; needs a transaction."""
    await conn.execute("select from site where id = $1 for no key update", site_id)


async def list_events(
    conn: Executor, sites: Sequence[UUID] | None, before: UUID | None, limit: int
) -> list[EventAnswer]:
    """What happened, newest first; given sites, only what is about nothing beyond these."""
    rows = await conn.fetch(
        """
        select e.id, e.action, e.detail, e.created_at,
            coalesce(nullif(a.name, ''), a.email) as by, m.email as about,
            array(select s.slug from site s where s.id = any(e.site_ids) order by 1) as sites
        from account_event e
        left join moderator a on a.id = e.actor_id
        left join moderator m on m.id = e.moderator_id
        where ($2::uuid is null or e.id < $2)
            and ($1::uuid[] is null or (e.site_ids <@ $1::uuid[] and e.site_ids <> '{}'))
        order by e.id desc limit $3
        """,
        sites,
        before,
        limit,
    )
    return [
        EventAnswer(**{**row, "detail": msgspec.json.decode(row["detail"], type=dict[str, str])})
        for row in rows
    ]
