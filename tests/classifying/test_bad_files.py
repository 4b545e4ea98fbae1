"""What can't be read of a file: named with its line, and no reason to stop where it needn't be."""

import contextlib
import csv
import gzip
from pathlib import Path

import pytest
from classified import faults, read, texts, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.classifying import rows as rows_module
from service.classifying import source as sources
from service.classifying.types import Bad, FileError, Format, Row


@pytest.mark.parametrize(
    ("content", "line", "why"),
    [
        (b'text\nfine\n"never\nclosed\n', 3, "never closed"),
        (b'text\n"a"b\nfine\n', 2, "twice"),
        (b"id,text\n1,a,b\n2,fine\n", 2, "3 cells, where the header has 2"),
        (b'id,text\n1,"x\ny\xff"\n2,fine\n', 3, "malformed"),
        (b"id,text\n1\xc3,x\n2,fine\n", 2, "character 2 is malformed: not in the encoding utf-8"),
    ],
)
def test_a_bad_record_of_a_csv_is_named_and_the_next_is_read(
    tmp_path: Path, content: bytes, line: int, why: str
) -> None:
    rows = read(written(tmp_path, content))
    [(at, said)] = faults(rows)
    assert at == line
    assert why in said
    assert texts([row for row in rows if isinstance(row, Row)]) == ["fine"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"nonsense", "malformed"),
        (b'{"text": "cut', "not JSON"),
        (b"7", "a number where an object is due"),
        (b'"words"', "a string where an object is due"),
        (b' [{"text": "x"}]', "a list where an object is due; `jq"),
        (b'{"text": 7}', "the field text is a number, not a string"),
        (b'{"text": null}', "the field text is null, not a string"),
        (b'{"text": ["x"]}', "the field text is a list, not a string"),
        (b'{"body": "x"}', "there is no field text; there are: body"),
        (b"{}", "there is no field text; there are: none"),
        (b'{"text": "\\ud800"}', "not JSON"),
        (b'{"text": "\\ud800 x"}', "not JSON"),
        (b'{"text": "\xff"}', "malformed"),
        (b'{"n": \xe2\x82, "text": "x"}', "malformed"),
        (b'{"text": "x", "deep": ' + b"[" * 200_000, "recursion"),
    ],
    ids=lambda value: value[:16],
)
def test_a_bad_line_of_json_is_named_and_the_next_is_read(
    tmp_path: Path, bad: bytes, why: str
) -> None:
    content = b'{"text": "one"}\n\n' + bad + b'\n{"text": "two"}\n'
    rows = read(written(tmp_path, content), "jsonl", text="text")
    [(at, said)] = faults(rows)
    assert at == 3
    assert why in said
    assert texts([rows[0], rows[2]]) == ["one", "two"]


def test_a_bad_line_of_text_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, b"one\nt\xe9o\nthree\xe2\x82")
    rows = read(file, "text")
    said = "character {} is malformed: not in the encoding utf-8; --encoding names another"
    assert rows[0] == Row(1, "one", (("text", "one"),))
    assert faults(rows) == [(2, said.format(2)), (3, said.format(6))]
    assert texts(read(file, "text", replace=True)) == ["one", "t\ufffdo", "three\ufffd"]
    assert texts(read(file, "text", encoding="latin-1"))[1] == "téo"


def test_bytes_that_an_encoding_lacks_are_faults(tmp_path: Path) -> None:
    assert faults(read(written(tmp_path, b"text\n\x81\nx"), encoding="cp1252"))[0][0] == 2
    odd = "text\nx\n".encode("utf-16-le") + b"\x00\xd8" + "\ny".encode("utf-16-le")
    rows = read(written(tmp_path, odd), encoding="utf-16-le")
    assert [line for line, _ in faults(rows)] == [3]
    assert texts([rows[0], rows[2]]) == ["x", "y"]
    with pytest.raises(FileError, match="line 1: UTF-16"):
        read(written(tmp_path, b"text\nx"), encoding="utf-16")


@pytest.mark.parametrize("name", ["utf-99", "base64", "rot13"])
def test_an_encoding_that_is_none_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match=name):
        read(written(tmp_path, b"x"), encoding=name)


def test_a_gzip_that_is_cut_or_damaged_says_after_which_line(tmp_path: Path) -> None:
    whole = gzip.compress(b"a line of text\n" * 100_000, mtime=0)
    # What is wrong at the end may be met before all that stands before it was read.
    for broken in (whole[:-9], whole[:-4] + b"\0\0\0\0", whole + b"more"):
        with pytest.raises(FileError, match=r"after line \d+: the gzip data is broken"):
            read(written(tmp_path, broken), "text")


@pytest.mark.parametrize(
    ("content", "wanted", "said"),
    [
        (b"id,words\n1,x\n", None, r"--text; there are: id, words"),
        (b"id,words\n1,x\n", "Words", r"no column Words; there are: id, words"),
        (b"text,text\n1,x\n", None, "2 columns text"),
        (b'id,"text\n1,x\n', None, "line 1: a quotation mark"),
        (b"id,text\xff\n1,x\n", None, "line 1: character 8 is malformed"),
        (b"\n1,x\n", None, "there are: none"),
    ],
)
def test_a_header_without_the_text_ends_it(
    tmp_path: Path, content: bytes, wanted: str | None, said: str
) -> None:
    with pytest.raises(FileError, match=said):
        read(written(tmp_path, content), text=wanted)


def test_a_line_without_end_is_a_fault_and_not_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "LONGEST", 100)
    long = b"x" * 350
    for kind, head in (("text", b""), ("csv", b"text\n"), ("csv", b'text\n"')):
        rows = read(written(tmp_path, head + long + b"\nfine\n"), "csv" if head else "text")
        assert faults(rows)[0][1] == "more than 100 characters in one line", kind
    rows = read(written(tmp_path, long + b"\nfine\n" + b"y" * 99 + b"\n"), "text")
    assert texts(rows[1:]) == ["fine", "y" * 99]


def test_a_quotation_mark_never_closed_takes_no_more_than_a_cell_may_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_module, "LONGEST", 100)
    before = csv.field_size_limit()
    try:
        rows = read(written(tmp_path, b'text\none\n"two\n' + b"words\n" * 30))
    finally:
        csv.field_size_limit(before)
    assert texts(rows[:1]) == ["one"]
    why = "a cell of more than 100 characters; is a quotation mark never closed?"
    assert faults(rows) == [(3, why)]
    assert texts(rows[2:]) == ["words"] * (len(rows) - 2) != []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(["csv", "jsonl", "text"]))
def test_no_bytes_break_the_reading(tmp_path: Path, content: bytes, kind: Format) -> None:
    for bytes_ in (content, b"text\n" + content, gzip.compress(content)):
        with contextlib.suppress(FileError):
            for row in read(written(tmp_path, bytes_), kind):
                assert isinstance(row, Bad) or isinstance(row.text.encode(), bytes)
