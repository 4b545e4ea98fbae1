"""Requests to addresses that somebody else wrote: they must not become a way in.

Checked when an address is saved, and at the connection itself, where the address that is really
connected to is known: a name that answers something else the second time it is asked is refused
there. No redirect is followed (it would lead where nobody has checked), no proxy is asked, no
cookie kept.
"""

import asyncio
import ipaddress
import socket
import string
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp

from service.core.address import is_literal, is_loopback
from service.core.problems import Invalid

PORTS = {None, 443, 8443}
HTTPS = 443
ALLOWED = frozenset(string.ascii_letters + string.digits + "-._~:/?#[]@!$&'()*+,;=%")  # RFC 3986
LOOKUP_SECONDS = 2.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def refusal(url: str, *, allow_local: bool) -> str | None:
    """Why nothing may be sent there, None where it may. Looks nothing up.

    `allow_local` (development) lets this machine be reached over plain http, too.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "Not an address"
    if is_odd(url):
        return "Contains something that such an address doesn't have"
    if allow_local and parts.scheme in {"http", "https"} and is_loopback(host):
        return None
    if parts.scheme != "https" or port not in PORTS:
        return "Expected an https address, on port 443 or 8443"
    if is_literal(host) or "." not in host.strip("."):
        return "Expected the name of a public host"
    return None


def is_odd(url: str) -> bool:
    """Whether an address holds what parsers differ on: one that differs from ours is a hole."""
    parts = urlsplit(url)
    try:
        (parts.hostname or "").encode("idna")  # as looking it up does, which fails for it
    except UnicodeError:
        return True
    return bool(set(url) - ALLOWED or set(parts.netloc) & {"@", "%"} or parts.fragment)


async def check_target(path: str, url: str, *, allow_local: bool) -> None:
    """Raise Invalid at `path` where nothing may be sent to this address, its name looked up.

    A name that can't be looked up right now passes: the connection is checked in any case.
    """
    if reason := refusal(url, allow_local=allow_local):
        raise Invalid.field(path, reason)
    for address in await lookup(urlsplit(url).hostname or ""):
        if not may_connect(address, allow_local=allow_local):
            raise Invalid.field(path, "Expected the name of a public host")


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
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.is_site_local:
        return False  # RFC 3879: deprecated, and still routed inside of some networks
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


@asynccontextmanager
async def open_session(
    *, allow_local: bool, limit: int, total: float, connect: float
) -> AsyncIterator[aiohttp.ClientSession]:
    """A guarded session of `limit` connections; seconds for a whole request and to connect.

    Answers come as they are, never unpacked: a small one can't become a large one.
    """
    async with aiohttp.ClientSession(
        connector=guarded_connector(allow_local=allow_local, limit=limit),
        timeout=aiohttp.ClientTimeout(total=total, sock_connect=connect),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "Rejoinder"},
        skip_auto_headers=("Accept-Encoding",),
        auto_decompress=False,
        trust_env=False,
    ) as session:
        yield session


def why_failed(error: Exception) -> str:
    """Why a request got no answer, for whoever wrote the address."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, PermissionError):
        return "The name leads to an address that isn't public"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "The name is not known"
    if isinstance(error, aiohttp.ClientSSLError):
        return "The certificate is not valid for this address"
    if isinstance(cause, ConnectionRefusedError):
        return "The connection was refused"
    return f"The connection failed ({type(cause).__name__})"
