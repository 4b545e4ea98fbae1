"""A site's model: the shared one and, over it, what the newsroom's adapter corrects."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf

import msgspec

from classifiers.adapter import HEADS, Packed, logit, probability, scale, unpack, weights_of
from classifiers.artefact import ArtefactError
from classifiers.evidence import MOST, Evidence, Part, top
from classifiers.features import pair_key, word_key
from classifiers.model import Model, Scored
from classifiers.readings import unsigned
from classifiers.text import fold, fold_map
from classifiers.vectors import REMEMBERED
from classifiers.words import Word, word_forms, words


class SiteModel:
    """The same interface as Model; safe to share between threads. Other labels are the base's."""

    def __init__(self, base: Model, packed: Packed) -> None:
        """Correct `base`; raises ArtefactError where the adapter was fitted over another model."""
        if packed.base != base.id:
            raise ArtefactError(
                f"the adapter {packed.id} was fitted over {packed.base}, the model is {base.id}"
            )
        self.id = f"{base.id}+{packed.id}"
        self.base = base
        self.thresholds = base.thresholds
        self._weights = weights_of(packed.adapter)
        self._known: dict[str, str] = {}
        self._line: list[list[float]] = packed.adapter.line_.tolist()

    @classmethod
    def of(cls, base: Model, content: bytes) -> "SiteModel":
        """Answer the model that a packed adapter makes of `base`; raises ArtefactError."""
        return cls(base, unpack(content))

    def thresholds_in(self, language: str) -> dict[str, dict[str, float]]:
        """Answer the base's."""
        return self.base.thresholds_in(language)

    def score(
        self,
        texts: Sequence[str],
        *,
        evidence: bool = False,
        evidence_from: float = 0.0,
        most: int | None = MOST,
    ) -> list[Scored]:
        """Score texts as Model does."""
        least = evidence_from if evidence else inf
        return [self._score(text, least, most) for text in texts]

    def _score(self, text: str, least: float, most: int | None) -> Scored:
        if least > 0.0:
            scored = self._correct(text, self.base.score([text])[0])
            if max(scored.scores.values()) < least:
                return scored
        [whole] = self.base.score([text], evidence=True, most=None)
        scored = self._explain(text, whole, most)
        asked = {
            label: of for label, of in scored.evidence.items() if scored.scores[label] >= least
        }
        return msgspec.structs.replace(scored, evidence=asked)

    def _correct(self, text: str, scored: Scored) -> Scored:
        read = [self._read(form) for form in word_forms(fold(text))]
        own, pairs = dict.fromkeys(read), dict.fromkeys(pairwise(read))
        known = self._weights
        hits = [hit for form in own if (hit := known.get(word_key(form))) is not None]
        hits += [hit for pair in pairs if (hit := known.get(pair_key(*pair))) is not None]
        factor = scale(len(own) + len(pairs))
        scores = dict(scored.scores)
        for head, (label, (slope, offset)) in enumerate(zip(HEADS, self._line, strict=True)):
            added = sum(hit[head] for hit in hits) * factor
            if added or offset or slope != 1.0:
                scores[label] = probability(slope * logit(scores[label]) + offset + added)
        return msgspec.structs.replace(scored, scores=scores)

    def _explain(self, text: str, scored: Scored, most: int | None) -> Scored:
        """Correct a text that was scored with all its evidence.

        A word's weight is what both say of it: the base's, times the slope, and the adapter's own,
        shared among the places where the word stands; a pair's goes to its words by halves.
        """
        folded, offsets = fold_map(text)
        found = [Word(self._read(word.form), *word[1:]) for word in words(folded)]
        places: dict[str, list[Part]] = {}
        for word in found:
            span = (offsets[word.begin], offsets[word.end - 1] + 1)
            places.setdefault(word.form, []).append(span)
        pairs = dict.fromkeys(pairwise(word.form for word in found))
        factor = scale(len(places) + len(pairs))
        evidence = dict(scored.evidence)
        for head, label in enumerate(HEADS):
            weights = {form: self._weight(word_key(form), head) for form in places}
            for pair in pairs:
                for form in pair:
                    weights[form] += self._weight(pair_key(*pair), head) / 2
            slope = self._line[head][0]
            parts = [((one.begin, one.end), one.weight * slope) for one in evidence[label]]
            parts += [
                (span, weights[form] * factor / len(spans))
                for form, spans in places.items()
                for span in spans
            ]
            evidence[label] = top(parts, most)
        return msgspec.structs.replace(
            self._correct(text, scored), evidence=self._shorten(evidence, most)
        )

    def _read(self, form: str) -> str:
        """Answer the word that a form stands for to the newsroom: in disguise, one it decided on.

        "cr*p" is what the shared model reads it as, "h3rald" what its letters look like. As with
        vectors, remembering it only saves time.
        """
        read = self._known.get(form)
        if read is None:
            read = self._made(form)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[form] = read
        return read

    def _made(self, form: str) -> str:
        if word_key(form) in self._weights:
            return form
        for read in (self.base.reads(form), "" if form.isalpha() else unsigned(form)):
            if word_key(read) in self._weights:
                return read
        return form

    def _weight(self, key: int, head: int) -> float:
        hit = self._weights.get(key)
        return hit[head] if hit else 0.0

    @staticmethod
    def _shorten(
        evidence: dict[str, list[Evidence]], most: int | None
    ) -> dict[str, list[Evidence]]:
        """Cut the labels that nothing corrected, as the base would have."""
        return {
            label: top((((one.begin, one.end), one.weight) for one in spans), most)
            for label, spans in evidence.items()
        }
