"""A newspaper on WordPress."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import folder_for_databases
from courier import Courier
from live import LiveServer
from wordpress import run_wordpress


@pytest.fixture(scope="module")
def newspaper(live_server: LiveServer) -> Iterator[Courier]:
    """One for all tests of a file."""
    with (
        tempfile.TemporaryDirectory(prefix="courier-", dir=folder_for_databases()) as name,
        run_wordpress(Path(name)) as wordpress,
    ):
        courier = Courier(wordpress, live_server)
        courier.install()
        yield courier
        assert wordpress.complaints() == []


@pytest.fixture
def courier(newspaper: Courier) -> Courier:
    """Each test begins with a plugin that is switched on, whatever the one before has done."""
    newspaper.set_up()
    return newspaper
