"""Where messages may go. An endpoint is whatever the caller wrote: it must not become a way in.

Checked when it is saved, again before it is used (the list of hosts may have changed), and at
the connection itself, where the address that is really connected to is known: a name that
answers something else the second time it is asked is refused there.
"""

import asyncio
import ipaddress
import socket
import string
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp

from service.articles.rules import is_loopback
from service.core.problems import Invalid

# The browsers' push services: Chrome and Edge on Android, Firefox, Safari, Windows.
HOSTS = (
    "fcm.googleapis.com",
    "jmt17.google.com",
    "updates.push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)
HTTPS = 443
ALLOWED = frozenset(string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;=%")  # RFC 3986
LOOKUP_SECONDS = 2.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def refusal(endpoint: str, hosts: Sequence[str], *, allow_local: bool) -> str | None:
    """Why nothing may be sent there, None where it may. Looks nothing up.

    `hosts` are suffixes beyond the browsers' own; `allow_local` as REJOINDER_PUSH_ALLOW_LOCAL.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "Not an address"
    # Parsers differ on unusual characters, and one that differs from the sender's is a hole.
    if set(endpoint) - ALLOWED or "@" in parts.netloc or parts.fragment:
        return "Contains something that an endpoint doesn't have"
    if allow_local and parts.scheme == "http" and is_loopback(host):
        return None
    if parts.scheme != "https" or port not in {None, HTTPS}:
        return "Expected an https address on the usual port"
    named = any(host == known or host.endswith("." + known) for known in (*HOSTS, *hosts))
    return None if named and not _is_literal(host) else "Not a push service known to this server"


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def origin_of(endpoint: str) -> str:
    """Scheme, host and port of a checked endpoint: what VAPID signs for (RFC 8292, section 2)."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    tail = "" if parts.port is None or parts.port == HTTPS else f":{parts.port}"
    return f"{parts.scheme}://{host}{tail}"


async def check_endpoint(endpoint: str, hosts: Sequence[str], *, allow_local: bool) -> None:
    """Raise Invalid where nothing may be sent to this endpoint, its name looked up.

    A name that can't be looked up right now passes: the connection is checked in any case,
    and a resolver's hiccup must not cost a subscriber.
    """
    path = "$.subscription.endpoint"
    reason = refusal(endpoint, hosts, allow_local=allow_local)
    if reason:
        raise Invalid.field(path, reason)
    for address in await lookup(urlsplit(endpoint).hostname or ""):
        if not may_connect(address, allow_local=allow_local):
            raise Invalid.field(path, "Not a push service known to this server")


async def lookup(host: str) -> list[str]:
    """The addresses of a host, none where they can't be had soon."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            found = await loop.getaddrinfo(host, HTTPS, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        return []
    return [str(entry[4][0]) for entry in found]


def may_connect(address: str, *, allow_local: bool) -> bool:
    """Whether an address is one of the public internet (or, in development, this machine)."""
    try:
        parsed = _carried(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if allow_local and parsed.is_loopback:
        return True
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


def _carried(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that leads to it: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else address)


def guarded_connector(*, allow_local: bool, limit: int) -> aiohttp.TCPConnector:
    """A connector that opens no socket to an address that isn't public."""

    def guarded_socket(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, target = info
        if not may_connect(str(target[0]), allow_local=allow_local):
            raise PermissionError("not a public address")
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.TCPConnector(limit=limit, socket_factory=guarded_socket, ttl_dns_cache=60)
