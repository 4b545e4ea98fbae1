"""Telling readers of replies and of comments on what they follow.

A published comment is due by a trigger on the ledger (migration 0023), in the transaction that has
published it. The sweep first notes whom it is for, once a moderator had time to act, then writes
each recipient whose time has come one letter about all that waits. What is noted, what was told and
the letter in the outbox are each other's transaction: whatever dies, nobody is told twice.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from service.core.db import Conn, Pool
from service.core.tokens import Keyring
from service.correspondence.sending import From, Postman
from service.settings import Settings
from service.subscriptions import store
from service.subscriptions.letters import Letters
from service.subscriptions.rules import HOLD, next_letter, remembered
from service.subscriptions.types import Recipient
from service.web.words import DEFAULT

KIND = "comments"  # of these letters, for metrics and failures
LASTS = timedelta(days=1)
MOST_AT_ONCE = 200
BATCH = 500
MOST_NEWS = 500


class Teller:
    """Writes the letters that are due."""

    def __init__(self, pool: Pool, keyring: Keyring, settings: Settings) -> None:
        """Opens nothing."""
        self._pool = pool
        self._postman = Postman(keyring, settings)
        self._letters = Letters(keyring, self._postman.base or "")

    async def sweep(self, now: datetime | None = None) -> None:
        """Write them, each in a transaction of its own. Any number of workers may."""
        if self._postman.base is None:
            return
        now = now or datetime.now(UTC)
        taken = BATCH
        while taken == BATCH:
            taken = await store.take_due(self._pool, now - HOLD, BATCH, DEFAULT)
        for _ in range(MOST_AT_ONCE):
            async with self._pool.acquire() as conn, conn.transaction():
                to = await store.lock_next(conn, now)
                if to is None:
                    return
                await self._tell(conn, to, now)

    async def _tell(self, conn: Conn, to: Recipient, now: datetime) -> None:
        await store.drop_unwanted(conn, to.id)
        news = await store.list_news(conn, to.id, MOST_NEWS)
        if not news:  # taken back since it was noted
            return
        mail_id = await self._postman.send(
            conn,
            From(to.site_id, to.site, to.site_name),
            to.address,
            self._letters.about(to, news),
            kind=KIND,
            lasts=LASTS,
            subscription=self._letters.subscription(to),
        )
        if mail_id is None:  # whoever wants no letters
            await store.drop_untold(conn, to.id)
            return
        await store.note_told(conn, to.id, [one.comment_id for one in news], mail_id, now)
        letters = remembered(to.letters, now)
        await store.note_letter(conn, to.id, letters, next_letter(letters))

    async def is_wanted(self, mail_id: UUID) -> bool:
        """Whether a letter that is about to go is wanted, and tells of nothing that was taken back.

        Else it is taken back, too, and the rest of it is told by another. Whoever calls has leased
        it: nobody else sends it meanwhile.
        """
        async with self._pool.acquire() as conn, conn.transaction():
            whole = await store.is_whole(conn, mail_id)
            if not whole:
                await store.recall(conn, mail_id)
        return whole
