"""Sanctions: a reader's comments wait for review, or the reader may not comment; and is told so."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import require_moderator
from service.accounts.types import Moderator
from service.comments.changes import Actor, Change, change_statuses
from service.comments.reports import answer_reports
from service.comments.rules import author_answer
from service.comments.store import lock_comments
from service.core.db import Conn, Pool, uuid7
from service.core.http import (
    Endpoint,
    clean_text,
    empty_response,
    json_response,
    path_uuid,
    query_choice,
    read_json,
)
from service.core.problems import Invalid, NotFound
from service.moderation import sanctions_store as store
from service.moderation.store import count_by_reader
from service.moderation.types import NewSanction, ReaderCounts, ReaderDetail, Sanctioned

MOST_REMOVED = 1000
REASON = "other"


async def impose(
    pool: Pool, moderator: Moderator, reader_id: UUID, new: NewSanction
) -> tuple[Sanctioned, dict[UUID, int]]:
    """Sanction a reader; also the new version of each thread that lost comments.

    Raises NotFound, and Invalid where it would be over already.
    """
    reason = clean_text("$.reason", new.reason, multiline=True)
    if not reason:
        raise Invalid.field("$.reason", "Expected a reason: the reader is told it")
    if new.until is not None and new.until <= datetime.now(UTC):
        raise Invalid.field("$.until", "Expected a time to come")
    ident, batch_id = uuid7(), uuid7()
    async with pool.acquire() as conn, conn.transaction():
        reader = await store.get_reader(conn, moderator, reader_id)
        if reader is None:
            raise NotFound("There is no such reader.")
        await store.lock_reader(conn, reader_id)
        await store.insert_sanction(
            conn, ident, reader["site_id"], reader_id, new.kind, reason, new.until, moderator.id
        )
        removed, versions = 0, dict[UUID, int]()
        if new.remove_comments:
            actor = Actor("moderator", moderator.id, batch_id)
            removed, versions = await _remove(conn, reader_id, actor, batch_id)
        sanction = await store.get_sanction(conn, moderator, ident)
    assert sanction is not None  # noqa: S101 (it was stored in this transaction)
    return Sanctioned(sanction, batch_id if removed else None, removed), versions


async def _remove(
    conn: Conn, reader_id: UUID, actor: Actor, batch_id: UUID
) -> tuple[int, dict[UUID, int]]:
    """Reject the reader's recent comments as one batch; how many, and the threads' versions."""
    ids = await store.list_recent(conn, reader_id, MOST_REMOVED)
    locked = await lock_comments(conn, ids)
    changes = [
        Change(
            locked[one],
            msgspec.structs.replace(
                locked[one], status="rejected", reason=REASON, version=locked[one].version + 1
            ),
        )
        for one in ids
        if locked[one].status in {"published", "held"}
    ]
    if not changes:
        return 0, {}
    versions = await change_statuses(conn, changes, actor)
    await answer_reports(conn, [change.before.id for change in changes], [], batch_id)
    return len(changes), versions


async def lift(
    pool: Pool, moderator: Moderator, sanction_id: UUID, *, restore: bool = False
) -> None:
    """End a sanction; twice is once. Raises NotFound.

    `restore`: it is taken back, and what it took the place of is imposed again.
    """
    async with pool.acquire() as conn, conn.transaction():
        if await store.get_sanction(conn, moderator, sanction_id) is None:
            raise NotFound("There is no such sanction.")
        await store.lock_reader_of(conn, sanction_id)
        if await store.lift_sanction(conn, sanction_id, moderator.id) and restore:
            await store.insert_replaced(conn, sanction_id, uuid7())


async def post_sanction(request: Request[Any]) -> Response:
    """Sanction a reader."""
    moderator = await require_moderator(request)
    ident = path_uuid(request, "reader", "reader")
    body = await read_json(request, NewSanction)
    sanctioned, versions = await impose(request.state["pool"], moderator, ident, body)
    for article_id, version in versions.items():
        request.state["threads"].changed(article_id, version)
    return json_response(sanctioned, 201)


async def delete_sanction(request: Request[Any]) -> Response:
    """End a sanction."""
    moderator = await require_moderator(request)
    restore = query_choice(request, "replaced", ("leave", "restore")) == "restore"
    ident = path_uuid(request, "sanction", "sanction")
    await lift(request.state["pool"], moderator, ident, restore=restore)
    return empty_response()


async def get_reader(request: Request[Any]) -> Response:
    """A reader's record, sanctions and newest comments."""
    moderator = await require_moderator(request)
    ident = path_uuid(request, "reader", "reader")
    async with request.state["pool"].acquire() as conn:
        reader = await store.get_reader(conn, moderator, ident)
        if reader is None:
            raise NotFound("There is no such reader.")
        published, held, refused = (await count_by_reader(conn, [ident]))[ident]
        confirmed, name = reader["confirmed"], reader["name"]
        answer = ReaderDetail(
            id=ident,
            site=reader["site"],
            name=name,
            email=reader["email"],
            confirmed=confirmed,
            created_at=reader["created_at"],
            counts=ReaderCounts(ident, name, confirmed, published, held, refused),
            sanctions=await store.list_sanctions(conn, ident),
            comments=[author_answer(one) for one in await store.list_comments(conn, ident)],
        )
    return json_response(answer)


READER = "/v1/moderation/readers/{reader}"
ENDPOINTS = [
    Endpoint(
        "GET", READER, get_reader, "A reader's record", access="moderator", answer=ReaderDetail
    ),
    Endpoint(
        "POST", READER + "/sanctions", post_sanction, "Sanction a reader", access="moderator",
        body=NewSanction, answer=Sanctioned, status=201,
    ),
    Endpoint(
        "DELETE", READER + "/sanctions/{sanction}", delete_sanction, "End a sanction",
        access="moderator", status=204, query=("replaced",),
    ),
    Endpoint(
        "DELETE", "/v1/moderation/sanctions/{sanction}", delete_sanction,
        "End a sanction, and impose again what it replaced if asked to",
        access="moderator", status=204, query=("replaced",),
    ),
]  # fmt: skip
