"""An output file is there when it is whole, and takes no other's place unasked."""

import contextlib
import gzip
import os
from pathlib import Path

import pytest

from service.classifying.target import format_to, new_file
from service.classifying.types import FileError


def put(file: Path, content: bytes, *, force: bool = False) -> None:
    with new_file(file, force=force) as output:
        output.write(content)


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    with new_file(file, force=False) as output:
        output.write(b"half")
        assert not file.exists()
    assert file.read_bytes() == b"half"
    assert names(tmp_path) == {"out.jsonl"}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
@pytest.mark.parametrize("name", ["out.jsonl", "out.csv.gz"])
def test_a_broken_run_leaves_nothing_and_what_was_there(
    tmp_path: Path, error: type[BaseException], name: str
) -> None:
    put(tmp_path / "out.jsonl", b"old")
    with (
        contextlib.suppress(error),
        new_file(tmp_path / name, force=True) as output,
    ):
        output.write(b"half")
        raise error
    assert names(tmp_path) == {"out.jsonl"}
    assert (tmp_path / "out.jsonl").read_bytes() == b"old"


def test_a_taken_name_is_refused_unless_forced(tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    put(file, b"old")
    with pytest.raises(FileError, match="--force"), new_file(file, force=False):
        raise AssertionError
    put(file, b"new", force=True)
    assert file.read_bytes() == b"new"


def test_a_name_that_is_taken_meanwhile_costs_no_work(tmp_path: Path) -> None:
    file = tmp_path / "out.csv"

    def lose() -> None:
        with new_file(file, force=False) as output:
            output.write(b"ours")
            file.write_bytes(b"theirs")

    with pytest.raises(FileError, match="made meanwhile") as raised:
        lose()
    assert file.read_bytes() == b"theirs"
    [spare] = names(tmp_path) - {"out.csv"}
    assert spare in str(raised.value)
    assert (tmp_path / spare).read_bytes() == b"ours"


def test_gz_is_packed_and_the_same_texts_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.jsonl.gz", "b.jsonl.gz"):
        put(tmp_path / name, b"words\n" * 50_000)
    first = (tmp_path / "a.jsonl.gz").read_bytes()
    assert gzip.decompress(first) == b"words\n" * 50_000
    assert first == (tmp_path / "b.jsonl.gz").read_bytes()


def test_the_file_has_the_rights_that_others_have(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        put(tmp_path / "out.csv", b"x")
    finally:
        os.umask(before)
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o640


def test_behind_a_link_the_file_is_replaced_and_a_device_is_not(tmp_path: Path) -> None:
    put(tmp_path / "file.csv", b"old")
    (tmp_path / "link.csv").symlink_to(tmp_path / "file.csv")
    put(tmp_path / "link.csv", b"new", force=True)
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "file.csv").read_bytes() == b"new"
    put(Path(os.devnull), b"x", force=True)
    assert Path(os.devnull).is_char_device()


def test_a_pipe_that_has_a_name_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.jsonl"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    put(pipe, b"words")
    assert os.read(reading, 100) == b"words"
    os.close(reading)
    assert pipe.is_fifo()


def test_the_name_says_the_format() -> None:
    for name in ("a.csv", "a.CSV.gz", "a.b.tsv"):
        assert format_to(Path(name)) == "csv"
    for name in ("a.jsonl", "a.csv.jsonl", "a.csv.bak", "a", "csv", "a.gz"):
        assert format_to(Path(name)) == "jsonl"
    assert format_to(None) == "jsonl"
