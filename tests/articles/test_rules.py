"""Keys, origins and addresses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.articles import rules
from service.core.problems import Invalid

HOSTS = st.sampled_from(["news.example", "www.news.example", "NEWS.example"])
PATHS = st.text(
    st.characters(codec="utf-8", exclude_characters="?#\\ \x7f", min_codepoint=33), max_size=300
)


@given(HOSTS, PATHS)
def test_a_key_made_from_an_address_is_a_key(host: str, path: str) -> None:
    key = rules.key_of_url(f"https://{host}/{path}")
    assert rules.KEY.fullmatch(key)


@pytest.mark.parametrize(
    "other",
    [
        "http://news.example/a/b?p=7&x=1",
        "https://www.news.example/a/b/?x=1&p=7",
        "https://NEWS.example:443/a/b?p=7&x=1#comments",
        "https://news.example/a/b?utm_source=mail&p=7&x=1&fbclid=abc&utm_campaign=x",
    ],
)
def test_addresses_of_one_page_are_one(other: str) -> None:
    page = "https://news.example/a/b?p=7&x=1"
    assert rules.normalised_url(other) == rules.normalised_url(page)
    assert rules.key_of_url(other) == rules.key_of_url(page)


def test_an_address_as_people_read_it_is_the_one_that_browsers_write() -> None:
    read, written = (
        "https://news.example/пором-2/ä",
        "https://news.example/%D0%BF%D0%BE%D1%80%D0%BE%D0%BC-2/%C3%A4",
    )
    assert rules.normalised_url(read) == rules.normalised_url(written)
    assert rules.normalised_url(read + "?q=ä") == rules.normalised_url(written + "?q=%C3%A4")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/?p=7", "https://news.example/?p=8"),
        ("https://news.example/a", "https://news.example/b"),
        ("https://news.example/a", "https://blog.news.example/a"),
        ("https://news.example/" + "a" * 300 + "1", "https://news.example/" + "a" * 300 + "2"),
        ("https://news.example/ä", "https://news.example/ö"),
    ],
)
def test_addresses_of_two_pages_are_two(one: str, other: str) -> None:
    assert rules.key_of_url(one) != rules.key_of_url(other)


@pytest.mark.parametrize("key", ["", "a/b", "a%2Fb", "ä", "a b", "x" * 201, "a\n", "a?b"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(Invalid):
        rules.check_key(key)


@pytest.mark.parametrize(
    "url",
    ["", "news.example/a", "javascript:alert(1)", "https://", "https://a:b@news.example/",
     "https://news.example:99999/", "https://news.example/a b", "ftp://news.example/",
     "https://[::1", "https://news.example/\x00"],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(Invalid):
        rules.check_url("url", url)


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://News.example", "https://news.example"),
        ("https://news.example:443/", "https://news.example"),
        ("https://news.example:8443", "https://news.example:8443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_origins_are_written_as_browsers_do(text: str, origin: str) -> None:
    assert rules.check_origin(text) == origin


@pytest.mark.parametrize("text", ["http://news.example", "https://news.example/a", "*", "null", ""])
def test_bad_origins(text: str) -> None:
    with pytest.raises(Invalid):
        rules.check_origin(text)


def test_the_embed_and_the_server_make_the_same_keys() -> None:
    # The examples that the widgets' own test reads; see widgets/identity in the browser tests.
    assert rules.key_of_url("https://www.news.example/2026/bridge/?utm_source=x") == (
        "news.example~2026~bridge"
    )
    assert re.fullmatch(rules.KEY, rules.key_of_url("https://news.example/?p=7"))
