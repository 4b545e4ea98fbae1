"""The plain baseline: what anyone has in an afternoon, measured as the model is, in the same run.

TF-IDF over words, pairs of words and 2- to 5-grams of characters, one logistic regression a label,
over the same public sets and the same trial rows; no folding, no examples of our own, no views.
Sets in other languages are left out, as all that it is measured on is English.
"""

from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from classifiers.abuse import COLUMNS
from classifiers.accuracy import held_out_figures, news_figures, set_figures
from classifiers.features import Floats
from classifiers.figure import Figure
from classifiers.figures import against_clean, benign_news, recall_beside
from classifiers.sources import OTHER_TONGUES, SIX, Corpus, read_public

_INVERSE_PENALTY = 4.0
_STEPS = 100


class Baseline:
    """A vectoriser and one logistic regression for each of seven labels."""

    def __init__(self, corpus: Corpus) -> None:
        """Fit on the rows that the trial fit sees, too; a minute."""
        words = TfidfVectorizer(
            ngram_range=(1, 2), min_df=3, sublinear_tf=True, max_features=100_000, dtype=np.float32
        )
        letters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), min_df=5, sublinear_tf=True,
            max_features=150_000, dtype=np.float32,
        )  # fmt: skip
        self._features = FeatureUnion([("words", words), ("letters", letters)])
        seen = np.flatnonzero(~corpus.held)
        rows = self._features.fit_transform([corpus.texts[row] for row in seen])
        self._heads = {}
        for label in ("spam", *SIX):
            truth = corpus.labels[label][seen]
            known = truth >= 0
            head = LogisticRegression(C=_INVERSE_PENALTY, max_iter=_STEPS)
            self._heads[label] = head.fit(rows[known], truth[known])

    def log_odds(self, texts: list[str]) -> Floats:
        """Answer (texts, columns) as the model has them; columns of its own stay 0."""
        rows: sparse.csr_matrix = self._features.transform(texts)
        answer = np.zeros((len(texts), len(COLUMNS)))
        for label, head in self._heads.items():
            answer[:, COLUMNS.index(label)] = head.decision_function(rows)
        return answer

    def scores(self, texts: list[str], label: str) -> Floats:
        """Answer one label's log-odds for each text, (texts,)."""
        answer: Floats = self.log_odds(texts)[:, COLUMNS.index(label)]
        return answer


def measure(data: Path) -> list[Figure]:
    """Fit the baseline and measure it by the figures that the model is measured by."""
    corpus = read_public(data, without=OTHER_TONGUES)
    plain = Baseline(corpus)
    logits = plain.log_odds(corpus.texts)
    kept = against_clean(corpus, logits)
    kept |= recall_beside(corpus, logits, plain.log_odds(benign_news(data)))
    measured = set_figures(plain.scores, data) + news_figures(plain.scores, data)
    return measured + held_out_figures(kept)
