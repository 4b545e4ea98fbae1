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
from service.push.curve import ORDER, ROOM, Curve, open_curve
from service.push.encryption import Encryptor, SenderKey, derive

PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1  # SEC 2, section 2.4.2
LAST = int.from_bytes(ORDER, "big") - 1
numbers = st.one_of(st.integers(1, LAST), st.sampled_from([1, 2, LAST - 1, LAST, 2**255, 2**128]))


def opened() -> Curve:
    curve = open_curve()
    assert curve is not None, "this Python's OpenSSL can't be reached"
    return curve


CURVE = opened()


def exchange(theirs: bytes) -> tuple[bytes, bytes]:
    return CURVE.exchange_all([theirs])[theirs]


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


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
    browser = new_key()
    made = [exchange(public(browser)) for _ in range(50)]
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
        CURVE.agree((1).to_bytes(32, "big"), point)
    assert CURVE.exchange_all([point]) == {}
    assert CURVE.agree((1).to_bytes(32, "big"), GOOD)[1] == GOOD[1:33]


@pytest.mark.parametrize("number", [0, LAST + 1, 2**256 - 1])
def test_what_leads_to_the_point_at_infinity_is_no_key(number: int) -> None:
    with pytest.raises(ValueError, match="Not a private key"):
        CURVE.agree(number.to_bytes(32, "big"), GOOD)


@pytest.mark.parametrize("count", [0, 1, ROOM, 2 * ROOM + 1])
def test_many_at_once_agree_as_each_alone(count: int) -> None:
    browsers = {public(key): key for key in (new_key() for _ in range(count))}
    points = list(browsers)
    for at, bad in enumerate(BAD.values()):
        points.insert(at * 7, bad)
    agreed = CURVE.exchange_all(points)
    assert list(agreed) == list(browsers)
    assert len({point for point, _ in agreed.values()}) == count
    for theirs, (point, shared) in agreed.items():
        known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        assert browsers[theirs].exchange(ec.ECDH(), known) == shared


def test_a_window_uses_each_key_once() -> None:
    browsers = [Browser("") for _ in range(3)]
    encrypt = Encryptor(0).window([(one.p256dh, one.auth) for one in browsers[:2]])
    bodies = [encrypt(b"twice", one.p256dh, one.auth) for one in browsers * 2]
    assert [decrypt(one, body) for one, body in zip(browsers * 2, bodies, strict=True)] == [
        b"twice"
    ] * 6
    assert len({body[21:86] for body in bodies}) == 6


@pytest.mark.parametrize("lasts", [0, 60])
def test_a_bad_point_fails_alone(lasts: int) -> None:
    browsers = [Browser("") for _ in range(3)]
    known = [(one.p256dh, one.auth) for one in browsers]
    encrypt = Encryptor(lasts).window([known[0], (BAD["short"], b"\x00" * 16), *known[1:]])
    with pytest.raises(ValueError, match=r"."):
        encrypt(b"x", BAD["short"], b"\x00" * 16)
    for one in browsers:
        assert decrypt(one, encrypt(b"x", one.p256dh, one.auth)) == b"x"


@pytest.mark.parametrize("count", [0, 1, ROOM, 2 * ROOM + 1])
def test_one_key_shares_with_many_as_with_each(count: int) -> None:
    ours, browsers = SenderKey(), [Browser("") for _ in range(count)]
    known = [(one.p256dh, one.auth) for one in browsers]
    for at, bad in enumerate(BAD.values()):
        known.insert(at * 7, (bad, b"\x00" * 16))
    agreed = ours.agree_all(known, CURVE)
    assert agreed == {(one.p256dh, one.auth): ours.agree(one.p256dh, one.auth) for one in browsers}
    assert ours.agree_all(known, None) == {}
    with pytest.raises(ValueError, match="Not a private key"):
        CURVE.share_all(bytes(32), [GOOD])


def test_a_window_that_is_made_before_the_key_changes_is_of_that_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(encryption.time, "monotonic", lambda: now)
    encryptor, browser = Encryptor(60), Browser("")
    known = (browser.p256dh, browser.auth)
    before = encryptor.window([known])
    now += 61
    after = encryptor.window([known])
    bodies = [encrypt(b"x", *known) for encrypt in (before, after, before)]
    assert [decrypt(browser, body) for body in bodies] == [b"x"] * 3
    assert bodies[0][21:86] == bodies[2][21:86] != bodies[1][21:86]


def test_threads_share_it() -> None:
    browsers = [new_key() for _ in range(8)]

    def some(browser: ec.EllipticCurvePrivateKey) -> bool:
        point, shared = exchange(public(browser))
        known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        return browser.exchange(ec.ECDH(), known) == shared

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that they meet within an exchange
    try:
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(some, browsers * 100))
    finally:
        sys.setswitchinterval(usual)


@pytest.mark.parametrize(("lasts", "keys"), [(0, 2), (60, 1)])
def test_without_it_messages_are_encrypted_all_the_same(
    monkeypatch: pytest.MonkeyPatch, lasts: int, keys: int
) -> None:
    monkeypatch.setattr(encryption, "open_curve", lambda: None)
    encrypt, browser = Encryptor(lasts), Browser("")
    bodies = [encrypt(b"slower", browser.p256dh, browser.auth) for _ in range(2)]
    assert [decrypt(browser, body) for body in bodies] == [b"slower"] * 2
    assert len({body[21:86] for body in bodies}) == keys
