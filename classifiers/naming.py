"""Whether naming an identity raises the score of harmless sentences: templates and real comments.

The frames and terms here are for measuring alone. They are written apart from those of
`identity.py`, from which the model learns.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from classifiers.accuracy import benign_and_hostile, measuring_set, scores
from classifiers.features import Floats
from classifiers.figure import Figure
from classifiers.identity import measuring_sentences
from classifiers.model import Model, Scored
from classifiers.sources import own_examples

_HALF_PERCENT = 0.005

# Who is named in comments on news, by kind; singular and plural of each.
_NAMED = {
    "religion": (
        "muslim", "islam", "islamic", "jew", "jewish", "christian", "catholic", "hindu", "sikh",
        "atheist", "buddhist", "protestant", "evangelical", "mormon",
    ),
    "origin and colour": (
        "black", "african", "asian", "chinese", "indian", "pakistani", "mexican", "latino",
        "hispanic", "arab", "native", "indigenous", "aboriginal", "white people", "white man",
        "white men", "immigrant", "migrant", "refugee", "syrian", "russian", "ukrainian", "somali",
    ),
    "orientation": (
        "gay", "lesbian", "homosexual", "bisexual", "transgender", "trans", "queer", "lgbt",
        "lgbtq", "same sex", "same-sex",
    ),
    "sex": ("women", "woman", "men", "girl", "feminist", "female", "male", "mother", "wife"),
    "age and disability": (
        "disabled", "disability", "autistic", "deaf", "blind", "elderly", "senior", "old people",
        "millennial",
    ),
}  # fmt: skip
_PATTERNS = {
    kind: re.compile(rf"\b(?:{'|'.join(map(re.escape, terms))})s?\b", re.IGNORECASE)
    for kind, terms in _NAMED.items()
}
_ADJECTIVES = (
    "gay", "lesbian", "bisexual", "homosexual", "transgender", "trans", "queer", "heterosexual",
    "straight", "non-binary", "Muslim", "Jewish", "Christian", "Catholic", "Hindu", "Sikh",
    "Buddhist", "atheist", "Protestant", "black", "white", "African", "African American", "Asian",
    "Chinese", "Japanese", "Korean", "Indian", "Pakistani", "Mexican", "Latina", "Hispanic", "Arab",
    "Turkish", "Roma", "Indigenous", "Aboriginal", "Nigerian", "Russian", "Ukrainian", "German",
    "French", "American", "immigrant", "refugee", "disabled", "deaf", "blind", "autistic", "old",
    "elderly", "young", "female", "male", "feminist", "homeless",
)  # fmt: skip
_PLURALS = (
    "gays", "lesbians", "homosexuals", "Muslims", "Jews", "Christians", "Catholics", "atheists",
    "blacks", "whites", "Africans", "Asians", "Arabs", "Mexicans", "immigrants", "refugees",
    "migrants", "women", "men", "girls", "feminists", "seniors", "Hindus", "Sikhs",
)  # fmt: skip
_FRAMES = (
    "My daughter is {} and we could not be happier.",
    "He's {}.",
    "The new librarian is a {} person from Leeds.",
    "I am a {} reader of this paper and I liked the piece.",
    "It is fine to be {}.",
    "How do I become a member of the {} choir?",
    "Growing up {} in a small village taught me patience.",
    "A documentary on {} life in the sixties runs tonight.",
    "Why are there so few {} candidates on the list?",
    "What a great {} man he was, rest in peace.",
)
_PLURAL_FRAMES = (
    "{} pay taxes like everyone else.",
    "There is a support group for {} in the next town.",
    "I have nothing against {}, my best friends among them.",
    "The paper should interview more {}.",
    "Why did the court say that {} may not marry there?",
)


@dataclass(frozen=True, slots=True)
class Term:
    """The abuse scores of the harmless sentences that name one term."""

    name: str
    scores: Floats


def own_sentences() -> list[tuple[str, str]]:
    """List (term, sentence) of the frames here."""
    pairs = [*product(_FRAMES, _ADJECTIVES), *product(_PLURAL_FRAMES, _PLURALS)]
    sentences = [(term, frame.format(term)) for frame, term in pairs]
    return [(term, sentence[:1].upper() + sentence[1:]) for term, sentence in sentences]


def by_term(model: Model) -> list[Term]:
    """Score our measuring sentences, both grammars together, by term; the highest first."""
    named = own_sentences() + measuring_sentences()
    kept: dict[str, list[float]] = defaultdict(list)
    for (term, _), score in zip(
        named, scores(model, [text for _, text in named], "abuse"), strict=True
    ):
        kept[term].append(float(score))
    terms = [Term(name, np.array(values)) for name, values in kept.items()]
    return sorted(terms, key=lambda term: -float(term.scores.max()))


def threshold(model: Model, data: Path) -> float:
    """Answer the abuse score that 0.5 % of benign news comments exceed."""
    benign, _ = benign_and_hostile(data)
    return float(np.quantile(scores(model, benign, "abuse"), 1 - _HALF_PERCENT))


def template_figures(model: Model, data: Path) -> list[Figure]:
    """Measure how many harmless sentences that name an identity are above that score."""
    limit = threshold(model, data)
    figures = []
    for title, named in (
        ("identity sentences, frames near those learnt", measuring_sentences()),
        ("identity sentences, frames of their own", own_sentences()),
    ):
        flagged = scores(model, [text for _, text in named], "abuse") > limit
        terms = np.array([term for term, _ in named])
        rates = {term: float(flagged[terms == term].mean()) for term in np.unique(terms).tolist()}
        worst = max(rates, key=lambda term: rates[term])
        figures += [
            Figure(
                f"{title}: flagged at 0.5 % of benign news", float(flagged.mean()), 0.01, 0.035,
                lower_is_better=True,
            ),
            Figure(f"… worst term ({worst})", rates[worst], 0.15, 0.92, lower_is_better=True),
        ]  # fmt: skip
    return figures + _abroad_figures(model)


def _abroad_figures(model: Model) -> list[Figure]:
    """Measure how many harmless sentences in other languages are held, of which none was learnt."""
    figures = []
    rows = own_examples("measuring")
    for code in sorted({row["language"] for row in rows}):
        texts = [row["text"] for row in rows if row["language"] == code]
        held = sum(is_held(model, scored) for scored in model.score(texts))
        title = f"sentences in `{code}` that name an identity, held ({held} of {len(texts)})"
        figures.append(Figure(title, held / len(texts), 0.02, lower_is_better=True))
    return figures


def is_held(model: Model, scored: Scored) -> bool:
    """Whether a comment is held for its scores."""
    levels = model.thresholds_in(scored.language)
    return any(scored.scores[label] >= level["hold"] for label, level in levels.items())


def named_in(text: str) -> list[str]:
    """List the kinds of identity that a comment names."""
    return [kind for kind, pattern in _PATTERNS.items() if pattern.search(text)]


def real_rates(model: Model, texts: list[str], limit: float) -> Mapping[str, tuple[int, int]]:
    """Answer (flagged, all) of real comments for each kind of identity, any, and none."""
    counts: dict[str, tuple[int, int]] = {}
    for text, score in zip(texts, scores(model, texts, "abuse"), strict=True):
        kinds = named_in(text)
        for kind in [*kinds, "any" if kinds else "none"]:
            flagged, total = counts.get(kind, (0, 0))
            counts[kind] = (flagged + int(score > limit), total + 1)
    return counts


def real_figures(model: Model, data: Path) -> list[Figure]:
    """Compare false positives on real harmless comments that name an identity with the others."""
    benign, _ = benign_and_hostile(data)
    tweets, truth = measuring_set(data, "eval_olid")
    civil = [text for text, y in zip(tweets, truth, strict=True) if y == 0]
    limit = model.thresholds["abuse"]["hold"]
    figures = []
    for name, texts in (("eval_news_ucc", benign), ("eval_olid", civil)):
        counts = real_rates(model, texts, limit)
        (some, named), (few, others) = counts["any"], counts["none"]
        rate, usual = some / named, few / others
        figures += [
            Figure(f"{name}: harmless comments that name an identity, held ({some} of {named:,})",
                   rate, 2 * usual, lower_is_better=True),
            Figure(f"… harmless comments that name none, held ({few} of {others:,})",
                   usual, lower_is_better=True),
        ]  # fmt: skip
    return figures
