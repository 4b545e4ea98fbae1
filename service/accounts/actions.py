"""Making keys, moderators and sessions. Each function is one transaction."""

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from service.accounts import auth, store
from service.accounts.types import ApiKey, Moderator, Role
from service.core.db import Conn, uuid7
from service.core.problems import Invalid, NotFound, Unauthenticated
from service.core.tokens import random_token, token_hash

LINK_LASTS = timedelta(hours=24)
SESSION_LASTS = timedelta(days=7)

# Deliberately loose: only delivery can tell whether an address exists (RFC 5321 allows more
# than anyone expects). One @, something on both sides, no spaces or control characters.
EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\\x00-\x1f\x7f]+@[^\s@<>\"(),:;\[\]\\\x00-\x1f\x7f]+")
LONGEST_EMAIL = 254


def check_email(path: str, email: str) -> str:
    """The address in the form that it is kept and compared in; raises Invalid."""
    email = email.strip().lower()
    if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
        raise Invalid.field(path, "Not an e-mail address")
    return email


async def create_key(conn: Conn, site_id: UUID, scopes: Sequence[str]) -> str:
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
        after = await store.get_moderator_by_email(conn, email)
        if before and after and _may(before) != _may(after):
            await store.delete_sessions(conn, ident)
        return await _new_token(conn, ident, auth.LINK, "link", LINK_LASTS)


def _may(moderator: Moderator) -> tuple[Role, bool, frozenset[UUID]]:
    return moderator.role, moderator.all_sites, frozenset(moderator.site_ids)


async def create_api_token(conn: Conn, email: str) -> str:
    """Make an API token for the moderator with this e-mail; raises NotFound."""
    moderator = await store.get_moderator_by_email(conn, check_email("email", email))
    if moderator is None:
        raise NotFound(f"There is no moderator {email}.")
    return await _new_token(conn, moderator.id, auth.MODERATOR, "api", None)


async def sign_in(conn: Conn, link_token: str) -> tuple[Moderator, str]:
    """Use a one-time token up; the moderator and a new session. Raises Unauthenticated."""
    hashed = token_hash(link_token)
    async with conn.transaction():
        moderator = await store.get_moderator_by_token(conn, hashed, "link")
        if moderator is None or not await store.delete_moderator_token(conn, hashed, "link"):
            raise Unauthenticated("This link has been used or has expired. Ask for a new one.")
        session = await _new_token(conn, moderator.id, auth.SESSION, "session", SESSION_LASTS)
    return moderator, session


async def sign_out(conn: Conn, session: str) -> None:
    """End a session."""
    await store.delete_moderator_token(conn, token_hash(session), "session")


async def _new_token(
    conn: Conn, moderator_id: UUID, prefix: str, kind: str, lasts: timedelta | None
) -> str:
    token = random_token(prefix)
    await store.insert_moderator_token(conn, token_hash(token), moderator_id, kind, lasts)
    return token
