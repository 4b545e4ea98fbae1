"""WordPress's export, whole and damaged."""

import gzip

import pytest
from exports import Read, comments, item, wp_comment, wxr

from service.transfer.reading.input import BLOCK
from service.transfer.types import UNREADABLE, ImportFileError, SourceArticle, SourceComment


def test_a_post_comes_before_its_comments_and_both_know_their_lines(read: Read) -> None:
    found, notes = read("wordpress", wxr(item(5, wp_comment(1), wp_comment(2, parent=1))))
    assert [one.line for one in found] == [5, 11, 23]
    article, first, second = (one.what for one in found)
    assert isinstance(article, SourceArticle)
    assert (article.source, article.key, article.title) == ("5", "5", "Post 5")
    assert article.url == "https://news.example/5/"
    assert isinstance(first, SourceComment)
    assert isinstance(second, SourceComment)
    assert (first.source, first.article, first.parent) == ("1", "5", "")
    assert (first.name, first.email, first.body) == ("Ann", "ann@reader.example", "Comment 1")
    assert str(first.created_at) == "2019-03-04 06:06:07+00:00"
    assert second.parent == "1"
    assert not notes.refused
    assert not notes.repaired


@pytest.mark.parametrize(
    ("approved", "status"),
    [("1", "published"), ("0", "held"), ("spam", "spam"), ("trash", "rejected"),
     ("post-trashed", "rejected"), ("approve", "published"), ("?", "held")],
)  # fmt: skip
def test_a_status_stays_what_it_was(read: Read, approved: str, status: str) -> None:
    found, _ = read("wordpress", wxr(item(5, wp_comment(1, approved=approved))))
    assert [one.status for one in comments(found)] == [status]


def test_pings_are_left_out_and_counted(read: Read) -> None:
    content = wxr(item(5, wp_comment(1, kind="pingback"), wp_comment(2, kind="trackback")))
    found, notes = read("wordpress", content)
    assert found == []
    assert notes.skipped == {"pingback": 1, "trackback": 1}
    assert not notes.refused


def test_copies_of_comments_from_here_are_left_out(read: Read) -> None:
    def marked(key: str) -> str:
        meta = f"<wp:commentmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value>1</wp:meta_value>"
        return f"{meta}</wp:commentmeta></wp:comment>"

    copy = wp_comment(1).replace(
        "</wp:comment>", marked("_rejoinder_copy").replace("</wp:comment>", "") + marked("other")
    )
    known = wp_comment(2).replace("</wp:comment>", marked("_rejoinder_id"))
    found, notes = read("wordpress", wxr(item(5, copy, known, wp_comment(3))))
    assert [one.source for one in comments(found)] == ["2", "3"]
    assert notes.skipped == {"copies of comments from here": 1}


def test_a_post_without_comments_is_no_article(read: Read) -> None:
    assert read("wordpress", wxr(item(5)))[0] == []


def test_older_versions_and_other_namespaces_are_read(read: Read) -> None:
    content = wxr(item(5, wp_comment(1))).replace("export/1.2", "export/1.0")
    assert len(comments(read("wordpress", content)[0])) == 1


def test_gzipped_files_are_unpacked_also_of_several_members(read: Read) -> None:
    whole = wxr(item(5, wp_comment(1), wp_comment(2))).encode()
    packed = gzip.compress(whole[:500]) + gzip.compress(whole[500:])
    found, notes = read("wordpress", packed)
    assert len(comments(found)) == 2
    assert not notes.refused


def test_what_was_whole_is_read_wherever_the_file_is_cut(read: Read) -> None:
    whole = wxr(item(5, wp_comment(1), wp_comment(2)), item(6, wp_comment(3))).encode()
    ends = [whole.index(b"</wp:comment>", at) + 13 for at in _starts(whole)]
    for cut in range(60, len(whole) - 8, 10):
        found, notes = read("wordpress", whole[:cut])
        assert len(comments(found)) == sum(end <= cut for end in ends), cut
        assert notes.refused == {UNREADABLE: 1}, cut
        (where,) = notes.first[UNREADABLE]
        assert abs(where.line - whole[:cut].count(b"\n") - 1) <= 1


def _starts(whole: bytes) -> list[int]:
    return [at for at in range(len(whole)) if whole.startswith(b"<wp:comment>", at)]


def test_a_cut_gzip_file_gives_what_was_whole(read: Read) -> None:
    packed = gzip.compress(wxr(item(5, *map(wp_comment, range(1, 400)))).encode())
    found, notes = read("wordpress", packed[: len(packed) // 2])
    assert 0 < len(comments(found)) < 399
    assert "gzip" in notes.first[UNREADABLE][0].what


@pytest.mark.parametrize(
    ("content", "body", "repaired"),
    [
        # Declared, and true.
        (lambda t: t.replace("UTF-8", "windows-1252").encode("cp1252"), "Fähre € “ja”", {}),
        (lambda t: t.replace("UTF-8", "utf-16").encode("utf-16"), "Fähre € “ja”", {}),
        (lambda t: b"\xef\xbb\xbf" + t.encode(), "Fähre € “ja”", {}),
        # Declared, and false.
        (lambda t: t.encode("cp1252"), "Fähre € “ja”", {"bytes in another": 4}),
        (lambda t: t.replace("UTF-8", "ISO-8859-1").encode(), "Fähre € “ja”", {"file says": 1}),
        (lambda t: t.replace("UTF-8", "utf-16").encode(), "Fähre € “ja”", {}),
        (lambda t: t.replace("UTF-8", "klingon").encode(), "Fähre € “ja”", {}),
        # Strays.
        (lambda t: b"`" + t.encode(), "Fähre € “ja”", {"stray first bytes": 1}),
        (lambda t: t.replace("€", "\x00\x0b€").encode(), "Fähre € “ja”", {"control": 2}),
    ],
    ids=["cp1252", "utf-16", "mark", "false utf-8", "false latin-1", "false utf-16", "unknown",
         "stray", "control"],
)  # fmt: skip
def test_letters_are_right_whatever_the_file_says_of_them(
    read: Read, content: object, body: str, repaired: dict[str, int]
) -> None:
    assert callable(content)
    found, notes = read("wordpress", content(wxr(item(5, wp_comment(1, "Fähre € “ja”")))))
    assert [one.body for one in comments(found)] == [body]
    assert len(notes.repaired) == len(repaired)
    for begin, count in repaired.items():
        (kind,) = [one for one in notes.repaired if one.startswith(begin)]
        assert notes.repaired[kind] == count


def test_line_ends_of_any_kind_are_read(read: Read) -> None:
    content = wxr(item(5, wp_comment(1), wp_comment(2))).encode()
    found, notes = read("wordpress", content.replace(b"\n", b"\r\n", 30))
    assert len(comments(found)) == 2
    assert not notes.refused


@pytest.mark.parametrize(
    "date", ["0000-00-00 00:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "yesterday", ""]
)
def test_a_date_that_cannot_be_meant_is_none(read: Read, date: str) -> None:
    content = wxr(item(5, wp_comment(1, date=date or " ")))
    assert [one.created_at for one in comments(read("wordpress", content)[0])] == [None]


ENTITIES = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><item>&b;</item></channel></rss>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE rss SYSTEM "file:///etc/passwd"><rss/>"""


@pytest.mark.parametrize(
    "content", [ENTITIES, OUTSIDE, "no XML at all", "<a>" * 5000, '{"comments": []}'],
    ids=["entities", "outside", "text", "depth", "json"],
)  # fmt: skip
def test_what_no_export_contains_is_refused_whole(read: Read, content: str) -> None:
    with pytest.raises(ImportFileError):
        read("wordpress", content)


def test_a_gzip_bomb_is_refused(read: Read) -> None:
    bomb = gzip.compress(b"<rss>" + b" " * (100 << 20))
    with pytest.raises(ImportFileError, match="unpacks to"):
        read("wordpress", bomb)


def test_a_body_of_ten_megabytes_costs_only_itself(read: Read) -> None:
    content = wxr(item(5, wp_comment(1, "x" * 10_000_000), wp_comment(2)))
    found, notes = read("wordpress", content)
    assert [one.source for one in comments(found)] == ["2"]
    assert notes.refused == {"too long": 1}


def test_an_empty_file_is_no_file(read: Read) -> None:
    with pytest.raises(ImportFileError, match="empty"):
        read("wordpress", "")


DAMAGED = "damaged, up to the next whole one"


def test_a_damage_costs_what_it_lies_in(read: Read) -> None:
    content = wxr(
        item(5, wp_comment(1), wp_comment(2), wp_comment(3)), item(6, wp_comment(4))
    ).replace("]]></wp:comment_author>", "]]></wp:comment_autor>", 2).replace(
        "</wp:comment_autor>", "</wp:comment_author>", 1
    )  # fmt: skip
    found, notes = read("wordpress", content)
    assert [(one.source, one.article) for one in comments(found)] == [
        ("1", "5"), ("3", "5"), ("4", "6"),
    ]  # fmt: skip
    lines = content.split("\n")
    for line, what in found:
        assert lines[line - 1] == ("<item>" if isinstance(what, SourceArticle) else "<wp:comment>")
    assert notes.refused == {DAMAGED: 1}
    assert "autor" in lines[notes.first[DAMAGED][0].line - 1]


@pytest.mark.parametrize("damage", ["<", "<wp:comment_id", "</item>", "]]>", "\x01<b"])
def test_any_damage_in_a_field_costs_one_comment(read: Read, damage: str) -> None:
    content = wxr(item(5, *map(wp_comment, range(1, 6))), item(6, wp_comment(6)))
    content = content.replace("<wp:comment_id>3", f"<wp:comment_id>{damage}3")
    found, notes = read("wordpress", content)
    kept = [one.source for one in comments(found)]
    assert {"1", "2", "6"} <= set(kept)
    assert len(kept) >= 5 or damage == "</item>"
    assert sum(notes.refused.values()) >= 1


def test_a_damage_is_found_across_blocks(read: Read) -> None:
    posts = [item(n, *[wp_comment(n * 100 + m) for m in range(50)]) for n in range(1, 40)]
    content = wxr(*posts).replace("<wp:comment_id>2001<", "<wp:comment_id>2001<<")
    found, notes = read("wordpress", content)
    assert len(content) > 2 * BLOCK
    assert len(comments(found)) == 39 * 50 - 1
    lines = content.split("\n")
    assert {lines[one.line - 1] for one in found} == {"<item>", "<wp:comment>"}
    assert notes.refused == {DAMAGED: 1}


def test_comments_of_a_post_whose_tag_is_damaged_are_refused_and_not_anothers(read: Read) -> None:
    content = wxr(item(5, wp_comment(1)), item(6, wp_comment(2))).replace("<item>", "<itm>")
    content = content.replace("<itm>", "<item>", 1)
    found, notes = read("wordpress", content)
    assert [one.source for one in comments(found)] == ["1"]
    assert notes.refused["in no post"] == 1


@pytest.mark.parametrize(
    ("field", "status"),
    [("<wp:status>publish</wp:status>", "published"), ("<wp:status>private</wp:status>", "held"),
     ("<wp:status>draft</wp:status>", "held"), ("<wp:post_password/>", "published"),
     ("<wp:post_password>enter</wp:post_password>", "held")],
)  # fmt: skip
def test_comments_of_posts_that_are_not_public_are_held(
    read: Read, field: str, status: str
) -> None:
    content = wxr(item(5, wp_comment(1))).replace("<wp:post_type>", f"{field}<wp:post_type>")
    found, notes = read("wordpress", content)
    assert [one.status for one in comments(found)] == [status]
    assert sum(notes.repaired.values()) == (status == "held")
