"""Letters as the desk shows them."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from service.bounces.types import Stopped

Kind = Literal["confirmation", "page", "reply", "comment", "digest", "follow"]
Missing = Literal["no_server", "no_public_url", "switched_off"]


class Language(msgspec.Struct, frozen=True):
    """A language that letters are written in."""

    lang: str
    name: str


class Preview(msgspec.Struct, frozen=True):
    """A letter with made-up people in it. `sender` as in From, with an address where one is set."""

    kind: Kind
    sender: str
    subject: str
    text: str


class Previews(msgspec.Struct, frozen=True):
    """All of them in one language; `missing` says why none goes out, `to` where a test goes."""

    site: str
    lang: str
    languages: list[Language]
    missing: list[Missing]
    stopped: Stopped
    to: str
    items: list[Preview]


class TestOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which letter is sent to the editor who asks."""

    kind: Kind
    lang: Annotated[str, Meta(min_length=2, max_length=35)] = "en"


class SentTest(msgspec.Struct, frozen=True):
    """Where the test goes."""

    to: str
