"""Pure functions: topics, answers, waiting times, receipts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.db import uuid7
from service.core.tokens import Keyring
from service.push import receipts, rules
from service.push.receipts import LENGTH, make_receipt, read_receipt

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("World", "world"),
        ("Climate & Energy", "climate-energy"),
        ("  U.S.  politics ", "u-s-politics"),
        ("Économie", "économie"),
        ("E\u0301conomie", "économie"),  # decomposed
        ("Straße", "strasse"),
        ("Політика", "політика"),
        ("हिन्दी", "हिन्दी"),
        ("政治", "政治"),
        ("C++", "c"),
        ("&&&", ""),
        ("", ""),
    ],
)
def test_slug(label: str, slug: str) -> None:
    assert rules.slug(label) == slug


@given(label=TEXT)
def test_slug_of_a_slug_is_itself(label: str) -> None:
    slug = rules.slug(label)
    assert rules.slug(slug) == slug
    assert len(slug) <= rules.LONGEST_SLUG
    assert not slug.startswith("-")
    assert not slug.endswith("-")


def test_slugs_are_distinct_and_in_order() -> None:
    assert rules.slugs(["World", "Sport", "world!", "", "&"]) == ["world", "sport"]


@pytest.mark.parametrize(
    ("status", "outcome", "refused"),
    [
        (200, "a", False),
        (201, "a", False),
        (202, "a", False),
        (204, "f", False),
        (301, "f", False),
        (307, "f", False),
        (400, "f", True),
        (401, "f", True),
        (403, "f", True),
        (404, "g", False),
        (406, "p", False),
        (408, "p", False),
        (410, "g", False),
        (413, "f", False),
        (422, "f", True),
        (429, "p", False),
        (500, "p", False),
        (502, "p", False),
        (599, "p", False),
    ],
)
def test_what_a_status_means(status: int, outcome: str, refused: bool) -> None:  # noqa: FBT001
    answer = rules.read_answer(status, "7", NOW)
    assert (answer.outcome, answer.refused) == (outcome, refused)
    assert answer.retry_after == (7.0 if outcome == "p" else None)


@pytest.mark.parametrize(
    ("status", "said", "why", "counts"),
    [
        (401, b'{"code":401,"errno":109,"message":"VAPID public key mismatch"}', "key", True),
        (401, b'{"code": 401, "errno": 109, "message": "Invalid VAPID expiry"}', "token", False),
        (403, b"not those of the credentials used to create the subscriptions.", "key", True),
        (403, b"the key does not correspond to the sender ID used to subscribe", "key", True),
        (400, b"<HTML><TITLE>UnauthorizedRegistration</TITLE>", "key", True),
        (403, b"invalid JWT provided\n", "token", False),
        (400, b'{"reason":"VapidPkHashMismatch"}', "key", True),
        (403, b'{"reason":"BadJwtToken"}', "token", False),
        (403, b'{"reason":"ExpiredJwtToken"}', "token", False),
        (403, b"", "other", True),
        (400, b"\xff\xfe not a text", "other", True),
        (413, b"too large", "size", False),
        (307, b"VapidPkHashMismatch", None, False),
        (410, b'{"reason":"BadJwtToken"}', None, False),
        (201, b"VAPID public key mismatch", None, False),
    ],
)  # fmt: skip
def test_whose_fault_a_refusal_is(
    status: int,
    said: bytes,
    why: str | None,
    counts: bool,  # noqa: FBT001
) -> None:
    answer = rules.read_answer(status, None, NOW, said)
    assert (answer.why, answer.refused) == (why, counts)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("99999999999999999999", rules.LONGEST_RETRY_AFTER),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 13:01:00 +0100", 60.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("Wed, 01 Jan 2200 00:00:00 GMT", rules.LONGEST_RETRY_AFTER),
        ("Mon, 99 Nov 2026 12:01:00 GMT", None),
        (f"Mon, 23 Nov {'9' * 30} 12:01:00 GMT", None),
        (f"Mon, 23 Nov 2026 {'9' * 30}:01:00 GMT", None),
        (f"Mon, 23 Nov 2026 12:01:00 +{'9' * 30}", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert rules.read_retry_after(value, NOW) == seconds


@given(value=st.text(max_size=60))
def test_retry_after_of_anything_is_a_sane_wait(value: str) -> None:
    seconds = rules.read_retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= rules.LONGEST_RETRY_AFTER


@given(attempts=st.integers(0, 10_000), asked=st.none() | st.floats(0, 3600))
def test_retry_is_never_sooner_than_asked_nor_at_once(attempts: int, asked: float | None) -> None:
    delay = rules.retry_delay(attempts, asked)
    assert delay >= max(asked or 0.0, rules.FIRST_RETRY)
    assert delay <= max(rules.LONGEST_RETRY, rules.LONGEST_RETRY_AFTER)


def test_a_date_that_is_over_asks_for_nothing() -> None:
    """Else a service whose clock is behind would see all passes within two minutes."""
    assert rules.retry_delay(9, 0.0) == rules.retry_delay(9, None) == rules.LONGEST_RETRY
    assert rules.retry_delay(9, 1.0) == rules.FIRST_RETRY


@given(outcomes=st.text("pagfs", max_size=600), skip=st.integers(0, 5000))
def test_everybody_pending_gets_a_turn(outcomes: str, skip: int) -> None:
    pending = [index for index, letter in enumerate(outcomes) if letter == "p"]
    assert sorted(rules.in_turn(outcomes, skip)) == pending


def test_turns_begin_elsewhere() -> None:
    first = {rules.in_turn("p" * 500, 50 * attempt)[0] for attempt in range(rules.MOST_PASSES)}
    assert first == set(range(0, 500, 50))


def test_time_left() -> None:
    day = 86_400
    assert rules.time_left(day, NOW, NOW) == (day, True)
    assert rules.time_left(day, NOW, NOW + timedelta(hours=23)) == (3600, True)
    assert rules.time_left(day, NOW, NOW + timedelta(hours=25)) == (0, False)
    assert rules.time_left(0, NOW, NOW + timedelta(seconds=30)) == (0, True)
    assert rules.time_left(0, NOW, NOW + timedelta(hours=1)) == (0, False)


def test_collapse_topic_is_what_services_allow() -> None:
    topic = rules.collapse_topic(uuid7())
    assert len(topic) == 32
    assert topic.isalnum()


def test_receipt_reads_back_and_differs_by_subscription(keyring: Keyring) -> None:
    alert, one, two = uuid7(), uuid7(), uuid7()
    receipt = make_receipt(keyring, alert, one)
    found = read_receipt(keyring, receipt)
    assert found is not None
    assert found[0] == alert
    assert receipt == make_receipt(keyring, alert, one)
    assert receipt != make_receipt(keyring, alert, two)
    assert one.bytes not in found[1]
    assert len(receipt) == LENGTH <= 63
    assert receipt.islower()
    assert receipt.isalnum()


@given(index=st.integers(0, LENGTH - 1), letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_receipt_with_any_letter_changed_is_refused(index: int, letter: str) -> None:
    keyring = Keyring(b"a secret of tests, long enough to be one")
    receipt = make_receipt(keyring, uuid7(), uuid7())
    forged = receipt[:index] + letter + receipt[index + 1 :]
    # The last letter carries a spare bit that base32 ignores.
    if forged != receipt and index < LENGTH - 1:
        assert read_receipt(keyring, forged) is None


@given(
    text=st.text(max_size=100)
    | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=61, max_size=61)
)
def test_anything_else_is_no_receipt(text: str) -> None:
    assert read_receipt(Keyring(b"a secret of tests, long enough to be one"), text) is None


def test_receipt_of_another_secret_is_refused(keyring: Keyring) -> None:
    receipt = make_receipt(Keyring(b"x" * 32), uuid7(), uuid7())
    assert read_receipt(keyring, receipt) is None
    assert len(receipt) == receipts.LENGTH
