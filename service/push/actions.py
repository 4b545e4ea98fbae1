"""Subscribing, publishing and scheduling. Starting and delivering an alert is delivery.py's."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import UNSET

from service.accounts.auth import SUBSCRIPTION
from service.articles import actions as articles
from service.articles import store as article_store
from service.articles.rules import KEY
from service.articles.types import Article, PutArticle, Site
from service.core.db import Conn, uuid7
from service.core.http import clean_text
from service.core.jobs import enqueue
from service.core.problems import Conflict, Invalid, NotFound
from service.core.tokens import Keyring
from service.push import receipts, rules, store
from service.push.encryption import read_keys
from service.push.preferences import (
    before_subscribing,
    checked_topics,
    combine,
    on_subscribing,
    read_asked,
)
from service.push.settings_store import is_paused
from service.push.types import (
    Alert,
    AlertAnswer,
    Choices,
    NewSubscription,
    PostAlert,
    PostReceipt,
    PushAnswer,
    Subscribe,
    Topic,
    VapidKey,
)
from service.push.vapid import new_key

START_JOB = "push-start"
FARTHEST = timedelta(days=366)


async def ensure_vapid_key(conn: Conn, keyring: Keyring, site_id: UUID) -> VapidKey:
    """The site's current key, made where it has none. Safe to call at once from many places."""
    key = await store.get_current_vapid_key(conn, site_id)
    if key is not None:
        return key
    made = new_key(keyring, site_id)
    if await store.insert_vapid_key(conn, made):
        return made
    key = await store.get_current_vapid_key(conn, site_id)
    assert key is not None  # noqa: S101 (the insert found one)
    return key


async def describe_push(conn: Conn, keyring: Keyring, site_id: UUID) -> PushAnswer:
    """What a page needs to subscribe. Makes the key of a site older than push itself."""
    key = await ensure_vapid_key(conn, keyring, site_id)
    topics: dict[str, Topic] = {}
    for label in await store.list_topic_labels(conn, site_id):
        topics.setdefault(rules.slug(label.name), Topic(rules.slug(label.name), label.name))
    topics.pop("", None)
    return PushAnswer(
        public_key=base64.urlsafe_b64encode(key.public_key).decode("ascii").rstrip("="),
        key_id=key.id,
        topics=sorted(topics.values(), key=lambda topic: topic.slug),
    )


async def subscribe(
    conn: Conn, keyring: Keyring, site_id: UUID, body: Subscribe, address_hash: bytes
) -> UUID:
    """Store a subscription whose endpoint is checked; the same endpoint keeps its id.

    Raises Conflict where the browser subscribed with a key that is no longer the site's, and
    Invalid.
    """
    p256dh, auth = read_keys(body.subscription.keys)
    key = await ensure_vapid_key(conn, keyring, site_id)
    if body.key_id not in {None, key.id}:
        raise Conflict("The site's key has changed: unsubscribe and subscribe again.")
    endpoint = body.subscription.endpoint
    new = NewSubscription(
        endpoint=endpoint,
        endpoint_hash=hashlib.sha256(endpoint.encode("ascii")).digest(),
        p256dh=p256dh,
        auth=auth,
        choices=Choices(),
        time_zone=body.time_zone,
        locale=body.locale,
        vapid_key_id=key.id,
        address_hash=address_hash,
    )
    previous = keyring.read_object_token(SUBSCRIPTION, body.previous) if body.previous else None
    asked = await read_asked(conn, site_id, body)
    async with conn.transaction():
        before = await before_subscribing(conn, site_id, new.endpoint_hash, previous)
        choices = combine(on_subscribing(asked.topics or [], asked.articles, before), asked, before)
        new = msgspec.structs.replace(new, choices=choices)
        return await store.upsert_subscription(conn, site_id, uuid7(), new)


async def unsubscribe(conn: Conn, site_id: UUID, ident: UUID) -> None:
    """End a subscription; ending it twice is the same. Raises NotFound for one never there."""
    if not await store.exists_subscription(conn, site_id, ident):
        raise NotFound("There is no such subscription.")
    await store.remove_subscriptions(conn, [ident], "unsubscribed")


async def publish_article(
    conn: Conn, site: Site, key: str, put: PutArticle, hold: int
) -> tuple[Article, bool, Alert | None]:
    """Register an article and, if asked, schedule its first alert, in one transaction."""
    async with conn.transaction():
        article, created = await articles.put_article(conn, site, key, put)
        alert = None
        if put.alert:
            alert = await _schedule(conn, article, PostAlert(article=article.key), hold)
    return article, created, alert


async def schedule_alert(conn: Conn, site: Site, body: PostAlert, hold: int) -> Alert:
    """Schedule an alert, or answer the one that this edition has. Raises NotFound, Invalid."""
    if not KEY.fullmatch(body.article):
        raise Invalid.field("$.article", "Expected an article's key")
    article = await article_store.get_article(conn, site.id, body.article, None)
    if article is None:
        raise NotFound("There is no such article.")
    if not article.verified:
        raise Conflict("A reader's comment registered this article: PUT it before an alert.")
    async with conn.transaction():
        return await _schedule(conn, article, body, hold)


async def _schedule(conn: Conn, article: Article, body: PostAlert, hold: int) -> Alert:
    """Needs a transaction: the alert and the job that wakes for it come into being together."""
    now = datetime.now(UTC)
    send_at = _send_at(body.send_at, now, hold)
    labels = [article.section or "", *article.tags]
    alert = Alert(
        id=uuid7(),
        site_id=article.site_id,
        article_id=article.id,
        article_key=article.key,
        edition=body.edition,
        title=clean_text("$.title", body.title or article.title),
        body=clean_text(
            "$.body", article.summary or "" if body.body is None else body.body, multiline=True
        ),
        image=article.image,
        url=article.url,
        topics=rules.slugs(labels) if body.topics is None else checked_topics(body.topics),
        urgency=body.urgency,
        ttl=body.ttl,
        state="scheduled",
        send_at=send_at,
        started_at=None,
        breaking=body.breaking,
    )
    if not alert.title:
        raise Invalid.field("$.title", "Expected a title that can be read")
    if await store.insert_alert(conn, alert):
        await enqueue(conn, START_JOB, alert.id.bytes, after=max(send_at - now, timedelta(0)))
        return alert
    first = await store.get_alert_of(conn, article.id, body.edition)
    assert first is not None  # noqa: S101 (alerts are never deleted)
    return first


def _send_at(asked: datetime | None, now: datetime, hold: int) -> datetime:
    """A time to come as asked; else now, once the hold is over. Raises Invalid."""
    if asked is None:
        return now + timedelta(seconds=hold)
    if asked.tzinfo is None:
        raise Invalid.field("$.send_at", "Expected a time with its offset")
    if asked > now + FARTHEST:
        raise Invalid.field("$.send_at", "Expected a time within a year")
    return asked if asked > now else now + timedelta(seconds=hold)


async def describe_alert(conn: Conn, alert: Alert) -> AlertAnswer:
    """An alert with its counts."""
    paused = alert.state in {"scheduled", "sending"} and await is_paused(conn, alert.site_id)
    return AlertAnswer(
        id=alert.id,
        state=alert.state,
        article=alert.article_key,
        edition=alert.edition,
        title=alert.title,
        topics=alert.topics,
        send_at=alert.send_at,
        counts=await store.get_counts(conn, alert.id),
        check_failed=alert.check_failed or UNSET,
        breaking=alert.breaking,
        paused=paused,
    )


async def find_alert(conn: Conn, site_id: UUID, ident: UUID) -> Alert:
    """One alert of a site; raises NotFound."""
    alert = await store.get_alert(conn, site_id, ident)
    if alert is None:
        raise NotFound("There is no such alert.")
    return alert


async def cancel_alert(conn: Conn, site_id: UUID, ident: UUID) -> Alert:
    """Cancel an alert that isn't being sent yet; again is the same. Raises NotFound, Conflict."""
    cancelled = await store.cancel_alert(conn, site_id, ident)
    alert = await find_alert(conn, site_id, ident)
    if not cancelled and alert.state != "cancelled":
        raise Conflict("The alert is being sent already or has been.")
    return alert


async def take_receipt(conn: Conn, keyring: Keyring, body: PostReceipt) -> None:
    """Count a receipt once; raises Invalid for one that this service didn't make."""
    found = receipts.read_receipt(keyring, body.receipt)
    if found is None:
        raise Invalid.field("$.receipt", "Not a receipt of this service")
    alert_id, tag = found
    await store.insert_receipt(conn, alert_id, body.event, tag)
