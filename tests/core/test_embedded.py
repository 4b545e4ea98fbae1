"""The embedded server: shared, stopped with its last user however that one ends, data kept."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.core import embedded

USER = """
import sys, time
from pathlib import Path
from service.core import embedded
with embedded.use(Path(sys.argv[1]), ("-c", "fsync=off")) as url:
    print(url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="rejoinder-embedded-"))
    yield folder
    wait_until_stopped(folder)
    shutil.rmtree(folder)


def start_user(data: Path) -> subprocess.Popen[str]:
    user = subprocess.Popen(
        [sys.executable, "-c", USER, str(data)], stdout=subprocess.PIPE, text=True
    )
    assert user.stdout
    assert user.stdout.readline().startswith("postgresql://")
    return user


def end(user: subprocess.Popen[str], how: signal.Signals) -> None:
    user.send_signal(how)
    user.communicate()


def wait_until_stopped(data: Path) -> None:
    for _ in range(200):
        if embedded.Cluster(data).postmaster() is None:
            return
        time.sleep(0.1)
    raise AssertionError("the server still runs")


def psql(data: Path, sql: str) -> str:
    done = subprocess.run(
        [embedded._program("psql"), "-XAtq", embedded.Cluster(data).url, "-c", sql],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip()


def test_two_users_share_one_server_and_the_last_one_stops_it(data: Path) -> None:
    first = start_user(data)
    server = embedded.Cluster(data).postmaster()
    second = start_user(data)
    assert embedded.Cluster(data).postmaster() == server
    psql(data, "create table kept (id int); insert into kept values (7)")
    end(first, signal.SIGTERM)
    time.sleep(1)
    assert embedded.Cluster(data).postmaster() == server
    end(second, signal.SIGKILL)
    wait_until_stopped(data)
    with embedded.use(data):
        assert psql(data, "select id from kept") == "7"


def test_a_keeper_that_is_killed_is_replaced(data: Path) -> None:
    user = start_user(data)
    server = embedded.Cluster(data).postmaster()
    keeper = subprocess.run(
        ["pgrep", "-f", f"service.core.embedded {data}"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    os.kill(int(keeper.stdout.split()[0]), signal.SIGKILL)
    end(user, signal.SIGKILL)
    while embedded.Cluster(data).is_kept():
        time.sleep(0.01)
    # Nobody is left to stop the server: the next user adopts it, and then it stops.
    assert embedded.Cluster(data).postmaster() == server
    with embedded.use(data):
        assert psql(data, "select 1") == "1"
        assert embedded.Cluster(data).is_kept()


def test_a_server_that_crashed_comes_back(data: Path) -> None:
    with embedded.use(data):
        psql(data, "create table kept (id int); insert into kept values (7)")
        server = embedded.Cluster(data).postmaster()
        assert server
        os.kill(server, signal.SIGQUIT)
    wait_until_stopped(data)
    with embedded.use(data):
        assert psql(data, "select id from kept") == "7"


def test_a_first_start_cut_off_half_way_is_begun_anew(data: Path) -> None:
    (data / "postgres").mkdir(mode=0o700)
    (data / "postgres" / "base").mkdir()
    (data / "postgres" / "postgresql.conf").write_text("half")
    with embedded.use(data):
        assert psql(data, "select 1") == "1"


def test_a_deep_folder_gets_a_short_private_socket(data: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    cluster = embedded.Cluster(deep)
    assert len(str(cluster.socket_folder)) < 100
    with embedded.use(deep):
        assert psql(deep, "select 1") == "1"
        assert cluster.socket_folder.stat().st_mode & 0o077 == 0
    wait_until_stopped(deep)
    shutil.rmtree(cluster.socket_folder)


def test_the_socket_and_the_data_are_private(data: Path) -> None:
    with embedded.use(data):
        assert (data / "postgres").stat().st_mode & 0o077 == 0


def test_a_stale_pid_file_of_another_program_is_not_taken_for_the_server(data: Path) -> None:
    with embedded.use(data):
        pass
    wait_until_stopped(data)
    (data / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{data}/postgres\n")
    assert embedded.Cluster(data).postmaster() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a user made for the server")
def test_first_starts_at_once_make_one_user() -> None:
    name = f"rejoinder-{uuid.uuid4().hex[:8]}"
    code = "import sys; from service.core import embedded as e; e.SERVER_USER = sys.argv[1]; "
    command = [sys.executable, "-c", f"{code}print(e._server_user().pw_uid)", name]
    try:
        starts = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
        made = [start.communicate()[0].strip() for start in starts]
        assert {start.returncode for start in starts} == {0}
        assert set(made) == {str(pwd.getpwnam(name).pw_uid)}
    finally:
        subprocess.run(["userdel", name], check=True)
