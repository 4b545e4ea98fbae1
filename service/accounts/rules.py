"""What a password may be. Pure functions."""

import re
import unicodedata

from service.core.problems import Invalid

SHORTEST, LONGEST = 12, 256  # characters, once prepared
FEWEST_DIFFERENT = 5
RUNS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "0123456789" * 3)
OBVIOUS = {
    "correcthorsebatterystaple", "iloveyou", "letmein", "changeme", "administrator", "admin",
    "password", "passwort", "motdepasse", "contrasena", "moderator", "moderation", "rejoinder",
    "editor", "newsroom", "welcome", "secret",
}  # fmt: skip

# What no keyboard types on purpose, or what may mean something else in a later Unicode.
DISALLOWED = {"Cc", "Cs", "Cn", "Co"}


def prepare_password(password: str) -> str | None:
    """A password as it is hashed: OpaqueString of RFC 8265, section 4.2; None where it is none.

    Spaces of any kind become U+0020 and the whole is NFC, so that it is the same from any
    keyboard. Case and width stay.
    """
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    prepared = unicodedata.normalize("NFC", spaced)
    if any(unicodedata.category(c) in DISALLOWED for c in prepared):
        return None
    return prepared if 0 < len(prepared) <= LONGEST else None


def check_password(path: str, password: str, email: str) -> str:
    """A new password, prepared; raises Invalid where it is none, or would be guessed first."""
    if not password:
        raise Invalid.field(path, f"Expected at least {SHORTEST} characters")
    prepared = prepare_password(password)
    if prepared is None and len(password) <= LONGEST:
        raise Invalid.field(path, "Contains characters that can't be typed everywhere")
    if prepared is None:
        raise Invalid.field(path, f"Expected at most {LONGEST} characters")
    if len(prepared) < SHORTEST:
        raise Invalid.field(path, f"Expected at least {SHORTEST} characters")
    plain = re.sub(r"[\W_]+", "", prepared.casefold())
    if plain == re.sub(r"[\W_]+", "", email.casefold()) or _obvious(plain):
        raise Invalid.field(path, "This would be among the first to be guessed")
    if len(set(prepared)) < FEWEST_DIFFERENT:
        raise Invalid.field(path, f"Expected at least {FEWEST_DIFFERENT} different characters")
    return prepared


def _obvious(plain: str) -> bool:
    """Whether it is a well-known one, however often, or with figures at its ends."""
    core = plain.strip("0123456789")
    return bool(plain) and (
        core in OBVIOUS
        or any(core == word * (len(core) // len(word)) for word in OBVIOUS if core)
        or (not core and len(set(plain)) < FEWEST_DIFFERENT)
        or any(plain in run or plain in run[::-1] for run in RUNS)
    )
