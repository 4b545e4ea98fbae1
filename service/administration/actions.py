"""Sites. Each function is one transaction, with its entry in the record.

`editor` None is the command line.
"""

from collections.abc import Sequence
from uuid import UUID

from service.accounts.credentials_store import insert_event
from service.accounts.types import Event, Moderator
from service.articles import actions as articles
from service.articles.store import get_article_by_id, lock_article
from service.articles.types import Article, ArticleChange, Site, SupportChange
from service.core.db import Conn
from service.core.problems import NotFound
from service.core.tokens import Keyring
from service.push.actions import ensure_vapid_key

SWITCH = {True: "on", False: "off"}


async def add_site(
    conn: Conn, keyring: Keyring, editor: Moderator | None, slug: str, name: str,
    origins: Sequence[str],
) -> Site:  # fmt: skip
    """Add a site with its push key; raises Invalid and Conflict."""
    async with conn.transaction():
        site = await articles.add_site(conn, slug, name, origins)
        await ensure_vapid_key(conn, keyring, site.id)
        detail = {"name": site.name, "origins": ", ".join(site.origins)}
        await insert_event(conn, site_event("site added", editor, site.id, detail))
    return site


async def change_site(
    conn: Conn,
    editor: Moderator | None,
    slug: str,
    name: str | None,
    origins: Sequence[str] | None,
    *,
    marked: bool | None = None,
    confirm: bool | None = None,
    support: SupportChange | None = None,
) -> Site:
    """Change what is given of a site: name, all origins, the switches of Site, support.

    Raises Invalid and NotFound.
    """
    async with conn.transaction():
        before, after = await articles.change_site(
            conn, slug, name, origins, marked=marked, confirm=confirm
        )
        if support is not None:
            after = await articles.change_support(conn, slug, support)
        detail = {}
        if before.name != after.name:
            detail["name"] = f"{before.name} → {after.name}"
        if added := set(after.origins) - set(before.origins):
            detail["origins added"] = ", ".join(sorted(added))
        if taken := set(before.origins) - set(after.origins):
            detail["origins taken"] = ", ".join(sorted(taken))
        if before.words_marked != after.words_marked:
            detail["words marked"] = "yes" if after.words_marked else "no"
        if before.confirm_readers != after.confirm_readers:
            detail["readers confirm their addresses"] = SWITCH[after.confirm_readers]
        detail |= _support_changed(before, after)
        if detail:
            await insert_event(conn, site_event("site changed", editor, after.id, detail))
    return after


def _support_changed(before: Site, after: Site) -> dict[str, str]:
    detail = {}
    if before.support_enabled != after.support_enabled:
        detail["support"] = SWITCH[after.support_enabled]
    for name, was, now in (
        ("support headline", before.support_headline, after.support_headline),
        ("support text", before.support_text, after.support_text),
        ("support address", before.support_url, after.support_url),
        ("sensitive tags", ", ".join(before.sensitive_tags), ", ".join(after.sensitive_tags)),
    ):
        if was != now:
            detail[name] = now or "none"
    return detail


async def change_article(
    conn: Conn, editor: Moderator, ident: UUID, change: ArticleChange
) -> Article:
    """Change what is given of an article: open, mode, support. Raises NotFound."""
    async with conn.transaction():
        before = await find_article(conn, editor, ident, lock=True)
        after = await articles.change_article(conn, before, change)
        detail = {
            name: f"{_word(getattr(before, name))} → {_word(getattr(after, name))}"
            for name in ("open", "mode", "support")
            if getattr(before, name) != getattr(after, name)
        }
        if detail:
            detail = {"article": after.title[:200], **detail}
            await insert_event(conn, site_event("article changed", editor, after.site_id, detail))
    return after


def _word(value: bool | str | None) -> str:  # noqa: FBT001 (a switch's own value)
    if value is None:
        return "as the site"
    return SWITCH[value] if isinstance(value, bool) else value


async def find_article(
    conn: Conn, moderator: Moderator, ident: UUID, *, lock: bool = False
) -> Article:
    """An article of the moderator's sites; raises NotFound. `lock`: until the transaction ends."""
    if lock:
        await lock_article(conn, ident)
    article = await get_article_by_id(conn, ident)
    if article is None or not moderator.covers(article.site_id):
        raise NotFound("There is no such article.")
    return article


def site_event(
    action: str, editor: Moderator | None, site_id: UUID, detail: dict[str, str]
) -> Event:
    """A change of a site for the record; `editor` None is the command line."""
    return Event(action, editor.id if editor else None, None, [site_id], detail)
