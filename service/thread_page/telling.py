"""What readers are told, in the page's language, by the codes of problems and sanctions."""

from datetime import datetime

from service.core.problems import Conflict, Invalid, Problem, PuzzleRequired, Values
from service.thread_page.render import Visit, shown_time

FIELDS = {"$.name", "$.email", "$.body", "$.website"}
SERVER_ERROR = 500
MINUTE, HOUR = 60, 3600


def told(problem: Problem, visit: Visit) -> str:
    """What is wrong with a form as a whole."""
    words = visit.words
    if problem.status >= SERVER_ERROR:
        return words.say("writing.failed")
    if isinstance(problem, PuzzleRequired) and visit.only:
        return words.say(visit.only)
    if isinstance(problem, Invalid) and all(error.path in FIELDS for error in problem.errors):
        return words.say("writing.fields")
    if isinstance(problem, Conflict) and problem.errors:
        return words.say("page.sentAlready")
    says = problem.told or next(iter(problem.errors), None)
    code, values = (says.code, says.values) if says else ("", {})
    wait = in_time(visit, int(problem.headers.get("retry-after", "0")))
    return by_code(visit, code, {**values, "wait": wait}) or words.say("problems.refused")


def by_code(visit: Visit, code: str, values: Values) -> str | None:
    """The message of a problem's code; None where the catalogue has none."""
    if code not in visit.words.sections["problems"]:
        return None
    return visit.words.say(f"problems.{code}", **shown(visit, values))


def shown(visit: Visit, values: Values) -> dict[str, str | int]:
    """A message's values, its time (`until`, RFC 3339) in words."""
    until = values.get("until")
    if until is None:
        return dict(values)
    when = datetime.fromisoformat(str(until))
    return {**values, "until": shown_time(visit.words, when, visit.zone)}


def in_time(visit: Visit, seconds: int) -> str:
    """How long to wait, as one says it."""
    if not seconds:
        return visit.words.say("times.soon")
    if seconds < MINUTE:
        return visit.words.say("times.seconds", n=seconds)
    if seconds < HOUR:
        return visit.words.say("times.minutes", n=-(-seconds // MINUTE))
    return visit.words.say("times.hours", n=-(-seconds // HOUR))
