"""Bodies of other systems: what is shown of them, and what is read."""

import re
from collections.abc import Iterator

import html5lib
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.comments.rules import ALLOWED_TAGS
from service.transfer import bodies
from service.transfer.bodies import DEEPEST, flattened, html_and_text
from service.transfer.cleaning import LONGEST, cleaned
from service.transfer.types import Markup, Notes, SourceComment


def converted(body: str, markup: Markup) -> tuple[str, str]:
    return html_and_text(comment(body, markup))


def comment(body: str, markup: Markup = "html", html: str = "") -> SourceComment:
    return SourceComment("1", "a", "", "Ann", "", body, markup, "published", None, html=html)


@pytest.mark.parametrize(
    ("body", "html", "text"),
    [
        ("One\n\nTwo\nThree", "<p>One</p>\n<p>Two<br>\nThree</p>", "One\n\nTwo\nThree"),
        ("One\r\n\r\nTwo", "<p>One</p>\n<p>Two</p>", "One\n\nTwo"),
        ("<p>One</p>", "<p>One</p>", "One"),
        ("5 < 6 &amp; 7", "<p>5 &lt; 6 &amp; 7</p>", "5 < 6 & 7"),
        (
            "Say\n<pre>a\n\nb</pre>\nso",
            "<p>Say</p>\n<pre>a\n\nb</pre>\n<p>so</p>",
            "Say\n\na\n\nb\n\nso",
        ),
    ],
)  # fmt: skip
def test_line_ends_of_wordpress_become_paragraphs(body: str, html: str, text: str) -> None:
    assert html_and_text(comment(body, "paragraphs")) == (html, text)


@pytest.mark.parametrize(
    ("body", "html", "text"),
    [
        ("<FONT COLOR=red><B>Hi</B><BR>there</FONT>", "<strong>Hi</strong><br>there", "Hi\nthere"),
        ("<CENTER>Hi</CENTER>there<HR>you", "Hi<br>there<br>you", "Hi\nthere\nyou"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b <br><br>", "a b"),
        ("<i>so<b>me", "<em>so<strong>me</strong></em>", "some"),
        ("a<script>alert(1)</script>b", "ab", "ab"),
        ("<a href='javascript:x()'>x</a>", '<a rel="ugc nofollow noopener">x</a>', "x"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
    ],
)  # fmt: skip
def test_html_of_the_nineties_is_readable_and_safe(body: str, html: str, text: str) -> None:
    assert html_and_text(comment(body)) == (html, text)


def test_addresses_of_links_are_part_of_the_text() -> None:
    body = (
        '<a href="https://shop.example/x">cheap</a> <a href="https://a.example/b">a.example/…</a>'
    )
    _, text = html_and_text(comment(body))
    assert text == "cheap (https://shop.example/x) https://a.example/b"


def test_pictures_become_links() -> None:
    html, text = html_and_text(comment('See <img class="x" src="https://a.example/b.jpg">'))
    assert 'href="https://a.example/b.jpg"' in html
    assert text == "See https://a.example/b.jpg"


def test_markdown_is_rendered_unless_it_comes_rendered() -> None:
    assert html_and_text(comment("*Hi*", "markdown")) == ("<p><em>Hi</em></p>\n", "*Hi*")
    shown = html_and_text(comment("*Hi*", "markdown", "<p><b>Hi</b></p>"))
    assert shown == ("<p><strong>Hi</strong></p>", "*Hi*")


MARKUP = st.lists(
    st.sampled_from(["<b>", "</i>", "<p", "<a href='//x'>", "<img src=x onerror=y>", "\n\n",
                     "&lt;", "<svg/onload=z>", "<!--", "]]>", "<style>", "</table>", "x", "<pre>",
                     '"', "<"])
    | st.text(max_size=4)
).map("".join)  # fmt: skip


@given(MARKUP, st.sampled_from(["html", "paragraphs", "markdown"]))
def test_nothing_but_our_tags_comes_through(body: str, markup: Markup) -> None:
    html, _ = html_and_text(comment(body, markup, body if markup == "markdown" else ""))
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    for element in tree.iter():
        if isinstance(element.tag, str) and element.tag != "DOCUMENT_FRAGMENT":
            assert element.tag in ALLOWED_TAGS
            assert set(element.attrib) <= {"href", "rel", "start"}


@pytest.mark.parametrize("size", [LONGEST, LONGEST + 1])
def test_what_is_too_long_is_refused_and_never_cut(size: int) -> None:
    notes = Notes()
    kept = cleaned(7, comment("x" * size), notes)
    assert (kept is None) == (size > LONGEST)
    assert [one.line for one in notes.first.get("too long", [])] == [7] * (size > LONGEST)
    assert kept is None or len(kept.body) == size


@pytest.mark.parametrize("body", ["", "  ", "\u200b", "<p>&nbsp;</p>", "<script>x</script>"])
def test_what_cannot_be_seen_is_refused(body: str) -> None:
    notes = Notes()
    assert cleaned(7, comment(body), notes) is None
    assert notes.refused == {"empty": 1}


def test_what_has_no_id_gets_the_same_one_every_time() -> None:
    one, other = comment("a"), comment("b")
    idents = [
        kept.source
        for given_ in (one, one, other)
        if (kept := cleaned(1, msgspec.structs.replace(given_, source=""), Notes()))
    ]
    assert len(idents) == 3
    assert idents[0] == idents[1] != idents[2]


@pytest.mark.parametrize("markup", ["html", "paragraphs"])
@pytest.mark.parametrize(
    "tag", ["ul", "UL class=x", "ul a=<", "ul><li", "blockquote", "div", "font", "b", "table><td"]
)
def test_elements_lie_a_hundred_deep_and_no_text_is_lost(tag: str, markup: Markup) -> None:
    """A sanitiser looks through all that is open at each tag."""
    name = re.match(r"\w+", tag)
    assert name
    body = f"<{tag}>\n" * 3000 + " within " + f"</{name[0]}>" * 3000 + " behind"
    assert flattened(body).lower().count(f"<{name[0].lower()}") == DEEPEST
    html, text = converted(body, markup)
    assert max(html.count(f"<{one}>") for one in ("ul", "blockquote", "strong")) <= DEEPEST
    assert [word for word in text.split() if word != "-"] == ["within", "behind"]


def test_what_hardly_any_page_has_and_is_no_attack_stays() -> None:
    body = "<ul><li>a</li></ul>" * 500 + "<p>b" * 500 + "<blockquote>c</blockquote>" * 500
    assert flattened(body) == body


def test_elements_that_never_end_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """From each beginning to the text's end they would take the square of its length."""
    looked = []

    class Counted:
        def finditer(self, text: str) -> Iterator[re.Match[str]]:
            looked.append(text)
            return VERBATIM_END.finditer(text)

    VERBATIM_END = bodies._VERBATIM_END  # noqa: N806 (a constant of theirs)
    monkeypatch.setattr(bodies, "_VERBATIM_END", Counted())
    html, _ = converted("<ul>\n" * 50 + "<pre>a\n\nb</PRE>\n<pre>c\n\nd", "paragraphs")
    assert len(looked) == 1
    assert "<pre>a\n\nb</pre>" in html
    assert "<br>" in html


def test_a_tag_ends_where_the_next_one_begins() -> None:
    for tag in ("img ", "hr ", "video src="):
        html, text = converted(f"<{tag}" * 3000 + "<b>seen</b>", "html")
        assert "seen" in text
        assert len(html) < 100_000
    assert converted("<img alt=a src='https://x.example/y.png' src=z>", "html")[1] == (
        "https://x.example/y.png"
    )
