"""Harmless prose to measure with."""

import random

# Words of no language, as many as a newspaper's and as unequally frequent (Zipf's law): forty
# real ones would make every comment nearly the same as every other, and that is another
# measurement; equally frequent ones would never be met twice.
LETTERS = random.Random(1)  # noqa: S311 (a fixed vocabulary, no secret)
WORDS = [
    "".join(LETTERS.choice("bcdfghjklmnprstvw") + LETTERS.choice("aeiou") for _ in range(length))
    for length in (1, 2, 2, 3, 3, 4) * 1000
]
FREQUENCIES = [1 / rank for rank in range(2, len(WORDS) + 2)]


def text(random_: random.Random, length: int = 270) -> str:
    """About `length` characters of harmless prose."""
    words = " ".join(random_.choices(WORDS, FREQUENCIES, k=length // 3))
    return words[:length].rsplit(" ", 1)[0].capitalize() + "."
