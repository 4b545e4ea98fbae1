"""What readers are told, by language: the catalogues in static/words/, one JSON file each.

Plural categories, numbers and dates are CLDR's, by Babel; browsers have the same by Intl.
"""

import functools
import json
import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Literal

import msgspec
from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal

FOLDER = Path(__file__).parent / "static" / "words"
DEFAULT = "en"

LONGEST_TAG = 35  # RFC 5646, section 4.4.1
MOST_RANGES = 20  # of an Accept-Language header; browsers send a handful
RANGE = re.compile(
    r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:;q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?"
)
BLANK = re.compile(r"\{(\w+)\}")


class Catalogue(msgspec.Struct, frozen=True):
    """One language: its tag, its own name, its direction, and its messages by section and key."""

    lang: str
    name: str
    dir: Literal["ltr", "rtl"]
    sections: Mapping[str, Mapping[str, Any]]

    def say(self, key: str, **blanks: str | int) -> str:
        """The message `section.key` with its {blanks} filled in; plural forms are chosen by `n`.

        Numbers are written as the language writes them. Plain text: escape it for HTML.
        """
        message: Any = self.sections
        for part in key.split("."):
            message = message[part]
        if not isinstance(message, str):
            category = Locale.parse(self.lang).plural_form(int(blanks["n"]))
            message = message.get(category, message["other"])
        return BLANK.sub(lambda blank: self._filled(blanks[blank[1]]), message)

    def _filled(self, value: str | int) -> str:
        if isinstance(value, int):
            return self.number(value)
        # Isolated (Unicode UAX #9): a name may run the other way than the sentence.
        return f"\u2068{value}\u2069" if self.dir == "rtl" else value

    def number(self, number: int) -> str:
        """A number with the language's separators."""
        return str(format_decimal(number, locale=self.lang))

    def moment(self, when: datetime, zone: tzinfo | None = None) -> str:
        """Date and time, in words, of a time zone (default: UTC)."""
        return str(format_datetime(when, "long", tzinfo=zone, locale=self.lang))

    def only(self, sections: list[str]) -> dict[str, Any]:
        """What a page is sent: these sections beside what language it is. Raises KeyError."""
        return {
            "lang": self.lang,
            "name": self.name,
            "dir": self.dir,
            **{name: self.sections[name] for name in sections},
        }


@functools.cache
def catalogues(folder: Path = FOLDER) -> Mapping[str, Catalogue]:
    """All catalogues by tag, English first: a language is there once its file is.

    A feature may have a folder of its own, for what no script reads in a page.
    """
    found = [_read(path) for path in sorted(folder.glob("*.json"))]
    return {one.lang: one for one in sorted(found, key=lambda one: one.lang != DEFAULT)}


def _read(path: Path) -> Catalogue:
    messages = json.loads(path.read_text("utf-8"))
    return Catalogue(messages.pop("lang"), messages.pop("name"), messages.pop("dir"), messages)


def lookup(tag: str, folder: Path = FOLDER) -> Catalogue | None:
    """The catalogue that a language tag means: `de-AT` German (RFC 4647, section 3.4)."""
    parts = tag[:LONGEST_TAG].lower().replace("_", "-").split("-")
    by_tag = {lang.lower(): catalogue for lang, catalogue in catalogues(folder).items()}
    while parts:
        if found := by_tag.get("-".join(parts)):
            return found
        parts.pop()
        while parts and len(parts[-1]) == 1:
            parts.pop()
    return None


def catalogue(tag: str, folder: Path = FOLDER) -> Catalogue:
    """The catalogue of a language, English where there is none."""
    return lookup(tag, folder) or catalogues(folder)[DEFAULT]


def best_catalogue(accept_language: str, default: str = DEFAULT) -> Catalogue:
    """What a browser's Accept-Language header asks for first (RFC 9110, section 12.5.4).

    What can't be read is passed over; `default` where nothing fits.
    """
    ranges = accept_language.replace(" ", "").split(",")[:MOST_RANGES]
    read = [match for one in ranges if (match := RANGE.fullmatch(one))]
    wanted = [(float(one[2] or 1), one[1]) for one in read]
    for quality, tag in sorted(wanted, key=lambda one: -one[0]):
        if quality and tag == "*":
            break
        if quality and (found := lookup(tag)):
            return found
    return catalogue(default)


def encoded(lang: str, sections: str) -> bytes:
    """A catalogue's sections, `count+times`, as JSON; raises KeyError for one that there isn't."""
    names = sections.split("+")
    if len(set(names)) < len(names):
        raise KeyError(sections)  # or there would be no end of addresses
    return msgspec.json.encode(catalogues()[lang].only(names))
