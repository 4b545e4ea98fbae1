"""Logs hold no text of readers, whatever goes wrong."""

import json
import logging
from collections.abc import Iterator

import asyncpg
import pytest
import structlog

from service.core import log
from service.core.db import Conn


@pytest.fixture
def undone() -> Iterator[None]:
    """Logging as it was before."""
    before = logging.getLogger().handlers[:]
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before


async def test_a_database_s_message_is_not_logged(
    conn: Conn, undone: None, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure()
    written_by_a_reader = "words-of-a-reader"
    insert = "insert into site (id, slug, name, origins) values (null, $1, '', '{}')"
    try:
        await conn.execute(insert, written_by_a_reader)
    except asyncpg.PostgresError:
        structlog.get_logger("test").exception("failed", request_id="r1")
    written = capsys.readouterr()
    assert written.out == ""
    line = json.loads(written.err)
    assert written_by_a_reader not in written.err
    assert line["exception"].endswith("NotNullViolationError 23502")
    assert (line["request_id"], line["level"]) == ("r1", "error")


async def test_other_failures_keep_their_message(
    undone: None, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure()
    try:
        int("a reason")
    except ValueError:
        structlog.get_logger("test").exception("failed")
    assert json.loads(capsys.readouterr().err)["exception"].endswith("'a reason'")
