"""The model at work: scoring by adding what each word weighs, with the reasons when asked."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, islice, pairwise
from math import exp, inf, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from classifiers import artefact
from classifiers.abuse import COLUMNS
from classifiers.evidence import MOST, Evidence, Places
from classifiers.features import SPREAD, pair_keys, word_key
from classifiers.language import grounded, language
from classifiers.readings import Disguises, may_be_broken, split
from classifiers.sentences import READ, Read, Sentence, Worst
from classifiers.spam import CUE_COLUMN, CUES, Cue, cues
from classifiers.text import fold, fold_map
from classifiers.vectors import OTHER, WordVectors
from classifiers.words import MENTION, Word, joints, split_plain, words

LABELS = ("spam", "abuse", "severe_abuse", "obscene", "threat", "insult", "identity_attack")
_COLUMN = {label: COLUMNS.index(label) for label in LABELS}
_SPAM = COLUMNS.index("spam")
_ABUSE, _POSTED = COLUMNS.index("abuse"), COLUMNS.index("abuse_post")
# A post rather than a comment: it is addressed or tagged.
_POST = re.compile(r"(?<![\w@#/&])[@#][^\W\d_]\w")
_NO_WAY = 1e-9
_BETWEEN = frozenset(" /")
# Spelt-out runs of a text that are searched for words; each may hold 32 letters.
_RUNS = 40


class Scored(msgspec.Struct, frozen=True):
    """What the model says of one text: unrounded probabilities for all LABELS.

    `language` is ISO 639-1 or `und`; `grounded` is false where the model never learnt from that
    language, so that its scores say nothing; `evidence` is empty unless it was asked for.
    """

    scores: dict[str, float]
    language: str
    grounded: bool
    evidence: dict[str, list[Evidence]] = msgspec.field(default_factory=dict)


class _Judged(NamedTuple):
    """What judged a label: a column, its log-odds, those of a text without words, calibration.

    `worst` is the sentence that has a say beside the whole, where one has.
    """

    column: int
    logit: float
    start: float
    calibration: Sequence[float]
    worst: Sentence | None = None

    def odds(self, logit: float) -> float:
        """Answer calibrated log-odds."""
        slope, bend, offset = self.calibration
        return slope * logit + bend * max(logit, 0.0) + offset

    def probability(self) -> float:
        """Answer the calibrated probability."""
        # exp overflows beyond 709; a probability is settled long before.
        return 1.0 / (1.0 + exp(-min(max(self.odds(self.logit), -500.0), 500.0)))

    def slope(self) -> float:
        """Answer what a log-odd of the column is worth after calibration.

        On the way from a text without words to this one: so the weights of all words and pairs add
        up to the difference between the two, in calibrated log-odds.
        """
        way = self.logit - self.start
        if abs(way) < _NO_WAY:
            return self.calibration[0]
        return (self.odds(self.logit) - self.odds(self.start)) / way


class Model:
    """A loaded artefact. Safe to share between threads.

    The result for a text does not depend on what was scored before.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> None:
        """Take the arrays and the header as `artefact.read` answers them."""
        if tuple(header["columns"]) != COLUMNS or tuple(header["cues"]) != CUES:
            raise artefact.ArtefactError(
                "the model was made for other features than this version's"
            )
        if not header["calibration"].keys() >= set(LABELS):
            raise artefact.ArtefactError("the model has no calibration for some labels")
        self.header = header
        self.id = f"{header['version']}-{header['checksum'][:8]}"
        self.thresholds: dict[str, dict[str, float]] = header["thresholds"]
        self._calibration: dict[str, list[float]] = header["calibration"]
        self._ground = float(header["ground"])
        self._disguises = Disguises(header["disguised"])
        self._vectors = WordVectors(arrays["keys"], arrays["matrix"], self._disguises)
        self._worst = Worst(self._vectors.matrix, self._scale)
        self._share = float(header.get("worst", 0.0))
        self._intercept = arrays["intercept"]
        self._start: list[float] = self._intercept.tolist()
        self._cue_weights: list[float] = arrays["cue_weights"].astype(np.float64).tolist()

    def thresholds_in(self, language: str) -> dict[str, dict[str, float]]:
        """Answer the thresholds for texts in a language.

        The finer kinds of abuse are learnt in English: elsewhere none of them holds by itself.
        """
        if f"abuse_{language}" not in self._calibration:
            return self.thresholds
        return {label: self.thresholds[label] for label in ("spam", "abuse")}

    def score(
        self,
        texts: Sequence[str],
        *,
        evidence: bool = False,
        evidence_from: float = 0.0,
        most: int | None = MOST,
    ) -> list[Scored]:
        """Score texts, each on its own; never raises on any `str`.

        Evidence only of the labels whose scores reach `evidence_from`; `most` bounds that of each,
        None gives every span, for and against.
        """
        least = evidence_from if evidence else inf
        return [self._score(text, least, most) for text in texts]

    def _score(self, text: str, least: float, most: int | None) -> Scored:
        folded, signs = fold(text), cues(text)
        read = self._read(folded)
        scored, judged = self._judge(text, read, signs)
        asked = {label: one for label, one in judged.items() if scored.scores[label] >= least}
        if not asked:
            return scored
        explained = self._explained(text, read, signs, asked, most)
        return msgspec.structs.replace(scored, evidence=explained)

    def _judge(self, text: str, read: Read, found: list[Cue]) -> tuple[Scored, dict[str, _Judged]]:
        """Answer the scores, and what judged each label."""
        logits = (read.sums * read.scale + self._intercept).tolist()
        logits[_SPAM] += sum(self._cue_weights[CUE_COLUMN[cue.name]] for cue in found)
        code = language(text)
        judged = {label: self._judged(column, label, logits) for label, column in _COLUMN.items()}
        judged["abuse"] = self._weighed(read, self._judged(*self._abuse(text, code), logits))
        scored = Scored(
            scores={label: one.probability() for label, one in judged.items()},
            language=code,
            grounded=grounded(code),
        )
        return scored, judged

    def _judged(self, column: int, name: str, logits: list[float]) -> _Judged:
        return _Judged(column, logits[column], self._start[column], self._calibration[name])

    def _weighed(self, read: Read, whole: _Judged) -> _Judged:
        """Give the worst sentence its say."""
        worst = self._worst.find(read, whole.column) if self._share else None
        if worst is None:
            return whole
        logit = whole.logit + self._share * (whole.start + worst.added - whole.logit)
        return whole._replace(logit=logit, worst=worst)

    def _abuse(self, text: str, code: str) -> tuple[int, str]:
        """Answer the column that judges abuse in a text of this language, and its calibration."""
        other = f"abuse_{code}"
        if other in self._calibration:
            return OTHER, other
        posted = ("@" in text or "#" in text) and _POST.search(text)
        return (_POSTED, "abuse_post") if posted else (_ABUSE, "abuse")

    def _read(self, folded: str) -> Read:
        """Answer the sum over distinct words and pairs, (columns,), and the factor of the row."""
        plain = split_plain(folded)
        if plain is None or len(plain) > READ:
            found = words(folded)[:READ]
            forms = [word.form for word in found]
        else:
            found, forms = None, plain
        own = dict.fromkeys(forms)
        index = self._vectors.index
        pairs = [index.get(key, -1) for key in pair_keys(forms)]
        vectors, strange = self._vectors.recall(own)
        mended: list[Word] = []
        guessed: set[str] = set()
        if strange or may_be_broken(folded) or MENTION in own:
            spelt, joined = self._mended(folded, forms, found, strange)
            mended = spelt + joined
            guessed = {word.form for word in joined} - own.keys() - {word.form for word in spelt}
            more = {word.form: None for word in mended if word.form not in own}
            if more:
                vectors = np.concatenate([vectors, self._recalled(more, guessed)])
                own |= more
        both = vectors.sum(axis=0, dtype=np.float64)
        sums = both[:-1]
        known = list(dict.fromkeys(pairs))
        if known:
            sums = sums + self._vectors.matrix.take(known, axis=0).sum(axis=0, dtype=np.float64)
        rows = dict(zip(own, count(), strict=False))
        scale = self._scale(float(both[-1]))
        return Read(folded, found, mended, guessed, forms, pairs, rows, vectors, sums, scale)

    def _mended(
        self, folded: str, forms: list[str], found: list[Word] | None, strange: set[str]
    ) -> tuple[list[Word], list[Word]]:
        """Answer the words that were spelt out, and those that were broken or masked.

        `found` is None for a plain text, in which nothing is spelt out or a mention.
        """
        if found is None:
            if not self._disguises.any_joined(forms):  # no blank breaks a word
                return [], self._joined(folded, joints(folded), strange)
            found = words(folded)
        joined = self._mentioned(folded, found) + self._joined(folded, pairwise(found), strange)
        return self._spelt(found, strange), joined

    def _scale(self, grams: float) -> float:
        return 1.0 / (SPREAD * sqrt(self._ground + grams))

    def _recalled(self, own: Mapping[str, object], guessed: set[str]) -> npt.NDArray[np.float32]:
        """Answer the words' vectors; those of guessed ones say nothing of other languages."""
        vectors = self._vectors.recall(own)[0]
        if guessed:
            vectors[[row for row, form in enumerate(own) if form in guessed], OTHER] = 0.0
        return vectors

    def reads(self, form: str) -> str:
        """Answer the word that a folded form is read as: itself, unless it is a disguise."""
        return self._vectors.reads(form)

    def _spelt(self, found: list[Word], strange: set[str]) -> list[Word]:
        """Answer the words that were spelt out in a row."""
        mended = []
        runs = (word for word in found if word.end - word.begin > len(word.form))
        for word in islice(filter(Word.is_spelt_out, runs), _RUNS):
            if word.form in strange:
                spelt = split(word.form, lambda form: word_key(form) in self._vectors.index)
                mended += [Word(piece, word.begin, word.end) for piece in spelt]
        return mended

    def _mentioned(self, folded: str, found: list[Word]) -> list[Word]:
        """Answer the abusive words that were written as a mention."""
        mended = []
        for word in found:
            if word.form == MENTION:
                meant = self._disguises.joined("a", folded[word.begin + 1 : word.end], " ")
                if meant is not None:
                    mended.append(Word(meant, word.begin, word.end))
        return mended

    def _joined(
        self, folded: str, neighbours: Iterable[tuple[Word, Word]], strange: set[str]
    ) -> list[Word]:
        """Answer the abusive words that were broken in two or masked."""
        mended = []
        tried = set()
        for left, right in neighbours:
            between = folded[left.end : right.begin]
            # Between words a blank or a slash is no more than that.
            if not between or (
                between in _BETWEEN and left.form not in strange and right.form not in strange
            ):
                continue
            pieces = left.form, right.form, between
            if pieces not in tried:
                tried.add(pieces)
                meant = self._disguises.joined(*pieces)
                if meant is not None:
                    mended.append(Word(meant, left.begin, right.end))
        return mended

    def _explained(
        self,
        text: str,
        read: Read,
        signs: list[Cue],
        judged: Mapping[str, _Judged],
        most: int | None,
    ) -> dict[str, list[Evidence]]:
        _, offsets = fold_map(text)
        whole = [*read.found(), *read.mended]
        weights = read.vectors[:, :-1] * read.scale
        for (left, right), row in dict(zip(pairwise(read.forms), read.pairs, strict=True)).items():
            half = self._vectors.matrix[row] * (read.scale / 2)
            weights[read.rows[left]] += half
            weights[read.rows[right]] += half
        own = np.array([read.rows[word.form] for word in whole], dtype=np.intp)
        places = Places(
            [(offsets[word.begin], offsets[word.end - 1] + 1) for word in whole]
            + [(cue.begin, cue.end) for cue in signs]
        )
        # A word that stands in several places is in the row once: they share its weight.
        share = weights[own] / np.bincount(own, minlength=1)[own, None]
        given = np.array([self._cue_weights[CUE_COLUMN[cue.name]] for cue in signs])
        evidence = {}
        for label, one in judged.items():
            told = given if label == "spam" else np.zeros(len(signs))
            said = share[:, one.column]
            if one.worst:
                said = said + self._share * (self._worst.weigh(read, one.worst, one.column) - said)
            parts = np.concatenate([said, told]) * one.slope()
            evidence[label] = places.top(parts, most)
        return evidence


def load(path: str | Path | None = None) -> Model:
    """Load a model, the packaged one by default; raises ArtefactError."""
    read = artefact.read(artefact.packaged() if path is None else Path(path))
    return Model(read.arrays, read.header)
