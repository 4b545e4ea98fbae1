"""Scores of a file's texts."""

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from service.commands.shared import ends_orderly, in_database, say, site_of
from service.core.db import Conn

if TYPE_CHECKING:
    from service.classifying.actions import Outcome

EXAMPLES = """
Examples:

rejoinder classify comments.csv --text comment_body --keep --output scored.csv

rejoinder classify comments.jsonl.gz --jobs 2 --output scored.jsonl.gz

zcat dump.gz | rejoinder classify --format jsonl --text body --skip-bad | jq .scores.abuse
"""
GONE = 128 + signal.SIGPIPE  # what a shell says of a program whose reader has gone

FileArgument = Annotated[
    Path | None,
    typer.Argument(
        help="CSV, JSON Lines or a text a line, also gzipped. None or -: standard input."
    ),
]
FormatOption = Annotated[
    Literal["csv", "jsonl", "text"] | None,
    typer.Option("--format", help="What the input is; else by its name, and text on a pipe."),
]
TextOption = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Column or field of the text; else the first of text, comment, body, comment_text, "
        "content.",
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", dir_okay=False,
        help="File to write; gzipped if it ends in .gz.",
    ),
]  # fmt: skip
ToOption = Annotated[
    Literal["csv", "jsonl"] | None,
    typer.Option(help="What to write; else by the output's name, and JSON Lines."),
]
EncodingOption = Annotated[str, typer.Option(help="The input's; the output is UTF-8.")]
DelimiterOption = Annotated[
    str | None, typer.Option(help="Of a CSV: a character, or tab; else found in its header.")
]
OwnOption = Annotated[
    str | None, typer.Option("--site", metavar="SLUG", help="Score by this site's own model.")
]
JobsOption = Annotated[int, typer.Option("--jobs", "-j", min=1, max=256, help="Processes.")]
KeepOption = Annotated[
    bool, typer.Option("--keep", help="Keep the input's other columns or fields.")
]
EvidenceOption = Annotated[
    bool, typer.Option("--evidence", help="Add the words that speak for each label.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the output file.")]
SkipOption = Annotated[
    bool, typer.Option("--skip-bad", help="Leave out records that can't be read; count them.")
]
ReplaceOption = Annotated[
    bool, typer.Option("--replace", help="Put U+FFFD for bytes that aren't in the encoding.")
]


def classify(  # noqa: PLR0913 (a parameter an option)
    file: FileArgument = None,
    input_format: FormatOption = None,
    text: TextOption = None,
    output: OutputOption = None,
    to: ToOption = None,
    encoding: EncodingOption = "utf-8",
    delimiter: DelimiterOption = None,
    site: OwnOption = None,
    jobs: JobsOption = 1,
    *,
    keep: KeepOption = False,
    evidence: EvidenceOption = False,
    force: ForceOption = False,
    skip_bad: SkipOption = False,
    replace: ReplaceOption = False,
) -> None:
    """Score the texts of a file: spam, abuse and its kinds, a probability each.

    Writes JSON Lines or CSV, in the input's order, to standard output or a file.
    """
    # Slow to load: the classifier.
    from service.classifying import actions, rows, types  # noqa: PLC0415
    from service.classifying.target import ReaderGone, format_to  # noqa: PLC0415
    from service.screening.batches import By, ScoringError  # noqa: PLC0415

    source = _existing(file)
    target = None if output == Path("-") else output
    try:
        shape = input_format or rows.format_of(source)
        cut = rows.check_delimiter(delimiter)
        reading = types.Reading(source, shape, text, encoding, cut, replace, keep)
        writing = types.Writing(target, to or format_to(target), keep, evidence, force)
        by = By(_own_model(site) if site else None, evidence)
        if source is None and sys.stdin is not None and sys.stdin.isatty():
            say.print("Type a text a line; Ctrl-D ends.")
        with ends_orderly():
            outcome = actions.run(reading, writing, actions.Scoring(by, jobs, skip_bad), say)
    except (types.FileError, ScoringError) as error:
        _fail(str(error))
    except ReaderGone:
        raise typer.Exit(GONE) from None
    _tell(outcome, own=by.content is not None)


def _existing(file: Path | None) -> Path | None:
    """The file to read; None for standard input. Typer would look for a file called -."""
    if file is None or file == Path("-"):
        return None
    if not file.exists() or file.is_dir():
        what = "is a folder" if file.is_dir() else "does not exist"
        raise typer.BadParameter(f"{file} {what}.", param_hint="FILE")
    return file


def _own_model(slug: str) -> bytes | None:
    """The content of a site's live model; None where it has none, which is said."""
    from service.screening import learning_store  # noqa: PLC0415 (loads the classifier)

    async def run(conn: Conn) -> bytes | None:
        live = await learning_store.get_live(conn, (await site_of(conn, slug)).id)
        return live.content if live else None

    content = in_database(run)
    if content is None:
        say.print(f"{slug} has no model of its own: the shared one scores.", highlight=False)
    return content


def _fail(why: str) -> NoReturn:
    # Names of columns and files may look like markup, and are searched for whole.
    say.print(why, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)


def _tell(outcome: "Outcome", *, own: bool) -> None:
    if outcome.model is None:
        say.print("There was no text.")
    else:
        rate = outcome.texts / outcome.seconds
        say.print(
            f"{outcome.texts:,} texts in {outcome.seconds:.1f} s ({rate:,.0f}/s), scored by "
            f"{outcome.model}.",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
        if own and "+" not in outcome.model:
            say.print("The site's model is for another shared model: `rejoinder retrain` it.")
    if outcome.bad:
        say.print(f"{outcome.bad:,} records were left out. The first:")
        for bad in outcome.first_bad:
            say.print(f"line {bad.line}: {bad.why}", markup=False, highlight=False, soft_wrap=True)
