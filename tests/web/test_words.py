"""The catalogues are whole in every language, and whoever asks gets the nearest one."""

import copy
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import httpx
import pytest
from thread import ORIGIN
from web.catalogue_faults import faults

from service.core.problems import Code
from service.web import words
from service.web.words import FOLDER, best_catalogue, catalogue, catalogues, lookup

FILES = sorted(FOLDER.glob("*.json"))
ENGLISH: dict[str, Any] = json.loads((FOLDER / "en.json").read_text())
GERMAN: dict[str, Any] = json.loads((FOLDER / "de.json").read_text())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_catalogue_is_whole(path: Path) -> None:
    messages = json.loads(path.read_text())
    assert messages["lang"] == path.stem
    assert faults(messages, ENGLISH) == []


def test_the_languages_that_are_promised_are_there() -> None:
    assert set(catalogues()) >= {"en", "uk", "ru", "de", "fr", "es", "pl", "ar"}
    assert next(iter(catalogues())) == "en"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("comments.title", None, "comments.title is missing"),
        ("comments.extra", "Noch etwas", "comments.extra is in no use"),
        ("comments.title", "Leave a reply", "comments.title is not translated: Leave a reply"),
        ("comments.replyTo", "Antwort an {nom}", "comments.replyTo: expected the blanks ['name']"),
        ("comments.closed", "Zu", "comments.closed: ends otherwise than the English: Zu"),
        ("comments.save", 'Das "Neue"', 'quotation marks of another language, ": Das "Neue"'),
        ("writing.busy", "Moment ...", "writing.busy: dots for an ellipsis: Moment ..."),
        ("count.count", "{n} Kommentare", "count.count: a text here and forms there"),
        ("count.count.few", "{n} Kommentare", "count.count: de has no form few"),
        ("count.count.one", None, "count.count: the form one is missing"),
        ("count.count.other", "viele", "the form other needs the blanks ['n']"),
        ("dir", "rtl", "dir is not ltr"),
    ],
)
def test_what_is_wrong_is_found(path: str, value: Any, said: str) -> None:
    messages = copy.deepcopy(GERMAN)
    *way, last = path.split(".")
    at = messages
    for key in way:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    assert said in "\n".join(faults(messages, ENGLISH))


@pytest.mark.parametrize(
    ("lang", "text"),
    [("fr", "Quoi ?"), ("fr", "«mot»"), ("pl", "w domu"), ("ar", "ماذا?"), ("uk", "“так”")],
)
def test_typography_is_looked_at(lang: str, text: str) -> None:
    messages = json.loads((FOLDER / f"{lang}.json").read_text())
    messages["support"]["headline"] = text
    assert any("support.headline" in fault for fault in faults(messages, ENGLISH))


def test_every_code_has_its_message() -> None:
    assert set(get_args(Code)) | {"refused"} == set(ENGLISH["problems"])


@pytest.mark.parametrize(
    ("tag", "lang"),
    [
        ("de", "de"), ("de-AT", "de"), ("DE_ch", "de"), ("uk-UA", "uk"), ("ar-EG-u-nu-latn", "ar"),
        ("de-x-a-b", "de"), ("pt-BR", None), ("", None), ("deu", None), ("d" * 10_000, None),
        ("../../secret", None), ("de-" * 100, "de"),
    ],
)  # fmt: skip
def test_a_tag_means_the_nearest_language(tag: str, lang: str | None) -> None:
    found = lookup(tag)
    assert (found.lang if found else None) == lang
    assert catalogue(tag).lang == lang or lang is None


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "fr"), ("de", "de"), ("pt-BR,pt;q=0.9,pl;q=0.8,en;q=0.7", "pl"), ("pt", "fr"),
        ("uk-UA, uk;q=0.9, en;q=0.8", "uk"), ("en;q=0.1, de;q=0.9", "de"), ("*", "fr"),
        ("de;q=0, es", "es"), ("de;q=0", "fr"), ("nonsense;;q=x, ru", "ru"), ("de;q=2, ru", "ru"),
        (",,,", "fr"), ("pt," * 50 + "de", "fr"), ("pt, *, de", "fr"),
    ],
)  # fmt: skip
def test_a_browser_gets_what_it_asks_for_first(header: str, lang: str) -> None:
    assert best_catalogue(header, "fr").lang == lang


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "1 reply|2 replies|5 replies|21 replies|12,345 replies"),
        ("uk", "1 коментар|2 коментарі|5 коментарів|21 коментар|12\u00a0345 коментарів"),
        ("pl", "1 komentarz|2 komentarze|5 komentarzy|21 komentarzy|12\u00a0345 komentarzy"),
        ("ar", "تعليق واحد|تعليقان|5 تعليقات|21 تعليقًا|12,345 تعليقًا"),
    ],
)
def test_counts(lang: str, said: str) -> None:
    for n, text in zip((1, 2, 5, 21, 12345), said.split("|"), strict=True):
        assert catalogue(lang).say("count.count", n=n) == text


def test_blanks_are_filled_in_and_set_apart_where_writing_runs_to_the_left() -> None:
    assert catalogue("de").say("comments.replyTo", name="Ada {n}") == "Antwort an Ada {n}"
    assert catalogue("ar").say("comments.replyTo", name="Ada") == "الرد على \u2068Ada\u2069"
    with pytest.raises(KeyError):
        catalogue("de").say("comments.replyTo")
    when = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)
    assert catalogue("de").moment(when, ZoneInfo("Europe/Berlin")).startswith("29. November 2026")


async def test_a_page_gets_the_sections_that_it_asks_for(client: httpx.AsyncClient) -> None:
    answer = await client.get("/words/de-AT/count+times.json", headers={"Origin": ORIGIN})
    assert answer.json() == {
        **{key: GERMAN[key] for key in ("lang", "name", "dir", "count", "times")}
    }
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "max-age=60" in answer.headers["cache-control"]
    assert "accept-encoding" in answer.headers["vary"].lower()
    again = await client.get(
        "/words/de-AT/count+times.json", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get("/words/pt-BR/count.json")
    assert (other.json()["lang"], other.json()["count"]) == ("en", ENGLISH["count"])
    assert other.headers["etag"] != answer.headers["etag"]


@pytest.mark.parametrize("path", ["de/nothing", "de/count+", "de/count+count", "de/lang", "de/.."])
async def test_what_is_no_section_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/words/{path}.json")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_sections_are_packed() -> None:
    data = words.encoded("ar", "comments+count+times")
    assert len(gzip.compress(data)) < 2048
