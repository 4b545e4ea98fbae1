"""Pure functions of comments: text, names, tickets, depth, states."""

import asyncio
import re
import time
from datetime import timedelta
from html import unescape
from uuid import UUID

import msgspec
import nh3
from markdown_it import MarkdownIt

from service.comments.types import Author, CommentAnswer, CommentRow, NewComment, Status
from service.core.http import clean_text
from service.core.problems import Invalid, Told
from service.core.text import BIDI, INVISIBLE, SURROGATE, visible
from service.core.tokens import Keyring

DEEPEST = 4
SHORT = 1500  # characters, rendered within a few milliseconds whatever they are
EDIT_WINDOW = timedelta(minutes=15)

WEBSITE = re.compile(r"https?://[^\s<>\"']{3,490}")

ALLOWED_TAGS = {"p", "br", "em", "strong", "blockquote", "ul", "ol", "li", "code", "pre", "a"}
ALLOWED_ATTRIBUTES: dict[str, set[str]] = {"a": {"href"}, "ol": {"start"}, "*": set()}
ENTITY = re.compile(r"&#?\w+;")
ABSOLUTE = re.compile(r"https?://|mailto:", re.IGNORECASE)
ALLOWED_SCHEMES = {"http", "https", "mailto"}

# Finding addresses takes the square of a text that is made of them: half a minute for 60,000
# characters. So many of them times so many characters are a tenth of a second.
MOST_TO_FIND = 10_000_000
# Each that is found, with a scheme or without, takes a ten-thousandth of a second.
ADDRESS = re.compile(r"\w\.[a-z]|@", re.IGNORECASE)
MOST_FOUND = 2_000


def _renderer(*, linkify: bool) -> MarkdownIt:
    return MarkdownIt(
        "zero", {"html": False, "linkify": linkify, "breaks": True, "maxNesting": 12}
    ).enable(
        [
            "emphasis", "backticks", "fence", "blockquote", "list", "link", "autolink", "linkify",
            "newline", "escape", "entity", "balance_pairs", "fragments_join",
        ]
    )  # fmt: skip


_markdown, _unlinked = _renderer(linkify=True), _renderer(linkify=False)


def render(body: str) -> str:
    """A comment's HTML: Markdown's small set, through a sanitiser whatever it gave.

    What turns a line round is taken out before, as it may stand in a link's address, and after, as
    it may have been written as an entity.
    """
    return sanitised((_unlinked if _is_list(body) else _markdown).render(BIDI.sub("", body)))


def _is_list(body: str) -> bool:
    """Whether a text has more addresses than anybody would follow."""
    if body.count("://") * len(body) > MOST_TO_FIND:
        return True
    return len(body) > MOST_FOUND and len(ADDRESS.findall(body)) > MOST_FOUND


def sanitised(html: str) -> str:
    """What readers may see of HTML that anybody wrote."""
    html = nh3.clean(
        html,
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes=ALLOWED_SCHEMES,
        link_rel="ugc nofollow noopener",
        attribute_filter=_only_absolute,
    )
    return BIDI.sub("", html)


def _only_absolute(_tag: str, name: str, value: str) -> str | None:
    """Links lead out: a relative one would lead into whichever page shows the comment."""
    return value if name != "href" or ABSOLUTE.match(value) else None


async def render_soon(body: str) -> str:
    """Render, off the event loop where a hostile text could hold it up."""
    return render(body) if len(body) <= SHORT else await asyncio.to_thread(render, body)


def check_body(body: str) -> str:
    """The text as it is kept; raises Invalid where nothing of it can be seen."""
    body = clean_text("$.body", body, multiline=True)
    if not _is_seen(body):
        raise Invalid.field("$.body", "Expected some text")
    return body


def _is_seen(body: str) -> bool:
    """Whether anything is there to see: marks and entities alone may come to nothing."""
    plain = INVISIBLE.sub("", BIDI.sub("", body)).strip()
    if not plain or len(plain) > SHORT or re.search(r"\w", ENTITY.sub("", plain)):
        return bool(plain)
    return bool(visible(unescape(nh3.clean(render(plain), tags=set()))))


def check_name(name: str) -> str:
    """The name as it is shown; raises Invalid where nothing of it can be seen."""
    name = clean_text("$.name", name)
    name = visible(name)
    if not name:
        raise Invalid.field("$.name", "Expected a name")
    return name


def check_website(website: str | None) -> str | None:
    """The website, https where no scheme was typed; raises Invalid."""
    if not website or not website.strip():
        return None
    website = clean_text("$.website", website)
    if "://" not in website:
        website = f"https://{website}"
    if not WEBSITE.fullmatch(website):
        raise Invalid.field("$.website", "Not a web address")
    return website


def check_new(new: NewComment) -> None:
    """Refuse text that no encoding can carry; raises Invalid."""
    for path, text in (("$.body", new.body), ("$.name", new.name), ("$.email", new.email)):
        if SURROGATE.search(text):
            raise Invalid.field(path, "Contains a lone surrogate", Told("characters"))


def ticket(keyring: Keyring, article_key: str, now: float | None = None) -> str:
    """A signed note of when the thread of an article was read."""
    stamp = str(int(now if now is not None else time.time()))
    return f"{stamp}.{keyring.digest('ticket', f'{stamp} {article_key}').hex()}"


def ticket_age(
    keyring: Keyring, article_key: str, given: str | None, now: float | None = None
) -> timedelta | None:
    """How long ago the thread was read; None where the ticket is missing or not ours."""
    stamp = (given or "").partition(".")[0]
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12:  # noqa: PLR2004 (a time)
        return None
    if given != ticket(keyring, article_key, int(stamp)):
        return None
    return timedelta(seconds=(now if now is not None else time.time()) - int(stamp))


def place(parent: CommentRow | None) -> tuple[UUID | None, UUID | None, int]:
    """Root, parent and depth of a reply: below the deepest level it stands beside it."""
    if parent is None:
        return None, None, 0
    root = parent.root_id or parent.id
    if parent.depth >= DEEPEST:
        return root, parent.parent_id, DEEPEST
    return root, parent.id, parent.depth + 1


def counts_as(status: Status) -> int:
    """What a comment of this status adds to its thread's count."""
    return int(status == "published")


def public_answer(row: CommentRow) -> CommentAnswer:
    """A comment as everybody may read it."""
    return CommentAnswer(
        id=row.id,
        parent_id=row.parent_id,
        author=Author(row.author_name, row.badge),
        html=row.html,
        status=row.status,
        created_at=row.created_at,
        edited_at=row.edited_at,
        likes=row.likes,
    )


def tombstone(row: CommentRow) -> CommentAnswer:
    """What is left of a root that is gone while replies to it stay."""
    return CommentAnswer(
        id=row.id,
        parent_id=row.parent_id,
        author=Author(""),
        html="",
        status="removed",
        created_at=row.created_at,
        edited_at=None,
        likes=0,
    )


NOTICES: dict[Status, str] = {
    "held": "Your comment is held for review. It will be published once a moderator has read it.",
    "spam": "Your comment looks like advertising and was not published. "
    "A moderator can still publish it.",
    "rejected": "Your comment was not published.",
    "removed": "Your comment was removed.",
}


def notice_code(status: Status) -> str | None:
    """NOTICES for a page that says it in its own language."""
    return status if status in NOTICES else None


def author_answer(row: CommentRow) -> CommentAnswer:
    """A comment as its author may read it: with the reason of what was decided."""
    answer = public_answer(row)
    if row.reason is not None and row.status != "published":
        answer = msgspec.structs.replace(answer, reason=row.reason)
    return answer
