"""How a site's readers sign in, set up by whoever runs the service."""

from typing import Any
from uuid import UUID

import msgspec
import typer

from service.commands.shared import in_database, print_rows, say, shown_time, site_of
from service.core.db import Conn
from service.core.outbound import open_session
from service.core.problems import NotFound
from service.core.tokens import Keyring
from service.readers import actions
from service.readers.keysets import CONNECTIONS, SECONDS, Keysets
from service.readers.types import NewSignInKey, SettingsAnswer, SettingsChange
from service.settings import Settings


class Wanted(msgspec.Struct, frozen=True):
    """What the command's options say."""

    slug: str
    changes: dict[str, Any] = {}
    new_secret: bool = False
    secret: str | None = None
    public: str | None = None
    remove: str | None = None
    off: bool = False


def run(wanted: Wanted) -> None:
    """Do what is wanted, in this order: forget, add, change; a made secret alone is printed."""
    try:
        change = msgspec.convert(wanted.changes, SettingsChange)
    except msgspec.ValidationError as error:
        raise typer.BadParameter(str(error)) from error
    settings = Settings.from_environment()

    async def work(conn: Conn) -> tuple[SettingsAnswer, str | None]:
        site_id = (await site_of(conn, wanted.slug)).id
        await _check(change, settings)
        async with conn.transaction():
            made = await _apply(conn, Keyring(settings.secret), site_id, wanted, change)
        return await actions.get_settings(conn, site_id), made

    found, made = in_database(work)
    if made is not None:
        typer.echo(made)
    if wanted == Wanted(wanted.slug):
        _show(found)
    else:
        say.print(f"Readers of {wanted.slug} {_state(found)}.")


async def _apply(
    conn: Conn, keyring: Keyring, site_id: UUID, wanted: Wanted, change: SettingsChange
) -> str | None:
    """The secret that was made, if one was."""
    made = None
    if wanted.off:
        await actions.turn_off(conn, None, site_id)
    new = [NewSignInKey()] if wanted.new_secret else []
    if wanted.secret is not None or wanted.public is not None:
        new.append(NewSignInKey(wanted.secret, wanted.public))
    for one in new:
        made = (await actions.add_keys(conn, keyring, None, site_id, one)).secret or made
    if wanted.changes:
        await actions.change_settings(conn, None, site_id, change)
    if wanted.remove:
        await actions.remove_key(conn, None, site_id, _id_of(wanted.remove))
    return made


async def _check(change: SettingsChange, settings: Settings) -> None:
    local = settings.webhook_allow_local
    async with open_session(
        allow_local=local, limit=CONNECTIONS, total=SECONDS, connect=SECONDS
    ) as session:
        await actions.check_change(Keysets(session, allow_local=local), change, allow_local=local)


def _id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(f"There is no key {text}.") from error


def _state(found: SettingsAnswer) -> str:
    if not found.on:
        return "write with name and e-mail address"
    return "must sign in to comment" if found.required else "may sign in"


def _show(found: SettingsAnswer) -> None:
    settings = [
        ["required", "yes" if found.required else "no"],
        ["issuer", found.issuer or "anything"],
        ["audience", found.audience or "anything"],
        ["keys at", found.jwks_url or "no address"],
    ]
    print_rows(["SETTING", "VALUE"], settings)
    typer.echo()
    keys = [[str(k.id), k.algorithm, k.kid or "", shown_time(k.created_at)] for k in found.keys]
    print_rows(["KEY", "ALGORITHM", "KID", "ADDED"], keys)
