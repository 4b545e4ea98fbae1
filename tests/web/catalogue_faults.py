"""What is wrong with a catalogue, in words that help whoever translates."""
# ruff: noqa: RUF001  quotation marks that look alike are what this is about

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from babel import Locale

Messages = dict[str, Any]

CATEGORIES = {"zero", "one", "two", "few", "many", "other"}
BLANK = re.compile(r"\{(\w+)\}")
HOW_MANY = range(1000)

# What is the same word in both languages, or a name.
SAME = {
    "de": {"comments.name", "comments.website"},
    "fr": {"share.email"},
    "pl": {"share.email"},
}

# Opening and closing marks, outer and inner.
QUOTES = {
    "en": "“”‘’", "de": "„“‚‘", "fr": "«»“”", "es": "«»“”", "pl": "„”«»", "uk": "«»„“",
    "ru": "«»„“", "ar": "«»“”",
}  # fmt: skip
MARKS = set("“”‘„‚«»‹›\"'")
ENDS = {"؟": "?", "*": "."}


def leaves(messages: Messages, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each message by its path: a text, or a text a plural category."""
    for key, value in messages.items():
        if isinstance(value, str) or (value and set(value) <= CATEGORIES):
            yield path + key, value
        else:
            yield from leaves(value, f"{path}{key}.")


def faults(catalogue: Messages, english: Messages) -> list[str]:
    """Everything that is wrong, each with its message's path."""
    lang = catalogue["lang"]
    found = dict(leaves(catalogue))
    wanted = dict(leaves(english))
    said = [f"{path} is missing" for path in wanted.keys() - found.keys()]
    said += [f"{path} is in no use" for path in found.keys() - wanted.keys()]
    direction = "rtl" if Locale.parse(lang).text_direction == "rtl" else "ltr"
    if catalogue["dir"] != direction:
        said.append(f"dir is not {direction}")
    for path in sorted((wanted.keys() & found.keys()) - {"lang", "name", "dir"}):
        said += [f"{path}: {fault}" for fault in _of_message(lang, wanted[path], found[path])]
        if lang != english["lang"] and path not in SAME.get(lang, set()):
            texts, known = _texts(found[path]), set(_texts(wanted[path]))
            said += [f"{path} is not translated: {one}" for one in texts if one in known]
    return sorted(said)


def _texts(message: Any) -> list[str]:
    return [message] if isinstance(message, str) else list(message.values())


def _of_message(lang: str, wanted: Any, found: Any) -> Iterator[str]:
    if isinstance(wanted, str) != isinstance(found, str):
        yield "a text here and forms there"
        return
    blanks = set(BLANK.findall(" ".join(_texts(wanted))))
    if isinstance(found, str):
        if set(BLANK.findall(found)) != blanks:
            yield f"expected the blanks {sorted(blanks)}"
    else:
        yield from _of_forms(lang, blanks, found)
    ends = {_end(text) for text in _texts(wanted)}
    for text in _texts(found):
        if _end(text) not in ends:
            yield f"ends otherwise than the English: {text}"
        yield from (f"{fault}: {text}" for fault in typography(lang, text))


def _of_forms(lang: str, blanks: set[str], forms: dict[str, str]) -> Iterator[str]:
    plural = Locale.parse(lang).plural_form
    categories = {*plural.tags, "other"}
    yield from (f"the form {one} is missing" for one in categories - set(forms))
    yield from (f"{lang} has no form {one}" for one in set(forms) - categories)
    for category in categories & set(forms):
        given = set(BLANK.findall(forms[category]))
        many = sum(plural(n) == category for n in HOW_MANY) != 1
        if given - blanks or blanks - given - {"n"} or (many and "n" not in given):
            yield f"the form {category} needs the blanks {sorted(blanks)}"


def _end(text: str) -> str:
    last = ENDS.get(text[-1], text[-1])
    return last if last in ".?…:" else ""


def typography(lang: str, text: str) -> Iterator[str]:
    """What a copy editor would mark."""
    if text != text.strip() or "  " in text:
        yield "spaces too many"
    if not unicodedata.is_normalized("NFC", text):
        yield "not in Unicode's normal form C"
    if "..." in text:
        yield "dots for an ellipsis"
    if wrong := (MARKS & set(text)) - set(QUOTES.get(lang, MARKS)):
        yield f"quotation marks of another language, {' '.join(sorted(wrong))}"
    plain = re.sub(r"https?://\S+", "", text)
    if lang == "fr" and re.search(r"[^\u202f][?!;]|[^\u00a0]:|«[^\u00a0]|[^\u00a0]»", plain):
        yield "no-break spaces before ? ! ; (narrow) and :, and inside « »"
    if lang == "pl" and re.search(r"(?:^|[\s(])[wziouaWZIOUA] ", plain):
        yield "a no-break space after a word of one letter"
    if lang == "ar" and re.search(r"[،؛؟]\S|[؀-ۿ] ?[?,;]", plain.replace("؟ ", "")):
        yield "Latin punctuation, or no space after it"
