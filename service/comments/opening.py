"""When a thread takes comments: the publisher's word, the article's age, the newsroom's hours."""

from datetime import datetime, timedelta

import msgspec

from service.articles.types import Article
from service.core.problems import Told
from service.screening.hours import is_staffed, next_change, zone_of
from service.screening.types import Hours, Policy


class Opening(msgspec.Struct, frozen=True):
    """Whether comments are taken; `until` when that changes by itself, None: it doesn't.

    `why` is what whoever would comment is told, and `told` the same for a page to say.
    """

    open: bool
    until: datetime | None = None
    why: str = ""
    told: Told | None = None


def opening(article: Article | None, policy: Policy, now: datetime) -> Opening:
    """The state of a thread at a moment; an article that nobody knows yet is open by itself."""
    if article is not None and not article.open:
        return Opening(open=False, why="Comments on this article are closed.", told=Told("closed"))
    changes: list[datetime] = []
    days = policy.close_after_days
    if article is not None and days is not None:
        closes = (article.published_at or article.created_at) + timedelta(days=days)
        if closes <= now:
            some = "a day" if days == 1 else f"{days} days"
            return Opening(
                open=False,
                why=f"Comments on an article are closed after {some}.",
                told=Told("closed_after", {"n": days}),
            )
        changes.append(closes)
    hours = policy.hours
    if hours is not None and hours.outside == "close":
        change = next_change(hours, now)
        if not is_staffed(hours, now):
            told = Told("closed_until", {"until": change.isoformat()}) if change else Told("closed")
            return Opening(open=False, until=change, why=_closed_until(hours, change), told=told)
        changes += [change] if change else []
    return Opening(open=True, until=min(changes, default=None))


def _closed_until(hours: Hours, opens: datetime | None) -> str:
    if opens is None:
        return "Comments are closed."
    wall = opens.astimezone(zone_of(hours.time_zone))
    day = f"{wall:%A}, {wall.day} {wall:%B}"
    return f"Comments are closed until {day}, {wall:%H:%M} ({hours.time_zone})."


def slow_mode(article: Article, policy: Policy) -> int:
    """Seconds between two comments of a reader on an article: its own, else the site's; 0: none."""
    if article.slow_mode is not None:
        return article.slow_mode
    return policy.slow_mode or 0
