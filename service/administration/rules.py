"""What an editor may do to whom. Pure functions.

An editor of every site administers everybody. One of some sites administers these: members who
work for no other site wholly, and of all others only whether they work for these sites; and gives
nobody more than it has itself.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from service.accounts.types import Moderator
from service.core.problems import Forbidden, Invalid


def sees(editor: Moderator, member: Moderator) -> bool:
    """Whether the member works for a site of the editor's."""
    shared = member.all_sites or set(member.site_ids) & set(editor.site_ids)
    return editor.all_sites or bool(shared)


def manages(editor: Moderator, member: Moderator) -> bool:
    """Whether everything that the member works for is the editor's."""
    if editor.all_sites:
        return True
    own = set(member.site_ids)
    return not member.all_sites and bool(own) and own <= set(editor.site_ids)


def check_manages(editor: Moderator, member: Moderator) -> None:
    """Raise Forbidden unless the editor manages the member."""
    if not manages(editor, member):
        raise Forbidden(
            "This member works for other sites, too: you can only add and take away yours."
        )


def chosen_sites(
    editor: Moderator, slugs: Iterable[str] | None, ids: Mapping[str, UUID]
) -> set[UUID] | None:
    """The sites that the editor gives, None for every one; raises Forbidden and Invalid.

    A site that isn't the editor's is answered like one that isn't there.
    """
    if slugs is None:
        if not editor.all_sites:
            raise Forbidden("Only an editor of every site can give every site.")
        return None
    chosen: set[UUID] = set()
    for slug in slugs:
        ident = ids.get(slug)
        if ident is None or not editor.covers(ident):
            raise Invalid.field("$.sites", f"{slug} is no site of yours")
        chosen.add(ident)
    return chosen


def changed_sites(
    editor: Moderator, member: Moderator | None, chosen: set[UUID] | None
) -> tuple[bool, set[UUID]]:
    """Whether the member (None: a new one) then works for every site, and else for which.

    `chosen` by chosen_sites. Raises Invalid and Forbidden.
    """
    if chosen is None:
        return True, set()
    if member is None or manages(editor, member):
        if not chosen:
            raise Invalid.field("$.sites", "Expected at least one site; else remove the member")
        return False, chosen
    if member.all_sites:
        raise Forbidden("This member works for every site: ask an editor of every site.")
    return False, (set(member.site_ids) - set(editor.site_ids)) | chosen
