"""The pictures of the statistics: ticks, labels, gaps, colours; and what is served of them."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thread import post

from service.core.db import Pool
from service.moderation import charts
from service.moderation.charts import CHARACTER, DARK, LIGHT, Chart, Series, day_labels, draw, ticks
from service.moderation.pictures import PICTURES
from service.moderation.stats_store import Day

SVG = "{http://www.w3.org/2000/svg}"
STATS = "/v1/moderation/stats"


def days(count: int, last: date = date(2026, 11, 22)) -> list[date]:
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]


def chart(values: list[float | None], **more: Any) -> Chart:
    return Chart("T", "S", days(len(values)), [Series("One", "one", values)], **more)


def parsed(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 (our own picture)


def elements(drawn: str, tag: str, css: str = "") -> list[ET.Element]:
    found = parsed(drawn).iter(SVG + tag)
    return [one for one in found if set(css.split()) <= set(one.get("class", "").split())]


@given(st.floats(1e-3, 1e9), st.booleans())
def test_ticks_are_round_and_just_enough(
    most: float,
    whole: bool,  # noqa: FBT001 (Hypothesis gives it)
) -> None:
    scale = ticks(most, whole=whole)
    assert scale[0] == 0
    assert 2 <= len(scale) <= charts.MOST_TICKS + 1
    step = scale[1]
    assert f"{step:e}"[0] in "125"
    assert all(after - before == pytest.approx(step) for before, after in pairwise(scale))
    assert scale[-1] >= most * (1 - 1e-6)
    assert scale[-2] < most
    if whole:
        assert all(tick == int(tick) for tick in scale)


@pytest.mark.parametrize(
    ("most", "scale"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (100, [0, 20, 40, 60, 80, 100]),
        (1234, [0, 500, 1000, 1500]),
    ],
)
def test_ticks_as_one_would_choose_them(most: float, scale: list[float]) -> None:
    assert ticks(most, whole=True) == scale


@given(st.integers(1, 365), st.floats(180, 1600), st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_labels_stand_under_their_day_and_touch_nothing(
    count: int, width: float, last: date
) -> None:
    placed = day_labels(days(count, last), width)
    assert placed
    for (_, left, before), (_, right, after) in pairwise(placed):
        assert right - left > (len(before) + len(after)) * CHARACTER / 2
    for index, centre, text in placed:
        half = len(text) * CHARACTER / 2
        assert half - charts.RIGHT <= centre <= width - half + charts.RIGHT
        if len(placed) > 1:
            assert centre == pytest.approx((index + 0.5) * width / count)


def test_labels_of_a_week_a_month_and_a_year() -> None:
    assert [text for *_, text in day_labels(days(7), 700)][-1] == "22 Nov"
    assert len(day_labels(days(7), 700)) == 7
    assert len(day_labels(days(30), 700)) == 10
    year = [text for *_, text in day_labels(days(365), 700)]
    assert "Jan 2026" in year
    assert "Nov" in year


def test_a_day_without_a_value_is_a_gap_and_one_alone_a_dot() -> None:
    drawn = draw(chart([1, 2, None, 3, None, 4, 5], stacked=False), 700)
    assert len(elements(drawn, "path", "line")) == 2
    assert len(elements(drawn, "circle", "dot")) == 1


def test_bars_stand_on_each_other_and_fill_the_height() -> None:
    series = [Series("A", "one", [6, 0]), Series("B", "two", [4, 10])]
    drawn = draw(Chart("T", "S", days(2), series), 700)
    below, above = (path.get("d", "") for path in elements(drawn, "path", "bars"))
    assert below.count("z") == 1
    assert above.count("z") == 2
    # 10 is the highest tick: the second day's bar begins at the top, the first's on the other.
    assert below.split("V")[1].split("h")[0] == above.split(" ")[1].split("V")[0] == "80.00"
    assert "V0.00h" in above


@given(
    st.lists(st.none() | st.floats(0, 1e7), min_size=1, max_size=365),
    st.booleans(),
    st.integers(280, 1600),
)
def test_anything_is_drawn_within_the_frame(
    values: list[float | None],
    stacked: bool,  # noqa: FBT001 (Hypothesis gives it)
    width: int,
) -> None:
    drawn = draw(chart(values, stacked=stacked), width)
    root = parsed(drawn)
    assert root.get("role") == "img"
    assert root.findtext(SVG + "title") == "T"
    assert root.findtext(SVG + "desc") == "S"
    assert "nan" not in drawn
    for path in elements(drawn, "path", "line"):
        for point in path.get("d", "")[1:].split("L"):
            x, y = map(float, point.split())
            assert 0 <= x <= width
            assert -0.01 <= y <= charts.HEIGHT


def test_nothing_is_said_so() -> None:
    for values in ([None, None], [0, 0]):
        drawn = draw(chart(list(values), nothing="Nothing yet"), 700)
        assert [text.text for text in elements(drawn, "text", "none")] == ["Nothing yet"]


def test_markup_in_a_title_stays_text() -> None:
    drawn = draw(Chart("<script>", "&", days(1), [Series("</svg>", "one", [1])]), 700)
    assert parsed(drawn).findtext(SVG + "title") == "<script>"
    assert "<script>" not in drawn


def test_pictures_say_in_words_what_they_show() -> None:
    found = [
        Day(day, comments=4, published=2, held=1, spam=1, decisions=1, judged=1, overruled=1,
            median_minutes=30.0 * n, p90_minutes=400.0 * n)
        for n, day in enumerate(days(3), 1)
    ]  # fmt: skip
    said = {name: picture(found, "Europe/Lisbon") for name, picture in PICTURES.items()}
    assert "20 November 2026 to 22 November 2026 (Europe/Lisbon): 12 comments" in (
        said["volume"].summary
    )
    # 1,200 minutes are shown as 20 hours.
    assert said["time-to-decision"].unit == " h"
    assert said["time-to-decision"].series[1].values[-1] == pytest.approx(20)
    assert said["disagreement"].series[0].values == [100, 100, 100]
    year = [Day(day, comments=1, held=n, judged=2, missed=1) for n, day in enumerate(days(365))]
    by_week = PICTURES["volume"](year, "UTC")
    assert by_week.title == "Comments a week"
    assert len(by_week.days) == 52
    assert ">by week<" in draw(by_week, 700)
    assert ">by week<" not in draw(PICTURES["volume"](year[-90:], "UTC"), 700)
    assert by_week.days[-1] == days(7)[0]
    assert sum(value or 0 for value in by_week.series[1].values) == sum(range(365))
    assert by_week.series[1].values[-1] == sum(range(358, 365))
    assert set(PICTURES["disagreement"](year, "UTC").series[1].values) == {50}
    nobody = PICTURES["disagreement"]([Day(days(1)[0])], "UTC")
    assert nobody.series[0].values == [None]


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def linear(colour: str) -> list[float]:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    return [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]


# Machado, Oliveira, Fernandes 2009, severity 1, in linear RGB.
BLINDNESS = {
    "none": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


def lab(rgb: list[float]) -> list[float]:
    """CIE L*a*b* (D65) of linear sRGB."""
    matrix = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = [sum(m * c for m, c in zip(row, rgb, strict=True)) for row in matrix]
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (v / w for v, w in zip(xyz, (0.9505, 1.0, 1.089), strict=True))
    )
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_are_told_apart_by_everybody(colours: dict[str, str]) -> None:
    paper = luminance(colours["paper"])
    for name, least in [("one", 3), ("two", 3), ("three", 3), ("quiet", 4.5), ("ink", 4.5)]:
        here = luminance(colours[name])
        contrast = (max(here, paper) + 0.05) / (min(here, paper) + 0.05)
        assert contrast >= least, (name, contrast)
    for kind, matrix in BLINDNESS.items():
        seen = {
            name: lab(
                [
                    max(0.0, sum(m * c for m, c in zip(row, linear(colours[name]), strict=True)))
                    for row in matrix
                ]
            )
            for name in ("one", "two", "three")
        }
        for left, right in combinations(seen, 2):
            distance = sum((a - b) ** 2 for a, b in zip(seen[left], seen[right], strict=True))
            assert distance**0.5 > 25, (kind, left, right, distance**0.5)


@pytest.mark.parametrize("name", PICTURES)
async def test_a_picture_is_served(
    name: str, client: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    await post(client)
    answer = await desk.get(f"{STATS}/{name}.svg", params={"days": 7, "width": 400})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert parsed(answer.text).get("width") == "400"


async def test_pictures_show_what_the_numbers_said(
    client: httpx.AsyncClient, desk: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    await post(client, "One.")
    assert (await desk.get(STATS, params={"days": 7})).json()["days"][-1]["comments"] == 1
    await post(client, "Two.")
    picture = await desk.get(f"{STATS}/volume.svg", params={"days": 7})
    assert ": 1 comments" in picture.text
    # Another period was not counted yet; and what is a minute old is counted again.
    assert ": 2 comments" in (await desk.get(f"{STATS}/volume.svg", params={"days": 30})).text
    kept = state["figures"]._kept
    for key, (at, stats) in list(kept.items()):
        kept[key] = (at - 61, stats)
    picture = await desk.get(f"{STATS}/volume.svg", params={"days": 7})
    assert ": 2 comments" in picture.text


async def test_the_table_for_spreadsheets(
    client: httpx.AsyncClient, desk: httpx.AsyncClient
) -> None:
    await post(client)
    answer = await desk.get(f"{STATS}.csv", params={"days": 3})
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["comments"] for row in rows] == ["0", "0", "1"]
    assert rows[-1]["day"] == datetime.now(UTC).date().isoformat()
    assert rows[-1]["median_minutes"] == ""


async def test_days_are_cut_by_the_newsroom_s_clock(
    desk: httpx.AsyncClient, pool: Pool, site: Any
) -> None:
    assert (await desk.get(STATS)).json()["time_zone"] == "UTC"
    await pool.execute(
        "insert into policy (site_id, version, rules) values ($1, 1, $2)",
        site.id,
        b'{"hours": {"time_zone": "Asia/Tokyo", "windows": []}}',
    )
    assert (await desk.get(STATS, params={"site": "default"})).json()["time_zone"] == "Asia/Tokyo"
    assert (await desk.get(STATS)).json()["time_zone"] == "Asia/Tokyo"
    await pool.execute(
        """
        insert into site (id, slug, name, origins) values (gen_random_uuid(), 'other', 'O', '{}')
        """
    )
    assert (await desk.get(STATS)).json()["time_zone"] == "UTC"


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/nothing.svg", {}, 404),
        ("/volume.svg", {"width": "279"}, 422),
        ("/volume.svg", {"width": "9" * 30}, 422),
        ("/volume.svg", {"days": "0"}, 422),
        ("/volume.svg", {"site": "nowhere"}, 404),
        (".csv", {"time_zone": "Mars/Olympus"}, 422),
        ("/volume.png", {}, 404),
    ],
)
async def test_bad_questions(
    path: str, query: dict[str, str], status: int, desk: httpx.AsyncClient
) -> None:
    assert (await desk.get(STATS + path, params=query)).status_code == status
