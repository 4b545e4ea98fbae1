"""What the model says of one text, for whoever asks it directly: the API, and files of texts."""

from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from classifiers import LABELS, Evidence, Scored
from classifiers.language import GROUNDED, language, learnt

__all__ = [
    "LABELS", "LEARNT", "LEARNT_BEST", "Evidence", "Scored", "Scoring", "classify_text", "language",
]  # fmt: skip

# Languages (ISO 639-1) that the model has learnt spam and abuse in, and the finer kinds of abuse.
LEARNT: frozenset[str] = GROUNDED
LEARNT_BEST = frozenset({"en"})


class Scoring(Protocol):
    """What is needed of a model, shared or a site's own."""

    id: str

    def score(
        self, texts: Sequence[str], *, evidence: bool = False, evidence_from: float = 0.0
    ) -> list[Scored]:
        """Score texts in order; evidence of the labels whose scores reach `evidence_from`."""


def classify_text(
    model: Scoring, text: str, *, evidence: bool = False, evidence_from: float = 0.0
) -> Scored:
    """Scores of a text, or of the part of it in languages that the model knows.

    `language` and `grounded` are the whole text's; where it has no such part, the scores of an
    ungrounded text say nothing. Evidence, of what was scored, only when asked for, as it costs half
    as much again, of the labels that reach `evidence_from`. Its offsets are the whole text's.
    """
    [whole] = model.score([text], evidence=evidence, evidence_from=evidence_from)
    if whole.grounded:
        return whole
    # An insult in English among Russian words is one; padding doesn't make it unknown.
    part, _ = learnt(text, whole.language)
    if not part:
        return whole
    [scored] = model.score([part], evidence=evidence, evidence_from=evidence_from)
    return replace(scored, language=whole.language, grounded=False)
