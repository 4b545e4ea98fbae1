"""What is recorded of a change of accounts: who did what to whom, in words. Pure functions."""

from collections.abc import Mapping
from uuid import UUID

from service.accounts.types import Event, Moderator, Role


def powers(moderator: Moderator) -> tuple[Role, bool, frozenset[UUID]]:
    """What a moderator may do where."""
    return moderator.role, moderator.all_sites, frozenset(moderator.site_ids)


def scope_of(moderator: Moderator) -> list[UUID]:
    """The sites that a change of this moderator is about; empty where it is all of them."""
    return [] if moderator.all_sites else sorted(moderator.site_ids)


def own_event(action: str, actor_id: UUID | None, moderator: Moderator, **detail: str) -> Event:
    """Something about one moderator that is neither role nor sites."""
    return Event(action, actor_id, moderator.id, scope_of(moderator), detail)


def member_event(
    actor_id: UUID | None,
    before: Moderator | None,
    after: Moderator,
    slugs: Mapping[UUID, str],
) -> Event:
    """What a change of role, sites or name was.

    Where only some sites came or went, it is about those alone: their editors may know of it and
    of no other site.
    """
    if before is None:
        detail = {"role": after.role, "sites": site_names(after, slugs)}
        return Event("member added", actor_id, after.id, scope_of(after), detail)
    detail = {}
    own, then = set(before.site_ids), set(after.site_ids)
    about = own ^ then
    if before.role != after.role:
        detail["role"] = f"{before.role} → {after.role}"
    if before.name != after.name:
        detail["name"] = f"{before.name or 'none'} → {after.name or 'none'}"
    if before.all_sites != after.all_sites:
        detail["sites"] = f"{site_names(before, slugs)} → {site_names(after, slugs)}"
    else:
        for word, gone in (("sites added", then - own), ("sites taken", own - then)):
            if gone:
                detail[word] = _listed(gone, slugs)
    if before.all_sites or after.all_sites:
        about = set()
    elif "role" in detail or "name" in detail or not detail:
        about = own | then
    return Event("member changed", actor_id, after.id, sorted(about), detail)


def site_names(moderator: Moderator, slugs: Mapping[UUID, str]) -> str:
    """The sites that a moderator works for, in words."""
    return "all" if moderator.all_sites else _listed(set(moderator.site_ids), slugs)


def _listed(ids: set[UUID], slugs: Mapping[UUID, str]) -> str:
    return ", ".join(sorted(slugs.get(ident, "?") for ident in ids)) or "none"
