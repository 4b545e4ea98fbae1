"""Isso, Remark42, Commento and Comentario, and the objects in their files."""

import gzip
import json
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from exports import Read, comments
from hypothesis import given
from hypothesis import strategies as st

from service.transfer.cleaning import cleaned
from service.transfer.reading.formats import READERS
from service.transfer.reading.input import Input
from service.transfer.reading.isso import read as read_isso
from service.transfer.reading.objects import Scanner
from service.transfer.spool_store import open_spool
from service.transfer.types import UNREADABLE, ImportFileError, Notes, SourceArticle

ISSO = [
    {"id": "/ferry/", "title": "The+ferry", "comments": [
        {"id": 0, "author": "Ann", "email": "ann@reader.example", "website": "",
         "created": "2005-02-24 04:03:37", "text": 'It *sails* \\ "again" {[ }'},
        {"id": 1, "parent": 0, "author": "", "email": "", "created": "2005-02-25 04:03:37",
         "text": "At last"},
    ]},
    {"id": "/pier/", "title": "The+pier", "comments": [{"id": 0, "text": "Ä"}]},
]  # fmt: skip

REMARK = [
    {"version": 1, "users": [], "posts": []},
    {"id": "a", "pid": "", "text": "<p>Hi</p>", "orig": "Hi", "time": "2017-12-20T15:18:22-06:00",
     "user": {"name": "Ann", "id": "u1"}, "locator": {"site": "s", "url": "https://news.example/1"},
     "score": 3, "title": "One"},
    {"id": "b", "pid": "a", "text": "<p>Ho</p>", "time": "2017-12-20T15:18:23.123456789Z",
     "user": {"name": "Bo", "id": "u2"}, "locator": {"site": "s", "url": "https://news.example/1"},
     "score": -2, "delete": True},
]  # fmt: skip

COMMENTO: dict[str, Any] = {
    "version": 1,
    "comments": [
        {"commentHex": "c1", "domain": "news.example", "url": "/1", "commenterHex": "p1",
         "markdown": "*One*", "html": "<p><em>One</em></p>", "parentHex": "root", "score": 1,
         "state": "approved", "creationDate": "2021-03-12T11:21:56Z", "deleted": False},
        {"commentHex": "c2", "domain": "news.example", "url": "/1", "commenterHex": "anonymous",
         "markdown": "Two", "html": "", "parentHex": "c1", "score": 0, "state": "unapproved",
         "creationDate": "2021-03-12T11:22:56Z", "deleted": False},
    ],
    "commenters": [{"commenterHex": "p1", "email": "ann@reader.example", "name": "Ann",
                    "link": "undefined"}],
}  # fmt: skip

COMENTARIO: dict[str, Any] = {
    "version": 3,
    "pages": [{"id": "g1", "path": "/1", "title": "One"}],
    "comments": [
        {"id": "k1", "pageId": "g1", "markdown": "One", "html": "<p>One</p>", "isApproved": True,
         "isPending": False, "isDeleted": False, "createdTime": "2023-01-02T03:04:05Z",
         "userCreated": "p1", "score": 2},
        {"id": "k2", "parentId": "k1", "pageId": "g1", "markdown": "Two", "isPending": True,
         "isApproved": False, "createdTime": "2023-01-02T03:05:05Z", "authorName": "Guest",
         "userCreated": "00000000-0000-0000-0000-000000000000"},
    ],
    "commenters": [{"id": "p1", "email": "ann@reader.example", "name": "Ann",
                    "websiteUrl": "https://ann.example"}],
}  # fmt: skip


def test_generic_json_of_isso_keeps_ids_apart_by_thread(read: Read) -> None:
    found, notes = read("isso", json.dumps(ISSO, indent=1))
    assert [(one.source, one.parent) for one in comments(found)] == [
        ("/ferry/:0", ""), ("/ferry/:1", "/ferry/:0"), ("/pier/:0", ""),
    ]  # fmt: skip
    articles = [one.what for one in found if isinstance(one.what, SourceArticle)]
    assert [(one.url, one.title) for one in articles] == [
        ("/ferry/", "The ferry"), ("/pier/", "The pier"),
    ]  # fmt: skip
    assert comments(found)[0].body == 'It *sails* \\ "again" {[ }'
    lines = json.dumps(ISSO, indent=1).split("\n")
    assert [lines[one.line - 1].strip() for one in found] == ["{"] * 5
    assert not notes.refused


@pytest.fixture
def isso_file(tmp_path: Path) -> Path:
    path = tmp_path / "comments.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(
            """
            create table threads (id integer primary key, uri text, title text);
            create table comments (
                tid, id integer primary key, parent, created float, modified float, mode integer,
                remote_addr text, text text, author text, email text, website text,
                likes integer, dislikes integer, voters blob
            );
            insert into threads values (1, '/ferry/', 'The ferry');
            insert into comments values
                (1, 1, null, 1400000000.5, null, 1, '', 'One',
                    'Ann', 'ann@reader.example', null, 3, 1, ''),
                (1, 2, 1, 1400000060, null, 2, '', cast(x'46e4687265' as text),
                    null, null, null, 0, 0, ''),
                (1, 3, 1, 1400000120, null, 4, '', '', null, null, null, 0, 0, '');
            """
        )
    return path


def test_the_database_of_isso_is_read_and_left_alone(isso_file: Path) -> None:
    before, notes = isso_file.read_bytes(), Notes()
    isso_file.chmod(0o444)
    found = comments(list(read_isso(Input(isso_file, notes), notes)))
    assert [(one.source, one.parent, one.status) for one in found] == [
        ("1", "", "published"), ("2", "1", "held"), ("3", "1", "removed"),
    ]  # fmt: skip
    assert str(found[0].created_at) == "2014-05-13 16:53:20.500000+00:00"
    assert (found[0].votes, found[1].body) == (2, "Fähre")
    assert notes.repaired == {"bytes in another encoding than the file's": 1}
    assert isso_file.read_bytes() == before
    assert [one.name for one in isso_file.parent.iterdir()] == [isso_file.name]


def test_a_damaged_database_gives_what_could_be_read(isso_file: Path) -> None:
    isso_file.write_bytes(isso_file.read_bytes()[:5000])
    notes = Notes()
    try:
        list(read_isso(Input(isso_file, notes), notes))
    except ImportFileError:
        return
    assert UNREADABLE in notes.refused


def remark(rows: list[dict[str, Any]]) -> str:
    return "\n".join(map(json.dumps, rows)) + "\n"


@pytest.mark.parametrize("packed", [False, True])
def test_a_backup_of_remark42_is_read(read: Read, *, packed: bool) -> None:
    content = remark(REMARK).encode()
    found, notes = read("remark42", gzip.compress(content) if packed else content)
    first, second = comments(found)
    assert (first.source, first.article, first.body) == ("a", "https://news.example/1", "Hi")
    assert (first.markup, first.html, first.votes) == ("markdown", "<p>Hi</p>", 3)
    assert str(first.created_at) == "2017-12-20 21:18:22+00:00"
    assert (second.parent, second.status, second.votes) == ("a", "removed", -2)
    assert [one.line for one in found] == [2, 2, 3]
    assert not notes.refused


def test_a_bad_line_costs_only_itself(read: Read) -> None:
    rows = remark(REMARK).splitlines()
    rows.insert(2, '{"id": "broken')
    found, notes = read("remark42", "\n".join(rows))
    assert [one.source for one in comments(found)] == ["a", "b"]
    assert [one.line for one in notes.first["no JSON"]] == [3]


def test_authors_of_commento_come_from_the_end_of_the_file(read: Read) -> None:
    found, notes = read("commento", json.dumps(COMMENTO, indent=1))
    first, second = comments(found)
    assert (first.name, first.email, first.account) == ("Ann", "ann@reader.example", "p1")
    assert (first.website, first.article) == ("", "https://news.example/1")
    assert (first.parent, first.status) == ("", "published")
    assert (second.parent, second.status, second.account) == ("c1", "held", "")
    assert not notes.refused


def test_pages_of_comentario_have_addresses_and_titles(read: Read) -> None:
    found, _ = read("comentario", json.dumps(COMENTARIO))
    assert found[0].what == SourceArticle("/1", "/1", "One")
    first, second = comments(found)
    assert (first.name, first.website, first.votes) == ("Ann", "https://ann.example", 2)
    assert (second.parent, second.status, second.name) == ("k1", "held", "Guest")


@pytest.mark.parametrize("name", ["isso", "remark42", "commento"])
def test_what_was_whole_is_read_wherever_json_is_cut(read: Read, name: str) -> None:
    written = {
        "isso": json.dumps(ISSO),
        "remark42": remark(REMARK),
        "commento": json.dumps(COMMENTO),
    }
    whole = written[name].encode()
    most = len(comments(read(name, whole)[0]))
    before = 0
    for cut in range(1, len(whole) - 2, 10):
        found, notes = read(name, whole[:cut])
        assert before <= len(comments(found)) <= most
        before = len(comments(found))
        at_an_end = name == "remark42" and whole[:cut].endswith((b"}", b"\n"))
        assert notes.refused or at_an_end, cut


@pytest.mark.parametrize("name", ["isso", "commento"])
def test_what_is_no_json_is_refused(read: Read, name: str) -> None:
    with pytest.raises(ImportFileError):
        read(name, "<rss></rss>")
    with pytest.raises(ImportFileError):
        read(name, "[" * 1000)


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, max_size=4)), st.integers(1, 40))
def test_objects_are_cut_out_alike_however_the_text_comes(
    objects: list[dict[str, Any]], size: int
) -> None:
    text = json.dumps(objects, indent=1, ensure_ascii=False)
    scanner, cut, line = Scanner(1, Notes()), [], 1
    for at in range(0, len(text), size):
        block = text[at : at + size]
        cut += [json.loads(one.text) for one in scanner.feed(block, line)]
        line += block.count("\n")
    assert cut == objects
    assert not scanner.open


OWN = """\
{"type": "comment", "id": "c2", "article": "17", "parent": "c1", "body": "At last"}
{"type": "article", "id": "17", "url": "/ferry", "title": "The ferry", "key": "17", "more": 1}
{"type": "comment", "id": "c1", "article": "17", "name": "Ann", "email": "ann@reader.example",\
 "body": "<p>Hi</p>", "markup": "html", "status": "spam", "created_at": "2019-03-04T05:06:07Z",\
 "likes": 4}
{"type": "comment", "id": "", "article": "17", "body": "x"}
{"type": "vote"}
"""


def test_our_own_lines_are_read_in_any_order(read: Read) -> None:
    found, notes = read("json", OWN)
    assert found[1].what == SourceArticle("17", "/ferry", "The ferry", "17")
    second, first = comments(found)
    assert (second.parent, second.markup, second.status) == ("c1", "markdown", "published")
    assert (first.name, first.email, first.body) == ("Ann", "ann@reader.example", "<p>Hi</p>")
    assert (first.markup, first.status, first.votes) == ("html", "spam", 4)
    assert str(first.created_at) == "2019-03-04 05:06:07+00:00"
    assert [one.line for one in notes.first["no line of this format"]] == [4, 5]


def test_the_documented_lines_are_read(read: Read) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "import.md").read_text("utf-8")
    found, notes = read("json", guide.split("```json\n")[1].split("```")[0])
    assert [(one.source, one.parent, one.status) for one in comments(found)] == [
        ("c1", "", "published"), ("c2", "c1", "held"),
    ]  # fmt: skip
    assert not notes.refused


WRONG = [None, True, [], {}, "", -1, 10**25, 1.5, {"a": {}}, "\ud800\0", [[1]]]
SEEDS: dict[str, Any] = {
    "isso": ISSO, "remark42": REMARK, "commento": COMMENTO, "comentario": COMENTARIO,
}  # fmt: skip


def spoilt(seed: Any, at: list[int], value: Any) -> Any:
    """The same with one value in it, wherever it lies, replaced."""
    if not isinstance(seed, list | dict) or not seed or not at:
        return value
    keys = range(len(seed)) if isinstance(seed, list) else sorted(seed)
    chosen = keys[at[0] % len(keys)]
    changed = spoilt(seed[chosen], at[1:], value)
    if isinstance(seed, list):
        return [changed if n == chosen else one for n, one in enumerate(seed)]
    return {**seed, chosen: changed}


@given(st.sampled_from(sorted(SEEDS)), st.lists(st.integers(0, 20), min_size=1, max_size=5),
       st.sampled_from(WRONG))  # fmt: skip
def test_a_value_of_any_wrong_kind_stops_nothing(name: str, at: list[int], value: Any) -> None:
    content = spoilt(SEEDS[name], at, value)
    lines = name == "remark42" and isinstance(content, list)
    text = remark(content) if lines else json.dumps(content)
    with tempfile.TemporaryDirectory() as folder:
        path, notes = Path(folder) / "export", Notes()
        path.write_text(text)
        try:
            found = list(READERS[name](Input(path, notes), notes))
        except ImportFileError:
            return
        with open_spool(notes) as spool:
            for one in comments(found):
                kept = cleaned(1, one, notes)
                if kept is not None:
                    spool.add_comment(1, kept)
            spool.place()
            assert sum(map(len, spool.batches())) == spool.count()
