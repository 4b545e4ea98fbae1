"""The command line in a process of its own that has its modules loaded already.

Loading them is nine tenths of what a short command takes. Commands that are killed, piped or timed
are run as `python -m service.cli`.
"""

import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

_PROCESSES = multiprocessing.get_context("forkserver")
# Not the commands themselves: their consoles read the environment, which is each command's own.
_PROCESSES.set_forkserver_preload(["service.app", "service.worker", "service.core.migrating"])


def run_command(
    *words: str, env: Mapping[str, str], stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `rejoinder WORDS` in this folder, with `env` and nothing else as its environment."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "0").write_bytes(stdin)
        process = _PROCESSES.Process(target=_run, args=(words, dict(env), Path.cwd(), folder))
        process.start()
        process.join()
        assert process.exitcode is not None
        out, err = (folder / "1").read_bytes(), (folder / "2").read_bytes()
        return subprocess.CompletedProcess(words, process.exitcode, out, err)


def _run(words: tuple[str, ...], env: dict[str, str], cwd: Path, folder: Path) -> NoReturn:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for number in range(3):
        flags = os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY
        opened = os.open(folder / str(number), flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(os.fdopen(number, mode), encoding="utf-8")
        for number, mode in ((0, "rb"), (1, "wb"), (2, "wb"))
    )
    sys.argv = ["rejoinder", *words]
    from service.cli import main  # noqa: PLC0415 (in the process that runs it)

    main()
    raise AssertionError("main ends the process")


def as_text(done: subprocess.CompletedProcess[bytes]) -> subprocess.CompletedProcess[str]:
    """The same, decoded."""
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )
