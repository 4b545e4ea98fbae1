"""From the entries of a feed to articles and alerts.

What is new is decided in one transaction, which notes every new entry as seen and schedules the
alerts: whatever ends the worker after it, nobody is alerted twice, nor about what was left out.
The articles of the other entries follow, one transaction each; those that a dead worker has left
without are registered at the next poll.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import structlog

from service.articles.rules import normalised_url, origin_of
from service.articles.store import get_site
from service.articles.types import Site
from service.core.db import Conn, Pool
from service.core.problems import Problem
from service.feeds import polling_store as store
from service.feeds import rules
from service.feeds.registering import find_article, register, revise
from service.feeds.rules import Candidate, Choice
from service.feeds.types import Claimed, Document, Entry, KnownEntry
from service.push.actions import schedule_alert
from service.push.types import PostAlert

log = structlog.get_logger("rejoinder.feeds")

MOST_TAKEN = 500  # entries of one poll


class Lost(Exception):  # noqa: N818 (no failure: somebody else goes on)
    """The lease is another worker's by now."""


class Taken(msgspec.Struct, frozen=True):
    """What came of a document: new entries, how many were refused, and the address of one."""

    new: int = 0
    refused: int = 0
    refused_url: str | None = None


class _Seen(msgspec.Struct, frozen=True):
    """An entry with what it is known by, and what is known of it (None: it is new)."""

    entry: Entry
    identity: bytes
    known: KnownEntry | None


async def take(pool: Pool, one: Claimed, document: Document, now: datetime, hold: int) -> Taken:
    """Take what a document says. Raises Lost where another worker has the feed."""
    async with pool.acquire() as conn:
        site = await get_site(conn, one.site)
        if site is None:
            raise Lost
        entries = _distinct(document.entries)[:MOST_TAKEN]
        own = [entry for entry in entries if origin_of(entry.url) in site.origins]
        refused = [entry for entry in entries if origin_of(entry.url) not in site.origins]
        names = rules.identities(own)
        known = await store.list_entries(conn, one.id, names)
        seen = [_Seen(entry, name, known.get(name)) for entry, name in zip(own, names, strict=True)]
        new = [s for s in seen if s.known is None]
        await _decide(conn, site, one, new, own, now, hold)
        broken = await _register(conn, site, one, seen)
        await store.touch_entries(conn, one.id, names)
    bad = [*refused, *broken]
    return Taken(len(new), len(bad) + document.unread, bad[0].url if bad else None)


def _distinct(entries: Sequence[Entry]) -> list[Entry]:
    """One entry of each address; those with a time first, the newest before the others."""
    by_url: dict[str, Entry] = {}
    for entry in entries:
        by_url.setdefault(normalised_url(entry.url), entry)
    found = list(by_url.values())
    found.sort(key=lambda entry: (entry.time is None, -(entry.time or _NEVER).timestamp()))
    return found


_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


async def _decide(
    conn: Conn,
    site: Site,
    one: Claimed,
    new: Sequence[_Seen],
    entries: Sequence[Entry],
    now: datetime,
    hold: int,
) -> None:
    """Note what is new and alert what is to be: all of it or nothing. Raises Lost."""
    articles = [await find_article(conn, site, seen.entry.url) for seen in new]
    own = await store.list_own(conn, one.id, [a.id for a in articles if a])
    # An entry with another guid whose article the feed has had is the same entry.
    fresh = [(s, a) for s, a in zip(new, articles, strict=True) if a is None or a.id not in own]
    choice = Choice()
    if one.alert and one.primed_at:
        candidates = [Candidate(s.entry, a.created_at if a else None) for s, a in fresh]
        today = await store.count_alerts(conn, one.id)
        choice = rules.choose(candidates, now, one.newest, today)
    async with conn.transaction():
        if not await store.hold(conn, one):
            raise Lost
        for seen, article in zip(new, articles, strict=True):
            again = article is not None and article.id in own
            noted = KnownEntry(
                seen.identity,
                seen.entry.url,
                seen.entry.title,
                article.id if article and again else None,
                made=bool(article and own.get(article.id)),
            )
            await store.insert_entry(conn, one, noted, seen.entry.published_at)
        for position, send_at in choice.alerts:
            await _alert(conn, site, one, fresh[position][0], send_at, hold)
        newest = rules.newest_of(entries, now, one.newest)
        await store.note_decided(conn, one.id, newest, choice.notice)
    if choice.notice:
        log.warning("entries without an alert", feed=str(one.id), why=choice.notice)


async def _alert(
    conn: Conn,
    site: Site,
    one: Claimed,
    seen: _Seen,
    send_at: datetime | None,
    hold: int,
) -> None:
    """Register an entry's article and schedule its alert; needs a transaction.

    An entry that can't be is no reason to keep the others from it.
    """
    try:
        async with conn.transaction():
            entry = await register(conn, site, seen.entry, seen.identity)
            article = await find_article(conn, site, seen.entry.url)
            assert article is not None  # noqa: S101 (registered in this transaction)
            alert = await schedule_alert(
                conn, site, PostAlert(article=article.key, send_at=send_at), hold
            )
            await store.update_entry(conn, one.id, entry)
            await store.note_alert(conn, one.id, seen.identity, alert.id)
    except Problem as problem:
        log.warning("entry not alerted", feed=str(one.id), why=type(problem).__name__)


async def _register(conn: Conn, site: Site, one: Claimed, seen: Sequence[_Seen]) -> list[Entry]:
    """Register what has no article yet and follow what has changed; the entries that can't be."""
    noted = await store.list_entries(conn, one.id, [s.identity for s in seen])
    broken: list[Entry] = []
    for one_seen in seen:
        entry, known = one_seen.entry, noted.get(one_seen.identity)
        if known is None:  # the feed was removed meanwhile
            continue
        if known.article_id and (known.url, known.title) == (entry.url, entry.title):
            continue
        try:
            async with conn.transaction():
                if not await store.hold(conn, one):
                    raise Lost
                changed = (
                    await revise(conn, site, entry, known)
                    if known.article_id
                    else await register(conn, site, entry, known.identity)
                )
                await store.update_entry(conn, one.id, changed)
        except Problem as problem:
            log.warning("entry not taken", feed=str(one.id), why=type(problem).__name__)
            broken.append(entry)
    return broken
