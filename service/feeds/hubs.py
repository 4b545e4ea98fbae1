"""WebSub (W3C Recommendation): hubs tell when a feed has something new, as a subscriber asks.

What a hub sends is never read as the feed: it only says "look now", so that whoever could make it
say so brings about one poll, and nothing else.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import structlog

from service.core.db import Conn, Pool
from service.core.jobs import enqueue
from service.core.sealing import SealError, seal, unseal
from service.core.tokens import Keyring
from service.feeds import hub_store as store
from service.feeds.fetching import FetchError
from service.feeds.types import Claimed, Subscription, Unsubscribe

log = structlog.get_logger("rejoinder.feeds")

LEAVE_JOB = "feeds-leave-hub"
CALLBACK = "/v1/websub/{token}"
TOKEN = "rf"  # noqa: S105 (the kind of a token)
PURPOSE = "websub"
SECRET_LENGTH = 32  # bytes, written as hexadecimal digits: below the 200 that hubs take
LEASE = timedelta(days=10)  # asked for
LONGEST_LEASE = timedelta(days=60)
USUAL_LEASE = timedelta(days=1)  # where a hub, against its rules, names none
RENEW_AT = 0.8  # of a lease
SOONEST_RENEWAL = timedelta(minutes=10)
ASK_AGAIN = timedelta(hours=6)  # a hub that hasn't asked back, or failed
DENIED_FOR = timedelta(days=1)
ASKS_BACK = timedelta(days=1)  # for so long after it was asked
# Section 7.1. Hubs of the older PubSubHubbub know sha1 alone: as a key's hash it isn't broken, and
# all that it could let through is one more poll.
METHODS = ("sha1", "sha256", "sha384", "sha512")

Post = Callable[[str, Mapping[str, str]], Awaitable[int]]


class Hubs:
    """Asks hubs, and leaves them."""

    def __init__(self, pool: Pool, keyring: Keyring, post: Post, public_url: str | None) -> None:
        """`post` is what the network hangs on. Without `public_url` no hub is asked."""
        self._pool = pool
        self._keyring = keyring
        self._post = post
        self._public_url = public_url

    async def look_after(self, one: Claimed, hub: str | None, topic: str | None) -> None:
        """Ask the hub that a feed offers, where it is time to; leave one that it offers no more."""
        if self._public_url is None:
            return
        agreed = await store.get_subscription(self._pool, one.id)
        if hub is None or topic is None:
            if agreed is not None:
                async with self._pool.acquire() as conn, conn.transaction():
                    await store.delete_subscription(conn, one.id)
                    await leave(conn, agreed)
            return
        same = agreed is not None and (agreed.hub, agreed.topic) == (hub, topic)
        if agreed is None or not same or agreed.next_try_at <= datetime.now(UTC):
            await self._ask(one, hub, topic, agreed, same=same)

    async def renew(self, one: Claimed) -> None:
        """Ask the same hub again, where it is time to: the feed has not changed."""
        agreed = await store.get_subscription(self._pool, one.id)
        if agreed is not None:
            await self.look_after(one, agreed.hub, agreed.topic)

    async def _ask(
        self, one: Claimed, hub: str, topic: str, agreed: Subscription | None, *, same: bool
    ) -> None:
        secret = self._secret(agreed) if agreed and same else None
        secret = secret or secrets.token_hex(SECRET_LENGTH)
        sealed = seal(self._keyring, PURPOSE, secret.encode(), one.id.bytes)
        async with self._pool.acquire() as conn, conn.transaction():
            # Written before the hub knows: it may ask back at once.
            if not await store.note_asked(conn, one.site_id, one.id, hub, topic, sealed, ASK_AGAIN):
                return
            if agreed is not None and not same:
                await leave(conn, agreed)
        form = {
            "hub.mode": "subscribe",
            "hub.topic": topic,
            "hub.callback": self._callback(one.id),
            "hub.lease_seconds": str(int(LEASE.total_seconds())),
            "hub.secret": secret,
        }
        if error := await self._send(hub, form):
            log.warning("hub not asked", feed=str(one.id), why=error)
            await store.note_failed(self._pool, one.id, error, ASK_AGAIN)

    async def leave(self, payload: bytes) -> None:
        """Tell a hub that nobody listens; once, for its lease ends in any case."""
        gone = msgspec.json.decode(payload, type=Unsubscribe)
        if self._public_url is None:
            return
        form = {
            "hub.mode": "unsubscribe",
            "hub.topic": gone.topic,
            "hub.callback": self._callback(gone.feed_id),
        }
        if error := await self._send(gone.hub, form):
            log.warning("hub not left", feed=str(gone.feed_id), why=error)

    async def _send(self, hub: str, form: Mapping[str, str]) -> str | None:
        """Why a hub did not take a request."""
        try:
            status = await self._post(hub, form)
        except FetchError as error:
            return str(error)
        return None if 200 <= status < 300 else f"The hub answered {status}"  # noqa: PLR2004

    def _secret(self, agreed: Subscription) -> str | None:
        """The secret that is agreed. A renewal keeps it: what is under way is signed with it."""
        try:
            return unseal(self._keyring, PURPOSE, agreed.secret, agreed.feed_id.bytes).decode()
        except SealError:
            return None

    def _callback(self, feed_id: UUID) -> str:
        token = self._keyring.object_token(TOKEN, feed_id)
        return f"{self._public_url}{CALLBACK.format(token=token)}"


async def leave(conn: Conn, agreed: Subscription) -> None:
    """Let a worker tell the hub, once the caller's transaction has committed."""
    if agreed.state in {"asked", "active"}:
        gone = Unsubscribe(agreed.feed_id, agreed.hub, agreed.topic)
        await enqueue(conn, LEAVE_JOB, msgspec.json.encode(gone))


def tells(agreed: Subscription | None, now: datetime, until: timedelta) -> bool:
    """Whether a hub can be relied on for so long: it has told before, and its lease lasts."""
    return (
        agreed is not None
        and agreed.state == "active"
        and agreed.told_at is not None
        and agreed.lease_until is not None
        and agreed.lease_until > now + until
    )


def is_signed(keyring: Keyring, agreed: Subscription, header: str | None, body: bytes) -> bool:
    """Whether a hub that knows the secret has sent this (section 8, "Authenticated Content")."""
    method, _, given = (header or "").strip().partition("=")
    if method.lower() not in METHODS:
        return False
    try:
        secret = unseal(keyring, PURPOSE, agreed.secret, agreed.feed_id.bytes)
    except SealError:
        return False
    expected = hmac.new(secret, body, method.lower()).hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())
