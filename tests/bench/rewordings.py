"""Campaigns made of real spam: the same message, reworded and disguised as those who send it do."""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from classifiers.obfuscate import attacks, rewrite

LONG_ENOUGH = 80  # characters of a message that is worth rewording, its links left out
LINK = re.compile(r"https?://\S+|www\.\S+")
SWAPS = [
    ("free", "gratis", "at no cost"), ("win", "earn", "get"), ("money", "cash", "income"),
    ("click", "tap", "press"), ("check", "look at", "see"), ("now", "today", "right away"),
    ("please", "pls", "kindly"), ("channel", "page", "profile"), ("subscribe", "follow", "join"),
    ("call", "ring", "phone"), ("text", "message", "write"), ("prize", "reward", "gift"),
    ("great", "awesome", "amazing"), ("make", "create", "produce"), ("video", "clip", "film"),
    ("work", "job", "task"), ("home", "house", "place"), ("you", "u", "ya"), ("for", "4", "fur"),
    ("to", "2", "too"), ("your", "ur", "yr"), ("guys", "people", "friends"), ("and", "&", "n"),
]  # fmt: skip
FILLERS = [
    "really", "just", "so", "very", "honestly", "simply", "actually", "indeed", "maybe", "also",
    "even", "still", "again",
]  # fmt: skip
BEFORE = ["Hi all,", "Hello everybody!", "Guys,", "Good morning.", "Wow.", "Not to be rude, but"]
AFTER = ["Thanks!", "God bless.", "Don't miss it", "See you there", "You will thank me", "Cheers"]
EMOJI = ["😀", "🔥", "💰", "👉", "✅", "❤️"]
NAMES = ["Anna", "Marco", "Dr. Obi", "Mrs. Lee", "John", "Priya", "Kwame", "Ines"]


def spam(data: Path) -> list[str]:
    """Real spam that is long enough, each text once.

    Rewording puts another link for each: of a message that is but a link nothing would remain, and
    its "rewordings" would be twenty texts without a word in common.
    """
    found = []
    for name in ("youtube_spam", "sms_spam"):
        with gzip.open(data / "labelled" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            found += [row["text"] for row in map(json.loads, lines) if row["y"] == 1]
    unique = {re.sub(r"\W+", "", text.lower())[:60]: text for text in found}
    said = {text: LINK.sub("", text).strip() for text in unique.values()}
    return [text for text in said if len(said[text]) >= LONG_ENOUGH and len(text) <= 600]


def comments(data: Path, count: int) -> list[str]:
    """Real comments, each once."""
    found: dict[str, str] = {}
    for name in ("eval_news_ucc", "civil_comments", "wikipedia_talk"):
        with gzip.open(data / "labelled" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                found.setdefault(" ".join(row["text"].lower().split()), row["text"])
    return list(found.values())[:count]


def reworded(text: str, chance: Random, strength: float) -> str:
    """Another wording: `strength` of the words touched, and now and then the rest of the tricks."""
    words = text.split()
    words = list(_touched(words, chance, strength))
    if chance.random() < 0.3:
        words = _turned(words, chance)
    if chance.random() < 0.4:
        words = [chance.choice(BEFORE), *words]
    if chance.random() < 0.4:
        words = [*words, chance.choice(AFTER)]
    if chance.random() < 0.3:
        words.insert(chance.randrange(len(words) + 1), chance.choice(EMOJI))
    changed = " ".join(words)
    changed = re.sub(r"\d", lambda _: str(chance.randrange(10)), changed)
    changed = LINK.sub(lambda _: _link(chance), changed)
    if chance.random() < 0.15:
        changed = changed.upper() if chance.random() < 0.5 else changed.lower()
    return disguised(changed, chance) if chance.random() < 0.4 else changed


def _touched(words: Sequence[str], chance: Random, strength: float) -> Iterator[str]:
    swaps = {group[at]: group for group in SWAPS for at in range(len(group))}
    for word in words:
        plain = word.lower().strip(".,!?")
        if plain in swaps and chance.random() < 3 * strength:
            yield chance.choice(swaps[plain])
        elif chance.random() >= strength:
            yield word
        else:
            how = chance.randrange(4)
            if how == 0:
                continue  # dropped
            if how == 1:
                yield from (chance.choice(FILLERS), word)
            elif how == 2:
                yield chance.choice(NAMES) if word[:1].isupper() else chance.choice(FILLERS)
            else:
                yield _misspelt(word, chance)


def _misspelt(word: str, chance: Random) -> str:
    at = chance.randrange(len(word))
    return chance.choice([word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word + "s"])


def _turned(words: list[str], chance: Random) -> list[str]:
    """The sentences in another order."""
    sentences = re.split(r"(?<=[.!?])\s+", " ".join(words))
    chance.shuffle(sentences)
    return " ".join(sentences).split()


def _link(chance: Random) -> str:
    return (
        f"http://{''.join(chance.choices('abcdefghijklmnop', k=7))}.example/{chance.random():.5f}"
    )


def disguised(text: str, chance: Random, rules: Sequence[Callable[[str, Random], str]] = ()) -> str:
    """A third to all of the words in one of the disguises."""
    rule = chance.choice(list(rules) or [attack.rule for attack in attacks()])
    share = chance.choice([0.3, 0.6, 1.0])
    spans = [m.span() for m in re.finditer(r"\w+", text) if chance.random() < share]
    return rewrite(text, spans, rule, chance)
