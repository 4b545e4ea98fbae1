"""Passwords, and one's own tokens and sessions. Each function is one transaction."""

from uuid import UUID

from service.accounts import actions, rules, store
from service.accounts import credentials_store as credentials
from service.accounts.passwords import Passwords
from service.accounts.record import own_event
from service.accounts.types import (
    MadeToken,
    Moderator,
    NewPassword,
    OwnAccount,
    Session,
)
from service.core.db import Conn, Pool
from service.core.http import clean_text
from service.core.problems import Conflict, Forbidden, NotFound, Unauthenticated

MOST_TOKENS = 50


async def sign_in(
    pool: Pool, passwords: Passwords, email: str, password: str, agent: str
) -> tuple[Moderator, str]:
    """The moderator with this address and password, and a new session.

    Raises Unauthenticated: the same, after the same work, for an address that nobody has. No
    connection is held while the hash is reckoned.
    """
    found = await credentials.get_credentials(pool, email.strip().lower())
    stored = found.hash if found else None
    prepared = rules.prepare_password(password)
    fits = await passwords.verify(stored, prepared)
    if not fits or found is None or stored is None or prepared is None:
        raise Unauthenticated("The e-mail address or the password is wrong.")
    newer = await passwords.hash(prepared) if passwords.outdated(stored) else None
    async with pool.acquire() as conn, conn.transaction():
        # Whoever changed it meanwhile has ended all sessions, and this is one.
        if await credentials.lock_password(conn, found.moderator_id) != stored:
            raise Unauthenticated("The password was changed just now.")
        if newer:
            await credentials.replace_hash(conn, found.moderator_id, stored, newer)
        moderator = await store.get_moderator_by_email(conn, email.strip().lower())
        if moderator is None:
            raise Unauthenticated("The e-mail address or the password is wrong.")
        return moderator, await actions.open_session(conn, moderator.id, "password", agent)


async def change_password(
    pool: Pool, passwords: Passwords, moderator: Moderator, session: Session, new: NewPassword
) -> None:
    """Set one's own password, and end one's other sessions.

    Raises Forbidden where the current one is wrong or missing (a session that a one-time link has
    just opened needs none: that is how a forgotten password is replaced), Invalid, and Conflict
    where it was changed meanwhile.
    """
    prepared = rules.check_password("$.password", new.password, moderator.email)
    stored = await _check_current(pool, passwords, moderator, session, new.current)
    await _put_password(pool, moderator, await passwords.hash(prepared), stored, session)


async def drop_password(
    pool: Pool, passwords: Passwords, moderator: Moderator, session: Session, current: str | None
) -> None:
    """Leave no password of one's own; raises Forbidden and Conflict as change_password does.

    Where none is left, the next one is set without any: so this takes what that takes.
    """
    stored = await _check_current(pool, passwords, moderator, session, current)
    async with pool.acquire() as conn, conn.transaction():
        if await credentials.lock_password(conn, moderator.id) != stored:
            raise Conflict("The password was changed elsewhere just now.")
        await remove_password(conn, moderator, moderator.id)


async def _check_current(
    pool: Pool, passwords: Passwords, moderator: Moderator, session: Session, current: str | None
) -> str | None:
    """The hash of the password that there is, once the caller has shown to know it."""
    had = await credentials.get_password(pool, moderator.id)
    stored = had[0] if had else None
    if stored and not session.fresh_link:
        if current is None:
            raise Forbidden("The current password is needed, or a new sign-in link.")
        if not await passwords.verify(stored, rules.prepare_password(current)):
            raise Forbidden("The current password is wrong.")
    return stored


async def _put_password(
    pool: Pool, moderator: Moderator, hashed: str, before: str | None, session: Session
) -> None:
    async with pool.acquire() as conn, conn.transaction():
        if await credentials.lock_password(conn, moderator.id) != before:
            raise Conflict("The password was changed elsewhere just now.")
        await credentials.put_password(conn, moderator.id, hashed)
        await store.delete_sessions(conn, moderator.id, but=session.id)
        await credentials.insert_event(conn, own_event("password set", moderator.id, moderator))


async def set_password(conn: Conn, passwords: Passwords, email: str, password: str) -> None:
    """Set a moderator's password from the command line; raises NotFound and Invalid."""
    moderator = await find(conn, email)
    prepared = rules.check_password("password", password, moderator.email)
    hashed = await passwords.hash(prepared)
    async with conn.transaction():
        await credentials.lock_password(conn, moderator.id)
        await credentials.put_password(conn, moderator.id, hashed)
        await store.delete_sessions(conn, moderator.id)
        await credentials.insert_event(conn, own_event("password set", None, moderator))


async def remove_password(conn: Conn, moderator: Moderator, actor_id: UUID | None) -> None:
    """Leave no password; links and the other ways go on. Nothing happens where there is none."""
    async with conn.transaction():
        if await credentials.delete_password(conn, moderator.id):
            event = own_event("password removed", actor_id, moderator)
            await credentials.insert_event(conn, event)


async def find(conn: Conn, email: str) -> Moderator:
    """The active moderator with this address; raises Invalid and NotFound."""
    email = actions.check_email("email", email)
    moderator = await store.get_moderator_by_email(conn, email)
    if moderator is None:
        raise NotFound(f"There is no moderator {email}.")
    return moderator


async def read_account(conn: Conn, moderator: Moderator, session: Session) -> OwnAccount:
    """One's own account."""
    had = await credentials.get_password(conn, moderator.id)
    return OwnAccount(
        email=moderator.email,
        name=moderator.name,
        role=moderator.role,
        password_at=had[1] if had else None,
        needs_current=had is not None and not session.fresh_link,
        identities=await credentials.list_issuers(conn, moderator.id),
    )


async def make_token(conn: Conn, moderator: Moderator, label: str) -> MadeToken:
    """Make an API token for oneself; raises Invalid, and Conflict where there are enough."""
    label = clean_text("$.label", label)
    async with conn.transaction():
        await credentials.lock_password(conn, moderator.id)
        if len(await credentials.list_tokens(conn, moderator.id)) >= MOST_TOKENS:
            raise Conflict(f"There are {MOST_TOKENS} tokens already; revoke one first.")
        ident, token = await actions.new_token(conn, moderator.id, "api", None, label=label)
        event = own_event("token made", moderator.id, moderator, label=label)
        await credentials.insert_event(conn, event)
    return MadeToken(ident, label, token)


async def revoke_token(conn: Conn, moderator: Moderator, ident: UUID) -> None:
    """Revoke one of one's own API tokens; raises NotFound."""
    async with conn.transaction():
        label = await credentials.delete_own_token(conn, moderator.id, "api", ident)
        if label is None:
            raise NotFound("There is no such token.")
        event = own_event("token revoked", moderator.id, moderator, label=label)
        await credentials.insert_event(conn, event)


async def end_session(conn: Conn, moderator: Moderator, ident: UUID) -> None:
    """End one of one's own sessions; raises NotFound."""
    if await credentials.delete_own_token(conn, moderator.id, "session", ident) is None:
        raise NotFound("There is no such session.")
