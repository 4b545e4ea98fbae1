"""Writing a site down: one picture of it, whatever is posted while that takes its time."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import BinaryIO
from uuid import UUID

import msgspec

from service.articles.types import Site
from service.core.db import Conn
from service.core.problems import NotFound
from service.transfer.writing import store
from service.transfer.writing.types import FORMAT, VERSION, End, Header, Line, Part

Told = Callable[[int, int], None]  # comments written, and all of them

PARTS: dict[str, Callable[[Conn, UUID, Part], AsyncIterator[Sequence[Line]]]] = {
    "articles": store.stream_articles,
    "readers": store.stream_readers,
    "comments": store.stream_comments,
    "decisions": store.stream_decisions,
    "sanctions": store.stream_sanctions,
    "subscriptions": store.stream_subscriptions,
    "follows": store.stream_follows,
    "mail stops": store.stream_mail_stops,
}


async def write_lines(
    conn: Conn, site: Site, part: Part, output: BinaryIO, told: Told
) -> Counter[str]:
    """Write JSON lines; how many of what. `conn` is in no transaction.

    Raises NotFound for a key that is no article's, and OSError.
    """
    counts: Counter[str] = Counter()
    encode = msgspec.json.Encoder().encode_into
    buffer = bytearray()
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        await check_articles(conn, site, part)
        total = await store.count_comments(conn, site.id, part)
        output.write(msgspec.json.encode(await _header(conn, site, part)) + b"\n")
        for name, stream in PARTS.items():
            async for lines in stream(conn, site.id, part):
                buffer.clear()
                for line in lines:
                    encode(line, buffer, -1)
                    buffer += b"\n"
                output.write(buffer)
                counts[name] += len(lines)
                told(counts["comments"], total)
        output.write(msgspec.json.encode(End(lines=counts.total() + 1)) + b"\n")
    return counts


async def check_articles(conn: Conn, site: Site, part: Part) -> None:
    """Raises NotFound for a key that is no article's."""
    if part.articles and (missing := await store.list_missing(conn, site.id, part.articles)):
        raise NotFound(f"There is no article {missing[0]} on {site.slug}.")


async def _header(conn: Conn, site: Site, part: Part) -> Header:
    return Header(
        format=FORMAT,
        version=VERSION,
        site=site.slug,
        name=site.name,
        exported_at=datetime.now(UTC),
        push_key=await store.get_push_key(conn, site.id),
        articles=part.articles,
        since=part.since,
    )
