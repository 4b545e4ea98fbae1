"""Moderators and editors."""

from typing import Annotated

import typer

from service.accounts import actions as accounts
from service.accounts.links import address, mail_invitation
from service.accounts.types import Role
from service.commands.shared import LOCAL, in_database, say, site_of
from service.core.db import Conn
from service.core.tokens import Keyring
from service.settings import Settings

app = typer.Typer(help="Moderators and editors.", no_args_is_help=True)


@app.command("add")
def add_moderator(
    email: str,
    role: Annotated[str, typer.Option(help="moderator or editor.")] = "moderator",
    site: Annotated[list[str] | None, typer.Option(help="Only this site. Repeatable.")] = None,
    name: Annotated[str, typer.Option(help="A name that readers can't take.")] = "",
) -> None:
    """Add a moderator, or sign one in again, and print a one-time sign-in link.

    Where REJOINDER_SMTP_URL is set the link is sent by e-mail, too.
    """
    if role not in {"moderator", "editor"}:
        raise typer.BadParameter("--role is moderator or editor")
    from service.screening.names import name_key  # noqa: PLC0415 (slow to load)

    chosen: Role = "editor" if role == "editor" else "moderator"

    settings = Settings.from_environment()

    async def run(conn: Conn) -> str:
        ids = [(await site_of(conn, slug)).id for slug in site or []]
        async with conn.transaction():
            full = (name, name_key(name))
            token = await accounts.add_moderator(conn, email, chosen, ids, full)
            to = accounts.check_email("email", email)
            if await mail_invitation(conn, Keyring(settings.secret), settings, to, token, None):
                say.print(f"The link is sent to {to}, too, by the worker.", highlight=False)
        return token

    token = in_database(run)
    if settings.public_url is None:
        say.print(f"REJOINDER_PUBLIC_URL is not set: the link is for {LOCAL}.")
    typer.echo(address(settings.public_url or LOCAL, token))


@app.command("token")
def moderator_token(email: str) -> None:
    """Make an API token for a moderator and print it, once."""

    async def run(conn: Conn) -> str:
        return await accounts.create_api_token(conn, email)

    typer.echo(in_database(run))
