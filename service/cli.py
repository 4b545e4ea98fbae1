"""The command line: what runs the service, and every group of commands."""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from service.commands import (
    classify,
    exports,
    imports,
    keys,
    mail,
    models,
    moderators,
    plugins,
    sites,
    webhooks,
)
from service.commands.shared import LOCAL, SiteOption, say
from service.core import log
from service.core.database import reached
from service.core.embedded import EmbeddedServerError
from service.core.problems import Problem
from service.core.reaching import DatabaseError
from service.settings import Settings, SettingsError

app = typer.Typer(
    name="rejoinder",
    help="Reader comments, local screening, a moderation desk and web push alerts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for name, group in (
    ("sites", sites.app),
    ("keys", keys.app),
    ("moderators", moderators.app),
    ("models", models.app),
    ("webhooks", webhooks.app),
    ("mail", mail.app),
):
    app.add_typer(group, name=name)

HostOption = Annotated[str, typer.Option(help="Address to listen on.")]
PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]


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

    settings = Settings.from_environment()
    # Without a worker it waits: /readyz says for what.
    with reached(settings.database_url, settings.data, migrated=with_worker):
        server.serve(settings, host, port, workers=workers, with_worker=with_worker)


@app.command()
def worker() -> None:
    """Do background work: alerts, deliveries, retention. Any number may run."""
    from service.worker import run_alone  # noqa: PLC0415 (slow to load: the whole service)

    settings = Settings.from_environment()
    with reached(settings.database_url, settings.data, migrated=True) as url:
        asyncio.run(run_alone(settings, url))


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database to this release's schema. Safe on several nodes at once."""
    from service.core.migrating import migrate  # noqa: PLC0415 (slow to load: alembic)

    settings = Settings.from_environment()
    with reached(settings.database_url, settings.data) as url:
        if settings.database_url:  # the embedded server's is migrated by whoever opens it
            migrate(url)
    say.print("The database is up to date.")


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


app.command(epilog=classify.EXAMPLES)(classify.classify)
app.command("import", epilog=imports.EXAMPLES)(imports.import_)
app.command(epilog=exports.EXAMPLES)(exports.export)
app.command()(models.retrain)
app.command()(plugins.wordpress_plugin)


def refuse(text: str) -> None:
    """Say what went wrong. A text in brackets is no markup: rich would leave it out."""
    say.print(text, style="red", markup=False, highlight=False)


def main() -> None:
    """Run, and say in one line what went wrong where that is known."""
    # Before anything can log: by default structlog writes where secrets are printed.
    log.configure()
    try:
        app()
    except Problem as problem:
        refuse(problem.detail)
    except (SettingsError, EmbeddedServerError, DatabaseError) as error:
        refuse(str(error))
    except asyncpg.UndefinedTableError:
        refuse("The database is not migrated: run `rejoinder migrate`.")
    except (OSError, asyncpg.PostgresError) as error:
        refuse(f"{type(error).__name__}: {error}")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    raise SystemExit(1)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
