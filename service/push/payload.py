"""The message that a browser receives: JSON that Safari can show by itself."""

from collections.abc import Iterator
from typing import Any

import msgspec

from service.articles.rules import origin_of
from service.push.types import Alert

LARGEST = 2048  # bytes; Firefox for Android refuses about 3,000, and 2 KB leaves room to grow
DECLARATIVE = 8030  # Safari's mark of a declarative message (WebKit, March 2025)
SHORTEST_TITLE = 40  # characters kept however long the address is
RECEIPT = "\x1a"  # where the receipt goes


class Payload:
    """One alert's message, rendered once; only the receipt differs between subscriptions."""

    def __init__(self, alert: Alert, *, base: str | None, receipt_length: int) -> None:
        """`base` is the service's public URL; a worker without one asks its own origin."""
        room = LARGEST - receipt_length
        message = next(m for m in _versions(alert, base) if len(_encode(m)) <= room)
        # From the right: the receipt is the last field, and a title may spell the escape out.
        head, _, tail = _encode(message).rpartition(msgspec.json.encode(RECEIPT)[1:-1])
        self._head, self._tail = head, tail

    def with_receipt(self, receipt: str) -> bytes:
        """The message for one subscription; `receipt` needs no escaping in JSON."""
        return self._head + receipt.encode("ascii") + self._tail


def _encode(message: dict[str, Any]) -> bytes:
    return msgspec.json.encode(message)


def _versions(alert: Alert, base: str | None) -> Iterator[dict[str, Any]]:
    """The message, then ever shorter ones: the image gives way, the body, then the title.

    An address that leaves no room for a title gives way last, to its site's front page.
    """
    title, body = alert.title, alert.body
    yield _message(alert, base, title, body, image=alert.image)
    for size in range(min(len(body), LARGEST), 0, -16):
        yield _message(alert, base, title, cut(body, size))
    for size in range(len(title), SHORTEST_TITLE, -8):
        yield _message(alert, base, cut(title, size), "")
    front = origin_of(alert.url) + "/"
    yield _message(msgspec.structs.replace(alert, url=front), base, cut(title, SHORTEST_TITLE), "")
    yield _message(msgspec.structs.replace(alert, url="/"), None, cut(title, SHORTEST_TITLE), "")


def _message(
    alert: Alert, base: str | None, title: str, body: str, *, image: str | None = None
) -> dict[str, Any]:
    notification = {"title": title, "navigate": alert.url, "body": body, "tag": alert.id.hex}
    if image:
        notification["image"] = image
    message: dict[str, Any] = {"web_push": DECLARATIVE, "notification": notification}
    if base:
        message["base"] = base
    return {**message, "receipt": RECEIPT}


def cut(text: str, size: int) -> str:
    """At most `size` characters, the last of them an ellipsis where something is missing."""
    return text if len(text) <= size else text[: max(size - 1, 0)].rstrip() + "…" if size else ""
