"""What a disguised word may say: bounded lists of plain readings, to be looked up in a model.

Nothing here knows which words are abusive. A model asks only for words that it has never met, and
takes a reading only where that is a word it knows as abusive: names and typing errors stay
themselves.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product

_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
# Which letters a sign within a word may stand for; `*` and its like stand for any.
_SIGNS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b",
    "9": "g", "@": "a", "$": "s", "!": "il", "|": "il", "+": "t",
    "*": _ALPHABET, "#": _ALPHABET, "%": _ALPHABET, "&": _ALPHABET,
}  # fmt: skip
# Letters that fold() can't tell apart by their looks.
_TWINS = {"i": "l", "l": "i", "v": "nuy", "u": "vyn", "n": "v", "m": "n", "y": "u"}
_MOST = 700  # two letters masked make 676
_SHORTEST, _LONGEST = 3, 16
# Words of which people mask all but the ends: a pattern has too many readings without a list.
_OFTEN_MASKED = (
    "arse", "arsehole", "ass", "asshole", "assholes", "bastard", "bastards", "bitch", "bitches",
    "bollocks", "brainless", "bullshit", "bullshitter", "clown", "clowns", "cock", "cocksucker",
    "coward", "cowards", "crap", "crappy", "cretin", "cuck", "cunt", "cunts", "damn",
    "deranged", "dick", "dickhead", "dickheads", "disgrace", "disgusting", "douche",
    "douchebag", "dumb", "dumbass", "dumbest", "dyke", "fag", "faggot", "faggots", "failure",
    "fake", "fart", "fatass", "filth", "filthy", "fool", "foolish", "fools", "freak", "fuck",
    "fucked", "fucker", "fuckers", "fucking", "fucks", "garbage", "goddamn", "hell",
    "hypocrite", "hypocrites", "idiot", "idiotic", "idiots", "ignorant", "imbecile", "jackass",
    "jerk", "kill", "liar", "liars", "loser", "losers", "lunatic", "lying", "moron", "moronic",
    "morons", "motherfucker", "motherfuckers", "motherfucking", "muppet", "nazi", "nigga",
    "nigger", "niggers", "pathetic", "pedo", "pedophile", "pervert", "pervs", "pig", "pigs",
    "piss", "pissed", "prick", "pricks", "pussy", "racist", "racists", "rape", "rapist",
    "retard", "retarded", "retards", "scum", "scumbag", "sex", "shit", "shithole", "shits",
    "shitty", "sick", "slut", "sluts", "stupid", "suck", "sucks", "tard", "terrorist", "tits",
    "tosser", "traitor", "traitors", "tranny", "trash", "troll", "trolls", "turd", "twat",
    "ugly", "vermin", "wanker", "wankers", "whore", "whores", "worthless", "you", "your",
)  # fmt: skip
_BY_ENDS: dict[tuple[str, str, int], list[str]] = {}
for _word in _OFTEN_MASKED:
    _BY_ENDS.setdefault((_word[0], _word[-1], len(_word)), []).append(_word)
_SHORTEST_SWAP = 4
_RUN = re.compile(r"(.)\1+")
_RUNS = 4
_TWIN = re.compile(f"([{''.join(_TWINS)}])\\1*")
_TURNED = 6
_MASKS = 2
_MASKING = frozenset(".-_/^~:?")
_BROKEN = re.compile(r"\w[-._/^~:?*|+]\w")
_PIECE = 15
_UNCOVERED = 3


def readings(form: str) -> Iterator[str]:
    """Answer the plain readings of one folded word form, likeliest kinds first; at most 700.

    Signs and digits for letters, letters masked (two at most), runs of a letter as one or as two,
    neighbours swapped, and letters that look alike.
    """
    if not _SHORTEST <= len(form) <= _LONGEST or not form.isascii():
        return iter(())
    return islice(_plain(form) if form.isalpha() else _unmasked(form), _MOST)


def _unmasked(form: str) -> Iterator[str]:
    letters = [_SIGNS.get(sign, sign) for sign in form]
    masks = sum(choice is _ALPHABET for choice in letters)
    if not any(map(str.isalpha, form)):
        return
    # A sign may be there for nothing.
    bare = "".join(filter(str.isalpha, form))
    yield bare
    if masks <= _MASKS:
        yield from map("".join, product(*letters))
    else:
        ends = form[0], form[-1], len(form)
        yield from (word for word in _BY_ENDS.get(ends, ()) if _fits(word, letters))
    yield from _plain(bare)


def _fits(word: str, letters: list[str]) -> bool:
    return all(letter in choice for letter, choice in zip(word, letters, strict=True))


def _plain(form: str) -> Iterator[str]:
    yield from _evened(form)
    if len(form) >= _SHORTEST_SWAP:
        for at in range(len(form) - 1):
            if form[at] != form[at + 1]:
                yield form[:at] + form[at + 1] + form[at] + form[at + 2 :]
        for at in range(len(form)):
            yield form[:at] + form[at] + form[at:]
    for run in islice(_TWIN.finditer(form), _TURNED):
        begin, end = run.span()
        for letter in _TWINS[run[1]]:
            yield form[:begin] + letter * (end - begin) + form[end:]


def _evened(form: str) -> Iterator[str]:
    """Answer the form with its first runs of a letter as one letter or two, the rest as one."""
    runs = list(_RUN.finditer(form))
    if not runs:
        return
    for times in product(*[(1, 2)] * min(len(runs), _RUNS), *[(1,)] * (len(runs) - _RUNS)):
        parts, done = [], 0
        for run, count in zip(runs, times, strict=True):
            parts += [form[done : run.start()], run[1] * count]
            done = run.end()
        yield "".join([*parts, form[done:]])


def joined(left: str, right: str, between: str) -> Sequence[str]:
    """Answer what two neighbouring words may be together: a word broken once or masked by a sign.

    `between` is what stands between them; a blank breaks a word, a sign may also be a letter.
    """
    whole = left + right
    if len(whole) < _SHORTEST or len(whole) > _LONGEST or not whole.isascii():
        return ()
    if between == " ":
        return (whole,)
    if between in _MASKING:
        return [whole, *(left + letter + right for letter in _ALPHABET)]
    return ()


def may_be_broken(folded: str) -> bool:
    """Whether a sign stands between letters, as it does where a word was broken or masked."""
    return _BROKEN.search(folded) is not None


def split(run: str, known: Callable[[str], bool]) -> list[str]:
    """Answer the known words that letters in a row spell, as few as possible; none if none do.

    Words of one letter count as three, so that not everything is a sentence; a stretch that no
    known word covers is left out. Dynamic programming over the ends: 15 look-ups a letter.
    """
    best: list[tuple[int, tuple[str, ...]]] = [(0, ())]
    for end in range(1, len(run) + 1):
        cost, pieces = best[-1]
        choice = (cost + _UNCOVERED, pieces)
        for begin in range(max(0, end - _PIECE), end):
            piece = run[begin:end]
            spent = best[begin][0] + (1 if len(piece) > 1 else _UNCOVERED)
            if spent < choice[0] and known(piece):
                choice = (spent, (*best[begin][1], piece))
        best.append(choice)
    return list(best[-1][1])
