"""The command line. Secrets are printed alone on standard output, everything else beside it."""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import asyncpg
import typer
from rich.console import Console

from service.accounts import actions as accounts
from service.accounts.types import Role
from service.articles import actions as articles
from service.articles import store as article_store
from service.articles.types import Site
from service.core import log
from service.core.database import database
from service.core.db import Conn, connect, migrate
from service.core.embedded import EmbeddedServerError
from service.core.problems import NotFound, Problem
from service.core.tokens import Keyring
from service.settings import Settings, SettingsError
from service.webhooks_command import register as register_webhooks

T = TypeVar("T")

LOCAL = "http://127.0.0.1:8000"

app = typer.Typer(
    name="rejoinder",
    help="Reader comments, local screening, a moderation desk and web push alerts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
sites = typer.Typer(help="Sites and their origins.", no_args_is_help=True)
keys = typer.Typer(help="Publishers' keys.", no_args_is_help=True)
moderators = typer.Typer(help="Moderators and editors.", no_args_is_help=True)
models = typer.Typer(help="What each site has learnt.", no_args_is_help=True)
app.add_typer(sites, name="sites")
app.add_typer(keys, name="keys")
app.add_typer(moderators, name="moderators")
app.add_typer(models, name="models")

say = Console(stderr=True)

SiteOption = Annotated[str, typer.Option("--site", help="The site's slug.")]
HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


def in_database(run: Callable[[Conn], Awaitable[T]]) -> T:
    """Run one coroutine function over one connection to the database in use."""

    async def connected(url: str) -> T:
        conn = await connect(url)
        try:
            return await run(conn)
        finally:
            await conn.close()

    settings = Settings.from_environment()
    with database(settings.database_url, settings.data) as url:
        return asyncio.run(connected(url))


async def _site(conn: Conn, slug: str) -> Site:
    site = await article_store.get_site(conn, slug)
    if site is None:
        raise NotFound(f"There is no site {slug}. `rejoinder sites add` makes one.")
    return site


@app.command()
def demo(host: HostOption = "127.0.0.1", port: PortOption = 8000) -> None:
    """Show everything at once: a page with comments and alerts, and the desk behind it."""
    from service.demo_command import run  # noqa: PLC0415 (slow to load: the whole service)

    run(host, port)


@app.command()
def serve(
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Web processes.")] = 1,
    *,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Do background work here too.")
    ] = False,
) -> None:
    """Serve readers, publishers and moderators."""
    from service import server  # noqa: PLC0415 (slow to load: the whole service)

    server.serve(Settings.from_environment(), host, port, workers=workers, with_worker=with_worker)


@app.command()
def worker() -> None:
    """Do background work: alerts, deliveries, retention. Any number may run."""
    from service.worker import run_alone  # noqa: PLC0415 (slow to load: the whole service)

    settings = Settings.from_environment()
    with database(settings.database_url, settings.data) as url:
        asyncio.run(run_alone(settings, url))


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database to this release's schema. Safe on several nodes at once."""
    settings = Settings.from_environment()
    if settings.database_url:
        migrate(settings.database_url)
    else:
        with database(None, settings.data):
            pass
    say.print("The database is up to date.")


@sites.command("add")
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


@keys.command("create")
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
        return await accounts.create_key(conn, (await _site(conn, site)).id, scopes)

    typer.echo(in_database(run))


@moderators.command("add")
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
        ids = [(await _site(conn, slug)).id for slug in site or []]
        return await accounts.add_moderator(conn, email, chosen, ids, (name, name_key(name)))

    base = Settings.from_environment().public_url
    if base is None:
        base = LOCAL
        say.print(f"REJOINDER_PUBLIC_URL is not set: the link is for {LOCAL}.")
    typer.echo(f"{base}/desk/#sign-in={in_database(run)}")


@moderators.command("token")
def moderator_token(email: str) -> None:
    """Make an API token for a moderator and print it, once."""

    async def run(conn: Conn) -> str:
        return await accounts.create_api_token(conn, email)

    typer.echo(in_database(run))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON Lines, or .gz.")],
    site: SiteOption,
    url: Annotated[str, typer.Option(help="Where Rejoinder is.")] = LOCAL,
    article: Annotated[
        str, typer.Option(help="The article's key where a line has none.")
    ] = "replay",
    page: Annotated[
        str, typer.Option(help="Address below which the articles are; on the site's origin.")
    ] = "",
    concurrency: Annotated[int, typer.Option(min=1, max=256)] = 8,
    limit: Annotated[int, typer.Option(min=1, help="Send so many lines at most.")] = sys.maxsize,
) -> None:
    """Send real comments through the HTTP API and show what became of them.

    Each line is an object with `text` and, if there are, `name`, `email` and `article`.
    """
    from service.replay import Replay, run  # noqa: PLC0415 (slow to load: the HTTP client)

    wanted = Replay(file, url.rstrip("/"), site, article, page or url, concurrency, limit)
    if not asyncio.run(run(wanted, say)):
        raise typer.Exit(1)


@app.command()
def classify(
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A text a line.")
    ] = None,
) -> None:
    """Score texts from a file or standard input: one JSON object a line."""
    from service.screening.classify import run  # noqa: PLC0415 (slow to load: the classifier)

    run(file, say)


@app.command()
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
        chosen = [await _site(conn, site)] if site else await article_store.list_sites(conn)
        return await retraining.run(conn, {one.slug: one.id for one in chosen}, say)

    if not in_database(run):
        raise typer.Exit(1)


@models.command("list")
def list_models(site: SiteOption) -> None:
    """Show a site's models: what each reached, and which one is in use."""
    from service.screening import retrain as retraining  # noqa: PLC0415 (loads the classifier)

    async def run(conn: Conn) -> None:
        await retraining.show_models(conn, (await _site(conn, site)).id, say)

    in_database(run)


@models.command("rollback")
def roll_back_model(site: SiteOption) -> None:
    """Go back to the model before, and from the first one to the shared model."""
    from service.screening import retrain as retraining  # noqa: PLC0415 (loads the classifier)

    async def run(conn: Conn) -> None:
        await retraining.roll_back(conn, (await _site(conn, site)).id, say)

    in_database(run)


def main() -> None:
    """Run, and say in one line what went wrong where that is known."""
    # Before anything can log: by default structlog writes where secrets are printed.
    log.configure()
    register_webhooks(app, in_database, _site)
    try:
        app()
    except Problem as problem:
        say.print(f"[red]{problem.detail}[/red]", highlight=False)
    except (SettingsError, EmbeddedServerError) as error:
        say.print(f"[red]{error}[/red]", highlight=False)
    except asyncpg.UndefinedTableError:
        say.print("[red]The database is not migrated: run `rejoinder migrate`.[/red]")
    except (OSError, asyncpg.PostgresError) as error:
        say.print(f"[red]{type(error).__name__}: {error}[/red]", highlight=False)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    raise SystemExit(1)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
