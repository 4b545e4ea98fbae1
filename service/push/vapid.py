"""VAPID (RFC 8292): one key a site, sealed in the database, and the header it signs.

The private key is sealed (core/sealing.py), with site and key id bound to it, so that a row copied
to another site opens nothing.
"""

import base64
import hashlib
import ipaddress
import time
from collections.abc import Sequence
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from service.core.sealing import SealError, seal, unseal
from service.core.tokens import Keyring
from service.push.types import VapidKey

PURPOSE = "vapid"
PRIVATE_LENGTH = 32
KEY_ID_LENGTH = 10  # bytes of the public key's hash
LASTS = 12 * 3600  # seconds; RFC 8292, section 2 allows 24 h
RENEWED_BEFORE = 3600
MOST_HEADERS = 2000  # an origin each; Windows spreads over many hosts

# RFC 2606 keeps this name for examples: nobody is written to, and Apple, which refuses
# localhost, takes it. For a service that has no public address yet.
NO_CONTACT = "mailto:no-contact@example.com"


def new_key(keyring: Keyring, site_id: UUID) -> VapidKey:
    """Make a key pair; its id is a hash of the public key."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    digest = hashlib.sha256(public).digest()[:KEY_ID_LENGTH]
    ident = base64.b32encode(digest).decode("ascii").lower()
    raw = private.private_numbers().private_value.to_bytes(PRIVATE_LENGTH, "big")
    sealed = seal(keyring, PURPOSE, raw, _bound(site_id, ident))
    return VapidKey(site_id=site_id, id=ident, public_key=public, private_key=sealed)


def open_key(keyring: Keyring, key: VapidKey) -> ec.EllipticCurvePrivateKey:
    """The private key; raises SealError."""
    try:
        raw = unseal(keyring, PURPOSE, key.private_key, _bound(key.site_id, key.id))
    except SealError as error:
        raise SealError(
            f"The VAPID key {key.id} doesn't open: was REJOINDER_SECRET changed?"
        ) from error
    return ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())


def _bound(site_id: UUID, ident: str) -> bytes:
    return site_id.bytes + ident.encode("ascii")


def subject(public_url: str | None, origins: Sequence[str]) -> str:
    """Whom a push service may ask (RFC 8292, section 2.1), in the form that Apple accepts.

    The origin of the service where it is public, else of the site; a host alone, because
    py_vapid takes neither port nor path, and never one that only this machine knows.
    """
    for url in (public_url or "", *origins):
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        if parts.scheme == "https" and _is_public_name(host):
            return f"https://{host}"
    return NO_CONTACT


def _is_public_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        local = host.endswith((".localhost", ".local", ".internal", ".test"))
        return host.isascii() and "." in host and not local
    return False


class Signer:
    """Authorization headers, one for each key and origin, kept until shortly before they end."""

    def __init__(self) -> None:
        """Start with none."""
        self._headers: dict[tuple[str, str, str], tuple[str, float]] = {}

    def header(self, key: ec.EllipticCurvePrivateKey, key_id: str, origin: str, sub: str) -> str:
        """`vapid t=…, k=…` for one push service; `origin` is its scheme, host and port."""
        now = time.time()
        known, expires = self._headers.get((key_id, origin, sub), ("", 0.0))
        if expires - RENEWED_BEFORE > now:
            return known
        # A dictionary of its own each time: a shared one has carried one service's `aud` to
        # another.
        claims = {"aud": origin, "exp": int(now) + LASTS, "sub": sub}
        header: str = Vapid02(key).sign(claims)["Authorization"]
        if len(self._headers) >= MOST_HEADERS:
            self._headers.clear()
        self._headers[key_id, origin, sub] = (header, now + LASTS)
        return header
