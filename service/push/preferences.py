"""What a reader chooses: topics, articles, how many a day, quiet hours, "fewer like this"."""

import hashlib
from datetime import time
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from service.core.db import Conn
from service.core.http import clean_text
from service.core.problems import Invalid, NotFound
from service.core.tokens import Keyring
from service.push import delivery_store as deliveries
from service.push import preferences_store as stored
from service.push import receipts, rules, store
from service.push.settings_store import PushSettings, get_settings
from service.push.types import (
    MOST_TOPICS,
    Alert,
    Choices,
    Fewer,
    PatchSubscription,
    PostFewer,
    Preferences,
    Quiet,
    Subscribe,
)

ALL = "*"  # all alerts, where articles are followed too: those without topics are only they


def checked_topics(labels: list[str], path: str = "$.topics") -> list[str]:
    """Topics as slugs; raises Invalid for one that has no letter: it would mean "all alerts"."""
    for label in labels:
        if not rules.slug(clean_text(path, label)):
            raise Invalid.field(path, "Expected words or slugs of topics")
    return rules.slugs(labels)


def wanted_topics(labels: list[str]) -> list[str]:
    """Topics that a reader may ask for: `*` is all of them."""
    return [ALL] if ALL in labels else checked_topics(labels)


def on_subscribing(topics: list[str], articles: list[UUID] | None, before: Choices) -> list[str]:
    """The topics to be stored of one who says OK, perhaps again; `articles` None leaves them.

    None are all alerts, or with articles only theirs. A page that doesn't speak of articles means
    all alerts by none, unless they were followed alone before.
    """
    followed = before.articles if articles is None else articles
    if ALL in topics or (not topics and articles is None and before.topics):
        return [ALL] if followed else []
    return topics


def on_changing(
    topics: list[str] | None, articles: list[UUID] | None, before: Choices
) -> list[str]:
    """The topics to be stored after a change; None leaves what is meant as it is.

    Raises Invalid where the last of articles that were followed alone is given up.
    """
    followed = before.articles if articles is None else articles
    alone = bool(before.articles) and not before.topics
    if topics is None and alone and not followed:
        raise Invalid.field(
            "$.articles", "Nothing would be left: give topics too, or end the subscription"
        )
    if topics is None and (alone or before.topics not in ([], [ALL])):
        return before.topics
    if not topics or ALL in topics:
        return [ALL] if followed else []
    return topics


class Asked(msgspec.Struct, frozen=True):
    """What a body asks for, checked; None leaves what was chosen before, quiet hours excepted."""

    topics: list[str] | None
    articles: list[UUID] | None
    muted: list[str] | None
    daily_cap: int | UnsetType | None
    quiet: Quiet | UnsetType | None


async def read_asked(conn: Conn, site_id: UUID, body: Subscribe | PatchSubscription) -> Asked:
    """What a body asks for; raises Invalid."""
    return Asked(
        wanted_topics(body.topics) if isinstance(body.topics, list) else None,
        await _article_ids(conn, site_id, body.articles),
        checked_topics(body.muted, "$.muted") if isinstance(body.muted, list) else None,
        body.daily_cap,
        body.quiet,
    )


def combine(topics: list[str], asked: Asked, before: Choices) -> Choices:
    """What is stored: what is asked for, and else what was chosen before."""
    quiet = before.quiet_from, before.quiet_until
    if isinstance(asked.quiet, Quiet):
        quiet = time.fromisoformat(asked.quiet.begin), time.fromisoformat(asked.quiet.end)
    elif asked.quiet is None:
        quiet = None, None
    return Choices(
        topics=topics,
        daily_cap=before.daily_cap if asked.daily_cap is UNSET else asked.daily_cap,
        quiet_from=quiet[0],
        quiet_until=quiet[1],
        articles=before.articles if asked.articles is None else asked.articles,
        muted=before.muted if asked.muted is None else asked.muted,
    )


async def _article_ids(conn: Conn, site_id: UUID, keys: list[str] | UnsetType) -> list[UUID] | None:
    if not isinstance(keys, list):
        return None
    for key in keys:
        clean_text("$.articles", key)
    found = await stored.list_article_ids(conn, site_id, keys)
    for number, key in enumerate(keys):
        if key not in found:
            raise Invalid.field(f"$.articles[{number}]", "There is no such article")
    return list(dict.fromkeys(found[key] for key in keys))


async def before_subscribing(
    conn: Conn, site_id: UUID, endpoint_hash: bytes, previous: UUID | None
) -> Choices:
    """What the reader had chosen: with this endpoint, else with the subscription before it.

    Needs a transaction: holds the row that it finds.
    """
    found = await stored.lock_by_endpoint(conn, site_id, endpoint_hash)
    if found is None and previous is not None:
        found = await stored.lock_by_id(conn, site_id, previous)
    return found.choices if found else Choices()


async def change_subscription(
    conn: Conn, site_id: UUID, ident: UUID, patch: PatchSubscription
) -> Preferences:
    """Change what a living subscription asks for; raises NotFound and Invalid."""
    asked = await read_asked(conn, site_id, patch)
    async with conn.transaction():
        found = await stored.lock_by_id(conn, site_id, ident)
        if found is None or not found.living:
            raise NotFound("There is no such subscription.")
        topics = on_changing(asked.topics, asked.articles, found.choices)
        await stored.write_choices(conn, ident, combine(topics, asked, found.choices))
        await store.update_subscription(conn, ident, patch)
        return await find_preferences(conn, site_id, ident)


async def find_preferences(conn: Conn, site_id: UUID, ident: UUID) -> Preferences:
    """What a living subscription asks for; raises NotFound."""
    found = await stored.get_preferences(conn, site_id, ident)
    if found is None:
        raise NotFound("There is no such subscription.")
    return found


def fewer_like(alert: Alert, before: Choices, settings: PushSettings, *, again: bool) -> Choices:
    """What is stored of one who wants fewer like this alert; `again` where it was said before.

    Its topics are muted and its article is no longer followed. Where it has no topics, or its
    article is all that is followed, half as many alerts a day.
    """
    others = [ident for ident in before.articles if ident != alert.article_id]
    alone = bool(before.articles) and not before.topics
    unfollowed = len(others) < len(before.articles) and (others or not alone)
    if unfollowed or (alert.topics and not (alone and not others)):
        return msgspec.structs.replace(
            before,
            topics=[] if before.topics == [ALL] and not others else before.topics,
            articles=others,
            muted=list(dict.fromkeys([*before.muted, *alert.topics]))[-MOST_TOPICS:],
        )
    if again:
        return before
    caps = [cap for cap in (before.daily_cap, settings.daily_cap) if cap]
    cap = min(caps, default=PushSettings().daily_cap)
    return msgspec.structs.replace(before, daily_cap=max(1, cap // 2))


async def want_fewer(conn: Conn, keyring: Keyring, body: PostFewer) -> Fewer:
    """Take "fewer like this": the receipt tells the alert, the endpoint the subscription.

    Raises NotFound where either is unknown, or they are of two sites.
    """
    unknown = NotFound("There is no such subscription.")
    receipt = receipts.read_receipt(keyring, body.receipt)
    alert = receipt and await deliveries.get_alert(conn, receipt[0])
    if not receipt or not alert:
        raise unknown
    digest = hashlib.sha256(body.endpoint.encode("utf-8", "surrogatepass")).digest()
    async with conn.transaction():
        found = await stored.lock_by_endpoint(conn, alert.site_id, digest)
        if found is None or not found.living:
            raise unknown
        again = not await store.insert_receipt(conn, alert.id, "fewer", receipt[1])
        settings = await get_settings(conn, alert.site_id)
        choices = fewer_like(alert, found.choices, settings, again=again)
        await stored.write_choices(conn, found.id, choices)
    return Fewer(choices.muted, choices.daily_cap)
