"""The labelled sets: what is read from the data folder, and what is held out of the trial fit."""

import gzip
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.identity import training_sentences

SIX = {
    "abuse": "toxic",
    "severe_abuse": "severe_toxic",
    "obscene": "obscene",
    "threat": "threat",
    "insult": "insult",
    "identity_attack": "identity_hate",
}
TRAINING = (
    "jigsaw_positives", "jigsaw_clean", "wikipedia_talk", "civil_comments", "paradetox", "davidson",
    "hatemoji_build", "youtube_spam", "sms_spam", "germeval2018_de", "toldbr_pt", "korean_news_ko",
)  # fmt: skip
MEASURING = ("eval_news_ucc", "eval_insults", "eval_olid", "eval_reddit_ads", "eval_russian")
LICENCES = {
    "jigsaw_positives": "CC0", "jigsaw_clean": "CC0", "wikipedia_talk": "Apache-2.0",
    "civil_comments": "CC0", "paradetox": "CC0", "davidson": "MIT", "hatemoji_build": "CC BY 4.0",
    "youtube_spam": "CC BY 4.0", "sms_spam": "CC BY 4.0", "germeval2018_de": "CC BY 4.0",
    "toldbr_pt": "CC BY-SA 4.0", "korean_news_ko": "CC BY-SA 4.0",
}  # fmt: skip
WIKIPEDIA = ("jigsaw_positives", "jigsaw_clean", "wikipedia_talk")
OTHER_TONGUES = ("germeval2018_de", "toldbr_pt", "korean_news_ko")
_SPAM_SETS = ("youtube_spam", "sms_spam")
_SMALL_SPLIT = frozenset({"korean_news_ko"})
_FIFTH = 5
_HELD_VIDEO = 3
# Text, set, what is known of its labels, whether it is held out.
Part = tuple[str, str, dict[str, int], bool]


@dataclass(slots=True)
class Corpus:
    """Texts with their labels, one row each; a label that is not known is -1.

    `source` names the set, `labels` maps each label of the model to an int8 array, `held` marks the
    rows that the trial fit never sees (calibration and held-out figures come from them).
    """

    texts: list[str] = field(default_factory=list)
    source: npt.NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype="U20"))
    labels: dict[str, npt.NDArray[np.int8]] = field(default_factory=dict)
    held: npt.NDArray[np.bool_] = field(default_factory=lambda: np.array([], dtype=bool))


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Read one set: a JSON object a line, gzipped."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def own_examples(name: str) -> list[dict[str, Any]]:
    """Read one file of our own sentences, which ship with the package.

    `blog`, `comments` and `promotion` say whether it is `spam`, `tone` whether it is `abuse`;
    `identity` is all benign, as is `tongues` in other languages. `measuring` is never learnt from.
    """
    path = files("classifiers").joinpath("examples", f"{name}.jsonl")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def _labels(source: str, row: dict[str, Any]) -> dict[str, int]:
    """Answer what a row says about each label; silence about the rest."""
    if source in _SPAM_SETS:
        return {"spam": row["y"]}
    if source == "jigsaw_positives":
        return {"spam": 0} | {label: row[name] for label, name in SIX.items()}
    known = {"spam": 0, "abuse": row["y"]}
    if row["y"] == 0:
        known |= dict.fromkeys(SIX, 0)
    return known


def _is_held(source: str, row: dict[str, Any], at: int) -> bool:
    """Hold out by the set's own split where it has one, YouTube by video, the rest by fifths.

    A split too small to calibrate on is filled up by fifths.
    """
    if "split" in row and (row["split"] != "train" or source not in _SMALL_SPLIT):
        return bool(row["split"] != "train")
    if "video" in row:
        return bool(row["video"] == _HELD_VIDEO)
    return at % _FIFTH == 0


def read_corpus(folder: Path, progress: Callable[[str], None] = lambda _: None) -> Corpus:
    """Read all training sets of a data folder and our own sentences.

    Raises FileNotFoundError naming the first set that is missing.
    """
    return assemble(_public_parts(folder, TRAINING, progress) + own_parts())


def read_public(folder: Path, *, without: Collection[str] = ()) -> Corpus:
    """Read the training sets of a data folder but those named, and nothing of our own."""
    names = [source for source in TRAINING if source not in without]
    return assemble(_public_parts(folder, names, lambda _: None))


def _public_parts(
    folder: Path, sources: Iterable[str], progress: Callable[[str], None]
) -> list[Part]:
    parts: list[Part] = []
    for source in sources:
        for at, row in enumerate(read_rows(folder / "labelled" / f"{source}.jsonl.gz")):
            parts.append((row["text"], source, _labels(source, row), _is_held(source, row, at)))
        progress(source)
    return parts


# What an own sentence counts as where it is harmless and where it isn't.
_OWN = {
    "blog": ("own_ham", "own_spam"),
    "comments": ("own_ham", "own_spam"),
    "promotion": ("own_post", "own_promotion"),
    "tone": ("own_civil", "own_hostile"),
    "identity": ("own_named", ""),
    "tongues": ("own_abroad", ""),
}


def own_parts() -> list[Part]:
    """List our own sentences as rows of a corpus."""
    clean = dict.fromkeys(SIX, 0)
    parts = []
    for name, sources in _OWN.items():
        for at, row in enumerate(own_examples(name)):
            spam, abuse = row.get("spam", 0), row.get("abuse", 0)
            # Which kind of abuse it is, nobody has said.
            known = {"spam": spam, "abuse": 1} if abuse else {**clean, "spam": spam}
            parts.append((row["text"], sources[spam or abuse], known, at % _FIFTH == 0))
    named = [(text, "own_identity", {**clean, "spam": 0}, False) for text in training_sentences()]
    return parts + named


def assemble(parts: list[Part]) -> Corpus:
    """Answer the corpus of (text, source, known labels, held) rows."""
    return Corpus(
        texts=[text for text, *_ in parts],
        source=np.array([source for _, source, *_ in parts]),
        labels={
            label: np.array([known.get(label, -1) for _, _, known, _ in parts], dtype=np.int8)
            for label in ("spam", *SIX)
        },
        held=np.array([held for *_, held in parts], dtype=bool),
    )
