"""The curve straight on OpenSSL: as `cryptography` has it, and nothing that isn't a point."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from push.push_service import Browser
from push.test_push_encryption import bytes_of, decrypt

from service.push import encryption
from service.push.curve import ORDER, Curve, open_curve
from service.push.encryption import Encryptor, derive

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1  # SEC 2, section 2.4.2
numbers = st.one_of(
    st.integers(1, ORDER - 1), st.sampled_from([1, 2, ORDER - 2, ORDER - 1, 2**255, 2**128])
)


def opened() -> Curve:
    curve = open_curve()
    assert curve is not None, "this Python's OpenSSL can't be reached"
    return curve


CURVE = opened()


def public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@given(mine=numbers, theirs=numbers)
def test_it_agrees_with_the_reference(mine: int, theirs: int) -> None:
    ours = ec.derive_private_key(mine, ec.SECP256R1())
    browser = ec.derive_private_key(theirs, ec.SECP256R1())
    point, shared = CURVE.agree(mine.to_bytes(32, "big"), public(browser))
    assert point == public(ours)
    assert shared == browser.exchange(ec.ECDH(), ours.public_key())


def test_the_example_of_the_standard() -> None:
    """RFC 8291, appendix A: the sender's key, the browser's, and what comes of both."""
    private = bytes_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    browser = bytes_of(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    point, shared = CURVE.agree(private, browser)
    assert point == bytes_of(
        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    )
    assert shared == bytes_of("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs")
    secret = derive(shared, point, browser, bytes_of("BTBZMqHH6r4Tts7J_aSIgg"))
    assert secret == bytes_of("S4lYMb_L0FxCeq0WhDx813KgSYqU26kOyzWUdsXYyrg")


def test_each_key_pair_is_new() -> None:
    browser = ec.generate_private_key(ec.SECP256R1())
    made = [CURVE.exchange(public(browser)) for _ in range(50)]
    assert len({point for point, _ in made}) == len({shared for _, shared in made}) == 50
    for point, shared in made:
        known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        assert browser.exchange(ec.ECDH(), known) == shared


GOOD = public(ec.derive_private_key(7, ec.SECP256R1()))
BAD = {
    "nothing": b"",
    "infinity": b"\x00",
    "infinity, padded": bytes(65),
    "off the curve": GOOD[:64] + bytes([GOOD[64] ^ 1]),
    "no number of the field": b"\x04" + PRIME.to_bytes(32, "big") + GOOD[33:],
    "compressed": bytes([2 + (GOOD[64] & 1)]) + GOOD[1:33],
    "hybrid, of the wrong sign": bytes([6 + (1 - (GOOD[64] & 1))]) + GOOD[1:],
    "short": GOOD[:64],
    "long": GOOD + b"\x00",
}


@pytest.mark.parametrize("point", BAD.values(), ids=BAD)
def test_what_is_no_point_is_refused_and_the_next_goes_through(point: bytes) -> None:
    with pytest.raises(ValueError, match="Not a point"):
        CURVE.exchange(point)
    assert CURVE.agree((1).to_bytes(32, "big"), GOOD)[1] == GOOD[1:33]


def test_the_point_at_infinity_is_no_secret() -> None:
    with pytest.raises(ArithmeticError):
        CURVE.agree(ORDER.to_bytes(32, "big"), GOOD)


def test_threads_share_it() -> None:
    browsers = [ec.generate_private_key(ec.SECP256R1()) for _ in range(8)]

    def some(browser: ec.EllipticCurvePrivateKey) -> bool:
        point, shared = CURVE.exchange(public(browser))
        known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return browser.exchange(ec.ECDH(), known) == shared

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that they meet within an exchange
    try:
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(some, browsers * 100))
    finally:
        sys.setswitchinterval(usual)


def test_without_it_messages_are_encrypted_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encryption, "open_curve", lambda: None)
    encrypt, browser = Encryptor(0), Browser("")
    bodies = [encrypt(b"slower", browser.p256dh, browser.auth) for _ in range(2)]
    assert [decrypt(browser, body) for body in bodies] == [b"slower"] * 2
    assert bodies[0][21:86] != bodies[1][21:86]
