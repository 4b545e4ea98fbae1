"""What each head learns from: which sets, with what weight, and how views add up to one score."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifiers.features import Floats
from classifiers.linear import LinearHead, Rows
from classifiers.sources import Corpus

# Our own examples, which the sets lack: news readers at their most harmless, and contempt without
# a bad word. `own_named` and `own_identity` name an identity and mean no harm.
# Posts and promotion are there for spam: with a larger say here they cost tweets.
_OWN = {
    "own_ham": 5.0, "own_spam": 2.0, "own_post": 0.5, "own_promotion": 0.5, "own_named": 4.0,
    "own_abroad": 4.0, "own_identity": 20.0,
}  # fmt: skip
_TONE = {"own_hostile": 4.0, "own_civil": 4.0}
# The sets differ in what they call abuse and in how their clean side looks, so that a model can
# learn the set. The mean of views over different mixtures carries over to an unseen set better than
# any one of them (found by leaving one set out at a time).
_ALL = _OWN | _TONE | {
    "jigsaw_positives": 2.0, "jigsaw_clean": 2.0, "wikipedia_talk": 1.0, "civil_comments": 1.0,
    "paradetox": 0.3, "davidson": 0.3, "hatemoji_build": 1.0, "germeval2018_de": 1.0,
    "toldbr_pt": 1.0, "korean_news_ko": 1.0,
}  # fmt: skip
_POSTS = _ALL | {
    "jigsaw_positives": 1.0, "paradetox": 2.0, "davidson": 0.6, "hatemoji_build": 0.3,
}  # fmt: skip
_TALK = _OWN | {"jigsaw_positives": 1.0, "jigsaw_clean": 1.0, "wikipedia_talk": 1.0}
_CLEAN_NEWS = {"civil_comments": 0.3}
_SPAM = {
    "youtube_spam": 8.0, "sms_spam": 0.5, "own_spam": 3.0, "own_ham": 8.0, "own_promotion": 2.0,
    "own_post": 6.0, "own_named": 4.0, "own_abroad": 2.0, "own_civil": 4.0, "own_hostile": 2.0,
    "own_identity": 1.0,
    "jigsaw_positives": 0.3, "jigsaw_clean": 0.3, "wikipedia_talk": 2.0, "civil_comments": 1.0,
    "paradetox": 0.1, "davidson": 0.1, "hatemoji_build": 0.2, "germeval2018_de": 0.2,
    "toldbr_pt": 0.1, "korean_news_ko": 0.2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """One fit: the label it learns, weights by set, sets whose positives are left out.

    `columns` says how large a share the fitted map has in which column of the model, `say` how much
    it counts when features are chosen, `contrast` is its head's.
    """

    name: str
    label: str
    weights: Mapping[str, float]
    columns: Mapping[str, float]
    clean_only: Mapping[str, float] | None = None
    cues: bool = False
    say: float = 1.0
    contrast: float = 0.5


VIEWS = (
    View(
        "everything",
        "abuse",
        _ALL,
        {"abuse": 0.38, "abuse_post": 0.55, "abuse_other": 1.0},
        say=2.0,
    ),
    View("talk pages", "abuse", _TALK | _TONE | {"paradetox": 0.3}, {"abuse": 0.38}, _CLEAN_NEWS),
    # By leaving tweets out: contrasted features carry over to short posts better than plain ones.
    View("posts", "abuse", _POSTS, {"abuse_post": 0.4}, contrast=1.0),
    View("insult", "insult", _TALK, {"insult": 1.0, "abuse": 0.3}, _CLEAN_NEWS),
    *(
        View(label, label, _TALK, {label: 1.0}, _CLEAN_NEWS)
        for label in ("severe_abuse", "obscene", "threat", "identity_attack")
    ),
    View("spam", "spam", _SPAM, {"spam": 1.0}, cues=True),
)
# `abuse_post` judges texts with a mention or a hashtag, `abuse_other` those in another language.
COLUMNS = (
    "spam", "abuse", "severe_abuse", "obscene", "threat", "insult", "identity_attack",
    "abuse_post", "abuse_other",
)  # fmt: skip
JUDGING_ABUSE = ("abuse", "abuse_post", "abuse_other")


def row_weights(view: View, corpus: Corpus) -> Floats:
    """Answer the weight of each row in a view, 0 where it has no say."""
    truth = corpus.labels[view.label]
    weight = np.zeros(len(truth))
    for source, value in view.weights.items():
        weight[corpus.source == source] = value
    for source, value in (view.clean_only or {}).items():
        weight[(corpus.source == source) & (truth == 0)] = value
    weight[truth < 0] = 0.0
    return weight


def fit_view(
    view: View, rows: Rows, corpus: Corpus, usable: npt.NDArray[np.bool_], head: LinearHead
) -> LinearHead:
    """Fit a head on the usable rows that have a weight in the view."""
    weight = np.where(usable, row_weights(view, corpus), 0.0)
    chosen = np.flatnonzero(weight)
    return head.fit(rows[chosen], corpus.labels[view.label][chosen], weight[chosen])


def blend(heads: Mapping[str, LinearHead], features: int) -> tuple[Floats, Floats, Floats]:
    """Add the views up: coefficients (features, columns), intercepts (columns,), cue weights."""
    coef = np.zeros((features, len(COLUMNS)))
    intercept = np.zeros(len(COLUMNS))
    cue_weights = np.zeros(0)
    for view in VIEWS:
        head = heads[view.name]
        for column, share in view.columns.items():
            at = COLUMNS.index(column)
            coef[:, at] += share * head.coef_[:features]
            intercept[at] += share * head.intercept_
        if view.cues:
            cue_weights = head.coef_[features:]
    return coef, intercept, cue_weights
