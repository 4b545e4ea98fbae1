"""The model at work: scoring by adding what each word weighs, with the reasons when asked."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import exp
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from classifiers import artefact
from classifiers.abuse import COLUMNS
from classifiers.evidence import MOST, Evidence, Part, top
from classifiers.features import norm, pair_key, word_keys
from classifiers.language import grounded, language
from classifiers.spam import CUE_COLUMN, CUES, Cue, cues
from classifiers.text import fold, fold_map
from classifiers.words import words

LABELS = ("spam", "abuse", "severe_abuse", "obscene", "threat", "insult", "identity_attack")
_SPAM = COLUMNS.index("spam")
_OTHER = COLUMNS.index("abuse_other")
# Words remembered at most; more than one text of 10,000 characters can hold.
_REMEMBERED = 32_768


class Scored(msgspec.Struct, frozen=True):
    """What the model says of one text: unrounded probabilities for all LABELS.

    `language` is ISO 639-1 or `und`; `grounded` is false where the model never learnt from that
    language, so that its scores say nothing; `evidence` is empty unless it was asked for.
    """

    scores: dict[str, float]
    language: str
    grounded: bool
    evidence: dict[str, list[Evidence]] = msgspec.field(default_factory=dict)


def _probability(logit: float, calibration: Sequence[float]) -> float:
    slope, offset = calibration
    # exp overflows beyond 709; a probability is settled long before.
    return 1.0 / (1.0 + exp(-min(max(slope * logit + offset, -500.0), 500.0)))


class Model:
    """A loaded artefact. Safe to share between threads.

    The result for a text does not depend on what was scored before: a word's vector is a function
    of the word, remembering it only saves time.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> None:
        """Take the arrays and the header as `artefact.read` answers them."""
        if tuple(header["columns"]) != COLUMNS or tuple(header["cues"]) != CUES:
            raise artefact.ArtefactError(
                "the model was made for other features than this version's"
            )
        self.header = header
        self.id = f"{header['version']}-{header['checksum'][:8]}"
        self.thresholds: dict[str, dict[str, float]] = header["thresholds"]
        self._calibration: dict[str, list[float]] = header["calibration"]
        self._ground = float(header["ground"])
        self._index = {int(key): row for row, key in enumerate(arrays["keys"])}
        self._matrix = arrays["matrix"].astype(np.float32)
        self._intercept = arrays["intercept"]
        self._cue_weights = arrays["cue_weights"].astype(np.float64)
        # The last column is the number of the word's keys, so that one gather gives sum and norm.
        self._memory = np.zeros((_REMEMBERED, len(COLUMNS) + 1), dtype=np.float32)
        self._slots: dict[str, int] = {}
        self._lock = Lock()

    def score(
        self, texts: Sequence[str], *, evidence: bool = False, most: int | None = MOST
    ) -> list[Scored]:
        """Score texts, each on its own; never raises on any `str`.

        `most` bounds the evidence of a label; None gives every span, for and against.
        """
        return [self._explain(text, most) if evidence else self._score(text) for text in texts]

    def _score(self, text: str) -> Scored:
        forms = [word.form for word in words(fold(text))]
        sums, grams = self._gather(forms)
        return self._judge(text, sums * self._scale(grams), cues(text))

    def _scale(self, grams: float) -> float:
        return float(norm(np.array(grams), self._ground))

    def _judge(self, text: str, linear: npt.NDArray[Any], found: list[Cue]) -> Scored:
        logits = (linear + self._intercept).tolist()
        logits[_SPAM] += sum(self._cue_weights[CUE_COLUMN[cue.name]] for cue in found)
        code = language(text)
        scores = {
            label: _probability(logit, self._calibration[label])
            for label, logit in zip(COLUMNS, logits, strict=True)
            if label in self._calibration and label != "abuse_other"
        }
        other = self._calibration.get(f"abuse_{code}")
        if other:
            scores["abuse"] = _probability(logits[_OTHER], other)
        return Scored(
            scores={label: scores[label] for label in LABELS},
            language=code,
            grounded=grounded(code),
        )

    def _gather(self, forms: list[str]) -> tuple[npt.NDArray[Any], float]:
        """Answer the sum over distinct words and pairs, (columns,), and the number of keys."""
        own = dict.fromkeys(forms)
        rows = [
            row
            for left, right in dict.fromkeys(pairwise(forms))
            if (row := self._index.get(pair_key(left, right))) is not None
        ]
        with self._lock:
            if len(self._slots) + len(own) > _REMEMBERED:
                self._slots.clear()
            slots = [self._slot(form) for form in own]
            both = self._memory[slots].sum(axis=0, dtype=np.float64)
        sums = both[:-1]
        if rows:
            sums = sums + self._matrix[rows].sum(axis=0, dtype=np.float64)
        return sums, float(both[-1])

    def _slot(self, form: str) -> int:
        slot = self._slots.get(form)
        if slot is None:
            slot = len(self._slots)
            self._memory[slot] = self._vector(form)
            self._slots[form] = slot
        return slot

    def _vector(self, form: str) -> npt.NDArray[Any]:
        keys = word_keys(form)
        rows = [self._index[key] for key in keys if key in self._index]
        return np.append(self._matrix[rows].sum(axis=0, dtype=np.float32), np.float32(len(keys)))

    def _explain(self, text: str, most: int | None) -> Scored:
        folded, offsets = fold_map(text)
        found = words(folded)
        forms = [word.form for word in found]
        sums, grams = self._gather(forms)
        scale, signs = self._scale(grams), cues(text)
        scored = self._judge(text, sums * scale, signs)
        places: dict[str, list[Part]] = {}
        for word in found:
            span = (offsets[word.begin], offsets[word.end - 1] + 1)
            places.setdefault(word.form, []).append(span)
        weights = {form: self._vector(form)[:-1].astype(np.float64) * scale for form in places}
        for left, right in dict.fromkeys(pairwise(forms)):
            row = self._index.get(pair_key(left, right))
            if row is not None:
                for form in (left, right):
                    weights[form] = weights[form] + self._matrix[row] * (scale / 2)
        return msgspec.structs.replace(
            scored,
            evidence={
                label: top(parts, most)
                for label, parts in self._parts(scored.language, places, weights, signs)
            },
        )

    def _parts(
        self,
        code: str,
        places: dict[str, list[Part]],
        weights: dict[str, npt.NDArray[Any]],
        signs: list[Cue],
    ) -> Iterator[tuple[str, list[tuple[Part, float]]]]:
        """Answer what each span adds to each label, in log-odds after calibration."""
        for label in LABELS:
            other = label == "abuse" and f"abuse_{code}" in self._calibration
            column = _OTHER if other else COLUMNS.index(label)
            slope = self._calibration[f"abuse_{code}" if other else label][0]
            parts = [
                (span, float(weights[form][column]) * slope / len(spans))
                for form, spans in places.items()
                for span in spans
            ]
            if label == "spam":
                parts += [
                    ((cue.begin, cue.end), float(self._cue_weights[CUE_COLUMN[cue.name]]) * slope)
                    for cue in signs
                ]
            yield label, parts


def load(path: str | Path | None = None) -> Model:
    """Load a model, the packaged one by default; raises ArtefactError."""
    read = artefact.read(artefact.packaged() if path is None else Path(path))
    return Model(read.arrays, read.header)
