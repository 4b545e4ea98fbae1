"""Which language a comment is in, and how much of it is in one that the model has learnt from."""

import re
from collections import Counter
from functools import cache
from string import ascii_letters

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from classifiers.text import fold

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
    ("zh", re.compile("[\u3400-\u9fff]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("bn", re.compile("[\u0980-\u09ff]")),
    ("ta", re.compile("[\u0b80-\u0bff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ka", re.compile("[\u10a0-\u10ff]")),
    ("hy", re.compile("[\u0530-\u058f]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
# Scripts that tell the language by themselves; the others are shared and need the identifier.
_TELLING = frozenset({"ko", "el", "he", "hi", "bn", "ta", "th", "ka", "hy"})
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
# Words that English uses often and that German, Portuguese, French, Spanish or Dutch do not.
_ENGLISH = frozenset((
    "the", "and", "you", "that", "this", "with", "have", "for", "not", "they", "what",
    "your", "from", "would", "there", "their", "will", "about", "who", "which", "when", "just",
    "like", "people", "get", "know", "don't", "it's", "i'm", "because", "out", "how", "them",
    "only", "than", "then", "been", "could", "should", "these", "those", "his",
    "does", "did", "think", "why", "where", "were", "was", "can't", "isn't", "you're",
))  # fmt: skip
# As frequent, but words of another language too (Dutch "is of", Polish "to my", Spanish "has",
# Turkish "her", Romanian "are"): they count beside one that is not.
_SHARED = frozenset(("is", "of", "to", "it", "my", "her", "has", "are", "we", "so", "no", "all"))
_COMMON = _ENGLISH | _SHARED
_LETTERS = re.compile(r"[^\W\d_]+")
_APART = bytes(at if chr(at) in ascii_letters else ord(" ") for at in range(256))
_LATIN = re.compile("[a-zA-Z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff]")
_HANGUL = _SCRIPTS[0][1]
# A letter of no script that the model has learnt, or of one that imitates Latin.
_ODD = re.compile(
    r"[^\W\d_a-zA-Z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"
)
# Links, mail addresses, mentions and hashtags are in no language.
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[!-~]+|[@#][a-z0-9_]+|(?<![a-z0-9._+-])[a-z0-9._+-]{1,64}@[a-z0-9.-]+",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\u2026\n]+")
_WORD = re.compile(r"\w+")
_FEW_LETTERS = 20
_TOO_FEW = 8
_HEAD = 1_000
# How much likelier (log-likelihood) a language without ground must be than one with. Short
# sentences in other languages nearly all are by 25 and more than English; English names, laughter
# and slang stay below. Spanish is nearer to Portuguese.
# Chosen on samples; of the rest of two sets of news comments 0 of 3,000 and 2 of 1,414 in English
# are called foreign.
_MARGINS = (("en", 13.0), ("pt", 5.0), ("de", 5.0))
_SHORT_MARGIN = 18.0
_PART = 4  # letters; a shorter part says nothing


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(_CANDIDATES)
    return identifier


def language(text: str) -> str:
    """Answer the ISO 639-1 code of a text's language, `und` where there are no letters.

    Looks at the first 1,000 characters, through disguises (letters that only look Latin). Under 20
    letters the script decides, and plain Latin letters count as English unless the identifier is
    very sure; under 8 always.
    """
    head = text[:_HEAD]
    odd = [] if head.isascii() else _ODD.findall(head)
    if odd and (_LATIN.search(head) or not any(p.match(odd[0]) for _, p in _SCRIPTS)):
        head = fold(_ADDRESS.sub(" ", head))
        odd = _ODD.findall(head)
        # What most of a mixed text is in, and not what its few foreign words are in.
        if len(odd) * 2 < _count(head):
            head, odd = _ODD.sub(" ", head), []
    letters, runs = _runs(head)
    if not letters:
        return "und"
    few = letters < _FEW_LETTERS
    if head.isascii():
        # Letters spelt one by one say nothing of a language.
        if letters < max(_TOO_FEW, 2 * runs) or _is_english(head, runs):
            return "en"
        return _identify(head, (("en", _SHORT_MARGIN),) if few else _MARGINS)
    if not odd and _is_english(head, runs):
        return "en"
    code, most = _script(head)
    if most * 2 >= letters and (few or code in _TELLING):
        return code
    return _identify(head, _MARGINS)


def _runs(text: str) -> tuple[int, int]:
    """Answer how many letters there are, and in how many runs."""
    if not text.isascii():
        runs = _LETTERS.findall(text)
        return sum(map(len, runs)), len(runs)
    apart = text.encode().translate(_APART).split()  # in a fifth of the time
    return sum(map(len, apart)), len(apart)


def _is_english(text: str, runs: int) -> bool:
    """Whether a word in five, but never one alone, is one of English."""
    words = (text if text.isascii() else text.replace("\u2019", "'")).lower().split()
    found = list(filter(_COMMON.__contains__, words))
    return len(found) * 5 >= runs and len(found) > 1 and not _SHARED.issuperset(found)


def _script(text: str) -> tuple[str, int]:
    """Answer the language that the most frequent script stands for, and its letters."""
    counts = Counter({code: len(pattern.findall(text)) for code, pattern in _SCRIPTS})
    code, most = counts.most_common(1)[0]
    if code == "ru" and _UKRAINIAN.search(text):
        return "uk", most
    return ("ja" if code == "zh" and counts["ja"] else code), most


def _identify(text: str, margins: tuple[tuple[str, float], ...]) -> str:
    ranked = _identifier().rank(text.encode("utf-8", "replace").decode())
    code, best = ranked[0]
    if margins is _MARGINS and grounded(code):
        return str(code)
    likelihood = dict(ranked)
    near = (other for other, margin in margins if best - likelihood[other] < margin)
    return next(near, str(code))


def grounded(code: str) -> bool:
    """Whether the model learnt from texts in this language; no letters need no language."""
    return code in GROUNDED or code == "und"


def learnt(text: str, code: str) -> tuple[str, float]:
    """Answer the part of a text in languages that the model has learnt, and its share of letters.

    `code` is the text's language. Everything else in the part is blanked, so that offsets stay;
    it is empty where nothing is left. By script, and for a language in Latin letters by sentence:
    those that are plainly English.
    """
    known = grounded(code)
    if known and (text.isascii() or not _ODD.search(text)):
        return text, 1.0
    letters = _count(text)
    latin = not known and not _ODD.search(text)
    if latin:
        part = _SENTENCE.sub(_keep_english, _ADDRESS.sub(_blank, text))
    else:
        part = _WORD.sub(_keep_script, text if known else _ADDRESS.sub(_blank, text))
    left = _count(part)
    if left < _PART or not (known or latin or grounded(language(part))):
        return "", 0.0
    return part, left / letters


def _count(text: str) -> int:
    return sum(map(len, _LETTERS.findall(text)))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _keep_english(match: re.Match[str]) -> str:
    runs = len(_LETTERS.findall(match[0]))
    return match[0] if _is_english(match[0], runs) else _blank(match)


def _keep_script(match: re.Match[str]) -> str:
    """Keep a word with any letter that the model may know: those of a disguise have some."""
    word = match[0]
    return word if _LATIN.search(word) or _HANGUL.search(word) else _blank(match)
