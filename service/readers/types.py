"""Settings, keys and what a token says."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from joserfc.jwk import Key
from msgspec import UNSET, Meta, UnsetType

Algorithm = Literal["HS256", "EdDSA"]

# StringOrURI, RFC 7519, section 2.
Claim = Annotated[str, Meta(min_length=1, max_length=500)]
Address = Annotated[str, Meta(min_length=1, max_length=2000)]


class RefusedError(Exception):
    """A token isn't believed. The message is for editors and logs; readers learn `expired` only."""

    def __init__(self, why: str, *, expired: bool = False) -> None:
        """`why` goes on "refused: "; it holds no claim's value."""
        super().__init__(why)
        self.expired = expired


class KeyRow(msgspec.Struct, frozen=True):
    """A key as it is stored: a sealed secret, or a public key as a JWK (RFC 7517)."""

    id: UUID
    algorithm: Algorithm
    kid: str | None
    sealed: bytes | None
    jwk: str | None
    created_at: datetime
    created_by: str | None


class NewKeyRow(msgspec.Struct, frozen=True):
    """A key to be stored."""

    id: UUID
    algorithm: Algorithm
    kid: str | None
    sealed: bytes | None
    jwk: str | None


class Settings(msgspec.Struct, frozen=True):
    """What tokens a site believes. What is None isn't checked, or isn't there."""

    issuer: str | None = None
    audience: str | None = None
    jwks_url: str | None = None


class SignInKey(msgspec.Struct, frozen=True):
    """A key that is ready to verify, and the only kind of signature that it may verify."""

    algorithm: Algorithm
    kid: str | None
    key: Key


class Trust(msgspec.Struct, frozen=True):
    """A site's settings with its keys opened."""

    settings: Settings
    keys: list[SignInKey]

    @property
    def on(self) -> bool:
        """Whether there is anything that could verify a token."""
        return bool(self.keys) or self.settings.jwks_url is not None


class Token(msgspec.Struct, frozen=True):
    """A token as it is written: nothing of it is believed yet."""

    text: str
    algorithm: Algorithm
    named: str
    kid: str | None
    claims: dict[str, Any]


class Reader(msgspec.Struct, frozen=True):
    """Who a token is about. `email` only where the publisher doesn't call it unverified.

    `subject` is empty of a reader who has confirmed an address here, and signs in nowhere.
    """

    subject: str
    name: str
    email: str | None = None
    badge: str | None = None


class SignedIn(msgspec.Struct, frozen=True):
    """A reader who has signed in, or confirmed an address, as the site knows them.

    `key` stands where another reader's e-mail address does: it finds this reader and nobody else.
    """

    id: UUID
    key: str
    reader: Reader

    @property
    def by_publisher(self) -> bool:
        """Whether the publisher vouches for them; else they have confirmed an e-mail address."""
        return bool(self.reader.subject)


class SettingsChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What changes of a site's sign-in; what is left out stays, null empties it."""

    issuer: Claim | UnsetType | None = UNSET
    audience: Claim | UnsetType | None = UNSET
    jwks_url: Address | UnsetType | None = UNSET
    required: bool | UnsetType = UNSET


class NewSignInKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Keys to believe: a shared secret, or public keys as JWK, JWKS or PEM.

    With neither, a secret is made.
    """

    secret: Annotated[str, Meta(max_length=1000)] | None = None
    public: Annotated[str, Meta(max_length=50_000)] | None = None


class KeyAnswer(msgspec.Struct, frozen=True):
    """A key, without what signs anything."""

    id: UUID
    algorithm: Algorithm
    kid: str | None
    created_at: datetime
    created_by: str | None


class SettingsAnswer(msgspec.Struct, frozen=True):
    """How a site's readers sign in. `on`: there is something that verifies tokens."""

    on: bool
    required: bool
    issuer: str | None
    audience: str | None
    jwks_url: str | None
    keys: list[KeyAnswer]


class MadeKeys(msgspec.Struct, frozen=True):
    """New keys. `secret` is one that was made here, and can't be read again."""

    keys: list[KeyAnswer]
    secret: str | None


class TryToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be tried."""

    token: Annotated[str, Meta(min_length=1, max_length=20_000)]


class Tried(msgspec.Struct, frozen=True):
    """What became of a token: the reader, or why it is refused.

    `header` and `claims` are what is written in it, believed or not.
    """

    reader: Reader | None
    refused: str | None
    header: dict[str, Any]
    claims: dict[str, Any]
