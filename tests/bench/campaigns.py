"""How much of real campaigns is recognised, and what is taken for one: ours and datasketch's.

`python -m tests.bench.campaigns --data DIR`: 200 campaigns of 20 rewordings made from real spam
among 20,000 real comments, in one stream, each compared with what came before it.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from classifiers import fold, load
from service.screening.kin import CANDIDATES, FOUND_BY, TERMS_SHARED, kin, kin_among, likeness
from tests.bench.rewordings import comments, reworded, spam

CAMPAIGNS, COPIES, COMMENTS = 200, 20, 20_000
SAME = 0.6  # the likeness from which two real comments are truly the same text, or a long quotation
NEAR = 0.5  # datasketch's own example

Join = Callable[[Sequence[str], Sequence[float]], list[list[int]]]


class Stream(NamedTuple):
    """Texts in the order in which they come, each with its campaign's number, None without one."""

    texts: list[str]
    campaigns: list[int | None]


def stream(data: Path, seed: int, strengths: Sequence[float]) -> Stream:
    """Real comments and reworded spam, shuffled."""
    chance = Random(seed)  # noqa: S311 (the same every time)
    seeds = spam(data)
    chance.shuffle(seeds)
    rows: list[tuple[str, int | None]] = [(text, None) for text in comments(data, COMMENTS)]
    for number, text in enumerate(seeds[:CAMPAIGNS]):
        rows += [(reworded(text, chance, chance.choice(strengths)), number) for _ in range(COPIES)]
    chance.shuffle(rows)
    return Stream([text for text, _ in rows], [number for _, number in rows])


def ours(texts: Sequence[str], scores: Sequence[float]) -> list[list[int]]:
    """To which earlier texts each is joined, as posting does it, with the tables in memory."""
    by_term: defaultdict[int, list[int]] = defaultdict(list)
    sketches: list[bytes] = []
    joined: list[list[int]] = []
    for number, text in enumerate(texts):
        told = kin(text)
        shared: Counter[int] = Counter()
        for term in told.terms:
            shared.update(by_term[term][-FOUND_BY:])
            by_term[term].append(number)
        enough = [one for one in shared if shared[one] >= TERMS_SHARED]
        near = sorted(sorted(enough, key=lambda one: (-shared[one], -one))[:CANDIDATES])
        at = kin_among(told.sketch, scores[number], [(sketches[n], scores[n]) for n in near])
        joined.append([near[one] for one in at])
        sketches.append(told.sketch)
    return joined


def datasketch(texts: Sequence[str], _scores: Sequence[float]) -> list[list[int]]:
    """The same by datasketch: MinHashLSH, 128 permutations, 5-grams of the folded text."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 (for this line of the table alone)

    index = MinHashLSH(threshold=NEAR, num_perm=128)
    joined: list[list[int]] = []
    for number, text in enumerate(texts):
        folded = fold(text)
        sketch = MinHash(num_perm=128)
        sketch.update_batch([folded[at : at + 5].encode() for at in range(len(folded) - 4)])
        near = index.query(sketch)
        joined.append(near if len(folded) >= 60 else [])
        index.insert(number, sketch)
    return joined


def figures(found: Stream, joined: Sequence[list[int]]) -> tuple[float, int, int]:
    """The share of members that are in their campaign's main group; others joined with a campaign.

    And other comments joined with each other that are not the same text.
    """
    root = list(range(len(joined)))

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for one, others in enumerate(joined):
        for other in others:
            root[find(one)] = find(other)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for one in range(len(joined)):
        groups[find(one)].append(one)
    members: defaultdict[int, Counter[int]] = defaultdict(Counter)
    strangers = 0
    for name, group in groups.items():
        of = [found.campaigns[one] for one in group]
        for number in of:
            if number is not None:
                members[number][name] += 1
        if any(number is not None for number in of):
            strangers += of.count(None)
    share = sum(max(one.values()) for one in members.values()) / (CAMPAIGNS * COPIES)
    alone = [
        (one, others)
        for one, others in enumerate(joined)
        if others and all(found.campaigns[other] is None for other in [one, *others])
    ]
    unlike = sum(
        max(_likeness(found.texts[one], found.texts[other]) for other in others) < SAME
        for one, others in alone
    )
    return share, strangers, unlike


def _likeness(one: str, other: str) -> float:
    return likeness(kin(one).sketch, kin(other).sketch)[0]


def main(
    data: Annotated[Path, typer.Option(exists=True, help="Folder with the labelled data.")],
) -> None:
    """Print the table."""
    say = Console()
    table = Table(title=f"{CAMPAIGNS} campaigns of {COPIES} in {COMMENTS:,} real comments")
    for name in ("Words touched", "Seed", "Who", "Members found", "Others joined", "of them unlike",
                 "µs a text"):  # fmt: skip
        table.add_column(name, justify="right")
    model = load()
    cases = [(2, (0.05, 0.1, 0.15, 0.2)), (7, (0.05, 0.1, 0.15, 0.2)), (3, (0.1, 0.2, 0.3))]
    for seed, strengths in track(cases, "Rewording, scoring, joining …", console=say):
        found = stream(data, seed, strengths)
        scores = [
            one.scores["spam"]
            for at in range(0, len(found.texts), 500)
            for one in model.score(found.texts[at : at + 500])
        ]
        ways: dict[str, Join] = {"Rejoinder": ours, "datasketch": datasketch}
        for who, join in ways.items():
            begin = time.perf_counter()
            joined = join(found.texts, scores)
            cost = (time.perf_counter() - begin) / len(found.texts) * 1e6
            share, strangers, unlike = figures(found, joined)
            span = f"{min(strengths):.0%} to {max(strengths):.0%}"
            others = f"{(strangers + unlike) / COMMENTS:.2%}"
            table.add_row(span, str(seed), who, f"{share:.1%}", others, str(unlike), f"{cost:.0f}")
    say.print(table)


if __name__ == "__main__":
    typer.run(main)
