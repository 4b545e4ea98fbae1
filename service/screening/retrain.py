"""`rejoinder retrain` and `rejoinder models`: progress and tables."""

from collections.abc import Mapping
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from classifiers import Model, load
from service.core.db import Conn
from service.core.metrics import RETRAININGS
from service.core.problems import Problem
from service.screening import learning, learning_store
from service.screening.learning import Retrained
from service.screening.learning_types import Report

SHOWN = 20


async def run(conn: Conn, sites: Mapping[str, UUID], say: Console) -> bool:
    """Retrain sites, by slug, and show what came of it; False where one could not be."""
    with say.status("Loading the classifier …"):
        base = load()
    done = [await _retrain(conn, slug, site_id, base, say) for slug, site_id in sites.items()]
    return all(done)


async def _retrain(conn: Conn, slug: str, site_id: UUID, base: Model, say: Console) -> bool:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=say, transient=True) as progress:
            task = progress.add_task(slug, total=None)

            def told(what: str, done: int, total: int) -> None:
                progress.update(task, description=f"{slug}: {what}", completed=done, total=total)

            retrained = await learning.retrain(conn, site_id, base, told)
    except Problem as problem:
        RETRAININGS.labels("failed").inc()
        say.print(f"[red]{slug}: {problem.detail}[/red]", highlight=False)
        return False
    _show(slug, retrained, say)
    return True


def _show(slug: str, retrained: Retrained, say: Console) -> None:
    report = retrained.report
    table = Table(title=slug, show_header=False)
    decisions = f"{report.decisions}, {report.published} texts published, {report.refused} refused"
    table.add_row("Decisions of people", decisions)
    table.add_row("Learnt from", f"the oldest {report.trained}, compared on {report.held_out}")
    if report.left_out:
        table.add_row("Left out", f"{report.left_out} new ones, near copies of older ones")
    if report.before is not None:
        others = f"{report.judged} spam by the machine, {report.examples} trusted examples"
        table.add_row("Beside them, at little weight", others)
        table.add_row("Log-loss before", f"{report.before:.4f}  ({report.compared})")
        table.add_row("Log-loss after", f"{report.after:.4f}  ({retrained.name})")
        table.add_row("Gain", _gain(report))
    promoted = report.outcome == "promoted"
    outcome = f"promoted, as number {retrained.number}" if promoted else "not promoted"
    table.add_row("Outcome", outcome)
    say.print(table, highlight=False)
    say.print(report.why, highlight=False)


def _gain(report: Report) -> str:
    if report.gain is None or report.low is None or report.high is None:
        return "-"
    return f"{report.gain:+.4f}, 95 % of resamples {report.low:+.4f} to {report.high:+.4f}"


async def show_models(conn: Conn, site_id: UUID, say: Console) -> None:
    """Show the newest models of a site."""
    rows = await learning_store.list_models(conn, site_id, SHOWN)
    if not rows:
        say.print("This site uses the shared model; nothing was learnt yet.")
        return
    table = Table()
    for name in ("Number", "Model", "Status", "Made", "Decisions", "Before", "After", "Gain"):
        table.add_column(name)
    for row in rows:
        report = row.report
        table.add_row(
            str(row.number),
            row.name,
            row.status,
            f"{row.created_at:%Y-%m-%d %H:%M}",
            str(report.decisions),
            "-" if report.before is None else f"{report.before:.4f}",
            "-" if report.after is None else f"{report.after:.4f}",
            _gain(report),
        )
    say.print(table, highlight=False)
    if not any(row.status == "live" for row in rows):
        say.print("None of them is live: the site uses the shared model.")


async def roll_back(conn: Conn, site_id: UUID, say: Console) -> None:
    """Take a site's live model back and say what is in use now. Raises Conflict."""
    gone, now = await learning.roll_back(conn, site_id)
    say.print(f"Took back {gone}. In use now: {now or 'the shared model'}.", highlight=False)
    say.print("The nightly job leaves this site alone until `rejoinder retrain` promotes again.")
