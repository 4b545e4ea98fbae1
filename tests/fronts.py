"""Web servers that `make browsers` installs: nginx, Caddy and Apache."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

UNPACKED = Path(__file__).parents[1] / "var"  # by `make browsers`
PLACES = {
    "nginx": UNPACKED / "nginx" / "usr" / "sbin",
    "caddy": UNPACKED / "caddy" / "usr" / "bin",
    "apache2": UNPACKED / "apache" / "usr" / "sbin",
}


class Front(NamedTuple):
    """How one is started: its command, its configuration, and what its environment needs."""

    command: list[str | Path]
    configuration: str
    env: Mapping[str, str] = {}


def program(name: str, what: str) -> Path:
    """Where it is; skips with `what` was not tried where it is missing."""
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", str(PLACES[name])])
    found = shutil.which(name, path=path)
    if found is None:
        pytest.skip(f"{name.upper()} IS MISSING: {what} (make browsers)")
    return Path(found)


def start_of_nginx(folder: Path, inside: str) -> str:
    """A configuration whose http section is `inside`, with everything in one folder."""
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi",
                                                         "uwsgi", "scgi")
    )  # fmt: skip
    # As root nginx works as somebody else, who may not look into a test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    return (
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/errors warn; worker_processes 1;"
        f"events {{}} http {{ access_log off; {paths} {inside} }}"
    )


def start_of_apache(binary: Path, folder: Path, *more: str) -> str:
    """The modules that it forwards with and `more`, with everything in one folder."""
    modules = "".join(
        f"LoadModule {name}_module {binary.parents[1]}/lib/apache2/modules/mod_{name}.so\n"
        for name in ("mpm_event", "authz_core", "proxy", "proxy_http", *more)
    )
    return f"{modules}ServerRoot {folder}\nPidFile {folder}/pid\nErrorLog {folder}/errors\n"


def libraries(binary: Path) -> dict[str, str]:
    """What an unpacked program's environment needs."""
    usr = binary.parents[1]
    found = os.pathsep.join(map(str, (usr / "lib").glob("*-linux-gnu*")))
    return {} if usr == Path("/usr") else {"LD_LIBRARY_PATH": found}


def alone(folder: Path) -> dict[str, str]:
    """An environment in which Caddy writes nowhere else."""
    return {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
