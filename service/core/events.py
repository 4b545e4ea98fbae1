"""Change notices between processes: PostgreSQL's LISTEN and NOTIFY, with a heartbeat.

Every process holds one listening connection. While it can't be sure that notices arrive, it
says so (`alive` is False), and whoever relies on notices reads the database instead.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

import asyncpg
import msgspec
import structlog

from service.core.db import Conn, connect
from service.core.metrics import LISTENING

log = structlog.get_logger("rejoinder.events")

Heard = Callable[[str], None]

MOST_TOLD = 50  # comments in one notice, which PostgreSQL limits to 8,000 bytes
HEARTBEAT = 3.0  # seconds between two probes, and the longest wait for one's answer
CHANNELS = ("thread", "site", "policy", "model", "desk", "key")


class Events:
    """The notices that this process hears."""

    def __init__(self, url: str) -> None:
        """`url` of the database; nothing is opened yet."""
        self._url = url
        self._heard: dict[str, list[Heard]] = {channel: [] for channel in CHANNELS}
        self._lost: list[Callable[[], None]] = []
        self._up = asyncio.Event()
        self.alive = False

    def on(self, channel: str, heard: Heard) -> None:
        """Call `heard(payload)` for each notice on `channel`."""
        self._heard[channel].append(heard)

    def on_lost(self, lost: Callable[[], None]) -> None:
        """Call `lost()` when notices may have been missed: forget what depended on them."""
        self._lost.append(lost)

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen until the block ends; the first connection is up before it begins."""
        task = asyncio.create_task(self._run(), name="events")
        ready = asyncio.create_task(self._up.wait())
        try:
            await asyncio.wait({task, ready}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
            yield
        finally:
            ready.cancel()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self._set_alive(alive=False)

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("notices lost", error=type(error).__name__)
            finally:
                self._set_alive(alive=False)
            await asyncio.sleep(1)

    async def _listen(self) -> None:
        conn = await asyncio.wait_for(connect(self._url), HEARTBEAT)
        gone = asyncio.Event()
        try:
            conn.add_termination_listener(lambda _: gone.set())
            for channel in CHANNELS:
                await conn.add_listener(channel, self._notice)
            self._set_alive(alive=True)
            while not gone.is_set():
                await conn.execute("select 1", timeout=HEARTBEAT)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(gone.wait(), HEARTBEAT)
        finally:
            conn.terminate()

    def _notice(self, _conn: object, _pid: int, channel: str, payload: object) -> None:
        for heard in self._heard[channel]:
            heard(str(payload))

    def _set_alive(self, *, alive: bool) -> None:
        self.alive = alive
        LISTENING.set(alive)
        # On both edges: what was learnt before a gap, and what a racing read kept during it.
        for lost in self._lost:
            lost()
        if alive:
            self._up.set()


async def notify(conn: Conn, channel: str, payload: str) -> None:
    """Tell every process once the caller's transaction commits."""
    await conn.execute("select pg_notify($1, $2)", channel, payload)


class By(msgspec.Struct, frozen=True):
    """The moderator whose doing a notice tells."""

    id: UUID
    name: str


class DeskNotice(msgspec.Struct, frozen=True, omit_defaults=True):
    """What open desks are told: of which comments, and the status that they have now.

    `moderator` where it matters who did it: of claims.
    """

    site: UUID
    kind: str
    ids: list[UUID]
    status: str | None = None
    moderator: By | None = None


async def notify_desk(
    conn: Conn, site_id: UUID, kind: str, ids: Sequence[UUID], moderator: By | None = None
) -> None:
    """Tell every open desk once the caller's transaction commits.

    What is in the ledger is told by its own trigger (migration 0005); this is for the rest.
    """
    notice = DeskNotice(site_id, kind, list(ids[:MOST_TOLD]), moderator=moderator)
    await notify(conn, "desk", msgspec.json.encode(notice).decode())
