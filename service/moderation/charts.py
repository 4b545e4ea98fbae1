"""Pictures of figures by day, as SVG. Pure functions.

A picture carries its own style and follows the reader's colour scheme; what it loads is nothing.
"""

import math
from datetime import date
from itertools import pairwise
from typing import Literal
from xml.etree import ElementTree as ET

import msgspec

CHARACTER = 6.6  # pixels that a character of a label takes at most, on average over a label
APART = 10.0  # pixels between two labels
HEIGHT = 200.0  # of what is plotted
LINE = 20.0
DOT = 2.5
FOOT = 26.0
RIGHT = 14.0  # also what a label may stand out on either side
MOST_TICKS = 5
LEAST = 1e-9  # no figure is smaller and not nothing; logarithms of the smallest numbers fail
DENSE = 4.0  # pixels a day below which bars touch, and lines are thin
SWATCH = 10.0

Colour = Literal["one", "two", "three"]
Number = float | None

# Told apart by lightness too, so that nobody needs to see colours; tests/moderation/test_charts.py
# holds contrast, and distance as seen with each kind of colour blindness.
LIGHT = {
    "paper": "#ffffff", "ink": "#1a1c1f", "quiet": "#5b6067", "rule": "#dcdcd8",
    "one": "#2f6db3", "two": "#b98a00", "three": "#8a1538",
}  # fmt: skip
DARK = {
    "paper": "#1b1f24", "ink": "#e7e8e9", "quiet": "#a2a8af", "rule": "#3a4149",
    "one": "#5b9be0", "two": "#f2cf63", "three": "#c4566f",
}  # fmt: skip

STYLE = (
    "svg{{{light}font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}}"
    "@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"
    ".paper{{fill:var(--paper)}}text{{fill:var(--quiet);font-variant-numeric:tabular-nums}}"
    ".legend text,.none{{fill:var(--ink)}}.end{{text-anchor:end}}.middle{{text-anchor:middle}}"
    ".grid{{stroke:var(--rule);shape-rendering:crispEdges}}"
    ".base{{stroke:var(--quiet);shape-rendering:crispEdges}}"
    ".one{{--c:var(--one)}}.two{{--c:var(--two)}}.three{{--c:var(--three)}}"
    ".bars,.dot{{fill:var(--c)}}"
    ".line{{stroke:var(--c);fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}}"
    ".two.line{{stroke-dasharray:5 4}}.dense.line{{stroke-width:1.25;stroke-dasharray:none}}"
)


class Series(msgspec.Struct, frozen=True):
    """A value a day; None: there is none, which isn't 0."""

    name: str
    colour: Colour
    values: list[Number]


class Chart(msgspec.Struct, frozen=True):
    """What to draw. `stacked`: bars on each other, else lines. `whole`: there are no halves."""

    title: str
    summary: str
    days: list[date]
    series: list[Series]
    stacked: bool = True
    whole: bool = True
    unit: str = ""
    note: str = ""
    nothing: str = "Nothing in this period"


def ticks(most: float, *, whole: bool) -> list[float]:
    """Round numbers from 0 to the first that is no less than `most`; up to six of them."""
    if most < LEAST:
        return [0.0, 1.0]
    exponent = math.floor(math.log10(most / MOST_TICKS))
    if whole:
        exponent = max(exponent, 0)
    sizes = [base * 10.0**power for power in (exponent, exponent + 1) for base in (1, 2, 5)]
    step = next(
        size for size in (*sizes, 10.0 ** (exponent + 2)) if size * MOST_TICKS >= most * (1 - 1e-9)
    )
    count = max(1, math.ceil(most / step - 1e-9))
    return [float(f"{step * n:.12g}") for n in range(count + 1)]


def day_labels(days: list[date], width: float) -> list[tuple[int, float, str]]:
    """Which days (or weeks, by their first day) to name beneath the plot: index, centre, text.

    As many as have room: each stands under its day, none touches another or the picture's edge.
    """
    step = width / len(days)
    last = len(days) - 1
    for every in (1, 2, 3, 7, 14):
        named = [(n, f"{days[n].day} {days[n]:%b}") for n in range(last % every, last + 1, every)]
        if placed := _place(named, step, width):
            return placed
    for months in (1, 2, 3, 6):
        named = [
            (n, f"{day:%b}" if day.month > 1 else f"{day:%b %Y}")
            for n, day in enumerate(days)
            if (day.day == 1 or (n and day.month != days[n - 1].month))
            and (day.month - 1) % months == 0
        ]
        if placed := _place(named, step, width):
            return placed
    text = f"{days[last].day} {days[last]:%b}"
    return [(last, width - len(text) * CHARACTER / 2, text)]


def _place(named: list[tuple[int, str]], step: float, width: float) -> list[tuple[int, float, str]]:
    placed = []
    for index, text in named:
        centre, half = (index + 0.5) * step, len(text) * CHARACTER / 2
        if half - RIGHT <= centre <= width + RIGHT - half:
            placed.append((index, centre, text))
    for (_, left, before), (_, right, after) in pairwise(placed):
        if right - left < (len(before) + len(after)) * CHARACTER / 2 + APART:
            return []
    return placed


def draw(chart: Chart, width: float) -> str:
    """The picture as a document of its own, `width` pixels wide."""
    most = _most(chart)
    scale = ticks(most, whole=chart.whole)
    names = [f"{tick:,g}{chart.unit}" for tick in scale]
    left = max(len(name) for name in names) * CHARACTER + 17
    svg = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "role": "img",
            "aria-labelledby": "title",
            "aria-describedby": "desc",
        },
    )
    _add(svg, "title", id="title").text = chart.title
    _add(svg, "desc", id="desc").text = chart.summary
    _add(svg, "style").text = STYLE.format(light=_variables(LIGHT), dark=_variables(DARK))
    paper = _add(svg, "rect", **{"class": "paper", "width": "100%", "height": "100%"})
    top = _legend(svg, chart, width) + 8
    whole = top + HEIGHT + FOOT
    svg.set("viewBox", f"0 0 {width:g} {whole:g}")
    svg.set("width", f"{width:g}")
    svg.set("height", f"{whole:g}")
    paper.set("height", f"{whole:g}")
    plot = _add(svg, "g", transform=f"translate({left:g} {top:g})")
    _axes(plot, chart.days, scale, names, width - left - RIGHT)
    if not any(value is not None for one in chart.series for value in one.values) or most <= 0:
        middle = {"class": "none middle", "x": f"{(width - left - RIGHT) / 2:g}"}
        _add(plot, "text", **middle, y=f"{HEIGHT / 2:g}").text = chart.nothing
    elif chart.stacked:
        _bars(plot, chart, scale[-1], width - left - RIGHT)
    else:
        _lines(plot, chart, scale[-1], width - left - RIGHT)
    return ET.tostring(svg, encoding="unicode")


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, tag, attributes)


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


def _most(chart: Chart) -> float:
    if not chart.stacked:
        return max((v for one in chart.series for v in one.values if v is not None), default=0)
    days = zip(*(one.values for one in chart.series), strict=True)
    return max((sum(value or 0 for value in day) for day in days), default=0)


def _legend(svg: ET.Element, chart: Chart, width: float) -> float:
    """Names of the series, in as many lines as it takes; the height of them."""
    legend = _add(svg, "g", **{"class": "legend"})
    x, y = 2.0, 4.0
    for one in chart.series:
        needed = SWATCH + 6 + len(one.name) * CHARACTER
        if x > 2 and x + needed > width:  # noqa: PLR2004 (where a line begins)
            x, y = 2.0, y + LINE
        _add(
            legend, "rect", **{"class": f"bars {one.colour}"}, x=f"{x:g}", y=f"{y:g}",
            width=f"{SWATCH:g}", height=f"{SWATCH:g}", rx="2",
        )  # fmt: skip
        text = _add(legend, "text", x=f"{x + SWATCH + 6:g}", y=f"{y + SWATCH - 0.5:g}")
        text.text = one.name
        x += needed + 14
    if chart.note and x + len(chart.note) * CHARACTER < width:
        _add(svg, "text", x=f"{x:g}", y=f"{y + SWATCH - 0.5:g}").text = chart.note
    return y + LINE


def _axes(
    plot: ET.Element, days: list[date], scale: list[float], names: list[str], width: float
) -> None:
    for tick, name in zip(scale, names, strict=True):
        # On half a pixel, a line of one pixel is one, and not two grey ones.
        y = round(HEIGHT * (1 - tick / scale[-1])) + 0.5
        kind = "base" if tick == 0 else "grid"
        _add(
            plot, "line", **{"class": kind}, x1="0", x2=f"{width:g}", y1=f"{y:g}", y2=f"{y:g}"
        )  # fmt: skip
        _add(plot, "text", **{"class": "end"}, x="-8", y=f"{y + 4:g}").text = name
    for _, centre, text in day_labels(days, width):
        x = round(centre) + 0.5
        _add(
            plot, "line", **{"class": "base"}, x1=f"{x:g}", x2=f"{x:g}",
            y1=f"{HEIGHT:g}", y2=f"{HEIGHT + 4:g}",
        )  # fmt: skip
        label = _add(plot, "text", **{"class": "middle"}, x=f"{centre:.4g}", y=f"{HEIGHT + 18:g}")
        label.text = text


def _bars(plot: ET.Element, chart: Chart, top: float, width: float) -> None:
    """One path a series: a year of bars is three nodes."""
    step = width / len(chart.days)
    gap = step * 0.25 if step >= DENSE else 0.0
    below = [0.0] * len(chart.days)
    for one in chart.series:
        parts = []
        for n, value in enumerate(one.values):
            if not value:
                continue
            low, high = HEIGHT * (1 - below[n] / top), HEIGHT * (1 - (below[n] + value) / top)
            below[n] += value
            left, wide = n * step + gap / 2, step - gap
            parts.append(f"M{left:.2f} {low:.2f}V{high:.2f}h{wide:.2f}V{low:.2f}z")
        _add(plot, "path", **{"class": f"bars {one.colour}"}, d="".join(parts))


def _lines(plot: ET.Element, chart: Chart, top: float, width: float) -> None:
    """A line through neighbouring days; a day alone is a dot, and a day without a value a gap."""
    step = width / len(chart.days)
    dense = "" if step >= DENSE else " dense"
    for one in chart.series:
        for run in _runs(one.values):
            points = [((n + 0.5) * step, HEIGHT * (1 - value / top)) for n, value in run]
            if len(points) == 1:
                (x, y), *_ = points
                dot = {"class": f"dot {one.colour}", "r": f"{DOT:g}"}
                _add(plot, "circle", **dot, cx=f"{x:.2f}", cy=f"{y:.2f}")
            else:
                d = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
                _add(plot, "path", **{"class": f"line {one.colour}{dense}"}, d=d)


def _runs(values: list[Number]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = []
    alone = True
    for n, value in enumerate(values):
        if value is None:
            alone = True
            continue
        if alone:
            runs.append([])
        runs[-1].append((n, value))
        alone = False
    return runs
