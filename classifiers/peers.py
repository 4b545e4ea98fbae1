"""Other packages from PyPI on the same texts: optional, as the extra `evaluate` brings them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from time import thread_time

import numpy as np
from sklearn.metrics import roc_auc_score

from classifiers.accuracy import benign_and_hostile, measuring_set
from classifiers.cost import comments
from classifiers.features import Floats
from classifiers.naming import own_sentences

Scorer = Callable[[Sequence[str]], Floats]
# better-profanity takes tens of milliseconds a comment: it gets so many of each class of each set.
_SAMPLE = 200
_TIMED = 100
_HALF_PERCENT, _ONE_PERCENT = 0.005, 0.01
SETS = ("eval_insults", "eval_olid", "eval_news_ucc")


@dataclass(frozen=True, slots=True)
class Peer:
    """A scorer and what it is called; `slow` where it gets samples, and only answers yes or no."""

    name: str
    score: Scorer
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """One scorer's figures: AUC by set, false positives, and a comment's time in milliseconds."""

    name: str
    areas: tuple[float, ...]
    insults_caught: float
    benign_flagged: float
    identity_flagged: float
    p50: float
    p95: float


def peers() -> tuple[list[Peer], list[str]]:
    """Answer the peers that are installed and work, and why the others were left out."""
    found: list[Peer] = []
    missing: list[str] = []
    for name, make in (
        ("alt-profanity-check", _alt_profanity_check),
        ("better-profanity", _better_profanity),
    ):
        try:
            found.append(make())
        except Exception as error:  # noqa: BLE001 - pickles of another scikit-learn raise anything
            missing.append(f"{name}: {type(error).__name__}: {error}")
    return found, missing


def _alt_profanity_check() -> Peer:
    from profanity_check import predict_prob  # noqa: PLC0415 - an optional extra

    predict_prob(["a comment"])
    name = f"alt-profanity-check {version('alt-profanity-check')}"
    return Peer(name, lambda texts: np.asarray(predict_prob(list(texts)), dtype=np.float64))


def _better_profanity() -> Peer:
    from better_profanity import profanity  # noqa: PLC0415 - an optional extra

    profanity.load_censor_words()
    return Peer(
        f"better-profanity {version('better-profanity')}",
        lambda texts: np.array([float(profanity.contains_profanity(text)) for text in texts]),
        slow=True,
    )


def compare(peer: Peer, data: Path) -> Result:
    """Measure a scorer on the measure-only sets, or on a sample where it is slow.

    A scorer of yes and no is taken at its word; for the others the threshold is where 1 % (insults
    caught) or 0.5 % (identities) of the benign news comments lie above.
    """

    def some(texts: Sequence[str]) -> list[str]:
        step = max(1, len(texts) // _SAMPLE) if peer.slow else 1
        return list(texts[::step])

    areas = []
    insults: Floats = np.zeros(0)
    for name in SETS:
        texts, truth = measuring_set(data, name)
        good = some([text for text, y in zip(texts, truth, strict=True) if not y])
        bad = some([text for text, y in zip(texts, truth, strict=True) if y])
        score = peer.score(good + bad)
        areas.append(float(roc_auc_score([0] * len(good) + [1] * len(bad), score)))
        if name == "eval_insults":
            insults = score[len(good) :]
    benign = peer.score(some(benign_and_hostile(data)[0]))
    named = peer.score(some([text for _, text in own_sentences()]))
    high = 0.5 if peer.slow else float(np.quantile(benign, 1 - _ONE_PERCENT))
    higher = 0.5 if peer.slow else float(np.quantile(benign, 1 - _HALF_PERCENT))
    return Result(
        peer.name, tuple(areas), float((insults > high).mean()), float((benign > high).mean()),
        float((named > higher).mean()), *_time(peer, comments(data)),
    )  # fmt: skip


def _time(peer: Peer, texts: Sequence[str]) -> tuple[float, float]:
    peer.score(texts[:_TIMED])
    took = []
    for text in texts[_TIMED : 2 * _TIMED]:
        begin = thread_time()
        peer.score([text])
        took.append((thread_time() - begin) * 1000)
    return float(np.quantile(took, 0.5)), float(np.quantile(took, 0.95))
