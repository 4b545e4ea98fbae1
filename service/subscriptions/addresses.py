"""Where a reader ends what letters come, and what opens that: a key that doesn't expire."""

from urllib.parse import urlencode
from uuid import UUID

from service.core.tokens import Keyring
from service.correspondence.addresses import MAIL, MAIL_KEY
from service.thread_page.addresses import COMMENT, Addresses

SETTINGS = MAIL
KEY = MAIL_KEY
CONFIRM = "/sites/{site}/follow"
FOLLOW_KEY = "rw"


def key_of(keyring: Keyring, recipient_id: UUID) -> str:
    """The key of a recipient's settings. It is signed and stored nowhere: it is good for ever."""
    return keyring.object_token(KEY, recipient_id)


def settings_address(base: str, site: str, key: str, lang: str, article: UUID | None = None) -> str:
    """The whole address of a recipient's settings; of an article, ending that one comes first."""
    query = {"key": key, "lang": lang, **({"article": str(article)} if article else {})}
    return f"{base}{SETTINGS.format(site=site)}?{urlencode(query)}"


def confirm_address(base: str, site: str, keyring: Keyring, follow_id: UUID, lang: str) -> str:
    """The whole address by which whoever owns an address confirms that it follows an article."""
    query = {"key": keyring.object_token(FOLLOW_KEY, follow_id), "lang": lang}
    return f"{base}{CONFIRM.format(site=site)}?{urlencode(query)}"


def action_of(addresses: Addresses, page: str = SETTINGS) -> str:
    """Where a page's form is sent, in the language that it is read in."""
    lang = f"?{urlencode({'lang': addresses.lang})}" if addresses.lang else ""
    return f"{addresses.prefix}{page.format(site=addresses.site)}{lang}"


def place_address(url: str, comment_id: UUID) -> str:
    """Where a comment stands in the publisher's page."""
    return f"{url.partition('#')[0]}#comment-{comment_id}"


def permanent_address(base: str, site: str, comment_id: UUID, lang: str) -> str:
    """The comment on our own page of the thread, which works without scripts."""
    return f"{base}{COMMENT.format(site=site, comment=comment_id)}?{urlencode({'lang': lang})}"
