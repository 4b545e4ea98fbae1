# ruff: noqa: RUF001, S311 - look-alikes are meant; the seeds come from Hypothesis
"""Texts that nobody writes in good faith, as Hypothesis strategies: for safety and the bench."""

from collections.abc import Callable
from random import Random

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

LONGEST = 10_000

# Each repeats to a run that some regular expression could take badly.
UNITS = (
    "a", "aA", "é", "ß", "ж", "а", "한", "\u0301", "e\u0301\u0323", "\u200b", "\u202e",
    "\ufe0f", "\ud800", "\x00", "\u0345", "\U000e0061", "1", "12 ", "1 (", "+1-", "1.", "1,",
    "$9", "9$", "$", "€ 1", "9 ", "1%", "%", "www.", "www", "http://", "http://a",
    "https://a.b/", "a.", "a.a", ".", "a.co/", "a-", "-", "a.com", "@a", "@", "a@", "a@a",
    "a@a.", "a+a.", "#a", "#", "(", "((", ")", "[url", "[url=", "](http", "<a ", "<a",
    "href=", "?a=&", "&ref", "*", "a*", "$*a", "a$", "!", "!!", "a!", "f*", "a ", " ", "\n",
    "\t ", "a b ", "\u00a0", "_", "__a", "a_", "/", "//", "a/", "0", "1d ", "😀",
    "👩\u200d👩\u200d👧", "🇩🇪", "🅰", "👍🏽", "㎏", "ﷺ", "ﬃ", "½", "①", "click ", "we ", "earn",
    "free ", "don't ", "best price", "my ", "hot ", "e-mail", "crypto", "idiot ",
    "i d i o t ", "сосk ", "1d10t ", "fuuuck ", "st.pid ", "a.b-c_d/e ", "\u1112\u1161\u11ab",
    "e\u0301" * 30 + " ",
)  # fmt: skip
_EMOJI = st.sampled_from(
    ["😀", "🔪", "👍🏽", "❤\ufe0f", "👩\u200d👩\u200d👧", "🇩🇪", "🅰", "☎", "🖕🏿",
     "🏴\U000e0067\U000e007f", "🫠", "1\ufe0f\u20e3"]
)  # fmt: skip
# Most comments are short; each strategy still draws some thirty of the full length.
_LENGTHS = st.sampled_from([
    0, 1, 7, 15, 30, 30, 30, 60, 60, 60, 100, 100, 100, 100, 100, 150, 150, 200, 200, 270, 270, 270,
    270, 270, 300, 400, 500, 500, 500, 700, 1000, 1000, 2000, LONGEST,
])  # fmt: skip
_SEEDS = st.integers(0, 2**32 - 1)


def _long(unit: str, length: int) -> str:
    return (unit * (length // max(1, len(unit)) + 1))[:length]


def _any_unicode(seed: int, length: int, planes: int) -> str:
    random = Random(seed)
    return "".join(chr(random.randrange(planes)) for _ in range(length))


def _words_never_met(seed: int, length: int) -> str:
    random = Random(seed)
    letters = random.choice(
        ["abcdefghijklmnopqrstuvwxyz", "абвгдежзиклмн", "가나다라마바사", "aаeе0$*"]
    )
    written = ""
    while len(written) < length:
        written += "".join(random.choices(letters, k=random.randint(1, 34))) + random.choice(
            " .-\n"
        )
    return written[:length]


def _masked_words(seed: int, length: int) -> str:
    random = Random(seed)
    letters = (
        "abcdefghijklmnopqrstuvwxyz"
        + random.choice(["*", "*%", "*#&", "013457@$", "!|1", "-.", "*0"]) * 9
    )
    written = ""
    while len(written) < length:
        written += "".join(random.choices(letters, k=random.randint(3, 12))) + " "
    return written[:length]


def _marked(seed: int, length: int) -> str:
    random = Random(seed)
    marks = "\u0301\u0323\u0336\u0345\u200b\u00ad\ufe0f\u202e\u20dd"
    return "".join(
        letter + "".join(random.choices(marks, k=random.randint(0, 12)))
        for letter in random.choices("idiot fuck и한", k=length // 7)
    )[:length]


STRATEGIES: dict[str, st.SearchStrategy[str]] = {
    "any characters": st.text(st.characters(), max_size=400),
    "any characters, long": st.builds(
        _any_unicode, _SEEDS, _LENGTHS, st.sampled_from([0x80, 0x250, 0x3000, 0x10000, 0x110000])
    ),
    "any text repeated": st.builds(
        _long, st.text(st.characters(), min_size=1, max_size=30), _LENGTHS
    ),
    "one word repeated": st.builds(
        lambda word, sign, length: _long(word + sign, length),
        st.from_regex(r"[a-zA-Zé가ж$*1@]{1,40}", fullmatch=True),
        st.sampled_from([" ", "", ".", "\n", ", ", "-"]),
        _LENGTHS,
    ),
    "only emoji": st.builds(
        lambda some, length: _long("".join(some), length),
        st.lists(_EMOJI, min_size=1, max_size=12),
        _LENGTHS,
    ),
    "only addresses": st.builds(
        lambda scheme, host, path, length: _long(f"{scheme}{host}{path} ", length),
        st.sampled_from(["http://", "https://", "www.", "", "HTTP://WWW."]),
        st.from_regex(r"([a-z0-9-]{1,12}\.){1,30}(com|ru|xyz|example|é)", fullmatch=True),
        st.from_regex(r"(/[a-zA-Z0-9._~?&=#-]{0,90}){0,9}", fullmatch=True),
        _LENGTHS,
    ),
    "hostile runs": st.builds(
        lambda runs: "".join(_long(unit, length) for unit, length in runs)[:LONGEST],
        st.lists(st.tuples(st.sampled_from(UNITS), _LENGTHS), min_size=1, max_size=4),
    ),
    "words never met": st.builds(_words_never_met, _SEEDS, _LENGTHS),
    "masked words, all different": st.builds(_masked_words, _SEEDS, _LENGTHS),
    "marks and hidden characters": st.builds(_marked, _SEEDS, _LENGTHS),
    "one unit, ten thousand characters": st.builds(_long, st.sampled_from(UNITS), st.just(LONGEST)),
}
# How many of each make ten thousand: the last two are for depth, and cost the most.
COUNTS = dict.fromkeys(STRATEGIES, 990) | {
    "one unit, ten thousand characters": 100,
}  # fmt: skip


def each(name: str, use: Callable[[str], object]) -> None:
    """Give every text of one strategy to `use`: the same ones in every run."""

    @settings(
        max_examples=COUNTS[name],
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(STRATEGIES[name])
    def give(text: str) -> None:
        use(text)

    give()
