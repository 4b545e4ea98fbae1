"""Word lists: whole words however disguised, and nothing longer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.screening.words import WordList


@pytest.mark.parametrize(
    ("entry", "text", "found"),
    [
        ("cialis", "Ask a specialist.", False),
        ("cialis", "Buy CIALIS now", True),
        ("cialis", "buy c\u0456alis now", True),
        ("cialis", "buy \uff43\uff49\uff41\uff4c\uff49\uff53", True),
        ("cialis", "buy cia\u200blis", True),
        ("cialis", "buy ciális", True),
        ("ass", "assess the class", False),
        ("ass", "an ass!", True),
        ("casino*", "Online-Casinos here", True),
        ("casino*", "occasionally", False),
        ("*phobe", "a technophobe", True),
        ("bad phrase", "A  BAD\nphrase.", True),
        ("bad phrase", "bad phrases", False),
        ("дурак", "Ты ДУРАК", True),
        ("дурак", "дурака", False),
        ("垃圾", "这是垃圾评论", True),
        ("c++", "I like C++ a lot", True),
    ],
)
def test_matching(entry: str, text: str, found: bool) -> None:  # noqa: FBT001 (a table's column)
    assert bool(WordList((entry,)).find(text)) == found


def test_offsets_are_of_the_original_text() -> None:
    text = "Well, buy \uff23ialis\u200b, friends"
    [hit] = WordList(("cialis",)).find(text)
    assert text[hit.begin : hit.end].startswith("\uff23ialis")
    assert hit.entry == "cialis"


@pytest.mark.parametrize("entries", [(), ("",), ("*",), ("  ",), ("**",)])
def test_empty_entries_match_nothing(entries: tuple[str, ...]) -> None:
    assert WordList(entries).find("anything at all") == []


@given(
    st.lists(st.text(min_size=1, max_size=20), max_size=5),
    st.text(max_size=300),
)
def test_no_list_and_no_text_raises(entries: list[str], text: str) -> None:
    for hit in WordList(tuple(entries)).find(text):
        assert 0 <= hit.begin < hit.end <= len(text)
