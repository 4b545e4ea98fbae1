"""Sites and publishers' keys. Each function is one transaction, with its entry in the record.

`editor` None is the command line.
"""

from collections.abc import Sequence
from uuid import UUID

from service.accounts.auth import KEY
from service.accounts.credentials_store import insert_event
from service.accounts.types import Event, Moderator
from service.administration import store
from service.administration.types import KeyAnswer, MadeKey
from service.articles import actions as articles
from service.articles.types import Site
from service.core.db import Conn, uuid7
from service.core.http import clean_text
from service.core.problems import Conflict, NotFound
from service.core.tokens import Keyring, random_token, token_hash
from service.push.actions import ensure_vapid_key

MOST_KEYS = 100


async def add_site(
    conn: Conn, keyring: Keyring, editor: Moderator | None, slug: str, name: str,
    origins: Sequence[str],
) -> Site:  # fmt: skip
    """Add a site with its push key; raises Invalid and Conflict."""
    async with conn.transaction():
        site = await articles.add_site(conn, slug, name, origins)
        await ensure_vapid_key(conn, keyring, site.id)
        detail = {"name": site.name, "origins": ", ".join(site.origins)}
        await insert_event(conn, _event("site added", editor, site.id, detail))
    return site


async def change_site(
    conn: Conn,
    editor: Moderator | None,
    slug: str,
    name: str | None,
    origins: Sequence[str] | None,
    *,
    marked: bool | None = None,
) -> Site:
    """Change what is given of a site: its name, all its origins, whether words are marked.

    Raises Invalid and NotFound.
    """
    async with conn.transaction():
        before, after = await articles.change_site(conn, slug, name, origins, marked=marked)
        detail = {}
        if before.name != after.name:
            detail["name"] = f"{before.name} → {after.name}"
        if added := set(after.origins) - set(before.origins):
            detail["origins added"] = ", ".join(sorted(added))
        if taken := set(before.origins) - set(after.origins):
            detail["origins taken"] = ", ".join(sorted(taken))
        if before.words_marked != after.words_marked:
            detail["words marked"] = "yes" if after.words_marked else "no"
        if detail:
            await insert_event(conn, _event("site changed", editor, after.id, detail))
    return after


async def make_key(
    conn: Conn, editor: Moderator | None, site_id: UUID, scopes: Sequence[str], label: str
) -> MadeKey:
    """Make a publisher's key; raises Invalid, and Conflict where there are enough."""
    label = clean_text("$.label", label)
    token, ident = random_token(KEY), uuid7()
    async with conn.transaction():
        await store.lock_site(conn, site_id)
        if len(await store.list_keys(conn, site_id)) >= MOST_KEYS:
            raise Conflict(f"There are {MOST_KEYS} keys already; revoke one first.")
        await store.insert_key(
            conn, ident, site_id, token_hash(token), sorted(set(scopes)), label,
            editor.id if editor else None,
        )  # fmt: skip
        detail = {"label": label, "scopes": ", ".join(sorted(set(scopes)))}
        await insert_event(conn, _event("key made", editor, site_id, detail))
        made = await _key(conn, site_id, ident)
    return MadeKey(made, token)


async def revoke_key(conn: Conn, editor: Moderator | None, ident: UUID) -> None:
    """Revoke a key; raises NotFound, also for one of a site that isn't the editor's."""
    sites = None if editor is None or editor.all_sites else editor.site_ids
    async with conn.transaction():
        revoked = await store.revoke_key(conn, sites, ident)
        if revoked is None:
            raise NotFound("There is no such key.")
        site_id, label = revoked
        await insert_event(conn, _event("key revoked", editor, site_id, {"label": label}))


async def _key(conn: Conn, site_id: UUID, ident: UUID) -> KeyAnswer:
    return next(key for key in await store.list_keys(conn, site_id) if key.id == ident)


def _event(action: str, editor: Moderator | None, site_id: UUID, detail: dict[str, str]) -> Event:
    return Event(action, editor.id if editor else None, None, [site_id], detail)
