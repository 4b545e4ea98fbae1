"""The order in which a batch can be stored: each comment after what it answers."""

from collections.abc import Collection, Sequence

import msgspec

from service.transfer.types import Placed


def in_order(
    comments: Sequence[Placed], known: Collection[str], *, orphans_wait: bool
) -> tuple[list[Placed], list[Placed]]:
    """Those that can be stored, in that order, and those that wait for what they answer.

    `known`: ids that are here already, of these or of what they answer. Where orphans don't wait
    they become roots, and circles are broken at their earliest comment.
    """
    here = set(known)
    ordered: list[Placed] = []
    left = list(comments)
    while left:
        waiting = []
        for one in left:
            ident = one.comment.source
            if one.parent is None or one.parent in here or ident in here:
                ordered.append(one)
                here.add(ident)
            else:
                waiting.append(one)
        if len(waiting) == len(left):
            if orphans_wait:
                return ordered, waiting
            first = _first_root(waiting)
            waiting[first] = msgspec.structs.replace(waiting[first], parent=None)
        left = waiting
    return ordered, []


def _first_root(waiting: Sequence[Placed]) -> int:
    """Which of those that wait, if only for each other, becomes a root."""
    at = {one.comment.source: number for number, one in enumerate(waiting)}
    way: list[int] = []
    number: int | None = 0
    while number is not None and number not in way:
        way.append(number)
        number = at.get(waiting[number].parent or "")
    return way[-1] if number is None else min(way[way.index(number) :])
