"""Files as people have them: every format, packed or not."""

import codecs
import gzip
from pathlib import Path

import msgspec
import pytest
from classified import faults, read, texts, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.classifying.rows import check_delimiter, format_of
from service.classifying.types import FileError, Format, Row

TEXTS = ["A fine remark on the ferry.", "Über die Brücke, 다리.", ""]
KINDS: dict[str, Format] = {".csv": "csv", ".jsonl": "jsonl", ".txt": "text"}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["", "bom"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("csv", ["id,comment", f"1,{TEXTS[0]}", f'2,"{TEXTS[1]}"', "3,"]),
        ("csv", ["id\tcomment", f"1\t{TEXTS[0]}", f"2\t{TEXTS[1]}", "3\t"]),
        ("csv", ["id;comment;", f"1;{TEXTS[0]};", f"2;{TEXTS[1]};", "3;;"]),
        ("csv", ["comment", TEXTS[0], f'"{TEXTS[1]}"', '""']),
        ("jsonl", [f'{{"comment": "{TEXTS[0]}"}}', f'{{"comment":"{TEXTS[1]}"}}', "",
                   '{"n": 1, "comment": ""}']),
        ("text", TEXTS),
    ],
)  # fmt: skip
def test_every_format_is_read(
    tmp_path: Path,
    kind: Format,
    lines: list[str],
    end: str,
    mark: bytes,
    packed: bool,  # noqa: FBT001 (a table's column)
) -> None:
    content = mark + "".join(line + end for line in lines).encode()
    file = written(tmp_path, gzip.compress(content) if packed else content)
    assert texts(read(file, kind)) == TEXTS


def test_a_last_line_without_an_end_counts_and_several_gzips_in_one_file_do(tmp_path: Path) -> None:
    file = written(tmp_path, gzip.compress(b"one\ntwo\n") + gzip.compress(b"three"))
    assert texts(read(file, "text")) == ["one", "two", "three"]


@pytest.mark.parametrize("kind", KINDS.values())
def test_an_empty_file_is_fine(tmp_path: Path, kind: Format) -> None:
    assert read(written(tmp_path, b""), kind) == []
    assert read(written(tmp_path, gzip.compress(b"")), kind) == []


def test_the_name_says_the_format() -> None:
    for suffix, kind in {**KINDS, ".TSV": "csv", ".ndjson": "jsonl", ".json": "jsonl"}.items():
        assert format_of(Path(f"a.b{suffix}")) == kind
        assert format_of(Path(f"a.b{suffix}.gz")) == kind
    assert format_of(None) == "text"
    for name in ("comments", "comments.gz", "comments.xlsx"):
        with pytest.raises(FileError, match="csv, jsonl or text"):
            format_of(Path(name))


def test_cells_hold_line_ends_marks_nul_and_more_than_csv_allows(tmp_path: Path) -> None:
    long = "word " * 60_000
    cell = 'He said ""no"",\nand\r\n\nleft'
    file = written(tmp_path, f'id,text\n1,"{cell}"\n2,a\0b\n3,{long}\n4\n5,end\n'.encode())
    rows = read(file)
    assert texts(rows[:3]) == ['He said "no",\nand\r\n\nleft', "a\0b", long]
    assert [row.line for row in rows] == [2, 6, 7, 8, 9]
    assert faults(rows) == [(8, "1 cell, where the header has 2")]
    assert isinstance(rows[4], Row)


@pytest.mark.parametrize("ends", ["\r", "\n"])
def test_csv_of_old_machines(tmp_path: Path, ends: str) -> None:
    assert texts(read(written(tmp_path, f"text{ends}a{ends}{ends}b".encode()))) == ["a", "b"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "cp949", "cp1252"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    words = "다리" if encoding == "cp949" else "Über"
    content = f"id;text\n1;{words}\n2;{words}\n".encode(encoding)
    assert texts(read(written(tmp_path, content), encoding=encoding)) == [words] * 2


@pytest.mark.parametrize(
    ("header", "cut", "wanted", "found"),
    [
        ("id,content,text", ",", None, "2"),
        ("Body,comment,Comment", ",", None, "1"),
        ("id,Comment_Text ,x", ",", None, "1"),
        ("id,text,message", ",", "message", "2"),
        ("text,x;y,x;z;a;b", ",", None, "0"),
        ("x,y,z,a,b;text;c", ";", "text", "1"),
        ("a|text|b", "|", "text", "1"),
    ],
)
def test_the_column_of_the_text(
    tmp_path: Path, header: str, cut: str, wanted: str | None, found: str
) -> None:
    file = written(tmp_path, f"{header}\n{cut.join('0123456'[: header.count(cut) + 1])}\n".encode())
    [row] = read(file, text=wanted, delimiter=cut if cut == "|" else None)
    assert isinstance(row, Row), row
    assert row.text == found


def test_the_field_of_the_first_object_is_that_of_all(tmp_path: Path) -> None:
    content = b'{"id": 1}\n{"body": "x"}\n{"text": "y", "body": "z"}\n{"text": "y"}\n'
    rows = read(written(tmp_path, content), "jsonl")
    assert texts(rows[1:3]) == ["x", "z"]
    assert [line for line, _ in faults(rows)] == [1, 4]
    assert "name one by --text; there are: id" in faults(rows)[0][1]


def test_fields_are_kept_as_they_stood(tmp_path: Path) -> None:
    content = b'{"id": 12345678901234567890123, "text": "x", "n": 1.10}\n'
    [row] = read(written(tmp_path, content), "jsonl", keep=True)
    assert isinstance(row, Row)
    assert row.at == 1
    kept = [(name, bytes(value)) for name, value in row.fields if isinstance(value, msgspec.Raw)]
    assert kept == [("id", b"12345678901234567890123"), ("text", b'"x"'), ("n", b"1.10")]


def test_delimiters_by_name() -> None:
    assert [check_delimiter(given) for given in (None, "tab", "\\t", "|")] == [
        None,
        "\t",
        "\t",
        "|",
    ]
    for wrong in ("", "||", '"', "\n"):
        with pytest.raises(FileError, match="one character"):
            check_delimiter(wrong)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"))))
def test_lines_come_back_as_they_were_written(tmp_path: Path, lines: list[str]) -> None:
    file = written(tmp_path, "".join(f"{line}\n" for line in lines).encode())
    expected = [line.removesuffix("\r") for line in lines]
    if expected:
        expected[0] = lines[0].removeprefix("\ufeff").removesuffix("\r")
    assert texts(read(file, "text")) == expected
