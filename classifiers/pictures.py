"""The model card's pictures, by matplotlib: optional, as the extra `evaluate` brings it.

On paper of their own (an opaque light ground), so that they read the same on dark pages.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_curve

from classifiers.features import Floats
from classifiers.naming import Term
from classifiers.robust import Kept
from classifiers.trial import HeldOut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAPER, _INK, _FAINT, _ACCENT, _SECOND = "#fbfaf7", "#22262b", "#c9c5bb", "#b3372f", "#2f6690"
# Told apart by people who see few colours too (Okabe and Ito, 2008), on light paper.
_COLOURS = (
    "#000000", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f6a3f",
    "#8a2be2", "#6b7280",
)  # fmt: skip
_STYLE: Any = {
    "figure.facecolor": _PAPER, "axes.facecolor": _PAPER, "savefig.facecolor": _PAPER,
    "text.color": _INK, "axes.labelcolor": _INK, "xtick.color": _INK, "ytick.color": _INK,
    "axes.edgecolor": _FAINT, "grid.color": "#e7e3d9", "axes.grid": True, "axes.axisbelow": True,
    "axes.spines.top": False, "axes.spines.right": False, "font.size": 9.5,
    "axes.titlesize": 10.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "legend.frameon": False, "legend.fontsize": 8.5, "lines.linewidth": 1.5,
}  # fmt: skip
_PALETTE = 64
_FINEST = 0.001
_BINS = 12
# Fewer rows than this show chance rather than the model.
_FEWEST = 20
_SETTLED = 0.02
_TERMS = 40


@contextmanager
def _figure(path: Path, size: tuple[float, float], grid: tuple[int, int]) -> Iterator[Any]:
    """Give axes to draw on, then write them as a small PNG that is the same in every run."""
    import matplotlib as mpl  # noqa: PLC0415 - an optional extra
    from PIL import Image  # noqa: PLC0415 - comes with matplotlib

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - an optional extra

    with mpl.rc_context(_STYLE):
        figure, axes = plt.subplots(*grid, figsize=size, layout="constrained", squeeze=False)
        try:
            yield figure, axes
            raw = BytesIO()
            figure.savefig(raw, dpi=110, metadata={"Software": None})
            # A palette makes the file a third as large, and nobody sees the difference.
            Image.open(raw).convert("RGB").quantize(_PALETTE).save(path, "PNG", optimize=True)
        finally:
            plt.close(figure)


def _percent(axis: "Axes", which: str, ticks: Sequence[float] | None = None) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: PLC0415 - an optional extra

    own = getattr(axis, f"{which}axis")
    if ticks is not None:
        own.set_ticks(ticks)
    own.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    own.set_minor_formatter(NullFormatter())


def _below(axis: "Axes", columns: int = 5, below: float = -0.12) -> None:
    """Put the legend under the axes, where it hides no curve."""
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, below), ncols=columns, columnspacing=1.2)


Curves = Mapping[str, tuple[Any, Floats, Floats | None]]


def roc(path: Path, panels: Mapping[str, Curves]) -> None:
    """Draw ROC curves, one panel for each group of (truth, score, weight), rare alarms wide."""
    with _figure(path, (11, 5.2), (1, len(panels))) as (_, axes):
        for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
            for colour, (name, (truth, score, _)) in zip(_COLOURS, curves.items(), strict=False):
                false, true, _ = roc_curve(truth, score)
                axis.plot(np.maximum(false, _FINEST), true, color=colour, label=name)
            axis.set(
                title=title, xscale="log", xlim=(_FINEST, 1), ylim=(0, 1.01),
                xlabel="harmless ones wrongly above the threshold", ylabel="caught",
            )  # fmt: skip
            _percent(axis, "x", [0.001, 0.01, 0.1, 1])
            _percent(axis, "y")
            _below(axis)


def precision_recall(path: Path, panels: Mapping[str, Curves]) -> None:
    """Draw precision over recall, weighed to the share of positives that each group names."""
    with _figure(path, (11, 5.2), (1, len(panels))) as (_, axes):
        for axis, (title, curves) in zip(axes[0], panels.items(), strict=True):
            for colour, (name, (truth, score, weight)) in zip(
                _COLOURS, curves.items(), strict=False
            ):
                precision, recall, _ = precision_recall_curve(truth, score, sample_weight=weight)
                settled = recall >= _SETTLED
                axis.plot(recall[settled], precision[settled], color=colour, label=name)
            axis.set(title=title, xlim=(0, 1), ylim=(0, 1.02), xlabel="caught",
                     ylabel="right among those above the threshold")  # fmt: skip
            _percent(axis, "x")
            _percent(axis, "y")
            _below(axis)


def reliability(path: Path, held: Mapping[str, HeldOut], errors: Mapping[str, float]) -> None:
    """Draw how often what is said to be so likely is so, one panel for each head."""
    across = -(-len(held) // 2)
    with _figure(path, (11, 4.6), (2, across)) as (figure, axes):
        for axis in axes.flat[len(held) :]:
            axis.set_axis_off()
        for axis, (name, one) in zip(axes.flat, held.items(), strict=False):
            said, found, share = _bins(one)
            axis.plot([0, 1], [0, 1], color=_FAINT, linewidth=1)
            axis.plot(said, found, color=_SECOND, zorder=3)
            axis.scatter(said, found, s=8 + 90 * np.sqrt(share), color=_SECOND, zorder=4)
            axis.set(xlim=(0, 1), ylim=(0, 1))
            axis.set_title(f"{name}  {errors[name]:.3f}", fontsize=9.5)
            axis.set_aspect("equal")
            _percent(axis, "x", [0, 0.5, 1])
            _percent(axis, "y", [0, 0.5, 1])
            axis.label_outer()
        figure.supxlabel(
            "said to be likely (above: expected calibration error; the size of a dot: how many)",
            fontsize=9.5,
        )
        figure.supylabel("found to be so", fontsize=9.5)


def _bins(one: HeldOut) -> tuple[Floats, Floats, Floats]:
    at = np.minimum((one.probability * _BINS).astype(int), _BINS - 1)
    weight = np.asarray(np.bincount(at, one.weight, _BINS), dtype=np.float64)
    kept = np.bincount(at, minlength=_BINS) >= _FEWEST
    said = np.bincount(at, one.weight * one.probability, _BINS)[kept] / weight[kept]
    found = np.bincount(at, one.weight * one.truth, _BINS)[kept] / weight[kept]
    return said, found, weight[kept]


def histograms(path: Path, groups: Mapping[str, Floats], thresholds: Mapping[str, float]) -> None:
    """Draw how the abuse scores of each group of comments are spread."""
    with _figure(path, (11, 1.25 * len(groups) + 0.6), (len(groups), 1)) as (_, axes):
        edges = np.linspace(0, 1, 51)
        for axis, (name, score) in zip(axes[:, 0], groups.items(), strict=True):
            colour = _ACCENT if "hostile" in name or "abusive" in name else _SECOND
            share = np.histogram(score, edges)[0] / len(score)
            axis.stairs(share, edges, fill=True, color=colour, alpha=0.85)
            axis.set(xlim=(0, 1), yscale="log", ylim=(5e-4, 1))
            axis.set_title(name, fontsize=9.5)
            for title, value in thresholds.items():
                axis.axvline(value, color=_INK, linewidth=1, linestyle=(0, (4, 3)))
                above = float((score >= value).mean())
                axis.text(value + 0.006, 0.35, f"{title} {value:.2f}: {100 * above:.1f} % above",
                          fontsize=8.5)  # fmt: skip
            _percent(axis, "y", [0.001, 0.01, 0.1, 1])
            _percent(axis, "x")
            axis.label_outer()
        axes[-1, 0].set_xlabel("abuse score")


def identity(
    path: Path,
    terms: Sequence[Term],
    limit: float,
    real: Mapping[str, Mapping[str, tuple[int, int]]],
) -> None:
    """Draw false positives by term named: harmless templates, and real harmless comments."""
    with _figure(path, (11, 7.6), (1, 2)) as (_, axes):
        left, right = axes[0]
        shown = list(reversed(terms[:_TERMS]))
        for at, term in enumerate(shown):
            rate = float((term.scores > limit).mean())
            colour = _ACCENT if rate else _SECOND
            low, high = float(term.scores.min()), float(term.scores.max())
            left.plot([low, high], [at, at], color=colour, linewidth=1.2, alpha=0.6)
            left.scatter([float(term.scores.mean())], [at], color=colour, s=16, zorder=3)
            if rate:
                left.text(high + 0.01, at, f"{100 * rate:.0f} %", va="center", fontsize=8)
        left.axvline(limit, color=_INK, linewidth=1, linestyle=(0, (4, 3)))
        flagged = sum(bool((term.scores > limit).any()) for term in terms)
        left.set(
            title=f"Harmless templates: mean and range of scores\n"
            f"({flagged} of {len(terms)} terms ever above the line; the {len(shown)} highest)",
            xlim=(0, 1), ylim=(-1, len(shown)), xlabel="abuse score (line: 0.5 % of benign news)",
        )  # fmt: skip
        left.set_yticks(range(len(shown)), [term.name for term in shown], fontsize=8)
        left.grid(visible=False, axis="y")
        _real(right, real)


def _real(axis: "Axes", real: Mapping[str, Mapping[str, tuple[int, int]]]) -> None:
    kinds = sorted({kind for counts in real.values() for kind in counts} - {"any", "none"})
    order = ["none", "any", *kinds]
    height = 0.8 / len(real)
    for step, (name, counts) in enumerate(real.items()):
        for at, kind in enumerate(order):
            flagged, total = counts.get(kind, (0, 0))
            place = len(order) - at - step * height
            rate = flagged / total if total >= _FEWEST else 0.0
            note = "" if total >= _FEWEST else ": too few to tell"
            axis.barh(place, rate, height * 0.9, color=(_SECOND, _ACCENT)[step],
                      label=name if at == 0 else None)  # fmt: skip
            axis.text(
                rate + 0.0006, place, f"{flagged} of {total:,}{note}", va="center", fontsize=8
            )
    axis.set_yticks([len(order) - at - height / 2 for at in range(len(order))], order)
    axis.set(title="Real harmless comments that are held,\nby the kind of identity they name",
             xlabel="held at the threshold")  # fmt: skip
    axis.margins(x=0.2)
    axis.grid(visible=False, axis="y")
    _percent(axis, "x")
    axis.legend(loc="lower right")


def obfuscation(path: Path, kept: Sequence[Kept]) -> None:
    """Draw what share of what was caught is still caught, by attack."""
    with _figure(path, (11, 0.19 * len(kept) + 1.2), (1, 1)) as (_, axes):
        axis = axes[0, 0]
        for at, one in enumerate(reversed(kept)):
            colour = _SECOND if one.attack.unicode else _ACCENT
            axis.barh(at, one.unseen, 0.72, color=colour)
            axis.text(max(one.unseen - 0.004, 0.025), at, f"{100 * one.unseen:.0f}", ha="right",
                      va="center", color=_PAPER, fontsize=8)  # fmt: skip
        names = [one.attack.name for one in reversed(kept)]
        axis.set_yticks(range(len(kept)), names, fontsize=8.5)
        axis.set(title="Caught as written, and still caught disguised (sets never learnt from)",
                 xlim=(0, 1.0), ylim=(-0.7, len(kept) - 0.3))  # fmt: skip
        for colour, name in (
            (_SECOND, "only encodes letters in another way (bar for their mean: 97 %)"),
            (_ACCENT, "spells in another way (bar for the mean of all: 92 %)"),
        ):
            axis.barh(-5, 0, color=colour, label=name)
        axis.grid(visible=False, axis="y")
        _percent(axis, "x")
        _below(axis, 2, -0.03)
