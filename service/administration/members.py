"""Adding, changing and removing members. Each function is one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
from msgspec import UNSET

from service.accounts import actions as accounts
from service.accounts import store as account_store
from service.accounts.credentials_store import insert_event
from service.accounts.links import address, mail_invitation
from service.accounts.record import member_event, own_event, powers
from service.accounts.store import delete_sessions, set_moderator_sites
from service.accounts.types import Moderator
from service.administration import rules, store
from service.administration.types import (
    AddedMember,
    MadeLink,
    Member,
    MemberAnswer,
    MemberChange,
    NewMember,
)
from service.core.db import Conn, Pool, uuid7
from service.core.http import clean_text
from service.core.problems import Conflict, Forbidden, NotFound
from service.core.tokens import Keyring
from service.screening.names import name_key
from service.settings import Settings

PAGE = 200


class Office:
    """What an editor's changes of members need: the editor, the database, and how mail goes out."""

    def __init__(self, editor: Moderator, pool: Pool, keyring: Keyring, settings: Settings) -> None:
        """Opens nothing."""
        self.editor = editor
        self.pool = pool
        self.keyring = keyring
        self.settings = settings

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[tuple[Conn, Moderator]]:
        """A transaction in which members stand still, and the editor as it is by then.

        Raises Forbidden where it no longer is one.
        """
        async with self.pool.acquire() as conn, conn.transaction():
            await store.lock_members(conn)
            editor = await store.get_member(conn, self.editor.id)
            if editor is None or editor.disabled or editor.moderator.role != "editor":
                raise Forbidden("This needs an editor.")
            yield conn, editor.moderator


def answer(editor: Moderator, member: Member, slugs: dict[UUID, str]) -> MemberAnswer:
    """A member as this editor may see one."""
    who = member.moderator
    manageable = rules.manages(editor, who)
    return MemberAnswer(
        id=who.id,
        email=who.email,
        name=who.name,
        role=who.role,
        all_sites=who.all_sites,
        sites=sorted(slugs[ident] for ident in who.site_ids if editor.covers(ident)),
        elsewhere=not all(editor.covers(ident) for ident in who.site_ids),
        disabled=member.disabled,
        manageable=manageable,
        created_at=member.created_at,
        last_seen_at=member.last_seen_at if manageable else None,
        password=member.password and manageable,
        identities=member.identities if manageable else [],
    )


async def add(office: Office, new: NewMember) -> AddedMember:
    """Add a member, or add sites of the editor's to one of other sites.

    Raises Invalid, Forbidden, and Conflict where there is one already.
    """
    email = accounts.check_email("$.email", new.email)
    name = clean_text("$.name", new.name)
    async with office.changing() as (conn, editor):
        slugs = await account_store.list_slugs(conn)
        chosen = rules.chosen_sites(editor, new.sites, {slug: i for i, slug in slugs.items()})
        found = await store.get_member_by_email(conn, email)
        if found is None or found.removed:
            everywhere, sites = rules.changed_sites(editor, None, chosen)
            ident = await account_store.upsert_moderator(
                conn, uuid7(), email, name, name_key(name), new.role, all_sites=everywhere
            )
            await set_moderator_sites(conn, ident, sorted(sites))
            after = await _told(conn, editor, None, ident, slugs)
            link = await _link(office, conn, editor, after.moderator)
            return AddedMember(answer(editor, after, slugs), link)
        _check_joins(editor, found, new)
        _, sites = rules.changed_sites(editor, found.moderator, chosen)
        ident = found.moderator.id
        await set_moderator_sites(conn, ident, sorted(sites))
        # Whoever manages the member elsewhere may hold a link or a session of theirs.
        await delete_sessions(conn, ident)
        after = await _told(conn, editor, found, ident, slugs)
        return AddedMember(answer(editor, after, slugs), None)


def _check_joins(editor: Moderator, found: Member, new: NewMember) -> None:
    """Raise Conflict unless this editor adds own sites to a member of others only."""
    who = found.moderator
    if rules.manages(editor, who) or who.all_sites or found.disabled:
        raise Conflict("There is a member with this address already.")
    if rules.sees(editor, who):
        raise Conflict("There is a member with this address already: change its sites.")
    if who.role != new.role:
        raise Conflict(
            f"This is {'an editor' if who.role == 'editor' else 'a moderator'} of other sites, and"
            " would be one of yours, too. Add it as that, or ask an editor of every site."
        )


async def change(office: Office, ident: UUID, wanted: MemberChange) -> MemberAnswer:
    """Change a member; sessions end with the role, the sites, or when disabled.

    Raises NotFound, Forbidden, Invalid, and Conflict where no editor of every site would be left.
    """
    async with office.changing() as (conn, editor):
        before = await _seen(conn, editor, ident)
        slugs = await account_store.list_slugs(conn)
        after, disabled = _changed(editor, before, wanted, {slug: i for i, slug in slugs.items()})
        await store.update_member(conn, after, name_key(after.name), disabled=disabled)
        await set_moderator_sites(conn, ident, sorted(after.site_ids))
        if disabled:
            await store.delete_tokens(conn, ident)
        elif powers(before.moderator) != powers(after):
            await delete_sessions(conn, ident)
        await _check_chief_left(conn, before)
        return answer(editor, await _told(conn, editor, before, ident, slugs), slugs)


def _changed(
    editor: Moderator, before: Member, wanted: MemberChange, ids: dict[str, UUID]
) -> tuple[Moderator, bool]:
    """The member as wanted, and whether it is disabled then; raises Forbidden and Invalid."""
    after, disabled = before.moderator, before.disabled
    if (wanted.role, wanted.name, wanted.disabled) != (UNSET, UNSET, UNSET):
        rules.check_manages(editor, after)
    if wanted.disabled is not UNSET:
        disabled = wanted.disabled
        if disabled and after.id == editor.id:
            raise Conflict("Nobody disables themselves; another editor can.")
    if wanted.role is not UNSET:
        after = msgspec.structs.replace(after, role=wanted.role)
    if wanted.name is not UNSET:
        after = msgspec.structs.replace(after, name=clean_text("$.name", wanted.name))
    if wanted.sites is not UNSET:
        chosen = rules.chosen_sites(editor, wanted.sites, ids)
        everywhere, sites = rules.changed_sites(editor, before.moderator, chosen)
        after = msgspec.structs.replace(after, all_sites=everywhere, site_ids=sorted(sites))
    return after, disabled


async def remove(office: Office, ident: UUID) -> None:
    """Remove a member and every way in; what they decided stays under their name."""
    async with office.changing() as (conn, editor):
        before = await _managed(conn, editor, ident)
        if ident == editor.id:
            raise Conflict("Nobody removes themselves; another editor can.")
        await store.remove_member(conn, ident)
        await _check_chief_left(conn, before)
        await insert_event(conn, own_event("member removed", editor.id, before.moderator))


async def make_link(office: Office, ident: UUID) -> MadeLink:
    """Make a one-time link that signs the member in, and mail it where mail is sent."""
    async with office.changing() as (conn, editor):
        member = await _managed(conn, editor, ident)
        if member.disabled:
            raise Conflict("This member is disabled.")
        await insert_event(conn, own_event("link made", editor.id, member.moderator))
        return await _link(office, conn, editor, member.moderator)


async def sign_out(office: Office, ident: UUID, *, tokens: bool) -> None:
    """End the member's sessions, and with `tokens` revoke the API tokens."""
    async with office.changing() as (conn, editor):
        member = await _managed(conn, editor, ident)
        if tokens:
            await store.delete_tokens(conn, ident)
        else:
            await delete_sessions(conn, ident)
        detail = {"tokens": "revoked"} if tokens else {}
        await insert_event(conn, own_event("signed out", editor.id, member.moderator, **detail))


async def release_identities(office: Office, ident: UUID) -> None:
    """Forget which accounts elsewhere sign the member in; the next one to do so is bound."""
    async with office.changing() as (conn, editor):
        member = await _managed(conn, editor, ident)
        if await store.delete_identities(conn, ident):
            event = own_event("identity released", editor.id, member.moderator)
            await insert_event(conn, event)


async def everybody(conn: Conn, sites: list[UUID] | None) -> list[Member]:
    """Who works for these sites, None for everybody; for the command line."""
    found: list[Member] = []
    while page := await store.list_members(
        conn, sites, found[-1].moderator.email if found else "", PAGE
    ):
        found += page
    return found


async def remove_by_email(conn: Conn, email: str) -> int:
    """Remove a member from the command line; how many editors of every site are left."""
    email = accounts.check_email("email", email)
    async with conn.transaction():
        await store.lock_members(conn)
        found = await store.get_member_by_email(conn, email)
        if found is None or found.removed:
            raise NotFound(f"There is no moderator {email}.")
        await store.remove_member(conn, found.moderator.id)
        await insert_event(conn, own_event("member removed", None, found.moderator))
        return await store.count_chief_editors(conn)


async def _seen(conn: Conn, editor: Moderator, ident: UUID) -> Member:
    member = await store.get_member(conn, ident)
    if member is None or not rules.sees(editor, member.moderator):
        raise NotFound("There is no such member.")
    return member


async def _managed(conn: Conn, editor: Moderator, ident: UUID) -> Member:
    member = await _seen(conn, editor, ident)
    rules.check_manages(editor, member.moderator)
    return member


async def _check_chief_left(conn: Conn, before: Member) -> None:
    who = before.moderator
    was_chief = who.role == "editor" and who.all_sites and not before.disabled
    if was_chief and not await store.count_chief_editors(conn):
        raise Conflict("This is the last editor of every site; make another one first.")


async def _told(
    conn: Conn, editor: Moderator, before: Member | None, ident: UUID, slugs: dict[UUID, str]
) -> Member:
    """Record what became of a member, if anything did; the member."""
    after = await store.get_member(conn, ident)
    assert after is not None  # noqa: S101 (written in this transaction)
    then = before.moderator if before else None
    event = member_event(editor.id, then, after.moderator, slugs)
    if before and before.disabled != after.disabled:
        word = "yes" if after.disabled else "no"
        event = own_event(event.action, editor.id, after.moderator, **event.detail, disabled=word)
    if event.detail:
        await insert_event(conn, event)
    return after


async def _link(office: Office, conn: Conn, editor: Moderator, member: Moderator) -> MadeLink:
    token = await accounts.create_link(conn, member.id)
    mailed = await mail_invitation(
        conn, office.keyring, office.settings, member.email, token, editor.name or editor.email
    )
    return MadeLink(address(office.settings.public_url or "", token), mailed)
