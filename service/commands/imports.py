"""The comments of another system."""

import contextlib
import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from service.commands.shared import SiteOption, in_database, say, site_of
from service.core.db import Conn

if TYPE_CHECKING:
    from service.transfer.types import Report

EXAMPLES = """
Examples:

rejoinder import wordpress export.xml --site default --dry-run

rejoinder import disqus export.xml.gz --site default --origin http://old.example=https://new.example

rejoinder import isso comments.db --site default --map moved.csv --report report.json
"""
NOT_ALL = 3  # the exit code where something was refused
LINES_SHOWN = 10

FormatArgument = Annotated[
    Literal["wordpress", "disqus", "isso", "remark42", "commento", "comentario", "json"],
    typer.Argument(help="What wrote the file.", metavar="FORMAT"),
]
FileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="The export, also gzipped.")
]
MapOption = Annotated[
    Path | None,
    typer.Option(
        "--map", exists=True, dir_okay=False,
        help="CSV of pages that have moved: old address, new address.",
    ),
]  # fmt: skip
OriginOption = Annotated[
    list[str] | None,
    typer.Option(
        "--origin", metavar="OLD=NEW",
        help="All pages of an old origin are on a new one now. Repeatable.",
    ),
]  # fmt: skip
SourceOption = Annotated[
    str | None,
    typer.Option(
        help="A name for this old system, where several of one kind are imported into a site; "
        "else the format's."
    ),
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust-confirmed",
        help="Of an export of Rejoinder: believe which addresses were confirmed, and who signs in.",
    ),
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", dir_okay=False, help="Write the whole report as JSON.")
]


def import_(
    format_: FormatArgument,
    file: FileArgument,
    site: SiteOption,
    moved: MapOption = None,
    origin: OriginOption = None,
    source: SourceOption = None,
    report: ReportOption = None,
    *,
    dry_run: DryOption = False,
    trust_confirmed: TrustOption = False,
) -> None:
    """Take over the comments of another system: threads, dates and states stay what they are.

    Run it again, and what is in is skipped. Nobody is notified.
    Exits with 3 where something of the file was refused.
    """
    from service.transfer import rules  # noqa: PLC0415 (slow to load)
    from service.transfer.loading import Import  # noqa: PLC0415 (as above)
    from service.transfer.restoring import Restore, is_export  # noqa: PLC0415 (as above)
    from service.transfer.types import ImportFileError, Wanted  # noqa: PLC0415 (as above)

    try:
        wanted = Wanted(
            format_,
            rules.check_source(source or format_),
            _moved(moved) if moved else {},
            _origins(origin or []),
            dry_run,
            trust_confirmed,
        )
        kind = Restore if is_export(file, wanted) else Import

        async def run(conn: Conn) -> "Report":
            with _bar(say) as told:
                return await kind(conn, await site_of(conn, site), file, wanted, told).run()

        done = in_database(run)
    except ImportFileError as error:
        say.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    if report is not None:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(done), indent=2) + b"\n")
    _tell(done)
    if not done.whole:
        raise typer.Exit(NOT_ALL)


def _moved(path: Path) -> dict[str, str]:
    """Old addresses to new ones, of a CSV with or without a header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) >= 2]  # noqa: PLR2004 (two columns)
    return {old.strip(): new.strip() for old, new, *_ in rows if "/" in old and "/" in new}


def _origins(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for old, _, new in pairs:
        if not old or "://" not in new:
            raise typer.BadParameter("Expected OLD=NEW, two origins", param_hint="--origin")
    return {old: new for old, _, new in pairs}


@contextlib.contextmanager
def _bar(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """Show what is being done, how much of it, how fast and how long still; on a terminal only."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[shown]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total, shown="")
            speed = next(one.speed or 0 for one in progress.tasks if one.id == tasks[what])
            shown = f"{done:,} of {total:,} comments, {speed:,.0f}/s"
            if what == "Reading":
                shown = f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB, {speed / 1e6:.1f} MB/s"
            progress.update(tasks[what], completed=done, shown=shown)

        yield tell


def _tell(report: "Report") -> None:
    """The report as a table, with the first lines of what was refused."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(justify="right")
    table.add_column(overflow="fold")

    def rows(counts: Mapping[str, int], before: str) -> None:
        for what, count in counts.items():
            table.add_row(f"{count:,}", f"{before}{what}")

    table.add_row(f"{report.articles:,}", f"articles, {report.articles_made:,} of them new")
    table.add_row(f"{sum(report.comments.values()):,}", "comments")
    rows(report.comments, "  ")
    if report.already:
        table.add_row(f"{report.already:,}", "comments were here already")
    table.add_row(f"{report.readers:,}", f"readers, {report.readers_made:,} of them new")
    rows(report.restored, "")
    rows(report.skipped, "left out: ")
    rows(report.repaired, "repaired: ")
    rows(report.refused, "refused: ")
    rows(dict(list(report.unmatched.items())[:LINES_SHOWN]), "  on ")
    would = "Would import" if report.dry_run else "Imported"
    say.print(f"{would} {report.file} into {report.site} ({report.seconds:.1f} s):", markup=False,
              highlight=False, soft_wrap=True)  # fmt: skip
    say.print(table, highlight=False)
    for kind, first in report.refused_first.items():
        for one in first[:LINES_SHOWN]:
            say.print(f"line {one.line}: {kind}: {one.what}", markup=False, highlight=False,
                      soft_wrap=True)  # fmt: skip
