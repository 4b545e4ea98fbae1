"""Whose address is believed."""

import ipaddress
from typing import Any

import pytest

from service.core.address import client_address, countable, is_trusted_peer

PROXY = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")]


def scope(peer: str, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"client": (peer, 1234), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1, 10.0.0.7"], "198.51.100.1"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("fd00::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], "203.0.113.9"),
        ("2001:db8:1:2::9", [], "2001:db8:1:2::/64"),
        ("", [], "unknown"),
    ],
)
def test_an_address_is_believed_only_from_a_trusted_proxy(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert client_address(scope(peer, *forwarded), PROXY) == expected


@pytest.mark.parametrize(("peer", "trusted"), [("10.0.0.1", True), ("6.6.6.6", False), ("", False)])
def test_a_peer_is_trusted_by_its_own_address_alone(peer: str, *, trusted: bool) -> None:
    assert is_trusted_peer(scope(peer, "10.0.0.7"), PROXY) is trusted


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("81.2.69.142", "81.2.69.142"),
        (" 81.2.69.142, 10.0.0.1", "81.2.69.142"),
        ("2001:4860:4860:1::9", "2001:4860:4860:1::/64"),
        ("::ffff:81.2.69.142", "81.2.69.142"),
        ("10.0.0.1", ""),
        ("127.0.0.1", ""),
        ("fe80::1", ""),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_an_address_that_somebody_tells_counts_where_it_is_a_readers(
    told: str, expected: str
) -> None:
    assert countable(told) == expected
