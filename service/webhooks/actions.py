"""What editors do with webhooks. Addresses are looked up before a connection is taken."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import asyncpg

from service.core.db import Conn, Pool, uuid7
from service.core.jobs import enqueue
from service.core.outbound import check_target
from service.core.problems import Conflict, Invalid, NotFound
from service.core.signing import spell
from service.core.tokens import Keyring
from service.webhooks import keys, store
from service.webhooks.jobs import DELIVER_JOB
from service.webhooks.types import ChangeWebhook, Delivery, MadeWebhook, NewWebhook, Webhook

MOST = 20  # webhooks of a site
ROTATION = timedelta(hours=24)  # in which the secret before signs, too
TAKEN = "There is a webhook for this address already."


async def check_address(url: str | None, *, allow_local: bool) -> None:
    """Raise Invalid where nothing may be sent there."""
    if url is not None:
        await check_target("$.url", url, allow_local=allow_local)


async def add_webhook(
    conn: Conn, keyring: Keyring, site_id: UUID, new: NewWebhook, created_by: UUID | None
) -> MadeWebhook:
    """Add a webhook whose address was checked. Raises Conflict. Needs a transaction."""
    if await store.lock_site(conn, site_id) >= MOST:
        raise Conflict(f"A site has at most {MOST} webhooks; remove one first.")
    ident = uuid7()
    secret, sealed = keys.make(keyring, ident)
    events = _once(new.events)
    if not await store.insert_webhook(conn, site_id, ident, new.url, events, sealed, created_by):
        raise Conflict(TAKEN)
    made = await store.get_webhook(conn, ident)
    assert made is not None  # noqa: S101 (it was stored in this transaction)
    return MadeWebhook(made, spell(secret))


async def change_webhook(pool: Pool, ident: UUID, change: ChangeWebhook) -> Webhook:
    """Change a webhook whose new address was checked. Raises Conflict and NotFound."""
    if change == ChangeWebhook():
        raise Invalid("Expected something to change: url, events or enabled")
    events = None if change.events is None else _once(change.events)
    try:
        found = await store.update_webhook(pool, ident, change.url, events, change.enabled)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(TAKEN) from error
    webhook = await store.get_webhook(pool, ident) if found else None
    if webhook is None:
        raise NotFound("There is no such webhook.")
    return webhook


async def rotate(pool: Pool, keyring: Keyring, ident: UUID) -> MadeWebhook:
    """Another secret; for a day the one before signs beside it. Raises NotFound."""
    secret, sealed = keys.make(keyring, ident)
    await store.rotate_secret(pool, ident, sealed, ROTATION)
    webhook = await store.get_webhook(pool, ident)
    if webhook is None:
        raise NotFound("There is no such webhook.")
    return MadeWebhook(webhook, spell(secret))


async def ping(pool: Pool, site_id: UUID, ident: UUID) -> Delivery:
    """Send an event that says nothing. Raises NotFound, and Conflict where it is paused."""
    async with pool.acquire() as conn, conn.transaction():
        webhook = await store.get_webhook(conn, ident)
        if webhook is None:
            raise NotFound("There is no such webhook.")
        if not webhook.enabled:
            raise Conflict("This webhook is paused; nothing is sent there.")
        delivery_id = await store.insert_ping(conn, site_id, ident)
        await enqueue(conn, DELIVER_JOB, b"")
        delivery = await store.get_delivery(conn, ident, delivery_id)
    assert delivery is not None  # noqa: S101 (it was stored in this transaction)
    return delivery


async def retry(pool: Pool, ident: UUID, delivery_id: UUID) -> Delivery:
    """Let a dead delivery wait again. Raises NotFound, and Conflict where it isn't dead."""
    async with pool.acquire() as conn, conn.transaction():
        revived = await store.revive(conn, ident, delivery_id)
        delivery = await store.get_delivery(conn, ident, delivery_id)
        if delivery is None:
            raise NotFound("There is no such delivery.")
        if not revived:
            what = "waits already" if delivery.state == "pending" else "was delivered"
            raise Conflict(f"This delivery {what}.")
        await enqueue(conn, DELIVER_JOB, b"")
    return delivery


async def retry_all(pool: Pool, ident: UUID) -> int:
    """Let all dead deliveries of a webhook wait again; how many."""
    async with pool.acquire() as conn, conn.transaction():
        count = await store.revive(conn, ident, None)
        await enqueue(conn, DELIVER_JOB, b"")
    return count


def _once(events: Sequence[str]) -> list[str]:
    return sorted(set(events))
