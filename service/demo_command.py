"""What `make run` starts."""

import asyncio
import os
import socket
import sys
from typing import Any

import msgspec
from rich.console import Console

from service import demo, server
from service.app import resources
from service.core.database import reached
from service.core.migrating import migrate
from service.settings import Settings, SettingsError

SHORT_HOLD = 5  # seconds: an alert of the demonstration should arrive while one watches

say = Console(stderr=True)


def run(host: str, port: int) -> None:
    """Prepare the demonstration, say where it is, and serve it."""
    settings = _settings(host, port)
    _check_port(host, port)
    base = str(settings.public_url)
    with say.status("Starting PostgreSQL and the classifier …"):
        stack = reached(settings.database_url, settings.data)
        url = stack.__enter__()
        if settings.database_url:
            migrate(url)
    try:
        token = asyncio.run(_prepare(settings, url, _origins(base, port)))
        # Whole lines, however narrow the terminal is: a wrapped link can't be followed.
        say.print(
            "\n[bold]Rejoinder is running.[/bold] Ctrl-C stops everything.\n\n"
            f"  The article  [link]{base}/demo/[/link]\n"
            f"  The desk     [link]{base}/desk/#sign-in={token}[/link]\n\n"
            "Write a comment, decide it at the desk (the link signs you in, once), allow\n"
            "notifications under the article, and publish the next one.\n",
            soft_wrap=True,
            highlight=False,
        )
        server.serve(settings, host, port, workers=1, with_worker=True, extra=demo.ENDPOINTS)
    finally:
        stack.__exit__(*sys.exc_info())


def _settings(host: str, port: int) -> Settings:
    settings = Settings.from_environment()
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 (compared, not bound)
    changes: dict[str, Any] = {}
    if settings.public_url is None:
        changes["public_url"] = f"http://{shown}:{port}"
    if "REJOINDER_ALERT_HOLD" not in os.environ:
        changes["alert_hold"] = SHORT_HOLD
    return msgspec.structs.replace(settings, **changes)


def _origins(base: str, port: int) -> list[str]:
    """Every way in which somebody at this machine may open the page."""
    local = [f"http://127.0.0.1:{port}", f"http://localhost:{port}"]
    return [*local, "/".join(base.split("/")[:3])]


def _check_port(host: str, port: int) -> None:
    """Fail early and clearly where something else listens there."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise SettingsError(f"Can't listen on {host}:{port} ({error.strerror}): --port?") from error


async def _prepare(settings: Settings, url: str, origins: list[str]) -> str:
    async with resources(settings, url) as state:
        return await demo.prepare(state, str(settings.public_url), origins)
