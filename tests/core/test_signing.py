"""Signed messages, verified by the specification's own library; and sealed secrets."""

import json
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from service.core.sealing import SealError, seal, unseal
from service.core.signing import new_secret, signed_headers, spell
from service.core.tokens import Keyring

BODY = json.dumps({"type": "comment.created", "note": "Bücher, 桥"}).encode()


def test_the_library_verifies_what_is_signed() -> None:
    secret = new_secret()
    now = int(time.time())
    headers = signed_headers([secret], "m1", now, BODY)
    assert Webhook(spell(secret)).verify(BODY, headers) == json.loads(BODY)
    expected = Webhook(spell(secret)).sign("m1", datetime.fromtimestamp(now, UTC), BODY.decode())
    assert headers["webhook-signature"] == expected


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "m2"},
        {"webhook-timestamp": str(int(time.time()) - 1)},
        {"webhook-signature": "v1,AAAA"},
    ],
)
def test_nothing_of_it_can_be_changed(change: dict[str, str]) -> None:
    secret = new_secret()
    headers = signed_headers([secret], "m1", int(time.time()), BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(spell(secret)).verify(BODY, {**headers, **change})
    with pytest.raises(WebhookVerificationError):
        Webhook(spell(secret)).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(spell(new_secret())).verify(BODY, headers)


def test_what_is_older_than_five_minutes_is_refused_however_well_signed() -> None:
    secret = new_secret()
    for seconds, fine in ((0, True), (280, True), (320, False), (-320, False)):
        headers = signed_headers([secret], "m1", int(time.time()) - seconds, BODY)
        if fine:
            Webhook(spell(secret)).verify(BODY, headers)
        else:
            with pytest.raises(WebhookVerificationError):
                Webhook(spell(secret)).verify(BODY, headers)


def test_either_secret_verifies_while_they_rotate() -> None:
    old, new = new_secret(), new_secret()
    headers = signed_headers([new, old], "m1", int(time.time()), BODY)
    for secret in (old, new):
        Webhook(spell(secret)).verify(BODY, headers)


def test_a_sealed_secret_opens_where_it_was_sealed_only(keyring: Keyring) -> None:
    sealed = seal(keyring, "webhook", b"secret", b"one")
    assert b"secret" not in sealed
    assert seal(keyring, "webhook", b"secret", b"one") != sealed
    assert unseal(keyring, "webhook", sealed, b"one") == b"secret"
    for other, purpose, text, bound in [
        (Keyring(b"another secret of thirty-two letters"), "webhook", sealed, b"one"),
        (keyring, "vapid", sealed, b"one"),
        (keyring, "webhook", sealed, b"two"),
        (keyring, "webhook", sealed[:-1], b"one"),
        (keyring, "webhook", b"", b"one"),
    ]:
        with pytest.raises(SealError):
            unseal(other, purpose, text, bound)
