"""Moderators and editors."""

import sys
from typing import Annotated

import typer

from service.accounts import actions as accounts
from service.accounts import credentials
from service.accounts.links import address, mail_invitation
from service.accounts.passwords import Passwords
from service.accounts.record import site_names
from service.accounts.store import list_slugs
from service.accounts.types import Moderator, Role
from service.commands.shared import LOCAL, in_database, print_rows, say, shown_time, site_of
from service.core.db import Conn
from service.core.tokens import Keyring
from service.settings import Settings

app = typer.Typer(help="Moderators and editors.", no_args_is_help=True)


@app.command("add")
def add_moderator(
    email: str,
    role: Annotated[
        str | None, typer.Option(help="moderator or editor; moderator by default.")
    ] = None,
    site: Annotated[
        list[str] | None, typer.Option(help="Only this site. Repeatable; every site by default.")
    ] = None,
    name: Annotated[str, typer.Option(help="A name that readers can't take.")] = "",
) -> None:
    """Add a moderator, or let one in again, and print a one-time sign-in link.

    Who is one already stays so where neither --role nor --site is given.
    Where REJOINDER_SMTP_URL is set the link is sent by e-mail, too.
    """
    if role not in {None, "moderator", "editor"}:
        raise typer.BadParameter("--role is moderator or editor")
    from service.screening.names import name_key  # noqa: PLC0415 (slow to load)

    chosen: Role = "editor" if role == "editor" else "moderator"

    settings = Settings.from_environment()

    async def run(conn: Conn) -> str:
        ids = [(await site_of(conn, slug)).id for slug in site or []]
        to = accounts.check_email("email", email)
        async with conn.transaction():
            known = None if role or site else await _known(conn, to)
            powers = (known.role, known.site_ids) if known else (chosen, ids)
            token = await accounts.add_moderator(conn, to, *powers, (name, name_key(name)))
            if await mail_invitation(conn, Keyring(settings.secret), settings, to, token, None):
                say.print(f"The link is sent to {to}, too, by the worker.", highlight=False)
        return token

    token = in_database(run)
    if settings.public_url is None:
        say.print(f"REJOINDER_PUBLIC_URL is not set: the link is for {LOCAL}.")
    typer.echo(address(settings.public_url or LOCAL, token))


async def _known(conn: Conn, email: str) -> Moderator | None:
    """The moderator with this address, disabled or not, whose role and sites are to stay."""
    from service.administration import store  # noqa: PLC0415 (slow to load)

    found = await store.get_member_by_email(conn, email)
    return None if found is None or found.removed else found.moderator


@app.command("token")
def moderator_token(email: str) -> None:
    """Make an API token for a moderator and print it, once."""

    async def run(conn: Conn) -> str:
        return await accounts.create_api_token(conn, email)

    typer.echo(in_database(run))


@app.command("list")
def list_moderators(
    site: Annotated[str | None, typer.Option(help="Only who works for this site.")] = None,
) -> None:
    """Show moderators and editors: what each may do where, and when they were last seen."""
    from service.administration import members  # noqa: PLC0415 (slow to load)

    async def run(conn: Conn) -> list[list[str]]:
        ids = [(await site_of(conn, site)).id] if site else None
        slugs = await list_slugs(conn)
        return [
            [
                member.moderator.email,
                "disabled" if member.disabled else member.moderator.role,
                site_names(member.moderator, slugs),
                member.moderator.name,
                shown_time(member.last_seen_at),
            ]
            for member in await members.everybody(conn, ids)
        ]

    print_rows(["E-MAIL", "ROLE", "SITES", "NAME", "LAST SEEN"], in_database(run))


@app.command("remove")
def remove_moderator(email: str) -> None:
    """Remove a moderator and every way in; what they decided stays under their name."""
    from service.administration import members  # noqa: PLC0415 (slow to load)

    async def run(conn: Conn) -> int:
        return await members.remove_by_email(conn, email)

    left = in_database(run)
    say.print(f"Removed {email}.", highlight=False)
    if not left:
        say.print("[yellow]No editor of every site is left.[/yellow]")


@app.command("password")
def moderator_password(
    email: str,
    *,
    remove: Annotated[bool, typer.Option("--remove", help="Leave no password.")] = False,
) -> None:
    """Set a moderator's password, asked for or read from standard input; ends their sessions.

    At least 12 characters. Moderators set their own at the desk.
    """

    async def drop(conn: Conn) -> None:
        await credentials.remove_password(conn, await credentials.find(conn, email), None)

    if remove:
        in_database(drop)
        say.print("There is no password any more.")
        return
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")

    async def put(conn: Conn) -> None:
        await credentials.set_password(conn, Passwords(), email, password)

    in_database(put)
    say.print("The password is set.")
