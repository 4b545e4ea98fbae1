"""Settings: one frozen struct, read from the environment once, at start-up."""

import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from service.core.address import is_loopback
from service.core.mail import Server, parse_server

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SECRET_LENGTH = 32
LONGEST_HOLD = 24 * 3600
# What a From can hold: an international domain, but no such name before the @.
ADDRESS = re.compile(r"(?a:[!#-'*+\-./\w=?^`{|}~]+)@[^\s@<>\"(),:;\[\]\\]+")


class SettingsError(Exception):
    """A variable is missing or wrong; the message names it."""


class OpenId(msgspec.Struct, frozen=True, kw_only=True):
    """The provider whose accounts sign moderators in. `name` is the button's text."""

    issuer: str
    client_id: str
    client_secret: str | None
    name: str
    require_verified: bool


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the environment says. `secret` is never logged or compared in plain."""

    database_url: str | None
    data: Path
    secret: bytes
    public_url: str | None
    trusted_proxies: tuple[Network, ...]
    smtp: Server | None
    mail_from: str
    alert_hold: int
    push_hosts: tuple[str, ...]
    push_key_lasts: int
    push_allow_local: bool
    webhook_allow_local: bool
    feed_allow_local: bool
    rate_limits: bool
    openid: OpenId | None

    @property
    def prefix(self) -> str:
        """The path under which everything lives, without a trailing slash; often empty."""
        return urlsplit(self.public_url).path.rstrip("/") if self.public_url else ""

    @property
    def secure(self) -> bool:
        """Whether browsers come by https, so that cookies may insist on it."""
        return bool(self.public_url and self.public_url.startswith("https:"))

    @property
    def mails_readers(self) -> bool:
        """Whether letters to readers can be sent: their links need an address of ours."""
        return self.smtp is not None and self.public_url is not None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check every variable; raises SettingsError naming the first wrong one.

        Without DATABASE_URL a missing REJOINDER_SECRET is made once and kept (mode 0600)
        in REJOINDER_DATA, so that hashes and sealed keys survive a restart.
        """
        database_url = environ.get("DATABASE_URL") or None
        if database_url and not database_url.startswith(("postgresql://", "postgres://")):
            raise SettingsError("DATABASE_URL must start with postgresql://")
        data = Path(environ.get("REJOINDER_DATA") or "var").expanduser().resolve()
        return cls(
            database_url=database_url,
            data=data,
            secret=_secret(environ.get("REJOINDER_SECRET"), data, keep=database_url is None),
            public_url=_public_url(environ.get("REJOINDER_PUBLIC_URL")),
            trusted_proxies=_networks(environ.get("REJOINDER_TRUSTED_PROXIES", "")),
            **_mail(environ),
            alert_hold=_seconds(environ, "REJOINDER_ALERT_HOLD", 30),
            push_hosts=_words(environ.get("REJOINDER_PUSH_HOSTS", "")),
            push_key_lasts=_seconds(environ, "REJOINDER_PUSH_KEY_LASTS", 12 * 3600),
            push_allow_local=_switch(environ, "REJOINDER_PUSH_ALLOW_LOCAL", off="0", on="1"),
            webhook_allow_local=_switch(environ, "REJOINDER_WEBHOOK_ALLOW_LOCAL", off="0", on="1"),
            feed_allow_local=_switch(environ, "REJOINDER_FEED_ALLOW_LOCAL", off="0", on="1"),
            rate_limits=not _switch(environ, "REJOINDER_RATE_LIMITS", off="on", on="off"),
            openid=_openid(environ),
        )


def _secret(given: str | None, data: Path, *, keep: bool) -> bytes:
    if given:
        if len(given) < SECRET_LENGTH:
            raise SettingsError(f"REJOINDER_SECRET must have at least {SECRET_LENGTH} characters")
        return given.encode()
    if not keep:
        raise SettingsError("REJOINDER_SECRET is required when DATABASE_URL is set")
    path = data / "secret"
    try:
        data.mkdir(parents=True, exist_ok=True)
        # Written whole under another name, then linked: a second process that starts at
        # once either makes the file first or reads a complete one.
        handle, name = tempfile.mkstemp(dir=data, prefix="secret.")  # mode 0600
        draft = Path(name)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        kept = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"REJOINDER_DATA: can't keep a secret in {path}: {error}") from error
    if len(kept) < SECRET_LENGTH:
        raise SettingsError(f"{path} is damaged: too short; restore it or set REJOINDER_SECRET")
    return kept.encode()


def _public_url(value: str | None) -> str | None:
    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError("REJOINDER_PUBLIC_URL must be like https://news.example/rejoinder")
    return value.rstrip("/")


def _mail(environ: Mapping[str, str]) -> Any:  # noqa: ANN401 (keywords of two types)
    url, sender = environ.get("REJOINDER_SMTP_URL"), environ.get("REJOINDER_MAIL_FROM") or ""
    try:
        server = parse_server(url) if url else None
    except ValueError as error:
        # The address may hold a password: it isn't repeated.
        raise SettingsError(f"REJOINDER_SMTP_URL {error}") from error
    if not sender and server and "@" in (server.username or ""):
        sender = str(server.username)
    if (server or sender) and not ADDRESS.fullmatch(sender):
        raise SettingsError("REJOINDER_MAIL_FROM must be an address like desk@news.example")
    return {"smtp": server, "mail_from": sender}


def _openid(environ: Mapping[str, str]) -> OpenId | None:
    issuer = environ.get("REJOINDER_OIDC_ISSUER") or ""
    client_id = environ.get("REJOINDER_OIDC_CLIENT_ID") or ""
    secret = environ.get("REJOINDER_OIDC_CLIENT_SECRET") or None
    required = not _switch(environ, "REJOINDER_OIDC_REQUIRE_VERIFIED", off="on", on="off")
    if not issuer:
        if client_id or secret:
            raise SettingsError("REJOINDER_OIDC_ISSUER is needed with REJOINDER_OIDC_CLIENT_ID")
        return None
    parts = urlsplit(issuer)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    odd = not parts.hostname or parts.query or parts.fragment or parts.username
    if odd or not (parts.scheme == "https" or local):
        raise SettingsError("REJOINDER_OIDC_ISSUER must be like https://id.news.example")
    if not client_id:
        raise SettingsError("REJOINDER_OIDC_CLIENT_ID is required with REJOINDER_OIDC_ISSUER")
    if not environ.get("REJOINDER_PUBLIC_URL"):
        raise SettingsError("REJOINDER_PUBLIC_URL is required with REJOINDER_OIDC_ISSUER")
    return OpenId(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        name=environ.get("REJOINDER_OIDC_NAME") or f"Sign in with {parts.hostname}",
        require_verified=required,
    )


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip().lower() for word in value.split(",") if word.strip())


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(word, strict=False) for word in _words(value))
    except ValueError as error:
        raise SettingsError(f"REJOINDER_TRUSTED_PROXIES: {error}") from error


def _seconds(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or int(value) > LONGEST_HOLD:
        raise SettingsError(f"{name} must be a number of seconds from 0 to {LONGEST_HOLD}")
    return int(value)


def _switch(environ: Mapping[str, str], name: str, *, off: str, on: str) -> bool:
    value = environ.get(name) or off
    if value not in {off, on}:
        raise SettingsError(f"{name} must be {off} or {on}, not {value!r}")
    return value == on
