"""Structured logs: one line a request and a job; JSON unless on a terminal.

Never comment text, tokens, push endpoints, e-mail or raw addresses.
"""

import logging
import sys
import traceback

import asyncpg
import msgspec
import structlog
from structlog.types import EventDict, Processor


def _encode(event: object, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _describe(logger: object, method: str, event: EventDict) -> EventDict:  # noqa: ARG001 (structlog)
    """Replace an exception by its frames and its type.

    A database's message quotes rows, and rows hold what readers wrote: only its code is kept.
    """
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        told = traceback.TracebackException.from_exception(error)
        frames = "".join(told.stack.format())
        if isinstance(error, asyncpg.PostgresError):
            event["exception"] = f"{frames}{type(error).__name__} {error.sqlstate}"
        else:
            event["exception"] = frames + "".join(told.format_exception_only()).strip()
    return event


def configure(*, level: int = logging.INFO) -> None:
    """Set logging up for this process; warnings and errors of libraries come the same way."""
    terminal = sys.stderr.isatty()
    last: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if terminal
        else structlog.processors.JSONRenderer(serializer=_encode)
    )
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _describe,
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *shared, last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
