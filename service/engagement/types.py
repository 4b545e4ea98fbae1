"""Requests and answers of engagement."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Kind = Literal["share", "support"]


class Engagement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader shared, or followed the link of the support box."""

    kind: Kind
    channel: Annotated[str, Meta(pattern=r"^[a-z0-9_-]{1,30}$(?!\n)")] | None = None
