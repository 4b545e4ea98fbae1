"""Letters with made-up people: the same functions as for real ones, so that they can't differ."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from service.articles.types import Site
from service.core.mail import Message
from service.core.tokens import Keyring
from service.correspondence.addresses import link_address
from service.correspondence.jobs import confirmation
from service.correspondence.letters import compose
from service.correspondence.linking import page_letter
from service.correspondence.types import Due, Letter, Subscription
from service.previews.types import Kind
from service.subscriptions.addresses import confirm_address, settings_address
from service.subscriptions.following import follow_letter
from service.subscriptions.letters import Letters
from service.subscriptions.types import Follow, News, Recipient

# Where no public address is set yet.
NOWHERE = "https://comments.example"
NOBODY = UUID(int=0)  # of whom no link of a sample opens anything
TITLE = "The last crossing of the ferry"
KEY = "sample"
SAID = [
    ("Zoë Harper", "A tunnel costs twice as much, and nobody has asked those who live above it."),
    ("Tom", "I took that ferry to school every day. Thank you for the photographs."),
    ("ليلى", "وماذا عن الجسر؟"),
]  # fmt: skip


class Samples:
    """The letters of one site in one language."""

    def __init__(self, keyring: Keyring, site: Site, base: str | None, lang: str) -> None:
        """`base` is the public URL."""
        self._keyring = keyring
        self._site = site
        self._base = base or NOWHERE
        self._lang = lang
        self._url = f"{site.origins[0] if site.origins else NOWHERE}/ferry"

    def message(self, kind: Kind, to: str) -> Message:
        """A letter as it would be handed in."""
        letter, subscription = self._letter(kind)
        return compose(letter, self._site.name, self._site.slug, to, self._base, subscription)

    def _letter(self, kind: Kind) -> tuple[Letter, Subscription | None]:
        site, lang = self._site, self._lang
        link = link_address(self._base, site.slug, KEY, lang)
        match kind:
            case "confirmation":
                return confirmation(self._due(), link, _in_a_week()), None
            case "page":
                return page_letter(site.name, link, lang), None
            case "follow":
                follow = Follow(NOBODY, "", lang, NOBODY, TITLE, self._url, confirmed=False)
                where = confirm_address(self._base, site.slug, self._keyring, NOBODY, lang)
                stop = settings_address(self._base, site.slug, KEY, lang)
                return follow_letter(site.name, follow, where, stop, lang), None
            case "reply":
                return self._about([self._news(0, reply=True)])
            case "comment":
                return self._about([self._news(1, reply=False)])
            case "digest":
                return self._about([self._news(n, reply=n != 1) for n in range(len(SAID))])

    def _about(self, news: list[News]) -> tuple[Letter, Subscription]:
        site = self._site
        to = Recipient(NOBODY, site.id, site.slug, site.name, "", self._lang, [])
        letters = Letters(self._keyring, self._base)
        return letters.about(to, news), letters.subscription(to)

    def _news(self, n: int, *, reply: bool) -> News:
        name, body = SAID[n]
        return News(NOBODY, reply, name, body, NOBODY, KEY, self._url, TITLE)

    def _due(self) -> Due:
        site = self._site
        return Due(
            site_id=site.id, site=site.slug, site_name=site.name, wanted=True, comment_id=NOBODY,
            lang=self._lang, status="published", address="", address_hash=None, title=TITLE,
            created_at=datetime.now(UTC), notify=True,
        )  # fmt: skip


def _in_a_week() -> datetime:
    return datetime.now(UTC) + timedelta(days=7)
