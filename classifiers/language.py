"""Which language a comment is in, and whether the model has learnt from that language."""

import re
from collections import Counter
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

GROUNDED = frozenset({"en", "de", "pt", "ko"})

# What readers of newspapers write; the identifier knows some 100 more that it mistakes these for.
_CANDIDATES = (
    "ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk",
    "sl", "sr", "sv", "th", "tr", "uk", "vi", "zh",
)  # fmt: skip
_SCRIPTS = (
    ("ko", re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
# Words that English uses often and that German, Portuguese, French, Spanish or Dutch do not.
_ENGLISH = frozenset((
    "the", "and", "you", "that", "this", "with", "have", "for", "are", "not", "they", "what",
    "your", "from", "would", "there", "their", "will", "about", "who", "which", "when", "just",
    "like", "people", "get", "know", "don't", "it's", "i'm", "because", "out", "how", "them",
    "only", "than", "then", "been", "could", "should", "these", "those", "my", "his", "her",
    "has", "does", "did", "think", "why", "where", "were", "it", "is", "of", "to",
))  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")
_FEW_LETTERS = 20
_HEAD = 1_000


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(_CANDIDATES)
    return identifier


def language(text: str) -> str:
    """Answer the ISO 639-1 code of a text's language, `und` where there are no letters.

    Looks at the first 1,000 characters. Under 20 letters no identifier is of use: the script
    decides, and plain Latin letters count as English.
    """
    head = text[:_HEAD]
    runs = _LETTERS.findall(head)
    letters = sum(map(len, runs))
    if not letters:
        return "und"
    if head.isascii():
        english = sum(run in _ENGLISH for run in head.lower().split())
        if letters < _FEW_LETTERS or (english >= 2 and english * 5 >= len(runs)):  # noqa: PLR2004 - a word in five, but never one word alone
            return "en"
    counts = Counter({code: len(pattern.findall(head)) for code, pattern in _SCRIPTS})
    code, most = counts.most_common(1)[0]
    if letters < _FEW_LETTERS and most * 2 >= letters:
        if code == "ru" and counts["uk"]:
            return "uk"
        return "ja" if code == "zh" and counts["ja"] else code
    printable = head.encode("utf-8", "replace").decode()
    return str(_identifier().classify(printable)[0])


def grounded(code: str) -> bool:
    """Whether the model learnt from texts in this language; no letters need no language."""
    return code in GROUNDED or code == "und"
