"""Whether somebody may comment, and what somebody under a sanction is told."""

from service.comments.posting import ReaderFacts
from service.core.problems import Forbidden, Invalid, Told, Values


def check_facts(facts: ReaderFacts) -> None:
    """Staff and confirmed readers own their names, look-alikes included; a ban is told."""
    if facts.reserved:
        raise Invalid.field(
            "$.name", "This name belongs to somebody else here; choose another", Told("name_taken")
        )
    if facts.sanction == "ban":
        until = f" until {facts.sanction_until:%Y-%m-%d %H:%M} UTC" if facts.sanction_until else ""
        raise Forbidden(
            f"You may not comment here{until}. Reason: {facts.sanction_reason}.",
            told=Told("banned_until" if facts.sanction_until else "banned", sanction_of(facts)),
        )


def sanction_of(facts: ReaderFacts) -> Values:
    """A sanction's reason, in the moderator's words, and its end where it has one."""
    reason = {"reason": facts.sanction_reason or ""}
    until = facts.sanction_until
    return {**reason, "until": until.isoformat()} if until else reason


def told_of(facts: ReaderFacts) -> str | None:
    """What a reader whose comments wait for review is told; None for everybody else."""
    if facts.sanction != "hold":
        return None
    until = f" until {facts.sanction_until:%Y-%m-%d %H:%M} UTC" if facts.sanction_until else ""
    return (
        f"Your comments are read before they are published{until}. Reason: {facts.sanction_reason}."
    )
