"""SQL of exporting for WordPress: articles and comments with numbers, in step with one another."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

import msgspec

from service.core.db import Conn, row_to
from service.transfer.writing.store import AT_ONCE, CHOSEN
from service.transfer.writing.types import Part


class Post(msgspec.Struct, frozen=True):
    """An article. `number`: its key where that is one, else one that no key is."""

    id: UUID
    number: int
    url: str
    title: str
    summary: str | None
    section: str | None
    tags: list[str]
    open: bool
    published_at: datetime


class Remark(msgspec.Struct, frozen=True):
    """A comment. What it hangs below has a lower number; 0 is nothing."""

    article_id: UUID
    number: int
    parent: int
    name: str
    email: str | None
    website: str | None
    html: str
    status: str
    created_at: datetime


POSTS = f"""
with known as (
    select a.*, case when a.key ~ '^[1-9][0-9]{{0,17}}$' then a.key::bigint end as given
    from article a where a.site_id = $1
)
select a.id, a.url, a.title, a.summary, a.section, a.tags, a.open,
    coalesce(a.published_at, a.created_at) as published_at,
    coalesce(
        a.given,
        (select coalesce(max(given), 0) from known)
            + row_number() over (partition by a.given is null order by a.id)
    ) as number
from known a
where ($2::text[] is null or a.key = any($2))
    and ($3::timestamptz is null or a.id in (select c.article_id {CHOSEN}))
order by a.id
"""  # noqa: S608 (a constant)

REMARKS = f"""
with numbered as materialized (
    select c.id, row_number() over (order by c.article_id, c.depth, c.created_at, c.id) as number
    {CHOSEN}
)
select c.article_id, n.number, coalesce(p.number, 0) as parent, c.author_name as name,
    coalesce(r.contact, r.email) as email, c.website, c.html, c.status, c.created_at
from numbered n join comment c on c.id = n.id join reader r on r.id = c.reader_id
left join numbered p on p.id = c.parent_id
order by n.number
"""  # noqa: S608 (as above)


async def stream_posts(conn: Conn, site_id: UUID, part: Part) -> AsyncIterator[Post]:
    """Articles by id. Needs a transaction, of which it is a picture."""
    cursor = await conn.cursor(POSTS, site_id, part.articles, part.since)
    while rows := await cursor.fetch(AT_ONCE):
        for row in rows:
            yield row_to(Post, row)


async def stream_remarks(conn: Conn, site_id: UUID, part: Part) -> AsyncIterator[Remark]:
    """Comments by their articles' ids, each after what it hangs below. Likewise."""
    cursor = await conn.cursor(REMARKS, site_id, part.articles, part.since)
    while rows := await cursor.fetch(AT_ONCE):
        for row in rows:
            yield row_to(Remark, row)
