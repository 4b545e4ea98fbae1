"""A link to one's own page, sent to whoever asks for it."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from service.accounts.actions import check_email
from service.articles.types import Site
from service.core.db import Conn, Pool
from service.core.jobs import Job, enqueue
from service.core.limits import Limit, Limiter
from service.core.tokens import Keyring, random_token, token_hash
from service.correspondence import own_store, store
from service.correspondence.addresses import link_address
from service.correspondence.letters import plain
from service.correspondence.sending import From, Postman
from service.correspondence.types import Letter, Link
from service.correspondence.words import letter_words
from service.readers.confirmed_store import get_reader_by_address
from service.settings import Settings

LINK_JOB = "letters.page"
LINK_TOKEN = "ro"  # noqa: S105 (the first letters of one)
LASTS = timedelta(hours=1)
BROWSER_LASTS = timedelta(minutes=10)
ASKS = Limit("reader-ask", burst=5, every=120)  # of one network address
TO_ONE = Limit("reader-ask-address", burst=3, every=7200)
# Letters to one address that nobody opened: anybody may ask, and first write under the address.
MOST_A_DAY, MOST_A_MONTH, MOST_TYPED = 5, 30, 3


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """Who has asked, as the job is told."""

    site_id: UUID
    slug: str
    name: str
    address: str
    lang: str


async def ask_for_link(conn: Conn, limiter: Limiter, site: Site, email: str, lang: str) -> None:
    """Have a link sent to an address, if anything was ever written with it. Raises Invalid.

    Nothing is looked up here: a job does that. So the answer, and how long it takes, tells nobody
    whether an address is known; nor does it tell that a letter is one too many.
    """
    address = check_email("$.email", email)
    who = hashlib.blake2b(address.encode(), digest_size=16, key=site.id.bytes).digest()
    if await limiter.wait(TO_ONE, who, conn):
        return
    asked = Asked(site.id, site.slug, site.name, address, lang)
    await enqueue(conn, LINK_JOB, msgspec.msgpack.encode(asked))


class Linker:
    """What the worker does for those who have asked for a link."""

    def __init__(self, pool: Pool, keyring: Keyring, settings: Settings) -> None:
        """Opens nothing."""
        self._pool = pool
        self._postman = Postman(keyring, settings)

    def jobs(self) -> list[Job]:
        """The kind of work that is enqueued here."""
        return [Job(LINK_JOB, self.send)]

    async def send(self, payload: bytes) -> None:
        """Send a link to the address of the payload, if it is known."""
        asked = msgspec.msgpack.decode(payload, type=Asked)
        base = self._postman.base
        async with self._pool.acquire() as conn, conn.transaction():
            if base is None or not await self._may_write(conn, asked):
                return
            token = random_token(LINK_TOKEN)
            link = link_address(base, asked.slug, token, asked.lang)
            letter = page_letter(asked.name, link, asked.lang)
            sender = From(asked.site_id, asked.slug, asked.name)
            if await self._postman.send(
                conn, sender, asked.address, letter, kind="page link", lasts=LASTS
            ):
                await make_link(conn, asked.site_id, asked.address, asked.lang, token, LASTS)

    async def _may_write(self, conn: Conn, asked: Asked) -> bool:
        """Whether the address is known, and hasn't left too many letters unopened."""
        if not await own_store.is_known(conn, asked.site_id, asked.address):
            return False
        day, month = await own_store.count_page_links(conn, asked.site_id, asked.address)
        owned = await get_reader_by_address(conn, asked.site_id, asked.address) is not None
        return day < MOST_A_DAY and month < (MOST_A_MONTH if owned else MOST_TYPED)


def page_letter(site_name: str, address: str, lang: str) -> Letter:
    """The letter that leads to one's own page."""
    words, site = letter_words(lang), plain(site_name)
    return Letter(
        lang=words.lang,
        subject=words.say("page.subject", site=site),
        paragraphs=[words.say("page.lead", site=site)],
        action=(words.say("page.button"), address),
        after=[words.say("page.notYou")],
        small=[words.say("page.until")],
    )


async def make_link(
    conn: Conn, site_id: UUID, address: str, lang: str, token: str, lasts: timedelta
) -> None:
    """Store a link that is about no comment. Needs a transaction."""
    link = Link(site_id, address, None, lang, datetime.now(UTC) + lasts)
    await store.insert_link(conn, link, token_hash(token), None)
