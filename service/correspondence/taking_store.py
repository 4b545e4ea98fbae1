"""SQL of what a reader takes along, part by part."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg
import msgspec

from service.comments.contesting import NOTE
from service.core.db import Executor, row_to
from service.correspondence.taking_types import (
    Beside,
    OwnBrowser,
    OwnContest,
    OwnDecision,
    OwnFollow,
    OwnJudgement,
    OwnLink,
    OwnNotice,
    OwnSanction,
    OwnSource,
    OwnStop,
    OwnWaiting,
    Person,
    TypedItem,
)
from service.correspondence.types import OwnArticle

Part = TypeVar("Part", bound=msgspec.Struct)


async def get_person(conn: Executor, reader_id: UUID) -> Person:
    """Who a reader is."""
    row = await conn.fetchrow(
        """
        select id, name, contact as address, subject, confirmed_at, created_at, lang
        from reader where id = $1
        """,
        reader_id,
    )
    assert row is not None  # noqa: S101 (the caller has a token of this reader)
    return row_to(Person, row)


async def list_sanctions(conn: Executor, reader_id: UUID) -> list[OwnSanction]:
    """All that a reader was ever sanctioned by."""
    rows = await conn.fetch(
        """
        select kind, reason, until, created_at, lifted_at from sanction
        where reader_id = $1 order by created_at
        """,
        reader_id,
    )
    return [row_to(OwnSanction, row) for row in rows]


async def list_browsers(conn: Executor, reader_id: UUID) -> list[OwnBrowser]:
    """Browsers that know a reader."""
    rows = await conn.fetch(
        """
        select kind, created_at, expires_at from reader_token
        where reader_id = $1 order by created_at
        """,
        reader_id,
    )
    return [row_to(OwnBrowser, row) for row in rows]


async def list_follows(conn: Executor, site_id: UUID, address: str) -> list[OwnFollow]:
    """Articles that an address follows."""
    rows = await conn.fetch(
        """
        select a.key, a.title, a.url, w.asked_at, w.confirmed_at
        from article_follow w
        join mail_recipient m on m.id = w.recipient_id
        join article a on a.id = w.article_id
        where m.site_id = $1 and m.address = $2 order by w.asked_at
        """,
        site_id,
        address,
    )
    return [OwnFollow(_article(row), row["asked_at"], row["confirmed_at"]) for row in rows]


def _article(row: asyncpg.Record) -> OwnArticle:
    return OwnArticle(row["key"], row["title"], row["url"])


async def get_recipient(
    conn: Executor, site_id: UUID, address: str
) -> tuple[str | None, list[datetime]]:
    """The language of letters about comments, and when the last few went."""
    row = await conn.fetchrow(
        "select lang, letters from mail_recipient where site_id = $1 and address = $2",
        site_id,
        address,
    )
    return (row["lang"], row["letters"]) if row else (None, [])


async def list_notices(conn: Executor, site_id: UUID, address: str) -> list[OwnNotice]:
    """Comments that an address is told of."""
    rows = await conn.fetch(
        """
        select n.comment_id as comment, n.reply, n.created_at, n.told_at
        from notification n join mail_recipient m on m.id = n.recipient_id
        where m.site_id = $1 and m.address = $2 order by n.created_at
        """,
        site_id,
        address,
    )
    return [row_to(OwnNotice, row) for row in rows]


async def list_links(conn: Executor, site_id: UUID, address: str) -> list[OwnLink]:
    """Links that were mailed to an address, without what opens them."""
    rows = await conn.fetch(
        """
        select comment_id as comment, lang, created_at, expires_at, used_at from reader_link
        where site_id = $1 and address = $2 order by created_at
        """,
        site_id,
        address,
    )
    return [row_to(OwnLink, row) for row in rows]


async def list_waiting(conn: Executor, site_id: UUID, address: str) -> list[OwnWaiting]:
    """Letters to an address that haven't gone."""
    rows = await conn.fetch(
        """
        select kind, created_at, given_up from mail
        where site_id = $1 and recipient = $2 order by created_at
        """,
        site_id,
        address,
    )
    return [row_to(OwnWaiting, row) for row in rows]


async def list_stops(conn: Executor, site_id: UUID, address_hash: bytes) -> list[OwnStop]:
    """Why an address gets no letters of a site."""
    rows = await conn.fetch(
        """
        select reason, site_id is null as everywhere, created_at from mail_stop
        where address_hash = $2 and (site_id = $1 or site_id is null) order by created_at
        """,
        site_id,
        address_hash,
    )
    return [row_to(OwnStop, row) for row in rows]


async def count_came_back(conn: Executor, address_hash: bytes) -> int:
    """On how many days mail to an address came back for the time being."""
    days: int | None = await conn.fetchval(
        "select days from soft_bounce where address_hash = $1", address_hash
    )
    return days or 0


async def list_typed(
    conn: Executor, site_id: UUID, address: str, after: UUID | None, limit: int
) -> list[TypedItem]:
    """What somebody wrote under an address, also what its owner has disowned, by id."""
    rows = await conn.fetch(
        """
        select a.key, a.title, a.url, c.id, c.author_name as name, c.body, c.status, c.created_at,
            exists (select from disowned d where d.comment_id = c.id) as disowned
        from comment c join article a on a.id = c.article_id
        where c.reader_id = (select id from reader where site_id = $1 and email = $2)
            and ($3::uuid is null or c.id > $3)
        order by c.id limit $4
        """,
        site_id,
        address,
        after,
        limit,
    )
    return [
        TypedItem(
            article=_article(row),
            **{name: value for name, value in row.items() if name not in {"key", "title", "url"}},
        )
        for row in rows
    ]


async def get_beside(conn: Executor, ids: Sequence[UUID]) -> dict[UUID, Beside]:
    """What else stands in the rows of comments."""
    rows = await conn.fetch(
        """
        select id, parent_id as parent, website, badge, notify,
            address_hash is not null as address_kept
        from comment where id = any($1::uuid[])
        """,
        list(ids),
    )
    return {row["id"]: Beside(**{k: v for k, v in row.items() if k != "id"}) for row in rows}


def _grouped(kind: type[Part], rows: Sequence[asyncpg.Record]) -> dict[UUID, list[Part]]:
    found: dict[UUID, list[Part]] = {}
    for row in rows:
        values = {name: value for name, value in row.items() if name != "comment_id"}
        found.setdefault(row["comment_id"], []).append(kind(**values))
    return found


async def list_decisions(conn: Executor, ids: Sequence[UUID]) -> dict[UUID, list[OwnDecision]]:
    """The ledger of comments."""
    rows = await conn.fetch(
        """
        select comment_id, coalesce(imported_actor, actor) as actor, from_status, to_status, reason,
            created_at as at
        from ledger where comment_id = any($1::uuid[]) order by id
        """,
        list(ids),
    )
    return _grouped(OwnDecision, rows)


async def list_judgements(conn: Executor, ids: Sequence[UUID]) -> dict[UUID, list[OwnJudgement]]:
    """What the machine made of comments, each time that it looked."""
    rows = await conn.fetch(
        """
        select comment_id, verdict, reason, risk, model, created_at as at
        from screening where comment_id = any($1::uuid[]) order by id
        """,
        list(ids),
    )
    return _grouped(OwnJudgement, rows)


async def list_contests(
    conn: Executor, ids: Sequence[UUID], contesters: Sequence[bytes]
) -> dict[UUID, list[OwnContest]]:
    """What authors said against decisions. What others report is theirs."""
    rows = await conn.fetch(
        """
        select comment_id, ltrim(substr(note, length($2) + 1)) as text, created_at as at
        from report where comment_id = any($1::uuid[]) and reporter = any($3::bytea[])
        """,
        list(ids),
        NOTE,
        list(contesters),
    )
    return _grouped(OwnContest, rows)


async def list_sources(conn: Executor, ids: Sequence[UUID]) -> dict[UUID, list[OwnSource]]:
    """Where comments were imported from."""
    rows = await conn.fetch(
        """
        select comment_id, source, source_id as id, imported_at as at
        from imported where comment_id = any($1::uuid[]) order by imported_at
        """,
        list(ids),
    )
    return _grouped(OwnSource, rows)
