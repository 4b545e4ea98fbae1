"""The model card: what the model is, was made from, does well and does not do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifiers.figure import Figure
from classifiers.model import Model
from classifiers.peers import SETS, Result
from classifiers.robust import Kept
from classifiers.sources import LICENCES, MEASURING

_TEXT = """# Model card: {id}

Scores reader comments for spam and six kinds of abuse, on a CPU, inside the service. Written by
`python -m classifiers.evaluate`; do not edit.

- Checksum (SHA-256 of arrays and header): `{checksum}`
- Made with: {made_with}
- File: {size:,} bytes, {features:,} features of words, neighbouring words and character 2- to
  5-grams (hashed to 32 bits; no text is kept), {cues} structural cues for spam
- Suggested thresholds (1 % of benign news comments held; 0.1 % put to spam): {thresholds}

## How it decides

One linear map over one feature space. Each view is the mean of a logistic regression and its
naive-Bayes-weighted twin over one mixture of the sets, as the sets differ in what they call abuse.
Abuse is the weighted sum of three views: everything, talk pages, and the insult head. Posts with a
mention or a hashtag are judged by views that lean on tweets; German, Portuguese and Korean by the
view of everything; each of these has a calibration of its own. Spam also sees cues: links and where
they lead, prices, telephone numbers, capitals, calls to action. Probabilities are Platt-scaled with
one bend on held-out rows, weighed to the share a newsroom sees (abuse 15 %, spam 10 %).

An insult among civil sentences would be lost in them: of several sentences the worst, judged as if
it stood alone, has two fifths of the say in `abuse`, the whole comment the rest. The reasons count
both. How much was chosen on held-out rows of the training sets.

A word that the model has never met is read as the abusive word that it may be a disguise of:
masked, misspelt by signs, its letters swapped, stretched, spelt out or broken in two. It knows
{disguised} words that are disguised. Of 160,000 words of an English dictionary some forty lie one
step from one of these; they are listed in `readings.py` and stay themselves, as do road numbers. A
rare name may still be misread.

A boosted stack over punctuation and capitals lifts the six-label AUC to 0.99, and was left out: the
clean comments of that set have lost their punctuation, so that it learns the set. (They are one
sentence each for the same reason, to which `abuse` owes 0.002 of its own figure.)

## Learnt from

| Set | Rows | Licence |
| --- | --- | --- |
{rows}

Our own sentences ship with the package. `examples/` holds `blog` and `comments` (spam and ham in
the manner of blogs, videos and news), `promotion` (self-promotion and ordinary posts), `tone`
(contempt with and without bad words, and the same words meant well), `identity` (benign, naming an
identity) and `tongues` (the same, and ordinary comments, in German, Portuguese and Korean); most of
it was drafted with a language model, none was copied. `identity.py` is a grammar of benign
sentences, weighed 20 times, so that naming an identity is no attack.

## Measured

Rows that begin with `eval_` are sets that no weight was learnt from ({measuring}). They are not
untouched, though: thresholds come from eval_news_ucc, and the shares of the three views, the norm
of a row and the boosts of words and pairs were compared with their figures in view, so read those
figures as a little too kind. The mixtures themselves (how much each set weighs, how far features
are contrasted) were chosen by leaving one training set out at a time. That is a weak guide: two
other choices, looked at once each, ranked sets left out better and sets never learnt from worse.
More of paradetox and contrast in the views, without the talk pages (0.014 to 0.025 of AUC better),
put eval_insults at 0.866, eval_olid at 0.782 and recall of abuse at 0.686. A level of its own for
every set, dropped after the fit (0.002 to 0.005 better on four sets of five), put them at 0.869,
0.796 and 0.695. Neither was taken.

"Held out" figures come from a trial fit without those rows. The measured identity sentences are our
own; they share terms but no frame with those learnt from. Some cues and own spam examples (begging
for likes, links into a video) were written after reading what the trial missed on the held-out
YouTube video, and the cue for links to stories after reading news comments with links that scored
high.

Costs are CPU time on the machine that wrote this; a shared one in use by others takes up to twice
as long as a quiet one.

Bars are what we set out to reach. They were set on other comments of the same kinds, so that the
plain baseline tells how hard ours are: word and character TF-IDF with logistic regression on the
same public sets, fitted and measured in the same run (for identities and disguises, the figure of
an earlier study). The bar for hostile news was set at 0.745 on comments where that study's baseline
had 0.728; on those measured here it had 0.768, so the bar is moved by as much. A figure without a
bar is there to be watched.{left_out}
{sections}
Held out, by label:

| Label | AUC | Expected calibration error |
| --- | --- | --- |
{held_out}

![ROC curves by label and by set](roc.png)

![Precision over recall by label and by set](precision_recall.png)

![Reliability of every head](reliability.png)

![Spread of the scores](scores.png)

![Scores by the identity named](identity.png)

## Under disguise

Words that carry the decision (the model's own reasons) are rewritten in comments that are held as
written. Look-alikes come from Unicode's confusables and letter names, not from the model's own
table. The Jigsaw rows are held out from the trial but learnt by the shipped model.

![What is still caught under each attack](obfuscation.png)

| Attack | Unicode only | eval_insults | eval_olid | Jigsaw |
| --- | --- | --- | --- | --- |
{attacks}

## Peers

On the same comments. Thresholds of ours and of alt-profanity-check are where 1 % of benign news
comments lie above (0.5 % for identity sentences); better-profanity says yes or no, and was given
every nth comment only, as it is slow. alt-profanity-check learnt from Davidson's tweets and the
Jigsaw comments.

{peers}

## Limits

- It has learnt English, German, Portuguese and Korean. Elsewhere it answers `grounded: false`, and
  its scores must not be read as clean. Under 20 letters plain Latin text counts as English.
- The finer labels (all but spam and abuse) were learnt from English alone; in German, Portuguese
  and Korean none of them holds a comment.
- Where one benign comment in a hundred is held, {abuse_recall:.0%} of abuse is caught; of spam,
  where it is one in two hundred, {spam_recall:.0%}. The rest is published, or waits for reports.
- Hostility without bad words is mostly missed: see recall on eval_news_ucc.
- Self-promotion that reads as an ordinary comment is not told from it: no better than chance on
  eval_reddit_ads. A quarter of that set are links to live streams, which count as harmless there
  and as spam here; without them it is a little better.
- It knows words, not what is meant: quotation, irony and reclaimed words are judged by the words.
- Its training data carry their raters' biases, dialect among them; it must hold, not reject.
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What a card tells of: a model, its file, what was measured, and what was left out."""

    model: Model
    file: Path
    sections: Mapping[str, Sequence[Figure]]
    kept: Sequence[Kept]
    peers: Sequence[Result]
    left_out: Sequence[str]


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _headed(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return _table([columns, ["---"] * len(columns), *rows])


def peer_table(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """Answer the scorers' figures side by side, the names in the first row."""
    figures = [
        (
            one.name,
            *(f"{area:.3f}" for area in one.areas),
            f"{100 * one.insults_caught:.1f} %",
            f"{100 * one.benign_flagged:.1f} %",
            f"{100 * one.identity_flagged:.1f} %",
            f"{one.p50:.2f} ms",
            f"{one.p95:.2f} ms",
        )
        for one in results
    ]
    names = (
        "", *(f"{name}: AUC" for name in SETS), "eval_insults: caught", "benign news flagged",
        "identity sentences flagged", "a comment of 270 characters, p50", "… p95",
    )  # fmt: skip
    return list(zip(names, *figures, strict=True))


def _measured(sections: Mapping[str, Sequence[Figure]]) -> str:
    columns = ("Measured", "Ours", "Bar", "Plain baseline", "Reached")
    return "\n".join(
        f"\n### {title}\n\n{_headed(columns, [figure.row() for figure in figures])}\n"
        for title, figures in sections.items()
    )


def _held_out(header: Mapping[str, Any]) -> str:
    return _table(
        [
            (name, f"{kept['auc']:.3f}", f"{kept['ece']:.3f}")
            for name, kept in header["held_out"].items()
            if "ece" in kept
        ]
    )


def _attacks(kept: Sequence[Kept]) -> str:
    return _table(
        [
            (
                one.attack.name,
                "yes" if one.attack.unicode else "",
                *(f"{share:.3f}" for share in one.shares.values()),
            )
            for one in kept
        ]
    )


def _sources(header: Mapping[str, Any]) -> str:
    return _table(
        [(name, f"{count:,}", LICENCES.get(name, "ours")) for name, count in header["rows"].items()]
    )


def _thresholds(header: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{label} {name} {value:.3f}"
        for label, values in header["thresholds"].items()
        for name, value in values.items()
    )


def write(path: Path, card: Card) -> None:
    """Write a card as a Markdown file; its pictures lie beside it."""
    header = card.model.header
    peers = peer_table(card.peers)
    left_out = "".join(f"\n- **Left out of this run:** {what}" for what in card.left_out)
    text = _TEXT.format(
        id=card.model.id,
        checksum=header["checksum"],
        made_with=", ".join(f"{name} {version}" for name, version in header["made_with"].items()),
        size=card.file.stat().st_size,
        features=header["features"],
        cues=len(header["cues"]),
        disguised=len(header["disguised"]),
        abuse_recall=header["held_out"]["abuse_recall"]["news"],
        spam_recall=header["held_out"]["spam_recall"]["news"],
        thresholds=_thresholds(header),
        rows=_sources(header),
        measuring=", ".join(MEASURING),
        left_out=f"\n{left_out}\n" if left_out else "",
        sections=_measured(card.sections),
        held_out=_held_out(header),
        attacks=_attacks(card.kept),
        peers=_headed(peers[0], peers[1:]),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
