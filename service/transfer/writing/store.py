"""SQL of exporting: all that a site has, by cursors of the caller's transaction.

$1 is the site, $2 the articles' keys and $3 the time, both null where all is wanted.
"""

from collections.abc import AsyncIterator
from typing import TypeVar
from uuid import UUID

import msgspec

from service.core.db import Conn, row_to
from service.transfer.writing.types import (
    ArticleLine,
    CommentLine,
    DecisionLine,
    FollowLine,
    MailStopLine,
    Part,
    ReaderLine,
    SanctionLine,
    SourceId,
    SubscriptionLine,
)

AT_ONCE = 1000

Row = TypeVar("Row", bound=msgspec.Struct)

# Threads in which something happened, whole: a reply without what it answers would be an orphan.
LIVELY = """
select coalesce(t.root_id, t.id) from comment t
where t.site_id = $1 and t.created_at >= $3
union
select coalesce(t.root_id, t.id) from ledger l join comment t on t.id = l.comment_id
where l.site_id = $1 and l.created_at >= $3
"""

CHOSEN = f"""
from comment c join article a on a.id = c.article_id
where c.site_id = $1 and ($2::text[] is null or a.key = any($2))
    and ($3::timestamptz is null or coalesce(c.root_id, c.id) in ({LIVELY}))
"""

ARTICLES = f"""
select a.key, a.url, a.title, a.summary, a.image, a.section, a.tags, a.published_at, a.open,
    a.mode, a.slow_mode, a.support, a.image_credit,
    array(
        select value from article_alias where article_id = a.id and kind = 'key' order by value
    ) as keys,
    array(
        select value from article_alias where article_id = a.id and kind = 'url' order by value
    ) as urls
from article a
where a.site_id = $1 and ($2::text[] is null or a.key = any($2))
    and ($3::timestamptz is null or a.id in (select c.article_id {CHOSEN}))
order by a.id
"""  # noqa: S608 (as above)

READERS = f"""
select r.id, r.name, r.email, r.subject, r.contact, r.confirmed_at, r.created_at, r.lang
from reader r
where r.site_id = $1 and (
    $2::text[] is null and $3::timestamptz is null or r.id in (select c.reader_id {CHOSEN})
)
order by r.id
"""  # noqa: S608 (as above)

COMMENTS = f"""
select c.id, a.key as article, c.parent_id as parent, c.reader_id as reader,
    c.author_name as name, c.badge, c.website, c.body, c.html, c.status, c.reason, c.version,
    c.reviewed, c.risk, c.likes, c.created_at, c.edited_at, c.notify,
    array(
        select row(i.source, i.source_id, i.decided) from imported i
        where i.comment_id = c.id order by i.imported_at, i.source, i.source_id
    ) as sources
{CHOSEN}
order by c.id
"""  # noqa: S608 (as above)

DECISIONS = f"""
select l.id, l.comment_id as comment,
    coalesce(l.imported_actor, l.actor) as actor,
    coalesce(l.imported_moderator, nullif(m.name, ''), m.email) as moderator, l.from_status,
    l.to_status, l.version, l.reason, l.note, l.created_at as at
from ledger l left join moderator m on m.id = l.moderator_id
where l.site_id = $1 and (
    $2::text[] is null and $3::timestamptz is null or l.comment_id in (select c.id {CHOSEN})
)
order by l.id
"""  # noqa: S608 (as above)

SANCTIONS = f"""
select s.id, s.reader_id as reader, s.kind as sanction, s.reason, s.until,
    coalesce(nullif(s.imported_by, ''), nullif(m.name, ''), m.email) as moderator, s.created_at,
    s.lifted_at
from sanction s left join moderator m on m.id = s.created_by
where s.site_id = $1 and (
    $2::text[] is null and $3::timestamptz is null or s.reader_id in (select c.reader_id {CHOSEN})
)
order by s.id
"""  # noqa: S608 (as above)

# Whoever subscribed has no part in a thread.
SUBSCRIPTIONS = """
select s.id, s.endpoint,
    rtrim(translate(encode(s.p256dh, 'base64'), E'+/\\n', '-_'), '=') as p256dh,
    rtrim(translate(encode(s.auth, 'base64'), E'+/\\n', '-_'), '=') as auth,
    s.vapid_key_id as push_key, s.topics, s.muted,
    array(select a.key from article a where a.id = any(s.articles) order by a.key) as articles,
    s.locale, s.time_zone, s.daily_cap, s.quiet_from::text, s.quiet_until::text, s.created_at,
    s.removed_at, s.removed_reason
from subscription s
where s.site_id = $1 and $2::text[] is null and $3::timestamptz is null
order by s.id
"""

# Whoever only typed an address hasn't asked in its owner's name.
FOLLOWS = """
select f.id, a.key as article, m.address, m.lang, f.asked_at, f.confirmed_at
from article_follow f
join mail_recipient m on m.id = f.recipient_id
join article a on a.id = f.article_id
where f.site_id = $1 and f.confirmed_at is not null
    and $2::text[] is null and $3::timestamptz is null
order by f.id
"""

MAIL_STOPS = """
select encode(address_hash, 'hex') as address_hash, reason, created_at
from mail_stop
where site_id = $1 and $2::text[] is null and $3::timestamptz is null
order by address_hash
"""


async def list_missing(conn: Conn, site_id: UUID, keys: list[str]) -> list[str]:
    """Which of these keys are no article's."""
    rows = await conn.fetch(
        """
        select key from unnest($2::text[]) key
        where not exists (select from article a where a.site_id = $1 and a.key = key.key)
        """,
        site_id,
        keys,
    )
    return [row["key"] for row in rows]


async def get_push_key(conn: Conn, site_id: UUID) -> str | None:
    """The id of the key that the site's subscriptions are made with now."""
    found: str | None = await conn.fetchval(
        "select id from vapid_key where site_id = $1 and retired_at is null", site_id
    )
    return found


async def count_comments(conn: Conn, site_id: UUID, part: Part) -> int:
    """How many comments are wanted."""
    return int(await conn.fetchval(f"select count(*) {CHOSEN}", site_id, part.articles, part.since))


async def _stream(
    conn: Conn, kind: type[Row], query: str, site_id: UUID, part: Part
) -> AsyncIterator[list[Row]]:
    cursor = await conn.cursor(query, site_id, part.articles, part.since)
    while rows := await cursor.fetch(AT_ONCE):
        yield [row_to(kind, row) for row in rows]


def stream_articles(conn: Conn, site_id: UUID, part: Part) -> AsyncIterator[list[ArticleLine]]:
    """Articles, the oldest first. As all here, needs a transaction, of which it is a picture."""
    return _stream(conn, ArticleLine, ARTICLES, site_id, part)


def stream_readers(conn: Conn, site_id: UUID, part: Part) -> AsyncIterator[list[ReaderLine]]:
    """Readers; of a part, those who wrote something in it."""
    return _stream(conn, ReaderLine, READERS, site_id, part)


async def stream_comments(
    conn: Conn, site_id: UUID, part: Part
) -> AsyncIterator[list[CommentLine]]:
    """Comments by id, which is the order of their time."""
    cursor = await conn.cursor(COMMENTS, site_id, part.articles, part.since)
    while rows := await cursor.fetch(AT_ONCE):
        yield [
            CommentLine(**{**row, "sources": [SourceId(*one) for one in row["sources"]]})
            for row in rows
        ]


def stream_decisions(conn: Conn, site_id: UUID, part: Part) -> AsyncIterator[list[DecisionLine]]:
    """The ledger's rows."""
    return _stream(conn, DecisionLine, DECISIONS, site_id, part)


def stream_sanctions(conn: Conn, site_id: UUID, part: Part) -> AsyncIterator[list[SanctionLine]]:
    """What readers are sanctioned by, also what was lifted."""
    return _stream(conn, SanctionLine, SANCTIONS, site_id, part)


def stream_subscriptions(
    conn: Conn, site_id: UUID, part: Part
) -> AsyncIterator[list[SubscriptionLine]]:
    """Subscriptions; none of a part."""
    return _stream(conn, SubscriptionLine, SUBSCRIPTIONS, site_id, part)


def stream_follows(conn: Conn, site_id: UUID, part: Part) -> AsyncIterator[list[FollowLine]]:
    """Who follows an article by e-mail; none of a part."""
    return _stream(conn, FollowLine, FOLLOWS, site_id, part)


def stream_mail_stops(conn: Conn, site_id: UUID, part: Part) -> AsyncIterator[list[MailStopLine]]:
    """Addresses that want no letters of the site; none of a part."""
    return _stream(conn, MailStopLine, MAIL_STOPS, site_id, part)
