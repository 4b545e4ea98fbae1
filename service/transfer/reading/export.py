"""What `rejoinder export` writes: docs/export.md has every field."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, TypeVar, get_args

import msgspec

from service.transfer.reading.export_store import Aside, open_aside
from service.transfer.reading.found import Found, Reading, date_of, plain
from service.transfer.reading.input import Input
from service.transfer.reading.objects import Cut, cut_lines
from service.transfer.types import (
    UNREADABLE,
    ImportFileError,
    Kept,
    Notes,
    PastDecision,
    SourceArticle,
    SourceComment,
    Whole,
    WholeArticle,
)
from service.transfer.writing.types import (
    FORMAT,
    VERSION,
    AnyLine,
    ArticleLine,
    CommentLine,
    DecisionLine,
    End,
    Header,
    Line,
    ReaderLine,
)

EARLIEST, LATEST = 1900, 9998  # years; sanctions may have an end far off
STATUSES = frozenset(get_args(Kept))

Some = TypeVar("Some", bound=Line)

_decode = msgspec.json.Decoder(AnyLine).decode


class Told(NamedTuple):
    """A line of the file, and its number."""

    number: int
    what: Line


def header_of(cut: Cut) -> Header | None:
    """The line as the first of an export; None where it is none. Raises ImportFileError."""
    try:
        header = msgspec.json.decode(cut.text, type=Header)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if header.format != FORMAT or header.version > VERSION:
        raise ImportFileError(f"This is version {header.version} of {header.format}, unknown here")
    return header


def lines_of(source: Input, notes: Notes) -> Iterator[Told]:
    """Each line with its number; what is none is refused by itself."""
    for cut in cut_lines(source, notes):
        try:
            line = _decode(cut.text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            notes.refuse("no line of this format", cut.line, str(error))
            continue
        if all(_meant(getattr(line, name)) for name in line.__struct_fields__):
            yield Told(cut.line, _plain(line, notes))
        else:
            notes.refuse("no line of this format", cut.line, "a date that can't be meant")


def read(path: Input, notes: Notes) -> Reading:
    """Articles and comments, each with what other lines tell of it: read twice."""
    with open_aside() as aside:
        for _, line in lines_of(Input(path.path, Notes()), Notes()):
            if isinstance(line, ReaderLine):
                aside.add_reader(str(line.id), line.email)
            elif isinstance(line, DecisionLine) and {line.to_status, line.from_status} <= {
                None, *STATUSES
            }:  # fmt: skip
                aside.add_decision(str(line.comment), _decision(line))
        aside.filled()
        number, ended = 1, False
        for number, line in lines_of(path, notes):
            ended = ended or isinstance(line, End)
            if isinstance(line, ArticleLine):
                yield Found(number, _article(line))
            elif isinstance(line, CommentLine):
                if line.status in STATUSES:
                    yield Found(number, _comment(line, aside))
                else:
                    notes.refuse("no line of this format", number, f"status {line.status}")
        if not ended and not notes.refused[UNREADABLE]:
            notes.refuse(UNREADABLE, number, "the last line is missing, and what stood before it")


def _meant(value: object) -> bool:
    """Whether it is no date, or one that every zone has."""
    return not isinstance(value, datetime) or EARLIEST <= value.year <= LATEST


def _plain(line: Some, notes: Notes) -> Some:
    """The line with texts that a database can hold."""
    changed = {}
    for name in line.__struct_fields__:
        value = getattr(line, name)
        if isinstance(value, str):
            clean: object = plain(value, notes)
        elif isinstance(value, list) and value and isinstance(value[0], str):
            clean = [plain(one, notes) for one in value]
        else:
            continue
        if clean != value:
            changed[name] = clean
    return msgspec.structs.replace(line, **changed) if changed else line


def _article(line: ArticleLine) -> SourceArticle:
    return SourceArticle(
        line.key,
        line.url,
        line.title,
        line.key,
        date_of(line.published_at.isoformat()) if line.published_at else None,
        WholeArticle(
            line.summary,
            line.image,
            line.section,
            line.tags,
            line.open,
            line.mode,
            line.slow_mode,
            line.support,
            [*line.keys, *(f"https://{url}" for url in line.urls)],
            line.image_credit,
        ),
    )


def _comment(line: CommentLine, aside: Aside) -> SourceComment:
    history = aside.decisions(str(line.id))
    return SourceComment(
        source=str(line.id),
        article=line.article,
        parent=str(line.parent) if line.parent else "",
        name=line.name,
        email="",
        body=line.body,
        markup="text",
        status=line.status,  # type: ignore[arg-type]  # one of STATUSES
        created_at=date_of(line.created_at.isoformat()),
        website=line.website or "",
        html=line.html,
        votes=line.likes,
        whole=Whole(
            aside.reader(str(line.reader)) or f"reader {line.reader}",
            line.reason,
            line.version,
            line.reviewed,
            line.risk,
            line.badge,
            line.edited_at,
            [(one.source, one.id, one.decided) for one in line.sources],
            history,
            line.notify,
        ),
    )


def _decision(line: DecisionLine) -> PastDecision:
    return PastDecision(
        line.id,
        line.actor,
        line.moderator,
        line.from_status,
        line.to_status,
        line.version,
        line.reason,
        line.note,
        line.at,
    )
