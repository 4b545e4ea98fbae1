"""Where messages may go: to the browsers' push services, however the caller spells an endpoint.

On top of what holds for every address that somebody else wrote (core/outbound.py). Checked when
it is saved, again before it is used (the list of hosts may have changed), and at the connection.
"""

from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from service.core.address import is_literal, is_loopback
from service.core.outbound import HTTPS, is_odd, lookup, may_connect
from service.core.problems import Invalid

# The browsers' push services: Chrome and Edge on Android, Firefox, Safari, Windows.
HOSTS = (
    "fcm.googleapis.com",
    "jmt17.google.com",
    "updates.push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",
)


def refusal(endpoint: str, hosts: Sequence[str], *, allow_local: bool) -> str | None:
    """Why nothing may be sent there, None where it may. Looks nothing up.

    `hosts` are suffixes beyond the browsers' own; `allow_local` as REJOINDER_PUSH_ALLOW_LOCAL.
    """
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "Not an address"
    if is_odd(endpoint):
        return "Contains something that an endpoint doesn't have"
    if allow_local and parts.scheme == "http" and is_loopback(host):
        return None
    if parts.scheme != "https" or port not in {None, HTTPS}:
        return "Expected an https address on the usual port"
    named = any(host == known or host.endswith("." + known) for known in (*HOSTS, *hosts))
    return None if named and not is_literal(host) else "Not a push service known to this server"


def origin_of(endpoint: str) -> str:
    """Scheme, host and port of a checked endpoint: what VAPID signs for (RFC 8292, section 2)."""
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    tail = "" if parts.port is None or parts.port == HTTPS else f":{parts.port}"
    return f"{parts.scheme}://{host}{tail}"


@lru_cache(maxsize=4096)
def _place(start: str, hosts: tuple[str, ...], allow_local: bool) -> tuple[str | None, str]:  # noqa: FBT001 (the cache's key)
    return refusal(start, hosts, allow_local=allow_local), origin_of(start)


def place_of(endpoint: str, hosts: tuple[str, ...], *, allow_local: bool) -> tuple[str | None, str]:
    """Of a stored endpoint: why nothing may be sent there any longer, and its origin.

    It was checked whole when it was saved; what may have changed since is the list of hosts. So
    only the part before the path is read, and there are a few of these for a million endpoints.
    """
    return _place("/".join(endpoint.split("/", 3)[:3]) + "/", hosts, allow_local)


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
