"""Background work of letters to readers: asking for confirmations, and forgetting."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from babel.dates import format_date

from service.core.db import Conn, Pool
from service.core.jobs import Tick
from service.core.tokens import Keyring, random_token, token_hash
from service.correspondence import own_store, store
from service.correspondence.addresses import link_address
from service.correspondence.letters import plain
from service.correspondence.linking import LINK_TOKEN
from service.correspondence.sending import From, Postman
from service.correspondence.types import Due, Letter, Link
from service.correspondence.words import letter_words
from service.settings import Settings

LASTS = timedelta(days=7)
STALE = timedelta(days=1)  # nobody knows any more what they wrote
MOST_AT_ONCE = 100
# Anybody can type anybody's address: unanswered letters to one, and those that one network
# address may cause in a day.
MOST_A_DAY, MOST_A_MONTH, MOST_CAUSED = 1, 3, 5


class Asker:
    """Asks whoever has posted under an address whether it is theirs."""

    def __init__(self, pool: Pool, keyring: Keyring, settings: Settings) -> None:
        """Opens nothing."""
        self._pool = pool
        self._postman = Postman(keyring, settings)
        self._most_caused = MOST_CAUSED if settings.rate_limits else None

    async def sweep(self) -> None:
        """Write the letters that are due, each in a transaction of its own."""
        for _ in range(MOST_AT_ONCE):
            async with self._pool.acquire() as conn, conn.transaction():
                if not await store.lock_sweep(conn):
                    return
                due = await store.take_due(conn)
                if due is None:
                    return
                await self._ask(conn, due)

    async def is_wanted(self, mail_id: UUID) -> bool:
        """Whether a letter that is about to go is still wanted; else it is taken back.

        A mail server may have been away for hours: in these an editor may have turned letters off.
        """
        return not await store.take_back_unwanted(self._pool, mail_id)

    async def _ask(self, conn: Conn, due: Due) -> None:
        """Write to the author of a comment, within all limits."""
        now = datetime.now(UTC)
        base = self._postman.base
        gone = due.status in {"spam", "removed"} or now - due.created_at > STALE
        if base is None or not due.wanted or gone or "@" not in due.address:
            return
        day, month, caused = await store.count_links(
            conn, due.site_id, due.address, due.address_hash
        )
        if day >= MOST_A_DAY or month >= MOST_A_MONTH:
            return
        if self._most_caused is not None and caused >= self._most_caused:
            return
        token = random_token(LINK_TOKEN)
        link = Link(due.site_id, due.address, due.comment_id, due.lang, now + LASTS)
        letter = confirmation(due, link_address(base, due.site, token, due.lang), link.expires_at)
        site = From(due.site_id, due.site, due.site_name)
        if await self._postman.send(
            conn, site, due.address, letter, kind="confirmation", lasts=STALE
        ):
            await store.insert_link(conn, link, token_hash(token), due.address_hash)


def confirmation(due: Due, address: str, until: datetime) -> Letter:
    """The letter that asks whether a comment is the recipient's.

    It holds neither the comment nor the name: whoever types an address would write to its owner.
    """
    words = letter_words(due.lang)
    title, site = plain(due.title), plain(due.site_name)
    when = format_date(until, "long", locale=words.lang)
    return Letter(
        lang=words.lang,
        subject=words.say("confirm.subject", title=title),
        paragraphs=[
            words.say("confirm.lead", title=title, site=site),
            words.say("confirm.why"),
            *([words.say("confirm.replies")] if due.notify else []),
        ],
        action=(words.say("confirm.button"), address),
        after=[words.say("confirm.notYou")],
        small=[words.say("confirm.until", when=when)],
    )


def ticks(pool: Pool, asker: Asker) -> list[Tick]:
    """Ask within seconds; forget once an hour."""

    async def forget() -> None:
        await store.forget(pool)
        await own_store.forget_lifted(pool)

    return [
        Tick("letters.confirm", "* * * * * */5", asker.sweep),
        Tick("letters.forget", "27 * * * *", forget),
    ]
