"""`rejoinder classify` as a process: pipes, options, a site's own model."""

import contextlib
import csv
import gzip
import json
import os
import pty
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from classified import COMMAND, ENV, classify, refused
from support import SECRET, loaded_scorer

from classifiers import Adapter, Model, Seen, SiteModel
from classifiers.adapter import pack
from service.articles.types import Site
from service.core.db import Pool
from service.screening import learning_store
from service.screening.learning_types import Made, Report

INSULT = "You are a fucking idiot, go kill yourself."


def test_a_file_from_a_pipe_is_read_and_packed_as_one_on_disk(tmp_path: Path) -> None:
    content = b'{"body": "A fine remark.", "id": 1}\n{"body": "\xc3\x9cber.", "id": 2}\n'
    file = tmp_path / "in.jsonl"
    file.write_bytes(content)
    named = classify(file, "--keep")
    assert named.returncode == 0, named.stderr
    assert [json.loads(line)["id"] for line in named.stdout.splitlines()] == [1, 2]
    for words, stdin in (
        (["--format", "jsonl"], content),
        (["-", "--format", "jsonl", "--output", "-"], gzip.compress(content)),
    ):
        assert classify(*words, "--keep", stdin=stdin).stdout == named.stdout
    table = classify("-", "--format", "jsonl", "--to", "csv", stdin=content).stdout.decode()
    assert table.splitlines()[0].startswith("text,spam,abuse,")
    assert b"2 texts in" in named.stderr


def test_the_number_of_jobs_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    with file.open("w", encoding="utf-8", newline="") as output:
        rows = csv.writer(output)
        rows.writerow(["id", "comment"])
        rows.writerows([n, f"{INSULT} " * (n % 9) + f"Street {n}\nhouse"] for n in range(400))
        # Batches of unlike cost end in another order than they began in.
        rows.writerow([400, INSULT * 2_000])
        rows.writerows([n, f"Short {n}"] for n in range(401, 800))
    outputs = []
    for jobs in (1, 3):
        target = tmp_path / f"{jobs}.csv.gz"
        done = classify(file, "--keep", "--evidence", "--jobs", str(jobs), "--output", target)
        assert done.returncode == 0, done.stderr
        outputs.append(target.read_bytes())
    assert outputs[0] == outputs[1]
    text = gzip.decompress(outputs[0]).decode()
    ids = [row["id"] for row in csv.DictReader(text.splitlines(keepends=True))]
    assert ids == [str(number) for number in range(800)]


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (["comments.xlsx"], b"", "Give --format csv, jsonl or text"),
        (["in.csv", "--text", "Words"], b"", "no column Words; there are: id, [red]words"),
        (["in.csv"], b"", "--text; there are: id, [red]words"),
        (["in.csv", "--encoding", "utf-99"], b"", "no encoding utf-99"),
        (["in.csv", "--delimiter", "ab"], b"", "one character"),
        (["in.csv", "--text", "id", "--output", "in.csv"], b"", "--force"),
        (["in.csv", "--text", "id", "--output", "no/out.csv"], b"", "No such file"),
        (["in.csv", "--text", "id", "--output", "."], b"", "directory"),
        (["--format", "xml"], b"", "jsonl"),
        (["--jobs", "0"], b"", "jobs"),
        (["--text", "body"], b"x\n", "no columns"),
        ([], b"one\n\xff\n", "line 2: character 1 is malformed"),
        ([], gzip.compress(b"one\n", mtime=0)[:-3], "the gzip data is broken"),
        (["--format", "jsonl"], b'{"text": "x"}\n[]\n', "line 2: a list where an object is due"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], stdin: bytes, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("id,[red]words\n1,x\n")
    (tmp_path / "comments.xlsx").touch()
    done = refused(*words, stdin=stdin)
    assert done.returncode in {1, 2}
    assert done.stdout == b""
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert {one.name for one in tmp_path.iterdir()} == {"in.csv", "comments.xlsx"}


def test_what_was_left_out_is_counted_and_told() -> None:
    stdin = b'{"text": "x"}\n' + b"[1]\n" * 7 + b'{"text": "\xff"}\n{"text": "y"}\n'
    done = classify("--format", "jsonl", "--skip-bad", stdin=stdin)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2
    said = done.stderr.decode()
    assert "8 records were left out" in said
    assert "line 2: a list where an object is due" in said
    replaced = classify("--format", "jsonl", "--skip-bad", "--replace", stdin=stdin)
    assert json.loads(replaced.stdout.splitlines()[1])["text"] == "\ufffd"


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_terminal_shows_how_far_it_is(
    tmp_path: Path,
    packed: bool,  # noqa: FBT001 (a table's column)
) -> None:
    file = tmp_path / "in.txt"
    content = b"A fine remark on the ferry.\n" * 1_000
    file.write_bytes(gzip.compress(content) if packed else content)
    target = tmp_path / "out.jsonl"
    said = on_terminal([str(file), "--output", str(target)])
    assert "Scoring" in said
    assert "100%" in said
    assert "1,000 texts in" in said
    with file.open("rb") as piped:
        counted = on_terminal(["--output", str(tmp_path / "b.jsonl")], piped)
    assert "100%" in counted  # a redirected file has a size, too
    quiet = classify(file, "--output", tmp_path / "c.jsonl")
    assert "Scoring" not in quiet.stderr.decode()


def on_terminal(words: list[str], stdin: Any = None) -> str:
    """What a terminal gets to see."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *words], stdin=stdin, stdout=subprocess.PIPE, stderr=theirs,
        env={**ENV, "TERM": "xterm"},
    ) as process:  # fmt: skip
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # how a terminal ends
            while more := os.read(ours, 4096):
                said += more
    os.close(ours)
    assert process.returncode == 0, said
    return said.decode()


def test_help_has_examples() -> None:
    said = classify("--help").stdout.decode()
    assert "rejoinder classify comments.csv" in said


async def test_a_sites_own_model_scores(
    database_url: str, pool: Pool, site: Site, tmp_path: Path
) -> None:
    base = cast("Model", loaded_scorer().model)
    mild, rival = "What a crap timetable, damn it.", "The Beacon had it two days ago."
    seen = [
        Seen(text, (one.scores["spam"], one.scores["abuse"]))
        for text, one in zip([mild, rival], base.score([mild, rival]), strict=True)
    ]
    adapter = Adapter().fit(seen * 50, [(0.0, 0.0), (0.0, 1.0)] * 50)
    content = pack(adapter, base.id)
    own = SiteModel.of(base, content)
    env = {"DATABASE_URL": database_url, "REJOINDER_SECRET": SECRET}
    stdin = f"{mild}\n{rival}\n".encode()
    without = classify("--site", site.slug, stdin=stdin, **env)
    assert b"no model of its own" in without.stderr
    report = Report(outcome="promoted", why="", compared="", decisions=0, published=0, refused=0)
    made = Made(base.id, own.id, content)
    async with pool.acquire() as conn, conn.transaction():
        await learning_store.insert_model(conn, site.id, made, report, datetime.now(UTC))
    for jobs in ("1", "2"):
        done = classify("--site", site.slug, "--jobs", jobs, stdin=stdin, **env)
        assert done.returncode == 0, done.stderr
        assert own.id in done.stderr.decode()
        answers = [json.loads(line)["scores"] for line in done.stdout.splitlines()]
        assert answers == [one.scores for one in own.score([mild, rival])]
    assert answers != [json.loads(line)["scores"] for line in without.stdout.splitlines()]
    nowhere = classify("--site", "nowhere", stdin=stdin, **env)
    assert (nowhere.returncode, nowhere.stdout) == (1, b"")
    assert b"no site nowhere" in nowhere.stderr
    async with pool.acquire() as conn:
        await conn.execute("update model set content = $1", pack(adapter, "2020.01-00000000"))
    other = classify("--site", site.slug, stdin=stdin, **env)
    assert other.stdout == without.stdout
    assert b"another shared model" in other.stderr
