"""Damaged copies of an export: what is whole comes in, and the whole file adds the rest."""

import gzip
import json
import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from restored import Lines, comparable, exported, lines_in, lines_of, load, nameless, write
from thread import ORIGIN, post

from service.articles.actions import add_site
from service.comments import actions
from service.core.db import Conn, Pool
from service.transfer import completing_store
from service.transfer.completing import HUNG
from service.transfer.loader import UNTOLD
from service.transfer.reading.export import MISSING
from service.transfer.types import UNREADABLE, ImportFileError


def content_of(file: Path) -> bytes:
    return file.read_bytes()


def put(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def undecided(lines: Lines) -> Lines:
    """Comparable lines, without those that say that an import came."""
    return [line for line in comparable(lines) if line.get("actor") != "import"]


def without(kind: str, number: int) -> Callable[[bytes], bytes]:
    """Damage: one line of a kind is lost."""

    def damage(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        found = [n for n, line in enumerate(lines) if json.loads(line)["type"] == kind]
        del lines[found[number]]
        return b"".join(lines)

    return damage


def cut(content: bytes) -> bytes:
    """Damage: the file ends within a character of several bytes."""
    at = content.rindex("“".encode())
    return content[: at + 1]


def shuffled(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    random.Random(8).shuffle(lines)  # noqa: S311 (no secret)
    return b"".join(lines)


def of_the_future(content: bytes) -> bytes:
    first, rest = content.split(b"\n", 1)
    return b"\n".join((first, b'{"type":"poll","id":"7"}', rest))


# What is refused of each damaged copy, and how many comments come in of it.
DAMAGES: dict[str, tuple[Callable[[bytes], bytes], dict[str, int], int]] = {
    "cut": (cut, {UNREADABLE: 1, "no line of this format": 1}, 15),
    "early": (lambda c: c[: c.index(b"Answer 3")], {UNREADABLE: 1, "no line of this format": 1}, 4),
    "no article": (without("article", 0), {UNTOLD: 15, MISSING: 1}, 0),
    "no parent": (without("comment", 1), {MISSING: 1}, 14),
    "no root": (without("comment", 0), {MISSING: 1}, 14),
    "no reader": (without("reader", 0), {MISSING: 1}, 15),
    "no decision": (without("decision", -1), {MISSING: 1}, 15),
    "no header": (without("header", 0), {MISSING: 2}, 15),
    "doubled": (lambda c: c.replace(b"\n", b"\n\r\n") + c, {}, 15),
    "shuffled": (shuffled, {}, 15),
    "marked": (lambda c: b"\xef\xbb\xbf" + c.replace(b"\n", b"\n\xef\xbb\xbf"), {}, 15),
    "windows": (lambda c: c.replace(b"\n", b"\r\n"), {}, 15),
    "packed and cut": (
        lambda c: gzip.compress(c)[:-90], {UNREADABLE: 1, "no line of this format": 1}, 15,
    ),
    "newer lines": (of_the_future, {"no line of this format": 1}, 15),
    "another type": (
        lambda c: c.replace(b'"likes":0', b'"likes":"0"', 1), {"no line of this format": 1}, 14,
    ),
}  # fmt: skip


async def test_the_whole_file_completes_what_came_of_a_damaged_copy(
    file: Path, elsewhere: Conn
) -> None:
    whole = content_of(file)
    for name, (damage, refused, came) in DAMAGES.items():
        undo = elsewhere.transaction(isolation="repeatable_read")
        await undo.start()
        site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
        put(file, damage(whole))
        damaged = await load(elsewhere, site, file, trust_confirmed=True)
        assert (damaged.refused, sum(damaged.comments.values())) == (refused, came), name
        assert all(one.line for kind in damaged.refused_first.values() for one in kind), name
        put(file, whole)
        rest = await load(elsewhere, site, file, trust_confirmed=True)
        assert (sum(rest.comments.values()), rest.already) == (15 - came, came), name
        after = lines_of(await exported(elsewhere, site))
        assert undecided(after) == undecided(lines_of(whole)), name
        assert await wrong_counts(elsewhere) == [], name
        again = await load(elsewhere, site, file, trust_confirmed=True)
        assert (again.repaired, again.already) == ({}, 15), name
        assert lines_of(await exported(elsewhere, site))[1:] == after[1:], name
        await undo.rollback()


async def test_beside_the_site_itself_too_where_all_ids_are_taken(file: Path, pool: Pool) -> None:
    whole = content_of(file)
    async with pool.acquire() as conn:
        for name in ("cut", "early", "no parent", "no reader"):
            site = await add_site(conn, name.replace(" ", "-"), "The Courier", [ORIGIN])
            put(file, DAMAGES[name][0](whole))
            await load(conn, site, file, trust_confirmed=True)
            put(file, whole)
            await load(conn, site, file, trust_confirmed=True)
            after = lines_of(await exported(conn, site))
            assert nameless(after) == nameless(lines_of(whole)), name
            again = await load(conn, site, file, trust_confirmed=True)
            assert (again.repaired, again.already) == ({}, 15), name
        assert await wrong_counts(conn) == []


async def wrong_counts(conn: Conn) -> list[Any]:
    """Roots and articles whose counts aren't those of the comments that there are."""
    return await conn.fetch(
        """
        select r.id from comment r where r.root_id is null and r.reply_count <> (
            select count(*) from comment c where c.root_id = r.id and c.status = 'published'
        )
        union all select a.id from article a where a.comment_count <> (
            select count(*) from comment c where c.article_id = a.id and c.status = 'published'
        )
        """
    )


async def test_what_was_answered_meanwhile_moves_with_its_thread(
    file: Path, elsewhere: Conn
) -> None:
    """A reply that readers wrote below one whose parent was lost stays below it, four deep."""
    whole = content_of(file)
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    put(file, without("comment", 2)(whole))
    await load(elsewhere, site, file)
    deepest = "select c.* from comment c where body like 'Answer 5%'"
    await elsewhere.execute(
        f"""
        insert into comment (site_id, id, article_id, root_id, parent_id, depth, reader_id,
            author_name, body, html, status, risk, created_at)
        select site_id, gen_random_uuid(), article_id, root_id, case when depth < 4 then id
            else parent_id end, least(depth + 1, 4), reader_id, 'Eve', 'Late', '', 'published', 0,
            now()
        from ({deepest}) deepest
        """
    )
    await elsewhere.execute(
        "update comment set reply_count = reply_count + 1 "
        f"where id = (select root_id from ({deepest}) deepest)"
    )
    await elsewhere.execute(
        "update article set comment_count = comment_count + 1 where key = '18231'"
    )
    assert await wrong_counts(elsewhere) == []
    put(file, whole)
    report = await load(elsewhere, site, file)
    assert report.repaired == {HUNG: 1}
    late, other = await elsewhere.fetch(
        "select root_id, parent_id, depth from comment where body = 'Late' or body like 'Answer 5%'"
    )
    assert tuple(late) == tuple(other)
    assert await wrong_counts(elsewhere) == []


async def test_a_reply_that_is_being_posted_meanwhile_finds_its_thread(
    client: httpx.AsyncClient, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    above, moved = [(await post(client, text))["comment"]["id"] for text in ("Above.", "Moved.")]
    really = actions.find_campaign

    async def meanwhile(*given: Any) -> uuid.UUID | None:
        async with pool.acquire() as conn, conn.transaction():
            await completing_store.hang(conn, uuid.UUID(moved), uuid.UUID(above))
        return await really(*given)

    # Asked once the reply's place is known, and before it is stored.
    monkeypatch.setattr(actions, "find_campaign", meanwhile)
    said = (await post(client, "An answer.", parent_id=moved))["comment"]
    row = await pool.fetchrow("select root_id, depth from comment where id = $1", said["id"])
    assert row is not None
    assert (str(row["root_id"]), row["depth"], said["parent_id"]) == (above, 2, moved)
    async with pool.acquire() as conn:
        assert await wrong_counts(conn) == []


async def test_what_was_decided_here_since_is_not_decided_again(
    file: Path, elsewhere: Conn
) -> None:
    """Decisions that the comment has seen come; later ones of the old site don't."""
    lines = lines_in(file)
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    write(file, [line for line in lines if line["type"] != "decision"])
    await load(elsewhere, site, file)
    there, here = [
        next(line for line in lines if line["type"] == "decision" and line["to"] == status)
        for status in ("spam", "held")
    ]
    for line in lines:
        line["version"] = line.get("version", 0) + (line.get("id") == there["comment"])
    lines.insert(-1, {**there, "id": str(uuid.uuid4()), "from": "spam", "to": "published",
                      "version": there["version"] + 1})  # fmt: skip
    await elsewhere.execute(
        """
        with c as (
            update comment set status = 'published', version = version + 1 where id = $1
            returning *
        )
        insert into ledger (site_id, id, comment_id, actor, to_status, version)
        select site_id, gen_random_uuid(), id, 'machine', status, version from c
        """,
        uuid.UUID(here["comment"]),
    )
    write(file, lines)
    await load(elsewhere, site, file)
    ledger = "select to_status from ledger where comment_id = $1 and imported_actor is not null"
    assert await elsewhere.fetch(ledger, uuid.UUID(there["comment"])) == []
    came = await elsewhere.fetch(ledger, uuid.UUID(here["comment"]))
    assert "held" in [row["to_status"] for row in came]


async def test_an_export_of_a_later_version_is_not_guessed_at(file: Path, elsewhere: Conn) -> None:
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    lines = lines_in(file)
    lines[0]["version"] = 2
    for number in (0, 40):
        write(file, [*lines[1 : number + 1], lines[0], *lines[number + 1 :]])
        with pytest.raises(ImportFileError, match="version 2 of rejoinder"):
            await load(elsewhere, site, file)
    assert await elsewhere.fetchval("select count(*) from comment") == 0
