"""What is known of an address that mail doesn't reach."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

# hard: there is no such mailbox; soft: not now; complaint: its owner calls it spam.
Kind = Literal["hard", "soft", "complaint"]


class Bounce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One address and what happened to mail for it."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    kind: Kind


class Noted(msgspec.Struct, frozen=True):
    """What became of it: letters end, they go on for now, or it was no report of ours."""

    outcome: Literal["stopped", "noted", "ignored"]


class Stopped(msgspec.Struct, frozen=True):
    """How many addresses a site writes to no more, by why."""

    asked: int = 0
    bounced: int = 0
    complained: int = 0


class Stop(msgspec.Struct, frozen=True):
    """Why and since when an address gets no letters; `site` None: of no site."""

    site: str | None
    reason: str
    created_at: datetime
