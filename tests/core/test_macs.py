"""Our MACs are the library's."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.macs import Mac, mac


@given(key=st.binary(max_size=64), messages=st.lists(st.binary(max_size=200), max_size=3))
def test_macs_are_those_of_the_library(key: bytes, messages: list[bytes]) -> None:
    one = Mac(key)
    for message in messages:
        expected = hmac.digest(key, message, "sha256")
        assert one.digest(message) == mac(key, message) == expected


def test_a_longer_key_is_refused() -> None:
    for make in (Mac, lambda key: mac(key, b"")):
        with pytest.raises(ValueError, match="longer than a block"):
            make(bytes(65))
