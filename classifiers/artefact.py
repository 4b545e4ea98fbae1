"""The trained model as a file: arrays and one JSON header in an .npz, never pickle."""

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta

FORMAT = 3
VERSION = "2026.11"
_ARRAYS = {
    "keys": np.dtype(np.uint32),
    "matrix": np.dtype(np.float16),
    "intercept": np.dtype(np.float64),
    "cue_weights": np.dtype(np.float32),
}
# Far above any model of ours; a file that unpacks to more is not one.
_LARGEST = 200_000_000


class ArtefactError(Exception):
    """The model file is missing, damaged, changed, or not one of ours; the message says which."""


class _Header(msgspec.Struct):
    """What a model's header must hold to be scored with; it holds more, for the card."""

    format: int
    version: str
    checksum: str
    columns: list[str]
    cues: list[str]
    ground: Annotated[float, Meta(gt=0)]
    calibration: dict[str, tuple[float, float, float]]
    disguised: dict[str, float]
    thresholds: dict[str, dict[str, float]]
    worst: Annotated[float, Meta(ge=0, le=1)] = 0.0


@dataclass(frozen=True, slots=True)
class Artefact:
    """Arrays and header of one model.

    `keys` (features,) uint32, sorted; `matrix` (features, columns) float16, the weight of each
    feature with its rarity folded in; `intercept` (columns,) float64; `cue_weights` (cues,) float32
    for the spam column.
    """

    arrays: Mapping[str, npt.NDArray[Any]]
    header: Mapping[str, Any]


def checksum(arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> str:
    """Answer the SHA-256 over the arrays and the header without its own checksum, in hex."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    rest = {name: value for name, value in header.items() if name != "checksum"}
    digest.update(json.dumps(rest, sort_keys=True).encode())
    return digest.hexdigest()


def pack(arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> bytes:
    """Answer an .npz of the arrays and the header with its checksum; same content, same bytes."""
    own = {**header, "checksum": checksum(arrays, header)}
    packed = np.frombuffer(json.dumps(own, sort_keys=True).encode(), dtype=np.uint8)
    content: dict[str, Any] = {"header": packed} | {name: arrays[name] for name in sorted(arrays)}
    raw = BytesIO()
    np.savez_compressed(raw, **content)
    return raw.getvalue()


def unpack(raw: bytes, name: str, largest: int = _LARGEST) -> Artefact:
    """Answer what `pack` packed, its checksum not looked at yet.

    Raises ArtefactError, with `name` in its message, where it is no such archive, holds objects,
    or unpacks to more than `largest` bytes.
    """
    try:
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            if sum(member.file_size for member in archive.infolist()) > largest:
                raise ArtefactError("it unpacks to too much")  # noqa: TRY301 (the reason is told)
        with np.load(BytesIO(raw), allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        header = json.loads(arrays.pop("header").tobytes())
    except Exception as error:  # a damaged archive raises whatever zlib, zipfile or json feel like
        raise ArtefactError(f"{name} is damaged or not a model of ours: {error}") from error
    if not isinstance(header, dict):
        raise ArtefactError(f"{name} is not a model of ours: its header lacks fields")
    return Artefact(arrays, header)


def check_sum(name: str, content: Artefact) -> None:
    """Raise ArtefactError where something was changed after it was packed."""
    if content.header.get("checksum") != checksum(content.arrays, content.header):
        raise ArtefactError(f"{name} was changed after it was written: its checksum is wrong")


def write(path: Path, arrays: Mapping[str, npt.NDArray[Any]], header: Mapping[str, Any]) -> str:
    """Write a model and answer its checksum; the same content gives the same bytes."""
    own = {**header, "format": FORMAT, "version": VERSION}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pack(arrays, own))
    return checksum(arrays, own)


def packaged() -> Path:
    """Answer the path of the model that ships with the package."""
    with as_file(files("classifiers").joinpath("artefact", "model.npz")) as path:
        return path


def read(path: Path) -> Artefact:
    """Read and verify a model.

    Raises ArtefactError where the file is missing, is no such archive, holds objects, was written
    by another format version, or does not match its checksum.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ArtefactError(f"cannot read the model {path}: {error.strerror}") from error
    content = unpack(raw, str(path))
    _check(path, content)
    return content


def _check(path: Path, content: Artefact) -> None:
    arrays = content.arrays
    if content.header.get("format", FORMAT) != FORMAT:
        raise ArtefactError(
            f"{path} has format {content.header['format']}, "
            f"this version of the classifiers reads {FORMAT}"
        )
    try:
        header = msgspec.convert(content.header, _Header)
    except msgspec.ValidationError as error:
        raise ArtefactError(f"{path} is not a model of ours: {error}") from error
    if {name: array.dtype for name, array in arrays.items()} != _ARRAYS:
        raise ArtefactError(f"{path} is not a model of ours: its arrays are {sorted(arrays)}")
    check_sum(str(path), content)
    features, columns = arrays["keys"].size, len(header.columns)
    shapes = {
        "keys": (features,),
        "matrix": (features, columns),
        "intercept": (columns,),
        "cue_weights": (len(header.cues),),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ArtefactError(f"{path} is inconsistent: {name} is {arrays[name].shape}")
        # What is not a number is above no threshold.
        if not np.isfinite(arrays[name]).all():
            raise ArtefactError(f"{path} is inconsistent: {name} holds what is not a number")
    numbers = [*header.thresholds.values(), header.disguised, {"ground": header.ground}]
    if not all(isfinite(value) for table in numbers for value in table.values()) or not all(
        isfinite(value) for row in header.calibration.values() for value in row
    ):
        raise ArtefactError(f"{path} is inconsistent: its header holds what is not a number")
    if not all("hold" in header.thresholds.get(label, {}) for label in ("spam", "abuse")):
        raise ArtefactError(f"{path} has no threshold to hold by")
