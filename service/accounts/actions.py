"""Making keys, moderators and sessions. Each function is one transaction."""

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from service.accounts import auth, store
from service.accounts.credentials_store import delete_oldest_sessions, insert_event
from service.accounts.record import member_event, own_event, powers
from service.accounts.types import ApiKey, Kind, Method, Moderator, NewModeratorToken, Role
from service.core.db import Conn, Executor, uuid7
from service.core.problems import Invalid, NotFound, Unauthenticated
from service.core.tokens import random_token, token_hash

LINK_LASTS = timedelta(hours=24)
SESSION_LASTS = timedelta(days=7)
MOST_SESSIONS = 20
LONGEST_AGENT = 200
PREFIXES = {"api": auth.MODERATOR, "link": auth.LINK, "session": auth.SESSION}

# Deliberately loose: only delivery can tell whether an address exists (RFC 5321 allows more
# than anyone expects). One @, something on both sides, no spaces or control characters.
EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\\x00-\x1f\x7f]+@[^\s@<>\"(),:;\[\]\\\x00-\x1f\x7f]+")
LONGEST_EMAIL = 254


def check_email(path: str, email: str) -> str:
    """The address in the form that it is kept and compared in; raises Invalid."""
    email = email.strip().lower()
    # An encoded word (RFC 2047) is read as something else in a header: one mailbox, many spellings.
    if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email) or "=?" in email:
        raise Invalid.field(path, "Not an e-mail address")
    return email


async def create_key(conn: Executor, site_id: UUID, scopes: Sequence[str]) -> str:
    """Make a key and return it: the only time that it can be read."""
    token = random_token(auth.KEY)
    await store.insert_key(conn, ApiKey(uuid7(), site_id, list(scopes)), token_hash(token))
    return token


async def add_moderator(
    conn: Conn, email: str, role: Role, site_ids: Sequence[UUID], name: tuple[str, str] = ("", "")
) -> str:
    """Add a moderator (of every site where `site_ids` is empty) and return a one-time token.

    `name` as shown, and folded: readers can't take it or a look-alike of it. Another role or other
    sites than before end every session, so that nobody goes on with what they no longer may.
    """
    email = check_email("email", email)
    async with conn.transaction():
        before = await store.get_moderator_by_email(conn, email)
        ident = await store.upsert_moderator(
            conn, uuid7(), email, *name, role, all_sites=not site_ids
        )
        await store.set_moderator_sites(conn, ident, site_ids)
        after = await store.get_moderator(conn, ident)
        if before and powers(before) != powers(after):
            await store.delete_sessions(conn, ident)
        slugs = await store.list_slugs(conn)
        event = member_event(None, before, after, slugs)
        await insert_event(conn, event if event.detail else own_event("link made", None, after))
        return await create_link(conn, ident)


async def create_link(conn: Conn, moderator_id: UUID, lasts: timedelta = LINK_LASTS) -> str:
    """Make a one-time token that signs this moderator in."""
    return (await new_token(conn, moderator_id, "link", lasts))[1]


async def create_api_token(conn: Conn, email: str) -> str:
    """Make an API token for the moderator with this e-mail; raises NotFound."""
    moderator = await store.get_moderator_by_email(conn, check_email("email", email))
    if moderator is None:
        raise NotFound(f"There is no moderator {email}.")
    async with conn.transaction():
        await insert_event(conn, own_event("token made", None, moderator))
        return (await new_token(conn, moderator.id, "api", None))[1]


async def sign_in(conn: Conn, link_token: str, agent: str = "") -> tuple[Moderator, str]:
    """Use a one-time token up; the moderator and a new session. Raises Unauthenticated."""
    hashed = token_hash(link_token)
    async with conn.transaction():
        moderator = await store.get_moderator_by_token(conn, hashed, "link")
        if moderator is None or not await store.delete_moderator_token(conn, hashed, "link"):
            raise Unauthenticated("This link has been used or has expired. Ask for a new one.")
        return moderator, await open_session(conn, moderator.id, "link", agent)


async def open_session(conn: Conn, moderator_id: UUID, method: Method, agent: str) -> str:
    """A new session of a moderator who has shown who they are. Needs a transaction."""
    await delete_oldest_sessions(conn, moderator_id, MOST_SESSIONS - 1)
    agent = "".join(c for c in agent if c.isprintable())[:LONGEST_AGENT]
    made = await new_token(conn, moderator_id, "session", SESSION_LASTS, method=method, agent=agent)
    return made[1]


async def sign_out(conn: Executor, session: str) -> None:
    """End a session."""
    await store.delete_moderator_token(conn, token_hash(session), "session")


async def new_token(
    conn: Conn,
    moderator_id: UUID,
    kind: Kind,
    lasts: timedelta | None,
    *,
    label: str = "",
    method: Method | None = None,
    agent: str = "",
) -> tuple[UUID, str]:
    """Make a token of a moderator; its id, and itself: the only time that it can be read."""
    token = random_token(PREFIXES[kind])
    row = NewModeratorToken(token_hash(token), moderator_id, kind, lasts, label, method, agent)
    return await store.insert_moderator_token(conn, row), token
