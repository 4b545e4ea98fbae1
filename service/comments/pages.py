"""From rows to a page of a thread."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec import UNSET

from service.articles import store as articles
from service.articles.rules import normalised_url
from service.articles.types import Article, Site
from service.comments import reading, rules, store
from service.comments.opening import opening
from service.comments.threads import OLDEST, Rendering, etag_of, rendering
from service.comments.types import (
    CommentAnswer,
    CommentRow,
    Placed,
    Position,
    Replies,
    Since,
    Sort,
    Thread,
    ThreadArticle,
)
from service.core.db import Conn, Pool
from service.core.http import write_cursor
from service.core.problems import NotFound, Told
from service.core.tokens import Keyring
from service.screening.types import Policy


class Wanted(msgspec.Struct, frozen=True):
    """Which page of which thread."""

    key: str
    url: str | None
    sort: Sort
    after: Position | None
    limit: int


class Read(msgspec.Struct, frozen=True):
    """A page of a thread as it was read in one snapshot. `lasts`: seconds for which it is true.

    `opens`: when a closed thread opens by itself.
    """

    thread: Thread
    article: Article | None
    lasts: float
    opens: datetime | None

    @property
    def ident(self) -> UUID | None:
        """The article's id."""
        return self.article.id if self.article else None

    @property
    def version(self) -> int:
        """The thread's version."""
        return self.article.thread_version if self.article else 0


async def read_page(
    pool: Pool,
    keyring: Keyring,
    site: Site,
    wanted: Wanted,
    policy: Policy,
    *,
    letters: bool = False,
) -> Read:
    """Read one page in one snapshot. `letters`: e-mail can be sent to readers."""
    now = datetime.now(UTC)
    async with (
        pool.acquire() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        article = await articles.get_article(conn, site.id, wanted.key, _plain(wanted.url))
        roots: list[CommentRow] = []
        replies: list[CommentRow] = []
        if article is not None:
            roots = await reading.list_roots(
                conn, article.id, wanted.sort, wanted.after, wanted.limit + 1
            )
            replies = await reading.list_first_replies(conn, [r.id for r in roots if r.reply_count])
    more = len(roots) > wanted.limit
    shown = roots[: wanted.limit]
    state = opening(article, policy, now)
    version = article.thread_version if article else 0
    thread = Thread(
        article=thread_article(article, wanted, open=state.open),
        count=article.comment_count if article else 0,
        items=_with_replies(shown, replies),
        next_cursor=write_cursor(_position(wanted.sort, shown[-1])) if more else None,
        ticket=rules.ticket(keyring, article.key if article else wanted.key),
        since=write_cursor(Since(version, now)),
        sign_in="required" if site.sign_in_required else UNSET,
        letters=(letters and site.confirm_readers) or UNSET,
    )
    lasts = (state.until - now).total_seconds() if state.until else OLDEST
    return Read(thread, article, lasts, None if state.open else state.until)


async def render_page(
    pool: Pool, keyring: Keyring, site: Site, wanted: Wanted, policy: Policy, *, letters: bool
) -> Rendering:
    """Read one page and make it ready to send."""
    page = await read_page(pool, keyring, site, wanted, policy, letters=letters)
    # A thread opens and closes by the clock, and keeps its version.
    state = f"{page.thread.article.open} {page.thread.sign_in} {page.thread.letters}"
    tag = etag_of(page.ident, page.version, site.slug, wanted.key, repr(wanted), state)
    return rendering(msgspec.json.encode(page.thread), page.ident, page.version, tag, page.lasts)


def _plain(url: str | None) -> str | None:
    return normalised_url(url) if url else None


def thread_article(article: Article | None, wanted: Wanted, *, open: bool) -> ThreadArticle:  # noqa: A002 (what the contract calls it)
    """The article of a thread, as far as it is known."""
    if article is None:
        return ThreadArticle(wanted.key, "", "", open)
    return ThreadArticle(article.key, article.title, article.url, open)


def _position(sort: Sort, row: CommentRow) -> Position:
    return Position(sort, row.created_at, row.id, row.likes)


def _with_replies(roots: list[CommentRow], replies: list[CommentRow]) -> list[CommentAnswer]:
    below: dict[UUID | None, list[CommentAnswer]] = {}
    for reply in replies:
        below.setdefault(reply.root_id, []).append(rules.public_answer(reply))
    return [
        msgspec.structs.replace(
            rules.public_answer(root) if root.status == "published" else rules.tombstone(root),
            replies=below.get(root.id, []),
            reply_count=root.reply_count,
        )
        for root in roots
    ]


async def read_replies(
    conn: Conn, site: Site, comment_id: UUID, after: Position | None, limit: int
) -> Replies:
    """A page of what hangs below a comment. Raises NotFound where nothing of it is public."""
    comment = await store.get_comment(conn, site.id, comment_id)
    rows = await reading.list_below(conn, comment, after, limit + 1) if comment else []
    if comment is None or (comment.status != "published" and not rows):
        raise NotFound("There is no such comment.", told=Told("gone"))
    shown = rows[:limit]
    more = len(rows) > limit
    cursor = Position("replies", shown[-1].created_at, shown[-1].id) if more else None
    return Replies(
        [rules.public_answer(row) for row in shown], write_cursor(cursor) if cursor else None
    )


async def read_comment(
    conn: Conn, site: Site, comment_id: UUID, policy: Policy, *, own: bool
) -> Placed:
    """A comment and where it stands; its author (`own`) reads it in any state."""
    comment = await store.get_comment(conn, site.id, comment_id)
    if comment is None or (comment.status != "published" and not own):
        raise NotFound("There is no such comment.", told=Told("gone"))
    root = comment
    if comment.root_id:
        root = await store.get_comment(conn, site.id, comment.root_id) or comment
    article = await articles.get_article_by_id(conn, comment.article_id)
    assert article is not None  # noqa: S101 (a comment's article is never deleted)
    # The position just before the root, so that the page begins with it.
    before = Position("newest", root.created_at, UUID(int=min(root.id.int + 1, 2**128 - 1)))
    is_open = opening(article, policy, datetime.now(UTC)).open
    return Placed(
        comment=rules.author_answer(comment) if own else rules.public_answer(comment),
        article=ThreadArticle(article.key, article.title, article.url, is_open),
        root_id=root.id,
        cursor=write_cursor(before),
        body=comment.body if own else None,
    )
