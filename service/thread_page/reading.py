"""From the database to what the page shows."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from service.articles import store as articles
from service.articles.rules import check_url, origin_of
from service.articles.types import Article, Site
from service.comments import pages, reading, rules
from service.comments import store as comments
from service.comments.opening import opening
from service.comments.routes import PAGE, State
from service.comments.threads import OLDEST
from service.comments.types import CommentAnswer, CommentRow, Position
from service.core.db import Conn
from service.core.http import decode_cursor, write_cursor
from service.core.problems import Invalid
from service.screening.types import Policy
from service.thread_page import store
from service.thread_page.errors import missing
from service.thread_page.render import Visit
from service.thread_page.types import Asked, Node

REPLIES = 100  # of one conversation on a page


class View(msgspec.Struct, frozen=True):
    """A page of a thread. `article` None: nobody knows it yet, and `url` says where it is.

    `opens`: when a closed thread opens by itself.
    """

    article: Article | None
    key: str
    title: str
    url: str
    open: bool
    opens: datetime | None
    count: int
    nodes: list[Node]
    next_cursor: str | None
    ticket: str
    lasts: float

    @property
    def version(self) -> int:
        """The thread's version."""
        return self.article.thread_version if self.article else 0


async def read_view(state: State, visit: Visit, asked: Asked, policy: Policy) -> View:
    """One page. Raises NotFound, and Invalid where the cursor is another list's."""
    view = await (_read_roots if asked.root is None else _read_conversation)(
        state, visit, asked, policy
    )
    # Where nobody has replied yet, the link's own word for the page is enough, if it is the site's.
    if view.article is None and not is_own(visit.site, view.url):
        raise missing("article")
    return view


def is_own(site: Site, url: str) -> bool:
    """Whether an address that somebody sent is a page of the site: no other is linked to."""
    try:
        return origin_of(check_url("url", url)) in site.origins
    except Invalid:
        return False


def title_of(article: Article | None, url: str) -> str:
    """What the page calls the article."""
    return article.title if article else url.partition("://")[2].rstrip("/")


async def _read_roots(state: State, visit: Visit, asked: Asked, policy: Policy) -> View:
    after = _position(asked, asked.sort)
    wanted = pages.Wanted(asked.key, asked.url, asked.sort, after, PAGE)
    page = await pages.read_page(state["pool"], state["keyring"], visit.site, wanted, policy)
    thread = page.thread
    url = page.article.url if page.article else asked.url or ""
    return View(
        article=page.article,
        key=thread.article.key,
        title=title_of(page.article, url),
        url=url,
        open=thread.article.open,
        opens=page.opens,
        count=thread.count,
        nodes=[_tree(root, _replies(root), _count(root)) for root in thread.items],
        next_cursor=thread.next_cursor,
        ticket=thread.ticket,
        lasts=page.lasts,
    )


def _position(asked: Asked, kind: str) -> Position | None:
    position = decode_cursor(asked.cursor, Position) if asked.cursor else None
    if position is not None and position.sort != kind:
        raise Invalid.field("cursor", "Not a cursor of this list")
    return position


def _replies(root: CommentAnswer) -> list[CommentAnswer]:
    return root.replies or []


def _count(root: CommentAnswer) -> int:
    return root.reply_count or 0


async def _read_conversation(state: State, visit: Visit, asked: Asked, policy: Policy) -> View:
    after = _position(asked, "replies")
    now = datetime.now(UTC)
    async with (
        state["pool"].acquire() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        article = await articles.get_article(conn, visit.site.id, asked.key, None)
        if article is None:
            raise missing("article")
        root = await comments.get_comment(conn, visit.site.id, asked.root) if asked.root else None
        if root is None or root.article_id != article.id or root.root_id is not None:
            raise missing("comment")
        rows = await reading.list_below(conn, root, after, REPLIES + 1)
        shown = rows[:REPLIES]
        here = {root.id, *(row.id for row in shown)}
        parents = [row.parent_id for row in shown if row.parent_id and row.parent_id not in here]
        elsewhere = await store.list_public(conn, parents) if parents else set()
    if root.status != "published" and not root.reply_count:
        raise missing("comment")
    answer = rules.public_answer(root) if root.status == "published" else rules.tombstone(root)
    last = shown[-1] if len(rows) > REPLIES else None
    opens = opening(article, policy, now)
    return View(
        article=article,
        key=article.key,
        title=article.title,
        url=article.url,
        open=opens.open,
        opens=None if opens.open else opens.until,
        count=article.comment_count,
        nodes=[_tree(answer, [rules.public_answer(row) for row in shown], 0, elsewhere)],
        next_cursor=write_cursor(Position("replies", last.created_at, last.id)) if last else None,
        ticket=rules.ticket(state["keyring"], article.key),
        lasts=(opens.until - now).total_seconds() if opens.until else OLDEST,
    )


def _tree(
    root: CommentAnswer,
    replies: list[CommentAnswer],
    count: int,
    elsewhere: set[UUID] | None = None,
) -> Node:
    """Hang replies, oldest first, below what they answer; below the root where that isn't shown."""
    top = Node(root, [], max(0, count - len(replies)))
    nodes = {root.id: top}
    for reply in replies:
        parent = nodes.get(reply.parent_id) if reply.parent_id else None
        known = elsewhere is not None and reply.parent_id in elsewhere
        node = Node(reply, [], above=reply.parent_id if known and parent is None else None)
        (parent or top).replies.append(node)
        nodes[reply.id] = node
    return top


async def where(conn: Conn, comment: CommentRow) -> dict[str, object]:
    """The query under which the thread's page shows a published comment, and its place there."""
    root = comment
    if comment.root_id is not None:
        older = await store.count_older_replies(conn, comment, REPLIES)
        if older >= reading.FIRST_REPLIES:
            before = Position("replies", comment.created_at, _just_before(comment))
            cursor = write_cursor(before) if older >= REPLIES else None
            return {"conversation": comment.root_id, "cursor": cursor, "at": comment.id}
        root = await comments.get_comment(conn, comment.site_id, comment.root_id) or comment
    newer = await store.count_newer_roots(conn, root, PAGE)
    # Newest first, "before" is what has the next higher id.
    after = UUID(int=min(root.id.int + 1, 2**128 - 1))
    cursor = write_cursor(Position("newest", root.created_at, after)) if newer >= PAGE else None
    return {"cursor": cursor, "at": comment.id}


def _just_before(comment: CommentRow) -> UUID:
    return UUID(int=max(comment.id.int - 1, 0))
