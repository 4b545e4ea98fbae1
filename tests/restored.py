"""Exports of ours, and importing them."""

import io
import json
from pathlib import Path
from typing import Any

from service.articles.types import Site
from service.core.db import Conn
from service.transfer.restoring import Restore, is_export
from service.transfer.types import Report, Wanted
from service.transfer.writing.actions import write_lines
from service.transfer.writing.types import Part

Lines = list[dict[str, Any]]


async def exported(conn: Conn, site: Site) -> bytes:
    output = io.BytesIO()
    await write_lines(conn, site, Part(), output, lambda *_: None)
    return output.getvalue()


def lines_of(content: bytes) -> Lines:
    return [json.loads(line) for line in content.splitlines()]


def lines_in(file: Path) -> Lines:
    return lines_of(file.read_bytes())


def write(file: Path, lines: Lines, *more: str) -> None:
    file.write_text("\n".join([*map(json.dumps, lines), *more]))


async def load(conn: Conn, site: Site, file: Path, **options: Any) -> Report:
    wanted = Wanted("json", "json", **options)
    assert is_export(file, wanted)
    try:
        return await Restore(conn, site, file, wanted, lambda *_: None).run()
    finally:
        await conn.execute("select pg_advisory_unlock_all()")


def comparable(lines: Lines) -> Lines:
    """Lines but the ends and subscriptions, and what an import adds: where it found a comment."""
    rest = [dict(line) for line in lines if line["type"] not in {"header", "subscription", "end"}]
    for line in rest:
        line["sources"] = [one for one in line.get("sources", []) if one["source"] != "json"]
    return sorted(rest, key=lambda line: (line["type"], line.get("id") or line.get("key") or ""))


def nameless(lines: Lines) -> list[str]:
    """Lines with each id told by what it is the id of."""
    names = {line["id"]: line.get("body") or line.get("email") for line in lines if "id" in line}
    told = []
    for line in comparable(lines):
        if line.get("actor") == "import":
            continue
        line.pop("sources")
        line.pop("id", None)
        told.append(
            json.dumps({
                key: names.get(value, value) if key in {"comment", "parent", "reader"} else value
                for key, value in line.items()
            })
        )  # fmt: skip
    return sorted(told)
