"""What gives spam away beside its words: links, prices, shouting, calls to action."""

import re
from collections.abc import Iterable
from string import ascii_lowercase, ascii_uppercase
from typing import NamedTuple, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin

from classifiers.sayings import sayings


class Cue(NamedTuple):
    """A sign of spam and where it stands (offsets in the text as written)."""

    name: str
    begin: int
    end: int


CUES = (
    "link", "links", "many_links", "same_link", "only_link", "link_last", "shortener",
    "odd_domain", "tracked", "story_link", "markup", "email", "phone", "money", "percent",
    "shouting", "some_capitals", "exclaiming", "mentions", "hashtags", "emoji", "repeats",
    "short", "long", "digits", "call_to_act", "own_place", "we_offer", "earning", "gambling",
    "pills", "coins", "lending", "courting", "support", "flattery", "flattery_link", "contact",
    "begging", "moment", "own_subscription",
)  # fmt: skip

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s<>\"\])]{1,400}"
    r"|(?<![\w@.])[a-z0-9-]{2,40}(?:\.|[\[(](?:\.|dot)[\])])(?:com|net|org|info|biz|ru|xyz|top|club|shop|online|site|io|co"
    r"|me|tv|gg|gl|ly|to|us|tk|link|click|live|store|website|example)\b(?:/[^\s<>\"\])]{0,400})?",
    re.IGNORECASE,
)
_DOT = re.compile(r"[\[(]dot[\])]", re.IGNORECASE)
# No link is without one of these, and few comments have any: looked for at once.
_LINKED = re.compile(r"\.[^\s.\"\])<>]|[wW]\.|://|[\[(](?:\.|[dD][oO][tT])[\])]")
_SHORTENER = re.compile(
    r"(?:bit\.ly|goo\.gl|tinyurl\.com|ow\.ly|is\.gd|adf\.ly|cutt\.ly|gg\.gg|rb\.gy|t\.me"
    r"|wa\.me|linktr\.ee|shorturl\.at)(?:/|$)",
    re.IGNORECASE,
)
_ODD = re.compile(
    r"\.(?:xyz|top|click|biz|info|club|shop|online|site|store|live|link|website|tk|ru)"
    r"(?=[/?#:]|$)",
    re.IGNORECASE,
)
_TRACKED = re.compile(
    r"[?&](?:ref|aff|affid|utm_\w{1,20}|partner|promo|invite|sub_confirmation)=", re.IGNORECASE
)
# A story lies deep in a site, behind a section or a date; what is sold lies at its door.
_STORY = re.compile(
    r"^(?:https?://)?[^/\s]+/(?:[^/\s]+/[^?\s]*[\w-]{3}|[^?\s]*\d{4}|[^?\s]*\w+-\w+-\w)"
    r"|^(?:https?://)?[^/\s]+\.(?:gov|edu|int)(?:\.\w\w)?(?:/|$)",
    re.IGNORECASE,
)
# A link into the middle of a video is what its viewers share.
_MOMENT = re.compile(r"[?&](?:amp;)?t=\d", re.IGNORECASE)
_MARKUP = re.compile(r"<a\s|\[url|\[link|\]\(http|href=", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[a-z]{2,10}", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)\+?\d[\d ().-]{8,16}\d(?![\d])")
_MONEY = re.compile(
    r"[$€£]\s?\d[\d,.]{0,12}k?|\d[\d,.]{0,12}\s?(?:usd|dollars|euros?|pounds|[$€£])", re.IGNORECASE
)
_PERCENT = re.compile(r"\d{1,3}\s?%")
_EXCLAIM = re.compile(r"!{2,20}")
_MENTION = re.compile(r"(?<!\w)@\w{2,40}")
_HASHTAG = re.compile(r"(?<!\w)#\w{2,40}")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_DIGITS = re.compile(r"(?<!\w)\d{5,20}(?!\w)")
_SENTENCE = re.compile(r"[^.!?\n]{12,}")
_CAPITALS, _SMALL = ascii_uppercase.encode(), ascii_lowercase.encode()
_MANY, _SOME = 3, 2
_SHOUT_LETTERS = 12
_SHORT, _LONG = 25, 600
# Characters beside its links that a comment of nothing but links may have.
_BARELY = 10


def _link_cues(text: str, links: list[re.Match[str]]) -> list[Cue]:
    if not links:
        return []
    first, found = links[0].span(), [Cue("link", *links[0].span())]
    if len(links) >= _SOME:
        found.append(Cue("links", *links[1].span()))
    if len(links) >= _MANY:
        found.append(Cue("many_links", *links[2].span()))
    if len({link[0].lower() for link in links}) < len(links):
        found.append(Cue("same_link", *links[-1].span()))
    outside = len(text) - sum(link.end() - link.start() for link in links)
    if outside <= _BARELY:
        found.append(Cue("only_link", *first))
    if len(text.rstrip(" .!\n")) <= links[-1].end():
        found.append(Cue("link_last", *links[-1].span()))
    for name, pattern in (
        ("shortener", _SHORTENER),
        ("odd_domain", _ODD),
        ("tracked", _TRACKED),
        ("moment", _MOMENT),
        ("story_link", _STORY),
    ):
        hit = next((link for link in links if pattern.search(link[0])), None)
        if hit:
            found.append(Cue(name, *hit.span()))
    return found


def _count_letters(text: str) -> tuple[int, int]:
    """Answer how many letters there are, and how many of them are capitals."""
    if text.isascii():  # twenty times as fast
        rest = text.encode().translate(None, _CAPITALS)
        return len(text) - len(rest.translate(None, _SMALL)), len(text) - len(rest)
    return sum(map(str.isalpha, text)), sum(map(str.isupper, text))


def _shape_cues(text: str) -> list[Cue]:
    found: list[Cue] = []
    whole = (0, len(text))
    letters, capitals = _count_letters(text)
    if letters >= _SHOUT_LETTERS:
        if capitals > 0.6 * letters:
            found.append(Cue("shouting", *whole))
        elif capitals > 0.2 * letters:
            found.append(Cue("some_capitals", *whole))
    if len(text) < _SHORT:
        found.append(Cue("short", *whole))
    elif len(text) > _LONG:
        found.append(Cue("long", *whole))
    sentences = [part.strip().lower() for part in _SENTENCE.findall(text)]
    if len(set(sentences)) < len(sentences):
        found.append(Cue("repeats", *whole))
    return found


# Name, pattern, what it can't be without (one of these), and how often it must be there.
_SINGLES = (
    ("email", _EMAIL, ("@",), 1),
    ("mentions", _MENTION, ("@",), 1),
    ("hashtags", _HASHTAG, ("#",), 2),
    ("exclaiming", _EXCLAIM, ("!!",), 1),
    ("percent", _PERCENT, ("%",), 1),
    ("markup", _MARKUP, ("<", "[", "]", "="), 1),
)
_NUMBERS = (("phone", _PHONE), ("money", _MONEY), ("digits", _DIGITS))
_A_DIGIT = re.compile(r"\d")


def _lowered(text: str) -> str:
    """Answer the text in lower case at the same length, so that offsets hold.

    Matching lower case is four times as fast as matching without regard to case.
    """
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def _without(text: str, links: list[re.Match[str]]) -> str:
    """Blank the links out: the numbers in them are addresses of stories, not of people."""
    parts, end = [], 0
    for link in links:
        parts += [text[end : link.start()], " " * (link.end() - link.start())]
        end = link.end()
    return "".join([*parts, text[end:]]) if parts else text


def cues(text: str) -> list[Cue]:
    """List the cues of a text as written, each name once; linear in its length."""
    linked = _LINKED.search(text) and ("." in text or _DOT.search(text))
    links = list(_LINK.finditer(text)) if linked else []
    found = _link_cues(text, links) + _shape_cues(text)
    for name, pattern, needs, least in _SINGLES:
        if any(map(text.__contains__, needs)):
            hits = list(pattern.finditer(text))
            if len(hits) >= least:
                found.append(Cue(name, *hits[0].span()))
    prose = _without(text, links)
    if _A_DIGIT.search(prose):
        for name, pattern in _NUMBERS:
            hit = pattern.search(prose)
            if hit:
                found.append(Cue(name, *hit.span()))
    if not text.isascii() and len(_EMOJI.findall(text)) >= _MANY:
        found.append(Cue("emoji", 0, len(text)))
    said = dict(sayings(_lowered(text)))
    found += [Cue(name, *span) for name, span in said.items()]
    if found and found[0].name == "link" and "flattery" in said:
        found.append(Cue("flattery_link", found[0].begin, found[0].end))
    return found


CUE_COLUMN = {name: column for column, name in enumerate(CUES)}


class Cues(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Turn texts into rows of 0 and 1, one column for each of `CUES`; learns nothing."""

    def fit(self, texts: Iterable[str], y: object = None) -> Self:
        """Do nothing, as the contract wants."""
        del texts, y
        self.n_cues_ = len(CUES)
        return self

    def transform(self, texts: Iterable[str]) -> sparse.csr_array:
        """Answer the matrix (texts, cues)."""
        columns: list[int] = []
        ends = [0]
        for text in texts:
            columns.extend(sorted(CUE_COLUMN[cue.name] for cue in cues(text)))
            ends.append(len(columns))
        return sparse.csr_array(
            (np.ones(len(columns)), np.array(columns, dtype=np.int32), ends),
            shape=(len(ends) - 1, len(CUES)),
        )
