"""How rare runs of five letters are: what two texts share says something only where others don't.

`python -m classifiers.rarity --data DIR` counts them over the public training comments and writes
the table; of English mostly, other languages' runs are rare in it, and so count in full.
"""

import functools
import re
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from classifiers.sources import read_public
from classifiers.text import fold

RUN = 5
BUCKETS = 1 << 16
_FULL = 255  # the weight of a run that was never seen
_COMMON = 20  # a run in one text of so many says nothing

_LINK = re.compile(r"https?://\S+|www\.\S+")
_SIGN_WITHIN = re.compile(r"(?<=\w)[^\w\s](?=\w)")
_NUMBER = re.compile(r"\b\d+\b")
_NOT_LETTER = re.compile(r"[\W_]+")
_REPEATED = re.compile(r"(.)\1+")
_SIGNS = str.maketrans("013457@$!|", "oieastasil")

_WEIGHTS = np.array([1_000_003**power % 2**64 for power in range(RUN)], dtype=np.uint64)


def bare(text: str) -> str:
    """A text's letters and nothing else: what rewording and disguise leave of it.

    Links and numbers are left out, since every copy has its own; signs and spaces too, so that what
    is spelt out is put together; digits within words are read as the letters that they stand for,
    repetitions made one.
    """
    folded = _LINK.sub(" ", fold(text))
    folded = _NUMBER.sub(" ", _SIGN_WITHIN.sub("", folded))
    return _REPEATED.sub(r"\1", _NOT_LETTER.sub("", folded.translate(_SIGNS)))


def runs(letters: str) -> npt.NDArray[np.uint64]:
    """The different runs of five letters, hashed to 64 bits; sorted."""
    codes = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    count = len(codes) - RUN + 1
    if count < 1:
        return np.zeros(0, dtype=np.uint64)
    hashed = np.zeros(count, dtype=np.uint64)
    for at in range(RUN):
        hashed += codes[at : at + count] * _WEIGHTS[at]
    # Stafford's mix (variant 13 of the finaliser of MurmurHash3), so that every bit is worth using.
    hashed = (hashed ^ (hashed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashed = (hashed ^ (hashed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.unique(hashed ^ (hashed >> np.uint64(31)))


@functools.cache
def _table() -> npt.NDArray[np.float32]:
    with as_file(files("classifiers").joinpath("artefact", "rarity.npy")) as path:
        packed = np.load(path, allow_pickle=False)
    table: npt.NDArray[np.float32] = packed.astype(np.float32) / np.float32(_FULL)
    return table


def rarity(hashed: npt.NDArray[np.uint64]) -> npt.NDArray[np.float32]:
    """How much each run says, 0 (in every twentieth text) to 1 (never seen)."""
    found: npt.NDArray[np.float32] = _table()[(hashed & np.uint64(BUCKETS - 1)).astype(np.int64)]
    return found


def count(texts: list[str]) -> npt.NDArray[np.uint8]:
    """The table: the inverse document frequency of each bucket, scaled to a byte."""
    seen = np.zeros(BUCKETS)
    for text in texts:
        seen[np.unique((runs(bare(text)) & np.uint64(BUCKETS - 1)).astype(np.int64))] += 1
    most = np.log(len(texts) / _COMMON)
    weight = np.log(len(texts) / _COMMON / (seen + 1)) / most
    table: npt.NDArray[np.uint8] = np.round(np.clip(weight, 0, 1) * _FULL).astype(np.uint8)
    return table


def main(
    data: Annotated[Path, typer.Option(help="Folder with the labelled data.")],
    out: Annotated[Path, typer.Option(help="Where to write the table.")] = Path(
        "classifiers/artefact/rarity.npy"
    ),
) -> None:
    """Count the training comments and write the table."""
    np.save(out, count(list(read_public(data).texts)))


if __name__ == "__main__":
    typer.run(main)
