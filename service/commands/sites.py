"""Sites."""

from typing import Annotated

import typer

from service.articles import store as article_store
from service.articles.types import Site
from service.commands.shared import in_database, print_rows, say
from service.core.db import Conn
from service.core.tokens import Keyring
from service.settings import Settings

app = typer.Typer(help="Sites and their origins.", no_args_is_help=True)


@app.command("add")
def add_site(
    slug: Annotated[str, typer.Argument(help="Short name in addresses: courier")],
    origin: Annotated[
        list[str], typer.Option(help="Where its pages live: https://news.example. Repeatable.")
    ],
    name: Annotated[str, typer.Option(help="The name that readers see.")] = "",
) -> None:
    """Add a site."""
    from service.administration import actions  # noqa: PLC0415 (slow to load)

    keyring = Keyring(Settings.from_environment().secret)

    async def run(conn: Conn) -> Site:
        return await actions.add_site(conn, keyring, None, slug, name, origin)

    added = in_database(run)
    say.print(f"Added {added.slug} for {', '.join(added.origins)}.")


@app.command("list")
def list_sites() -> None:
    """Show every site with its origins."""
    rows = [[s.slug, s.name, " ".join(s.origins)] for s in in_database(article_store.list_sites)]
    print_rows(["SITE", "NAME", "ORIGINS"], rows)


@app.command("edit")
def edit_site(
    slug: str,
    name: Annotated[str | None, typer.Option(help="The name that readers see.")] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="All of its origins from now on. Repeatable."),
    ] = None,
) -> None:
    """Rename a site, or say anew where its pages live."""
    from service.administration import actions  # noqa: PLC0415 (slow to load)

    if name is None and not origin:
        raise typer.BadParameter("give --name, --origin or both")

    async def run(conn: Conn) -> Site:
        return await actions.change_site(conn, None, slug, name, origin or None)

    changed = in_database(run)
    say.print(f"{changed.slug} is {changed.name} on {', '.join(changed.origins)}.")
