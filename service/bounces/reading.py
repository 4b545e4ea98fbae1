"""What a message says that came back: a delivery status (RFC 3464) or a complaint (RFC 5965).

Anybody can write to where bounces arrive. So only a report counts that holds the sealed header of
the letter it is about: nobody but its recipient, and who carried it, has that.
"""

import re
from email import message_from_bytes, policy
from email.message import Message
from typing import Literal

import msgspec

from service.bounces.types import Kind
from service.core.mail import no_mailbox

HEADER = "X-Rejoinder-Letter"
# Folded, quoted-printable or plain, wherever the original stands in the report.
SEAL = re.compile(rb"X-Rejoinder-Letter:\s*([a-z2-7](?:[a-z2-7]|=?\r?\n[ \t]*)*)", re.IGNORECASE)
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Who calls a letter spam; `not-spam` is the opposite.
COMPLAINTS = {"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list"}
MOST_PARTS = 50


class Report(msgspec.Struct, frozen=True):
    """What happened, and the seal of the letter that it happened to."""

    kind: Kind
    seal: str


def read_report(raw: bytes) -> Report | None:
    """The report in a message; None where it is none, or about no letter of ours."""
    found = SEAL.search(raw)
    if found is None:
        return None
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        kind = _kind(message)
    except (RecursionError, ValueError, LookupError, TypeError):  # made to break a parser
        return None
    seal = re.sub(rb"[=\s]", b"", found[1]).decode("ascii").lower()
    return Report(kind, seal) if kind else None


def _kind(message: Message) -> Kind | None:
    for part in list(message.walk())[:MOST_PARTS]:
        match part.get_content_type():
            case "message/delivery-status":
                for block in _blocks(part):
                    if kind := _of_status(block):
                        return kind
            case "message/feedback-report":
                for block in _blocks(part):
                    said = str(block.get("Feedback-Type", "")).strip().lower()
                    if said in COMPLAINTS:
                        return "complaint"
    return None


def _blocks(part: Message) -> list[Message]:
    """The groups of fields, which the parser takes apart; or one where it doesn't."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [one for one in payload if isinstance(one, Message)]
    text = part.get_payload(decode=True)
    return [message_from_bytes(text, policy=policy.compat32)] if isinstance(text, bytes) else []


def _of_status(block: Message) -> Literal["hard", "soft"] | None:
    """A recipient's fields: delivery was given up, for good or not; None where it goes on."""
    if str(block.get("Action", "")).strip().lower() != "failed":
        return None
    status = STATUS.search(str(block.get("Status", "")))
    said = str(block.get("Diagnostic-Code", ""))
    detail = STATUS.search(said)
    # What a relay sums up as 5.0.0 the receiving server has often said better.
    if status and (status[2], status[3]) != ("0", "0"):
        detail = status
    if detail is not None:
        hard = detail[1] == "5" and no_mailbox(550, detail[0])
    else:
        code = re.search(r"\b(5\d\d)\b", said)
        hard = bool(code) and no_mailbox(int(code[1]) if code else 0, said)
    return "hard" if hard else "soft"
