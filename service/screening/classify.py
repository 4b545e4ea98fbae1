"""`rejoinder classify`: scores of texts, streamed."""

import io
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
from rich.console import Console

from classifiers import Model, load

BATCH = 256


def run(file: Path | None, say: Console) -> None:
    """Write one JSON object a line: text, scores, language, grounded. Memory stays flat."""
    with say.status("Loading the classifier …"):
        model = load()
    if file is None:
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(encoding="utf-8", errors="replace")
        _score(model, sys.stdin)
        return
    with file.open(encoding="utf-8", errors="replace") as lines:
        _score(model, lines)


def _score(model: Model, lines: Iterator[str]) -> None:
    for batch in iter(lambda: list(islice(lines, BATCH)), []):
        texts = [line.rstrip("\n") for line in batch]
        for text, scored in zip(texts, model.score(texts), strict=True):
            answer = {
                "text": text,
                "scores": scored.scores,
                "language": scored.language,
                "grounded": scored.grounded,
            }
            sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
