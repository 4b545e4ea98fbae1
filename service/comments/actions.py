"""Posting: gather, screen, store."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from service.accounts.actions import check_email
from service.articles import actions as articles
from service.articles import store as article_store
from service.articles.rules import check_key, check_url, normalised_url
from service.articles.types import Article, Site
from service.comments import posting, rules, store, urgency
from service.comments.asking import ask, question_of
from service.comments.campaigns import find_campaign
from service.comments.opening import opening, slow_mode
from service.comments.puzzles import Puzzles
from service.comments.rights import check_facts, sanction_of, told_of
from service.comments.types import CommentRow, NewComment, Status
from service.core.db import Conn, Pool, uuid7
from service.core.http import clean_text
from service.core.limits import Limit, Limiter
from service.core.metrics import COMMENTS
from service.core.problems import (
    Conflict,
    Invalid,
    SignInRequired,
    Told,
    TooManyRequests,
    Values,
)
from service.core.tokens import Keyring
from service.readers.types import SignedIn
from service.screening.actions import Policies, screen
from service.screening.external import Elsewhere
from service.screening.kin import Kin, kin
from service.screening.names import name_key
from service.screening.scorer import Scorer
from service.screening.scores import spam_of
from service.screening.sketch import Fingerprint, fingerprint
from service.screening.store import get_duplicates
from service.screening.types import Context, History, Policy, QuestionComment, Screening
from service.settings import Settings
from service.web.words import DEFAULT

STATUS_OF: dict[str, Status] = {"publish": "published", "hold": "held", "spam": "spam"}


class Desk(msgspec.Struct, frozen=True):
    """What posting needs beside a connection."""

    pool: Pool
    keyring: Keyring
    scorer: Scorer
    policies: Policies
    limiter: Limiter
    elsewhere: Elsewhere
    puzzles: Puzzles
    settings: Settings

    @classmethod
    def of(cls, state: Mapping[str, object]) -> "Desk":
        """From what the application's handlers share, which has all of it by the same names."""
        shared: Any = {name: state[name] for name in cls.__struct_fields__}
        return cls(**shared)


class Client(msgspec.Struct, frozen=True):
    """Whoever sends a comment: the keyed hash of the address, and the retry key if one is given.

    `lang` is the page's language, in which letters are written.
    """

    address_hash: bytes
    idempotency_key: bytes | None = None
    lang: str = DEFAULT


class Stored(msgspec.Struct, frozen=True):
    """A comment that is stored, the thread it is in and that thread's version.

    `told` is what a reader under a sanction is told beside, `sanction` what that says.
    """

    comment: CommentRow
    article_id: UUID
    version: int
    told: str | None = None
    sanction: Values | None = None


class Checked(msgspec.Struct, frozen=True):
    """A new comment's fields in the form in which they are kept.

    `email` of who has signed in is what stands in its place: SignedIn.key.
    """

    name: str
    email: str
    body: str
    website: str | None
    badge: str | None


class Judged(msgspec.Struct, frozen=True):
    """What was found about a new comment."""

    screening: Screening
    print_: Fingerprint
    history: History
    kin: Kin
    campaign_id: UUID | None
    confirm: str | None


async def post_comment(
    desk: Desk,
    site: Site,
    key: str,
    new: NewComment,
    client: Client,
    signed: SignedIn | None = None,
) -> Stored:
    """Screen a comment and store it, with its screening and its ledger row.

    Of who has `signed` in at the publisher's, name and e-mail are what that says, not what stands
    in the comment. Raises Invalid, SignInRequired, NotFound (article or parent), Conflict (closed,
    or parent not published), Forbidden (banned), TooManyRequests (slow mode) and PuzzleRequired
    (under attack, of those who haven't signed in at the publisher's). A retry with the same
    idempotency key answers what is there.
    """
    check_key(key)
    vouched = signed is not None and signed.by_publisher
    if site.sign_in_required and not vouched:
        raise SignInRequired
    if signed is not None:
        # The name may be another one at a retry, and is no part of what is compared then.
        new = msgspec.structs.replace(new, name="", email=signed.key)
    checked = _check(new, signed)
    # Before a connection is taken: it may need one of its own.
    policy = await desk.policies.of(site.id)
    async with desk.pool.acquire() as conn:
        again = await _repeated(conn, site.id, key, new, client)
        if again:
            return again
        if not vouched:
            await desk.puzzles.check(conn, site, policy.policy, client.idempotency_key, new.proof)
        article = await _find_article(conn, site, key, new, policy.policy)
        parent = await _parent(conn, site, article, new.parent_id)
        facts = await posting.get_reader_facts(
            conn, site.id, checked.email, name_key(checked.name), client.address_hash, signed
        )
        check_facts(facts)
        await _check_pace(conn, desk.limiter, article, policy.policy, checked.email, client)
        print_ = fingerprint(checked.body)
        duplicates = await get_duplicates(conn, site.id, checked.email, print_, None)
    told = QuestionComment(checked.name, checked.body, checked.website, new.parent_id)
    question = question_of(site, key, article, new.article, told)
    scores, external = await ask(desk.scorer, desk.elsewhere, site, policy, question)
    context = Context(
        body=checked.body,
        name=checked.name,
        website=checked.website,
        article_mode=article.mode if article else None,
        policy=policy,
        scores=scores,
        history=facts.history,
        duplicates=duplicates,
        recent_by_reader=facts.recent_by_reader,
        recent_by_address=facts.recent_by_address,
        sanction=facts.sanction,
        form_age=rules.ticket_age(desk.keyring, article.key if article else key, new.ticket),
        honeypot=bool(new.company),
        external=external,
    )
    screening = screen(context)
    if article is None:
        async with desk.pool.acquire() as conn, conn.transaction():
            article = await _register(conn, site, key, new)
    kin_print = kin(checked.body)
    campaign_id = await find_campaign(desk.pool, site.id, kin_print, spam_of(screening.signals))
    asks = site.confirm_readers and desk.settings.mails_readers and signed is None
    # A form that a program has filled in has an address that it found somewhere.
    asks = asks and screening.verdict != "spam" and not new.company
    judged = Judged(
        screening, print_, facts.history, kin_print, campaign_id, client.lang if asks else None
    )
    try:
        stored = await _store(desk.pool, article, key, new, checked, client, parent, judged)
    except asyncpg.ForeignKeyViolationError:
        # An import has put the thread below another one (transfer/completing.py): look again.
        async with desk.pool.acquire() as conn:
            parent = await _parent(conn, site, article, new.parent_id)
        stored = await _store(desk.pool, article, key, new, checked, client, parent, judged)
    COMMENTS.labels(screening.verdict).inc()
    beside = told_of(facts)
    return msgspec.structs.replace(
        stored, told=beside, sanction=sanction_of(facts) if beside else None
    )


def _check(new: NewComment, signed: SignedIn | None) -> Checked:
    rules.check_new(new)
    return Checked(
        signed.reader.name if signed else rules.check_name(new.name),
        signed.key if signed else check_email("$.email", new.email),
        rules.check_body(new.body),
        rules.check_website(new.website),
        signed.reader.badge if signed else None,
    )


def _request_hash(key: str, new: NewComment) -> bytes:
    # A ticket may be read again before a retry, and a retry needs no proof; all else is the same.
    same = msgspec.structs.replace(new, ticket=None, proof=None)
    return hashlib.blake2b(msgspec.msgpack.encode((key, same)), digest_size=16).digest()


async def _repeated(
    conn: Conn, site_id: UUID, key: str, new: NewComment, client: Client
) -> Stored | None:
    """What an earlier request with the same key has stored; raises Invalid where it differs."""
    if client.idempotency_key is None:
        return None
    found = await posting.get_idempotent(conn, site_id, client.idempotency_key)
    if found is None:
        return None
    request_hash, comment_id = found
    if request_hash != _request_hash(key, new):
        raise Invalid("This Idempotency-Key was used for another request.")
    comment = await store.get_comment(conn, site_id, comment_id)
    return Stored(comment, comment.article_id, 0) if comment else None


async def _find_article(
    conn: Conn, site: Site, key: str, new: NewComment, policy: Policy
) -> Article | None:
    page = new.article
    if page is not None:
        clean_text("$.article.title", page.title)
    url = normalised_url(check_url("$.article.url", page.url)) if page else None
    article = await article_store.get_article(conn, site.id, key, url)
    state = opening(article, policy, datetime.now(UTC))
    if not state.open:
        raise Conflict(state.why, told=state.told)
    return article


async def _check_pace(
    conn: Conn,
    limiter: Limiter,
    article: Article | None,
    policy: Policy,
    email: str,
    client: Client,
) -> None:
    """Slow mode: raise TooManyRequests where this reader or address commented here just now."""
    seconds = slow_mode(article, policy) if article else 0
    if article is None or not seconds:
        return
    # The comments know best, and asking them uses nothing up; of two at once, a bucket lets one by.
    wait = await posting.get_slow_wait(conn, article.id, email, client.address_hash, seconds)
    pace = Limit("slow", burst=1, every=seconds)
    for who in (client.address_hash, hashlib.blake2b(email.encode(), digest_size=16).digest()):
        wait = wait or await limiter.wait(pace, article.id.bytes + who, conn)
    if wait:
        raise TooManyRequests(
            wait,
            f"Slow mode: one comment in {seconds} seconds here; try again in {wait}.",
            Told("slow_mode"),
        )


async def _register(conn: Conn, site: Site, key: str, new: NewComment) -> Article:
    page = new.article
    return await articles.register_article(
        conn, site, key, page.url if page else None, page.title if page else ""
    )


async def _parent(
    conn: Conn, site: Site, article: Article | None, parent_id: UUID | None
) -> CommentRow | None:
    if parent_id is None:
        return None
    parent = await store.get_comment(conn, site.id, parent_id)
    if parent is None or article is None or parent.article_id != article.id:
        raise Invalid.field(
            "$.parent_id", "There is no such comment under this article", Told("parent_gone")
        )
    if parent.status != "published":
        raise Conflict("The comment that you reply to is not published.", told=Told("parent_gone"))
    return parent


async def _store(
    pool: Pool,
    article: Article,
    key: str,
    new: NewComment,
    checked: Checked,
    client: Client,
    parent: CommentRow | None,
    judged: Judged,
) -> Stored:
    screening = judged.screening
    root_id, parent_id, depth = rules.place(parent)
    comment = CommentRow(
        id=uuid7(),
        site_id=article.site_id,
        article_id=article.id,
        root_id=root_id,
        parent_id=parent_id,
        depth=depth,
        reader_id=uuid7(),
        author_name=checked.name,
        badge=checked.badge,
        body=checked.body,
        html=await rules.render_soon(checked.body),
        status=STATUS_OF[screening.verdict],
        reason=screening.reason,
        version=1,
        likes=0,
        reply_count=0,
        created_at=datetime.now(UTC),
        edited_at=None,
    )
    row = posting.NewRow(
        comment=comment,
        screening=screening,
        print_=judged.print_,
        email=checked.email,
        name_key=name_key(checked.name),
        website=checked.website,
        notify=new.notify,
        address_hash=client.address_hash,
        idempotency_key=client.idempotency_key,
        request_hash=_request_hash(key, new),
        standing=urgency.standing(judged.history),
        reach=urgency.reach(article.comment_count, depth),
        kin=judged.kin,
        campaign_id=judged.campaign_id,
        confirm=judged.confirm,
    )
    try:
        inserted = await posting.insert_comment(pool, row)
    except asyncpg.UniqueViolationError:
        # A retry that came while the first request was under way: answer what that one stored.
        async with pool.acquire() as conn:
            again = await _repeated(conn, article.site_id, key, new, client)
        if again is None:
            raise
        return again
    comment = msgspec.structs.replace(
        comment, reader_id=inserted.reader_id, author_name=inserted.author_name
    )
    return Stored(comment, article.id, inserted.version or 0)
