"""Where the pages behind letters are."""

from urllib.parse import urlencode

from service.thread_page.addresses import Addresses

CONFIRM = "/sites/{site}/confirm"


def link_address(base: str, site: str, key: str, lang: str) -> str:
    """The whole address of a link in a letter; `base` is the public URL."""
    return f"{base}{CONFIRM.format(site=site)}?{urlencode({'key': key, 'lang': lang})}"


def action_of(addresses: Addresses) -> str:
    """Where the form behind a link is sent, in the language that it is read in."""
    lang = f"?{urlencode({'lang': addresses.lang})}" if addresses.lang else ""
    return f"{addresses.prefix}{CONFIRM.format(site=addresses.site)}{lang}"
