"""The message that a browser receives: that it fits, and what gives way."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.db import uuid7
from service.push.payload import LARGEST, Payload, counted
from service.push.receipts import LENGTH
from service.push.settings_store import PushSettings
from service.push.types import Alert

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


def _alert(**fields: Any) -> Alert:
    values: dict[str, Any] = {
        "id": uuid7(),
        "site_id": uuid7(),
        "article_id": uuid7(),
        "article_key": "a",
        "edition": 1,
        "title": "Title",
        "body": "Body",
        "image": None,
        "url": "https://news.example/a",
        "topics": [],
        "urgency": "normal",
        "ttl": 60,
        "state": "sending",
        "send_at": NOW,
        "started_at": NOW,
    }
    return Alert(**{**values, **fields})


def _render(
    alert: Alert,
    base: str | None = "https://comments.example",
    settings: PushSettings | None = None,
) -> dict[str, Any]:
    payload = Payload(alert, base=base, receipt_length=LENGTH, settings=settings)
    data = payload.with_receipt("r" * LENGTH)
    assert len(data) <= LARGEST
    message: dict[str, Any] = json.loads(data.decode())
    assert message["web_push"] == 8030
    assert message["receipt"] == "r" * LENGTH
    assert message["notification"]["tag"] == alert.id.hex
    return message


@given(
    title=TEXT.filter(bool).map(lambda t: t[:500]),
    body=TEXT.map(lambda t: t * 40).map(lambda t: t[:2000]),
    image=st.none() | st.just("https://news.example/" + "i" * 1900),
    path=st.text("abc/", max_size=1900),
)
def test_payload_fits_and_keeps_title_and_link(
    title: str, body: str, image: str | None, path: str
) -> None:
    url = f"https://news.example/{path}"
    message = _render(_alert(title=title, body=body, image=image, url=url))
    shown = message["notification"]
    assert shown["title"]
    assert shown["navigate"] in {url, "https://news.example/"}
    assert body.startswith(shown["body"].removesuffix("…")) or shown["body"] == body


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "😀" * 500, "body": "漢" * 2000},
        {"title": "T", "body": "ü" * 2000, "url": "https://news.example/" + "x" * 1500},
        {"title": "T" * 500, "body": "", "url": "https://news.example/" + "é" * 1979},
        {"title": '"\\' * 250, "body": "\\" * 2000},
        {"title": "\\u001a receipt", "body": "\\u001a"},
        {"title": "\u2028" * 500, "body": "\n" * 2000},
    ],
)
def test_payload_of_hard_texts(fields: dict[str, str]) -> None:
    message = _render(_alert(**fields))
    assert message["notification"]["title"][:10] == fields["title"][:10]


def test_one_letter_with_a_thousand_marks_leaves_room() -> None:
    shown = _render(_alert(title="a" + "\u0301" * 499, body="b"))["notification"]
    assert shown["title"].startswith("a")


FAMILY = "👩‍👩‍👧‍👦"  # seven code points, 25 bytes, one letter to a reader


def test_nothing_that_readers_see_as_one_letter_is_cut_in_two() -> None:
    shown = _render(_alert(body=FAMILY * 200))["notification"]
    assert shown["body"].removesuffix("…").replace(FAMILY, "") == ""
    assert shown["body"].endswith(FAMILY + "…")
    shown = _render(_alert(title=f"{FAMILY} {'🇺🇦' * 60}e\u0301", body="", url=LONG))["notification"]
    assert (
        shown["title"].removesuffix("…").replace(FAMILY, "").replace("🇺🇦", "").strip(" e\u0301")
        == ""
    )
    # Devanagari: conjuncts and vowel signs stay with their letters.
    shown = _render(_alert(body="क्षि" * 500))["notification"]
    assert shown["body"].removesuffix("…").replace("क्षि", "") == ""


LONG = "https://news.example/" + "x" * 1200
ICONS = PushSettings(icon="https://news.example/icon.png", badge="https://news.example/badge.png")


def test_icon_and_badge_come_along_and_give_way_before_the_title() -> None:
    shown = _render(_alert(image="https://news.example/i.jpg"), settings=ICONS)["notification"]
    assert shown["icon"] == ICONS.icon
    assert shown["badge"] == ICONS.badge
    assert shown["image"] == "https://news.example/i.jpg"
    shown = _render(_alert(body="b" * 2000), settings=ICONS)["notification"]
    assert shown["icon"] == ICONS.icon
    assert len(shown["body"]) > 1000
    shown = _render(_alert(body="b" * 2000, title="t" * 500, url=LONG), settings=ICONS)
    assert shown["notification"]["title"] == "t" * 500
    assert "icon" not in shown["notification"]
    assert "icon" not in _render(_alert())["notification"]


UTM = PushSettings(utm_source="push", utm_medium="alert", utm_campaign="{article} {edition}&x")


@pytest.mark.parametrize(
    ("url", "counted_"),
    [
        ("https://news.example/a", "https://news.example/a?{}"),
        ("https://news.example/a#part", "https://news.example/a?{}#part"),
        ("https://news.example/?p=17", "https://news.example/?p=17&{}"),
        ("https://news.example/?p=%e9+é", "https://news.example/?p=%e9+é&{}"),
        ("https://news.example/a?", "https://news.example/a?{}"),
        ("https://news.example/a?b&", "https://news.example/a?b&{}"),
        ("https://news.example", "https://news.example?{}"),
    ],
)
def test_utm_parameters_are_added_to_the_address_as_it_is(url: str, counted_: str) -> None:
    added = "utm_source=push&utm_medium=alert&utm_campaign=a+1%26x"
    assert counted(_alert(url=url), UTM) == counted_.format(added)
    assert counted(_alert(url=url), PushSettings()) == url


def test_utm_parameters_of_the_article_stay() -> None:
    url = "https://news.example/a?utm_source=own&utm_medium="
    assert counted(_alert(url=url), UTM) == f"{url}&utm_campaign=a+1%26x"


def test_utm_parameters_give_way_before_the_article() -> None:
    url = "https://news.example/" + "x" * 1700
    shown = _render(_alert(url=url, title="t" * 200), settings=UTM)["notification"]
    assert shown["navigate"] == url


def test_payload_gives_the_image_up_before_the_words() -> None:
    alert = _alert(body="b" * 400, image="https://news.example/" + "i" * 1900)
    shown = _render(alert)["notification"]
    assert "image" not in shown
    assert shown["body"] == alert.body


def test_payload_without_a_public_url_leaves_the_base_out() -> None:
    assert "base" not in _render(_alert(), None)
