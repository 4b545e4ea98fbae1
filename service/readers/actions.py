"""Setting up how a site's readers sign in. Each function is one transaction, and is recorded.

`editor` None is the command line.
"""

import secrets
from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec import UNSET

from service.accounts.credentials_store import insert_event
from service.accounts.types import Event, Moderator
from service.core.db import Conn, Executor, uuid7
from service.core.events import notify
from service.core.http import clean_text
from service.core.outbound import check_target
from service.core.problems import Conflict, Invalid, NotFound
from service.core.sealing import seal
from service.core.tokens import Keyring
from service.readers import rules, store
from service.readers.keysets import Keysets, UnreadableError
from service.readers.types import (
    KeyAnswer,
    KeyRow,
    MadeKeys,
    NewKeyRow,
    NewSignInKey,
    RefusedError,
    Settings,
    SettingsAnswer,
    SettingsChange,
    SignInKey,
    Tried,
)
from service.readers.verifying import PURPOSE, Readers

MOST_SECRETS = 2  # one in use, and the one that takes its place
MADE = 48  # random bytes of a secret made here: 64 characters


async def get_settings(conn: Executor, site_id: UUID) -> SettingsAnswer:
    """How a site's readers sign in."""
    settings = await store.get_settings(conn, site_id)
    keys = await store.list_keys(conn, site_id)
    return SettingsAnswer(
        on=bool(keys) or settings.jwks_url is not None,
        required=await store.is_required(conn, site_id),
        issuer=settings.issuer,
        audience=settings.audience,
        jwks_url=settings.jwks_url,
        keys=[_answer(key) for key in keys],
    )


async def check_change(keysets: Keysets, change: SettingsChange, *, allow_local: bool) -> None:
    """Raise Invalid where the new address answers no keys. Asks it, so: before a connection."""
    url = change.jwks_url
    if url is UNSET or url is None:
        return
    await check_target("$.jwks_url", url, allow_local=allow_local)
    try:
        await keysets.read(url)
    except UnreadableError as error:
        raise Invalid.field("$.jwks_url", str(error)) from error


async def change_settings(
    conn: Conn, editor: Moderator | None, site_id: UUID, change: SettingsChange
) -> SettingsAnswer:
    """Change what is given, its address checked by check_change. Raises Invalid and Conflict."""
    async with conn.transaction():
        slug = await store.lock_site(conn, site_id)
        before = await get_settings(conn, site_id)
        given = {
            name: clean_text(f"$.{name}", value) if isinstance(value, str) else value
            for name, value in msgspec.structs.asdict(change).items()
            if value is not UNSET
        }
        after = msgspec.structs.replace(before, **given)
        if "" in given.values():
            raise Invalid("Expected a text, or null for none")
        after = msgspec.structs.replace(after, on=bool(after.keys) or after.jwks_url is not None)
        _check_settings(after)
        settings = Settings(after.issuer, after.audience, after.jwks_url)
        await store.put_settings(conn, site_id, settings)
        await store.set_required(conn, site_id, required=after.required)
        detail = {
            name: f"{_word(getattr(before, name))} → {_word(value)}"
            for name, value in given.items()
            if getattr(before, name) != value
        }
        if detail:
            await _record(conn, editor, site_id, slug, "sign-in changed", detail)
    return after


def _check_settings(settings: SettingsAnswer) -> None:
    if settings.jwks_url is not None and settings.audience is None:
        # Keys at an address sign for others, too; their tokens would open this.
        raise Invalid.field("$.audience", "Keys at an address need an audience: who tokens are for")
    if settings.required and not settings.on:
        raise Conflict(
            "There is nothing to verify tokens with: nobody could comment. "
            "Add a key or an address first, or don't require a sign-in."
        )


def _word(value: object) -> str:
    return {True: "yes", False: "no", None: "none"}.get(value, "") or str(value)  # type: ignore[call-overload]


async def add_keys(
    conn: Conn, keyring: Keyring, editor: Moderator | None, site_id: UUID, new: NewSignInKey
) -> MadeKeys:
    """Add a secret or public keys; raises Invalid, and Conflict where there are enough."""
    if new.secret is not None and new.public is not None:
        raise Invalid("Expected a secret or public keys, not both")
    made: str | None = None
    if new.public is not None:
        rows = [_public_row(key) for key in rules.read_public(new.public)]
    else:
        made = secrets.token_urlsafe(MADE) if new.secret is None else None
        rows = [_secret_row(keyring, site_id, rules.check_secret(made or new.secret or ""))]
    async with conn.transaction():
        slug = await store.lock_site(conn, site_id)
        there = await store.list_keys(conn, site_id)
        rows = [row for row in rows if row.jwk is None or not _is_there(row, there)]
        if not rows:
            raise Conflict("These keys are here already.")
        _check_number([*there, *rows])
        await store.insert_keys(conn, site_id, rows, editor.id if editor else None)
        detail = {"algorithm": rows[0].algorithm, "keys": str(len(rows))}
        await _record(conn, editor, site_id, slug, "sign-in key added", detail)
        ids = {row.id for row in rows}
        added = [key for key in await store.list_keys(conn, site_id) if key.id in ids]
    return MadeKeys([_answer(key) for key in added], made)


def _is_there(row: NewKeyRow, there: Sequence[KeyRow]) -> bool:
    return any((row.jwk, row.kid) == (one.jwk, one.kid) for one in there)


def _check_number(keys: Sequence[KeyRow | NewKeyRow]) -> None:
    if sum(key.algorithm == "HS256" for key in keys) > MOST_SECRETS:
        raise Conflict(f"There are {MOST_SECRETS} secrets already; remove the old one first.")
    if sum(key.algorithm == "EdDSA" for key in keys) > rules.MOST_PUBLIC:
        raise Conflict(f"A site has at most {rules.MOST_PUBLIC} public keys; remove some first.")


def _secret_row(keyring: Keyring, site_id: UUID, secret: bytes) -> NewKeyRow:
    ident = uuid7()
    sealed = seal(keyring, PURPOSE, secret, site_id.bytes + ident.bytes)
    return NewKeyRow(ident, "HS256", None, sealed, None)


def _public_row(key: SignInKey) -> NewKeyRow:
    return NewKeyRow(uuid7(), "EdDSA", key.kid, None, rules.spelt(key))


async def remove_key(conn: Conn, editor: Moderator | None, site_id: UUID, ident: UUID) -> None:
    """Forget a key: what it signed is believed no more. Raises NotFound and Conflict."""
    async with conn.transaction():
        slug = await store.lock_site(conn, site_id)
        algorithm = await store.delete_key(conn, site_id, ident)
        if algorithm is None:
            raise NotFound("There is no such key.")
        _check_settings(await get_settings(conn, site_id))
        detail = {"algorithm": algorithm}
        await _record(conn, editor, site_id, slug, "sign-in key removed", detail)


async def turn_off(conn: Conn, editor: Moderator | None, site_id: UUID) -> None:
    """Forget all of it: readers write with name and e-mail address again."""
    async with conn.transaction():
        slug = await store.lock_site(conn, site_id)
        for key in await store.list_keys(conn, site_id):
            await store.delete_key(conn, site_id, key.id)
        await store.put_settings(conn, site_id, Settings())
        await store.set_required(conn, site_id, required=False)
        await _record(conn, editor, site_id, slug, "sign-in turned off", {})


async def try_token(readers: Readers, site_id: UUID, text: str) -> Tried:
    """What would become of a token, for whoever sets this up. Raises Unavailable."""
    header, claims = rules.shown(text)
    try:
        return Tried(await readers.read(site_id, text), None, header, claims)
    except RefusedError as error:
        return Tried(None, f"Refused: {error}.", header, claims)


async def _record(
    conn: Conn, editor: Moderator | None, site_id: UUID, slug: str, action: str,
    detail: dict[str, str],
) -> None:  # fmt: skip
    actor = editor.id if editor else None
    await insert_event(conn, Event(action, actor, None, [site_id], detail))
    await notify(conn, "site", slug)


def _answer(key: KeyRow) -> KeyAnswer:
    return KeyAnswer(key.id, key.algorithm, key.kid, key.created_at, key.created_by)
