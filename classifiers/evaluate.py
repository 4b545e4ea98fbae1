"""`python -m classifiers.evaluate --data DIR`: measure the shipped model, write its card.

Everything here is about texts that the shipped model never learnt from (the measure-only sets and
our own measuring sentences), or comes from the trial fit: what training recorded of it in the
header, and for the curves the trial fit once more. Without the extra `evaluate` (matplotlib,
confusable-homoglyphs, two peers) it measures what it can and says what it left out.
"""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from classifiers import artefact, baseline, card, cost, naming, obfuscate, peers, pictures, robust
from classifiers.accuracy import (
    alarm_figures,
    benign_and_hostile,
    beside,
    head_figures,
    held_out_figures,
    measuring_set,
    news_figures,
    scores,
    set_figures,
)
from classifiers.features import Floats
from classifiers.figure import Figure
from classifiers.model import Model, load
from classifiers.naming import Term
from classifiers.robust import Kept
from classifiers.trial import HeldOut, held_out_scores

Sections = dict[str, list[Figure]]


def measure(
    model: Model, file: Path, data: Path, kept: Sequence[Kept], plain: Sequence[Figure]
) -> Sections:
    """Measure everything that is one number, by section of the card."""

    def score(texts: list[str], label: str) -> Floats:
        return scores(model, texts, label)

    texts = cost.comments(data)
    memory = cost.memory_figure(file, texts)
    held = model.header["held_out"]
    return {
        "Comments never learnt from": beside(
            set_figures(score, data) + news_figures(score, data), plain
        )
        + alarm_figures(model, data),
        "Held out from the trial fit": beside(held_out_figures(held), plain) + head_figures(held),
        "Naming an identity is no attack": naming.template_figures(model, data)
        + naming.real_figures(model, data),
        "Disguised words": robust.attack_figures(kept),
        "The reasons given": robust.reason_figures(model, data),
        "Cost": cost.time_figures(model, texts)
        + ([memory] if memory else [])
        + cost.size_figures(model, file),
    }


def measure_peers(model: Model, data: Path) -> tuple[list[peers.Result], list[str]]:
    """Measure the model and its peers alike; answer too why a peer was left out."""
    found, missing = peers.peers()
    ours = peers.Peer(f"Rejoinder {model.id}", lambda texts: scores(model, list(texts), "abuse"))
    return [peers.compare(peer, data) for peer in [ours, *found]], missing


def draw(
    folder: Path,
    model: Model,
    data: Path,
    held: Mapping[str, HeldOut],
    terms: Sequence[Term],
    kept: Sequence[Kept],
) -> None:
    """Draw the card's pictures; those of held-out rows only where there are such."""
    folder.mkdir(parents=True, exist_ok=True)
    benign, hostile = benign_and_hostile(data)
    unseen = {
        name: (truth, scores(model, texts, label), None)
        for name, label in (
            ("eval_insults", "abuse"), ("eval_olid", "abuse"),
            ("eval_news_ucc", "abuse"), ("eval_reddit_ads", "spam"),
        )
        for texts, truth in [measuring_set(data, name)]
    }  # fmt: skip
    if held:
        own: pictures.Curves = {
            name: (one.truth, one.probability, one.weight) for name, one in held.items()
        }
        panels = {"Held out, by label": own, "Sets never learnt from": unseen}
        pictures.roc(folder / "roc.png", panels)
        pictures.precision_recall(
            folder / "precision_recall.png",
            {"Held out, positives weighed to a newsroom's share": own,
             "Sets never learnt from, as they are mixed": unseen},
        )  # fmt: skip
        errors = {name: model.header["held_out"][name]["ece"] for name in held}
        pictures.reliability(folder / "reliability.png", held, errors)
    groups = {"news comments, benign": scores(model, benign, "abuse")}
    groups["news comments, hostile"] = scores(model, hostile, "abuse")
    truth, score, _ = unseen["eval_insults"]
    groups["forum comments, clean"] = score[truth == 0]
    groups["forum comments, abusive"] = score[truth == 1]
    pictures.histograms(folder / "scores.png", groups, model.thresholds["abuse"])
    tweets, y = measuring_set(data, "eval_olid")
    civil = [text for text, bad in zip(tweets, y, strict=True) if not bad]
    hold = model.thresholds["abuse"]["hold"]
    real = {
        "news comments": naming.real_rates(model, benign, hold),
        "tweets": naming.real_rates(model, civil, hold),
    }
    pictures.identity(folder / "identity.png", terms, naming.threshold(model, data), real)
    pictures.obfuscation(folder / "obfuscation.png", kept)


def show(console: Console, sections: Mapping[str, Sequence[Figure]]) -> None:
    """Print every figure beside its bar and the baseline's."""
    for title, figures in sections.items():
        table = Table("measured", "ours", "bar", "baseline", "reached", title=title)
        for figure in figures:
            name, ours, bar, baseline, reached = figure.row()
            colour = {None: "white", True: "green", False: "red"}[figure.reached]
            table.add_row(name, f"[{colour}]{ours}[/]", bar, baseline, reached)
        console.print(table)


def show_peers(console: Console, results: Sequence[peers.Result]) -> None:
    """Print the peers' figures beside ours."""
    names, *rows = card.peer_table(results)
    table = Table(*names, title="On the same comments")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def evaluate(
    data: Annotated[Path, typer.Option(help="folder with labelled/*.jsonl.gz")],
    model_file: Annotated[
        Path | None, typer.Option("--model", help="the packaged one if not given")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="folder of the card and its pictures")] = None,
    trial: Annotated[  # noqa: FBT002 - a switch of the command line
        bool, typer.Option(help="fit the trial again (a minute) for curves of held-out rows")
    ] = True,
) -> None:
    """Measure a model on the measure-only sets and write the model card with its pictures."""
    console = Console()
    file = model_file or artefact.packaged()
    folder = report or Path(__file__).parent / "report"
    model = load(file)
    left_out: list[str] = []
    held: dict[str, HeldOut] = {}
    with console.status(f"measuring {model.id}") as status:
        if not obfuscate.has_confusables():
            left_out.append("attacks with Unicode's confusables: no confusable-homoglyphs")
        status.update("disguising words")
        kept = robust.under_attack(model, data)
        status.update("fitting the plain baseline")
        plain = baseline.measure(data)
        status.update("measuring sets")
        sections = measure(model, file, data, kept, plain)
        status.update("measuring peers")
        results, missing = measure_peers(model, data)
        left_out += missing
        drawn = find_spec("matplotlib") is not None
        if drawn and trial:
            status.update("fitting the trial")
            held = held_out_scores(data, file)
        else:
            left_out.append(
                "curves of held-out rows (any here are of an earlier run): "
                + ("--no-trial" if drawn else "no pictures")
            )
        if drawn:
            status.update("drawing")
            draw(folder, model, data, held, naming.by_term(model), kept)
        else:
            left_out.append(
                "all pictures (any beside this card are of an earlier run): no matplotlib"
            )
    show(console, sections)
    show_peers(console, results)
    path = folder / "MODEL_CARD.md"
    card.write(path, card.Card(model, file, sections, kept, results, left_out))
    for what in left_out:
        console.print(f"[bold yellow]LEFT OUT[/] {escape(what)}")
    if left_out:
        console.print(escape("pip install 'rejoinder[evaluate]' brings the optional packages"))
    console.print(f"wrote {path}")


if __name__ == "__main__":
    typer.run(evaluate)
