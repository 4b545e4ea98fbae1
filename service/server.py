"""Starting uvicorn: one process with the worker beside it, or several."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

import structlog
import uvicorn

from service.app import create_app
from service.core.http import Endpoint
from service.core.log import flush
from service.settings import Settings
from service.worker import run_worker

log = structlog.get_logger("rejoinder.server")

STARTS_WITHIN = 60  # seconds
GRACE = 8  # seconds that running requests get to end


class Server(uvicorn.Server):
    """A uvicorn server with the background worker in the same process."""

    def __init__(self, config: uvicorn.Config, *, with_worker: bool) -> None:
        """The worker starts once the application's lifespan has opened what it needs."""
        super().__init__(config)
        self.with_worker = with_worker
        self.worker_failed = False
        self._stop = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then the worker."""
        await super().startup(sockets)
        if self.with_worker and self.started:
            state = self.lifespan.state
            self._worker = asyncio.create_task(run_worker(state, self._stop), name="worker")
            self._worker.add_done_callback(self._worker_ended)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End requests and the worker, then close what both use."""
        self._stop.set()
        if self._worker is not None:
            await asyncio.wait({self._worker}, timeout=GRACE)
            self._worker.cancel()
        await super().shutdown(sockets)
        # uvicorn ends the process by the signal that it got, and so passes no exit handler.
        flush()

    def _worker_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("the worker died; the process stops", exc_info=task.exception())
            self.worker_failed = True
            self.should_exit = True


def serve(
    settings: Settings,
    host: str,
    port: int,
    *,
    workers: int,
    with_worker: bool,
    extra: Sequence[Endpoint] = (),
) -> None:
    """Serve until told to stop; exits with 1 where the worker has died."""
    if workers > 1:
        _serve_many(host, port, workers, with_worker=with_worker)
        return
    config = uvicorn.Config(create_app(settings, extra=extra), host=host, port=port, **OPTIONS)
    server = Server(config, with_worker=with_worker)
    server.run()
    if server.worker_failed or not server.started:
        sys.exit(1)


def _serve_many(host: str, port: int, workers: int, *, with_worker: bool) -> None:
    """Several processes that share the port; the worker is one more process beside them.

    Exits with 1 where the worker has died.
    """
    ending = threading.Event()
    with tempfile.TemporaryDirectory(prefix="rejoinder-metrics-") as folder:
        # prometheus_client adds its processes' counters up through files.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        beside = (
            subprocess.Popen([sys.executable, "-m", "service.cli", "worker"])
            if with_worker
            else None
        )
        if beside:
            threading.Thread(target=_stop_without, args=(beside, ending), daemon=True).start()
        try:
            uvicorn.run(
                "service.app:from_environment",
                factory=True,
                host=host,
                port=port,
                workers=workers,
                # A process that loads its tables on a busy machine answers no ping meanwhile.
                timeout_worker_healthcheck=STARTS_WITHIN,
                **OPTIONS,
            )
        finally:
            died = beside is not None and beside.poll() is not None
            ending.set()
            if beside:
                beside.terminate()
                beside.wait()
    if died:
        sys.exit(1)


def _stop_without(worker: "subprocess.Popen[bytes]", ending: threading.Event) -> None:
    """End this process, loudly, when the worker beside it has ended and nobody asked it to."""
    code = worker.wait()
    if not ending.is_set():
        log.error("the worker died; the process stops", code=code)
        os.kill(os.getpid(), signal.SIGTERM)


OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "http": "httptools",
    "access_log": False,
    "log_config": None,
    "server_header": False,
    "proxy_headers": False,
    "lifespan": "on",
    "timeout_graceful_shutdown": GRACE,
    # Longer than proxies and other systems' clients keep one idle (60 s and less): whoever closes
    # first must not be the one that a request is under way to.
    "timeout_keep_alive": 75,
}
