"""Whether this database is a copy: restored or cloned, it has forgotten what was sent since.

A database knows itself by its server's number, the timeline of its log, its own number and
that of its table of alerts; the embedded one by its files, too. A dump restored anywhere, a
recovery to a point in time, a clone and a copied data folder differ in one of these; where one
does, alerts pause until an editor resumes them. A snapshot of disks differs in none.
"""

from pathlib import Path

import structlog

from service.core.db import Pool
from service.core.embedded import Cluster
from service.push import restored_store as store
from service.settings import Settings

log = structlog.get_logger("rejoinder.push")

# Written in place for ever by PostgreSQL; a copy or an unpacked archive makes another file.
MARK = Path("global/pg_control")


class Watch:
    """Looks whether the database is still the one that it was."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        """Only remember; `look` does the work."""
        self._pool = pool
        self._folder = None if settings.database_url else Cluster(settings.data).folder
        self._refused: set[str] = set()

    async def look(self) -> bool:
        """Pause the alerts of a database that was restored; whether it was.

        Cheap where nothing has changed, so that it can go before all that sends: a database
        may be replaced under a worker, whose connections come back by themselves.
        """
        async with self._pool.acquire() as conn:
            now = await store.get_parts(conn)
            for name in store.OPTIONAL.keys() - self._refused:
                part = await store.get_optional(conn, name)
                if part is None:
                    self._refused.add(name)  # asked again, it would fill the server's log
                else:
                    now[name] = part
            if mark := mark_of(self._folder):
                now["files"] = mark
            if not differs(await store.get_fingerprint(conn), now):
                return False
            async with conn.transaction():
                await store.lock_identity(conn)
                known = await store.get_fingerprint(conn)
                await store.put_fingerprint(conn, joined(known, now))
                if not is_other(known, now):
                    return False
                paused = await store.pause_all(conn)
        log.warning("the database was restored or copied: alerts are paused", sites=paused)
        return True


def mark_of(folder: Path | None) -> str | None:
    """What tells the files of an embedded server from copies of them; None where unknown."""
    try:
        return f"{folder.stat().st_ino}.{(folder / MARK).stat().st_ino}" if folder else None
    except OSError:
        return None


def parts_of(fingerprint: str | None) -> dict[str, str]:
    """A fingerprint's parts by name."""
    words = fingerprint.split() if fingerprint else []
    return dict(word.split("=", 1) for word in words)


def joined(known: str | None, now: dict[str, str]) -> str:
    """The fingerprint to remember: a part that can't be seen now is as it was."""
    return " ".join(f"{name}={part}" for name, part in sorted((parts_of(known) | now).items()))


def differs(known: str | None, now: dict[str, str]) -> bool:
    """Whether there is something to remember."""
    return joined(known, now) != known


def is_other(known: str | None, now: dict[str, str]) -> bool:
    """Whether these are two databases, by the parts that are known of both.

    A part that can be seen for the first time is no difference, and neither is a first look.
    """
    before = parts_of(known)
    return any(before[name] != now[name] for name in before.keys() & now.keys())
