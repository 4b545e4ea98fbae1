"""The message that a browser receives: JSON that Safari can show by itself."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import msgspec
import regex

from service.articles.rules import origin_of
from service.push.settings_store import PushSettings
from service.push.types import Alert

LARGEST = 2048  # bytes; Firefox for Android refuses about 3,000, and 2 KB leaves room to grow
DECLARATIVE = 8030  # Safari's mark of a declarative message (WebKit, March 2025)
SHORTEST_TITLE = 40  # what a reader sees as letters, kept however long the address is
SHORTEST_BODY = 80  # the same, kept before the icons give way
RECEIPT = "\x1a"  # where the receipt goes
LETTERS = regex.compile(r"\X")  # extended grapheme clusters (Unicode Annex 29)


class Payload:
    """One alert's message, rendered once; only the receipt differs between subscriptions."""

    def __init__(
        self,
        alert: Alert,
        *,
        base: str | None,
        receipt_length: int,
        settings: PushSettings | None = None,
    ) -> None:
        """`base` is the service's public URL; a worker without one asks its own origin."""
        room = LARGEST - receipt_length
        message = next(
            m for m in _versions(alert, base, settings or PushSettings()) if len(_encode(m)) <= room
        )
        # From the right: the receipt is the last field, and a title may spell the escape out.
        head, _, tail = _encode(message).rpartition(msgspec.json.encode(RECEIPT)[1:-1])
        self._head, self._tail = head, tail

    def with_receipt(self, receipt: str) -> bytes:
        """The message for one subscription; `receipt` needs no escaping in JSON."""
        return self._head + receipt.encode("ascii") + self._tail


def _encode(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode(message)


def _versions(alert: Alert, base: str | None, settings: PushSettings) -> Iterator[dict[str, Any]]:
    """The message, then ever shorter ones: image, body, icons, the rest of the body, title.

    An address that leaves no room for a title gives way last: what counts its readers, then the
    path, so that it leads to its site's front page.
    """
    icons = {"icon": settings.icon, "badge": settings.badge}
    marked = msgspec.structs.replace(alert, url=counted(alert, settings))
    title, body = LETTERS.findall(alert.title), LETTERS.findall(alert.body)
    yield _message(marked, base, alert.title, alert.body, image=alert.image or "", **icons)
    for size in range(min(len(body), LARGEST), SHORTEST_BODY, -16):
        yield _message(marked, base, alert.title, cut(body, size), **icons)
    for size in range(min(len(body), LARGEST), 0, -16):
        yield _message(marked, base, alert.title, cut(body, size))
    for size in range(len(title), SHORTEST_TITLE, -8):
        yield _message(marked, base, cut(title, size), "")
    front = msgspec.structs.replace(alert, url=origin_of(alert.url) + "/")
    nowhere = msgspec.structs.replace(alert, url="/")
    for short in (alert, front):
        yield _message(short, base, cut(title, SHORTEST_TITLE), "")
    for size in range(SHORTEST_TITLE, 0, -8):  # one letter may have a hundred marks
        yield _message(nowhere, None, cut(title, size), "")
    yield _message(nowhere, None, alert.title[:SHORTEST_TITLE], "")


def _message(
    alert: Alert, base: str | None, title: str, body: str, **pictures: str
) -> dict[str, Any]:
    notification = {"title": title, "navigate": alert.url, "body": body, "tag": alert.id.hex}
    notification |= {name: url for name, url in pictures.items() if url}
    message: dict[str, Any] = {"web_push": DECLARATIVE, "notification": notification}
    if base:
        message["base"] = base
    return {**message, "receipt": RECEIPT}


def counted(alert: Alert, settings: PushSettings) -> str:
    """The alert's address with the site's UTM parameters, so that its statistics tell alerts apart.

    Those that the address has already stay. `{article}` and `{edition}` stand for the article's key
    and the alert's edition.
    """
    parts = urlsplit(alert.url)
    there = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    wanted = {
        "utm_source": settings.utm_source,
        "utm_medium": settings.utm_medium,
        "utm_campaign": settings.utm_campaign,
    }
    places = {"{article}": alert.article_key, "{edition}": str(alert.edition)}
    added = []
    for name, value in wanted.items():
        if not value or name in there:
            continue
        for place, meaning in places.items():
            value = value.replace(place, meaning)  # noqa: PLW2901 (one after the other)
        added.append(f"{name}={quote_plus(value)}")
    if not added:
        return alert.url  # to the letter
    # By hand: what is there already is not to be encoded anew.
    head, hash_, fragment = alert.url.partition("#")
    mark = "" if head.endswith(("?", "&")) else "&" if parts.query else "?"
    return f"{head}{mark}{'&'.join(added)}{hash_}{fragment}"


def cut(letters: list[str], size: int) -> str:
    """At most `size` letters as readers see them, the last an ellipsis where something is missing.

    No flag, family or letter with its marks is cut in two.
    """
    if len(letters) <= size:
        return "".join(letters)
    return "".join(letters[: max(size - 1, 0)]).rstrip() + "…" if size else ""
