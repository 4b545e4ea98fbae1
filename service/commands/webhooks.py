"""Webhooks, set up by whoever runs the service, without the desk."""

from typing import Annotated
from uuid import UUID

import msgspec
import typer

from service.commands.shared import SiteOption, in_database, print_rows, say, shown_time, site_of
from service.core.db import Conn
from service.core.problems import NotFound
from service.core.tokens import Keyring
from service.settings import Settings

app = typer.Typer(help="Systems that are told what happens.", no_args_is_help=True)


@app.command("add")
def add_webhook(
    url: Annotated[str, typer.Argument(help="https://hooks.news.example/comments")],
    site: SiteOption,
    event: Annotated[
        list[str] | None, typer.Option(help="comment.created and so on; all by default.")
    ] = None,
) -> None:
    """Add a webhook and print the secret that it is signed with, once."""
    from service.webhooks import actions  # noqa: PLC0415 (slow to load: the HTTP client)
    from service.webhooks.types import EVENTS, NewWebhook  # noqa: PLC0415 (as above)

    settings = Settings.from_environment()
    try:
        new = msgspec.convert({"url": url, "events": event or EVENTS}, type=NewWebhook)
    except msgspec.ValidationError as error:
        raise typer.BadParameter(f"{error}; events: {', '.join(EVENTS)}") from error

    async def run(conn: Conn) -> str:
        await actions.check_address(new.url, allow_local=settings.webhook_allow_local)
        site_id = (await site_of(conn, site)).id
        async with conn.transaction():
            made = await actions.add_webhook(conn, Keyring(settings.secret), site_id, new, None)
        return made.secret

    typer.echo(in_database(run))


@app.command("list")
def list_webhooks(site: SiteOption) -> None:
    """Show a site's webhooks, and whether they get through."""
    from service.webhooks import store  # noqa: PLC0415 (beside the others)

    async def run(conn: Conn) -> list[list[str]]:
        rows = []
        for one in await store.list_webhooks(conn, [(await site_of(conn, site)).id]):
            state = "on" if one.enabled else one.stopped or "paused"
            if one.enabled and one.failing_since:
                state = f"failing since {shown_time(one.failing_since)}"
            events = ", ".join(one.events)
            rows.append([str(one.id), one.url, events, state, str(one.waiting), str(one.dead)])
        return rows

    print_rows(["ID", "ADDRESS", "EVENTS", "STATE", "WAITING", "DEAD"], in_database(run))


@app.command("remove")
def remove_webhook(
    webhook: Annotated[
        str, typer.Argument(metavar="ID", help="As `rejoinder webhooks list` shows it.")
    ],
) -> None:
    """Remove a webhook and what was still to go there."""
    from service.webhooks import store  # noqa: PLC0415 (beside the others)

    async def run(conn: Conn) -> bool:
        try:
            return await store.delete_webhook(conn, UUID(webhook))
        except ValueError:
            return False

    if not in_database(run):
        raise NotFound(f"There is no webhook {webhook}.")
    say.print("Removed.")
