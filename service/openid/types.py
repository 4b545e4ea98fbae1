"""What a provider answers, and what is kept between a browser's going there and coming back."""

from typing import Any, Literal

import msgspec

# What the desk puts into words; the address that a browser is sent back to holds nothing else.
Failure = Literal[
    "cancelled", "expired", "unreachable", "refused", "unverified", "no-email", "not-a-member",
    "other-account", "busy",
]  # fmt: skip


class SignInFailed(Exception):  # noqa: N818 (nothing is wrong with the service)
    """A sign-in came to nothing. `reason` is for the log: no token, no address."""

    def __init__(self, failure: Failure, reason: str = "") -> None:
        """What the desk says, and what the operator may want to know."""
        super().__init__(reason or failure)
        self.failure = failure


class Metadata(msgspec.Struct, frozen=True):
    """A provider's description of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    authorization_response_iss_parameter_supported: bool = False


class KeyList(msgspec.Struct, frozen=True):
    """A JSON Web Key Set (RFC 7517, section 5)."""

    keys: list[dict[str, Any]]


class Tokens(msgspec.Struct, frozen=True):
    """What the token endpoint answers (OpenID Connect Core 1.0, section 3.1.3.3)."""

    id_token: str
    access_token: str = ""


class Flow(msgspec.Struct, frozen=True):
    """One browser's way there and back; `until` in seconds since 1970."""

    state: str
    nonce: str
    verifier: str
    until: float


class Identity(msgspec.Struct, frozen=True):
    """Who somebody is at a provider. `verified` None: the provider doesn't say."""

    issuer: str
    subject: str
    email: str | None
    verified: bool | None
