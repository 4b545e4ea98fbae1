"""A site as a file."""

import contextlib
import errno
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from service.commands.shared import SiteOption, ends_orderly, in_database, say, site_of
from service.core.db import Conn

if TYPE_CHECKING:
    from service.transfer.writing.types import Part

EXAMPLES = """
Examples:

rejoinder export courier.jsonl.gz --site default

rejoinder export - --site default --articles 18231 | jq -r 'select(.type == "comment") .body'

rejoinder export wordpress.xml --site default

rejoinder export week.jsonl --site default --since 2026-11-01
"""
GONE = 128 + signal.SIGPIPE  # what a shell says of a program whose reader has gone
# What a file may be at fault for; other errors of the system are the database's.
WRITING = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT,
    errno.ENOTDIR, errno.EISDIR, errno.EIO, errno.ENAMETOOLONG,
}  # fmt: skip

FileArgument = Annotated[
    Path,
    typer.Argument(help="File to write, gzipped if it ends in .gz. -: standard output."),
]
ArticlesOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY", help="Only these articles. Repeatable; or several keys, comma between."
    ),
]
SinceOption = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S"],
        help="Only threads in which something happened since, whole. UTC without an offset.",
    ),
]
ToOption = Annotated[
    Literal["json", "wxr"] | None,
    typer.Option(
        "--to", help="JSON lines, or WordPress's XML; else by the file's name, and JSON lines."
    ),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file.")]


def export(
    file: FileArgument,
    site: SiteOption,
    articles: ArticlesOption = None,
    since: SinceOption = None,
    to: ToOption = None,
    *,
    force: ForceOption = False,
) -> None:
    """Write all of a site into a file: articles, readers, comments, decisions, subscriptions.

    It is one picture, also while readers write. The file is there when it is whole, else not.
    """
    from service.classifying.target import ReaderGone  # noqa: PLC0415 (slow to load)
    from service.classifying.types import FileError  # noqa: PLC0415 (as above)
    from service.transfer.writing.types import Part  # noqa: PLC0415 (as above)

    keys = [key for given in articles or [] for key in given.split(",") if key]
    if since is not None and since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    part = Part(sorted(set(keys)) or None, since)
    target = None if file == Path("-") else file
    try:
        with ends_orderly():
            counts = _write(target, site, part, to or _format_to(file), force=force)
    except FileError as error:
        _fail(str(error))
    except ReaderGone:
        raise typer.Exit(GONE) from None
    except OSError as error:
        if error.errno not in WRITING:
            raise
        _fail(f"{file} can't be written: {error.strerror}.")
    said = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    say.print(f"Wrote {said or 'nothing'}.", highlight=False, soft_wrap=True)


def _format_to(file: Path) -> str:
    return "wxr" if file.name.lower().removesuffix(".gz").endswith(".xml") else "json"


def _write(file: Path | None, slug: str, part: "Part", to: str, *, force: bool) -> Counter[str]:
    from service.classifying.target import new_file, standard_output  # noqa: PLC0415 (as above)
    from service.transfer.writing.actions import write_lines  # noqa: PLC0415 (as above)
    from service.transfer.writing.wxr import write_wxr  # noqa: PLC0415 (as above)

    write = write_wxr if to == "wxr" else write_lines

    async def run(conn: Conn) -> Counter[str]:
        site = await site_of(conn, slug)
        opened = standard_output() if file is None else new_file(file, force=force)
        with opened as output, _bar(crowded=file is None) as told:
            return await write(conn, site, part, output, told)

    return in_database(run)


@contextlib.contextmanager
def _bar(*, crowded: bool) -> Iterator[Callable[[int, int], None]]:
    """Show how many comments are written; on a terminal only, and not amid the lines themselves."""
    crowded = crowded and sys.stdout is not None and sys.stdout.isatty()
    with Progress(
        TextColumn("Exporting"),
        BarColumn(),
        TaskProgressColumn(show_speed=True),
        TextColumn("{task.completed:,} of {task.total:,} comments"),
        TimeRemainingColumn(),
        console=say,
        transient=True,
        disable=crowded or not say.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        task = progress.add_task("", total=0)

        def tell(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield tell


def _fail(why: str) -> NoReturn:
    say.print(why, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)
