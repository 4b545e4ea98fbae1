"""Publishers' keys."""

from typing import Annotated
from uuid import UUID

import typer

from service.commands.shared import SiteOption, in_database, print_rows, say, shown_time, site_of
from service.core.db import Conn

app = typer.Typer(help="Publishers' keys.", no_args_is_help=True)


@app.command("create")
def create_key(
    site: SiteOption,
    scope: Annotated[
        list[str] | None, typer.Option(help="publish or classify; both by default.")
    ] = None,
    label: Annotated[str, typer.Option(help="What it is for: website, import.")] = "",
) -> None:
    """Make a publisher's key and print it, once."""
    from service.administration import actions  # noqa: PLC0415 (slow to load)

    scopes = scope or ["publish", "classify"]
    if unknown := set(scopes) - {"publish", "classify"}:
        raise typer.BadParameter(f"unknown scope {', '.join(sorted(unknown))}")

    async def run(conn: Conn) -> str:
        site_id = (await site_of(conn, site)).id
        return (await actions.make_key(conn, None, site_id, scopes, label)).token

    typer.echo(in_database(run))


@app.command("list")
def list_keys(site: SiteOption) -> None:
    """Show a site's keys: what each may do, and when it was used last."""
    from service.administration.store import list_keys as listed  # noqa: PLC0415 (slow to load)

    async def run(conn: Conn) -> list[list[str]]:
        return [
            [
                str(key.id),
                ", ".join(key.scopes),
                key.label,
                shown_time(key.created_at),
                shown_time(key.last_used_at),
            ]
            for key in await listed(conn, (await site_of(conn, site)).id)
        ]

    print_rows(["ID", "SCOPES", "LABEL", "MADE", "LAST USED"], in_database(run))


@app.command("revoke")
def revoke_key(
    ident: Annotated[str, typer.Argument(metavar="ID", help="As `rejoinder keys list` shows it.")],
) -> None:
    """Revoke a key, for good. Nothing that uses it works from then on."""
    from service.administration import actions  # noqa: PLC0415 (slow to load)

    try:
        key = UUID(ident)
    except ValueError as error:
        raise typer.BadParameter("an id as `rejoinder keys list` shows it") from error

    async def run(conn: Conn) -> None:
        await actions.revoke_key(conn, None, key)

    in_database(run)
    say.print("Revoked.")
