"""All SQL of what a reader has chosen."""

from collections.abc import Sequence
from datetime import time
from uuid import UUID

import msgspec

from service.core.db import Conn
from service.push.types import Choices, Preferences, Quiet

LASTS = "90 days"  # for which a browser that lost its endpoint finds its reader's choices again


class Chosen(msgspec.Struct, frozen=True):
    """Whose choices these are."""

    id: UUID
    living: bool
    choices: Choices


async def lock_by_endpoint(conn: Conn, site_id: UUID, endpoint_hash: bytes) -> Chosen | None:
    """What was chosen with this endpoint, removed or not. Needs a transaction: locks the row."""
    return await _lock(conn, site_id, None, endpoint_hash)


async def lock_by_id(conn: Conn, site_id: UUID, ident: UUID) -> Chosen | None:
    """What was chosen of this subscription, removed or not. Needs a transaction: locks the row."""
    return await _lock(conn, site_id, ident, None)


async def _lock(
    conn: Conn, site_id: UUID, ident: UUID | None, endpoint_hash: bytes | None
) -> Chosen | None:
    row = await conn.fetchrow(
        """
        select id, removed_at is null as living, topics, daily_cap, quiet_from, quiet_until,
            articles, muted
        from subscription where site_id = $1 and (id = $2 or endpoint_hash = $3)
        for no key update
        """,
        site_id,
        ident,
        endpoint_hash,
    )
    if row is None:
        return None
    fields = dict(row)
    return Chosen(fields.pop("id"), fields.pop("living"), Choices(**fields))


async def write_choices(conn: Conn, ident: UUID, choices: Choices) -> None:
    """Store what a living subscription asks for from now on."""
    await conn.execute(
        """
        update subscription set topics = $2, daily_cap = $3, quiet_from = $4, quiet_until = $5,
            articles = $6, muted = $7, updated_at = now()
        where id = $1 and removed_at is null
        """,
        ident,
        choices.topics,
        choices.daily_cap,
        choices.quiet_from,
        choices.quiet_until,
        choices.articles,
        choices.muted,
    )


async def get_preferences(conn: Conn, site_id: UUID, ident: UUID) -> Preferences | None:
    """What a living subscription asks for; articles by their keys."""
    row = await conn.fetchrow(
        """
        select id, topics, time_zone, locale, daily_cap, quiet_from, quiet_until, muted, array(
            select a.key from unnest(s.articles) with ordinality as f (id, n)
            join article a on a.id = f.id order by f.n
        ) as articles
        from subscription s where site_id = $1 and id = $2 and removed_at is null
        """,
        site_id,
        ident,
    )
    if row is None:
        return None
    fields = dict(row)
    quiet = _quiet(fields.pop("quiet_from"), fields.pop("quiet_until"))
    return Preferences(**fields, quiet=quiet)


def _quiet(begin: time | None, end: time | None) -> Quiet | None:
    return Quiet(f"{begin:%H:%M}", f"{end:%H:%M}") if begin is not None else None


async def list_article_ids(conn: Conn, site_id: UUID, keys: Sequence[str]) -> dict[str, UUID]:
    """The articles that these keys or aliases mean, by what was asked for."""
    rows = await conn.fetch(
        """
        select asked.key, coalesce(own.id, l.article_id) as id
        from unnest($2::text[]) as asked (key)
        left join article own on own.site_id = $1 and own.key = asked.key
        left join article_alias l on l.site_id = $1 and l.kind = 'key' and l.value = asked.key
        where coalesce(own.id, l.article_id) is not null
        """,
        site_id,
        list(keys),
    )
    return {row["key"]: row["id"] for row in rows}


async def forget_choices(conn: Conn) -> None:
    """Forget what those had chosen who haven't come back."""
    await conn.execute(
        """
        update subscription set daily_cap = null, quiet_from = null, quiet_until = null,
            articles = '{}', muted = '{}'
        where removed_at < now() - $1::text::interval and (
            daily_cap is not null or quiet_from is not null
            or articles <> '{}' or muted <> '{}'
        )
        """,
        LASTS,
    )
