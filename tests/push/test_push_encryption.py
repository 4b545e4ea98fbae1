"""Encryption: what goes out can be read with the browser's key and with no other."""

import base64

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from push.push_service import Browser, letters
from pywebpush import WebPusher

from service.core.problems import Invalid
from service.push import encryption
from service.push.encryption import Encryptor, SenderKey, read_keys, seal
from service.push.types import SubscriptionKeys


def decrypt(browser: Browser, body: bytes) -> bytes:
    clear: bytes = http_ece.decrypt(
        body, private_key=browser.private, auth_secret=browser.auth, version="aes128gcm"
    )
    return clear


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def salt(body: bytes) -> bytes:
    return body[:16]


def sender(body: bytes) -> bytes:
    return body[21:86]


def test_the_example_of_the_standard() -> None:
    """RFC 8291, appendix A."""
    private = int.from_bytes(bytes_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    key = SenderKey(ec.derive_private_key(private, ec.SECP256R1()))
    secret = key.agree(
        bytes_of(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        bytes_of("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    assert secret == bytes_of("S4lYMb_L0FxCeq0WhDx813KgSYqU26kOyzWUdsXYyrg")
    body = seal(
        b"When I grow up, I want to be a watermelon",
        secret,
        key.public,
        bytes_of("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    # The standard's record size is 4096, as ours.
    assert letters(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
        "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
        "lcy4a-fN"
    )


@given(message=st.binary(min_size=0, max_size=3993), lasts=st.sampled_from([0, 60]))
def test_what_is_encrypted_decrypts(message: bytes, lasts: int) -> None:
    encrypt, browser = Encryptor(lasts), Browser("")
    for _ in range(2):
        body = encrypt(message, browser.p256dh, browser.auth)
        assert decrypt(browser, body) == message
        assert len(body) <= 4096


def test_what_no_record_holds_is_refused() -> None:
    browser = Browser("")
    with pytest.raises(ValueError, match="3994 bytes"):
        Encryptor(60)(b"x" * 3994, browser.p256dh, browser.auth)


def test_in_the_strict_mode_sender_key_and_salt_are_fresh_each_time() -> None:
    encrypt, browser = Encryptor(0), Browser("")
    bodies = [encrypt(b"the same", browser.p256dh, browser.auth) for _ in range(3)]
    assert len({salt(body) for body in bodies}) == 3
    assert len({sender(body) for body in bodies}) == 3


def test_a_sender_key_lasts_for_its_time_and_no_salt_comes_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(encryption.time, "monotonic", lambda: now)
    encrypt, browsers = Encryptor(60), [Browser("") for _ in range(2)]

    def all_bodies() -> list[bytes]:
        found = []
        for browser in browsers * 3:
            found.append(encrypt(b"the same", browser.p256dh, browser.auth))
            assert decrypt(browser, found[-1]) == b"the same"
        return found

    first = all_bodies()
    now += 59.9
    first += all_bodies()
    assert len({sender(body) for body in first}) == 1
    assert len({salt(body) for body in first}) == len({body[86:] for body in first}) == 12
    now += 0.2
    later = all_bodies()
    assert len({sender(body) for body in later}) == 1
    assert sender(later[0]) != sender(first[0])
    assert sender(Encryptor(60)(b"x", browsers[0].p256dh, browsers[0].auth)) != sender(later[0])


def test_no_more_browsers_are_remembered_than_may_be() -> None:
    encrypt, browsers = Encryptor(60, most=3), [Browser("") for _ in range(5)]
    for browser in browsers * 2:
        assert decrypt(browser, encrypt(b"x", browser.p256dh, browser.auth)) == b"x"
    assert len(encrypt._agreed) == 3


def test_another_secret_of_the_same_browser_key_is_another_browser() -> None:
    encrypt, browser = Encryptor(60), Browser("")
    encrypt(b"x", browser.p256dh, browser.auth)
    other = Browser("", private=browser.private)
    assert decrypt(other, encrypt(b"x", other.p256dh, other.auth)) == b"x"


@pytest.mark.parametrize("lasts", [0, 60])
@pytest.mark.parametrize("point", [b"", b"\x04" + b"\x01" * 64, b"\x04" + b"\xff" * 64])
def test_what_is_no_point_is_refused(point: bytes, lasts: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        Encryptor(lasts)(b"x", point, b"\x00" * 16)


def test_it_costs_what_the_reference_says_in_bytes() -> None:
    """Pywebpush makes the same shape: what a push service counts as the message's size."""
    browser = Browser("")
    theirs = WebPusher(browser.json()).encode(b"hello", content_encoding="aes128gcm")["body"]
    ours = Encryptor(60)(b"hello", browser.p256dh, browser.auth)
    assert (len(ours), ours[16:21]) == (len(theirs), theirs[16:21])
    assert decrypt(browser, ours) == decrypt(browser, theirs)


def test_header_is_one_record_with_the_senders_key() -> None:
    """RFC 8188, section 2.1 and RFC 8291, section 4: salt, record size, key of 65 bytes."""
    browser = Browser("")
    body = Encryptor(60)(b"hello", browser.p256dh, browser.auth)
    assert int.from_bytes(body[16:20], "big") >= len(body) - 86
    assert body[20] == 65
    assert body[21] == 4


def test_nobody_else_can_read_it() -> None:
    browser, other = Browser(""), Browser("")
    body = Encryptor(60)(b"hello", browser.p256dh, browser.auth)
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
