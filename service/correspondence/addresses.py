"""Where the pages behind letters are."""

from urllib.parse import urlencode

from service.thread_page.addresses import ME, Addresses

CONFIRM = "/sites/{site}/confirm"
EXPORT = ME + "/export"
# What letters come, and ending them (service/subscriptions); MAIL_KEY begins a key that opens it.
MAIL = "/sites/{site}/mail"
MAIL_KEY = "ru"


def link_address(base: str, site: str, key: str, lang: str) -> str:
    """The whole address of a link in a letter; `base` is the public URL."""
    return f"{base}{CONFIRM.format(site=site)}?{urlencode({'key': key, 'lang': lang})}"


def page_address(addresses: Addresses, pattern: str, **query: str | None) -> str:
    """A page of a site, in the language that it is read in."""
    given = {name: value for name, value in query.items() if value is not None}
    if addresses.lang:
        given["lang"] = addresses.lang
    tail = f"?{urlencode(given)}" if given else ""
    return f"{addresses.prefix}{pattern.format(site=addresses.site)}{tail}"
