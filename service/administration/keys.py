"""Publishers' keys. Each function is one transaction, with its entry in the record.

`editor` None is the command line; a key of a site that isn't the editor's isn't there.
"""

from collections.abc import Sequence
from uuid import UUID

from msgspec import UNSET
from msgspec.structs import replace

from service.accounts.auth import KEY
from service.accounts.credentials_store import insert_event
from service.accounts.keys import key_changed
from service.accounts.types import Moderator
from service.administration import keys_store as store
from service.administration.actions import SWITCH, site_event
from service.administration.store import lock_site
from service.administration.types import KeyAnswer, KeyChange, MadeKey, NewKey
from service.core.db import Conn, Executor, uuid7
from service.core.http import clean_text
from service.core.problems import Conflict, NotFound
from service.core.tokens import random_token, token_hash

MOST_KEYS = 100


def _sites(editor: Moderator | None) -> Sequence[UUID] | None:
    return None if editor is None or editor.all_sites else editor.site_ids


async def make_key(conn: Conn, editor: Moderator | None, site_id: UUID, new: NewKey) -> MadeKey:
    """Make a publisher's key; raises Invalid, and Conflict where there are enough."""
    new = replace(new, label=clean_text("$.label", new.label))
    token, ident = random_token(KEY), uuid7()
    async with conn.transaction():
        await lock_site(conn, site_id)
        if len(await store.list_keys(conn, site_id)) >= MOST_KEYS:
            raise Conflict(f"There are {MOST_KEYS} keys already; revoke one first.")
        by = editor.id if editor else None
        await store.insert_key(conn, ident, site_id, token_hash(token), new, by)
        detail = {"label": new.label, "scopes": ", ".join(sorted(set(new.scopes)))}
        if new.quota is not None:
            detail["quota"] = _shown(new.quota)
        if new.keeps:
            detail["keeps texts"] = "on"
        await insert_event(conn, site_event("key made", editor, site_id, detail))
        _, made = await find_key(conn, editor, ident)
    return MadeKey(made, token)


async def find_key(conn: Executor, editor: Moderator | None, ident: UUID) -> tuple[UUID, KeyAnswer]:
    """A living key and its site; raises NotFound."""
    found = await store.get_key(conn, _sites(editor), ident)
    if found is None:
        raise NotFound("There is no such key.")
    return found


async def change_key(
    conn: Conn, editor: Moderator | None, ident: UUID, change: KeyChange
) -> KeyAnswer:
    """Change what is given of a key; raises Invalid and NotFound. Every process learns of it.

    Trust is in the key: all that it has said counts from now on, and what it will say; without it,
    nothing of either.
    """
    async with conn.transaction():
        await store.lock_key(conn, ident)
        site_id, before = await find_key(conn, editor, ident)
        label = before.label if change.label is UNSET else clean_text("$.label", change.label)
        after = replace(
            before,
            label=label,
            quota=before.quota if change.quota is UNSET else change.quota,
            keeps=before.keeps if change.keeps is UNSET else change.keeps,
            trusted=before.trusted if change.trusted is UNSET else change.trusted,
        )
        detail = _changed(before, after)
        if detail:
            await store.update_key(conn, after)
            await insert_event(
                conn, site_event("key changed", editor, site_id, {"key": label, **detail})
            )
            await key_changed(conn)
        if before.trusted != after.trusted:
            await store.trust_examples(conn, ident, trusted=after.trusted)
    return after


def _changed(before: KeyAnswer, after: KeyAnswer) -> dict[str, str]:
    detail = {}
    if before.label != after.label:
        detail["label"] = f"{before.label or 'none'} → {after.label or 'none'}"
    if before.quota != after.quota:
        detail["quota"] = f"{_shown(before.quota)} → {_shown(after.quota)}"
    if before.keeps != after.keeps:
        detail["keeps texts"] = SWITCH[after.keeps]
    if before.trusted != after.trusted:
        detail["trusted"] = SWITCH[after.trusted]
    return detail


def _shown(quota: int | None) -> str:
    return "none" if quota is None else f"{quota} a minute"


async def revoke_key(conn: Conn, editor: Moderator | None, ident: UUID) -> None:
    """Revoke a key; raises NotFound."""
    async with conn.transaction():
        revoked = await store.revoke_key(conn, _sites(editor), ident)
        if revoked is None:
            raise NotFound("There is no such key.")
        site_id, label = revoked
        await insert_event(conn, site_event("key revoked", editor, site_id, {"label": label}))
        await key_changed(conn)


async def forget_examples(
    conn: Conn, editor: Moderator | None, ident: UUID, example: UUID | None = None
) -> None:
    """Forget one thing that a key says, or all of it; raises NotFound."""
    async with conn.transaction():
        site_id, key = await find_key(conn, editor, ident)
        count = await store.delete_examples(conn, ident, example)
        if example is not None and not count:
            raise NotFound("There is no such example.")
        detail = {"key": key.label, "examples": str(count)}
        await insert_event(conn, site_event("examples forgotten", editor, site_id, detail))


async def forget_kept(
    conn: Conn, editor: Moderator | None, ident: UUID, text: UUID | None = None
) -> None:
    """Forget one stored text of a key, or all of them; raises NotFound."""
    async with conn.transaction():
        site_id, key = await find_key(conn, editor, ident)
        count = await store.delete_kept(conn, ident, text)
        if text is not None and not count:
            raise NotFound("There is no such text.")
        detail = {"key": key.label, "texts": str(count)}
        await insert_event(conn, site_event("texts forgotten", editor, site_id, detail))
