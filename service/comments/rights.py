"""Whether somebody may comment, and what somebody under a sanction is told."""

from service.comments.posting import ReaderFacts
from service.core.problems import Forbidden, Invalid


def check_facts(facts: ReaderFacts) -> None:
    """Staff and confirmed readers own their names, look-alikes included; a ban is told."""
    if facts.reserved:
        raise Invalid.field("$.name", "This name belongs to somebody else here; choose another")
    if facts.sanction == "ban":
        until = f" until {facts.sanction_until:%Y-%m-%d %H:%M} UTC" if facts.sanction_until else ""
        raise Forbidden(f"You may not comment here{until}. Reason: {facts.sanction_reason}.")


def told_of(facts: ReaderFacts) -> str | None:
    """What a reader whose comments wait for review is told; None for everybody else."""
    if facts.sanction != "hold":
        return None
    until = f" until {facts.sanction_until:%Y-%m-%d %H:%M} UTC" if facts.sanction_until else ""
    return (
        f"Your comments are read before they are published{until}. Reason: {facts.sanction_reason}."
    )
