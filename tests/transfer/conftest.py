"""Small files of each kind, and what is read of them."""

from pathlib import Path

import pytest
from exports import Read

from service.transfer.reading.formats import READERS
from service.transfer.reading.found import Found
from service.transfer.reading.input import Input
from service.transfer.types import Notes


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a file of this format and content."""

    def reading(name: str, content: str | bytes) -> tuple[list[Found], Notes]:
        path = tmp_path / "export"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        notes = Notes()
        return list(READERS[name](Input(path, notes), notes)), notes

    return reading
