"""From an identity elsewhere to a session here."""

from uuid import UUID

from service.accounts.actions import check_email, open_session
from service.accounts.credentials_store import insert_event
from service.accounts.record import own_event
from service.accounts.store import get_moderator_by_email
from service.core.db import Conn, Pool
from service.core.problems import Invalid
from service.openid import rules, store
from service.openid.types import Identity, SignInFailed


async def sign_in(pool: Pool, identity: Identity, agent: str, *, require_verified: bool) -> str:
    """A new session of the moderator whom this identity signs in; raises SignInFailed.

    The first time its address must be a member's, and binds it. From then on issuer and subject
    alone decide: addresses are given to others, subjects never (Core, section 5.7). Nobody becomes
    a member by signing in.
    """
    async with pool.acquire() as conn, conn.transaction():
        found = await store.get_bound(conn, identity.issuer, identity.subject)
        if found is None:
            found = await _bind(conn, identity, require_verified=require_verified)
        elif not await store.get_active(conn, found):
            raise SignInFailed("not-a-member", "the member is disabled")
        return await open_session(conn, found, "openid", agent)


async def _bind(conn: Conn, identity: Identity, *, require_verified: bool) -> UUID:
    given = rules.may_bind(identity, require_verified=require_verified)
    try:
        email = check_email("email", given)
    except Invalid as error:
        raise SignInFailed("not-a-member") from error
    member = await get_moderator_by_email(conn, email)
    if member is None:
        raise SignInFailed("not-a-member")
    if not await store.bind(conn, identity.issuer, identity.subject, member.id):
        raise SignInFailed("other-account")
    event = own_event("identity bound", member.id, member, issuer=identity.issuer)
    await insert_event(conn, event)
    return member.id
