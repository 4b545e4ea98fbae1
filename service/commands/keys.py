"""Publishers' keys."""

from typing import Annotated

import typer

from service.accounts import actions as accounts
from service.commands.shared import SiteOption, in_database, site_of
from service.core.db import Conn

app = typer.Typer(help="Publishers' keys.", no_args_is_help=True)


@app.command("create")
def create_key(
    site: SiteOption,
    scope: Annotated[
        list[str] | None, typer.Option(help="publish or classify; both by default.")
    ] = None,
) -> None:
    """Make a publisher's key and print it, once."""
    scopes = scope or ["publish", "classify"]
    if unknown := set(scopes) - {"publish", "classify"}:
        raise typer.BadParameter(f"unknown scope {', '.join(sorted(unknown))}")

    async def run(conn: Conn) -> str:
        return await accounts.create_key(conn, (await site_of(conn, site)).id, scopes)

    typer.echo(in_database(run))
