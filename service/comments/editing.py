"""Editing and removing one's own comment. Each public function is one transaction."""

from datetime import UTC, datetime
from uuid import UUID

import msgspec

from service.articles import store as article_store
from service.articles.types import Site
from service.comments import posting, rules, store
from service.comments.actions import STATUS_OF, Client, Desk, Stored
from service.comments.asking import Asked, ask_of_edit
from service.comments.campaigns import find_campaign
from service.comments.changes import Actor, Change, change_statuses
from service.comments.rights import check_facts
from service.comments.types import CommentRow, EditedComment
from service.core.db import Conn, Pool
from service.core.metrics import COMMENTS
from service.core.problems import Conflict, Invalid, NotFound, Told
from service.core.text import SURROGATE
from service.screening.actions import screen
from service.screening.kin import kin
from service.screening.scores import spam_of
from service.screening.sketch import Fingerprint, fingerprint
from service.screening.store import get_duplicates, list_signals
from service.screening.types import Context, SitePolicy


async def edit_comment(
    desk: Desk, site: Site, comment_id: UUID, edited: EditedComment, client: Client
) -> Stored:
    """Replace a comment's text within its window and screen it again.

    An edit publishes nothing that a person has held. Raises NotFound, Conflict and Invalid.
    """
    body = rules.check_body(edited.body)
    if SURROGATE.search(body):
        raise Invalid.field("$.body", "Contains a lone surrogate", Told("characters"))
    # Before a connection is taken: both may need one of their own, and a full pool has none.
    policy = await desk.policies.of(site.id)
    asked = await ask_of_edit(
        desk.pool, desk.scorer, desk.elsewhere, site, policy, comment_id, body
    )
    html = await rules.render_soon(body)
    async with desk.pool.acquire() as conn:
        before = await _editable(conn, site, comment_id)
        context, print_ = await _context_of_edit(conn, before, body, client, policy, asked)
    screening = screen(context)
    told = kin(body)
    campaign_id = await find_campaign(
        desk.pool, site.id, told, spam_of(screening.signals), comment_id
    )
    async with desk.pool.acquire() as conn, conn.transaction():
        before = (await store.lock_comments(conn, [comment_id]))[comment_id]
        _check_window(before)
        status = STATUS_OF[screening.verdict]
        reason: str | None = screening.reason
        if before.status == "held" and await store.is_held_by_a_person(conn, before.id):
            status, reason = "held", before.reason
        after = msgspec.structs.replace(
            before,
            body=body,
            html=html,
            status=status,
            reason=reason,
            version=before.version + 1,
            edited_at=datetime.now(UTC),
        )
        await store.update_body(conn, after, screening, print_, told, campaign_id)
        versions = await change_statuses(conn, [Change(before, after)], Actor("author"))
    COMMENTS.labels(screening.verdict).inc()
    return Stored(after, after.article_id, versions.get(after.article_id, 0))


async def _editable(conn: Conn, site: Site, comment_id: UUID) -> CommentRow:
    comment = await store.get_comment(conn, site.id, comment_id)
    if comment is None:
        raise NotFound("There is no such comment.", told=Told("gone"))
    _check_window(comment)
    return comment


def _check_window(comment: CommentRow) -> None:
    if comment.status not in {"published", "held"}:
        raise Conflict(
            f"This comment is {comment.status} and can't be edited.", told=Told("not_editable")
        )
    if datetime.now(UTC) - comment.created_at > rules.EDIT_WINDOW:
        minutes = int(rules.EDIT_WINDOW.total_seconds() // 60)
        raise Conflict(
            f"A comment can be edited for {minutes} minutes only.",
            told=Told("too_late", {"n": minutes}),
        )


async def _context_of_edit(
    conn: Conn, before: CommentRow, body: str, client: Client, policy: SitePolicy, asked: Asked
) -> tuple[Context, Fingerprint]:
    article = await article_store.get_article_by_id(conn, before.article_id)
    email = await store.get_email(conn, before.reader_id)
    # The name is what it was: whoever may have taken it since, this edit takes nothing.
    facts = await posting.get_reader_facts(conn, before.site_id, email, "", client.address_hash)
    check_facts(facts)
    signals = (await list_signals(conn, [before.id])).get(before.id, [])
    print_ = fingerprint(body)
    context = Context(
        body=body,
        name=before.author_name,
        website=None,
        article_mode=article.mode if article else None,
        policy=policy,
        scores=asked[0],
        history=facts.history,
        duplicates=await get_duplicates(conn, before.site_id, email, print_, before.id),
        recent_by_reader=facts.recent_by_reader,
        recent_by_address=facts.recent_by_address,
        sanction=facts.sanction,
        form_age=datetime.now(UTC) - before.created_at + rules.EDIT_WINDOW,
        # Whoever filled it in has not become another by writing again.
        honeypot=any(one.check == "honeypot" and one.evidence.get("filled") for one in signals),
        external=asked[1],
    )
    return context, print_


async def remove_comment(pool: Pool, site: Site, comment_id: UUID) -> Stored:
    """Remove a comment on its author's wish; twice is once. Raises NotFound."""
    async with pool.acquire() as conn, conn.transaction():
        before = (await store.lock_comments(conn, [comment_id])).get(comment_id)
        if before is None or before.site_id != site.id:
            raise NotFound("There is no such comment.", told=Told("gone"))
        if before.status == "removed":
            return Stored(before, before.article_id, 0)
        after = msgspec.structs.replace(
            before, status="removed", reason=None, version=before.version + 1
        )
        versions = await change_statuses(conn, [Change(before, after)], Actor("author"))
    return Stored(after, after.article_id, versions.get(after.article_id, 0))
