"""Files that scripts, browsers and bad disks have been at: what is read of them all the same."""

import bz2
import gzip
import io
import json
import random
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from exports import DISQUS, Read, comments, item, post, wp_comment, wxr

from service.articles.types import Site
from service.comments import rules
from service.comments.rules import render
from service.core.db import Pool
from service.transfer.loading import Import
from service.transfer.reading.ampersands import mended
from service.transfer.types import UNREADABLE, ImportFileError, Notes, Wanted

UNTIDY = (
    "a & b &amp; &eacute; &nope; &#8;&#65;&#x1F600;&#55357; <![CDATA[ & &eacute; <!-- ]]> &x "
    "<!-- & --> & &#; <a b='1&2'> <![CDATA[]]]]><![CDATA[>&]]>&"
)
TIDY = (
    "a &amp; b &amp; é &amp;nope; &#65;&#x1F600; <![CDATA[ & &eacute; <!-- ]]> &amp;x "
    "<!-- & --> &amp; &amp;#; <a b='1&amp;2'> <![CDATA[]]]]><![CDATA[>&]]>&amp;"
)


def test_references_are_put_right_however_the_text_comes() -> None:
    chance = random.Random(7)  # noqa: S311 (no secret)
    for longest in [len(UNTIDY), *range(1, 40)]:
        blocks, at = [], 0
        while at < len(UNTIDY):
            size = chance.randint(1, longest)
            blocks.append(UNTIDY[at : at + size])
            at += size
        assert "".join(mended(iter(blocks), Notes())) == TIDY


def test_a_title_with_an_ampersand_costs_no_comment(read: Read) -> None:
    content = wxr(item(5, wp_comment(1), wp_comment(2)), item(6, wp_comment(3)))
    content = content.replace("Post 5", "Q & A &middot; caf&eacute;").replace("Ann", "A&#8;nn")
    found, notes = read("wordpress", content)
    assert [one.article for one in comments(found)] == ["5", "5", "6"]
    assert getattr(found[0].what, "title") == "Q & A · café"  # noqa: B009 (of either kind)
    assert not notes.refused
    assert notes.repaired["ampersands that stood for themselves"] == 1
    assert notes.repaired["entities of HTML, not of XML"] == 2


@pytest.mark.parametrize(
    ("says", "encoding"),
    [("utf-16", "utf-16-le"), ("utf-16", "utf-16-be"), ("UTF-8", "utf-16-le"),
     ("ISO-8859-1", "cp1252"), ("base64", "cp1252"), ("utf-7", "utf-8")],
)  # fmt: skip
def test_letters_are_right_where_the_file_says_little(read: Read, says: str, encoding: str) -> None:
    content = wxr(item(5, wp_comment(1, "Fähre € “ja” 1+1-2"))).replace("UTF-8", says)
    found, _ = read("wordpress", content.encode(encoding))
    assert [one.body for one in comments(found)] == ["Fähre € “ja” 1+1-2"]


def test_a_wrong_checksum_is_told_and_costs_nothing(read: Read) -> None:
    packed = gzip.compress(wxr(item(5, wp_comment(1), wp_comment(2))).encode())
    found, notes = read("wordpress", packed[:-8] + b"\1\2\3\4" + packed[-4:])
    assert len(comments(found)) == 2
    assert notes.first[UNREADABLE][0].what == "the gzip data is damaged"


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("export.xml", content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("pack", "what"),
    [(zipped, "a ZIP archive"), (bz2.compress, "packed by bzip2"),
     (lambda content: gzip.compress(gzip.compress(content)), "gzipped twice")],
)  # fmt: skip
def test_what_is_still_packed_is_named(read: Read, pack: Any, what: str) -> None:
    with pytest.raises(ImportFileError, match=what):
        read("wordpress", pack(wxr(item(5, wp_comment(1))).encode()))


LINES = "\n".join(
    json.dumps(one)
    for one in (
        {"type": "article", "id": "a", "url": "https://news.example/a"},
        {"type": "comment", "id": "1", "article": "a", "body": "One"},
        {"type": "comment", "id": "2", "article": "a", "body": "Two"},
    )
)


@pytest.mark.parametrize("stray", [b"\xff", b"\x01x", b"\n\xef\xbb\xbf "])
def test_a_stray_byte_before_the_first_line_costs_nothing(read: Read, stray: bytes) -> None:
    found, notes = read("json", stray + LINES.encode())
    assert len(found) == 3
    assert not notes.refused


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n\r\n"])
def test_lines_end_in_any_way(read: Read, end: str) -> None:
    found, notes = read("json", LINES.replace("\n", end))
    assert len(found) == 3
    assert not notes.refused


def test_a_number_without_an_end_costs_only_itself(read: Read) -> None:
    backup = json.dumps({"id": "a", "text": "One", "score": 1, "locator": {"url": "/a"}})
    found, notes = read("remark42", backup.replace('"score": 1', f'"score": {"9" * 5000}'))
    assert [(one.body, one.votes) for one in comments(found)] == [("One", 0)]
    assert not notes.refused


def test_posts_without_a_thread_are_in_no_thread_without_an_id(read: Read) -> None:
    content = DISQUS.replace('<thread dsq:id="7">', "<thread>").format(posts=post("1", "One"))
    _, notes = read("disqus", content)
    assert notes.refused == {"a thread without an id": 1}


def isso(path: Path, *more: str) -> Path:
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table threads (id integer primary key, uri, title)")
        database.execute("insert into threads values (1, '/a', 'A')")
        database.execute(
            """
            create table comments (
                tid, id integer primary key, parent, created, modified, mode, text, author, email,
                website
            )
            """
        )
        database.execute(
            "insert into comments values (1, 3, null, 1.4e9, null, 1, 'One', '', '', '')"
        )
        for one in more:
            database.execute(one)
        database.commit()
    return path


def test_a_database_from_before_there_were_votes_is_read(read: Read, tmp_path: Path) -> None:
    found, notes = read("isso", isso(tmp_path / "old").read_bytes())
    assert [(one.body, one.votes) for one in comments(found)] == [("One", 0)]
    assert not notes.refused


def test_a_database_that_computes_its_comments_is_none_of_isso_s(
    read: Read, tmp_path: Path
) -> None:
    path = isso(
        tmp_path / "endless",
        "drop table comments",
        """
        create view comments as
        with recursive n (id) as (select 1 union all select id + 1 from n)
        select 1 as tid, id, null as parent, 1.0 as created, 1 as mode, 'x' as text, '' as author,
            '' as email, '' as website, 0 as likes, 0 as dislikes from n
        """,
    )
    with pytest.raises(ImportFileError, match="no database of Isso's"):
        read("isso", path.read_bytes())


@pytest.mark.parametrize("part", ["http://a.", "a://", "http://a.b/(", "a@b.cc ", "a.cc "])
def test_nobody_looks_for_addresses_in_a_text_made_of_them(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It would take half a minute, or seconds.
    monkeypatch.setattr(rules, "_markdown", None)
    assert "<a" not in render(part * (60_000 // len(part)))
    with pytest.raises(AttributeError):
        render(part * 10)


async def test_noise_is_told_to_be_no_export_and_a_blank_in_an_address_is_none(
    state: dict[str, Any], site: Site, tmp_path: Path
) -> None:
    pool: Pool = state["pool"]
    path = tmp_path / "export"
    wanted = Wanted("wordpress", "wordpress")
    async with pool.acquire() as conn:
        path.write_bytes(b"<" + random.Random(1).randbytes(5000))  # noqa: S311 (no secret)
        with pytest.raises(ImportFileError, match="line 1: not well-formed"):
            await Import(conn, site, path, wanted, lambda *_: None).run()
        path.write_text(wxr(item(5, wp_comment(1), link="https://news.example/a b/ä")))
        report = await Import(conn, site, path, wanted, lambda *_: None).run()
        await conn.execute("select pg_advisory_unlock_all()")
    assert report.comments == {"published": 1}
    assert await pool.fetchval("select url from article") == "https://news.example/a%20b/ä"
