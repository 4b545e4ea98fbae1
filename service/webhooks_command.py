"""`rejoinder webhooks`: set up by whoever runs the service, without the desk."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from service.articles.types import Site
from service.core.db import Conn
from service.core.problems import NotFound
from service.core.tokens import Keyring
from service.settings import Settings

InDatabase = Callable[[Callable[[Conn], Awaitable[Any]]], Any]
FindSite = Callable[[Conn, str], Awaitable[Site]]
SiteOption = Annotated[str, typer.Option("--site", help="The site's slug.")]
say = Console(stderr=True)


def register(app: typer.Typer, in_database: InDatabase, find_site: FindSite) -> None:
    """Add the commands; what they need of the command line is handed in."""
    webhooks = typer.Typer(help="Systems that are told what happens.", no_args_is_help=True)
    app.add_typer(webhooks, name="webhooks")

    @webhooks.command("add")
    def add(
        url: Annotated[str, typer.Argument(help="https://hooks.news.example/comments")],
        site: SiteOption,
        event: Annotated[
            list[str] | None, typer.Option(help="comment.created and so on; all by default.")
        ] = None,
    ) -> None:
        """Add a webhook and print the secret that it is signed with, once."""
        typer.echo(in_database(lambda conn: _add(conn, find_site, url, site, event)))

    @webhooks.command("list")
    def list_(site: SiteOption) -> None:
        """Show a site's webhooks, and whether they get through."""
        in_database(lambda conn: _show(conn, find_site, site))

    @webhooks.command("remove")
    def remove(
        webhook: Annotated[str, typer.Argument(help="Its id, as `webhooks list` shows it.")],
    ) -> None:
        """Remove a webhook and what was still to go there."""
        in_database(lambda conn: _remove(conn, webhook))
        say.print("Removed.")


async def _add(
    conn: Conn, find_site: FindSite, url: str, slug: str, events: list[str] | None
) -> str:
    from service.webhooks import actions  # noqa: PLC0415 (slow to load: the HTTP client)
    from service.webhooks.types import EVENTS, NewWebhook  # noqa: PLC0415 (as above)

    settings = Settings.from_environment()
    try:
        new = msgspec.convert({"url": url, "events": events or EVENTS}, type=NewWebhook)
    except msgspec.ValidationError as error:
        raise typer.BadParameter(f"{error}; events: {', '.join(EVENTS)}") from error
    await actions.check_address(new.url, allow_local=settings.webhook_allow_local)
    site = await find_site(conn, slug)
    async with conn.transaction():
        return (
            await actions.add_webhook(conn, Keyring(settings.secret), site.id, new, None)
        ).secret


async def _show(conn: Conn, find_site: FindSite, slug: str) -> None:
    from service.webhooks import store  # noqa: PLC0415 (beside the others)

    found = await store.list_webhooks(conn, [(await find_site(conn, slug)).id])
    if not found:
        say.print(f"{slug} has no webhooks.")
        return
    table = Table("Id", "Address", "Events", "State", "Waiting", "Dead")
    for one in found:
        state = "on" if one.enabled else one.stopped or "paused"
        if one.enabled and one.failing_since:
            state = f"failing since {one.failing_since:%Y-%m-%d %H:%M} UTC"
        events = ", ".join(one.events)
        table.add_row(str(one.id), one.url, events, state, str(one.waiting), str(one.dead))
    say.print(table)


async def _remove(conn: Conn, webhook: str) -> None:
    from service.webhooks import store  # noqa: PLC0415 (beside the others)

    try:
        found = await store.delete_webhook(conn, UUID(webhook))
    except ValueError:
        found = False
    if not found:
        raise NotFound(f"There is no webhook {webhook}.")
