"""Whether an article can be read yet, for sites that ask for that before an alert goes out.

A publisher's system tells of an article before its page is everywhere; an alert that leads to "not
found" costs more readers than one that comes half a minute later.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from service.articles.rules import origin_of
from service.core.outbound import refusal, why_failed

Absent = Callable[[str], Awaitable[str | None]]

SECONDS = 10.0
OK = 200
REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=10), timedelta(minutes=5)


async def why_absent(session: aiohttp.ClientSession, url: str, *, allow_local: bool) -> str | None:
    """What stands in the way of reading a page, None where it answers 200.

    Redirects are followed within the page's own origin, and from http to https there. What is asked
    for is the head of the answer: of the page no more is read.
    """
    origin = origin_of(url)
    for _ in range(MOST_REDIRECTS + 1):
        asked = _asked(url, allow_local=allow_local)
        if reason := refusal(asked, allow_local=allow_local):
            return reason
        found = await _ask(session, asked)
        if isinstance(found, str):
            return found
        status, location = found
        if status == OK:
            return None
        if status not in REDIRECTS or not location:
            return f"HTTP {status}"
        url = urljoin(asked, location)
        if not _stays(origin, url):
            return f"HTTP {status}, to another site"
    return "Too many redirects"


async def _ask(session: aiohttp.ClientSession, url: str) -> tuple[int, str] | str:
    """The status and where it leads; or why there is no answer."""
    # Past a cache that remembers "not found"; everybody's copy is what counts where it says yes.
    headers = {"Cache-Control": "no-cache", "Accept": "text/html,*/*;q=0.5"}
    try:
        async with session.get(url, headers=headers, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location", "")
    except TimeoutError:
        return f"No answer within {SECONDS:.0f} seconds"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return why_failed(error)


def _asked(url: str, *, allow_local: bool) -> str:
    """An address as it goes over the wire: in ASCII, without its fragment, over https."""
    try:
        wire = str(URL(url).with_fragment(None))
    except ValueError:
        return ""  # which is refused
    return wire if allow_local else wire.replace("http://", "https://", 1)


def _stays(origin: str, url: str) -> bool:
    """Whether an address is at that origin, or at its secure one."""
    try:
        found = origin_of(url)
    except ValueError:
        return False
    return found in {origin, origin.replace("http://", "https://", 1)}


def waited(checks: int) -> timedelta:
    """For how long an alert has waited after that many checks in vain."""
    return sum((next_check(check) for check in range(checks)), timedelta(0))


def next_check(checks: int) -> timedelta:
    """How long to wait after that many checks in vain."""
    return min(FIRST_WAIT * (1 << min(checks, 10)), LONGEST_WAIT)
