"""What each site has learnt."""

from typing import Annotated

import typer

from service.articles import store as article_store
from service.commands.shared import SiteOption, in_database, say, site_of
from service.core.db import Conn

app = typer.Typer(help="What each site has learnt.", no_args_is_help=True)


def retrain(
    site: Annotated[str | None, typer.Option(help="The site's slug.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Every site.")] = False,
) -> None:
    """Learn from a site's decisions, and use it if it beats what is in use."""
    if (site is None) is not every:
        raise typer.BadParameter("give --site SLUG or --all")
    from service.screening import retrain as retraining  # noqa: PLC0415 (loads the classifier)

    async def run(conn: Conn) -> bool:
        chosen = [await site_of(conn, site)] if site else await article_store.list_sites(conn)
        return await retraining.run(conn, {one.slug: one.id for one in chosen}, say)

    if not in_database(run):
        raise typer.Exit(1)


@app.command("list")
def list_models(site: SiteOption) -> None:
    """Show a site's models: what each reached, and which one is in use."""
    from service.screening import retrain as retraining  # noqa: PLC0415 (loads the classifier)

    async def run(conn: Conn) -> None:
        await retraining.show_models(conn, (await site_of(conn, site)).id, say)

    in_database(run)


@app.command("rollback")
def roll_back_model(site: SiteOption) -> None:
    """Go back to the model before, and from the first one to the shared model."""
    from service.screening import retrain as retraining  # noqa: PLC0415 (loads the classifier)

    async def run(conn: Conn) -> None:
        await retraining.roll_back(conn, (await site_of(conn, site)).id, say)

    in_database(run)
