"""The text of a comment, its sentences, and the way back to its source."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.compat.passages import Utf16, html, plain

MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<b", ">", "<", "&amp;", "&#x1F642;", "&nbsp", ";", "<!--", "-->", " ",
         "<script>", "</script>", "word", ". ", "!", "\n", "🙂", '<a href="x">', "é"]
    )
).map("".join)  # fmt: skip


@given(st.text())
def test_plain_sentences_are_what_stands_there(text: str) -> None:
    found = plain(text).sentences()
    for one in found:
        assert text[one.begin : one.end] == one.text
        assert one.text == one.text.strip() != ""
    # Nothing but space is left out, and nothing is told twice.
    assert "".join("".join(one.text.split()) for one in found) == "".join(text.split())
    assert all(a.end <= b.begin for a, b in pairwise(found))


@given(MARKUP)
def test_html_never_fails_and_points_into_its_source(source: str) -> None:
    reading = html(source)
    sentences = reading.sentences()
    for one in sentences:
        assert 0 <= one.begin < one.end <= len(source)
    assert all(a.begin <= b.begin for a, b in pairwise(sentences))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>a</p>", "\na\n"),
        ("a<br>b", "a\nb"),
        ("<B>You</B> &lt;3 &#128578; &unknown;", "You <3 🙂 &unknown;"),
        ("a < b and c > d", "a < b and c > d"),
        ("<style>p{}</style>x<SCRIPT>y</script>z", "xz"),
        ("<!-- <b>no</b> -->yes", "yes"),
        ("<!doctype html>yes", "yes"),
        ("<script>never closed", "never closed"),
        ("<script>never</scripted> closed", "never closed"),
        ("", ""),
    ],
)
def test_html_is_read_as_people_see_it(source: str, text: str) -> None:
    assert html(source).text == text


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Version 1.2 is out.", ["Version 1.2 is out."]),
        ('He said "go!" and left.', ['He said "go!"', "and left."]),
        ("Well... yes", ["Well...", "yes"]),
        ("これは。テスト！", ["これは。", "テスト！"]),  # noqa: RUF001
        ("ほんと？!そう。", ["ほんと？!", "そう。"]),  # noqa: RUF001
        ("one\ntwo\r\n\r\nthree", ["one", "two", "three"]),
    ],
)
def test_where_sentences_end(text: str, sentences: list[str]) -> None:
    assert [one.text for one in plain(text).sentences()] == sentences


@given(st.text(), st.integers(min_value=0))
def test_offsets_in_utf16(text: str, at: int) -> None:
    at %= len(text) + 1
    assert Utf16(text)(at) == len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


@pytest.mark.parametrize(
    "source",
    ["<a" * 10_000, "<!--" * 5_000, "<script>" * 2_500 + "</script", "&" * 20_000,
     "<" * 20_000 + ">", ". " * 10_000, "!" * 20_000, "<!" * 10_000 + ">", '."' * 10_000,
     ".\u3002" * 100_000 + "x", "<script>" * 100_000 + "</scriptx>"],
)  # fmt: skip
def test_what_never_closes_is_read_all_the_same(source: str) -> None:
    # In quadratic time this would take the suite's patience: the last two took many minutes each.
    assert len(html(source).text) <= len(source) + 20_000
    assert plain(source).sentences() is not None
    assert html(source).sentences() is not None
