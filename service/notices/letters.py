"""What notices say, in words: the headline that stands at the desk, and the e-mail.

Counts, times and titles of articles; never what readers wrote, nor who they are.
"""

import re
import unicodedata
from datetime import datetime, timedelta
from html import escape

import msgspec

from service.core.mail import Message
from service.notices import rules
from service.notices.types import Alarm, Digest, Failing, Held, Jump, Newsroom
from service.screening.hours import zone_of

LONGEST_TITLE = 120
HOUR = 60
STYLE = "font:15px/1.5 system-ui,sans-serif;color:#1a1c1f;max-width:36rem"
CELL = "padding:2px 16px 2px 0;vertical-align:top"
HEAD = f"{CELL};font-weight:400;white-space:nowrap"
QUIET = "color:#5b6067;font-size:13px"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """What an e-mail says, before it is set in plain text and in HTML."""

    headline: str
    paragraphs: list[str] = []
    rows: list[tuple[str, str]] = []
    listed: str = ""
    items: list[str] = []


def compose(letter: Letter, room: Newsroom, desk: str | None, to: str) -> Message:
    """The e-mail to one of a site's recipients. `desk`: the address of the desk, where known."""
    name = _plain(room.name)
    foot = [f"Times are those of {room.zone}."]
    if desk:
        foot.append(f"Editors say who is told what, and when, at the desk: {desk}#/notices")
    else:
        foot.append("Editors say who is told what, and when, at the desk, under Notices.")
    return Message(
        to=to,
        subject=f"{letter.headline} \N{EM DASH} {name}",
        text=_text(letter, desk, foot),
        html=_html(letter, desk, foot),
    )


def _text(letter: Letter, desk: str | None, foot: list[str]) -> str:
    wide = max((len(name) for name, _ in letter.rows), default=0) + 2
    parts = [
        *letter.paragraphs,
        "\n".join(f"{name + ':':<{wide}} {value}" for name, value in letter.rows),
        "\n".join([letter.listed, *(f"- {item}" for item in letter.items)]) if letter.items else "",
        f"The desk: {desk}" if desk else "",
        "-- \n" + "\n".join(foot),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(letter: Letter, desk: str | None, foot: list[str]) -> str:
    parts = [f"<p>{escape(paragraph)}</p>" for paragraph in letter.paragraphs]
    if letter.rows:
        cells = (
            f'<tr><th scope="row" align="left" style="{HEAD}">{escape(name)}</th>'
            f'<td style="{CELL}">{escape(value)}</td></tr>'
            for name, value in letter.rows
        )
        parts.append(f'<table cellspacing="0" style="{STYLE}">{"".join(cells)}</table>')
    if letter.items:
        items = "".join(f"<li>{escape(item)}</li>" for item in letter.items)
        parts.append(f"<p>{escape(letter.listed)}</p><ul>{items}</ul>")
    if desk:
        parts.append(f'<p><a href="{escape(desk)}">Open the desk</a></p>')
    parts.append(f'<p style="{QUIET}">{"<br>".join(escape(line) for line in foot)}</p>')
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<body style="{STYLE}">{"".join(parts)}</body></html>'
    )


def alarm_letter(alarm: Alarm, room: Newsroom) -> Letter:
    """What there is to say of an alarm's turn."""
    match alarm.figures:
        case Held():
            letter = _held(alarm, alarm.figures, room)
        case Jump():
            letter = _jump(alarm, alarm.figures, room)
        case Failing():
            letter = _failing(alarm, alarm.figures)
    if alarm.turn == "begun":
        return letter
    began = f"{clock(alarm.since, alarm.at, room.zone)}, {span(alarm.at - alarm.since)} ago"
    said = f"This began at {began}." if alarm.turn == "over" else f"This has lasted since {began}."
    headline = f"Still: {letter.headline}" if alarm.turn == "lasting" else letter.headline
    return Letter(headline=headline, paragraphs=[*letter.paragraphs, said])


def _held(alarm: Alarm, held: Held, room: Newsroom) -> Letter:
    minutes = timedelta(minutes=room.rules.held_minutes or 0)
    wait = f"{_n(held.waiting, 'comment')} {'waits' if held.waiting == 1 else 'wait'}"
    if alarm.turn == "over" or held.oldest is None:
        return Letter(
            headline="No comment waits too long any more",
            paragraphs=[
                f"No held comment has waited longer than {span(minutes / 2)}. "
                + (f"{wait} now." if held.waiting else "None waits at all.")
            ],
        )
    since = clock(held.oldest, alarm.at, room.zone)
    late = f"{_n(held.late, 'of them has', 'of them have')} waited longer than {span(minutes)}."
    return Letter(
        headline=f"{wait}, the oldest since {since}",
        paragraphs=[f"{wait} for a decision, the oldest since {since}. {late}"],
    )


def _jump(alarm: Alarm, jump: Jump, room: Newsroom) -> Letter:
    one = "comment" if alarm.alarm == "comments" else "report"
    before = rules.usual(jump.before) or 0
    usual = f"usually about {before:,.0f}" if before >= 1 else "usually hardly any"
    if alarm.turn == "over":
        return Letter(
            headline=f"{_n(jump.count, one)} within an hour, no jump any more",
            paragraphs=[f"{_n(jump.count, one)} came in the last hour; at this time {usual}."],
        )
    begin = clock(alarm.at - timedelta(hours=1), alarm.at, room.zone)
    end = clock(alarm.at, alarm.at, room.zone)
    came = f"{_n(jump.count, one)} came between {begin} and {end}."
    return Letter(
        headline=f"{_n(jump.count, one)} within an hour, {usual}",
        paragraphs=[f"{came} At this time of the week it is {usual}."],
    )


def _failing(alarm: Alarm, failing: Failing) -> Letter:
    if alarm.turn == "over":
        return Letter(
            headline="The machine judges comments again",
            paragraphs=[
                f"{_n(failing.screened, 'comment')} within a quarter of an hour, and no failure."
            ],
        )
    of = f"{failing.failed:,} of {_n(failing.screened, 'comment')}"
    return Letter(
        headline=f"The machine failed on {of}",
        paragraphs=[
            f"Within a quarter of an hour something failed in judging {of}.",
            "They are held, and wait for a person. The service's log says what failed.",
        ],
    )


def digest_letter(digest: Digest, room: Newsroom) -> Letter:
    """What there is to say of a day or a week."""
    first, last = (datetime.fromisoformat(day) for day in (digest.first, digest.last))
    when = f"{last:%A}" if digest.period == "daily" else f"{_day(first)} to {_day(last)}"
    counts = [
        _n(digest.comments, "comment"),
        _n(digest.decisions, "decision"),
        _n(digest.waiting, "waits", "wait"),
    ]
    title = f"{last:%A}, {_day(last)}" if digest.period == "daily" else f"The week of {when}"
    return Letter(
        headline=f"{when}: {', '.join(counts)}",
        paragraphs=[title],
        rows=_rows(digest, room),
        listed="Most commented:",
        items=[f"{_plain(one.title)} ({one.comments:,})" for one in digest.articles],
    )


def _rows(digest: Digest, room: Newsroom) -> list[tuple[str, str]]:
    decided = (
        f"{digest.decisions:,} ({digest.let_through:,} published, {digest.rejected:,} rejected, "
        f"{digest.marked_spam:,} spam)"
    )
    against = (
        f"{digest.overruled + digest.missed:,} of {digest.judged:,} ({digest.overruled:,} "
        f"published though held, {digest.missed:,} refused though published)"
    )
    found = f"{digest.campaigns:,}, with {_n(digest.in_campaigns, 'comment')}"
    waiting = f"{digest.waiting:,}"
    if digest.oldest:
        waiting += f", the oldest since {clock(digest.oldest, digest.at, room.zone)}"
    return [
        ("Comments", f"{digest.comments:,}"),
        ("Published at once", f"{digest.published:,}"),
        ("Held", f"{digest.held:,}"),
        ("Taken for spam", f"{digest.spam:,}"),
        ("Reports", f"{digest.reports:,}"),
        ("Decisions", decided),
        ("Against the machine", against),
        ("Campaigns", found if digest.campaigns else "none"),
        ("Waiting now", waiting),
    ]


TEST = Letter(
    headline="A test of the notices",
    paragraphs=["This is what an editor asked for at the desk: notices arrive at this address."],
)


def clock(moment: datetime, now: datetime, zone: str) -> str:
    """A time by the newsroom's clock, with the day where that isn't today."""
    here, today = moment.astimezone(zone_of(zone)), now.astimezone(zone_of(zone))
    if here.date() == today.date():
        return f"{here:%H:%M}"
    if here.date() == today.date() - timedelta(days=1):
        return f"{here:%H:%M} yesterday"
    return f"{here:%H:%M} on {here:%a} {_day(here)}"


def span(time: timedelta) -> str:
    """So much time: 20 minutes, 2 hours, 1 hour 30 minutes, 3 days."""
    minutes = round(time / timedelta(minutes=1))
    if minutes >= 48 * HOUR:
        return _n(round(minutes / (24 * HOUR)), "day")
    hours, rest = divmod(minutes, HOUR)
    parts = [_n(hours, "hour")] * bool(hours) + [_n(rest, "minute")] * bool(rest or not hours)
    return " ".join(parts)


def _day(day: datetime) -> str:
    return f"{day.day} {day:%B}"


def _n(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def _plain(text: str) -> str:
    """A publisher's words on one line, without what can turn a line about or hide in it."""
    kept = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    kept = re.sub(r"\s+", " ", kept).strip()
    return kept if len(kept) <= LONGEST_TITLE else kept[: LONGEST_TITLE - 1] + "…"
