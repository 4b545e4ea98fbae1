"""What a key was used for, as `usage-limit` and `key-sites` of Akismet's protocol tell it."""

import calendar
import csv
import io
from datetime import UTC, date, datetime
from typing import get_args

import msgspec

from service.accounts.types import ApiKey
from service.compat.akismet_types import Fields
from service.compat.akismet_usage_store import Order, SiteUse, count_checks, list_site_use
from service.core.db import Pool

MINUTES_OF_A_DAY = 1440
MOST_SITES = 500
LARGEST_OFFSET = 1_000_000
COLUMNS = (
    "Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked",
)  # fmt: skip
SUBSCRIPTION = msgspec.json.encode(
    {
        "account_name": "Rejoinder",
        "account_type": "rejoinder",
        "status": "active",
        "next_billing_date": False,
        "limit_reached": False,
    }
)


class Limits(msgspec.Struct, frozen=True):
    """The answer of usage-limit, shapes as in the original: a limit is a number or `none`."""

    limit: int | str
    usage: int
    percentage: str
    throttled: bool


class Asked(msgspec.Struct, frozen=True):
    """Which sites are asked for."""

    month: date
    containing: str
    order: Order
    limit: int
    offset: int


async def limits(pool: Pool, key: ApiKey, *, throttled: bool) -> bytes:
    """This month's use as JSON. Quotas are by the minute: the limit is what they come to."""
    today = datetime.now(UTC).date()
    usage = await count_checks(pool, key.id, today)
    if key.quota is None:
        return msgspec.json.encode(Limits("none", usage, "0.00", throttled))
    days = calendar.monthrange(today.year, today.month)[1]
    limit = key.quota * MINUTES_OF_A_DAY * days
    return msgspec.json.encode(Limits(limit, usage, f"{100 * usage / limit:.2f}", throttled))


def asked_of(fields: Fields) -> Asked:
    """What is asked for; what can't be read is taken as not asked."""
    order = fields.get("order").lower()
    known: tuple[Order, ...] = get_args(Order)
    return Asked(
        month=_month(fields.get("month")),
        containing=fields.get("filter"),
        order=next((one for one in known if one == order), "total"),
        limit=_number(fields.get("limit"), MOST_SITES, MOST_SITES),
        offset=_number(fields.get("offset"), 0, LARGEST_OFFSET),
    )


async def sites_as_json(pool: Pool, key: ApiKey, asked: Asked) -> bytes:
    """A month's sites; counts are strings, as in the original."""
    used, total = await _sites(pool, key, asked)
    listed = [
        {
            "site": one.site,
            "api_calls": str(one.spam + one.ham),
            "spam": str(one.spam),
            "ham": str(one.ham),
            "missed_spam": str(one.missed_spam),
            "false_positives": str(one.false_positives),
            "is_revoked": False,
        }
        for one in used
    ]
    answer = {
        f"{asked.month:%Y-%m}": listed,
        "limit": asked.limit,
        "offset": asked.offset,
        "total": total,
    }
    return msgspec.json.encode(answer)


async def sites_as_csv(pool: Pool, key: ApiKey, asked: Asked) -> bytes:
    """The same as a table; the key itself isn't repeated in its title."""
    used, total = await _sites(pool, key, asked)
    table = io.StringIO()
    table.write(
        f"Active sites during {asked.month:%Y-%m} (limit: {asked.limit}, offset: {asked.offset}, "
        f"total: {total}).\n"
    )
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in used:
        # What a spreadsheet would take for a formula comes from whoever holds the key.
        site = f"'{one.site}" if one.site[:1] in "=+-@" else one.site
        counts = (one.spam + one.ham, one.spam, one.ham, one.missed_spam, one.false_positives)
        rows.writerow((site, *counts, "false"))
    return table.getvalue().encode()


async def _sites(pool: Pool, key: ApiKey, asked: Asked) -> tuple[list[SiteUse], int]:
    return await list_site_use(
        pool,
        key.id,
        asked.month,
        containing=asked.containing,
        order=asked.order,
        limit=asked.limit,
        offset=asked.offset,
    )


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        return datetime.now(UTC).date()


def _number(text: str, default: int, most: int) -> int:
    digits = text.isascii() and text.isdigit()
    return min(most, int(text[:9])) if digits else default
