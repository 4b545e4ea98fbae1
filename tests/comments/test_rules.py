"""Text, names, tickets, places."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.comments import rules
from service.comments.types import CommentRow
from service.core.problems import Invalid
from service.core.text import BIDI
from service.core.tokens import Keyring

LINK = (
    '<a href="https://n.example/a?b=1&amp;c=2" rel="ugc nofollow noopener">'
    "https://n.example/a?b=1&amp;c=2</a>"
)
KEYRING = Keyring(b"a secret of thirty-two characters")


def row(depth: int, parent: CommentRow | None = None) -> CommentRow:
    return CommentRow(
        id=uuid.uuid4(),
        site_id=uuid.uuid4(),
        article_id=uuid.uuid4(),
        root_id=(parent.root_id or parent.id) if parent else None,
        parent_id=parent.id if parent else None,
        depth=depth,
        reader_id=uuid.uuid4(),
        author_name="Ana",
        badge=None,
        body="x",
        html="<p>x</p>",
        status="published",
        reason=None,
        version=1,
        likes=0,
        reply_count=0,
        created_at=datetime.now(UTC),
        edited_at=None,
    )


@given(st.text(max_size=3000))
def test_html_holds_nothing_but_the_small_set(text: str) -> None:
    html = rules.render(text)
    tags = set(re.findall(r"</?([a-zA-Z0-9]+)", html))
    assert tags <= rules.ALLOWED_TAGS
    assert not re.search(r"<[^>]*\s(on\w+|style|class|id|src)\s*=", html)
    assert not re.search(r'href="(?!https?:|mailto:)', html)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        ("> said", "<blockquote>\n<p>said</p>\n</blockquote>\n"),
        ("# not a heading", "<p># not a heading</p>\n"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>\n"),
        (
            "see https://n.example/a?b=1&c=2",
            f"<p>see {LINK}</p>\n",
        ),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("![x](https://evil.example/p.png)", None),
        ("a \u202egnp.exe", "<p>a gnp.exe</p>\n"),
    ],
)
def test_rendering(body: str, shown: str | None) -> None:
    html = rules.render(body)
    if shown is None:
        assert "<img" not in html
    else:
        assert html == shown


@pytest.mark.parametrize(
    "text", ["[" * 10_000, ">" * 10_000, "*" * 10_000, "`a" * 5000, "- " * 5000]
)
def test_hostile_markdown_is_rendered(text: str) -> None:
    assert rules.render(text)


@pytest.mark.parametrize(
    "name",
    ["", "  ", "\u200b", "\u202e\u2066", "a\x00b", "a\nb", "\u3164", "\U000e0041", "\U000e0100 "],
)
def test_a_name_that_can_not_be_seen_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        rules.check_name(name)


def test_a_name_is_shown_without_tricks() -> None:
    assert rules.check_name("  Ana\u202e  María\u200b ") == "Ana María"


@pytest.mark.parametrize(
    "body",
    ["", " \n ", "\u200b\u2060", "a\x00b", "a\x1bb", "\U000e0041", "&#8203;", "&zwnj; &nbsp;", ">",
     "```\n```", "- \n-", "&#x202e;"],
)  # fmt: skip
def test_a_body_that_can_not_be_seen_is_refused(body: str) -> None:
    with pytest.raises(Invalid):
        rules.check_body(body)


@pytest.mark.parametrize("body", ["👍", "?", "...", "***", "&amp;", "—", "> 👍", "&#128077;", "ы"])
def test_a_body_of_little_is_one(body: str) -> None:
    assert rules.check_body(body) == body


@pytest.mark.parametrize("sign", ["\u202e", "&#x202e;", "&#8238;", "&#x2067;"])
def test_no_text_turns_the_line_round(sign: str) -> None:
    assert not BIDI.search(
        rules.render(f"Read *{sign}txt.exe* [{sign}here](https://a.example/{sign})")
    )


@pytest.mark.parametrize(
    ("website", "kept"),
    [
        (None, None),
        ("  ", None),
        ("ana.example", "https://ana.example"),
        ("http://ana.example/x", "http://ana.example/x"),
    ],
)
def test_websites(website: str | None, kept: str | None) -> None:
    assert rules.check_website(website) == kept


@pytest.mark.parametrize("website", ["javascript://x", "ftp://x.example", "a b", "<script>"])
def test_bad_websites(website: str) -> None:
    with pytest.raises(Invalid):
        rules.check_website(website)


@given(st.integers(0, 2_000_000_000), st.integers(0, 10_000_000))
def test_a_ticket_tells_its_age(issued: int, later: int) -> None:
    ticket = rules.ticket(KEYRING, "a-1", issued)
    age = rules.ticket_age(KEYRING, "a-1", ticket, issued + later)
    assert age == timedelta(seconds=later)
    assert rules.ticket_age(KEYRING, "a-2", ticket, issued) is None


@given(st.text(max_size=100))
def test_no_text_is_taken_for_a_ticket(text: str) -> None:
    assert rules.ticket_age(KEYRING, "a-1", text) is None


@given(st.integers(0, 20))
def test_replies_never_stand_deeper_than_four(length: int) -> None:
    parent = None
    for _ in range(length + 1):
        _root_id, parent_id, depth = rules.place(parent)
        assert depth <= 4
        assert (parent_id is None) == (depth == 0)
        parent = row(depth, parent)
