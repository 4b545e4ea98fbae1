"""A real Rejoinder in a process of its own, as `rejoinder demo` starts it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from typer.testing import CliRunner

from service.cli import app

PATIENCE = 60


class LiveServer:
    """Where it is, and what opens it."""

    def __init__(self, url: str, database_url: str, env: Mapping[str, str]) -> None:
        self.url = url
        self.database_url = database_url
        self.env = dict(env)
        self.publisher_key = self.command("keys", "create", "--site", "default")
        self.command("moderators", "add", "mod@courier.example")
        self.moderator_token = self.command("moderators", "token", "mod@courier.example")

    def command(self, *words: str) -> str:
        """What one command prints on standard output.

        In this process, of which a command of its own would take half a second each time; beside
        the loop that may run here, since commands have their own.
        """
        with ThreadPoolExecutor(1) as beside:
            done = beside.submit(CliRunner().invoke, app, words, env=self.env).result()
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout.strip()

    def sign_in_link(self) -> str:
        """A new one-time link to the desk."""
        return self.command("moderators", "add", "mod@courier.example")


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def environment(database_url: str, secret: str, url: str, folder: Path) -> dict[str, str]:
    """What a live server and its commands are started with."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("REJOINDER_")},
        "DATABASE_URL": database_url,
        "REJOINDER_DATA": str(folder),
        "REJOINDER_SECRET": secret,
        "REJOINDER_PUBLIC_URL": url,
        "REJOINDER_PUSH_ALLOW_LOCAL": "1",
        "REJOINDER_WEBHOOK_ALLOW_LOCAL": "1",
        "REJOINDER_FEED_ALLOW_LOCAL": "1",
        "REJOINDER_ALERT_HOLD": "0",
        "REJOINDER_RATE_LIMITS": "off",
    }


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once the server answers; raise with its log where it doesn't."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{url}/healthz", timeout=2),
        ):
            return
        time.sleep(0.1)
    raise RuntimeError(log.read_text())


@contextlib.contextmanager
def run_live_server(
    database_url: str, secret: str, prefix: str = "", **more: str
) -> Iterator[LiveServer]:
    """Run the demo on a free port; stopped by SIGTERM, which must end it in time.

    `more` are further settings.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}{prefix}"
    with tempfile.TemporaryDirectory(prefix="rejoinder-live-") as name:
        folder = Path(name)
        env = {**environment(database_url, secret, url, folder), **more}
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "demo", "--port", str(port)],
                env=env,
                stdout=output,
                stderr=output,
            )
        try:
            wait_until_ready(url, process, log)
            yield LiveServer(url, database_url, env)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
