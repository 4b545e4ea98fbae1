"""Following an article: asked for by an address, in force by its owner's word."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from babel.dates import format_date

from service.accounts.actions import check_email
from service.articles.types import Article, Site
from service.core.db import Conn
from service.core.problems import Invalid, NotFound
from service.core.tokens import Keyring
from service.correspondence.letters import plain
from service.correspondence.sending import From, Postman
from service.correspondence.types import Letter
from service.readers.types import SignedIn
from service.subscriptions import follow_store as store
from service.subscriptions import settings_store as settings
from service.subscriptions.addresses import (
    FOLLOW_KEY,
    confirm_address,
    key_of,
    settings_address,
)
from service.subscriptions.types import Follow
from service.subscriptions.words import subscription_words

KIND = "follow"
LASTS = timedelta(days=7)  # as long as what nobody confirms is kept
STALE = timedelta(days=1)
# Anybody can type anybody's address: unconfirmed asks, for one in a week, and by one network
# address in a day.
MOST_A_WEEK, MOST_CAUSED = 3, 10


class Follows:
    """Takes what readers ask for."""

    def __init__(self, postman: Postman, keyring: Keyring) -> None:
        """Opens nothing."""
        self._postman = postman
        self._keyring = keyring

    async def ask(
        self,
        conn: Conn,
        site: Site,
        article: Article,
        email: str,
        lang: str,
        asked_from: bytes | None,
    ) -> None:
        """Write to an address that somebody gives, within all limits.

        The caller learns nothing of the address. Raises Invalid where it is none. Needs a
        transaction.
        """
        address = check_email("$.email", email)
        if self._postman.base is None or not site.confirm_readers:
            raise no_letters()
        to = await store.lock_recipient(conn, site.id, address, lang)
        one, caused = await store.count_asked(conn, to, asked_from)
        if one >= MOST_A_WEEK or caused >= MOST_CAUSED:
            return
        ident = await store.ask_follow(conn, site.id, to, article.id, asked_from)
        follow = await store.get_follow(conn, site.id, ident) if ident else None
        if follow is None:
            return
        key = key_of(self._keyring, to)
        stop = settings_address(self._postman.base, site.slug, key, lang)
        letter = follow_letter(site.name, follow, self._link(site, follow.id, lang), stop, lang)
        await self._postman.send(
            conn, From(site.id, site.slug, site.name), address, letter, kind=KIND, lasts=STALE
        )

    def _link(self, site: Site, ident: UUID, lang: str) -> str:
        return confirm_address(self._postman.base or "", site.slug, self._keyring, ident, lang)

    async def follow(
        self, conn: Conn, site: Site, article: Article, reader: SignedIn, lang: str
    ) -> None:
        """Let a reader whose address is known follow an article. Needs a transaction.

        Who had asked for no letters asks for these: that is over. Raises Invalid where the address
        isn't known, because the publisher's sign-in doesn't tell it.
        """
        address = contact_of(reader)
        if self._postman.base is None or not site.confirm_readers:
            raise no_letters()
        to = await store.lock_recipient(conn, site.id, address, lang)
        await store.set_follow(conn, site.id, to, article.id)
        await settings.allow(conn, site.id, self._postman.hash_of(address))

    def read_key(self, key: str) -> UUID | None:
        """Which follow a letter's key confirms."""
        return self._keyring.read_object_token(FOLLOW_KEY, key)


def contact_of(reader: SignedIn) -> str:
    """The address of a reader who has signed in or confirmed it; raises Invalid."""
    if not reader.reader.email:
        raise Invalid("The sign-in tells no e-mail address.")
    return reader.reader.email.strip().lower()


def no_letters() -> NotFound:
    """The failure where a site writes no letters."""
    return NotFound("This site sends readers no e-mail.")


def follow_letter(site_name: str, follow: Follow, address: str, stop: str, lang: str) -> Letter:
    """The letter that asks whether somebody follows an article; nothing in it is a stranger's.

    `stop` is where they say that no letter is to come at all.
    """
    words = subscription_words(lang)
    title, site = plain(follow.title), plain(site_name)
    when = format_date(datetime.now(UTC) + LASTS, "long", locale=words.lang)
    return Letter(
        lang=words.lang,
        subject=words.say("follow.subject", title=title),
        paragraphs=[words.say("follow.lead", title=title, site=site)],
        action=(words.say("follow.button"), address),
        after=[words.say("follow.notYou")],
        small=[words.say("follow.until", when=when)],
        links=[(words.say("mail.never"), stop)],
    )
