"""The outbox: mail that is kept in PostgreSQL until a server has taken it.

Written in the transaction of what it is about. A row is sent by whoever leases it; a worker that
dies in between loses nothing, and at worst the message goes out again under the same Message-ID.
Texts are sealed, since one may hold a sign-in link, and a row that was taken is deleted.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec
import structlog

from service.core import mail
from service.core.db import Conn, Executor, Pool, row_to, uuid7
from service.core.jobs import Job, Tick, enqueue
from service.core.metrics import MAILS
from service.core.sealing import SealError, seal, unseal
from service.core.tokens import Keyring

log = structlog.get_logger("rejoinder.mail")

SEND_JOB = "mail.send"
LEASE = timedelta(minutes=2)  # longer than one message may take
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720)]
KEPT = timedelta(days=14)  # how long a failure can be seen
MOST_AT_ONCE = 50
AT_ONCE = 4  # connections that a process opens


class Failure(msgspec.Struct, frozen=True):
    """A message that was given up, or that is being tried again."""

    kind: str
    recipient: str
    attempts: int
    error: str
    failed_at: datetime
    given_up: bool


class Leased(msgspec.Struct, frozen=True):
    """A message to send now; this try is number `attempts`."""

    id: UUID
    site_id: UUID | None
    kind: str
    recipient: str
    sealed: bytes
    attempts: int
    created_at: datetime


class _Texts(msgspec.Struct, frozen=True):
    subject: str
    text: str
    html: str | None
    sender: str = mail.SENDER
    headers: dict[str, str] = {}


async def post(
    conn: Conn,
    keyring: Keyring,
    kind: str,
    message: mail.Message,
    *,
    site_id: UUID | None = None,
    useless_after: timedelta = timedelta(days=2),
) -> UUID:
    """Keep a message for sending. Call it in the transaction of what it is about.

    `kind` says in a word or two what it is, for metrics and failures; after `useless_after` nobody
    is sent it any more.
    """
    ident = uuid7()
    texts = msgspec.msgpack.encode(
        _Texts(message.subject, message.text, message.html, message.sender, message.headers)
    )
    await conn.execute(
        """
        insert into mail (id, site_id, kind, recipient, sealed, useless_at)
        values ($1, $2, $3, $4, $5, now() + $6)
        """,
        ident,
        site_id,
        kind,
        message.to,
        seal(keyring, "mail", texts, ident.bytes),
        useless_after,
    )
    await enqueue(conn, SEND_JOB, ident.bytes)
    return ident


async def list_failures(
    conn: Executor, site_id: UUID, kinds: Sequence[str], most: int = 20
) -> list[Failure]:
    """What of a site's mail of these kinds wasn't taken lately, the newest first."""
    rows = await conn.fetch(
        """
        select kind, recipient, attempts, error, failed_at, given_up from mail
        where site_id = $1 and error is not null and kind = any($3::text[])
        order by failed_at desc limit $2
        """,
        site_id,
        most,
        list(kinds),
    )
    return [row_to(Failure, row) for row in rows]


# Whether a message, by its id, is still to go; what says no has taken it out of the outbox.
Wanted = Callable[[UUID], Awaitable[bool]]


class Returns(Protocol):
    """Looks after mail that comes back."""

    def mark(self, address: str, site_id: UUID | None) -> dict[str, str]:
        """Headers that tell whose a message is which comes back."""

    async def nobody(self, address: str) -> None:
        """Is told of an address that a server refuses for good."""


class PostOffice:
    """Sends what is in the outbox."""

    def __init__(
        self,
        pool: Pool,
        keyring: Keyring,
        server: mail.Server | None,
        sender: str,
        wanted: Mapping[str, Wanted] | None = None,
        returns: Returns | None = None,
    ) -> None:
        """Without a server everything stays where it is.

        `wanted` is asked before a message of its kind goes, each time.
        """
        self._returns = returns
        self._wanted = wanted or {}
        self._pool = pool
        self._keyring = keyring
        self._server = server
        self._sender = sender
        self._stopping = False

    def stop(self) -> None:
        """Begin nothing more: what waits is sent by another worker, or by the next one."""
        self._stopping = True

    def jobs(self) -> list[Job]:
        """Sending one message."""
        return [Job(SEND_JOB, self.send, concurrency=AT_ONCE)]

    def ticks(self) -> list[Tick]:
        """What a lost job was about, and what is due again."""
        return [Tick("mail.sweep", "* * * * * 20", self.sweep)]

    async def send(self, payload: bytes) -> None:
        """Send the message whose id is the payload, unless somebody else does."""
        await self._send_due(UUID(bytes=payload), 1)

    async def sweep(self) -> None:
        """Send what is due; give up what nobody needs any more, and forget what was given up."""
        for row in await self._pool.fetch(EXPIRE):
            MAILS.labels(row["kind"], "expired").inc()
        await self._pool.execute(
            "delete from mail where given_up and failed_at < now() - $1::interval", KEPT
        )
        await self._send_due(None, MOST_AT_ONCE)

    async def _send_due(self, ident: UUID | None, most: int) -> None:
        server = self._server
        if server is None:
            return
        for _ in range(most):
            if self._stopping:
                return
            row = await self._pool.fetchrow(CLAIM, ident, LEASE)
            if row is None:
                return
            await self._try(server, row_to(Leased, row))

    async def _try(self, server: mail.Server, leased: Leased) -> None:
        wanted = self._wanted.get(leased.kind)
        if wanted is not None and not await wanted(leased.id):
            MAILS.labels(leased.kind, "recalled").inc()
            return
        try:
            texts = unseal(self._keyring, "mail", leased.sealed, leased.id.bytes)
            written = msgspec.msgpack.decode(texts, type=_Texts)
            message = mail.Message(to=leased.recipient, **msgspec.structs.asdict(written))
            if self._returns is not None:
                message.headers.update(self._returns.mark(leased.recipient, leased.site_id))
            ready = mail.compose(message, leased.id, leased.created_at, self._sender)
            await mail.send(server, ready)
        except SealError:
            await self._failed(leased, "REJOINDER_SECRET was changed", permanent=True)
        except mail.MailError as error:
            if error.nobody and self._returns is not None:
                await self._returns.nobody(leased.recipient)
            await self._failed(leased, str(error), permanent=error.permanent)
        else:
            await self._pool.execute("delete from mail where id = $1", leased.id)
            MAILS.labels(leased.kind, "sent").inc()

    async def _failed(self, leased: Leased, error: str, *, permanent: bool) -> None:
        last = permanent or leased.attempts > len(WAITS)
        wait = timedelta(0) if last else WAITS[leased.attempts - 1]
        await self._pool.execute(FAIL, leased.id, error, wait, last)
        MAILS.labels(leased.kind, "failed" if last else "retried").inc()
        log.warning("mail not taken", kind=leased.kind, error=error, given_up=last)


# Skips what another process is sending; the lease outlasts the longest try.
CLAIM = """
update mail set attempts = attempts + 1, next_at = now() + $2
where id = (
    select id from mail
    where ($1::uuid is null or id = $1) and not given_up and next_at <= now()
        and useless_at > now()
    order by next_at limit 1 for update skip locked
)
returning id, site_id, kind, recipient, sealed, attempts, created_at
"""

FAIL = """
update mail
set error = $2, failed_at = now(), next_at = now() + $3, given_up = $4,
    sealed = case when $4 then ''::bytea else sealed end
where id = $1
"""

EXPIRE = """
update mail
set error = coalesce(error, 'Not sent in time'), failed_at = coalesce(failed_at, now()),
    given_up = true, sealed = ''::bytea
where not given_up and useless_at < now()
returning kind
"""

FORGET = "delete from mail where given_up and failed_at < now() - $1::interval"
