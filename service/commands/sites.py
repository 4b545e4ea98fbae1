"""Sites."""

from typing import Annotated

import typer

from service.articles import actions as articles
from service.articles.types import Site
from service.commands.shared import in_database, say
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
    from service.push.actions import ensure_vapid_key  # noqa: PLC0415 (slow to load)

    keyring = Keyring(Settings.from_environment().secret)

    async def run(conn: Conn) -> Site:
        async with conn.transaction():
            site = await articles.add_site(conn, slug, name, origin)
            await ensure_vapid_key(conn, keyring, site.id)
        return site

    added = in_database(run)
    say.print(f"Added {added.slug} for {', '.join(added.origins)}.")
