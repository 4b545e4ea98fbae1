"""The page that tells how our scores were fitted to Perspective's, and how well they agree."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from classifiers.features import Floats
from classifiers.model import Model
from classifiers.scale import ATTRIBUTES, Agreement, Scale

_THRESHOLDS = (0.5, 0.6, 0.7, 0.8, 0.9)
_HOW = {
    "linked": "linked: one straight line",
    "bent": "least squares, bent where it levels off",
    "anchored": "anchored, no pairs",
}
# Sentences of our own that everybody tries first.
EXAMPLES = (
    "You are a moron", "shut up, idiot", "You are an idiot", "shut up", "this is bullshit",
    "go fuck yourself", "I will kill you", "I hope you die", "I disagree with the mayor.",
    "Thank you, good article",
)  # fmt: skip
_TEXT = """# Scores on Perspective's scale: {id}

A site that comes from Perspective has thresholds meant for Perspective's scores: 0.7 to 0.9 by its
documentation, 0.8 by default in Coral. Our classifier answers calibrated probabilities, which for
the same comment are other numbers. `classifiers.scale` maps one to the other, so that a threshold
stays as it is. Written by `python -m classifiers.scaling`; do not edit. The texts of the pairs are
not ours and don't ship; without them a later run keeps the lines that were fitted to them.

## The lines

Where *z* are the log-odds of our probability, those of the score are `level + slope * (z - knee)`,
with one slope below the knee and one above. All slopes are positive: the order of comments never
changes, and to each score belongs one probability.

{lines}

Our probability at which each score is reached (what a threshold of theirs asks of our classifier):

{floors}

OBSCENE, an experiment on one newspaper's comments, is answered as PROFANITY. Nothing was found to
fit it apart.

## What the lines were fitted to

Texts with the scores that Perspective gave them, copied from public repositories; the short ones of
the large sources. A text that the classifier has learnt from is left out (*known*), as it would
score too well.

{sources}

**The scale moved.** Perspective's models were replaced after 2020. The same 99,000 prompts of
RealToxicityPrompts had TOXICITY over 0.9 in 3.5 % of cases in 2020, and in 0.4 % in February 2023;
over 0.7 in 12.6 % and 5.0 % (Pozzobon et al., 2023; counts from for-ai/black-box-api-challenges,
MIT). Thresholds in use today are meant for today's scale. So TOXICITY and THREAT are fitted to
scores of 2023 alone; for the other attributes too few are known of today, and earlier scores are
carried over by the published counts: what was as high among the same texts. The counts are
TOXICITY's; that the other attributes moved alike is an assumption. Below it is tested across: by
lines fitted to today's pairs on the earlier ones, or the other way round. For TOXICITY and
PROFANITY it holds. THREAT moved otherwise (benign comments had 0.1 to 0.4 before, and have 0.01
now), so that its earlier scores are not used. For SEVERE_TOXICITY the earlier scores are a tenth
too high; for IDENTITY_ATTACK they say little of crude insults that name no identity, to which
today's pairs pull the line. For INSULT nothing is known of today.

**Linked, not regressed.** Least squares draws every score toward the mean, so that a threshold of
0.9 would catch less than it did. Linear linking gives our log-odds the mean and spread that theirs
have over the same texts, so that a threshold catches about as many. SEVERE_TOXICITY alone is bent:
today it levels off, and none of 45 texts of the crudest abuse had more than 0.67.

**SPAM is anchored.** Perspective's SPAM was an experiment on one newspaper's rejected comments.
Over 80 pairs of 2018, none of them an advertisement, it ranks texts as chance would beside ours
(rank correlation 0.10). So it has three anchors of ours: half of benign news comments lie below
0.05, the probability at which our policy holds is 0.7, that at which it says spam is 0.9.

## How well they agree

By ten-fold cross-validation; *alike* is the share of pairs on the same side of the threshold, then
how many are at or above it by their score and by ours. Where earlier scores were carried over they
are compared as carried. Today's scores of SEVERE_TOXICITY, PROFANITY and IDENTITY_ATTACK are of 45
abusive texts. Measured with the model `{fit_model}`.

{agreement}

## What a threshold catches

Share of comments at or above each threshold. Benign news are {benign:,} comments of a newspaper
that raters found benign, never learnt from (but our own thresholds come from them). A fit is
refused where more than 1.1 %, 0.6 % or 0.2 % of them are at or above 0.7, 0.8 or 0.9: the first is
what our own policy holds by default, and whoever switches should see no more false alarms. Talk
pages, YouTube and our own are rows held out from the trial fit, which the shipped model has learnt;
forum and hostile news are never learnt from.

{shares}

## Sentences that everybody tries

{examples}

## What this can't promise

- That a comment gets the score it got: the mean difference is above. Two classifiers disagree
  on texts, whatever the scale; what is kept is about how many a threshold catches.
- Anything about the tails of INSULT, IDENTITY_ATTACK and THREAT: few pairs are there. INSULT has no
  pair of today's scale at all, SEVERE_TOXICITY, PROFANITY and IDENTITY_ATTACK only abusive ones.
- Hostility without bad words: both score it low.
- Names of groups: Perspective gave some of them high scores by themselves; ours was trained not
  to. Fewer such comments are flagged, on purpose.
- Other languages. All pairs are English. The lines are used as they are for German, Portuguese and
  Korean; elsewhere the classifier has no ground.
- That the pairs are typical. Many are sentences that students made up to test Perspective, or
  prompts cut in two; a few are Wikipedia's talk pages; none are news comments.
- A service that is gone: after December 2026 nobody can measure this again.
"""


def path() -> Path:
    """Answer where the page lies."""
    return Path(__file__).parent / "report" / "PERSPECTIVE.md"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _named() -> list[tuple[str, str]]:
    """List attribute and label, without OBSCENE, which is PROFANITY's double."""
    return [(name, label) for name, label in ATTRIBUTES.items() if name != "OBSCENE"]


def _lines(scale: Scale) -> str:
    head = ("Attribute", "Label", "Knee", "Level", "Slope below", "Slope above", "Fit", "Pairs",
            "of them carried")  # fmt: skip
    rows = []
    for name, label in _named():
        line, how = scale.lines[label], scale.fitted[label]
        numbers = [f"{one:.3f}" for one in (line.knee, line.level, line.below, line.above)]
        counts = [f"{how.pairs or ''}", f"{how.earlier or ''}"]
        rows.append([name, label, *numbers, _HOW[how.how], *counts])
    return _table(head, rows)


def _floors(scale: Scale) -> str:
    return _table(
        ("Attribute", *(f"score {threshold}" for threshold in _THRESHOLDS)),
        [
            (name, *(f"{scale.floor(label, threshold):.4f}" for threshold in _THRESHOLDS))
            for name, label in _named()
        ],
    )


def _sources(scale: Scale) -> str:
    return _table(
        ("Source", "Scored", "Licence", "Pairs", "Known, left out"),
        [
            (one.name, f"{one.year}", one.licence, f"{one.pairs}", f"{one.known}")
            for one in scale.sources
        ],
    )


def _agreement(scale: Scale) -> str:
    def row(name: str, one: Agreement) -> list[str]:
        cells = [f"{at.alike:.1%} ({at.theirs} / {at.ours})" for at in one.decisions.values()]
        return [name, f"{one.pairs}", f"{one.rank:.2f}", f"{one.error:.3f}", *cells]

    rows = []
    for name, label in _named():
        how = scale.fitted[label]
        if how.agreement:
            rows.append(row(name, how.agreement))
        if how.across:
            way = "fitted earlier, on today's" if how.earlier else "fitted today, on earlier"
            rows.append(row(f"{name}, {way}", how.across))
    head = ("Attribute", "Pairs", "Rank correlation", "Mean absolute error",
            "alike at 0.7 (theirs / ours)", "at 0.8", "at 0.9")  # fmt: skip
    return _table(head, rows)


def _shares(
    scale: Scale,
    model: Model,
    benign: Mapping[str, Floats],
    positives: Mapping[str, Sequence[tuple[str, Sequence[str]]]],
) -> str:
    def row(
        name: str, set_name: str, label: str, values: Iterable[float], digits: int
    ) -> list[str]:
        scores = np.array([scale.score(label, one) for one in values])
        cells = [f"{(scores >= threshold).mean():.{digits}%}" for threshold in _THRESHOLDS]
        return [name, f"{set_name} ({len(scores):,})", *cells]

    rows = []
    for name, label in _named():
        rows.append(row(name, "benign news", label, benign[label].tolist(), 2))
        for set_name, texts in positives[label]:
            values = [one.scores[label] for one in model.score(texts)]
            rows.append(row(name, set_name, label, values, 0))
    return _table(("Attribute", "Comments", *(f"≥ {one}" for one in _THRESHOLDS)), rows)


def _examples(scale: Scale, model: Model) -> str:
    named = _named()
    rows = []
    for text, one in zip(EXAMPLES, model.score(EXAMPLES), strict=True):
        scores = [f"{scale.score(label, one.scores[label]):.2f}" for _, label in named]
        rows.append([text, *scores])
    return _table(("Text", *(name for name, _ in named)), rows)


def page(
    scale: Scale,
    model: Model,
    benign: Mapping[str, Floats],
    positives: Mapping[str, Sequence[tuple[str, Sequence[str]]]],
) -> str:
    """Answer the page. `benign` are probabilities by label, `positives` named sets of texts."""
    return _TEXT.format(
        id=scale.model,
        fit_model=scale.fitted["abuse"].model,
        lines=_lines(scale),
        floors=_floors(scale),
        sources=_sources(scale),
        agreement=_agreement(scale),
        benign=len(benign["abuse"]),
        shares=_shares(scale, model, benign, positives),
        examples=_examples(scale, model),
    )
