"""What is written for a file's texts: the scores that the API answers, and what is kept."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any, cast

import pytest
from rich.console import Console
from support import loaded_scorer

from classifiers import LABELS, Model
from service.classifying.actions import Outcome, Scoring, run
from service.classifying.rows import format_of
from service.classifying.target import format_to
from service.classifying.types import Bad, FileError, Reading, Writing
from service.screening.batches import By
from service.screening.plain import classify_text

INSULT = "You are a fucking idiot, go kill yourself."
FINE = "A fine remark on the ferry."
RUSSIAN = "Когда наконец откроют мост? Мы ждём уже третий год, а чиновники обещают."  # noqa: RUF001
QUIET = Console(file=io.StringIO())
OWN = [*LABELS, "language", "grounded"]


def scored(
    file: Path,
    name: str,
    *,
    keep: bool = False,
    evidence: bool = False,
    skip_bad: bool = False,
    text: str | None = None,
) -> tuple[Outcome, str]:
    target = file.parent / name
    reading = Reading(file, format_of(file), text, keep=keep)
    writing = Writing(target, format_to(target), keep, evidence)
    outcome = run(reading, writing, Scoring(By(None, evidence), 1, skip_bad), QUIET)
    raw = target.read_bytes()
    return outcome, (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()


def objects(written: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.splitlines()]


def table(written: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(written)))


@pytest.fixture
def model() -> Model:
    return cast("Model", loaded_scorer().model)


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz"])
def test_json_lines_hold_the_text_and_what_the_model_says(
    tmp_path: Path, model: Model, name: str
) -> None:
    texts = [FINE, INSULT, f"{RUSSIAN} {INSULT}", "", "word " * 20_000, INSULT * 1_000]
    file = tmp_path / "in.txt"
    file.write_text("".join(f"{text}\n" for text in texts))
    outcome, written = scored(file, name)
    expected = [classify_text(model, text) for text in texts]
    assert objects(written) == [
        {"text": text, "scores": one.scores, "language": one.language, "grounded": one.grounded}
        for text, one in zip(texts, expected, strict=True)
    ]
    assert (outcome.texts, outcome.model, outcome.bad) == (6, model.id, 0)


def test_evidence_is_added_when_asked_for(tmp_path: Path, model: Model) -> None:
    file = tmp_path / "in.txt"
    file.write_text(f"{INSULT}\n")
    [answer] = objects(scored(file, "out.jsonl", evidence=True)[1])
    [row] = table(scored(file, "out.csv", evidence=True)[1])
    assert answer["evidence"].keys() == set(LABELS)
    first = answer["evidence"]["insult"][0]
    assert first.keys() == {"begin", "end", "weight"}
    assert INSULT[first["begin"] : first["end"]] == "idiot"
    assert json.loads(row["evidence"]) == answer["evidence"]


def test_csv_has_a_column_a_label(tmp_path: Path, model: Model) -> None:
    file = tmp_path / "in.csv"
    file.write_text(f'id,comment\n1,"{INSULT}\n"\n2,"{RUSSIAN}"\n')
    rows = table(scored(file, "out.csv.gz")[1])
    assert list(rows[0]) == ["text", *OWN]
    assert rows[0]["text"] == f"{INSULT}\n"
    expected = classify_text(model, f"{INSULT}\n")
    assert {label: float(rows[0][label]) for label in LABELS} == expected.scores
    assert [(row["language"], row["grounded"]) for row in rows] == [("en", "true"), ("ru", "false")]


def test_csv_keeps_the_columns_where_they_were_and_renames_what_is_ours(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(f"id,comment,language,input_language,threat\n07,{FINE},Irish,no,high\n")
    [row] = table(scored(file, "out.csv", keep=True)[1])
    kept = ["id", "comment", "input_language", "input_input_language", "input_threat"]
    assert list(row) == [*kept, *OWN]
    assert [row[name] for name in kept] == ["07", FINE, "Irish", "no", "high"]
    assert row["language"] == "en"
    [answer] = objects(scored(file, "out.jsonl", keep=True)[1])
    names = ["id", "input_language", "input_input_language", "threat"]
    assert list(answer) == ["text", "scores", "language", "grounded", *names]
    assert [answer[name] for name in names] == ["07", "Irish", "no", "high"]


def test_json_keeps_values_as_they_stood(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    line = f'{{"id": 98765432109876543210, "n": 1.10, "body": "{FINE}", "at": {{"x": [null]}}}}'
    file.write_text(f"{line}\n")
    written = scored(file, "out.jsonl", keep=True)[1]
    assert written.endswith(',"id":98765432109876543210,"n":1.10,"at":{"x": [null]}}\n')


def test_json_becomes_a_table_of_its_first_objects_fields(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    lines = [
        '{"id": 1, "text": "a", "tag": "\\"x\\", y", "more": [1]}',
        '{"text": "b", "tag": null, "id": 2}',
    ]
    file.write_text("\n".join(lines))
    rows = table(scored(file, "out.csv", keep=True)[1])
    assert [list(row.values())[:4] for row in rows] == [
        ["1", "a", '"x", y', "[1]"],
        ["2", "b", "", ""],
    ]
    file.write_text("\n".join([*lines, '{"text": "c", "new": 3}']))
    with pytest.raises(FileError, match=r"line 3: the field new .* JSON Lines"):
        scored(file, "other.csv", keep=True)
    assert not (tmp_path / "other.csv").exists()


@pytest.mark.parametrize(("content", "header"), [("", ["text"]), ("id,body\n", ["id", "body"])])
def test_a_file_without_texts_makes_one(tmp_path: Path, content: str, header: list[str]) -> None:
    file = tmp_path / "in.csv"
    file.write_text(content)
    assert scored(file, "out.jsonl")[1] == ""
    outcome, written = scored(file, "out.csv", keep=True)
    assert written == ",".join([*header, *OWN]) + "\n"
    assert (outcome.texts, outcome.model) == (0, None)


def test_a_bad_record_ends_it_or_is_left_out_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    bad = ['{"text": 7}'] * 6
    file.write_text("\n".join(['{"text": "one"}', *bad, '{"text": "two"}']))
    with pytest.raises(FileError, match="line 2: the field text is a number"):
        scored(file, "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()
    outcome, written = scored(file, "out.jsonl", skip_bad=True)
    assert [answer["text"] for answer in objects(written)] == ["one", "two"]
    assert (outcome.texts, outcome.bad) == (2, 6)
    why = "the field text is a number, not a string"
    assert outcome.first_bad == [Bad(line, why) for line in range(2, 7)]


def test_an_answer_can_be_scored_again(tmp_path: Path) -> None:
    """Its own output is a file like others."""
    file = tmp_path / "in.csv"
    file.write_text(f'text\n"{INSULT}"\n')
    once = scored(file, "once.csv", keep=True)[1]
    twice = scored(tmp_path / "once.csv", "twice.csv", keep=True)[1]
    [row], [again] = table(once), table(twice)
    assert {f"input_{name}": row[name] for name in OWN}.items() <= again.items()
    assert row.items() <= again.items()
