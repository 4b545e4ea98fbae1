"""What a publisher's system is told of its site."""

import msgspec


class SignIn(msgspec.Struct, frozen=True):
    """What readers' tokens of the site must say. `on`: there is something that verifies them."""

    on: bool
    required: bool
    issuer: str | None
    audience: str | None


class Connection(msgspec.Struct, frozen=True):
    """A site as its publisher's system sees it, with the release that answers."""

    site: str
    name: str
    origins: list[str]
    release: str
    sign_in: SignIn
