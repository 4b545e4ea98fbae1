"""What scoring costs: time, throughput, memory, size.

Time is the CPU time of the one thread that scores, which is what the clock shows on an idle machine
and what a busy one doesn't blur.
"""

import json
import subprocess
import sys
from pathlib import Path
from time import thread_time

import numpy as np

from classifiers.figure import Figure
from classifiers.model import Model
from classifiers.sources import read_rows

COMMENT = 270
_WARM, _TIMED = 300, 2_000
_REMEMBERED = 1_000
_MEGABYTE = 1_000_000
# Memory that every user of scikit-learn pays; what the classifier adds comes on top.
_BASE = "import numpy, scipy.sparse, sklearn.linear_model, msgspec"
_MEMORY = """
import json, re, sys
from pathlib import Path
exec(sys.argv[1])
def resident():
    return int(re.search(r"VmRSS:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
before = resident()
if len(sys.argv) > 2:
    from classifiers import load
    load(sys.argv[2]).score(json.load(sys.stdin))
print(resident() - before)
"""


def comments(data: Path) -> list[str]:
    """Cut real comments into ones of 270 characters."""
    texts = [row["text"] for row in read_rows(data / "labelled" / "civil_comments.jsonl.gz")]
    whole = " ".join(texts)
    return [whole[at : at + COMMENT] for at in range(0, len(whole) - COMMENT, COMMENT)]


def time_figures(model: Model, texts: list[str]) -> list[Figure]:
    """Time comments one by one, and many at once."""
    model.score(texts[:_WARM])
    took = []
    for text in texts[_WARM : _WARM + _TIMED]:
        begin = thread_time()
        model.score([text])
        took.append((thread_time() - begin) * 1000)
    rest = texts[_WARM + _TIMED : _WARM + 2 * _TIMED]
    begin = thread_time()
    model.score(rest)
    rate = len(rest) / (thread_time() - begin)
    return [
        Figure(f"a comment of {COMMENT} characters, p50", float(np.quantile(took, 0.5)), 0.5,
               lower_is_better=True, unit="ms"),
        Figure("… p95", float(np.quantile(took, 0.95)), 1.5, lower_is_better=True, unit="ms"),
        Figure("… many at once", rate, 2_000, unit="a second"),
    ]  # fmt: skip


def size_figures(model: Model, file: Path) -> list[Figure]:
    """Answer the file's size, and how long training took where the header says."""
    figures = [Figure("model file", file.stat().st_size / _MEGABYTE, 3.0, lower_is_better=True,
                      unit="MB")]  # fmt: skip
    took = model.header.get("trained_in_seconds")
    if took is not None:
        figures.append(Figure("training", float(took), lower_is_better=True, unit="s"))
    return figures


def memory_figure(file: Path, texts: list[str]) -> Figure | None:
    """Measure the memory that loading and 1,000 scores add in a fresh process; None off Linux."""
    if not Path("/proc/self/status").exists():
        return None
    run = subprocess.run(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", _MEMORY, _BASE, str(file)],
        input=json.dumps(texts[:_REMEMBERED]), capture_output=True, text=True, check=True,
        cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    return Figure(
        "memory that loading and 1,000 scores add to scikit-learn's",
        int(run.stdout) / _MEGABYTE, 150.0, lower_is_better=True, unit="MB",
    )  # fmt: skip
