"""Encryption: what goes out can be read with the browser's key and with no other."""

import http_ece
import pytest
from hypothesis import given
from hypothesis import strategies as st
from push.push_service import Browser, letters

from service.core.problems import Invalid
from service.push.encryption import encrypt, read_keys
from service.push.types import SubscriptionKeys


def decrypt(browser: Browser, body: bytes) -> bytes:
    clear: bytes = http_ece.decrypt(
        body, private_key=browser.private, auth_secret=browser.auth, version="aes128gcm"
    )
    return clear


@given(message=st.binary(min_size=1, max_size=3993))
def test_what_is_encrypted_decrypts(message: bytes) -> None:
    browser = Browser("")
    body = encrypt(message, browser.p256dh, browser.auth)
    assert decrypt(browser, body) == message
    assert len(body) <= 4096


def test_sender_key_and_salt_are_fresh_each_time() -> None:
    browser = Browser("")
    bodies = [encrypt(b"the same", browser.p256dh, browser.auth) for _ in range(3)]
    assert len({body[:16] for body in bodies}) == 3
    assert len({body[21:86] for body in bodies}) == 3


def test_header_is_one_record_with_the_senders_key() -> None:
    """RFC 8188, section 2.1 and RFC 8291, section 4: salt, record size, key of 65 bytes."""
    browser = Browser("")
    body = encrypt(b"hello", browser.p256dh, browser.auth)
    assert int.from_bytes(body[16:20], "big") >= len(body) - 86
    assert body[20] == 65
    assert body[21] == 4


def test_nobody_else_can_read_it() -> None:
    browser, other = Browser(""), Browser("")
    body = encrypt(b"hello", browser.p256dh, browser.auth)
    with pytest.raises(http_ece.ECEException):
        decrypt(other, body)
    other.private = browser.private
    with pytest.raises(http_ece.ECEException):
        decrypt(other, body)


def test_keys_are_read_padded_or_not() -> None:
    browser = Browser("")
    plain = SubscriptionKeys(letters(browser.p256dh), letters(browser.auth))
    assert read_keys(plain) == (browser.p256dh, browser.auth)
    padded = SubscriptionKeys(plain.p256dh + "=", plain.auth + "==")
    assert read_keys(padded) == (browser.p256dh, browser.auth)


GOOD = Browser("")


@pytest.mark.parametrize(
    ("p256dh", "auth", "field"),
    [
        ("", letters(GOOD.auth), "p256dh"),
        ("not base64!", letters(GOOD.auth), "p256dh"),
        ("é" * 87, letters(GOOD.auth), "p256dh"),
        (letters(GOOD.p256dh[:-1]), letters(GOOD.auth), "p256dh"),
        (letters(b"\x04" + b"\x01" * 64), letters(GOOD.auth), "p256dh"),
        (letters(b"\x04" + b"\x00" * 64), letters(GOOD.auth), "p256dh"),
        (letters(b"\x02" + GOOD.p256dh[1:]), letters(GOOD.auth), "p256dh"),
        (letters(GOOD.p256dh), "", "auth"),
        (letters(GOOD.p256dh), letters(GOOD.auth + b"x"), "auth"),
        (letters(GOOD.p256dh), "*" * 22, "auth"),
    ],
    # The keys differ from run to run, and the names of the tests must not.
    ids=[
        "none",
        "no base64",
        "no ASCII",
        "short",
        "off the curve",
        "zeros",
        "tag 2",
        "no secret",
        "long secret",
        "no base64 secret",
    ],
)
def test_bad_keys_are_named(p256dh: str, auth: str, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_keys(SubscriptionKeys(p256dh, auth))
    assert caught.value.errors[0].path == f"$.subscription.keys.{field}"
