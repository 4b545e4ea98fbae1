"""Moderators and editors."""

from typing import Annotated

import typer

from service.accounts import actions as accounts
from service.accounts.types import Role
from service.commands.shared import LOCAL, in_database, say, site_of
from service.core.db import Conn
from service.settings import Settings

app = typer.Typer(help="Moderators and editors.", no_args_is_help=True)


@app.command("add")
def add_moderator(
    email: str,
    role: Annotated[str, typer.Option(help="moderator or editor.")] = "moderator",
    site: Annotated[list[str] | None, typer.Option(help="Only this site. Repeatable.")] = None,
    name: Annotated[str, typer.Option(help="A name that readers can't take.")] = "",
) -> None:
    """Add a moderator, or sign one in again, and print a one-time sign-in link."""
    if role not in {"moderator", "editor"}:
        raise typer.BadParameter("--role is moderator or editor")
    from service.screening.names import name_key  # noqa: PLC0415 (slow to load)

    chosen: Role = "editor" if role == "editor" else "moderator"

    async def run(conn: Conn) -> str:
        ids = [(await site_of(conn, slug)).id for slug in site or []]
        return await accounts.add_moderator(conn, email, chosen, ids, (name, name_key(name)))

    base = Settings.from_environment().public_url
    if base is None:
        base = LOCAL
        say.print(f"REJOINDER_PUBLIC_URL is not set: the link is for {LOCAL}.")
    typer.echo(f"{base}/desk/#sign-in={in_database(run)}")


@app.command("token")
def moderator_token(email: str) -> None:
    """Make an API token for a moderator and print it, once."""

    async def run(conn: Conn) -> str:
        return await accounts.create_api_token(conn, email)

    typer.echo(in_database(run))
