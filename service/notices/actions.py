"""What editors do with notices: read and put the rules, try whether mail arrives."""

from datetime import UTC, datetime

import msgspec

from service.accounts.actions import check_email
from service.accounts.types import Moderator
from service.articles.types import Site
from service.core.db import Conn, Pool
from service.core.outbox import list_failures
from service.core.problems import Conflict, Invalid
from service.notices import store
from service.notices.announce import KINDS, TEST_LASTS, Announcer
from service.notices.letters import TEST
from service.notices.rules import last_due, next_due
from service.notices.types import ALARMS, Answer, Rules, Sent
from service.screening.hours import check_zone


async def read_notices(conn: Conn, site: Site, *, mail: bool) -> Answer:
    """A site's rules and what has come of them; the defaults where nobody has put any."""
    rooms = await store.list_newsrooms(conn, site.id)
    rules = rooms[0].rules if rooms else Rules()
    hours = await store.get_hours(conn, site.id)
    zone = rooms[0].zone if rooms else (hours.time_zone if hours else store.FALLBACK)
    states = await store.list_states(conn, site.id)
    by, at = await store.get_editor(conn, site.id)
    return Answer(
        site=site.slug,
        saved=bool(rooms),
        rules=rules,
        zone=zone,
        staffed=hours is not None,
        mail=mail,
        next_digest=next_due(rules, zone, datetime.now(UTC)) if rooms else None,
        alarms=[states[site.id, alarm] for alarm in ALARMS if (site.id, alarm) in states],
        failures=await list_failures(conn, site.id, KINDS),
        updated_by=by,
        updated_at=at,
    )


async def put_notices(pool: Pool, site: Site, editor: Moderator, given: Rules) -> None:
    """Put a site's rules. Raises Invalid."""
    rules = check_rules(given)
    async with pool.acquire() as conn, conn.transaction():
        hours = await store.get_hours(conn, site.id)
        zone = rules.time_zone or (hours.time_zone if hours else store.FALLBACK)
        due = last_due(rules, zone, datetime.now(UTC))
        await store.put_rules(conn, site.id, rules, due, editor.id)


def check_rules(given: Rules) -> Rules:
    """The rules with each recipient once. Raises Invalid."""
    recipients: dict[str, None] = {}
    for number, recipient in enumerate(given.recipients):
        path = f"$.recipients[{number}]"
        address = check_email(path, recipient)
        if not address.isascii():
            raise Invalid.field(path, "Expected an address without accents")
        recipients[address] = None
    if given.time_zone is not None:
        try:
            check_zone(given.time_zone)
        except ValueError as error:
            raise Invalid.field("$.time_zone", str(error)) from error
    return msgspec.structs.replace(given, recipients=list(recipients))


async def send_test(pool: Pool, site: Site, announcer: Announcer, *, mail: bool) -> Sent:
    """Write a test to a site's recipients. Raises Conflict where nobody would get it."""
    if not mail:
        raise Conflict("No mail server is set up: whoever runs the service sets it.")
    async with pool.acquire() as conn, conn.transaction():
        rooms = await store.list_newsrooms(conn, site.id)
        if not rooms or not rooms[0].rules.recipients:
            raise Conflict("Nobody is told yet: add a recipient, and save.")
        return Sent(await announcer.mail(conn, rooms[0], TEST, "test", TEST_LASTS))
