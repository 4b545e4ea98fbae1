"""What `rejoinder export` writes: docs/export.md has every field."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar, get_args
from uuid import UUID

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
LOOKED_AT = 20  # lines at the beginning, of which any says what the file is
MARK = "\ufeff"  # which editors and pipes leave before a line
MISSING = "lines that are missing"
STATUSES = frozenset(get_args(Kept))

Some = TypeVar("Some", bound=Line)

_decode = msgspec.json.Decoder(AnyLine).decode


class Told(NamedTuple):
    """A line of the file, and its number."""

    number: int
    what: Line


def unnamed(reader: UUID) -> str:
    """What a reader is known by of whom the file has no line."""
    return f"reader {reader}"


def is_export(source: Input) -> bool:
    """Whether an export begins so, if without its first line; raises ImportFileError."""
    return any(_is_line(cut) for cut in islice(cut_lines(source, Notes()), LOOKED_AT))


def _is_line(cut: Cut) -> bool:
    for kind in (Header, AnyLine):
        try:
            line = msgspec.json.decode(cut.text.lstrip(MARK), type=kind)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            continue
        _check_version(line)
        return True
    return False


def _check_version(line: Line) -> None:
    if isinstance(line, Header) and (line.format != FORMAT or line.version > VERSION):
        raise ImportFileError(f"This is version {line.version} of {line.format[:40]}, unknown here")


def lines_of(source: Input, notes: Notes) -> Iterator[Told]:
    """Each line with its number; what is none is refused by itself."""
    for cut in cut_lines(source, notes):
        text = cut.text.lstrip(MARK)
        if not text.strip():
            continue
        try:
            line = _decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            notes.refuse("no line of this format", cut.line, str(error))
            continue
        _check_version(line)
        if all(_meant(getattr(line, name)) for name in line.__struct_fields__):
            yield Told(cut.line, _plain(line, notes))
        else:
            notes.refuse("no line of this format", cut.line, "a date that can't be meant")


def read(path: Input, notes: Notes) -> Reading:
    """Articles and comments, each with what other lines tell of it: read twice."""
    with open_aside() as aside:
        _fill(aside, Input(path.path, Notes()))
        number, frame = 1, list[Header | End]()
        for number, line in lines_of(path, notes):
            if isinstance(line, Header | End):
                frame.append(line)
            elif isinstance(line, ArticleLine):
                yield Found(number, _article(line))
            elif isinstance(line, CommentLine):
                if line.status in STATUSES:
                    yield Found(number, _comment(line, aside, notes))
                else:
                    notes.refuse("no line of this format", number, f"status {line.status}")
    _tell_missing(frame, number, notes)


def _fill(aside: Aside, source: Input) -> None:
    for _, line in lines_of(source, Notes()):
        if isinstance(line, ReaderLine):
            aside.add_reader(str(line.id), line.email)
        elif isinstance(line, DecisionLine) and {line.to_status, line.from_status} <= {
            None, *STATUSES
        }:  # fmt: skip
            aside.add_decision(str(line.comment), _decision(line))
    aside.filled()


def _tell_missing(frame: Sequence[Header | End], last: int, notes: Notes) -> None:
    """Refuse what the file isn't whole without; `last` is the number of its last line."""
    if not any(isinstance(line, Header) for line in frame):
        notes.refuse(MISSING, 1, "the first one, which says what the file is")
    ends = [line for line in frame if isinstance(line, End)]
    if not ends and not notes.refused[UNREADABLE]:
        notes.refuse(UNREADABLE, last, "the last line is missing, and what stood before it")
    for line in ends[-1:]:
        if (missing := line.lines - last + 1) > 0:
            notes.refuse(MISSING, last, f"{missing} of the {line.lines} that the file had")


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


def _comment(line: CommentLine, aside: Aside, notes: Notes) -> SourceComment:
    history = aside.decisions(str(line.id))
    reader = aside.reader(str(line.reader))
    if reader is None:
        notes.repair("authors of whom the file has no line, known by their ids alone")
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
            reader or unnamed(line.reader),
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
