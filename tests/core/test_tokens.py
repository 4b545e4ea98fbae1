"""Keys and tokens."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from service.core.tokens import ALPHABET, Keyring, random_token, token_hash

KEYRING = Keyring(b"a secret of thirty-two characters")


@given(st.uuids())
def test_an_object_token_tells_its_object_and_nothing_else(ident: uuid.UUID) -> None:
    token = KEYRING.object_token("re", ident)
    assert KEYRING.read_object_token("re", token) == ident
    assert KEYRING.read_object_token("rs", "rs" + token[2:]) is None
    assert Keyring(b"another secret of 32 characters!").read_object_token("re", token) is None
    assert len(token) <= 63
    assert set(token) <= set(ALPHABET)


@given(st.text(max_size=80))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    assert KEYRING.read_object_token("re", "re" + text) is None
    assert len(token_hash(text)) == 32


def test_a_token_changed_anywhere_opens_nothing() -> None:
    token = KEYRING.object_token("re", uuid.uuid4())
    for index in range(2, len(token)):
        changed = token[:index] + ("b" if token[index] == "a" else "a") + token[index + 1 :]
        assert KEYRING.read_object_token("re", changed) is None


def test_random_tokens_are_short_lower_case_and_different() -> None:
    tokens = {random_token("rk") for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(len(t) <= 63 and set(t) <= set(ALPHABET) for t in tokens)
