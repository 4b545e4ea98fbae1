"""Importing over HTTP: batches of comments, each one transaction, by the rules of a file's.

Nothing is remembered between them: what is in is never stored again, so that whoever is cut off
sends the same once more.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

import msgspec

from service.articles.rules import KEY
from service.articles.store import get_article
from service.articles.types import Site
from service.comments.rules import SHORT
from service.core.db import Conn
from service.core.problems import Conflict
from service.transfer import rules, store
from service.transfer.cleaning import EMPTY, TOO_LONG, cleaned
from service.transfer.loader import ELSEWHERE, OTHERS, UNDATED, UNTOLD, Home, Loader
from service.transfer.matching import Matcher
from service.transfer.ordering import in_order
from service.transfer.reading.formats import READERS
from service.transfer.reading.own import Comment, article_of, comment_of
from service.transfer.receiving_store import lock_imports_now
from service.transfer.receiving_types import ImportAnswer, Outcome, RawBatch, Reason, Received
from service.transfer.types import ORPHANS, Notes, Placed, SourceArticle, SourceComment, Wanted

TURN = 0.004  # seconds of reading, after which other requests have their turn
AGAIN = "2"  # seconds after which whoever met another import tries again

INVALID = "no comment"
TWICE = "the same id again"
UNKNOWN = "of articles that are unknown"
REASONS: dict[str, Reason] = {
    INVALID: "invalid",
    TWICE: "twice",
    TOO_LONG: "too_long",
    EMPTY: "empty",
    UNKNOWN: "unknown_article",
    ELSEWHERE: "other_site",
    UNTOLD: "other_site",
    OTHERS: "other_page",
    UNDATED: "no_date",
}

_decode = msgspec.json.Decoder(Comment).decode


class _Id(msgspec.Struct):
    """As much of a bad comment as says which it is."""

    id: str | None = None


class Receiving:
    """One batch on its way into a site."""

    def __init__(self, conn: Conn, site: Site, source: str, batch: RawBatch) -> None:
        """Nothing is read yet. `conn` is in no transaction."""
        kind = batch.format or (source if source in READERS else "json")
        wanted = Wanted(kind, source)
        self._conn = conn
        self._site = site
        self._source = source
        self._batch = batch
        self._notes = Notes(most_shown=len(batch.comments))
        self._matcher = Matcher(conn, site, wanted)
        self._loader = Loader(conn, site, wanted, self._notes)
        self._outcomes: dict[str, Outcome] = {}
        self._readers_made = 0

    async def run(self) -> ImportAnswer:
        """Store what isn't here; raises Conflict while another import is at work.

        Each new article is a transaction, and the comments another.
        """
        comments = await self._at_home(await self._read())
        async with self._conn.transaction():
            await self._load(comments)
        return self._answer()

    async def _read(self) -> list[Placed]:
        """The comments that can be kept, by their number in the batch; the rest is refused."""
        seen: set[str] = set()
        read: list[Placed] = []
        turn = time.perf_counter() + TURN
        for number, raw in enumerate(self._batch.comments):
            if (comment := await self._comment(number, raw)) is not None:
                if comment.source in seen:
                    self._notes.refuse(TWICE, number, comment.source)
                else:
                    seen.add(comment.source)
                    parent = comment.parent if comment.parent != comment.source else None
                    read.append(Placed(number, comment, parent or None))
            if time.perf_counter() > turn:
                await asyncio.sleep(0)
                turn = time.perf_counter() + TURN
        self._loader.first = next((one.comment.created_at for one in read), None)
        return read

    async def _comment(self, number: int, raw: msgspec.Raw) -> SourceComment | None:
        try:
            line = _decode(raw)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._notes.refuse(INVALID, number, str(error))
            return None
        comment = comment_of(line, self._notes)
        if comment.source != line.id or len(line.id) > rules.LONGEST_SOURCE_ID:
            # Under any other id it would be another comment, the next time.
            what = f"Expected an id of 1 to {rules.LONGEST_SOURCE_ID} characters"
            self._notes.refuse(INVALID, number, what)
            return None
        if max(len(comment.body), len(comment.html)) <= SHORT:
            return cleaned(number, comment, self._notes)
        # Off the event loop, which a hostile text could hold up.
        return await asyncio.to_thread(cleaned, number, comment, self._notes)

    async def _at_home(self, comments: Sequence[Placed]) -> list[Placed]:
        """Find the comments' articles; those of unknown ones are refused."""
        articles = {one.id: article_of(one, Notes()) for one in self._batch.articles}
        for ident in dict.fromkeys(one.comment.article for one in comments):
            if (home := await self._home(ident, articles.get(ident))) is not None:
                self._loader.homes[ident] = home
        found = []
        for one in comments:
            if one.comment.article in self._loader.homes:
                found.append(one)
            else:
                self._notes.refuse(UNKNOWN, one.line, one.comment.article)
        return found

    async def _home(self, ident: str, article: SourceArticle | None) -> Home | None:
        if article is not None:
            found = await self._matcher.match(article)
            return Home(found, article.url, article.published_at)
        if not KEY.fullmatch(ident):
            return None
        known = await get_article(self._conn, self._site.id, ident, None)
        return Home(known.id, known.url, known.published_at) if known else None

    async def _load(self, comments: Sequence[Placed]) -> None:
        """Store comments; needs a transaction. Waits for nobody who imports into the site, too."""
        if not await lock_imports_now(self._conn, self._site.id):
            raise Conflict(
                f"Something is being imported into {self._site.slug} already.",
                headers={"retry-after": AGAIN},
            )
        asked = [one.comment.source for one in comments]
        asked += [one.parent for one in comments if one.parent is not None]
        known = await store.list_known(self._conn, self._site.id, self._source, asked)
        wait = self._batch.orphans == "wait"
        ordered, waiting = in_order(comments, known, orphans_wait=wait)
        if made := sum(one.parent is None and one.comment.parent != "" for one in ordered):
            self._notes.repair(ORPHANS, made)
        loaded = await self._loader.load(ordered)
        self._outcomes = dict.fromkeys(loaded.stored, "stored")
        self._outcomes |= dict.fromkeys(loaded.already, "already")
        self._outcomes |= dict.fromkeys((one.comment.source for one in waiting), "waiting")
        self._readers_made = loaded.readers_made

    def _answer(self) -> ImportAnswer:
        refused = {
            one.line: Received(_id_of(self._batch.comments[one.line]), "refused", REASONS[kind],
                               one.what)
            for kind, all_ in self._notes.first.items()
            for one in all_
        }  # fmt: skip
        items = [
            refused.get(number) or self._received(raw)
            for number, raw in enumerate(self._batch.comments)
        ]
        counts = Counter(one.outcome for one in items)
        return ImportAnswer(
            stored=counts["stored"],
            already=counts["already"],
            waiting=counts["waiting"],
            refused=counts["refused"],
            articles_made=self._matcher.made,
            readers_made=self._readers_made,
            repaired=dict(self._notes.repaired),
            items=items,
        )

    def _received(self, raw: msgspec.Raw) -> Received:
        ident = _id_of(raw)
        return Received(ident, self._outcomes[ident or ""])


def _id_of(raw: msgspec.Raw) -> str | None:
    try:
        return msgspec.json.decode(raw, type=_Id).id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
