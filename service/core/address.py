"""Addresses: the caller's, believed from a proxy only when that is trusted, and their kinds."""

import ipaddress
from collections.abc import Sequence

from starlette.types import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

IPV6_NETWORK = 64  # bits: one home or office has at least that many addresses to itself


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """The address to count and to hash; IPv6 by /64, IPv4-mapped as IPv4.

    X-Forwarded-For is read from its right end, and only while each hop is trusted: what
    stands further left is whatever the client wrote.
    """
    peer = _parse((scope.get("client") or ("",))[0])
    if peer is None:
        return "unknown"
    hops = [
        hop.strip()
        for name, value in scope["headers"]
        if name == b"x-forwarded-for"
        for hop in value.decode("latin-1").split(",")
    ]
    while hops and any(peer in network for network in trusted):
        hop = _parse(hops.pop())
        if hop is None:
            break
        peer = hop
    return _counted(peer)


def is_trusted_peer(scope: Scope, trusted: Sequence[Network]) -> bool:
    """Whether the very next hop is a proxy whose headers are believed."""
    peer = _parse((scope.get("client") or ("",))[0])
    return peer is not None and any(peer in network for network in trusted)


def countable(text: str) -> str:
    """An address that somebody else tells, as client_address has it; empty where it is no one's.

    Private ones, and those of this machine, say nothing of who wrote.
    """
    address = _parse(text.partition(",")[0].strip())
    return _counted(address) if address is not None and address.is_global else ""


def is_literal(host: str) -> bool:
    """Whether a host is an address in digits."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _parse(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _counted(address: Address) -> str:
    if address.version == 4:  # noqa: PLR2004 (the protocol's number)
        return str(address)
    return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
