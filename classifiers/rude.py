"""Which words people disguise: those that speak for abuse by themselves, in English."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.abuse import COLUMNS
from classifiers.features import units, word_keys
from classifiers.sources import OTHER_TONGUES, WIKIPEDIA, Corpus

_ABUSE = COLUMNS.index("abuse")
# What a word must add to the abuse column, before the row's norm: "you" does, as do all insults.
_CLEARLY = 60.0
_SHORTEST, _LONGEST = 3, 16
_OFTEN = 5
# How much likelier it must be in abuse than in a clean comment.
_RATHER = 1.0


def disguised_words(corpus: Corpus, arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, float]:
    """Answer the words of the corpus that clearly speak for abuse, and what each weighs there.

    `arrays` are those of the artefact. A word that is abused in Wikipedia alone is somebody's user
    name there, or nearly: it is left out.
    """
    clean: Counter[str] = Counter()
    abusive: Counter[str] = Counter()
    elsewhere: set[str] = set()
    english = ~np.isin(corpus.source, OTHER_TONGUES)
    truth = corpus.labels["abuse"]
    for at in np.flatnonzero(english & (truth >= 0)).tolist():
        forms = units(corpus.texts[at])[0]
        (abusive if truth[at] else clean).update(forms)
        if truth[at] and corpus.source[at] not in WIKIPEDIA:
            elsewhere.update(forms)
    ratio = _RATHER * float((english & (truth == 1)).sum() / (english & (truth == 0)).sum())
    weights = dict(zip(arrays["keys"].tolist(), arrays["matrix"][:, _ABUSE].tolist(), strict=True))
    found = {
        form: sum(weights.get(key, 0.0) for key in word_keys(form))
        for form, count in abusive.items()
        if form.isascii()
        and form.isalpha()
        and _SHORTEST <= len(form) <= _LONGEST
        and count >= _OFTEN
        and count > ratio * clean[form]
        and form in elsewhere
    }
    return {form: round(weight, 1) for form, weight in found.items() if weight >= _CLEARLY}
