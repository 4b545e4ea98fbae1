"""Addresses that get no letters, and mail that came back."""

import sys
from typing import Annotated

import typer

from service.commands.shared import in_database, print_rows, say, shown_time
from service.core.db import AWAY, Conn
from service.core.reaching import DatabaseError

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]

TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h: a mail server keeps the message

app = typer.Typer(help="Addresses that get no letters.", no_args_is_help=True)


@app.command("bounce")
def take_bounce() -> None:
    """Read a message that came back from standard input, as a mail server's alias pipes it.

    What is no report of a letter of ours is passed over.
    """
    from service.bounces.actions import Bounces  # noqa: PLC0415 (slow to load)
    from service.bounces.routes import LARGEST  # noqa: PLC0415 (as above)
    from service.core.tokens import Keyring  # noqa: PLC0415 (as above)
    from service.settings import Settings  # noqa: PLC0415 (as above)

    raw = sys.stdin.buffer.read(LARGEST)
    while sys.stdin.buffer.read(LARGEST):  # a pipe that is closed early is an error to who writes
        pass
    settings = Settings.from_environment()
    bounces = Bounces(None, Keyring(settings.secret), settings)

    async def run(conn: Conn) -> str:
        async with conn.transaction():
            return (await bounces.take_message(conn, raw)).outcome

    try:
        say.print(in_database(run).capitalize() + ".")
    except (*AWAY, DatabaseError) as error:
        why = error if isinstance(error, DatabaseError) else type(error).__name__
        say.print(f"The database is away: {why}")
        raise typer.Exit(TRY_AGAIN) from error


@app.command("show")
def show_stops(address: AddressArgument) -> None:
    """Say whether an address gets letters, and if not, why and since when."""
    from service.bounces import store  # noqa: PLC0415 (slow to load)

    async def run(conn: Conn) -> list[list[str]]:
        return [
            [one.site or "every site", one.reason, shown_time(one.created_at)]
            for one in await store.list_stops(conn, _hash(address))
        ]

    rows = in_database(run)
    if rows:
        print_rows(["BY", "WHY", "SINCE"], rows)
    else:
        say.print("This address gets letters.")


@app.command("allow")
def allow(address: AddressArgument) -> None:
    """Write to an address again, also where its owner had asked for no letters."""
    from service.bounces import store  # noqa: PLC0415 (slow to load)

    async def run(conn: Conn) -> int:
        return await store.delete_stops(conn, _hash(address))

    say.print("Allowed." if in_database(run) else "This address gets letters.")


def _hash(address: str) -> bytes:
    from service.core.tokens import Keyring  # noqa: PLC0415 (slow to load)
    from service.correspondence.sending import Postman  # noqa: PLC0415 (as above)
    from service.settings import Settings  # noqa: PLC0415 (as above)

    settings = Settings.from_environment()
    return Postman(Keyring(settings.secret), settings).hash_of(address)
