"""Who gets an alert, when, and who is left out: all of it decided by the database at the start."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from push.push_desk import Desk, Subscriber
from push.push_service import PushService

from service.articles.types import PutArticle, Site
from service.core.db import Pool
from service.push import actions, store
from service.push import delivery_store as deliveries
from service.push.audience_store import freeze_audience
from service.push.delivery import start_alert
from service.push.settings_store import PushSettings, put_settings
from service.push.types import Alert, PostAlert

KYIV_NIGHT = {"from": "22:00", "until": "07:00"}


@pytest.fixture
async def settle(pool: Pool, site: Site) -> Any:
    """Change what the site decides."""

    async def settle(**fields: Any) -> None:
        async with pool.acquire() as conn:
            await put_settings(conn, site.id, PushSettings(**fields))

    return settle


async def publish(desk: Desk, key: str, *, section: str | None = None, tags: Any = ()) -> None:
    put = PutArticle(url=f"https://news.example/{key}", title="T", section=section, tags=list(tags))
    async with desk.pool.acquire() as conn:
        await actions.publish_article(conn, desk.site, key, put, 0)


async def post(desk: Desk, key: str, **fields: Any) -> Alert:
    async with desk.pool.acquire() as conn:
        return await actions.schedule_alert(conn, desk.site, PostAlert(article=key, **fields), 0)


async def begin(desk: Desk, alert: Alert, at: datetime | None = None) -> None:
    """Start an alert as if it were then."""
    async with desk.pool.acquire() as conn, conn.transaction():
        begun = await deliveries.begin_alert(conn, alert.id)
        assert begun is not None
        if at:
            await conn.execute("update alert set started_at = $2 where id = $1", alert.id, at)
            begun = msgspec.structs.replace(begun, started_at=at)
        await freeze_audience(conn, begun, 500)


async def letters(pool: Pool, alert: Alert) -> dict[UUID, tuple[str, str | None]]:
    """What became of each subscription so far, and why it was left out."""
    rows = await pool.fetch(
        "select subscription_ids, outcomes, skipped_for from delivery_batch where alert_id = $1",
        alert.id,
    )
    found = [
        (ident, (letter, row["skipped_for"]))
        for row in rows
        for ident, letter in zip(row["subscription_ids"], row["outcomes"], strict=True)
    ]
    assert len({ident for ident, _ in found}) == len(found), "once each"
    return dict(found)


async def wakes(pool: Pool, alert: Alert) -> dict[UUID, datetime]:
    rows = await pool.fetch(
        "select subscription_ids, not_before from delivery_batch where alert_id = $1", alert.id
    )
    return {ident: row["not_before"] for row in rows for ident in row["subscription_ids"]}


async def test_who_asked(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    for key, section in (("ferry", "Local"), ("vote", "World"), ("loose", None)):
        await publish(desk, key, section=section)
    who = {
        "all": await subscribe(service.browser()),
        "world": await subscribe(service.browser(), ["world"]),
        "ferry alone": await subscribe(service.browser(), articles=["ferry"]),
        "world and ferry": await subscribe(service.browser(), ["world"], articles=["ferry"]),
        "all and ferry": await subscribe(service.browser(), ["*"], articles=["ferry"]),
        "not local": await subscribe(service.browser(), muted=["local"]),
        "not local but ferry": await subscribe(
            service.browser(), ["*"], articles=["ferry"], muted=["local"]
        ),
    }
    names = {ident: name for name, ident in who.items()}
    got = {}
    for key in ("ferry", "vote", "loose"):
        alert = await post(desk, key)
        await begin(desk, alert)
        got[key] = {names[ident] for ident in await letters(pool, alert)}
    everybody = set(who)
    assert got["ferry"] == everybody - {"world", "not local"}
    assert got["vote"] == everybody - {"ferry alone"}
    assert got["loose"] == everybody - {"ferry alone"}


async def test_muted_only_where_every_topic_is(
    desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    await subscribe(service.browser(), muted=["sport", "Local"])
    assert (await desk.send("one", section="Sport")).audience == 0
    assert (await desk.send("two", section="Sport", tags=["Local"])).audience == 0
    assert (await desk.send("three", section="Sport", tags=["Politics"])).accepted == 1
    assert (await desk.send("four")).accepted == 1


# Caps


async def test_the_smaller_cap_counts_and_breaking_goes_beyond(
    desk: Desk, service: PushService, subscribe: Subscriber, settle: Any, pool: Pool
) -> None:
    await settle(daily_cap=3)
    one = await subscribe(service.browser(), daily_cap=1)
    two = await subscribe(service.browser())
    await subscribe(service.browser(), daily_cap=500)
    counts = [await desk.send(f"n-{number}") for number in range(4)]
    assert [(c.audience, c.accepted, c.skipped, c.skipped_cap) for c in counts] == [
        (3, 3, 0, 0), (3, 2, 1, 1), (3, 2, 1, 1), (3, 0, 3, 3),
    ]  # fmt: skip
    await publish(desk, "quake")
    alert = await post(desk, "quake", breaking=True)
    await begin(desk, alert)
    assert len(await letters(pool, alert)) == 3
    assert (await desk.again(alert)).accepted == 3
    # A day later all begins anew; for who was left out it had never been anything.
    await pool.execute("update alert set started_at = started_at - interval '24 hours 1 second'")
    assert (await desk.send("tomorrow")).accepted == 3
    assert {one, two} <= set(await letters(pool, (await desk.schedule("tomorrow"))))


async def test_what_failed_was_not_had(
    desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    await subscribe(service.browser(413), daily_cap=1)
    assert (await desk.send("one")).failed == 1
    assert (await desk.send("two")).accepted == 1
    assert (await desk.send("three")).skipped_cap == 1


async def test_no_cap_is_any_number(
    desk: Desk, service: PushService, subscribe: Subscriber, settle: Any
) -> None:
    await settle(daily_cap=0)
    await subscribe(service.browser())
    for number in range(25):
        assert (await desk.send(f"n-{number}")).accepted == 1


async def test_two_at_one_moment_do_not_both_slip_below_the_cap(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    who = [await subscribe(service.browser(), daily_cap=2) for _ in range(5)]
    alerts = [await desk.schedule(f"n-{number}") for number in range(6)]

    async def start(alert: Alert) -> bool:
        async with pool.acquire() as conn:
            return await start_alert(conn, alert.id)

    assert all(await asyncio.gather(*map(start, alerts)))
    pending = [ident for a in alerts for ident, (letter, _) in (await letters(pool, a)).items()
               if letter == "p"]  # fmt: skip
    assert sorted(pending) == sorted(who * 2)
    await desk.courier.deliver()
    counts = [await desk.counts(alert) for alert in alerts]
    assert sum(c.accepted for c in counts) == 10
    assert sum(c.skipped_cap for c in counts) == 20
    assert {await desk.state(alert) for alert in alerts} == {"sent"}


async def test_an_alert_that_all_are_left_out_of_is_sent(
    desk: Desk, service: PushService, subscribe: Subscriber
) -> None:
    await subscribe(service.browser(), daily_cap=1)
    await desk.send("one")
    alert = await desk.start("two")
    assert await desk.state(alert) == "sent"
    assert (await desk.counts(alert)).skipped_cap == 1


# Quiet hours


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Zone, quiet hours, start of the alert, and when it is delivered: None at once.
NIGHTS: list[tuple[str | None, tuple[str, str], str, str | None]] = [
    ("Europe/Kyiv", ("22:00", "07:00"), "2026-01-10T21:00+00:00", "2026-01-11T05:00+00:00"),
    ("Europe/Kyiv", ("22:00", "07:00"), "2026-01-10T20:00+00:00", "2026-01-11T05:00+00:00"),
    ("Europe/Kyiv", ("22:00", "07:00"), "2026-01-10T19:59+00:00", None),
    ("Europe/Kyiv", ("22:00", "07:00"), "2026-01-11T04:59+00:00", "2026-01-11T05:00+00:00"),
    ("Europe/Kyiv", ("22:00", "07:00"), "2026-01-11T05:00+00:00", None),
    ("Europe/Kyiv", ("13:00", "15:30"), "2026-07-10T11:00+00:00", "2026-07-10T12:30+00:00"),
    ("Europe/Kyiv", ("13:00", "15:30"), "2026-07-10T09:59+00:00", None),
    ("America/New_York", ("22:00", "07:00"), "2026-01-10T21:00+00:00", None),
    ("America/New_York", ("22:00", "07:00"), "2026-01-11T04:00+00:00", "2026-01-11T12:00+00:00"),
    ("Asia/Kathmandu", ("22:00", "07:00"), "2026-01-10T16:15+00:00", "2026-01-11T01:15+00:00"),
    # The same time twice is never.
    ("Europe/Kyiv", ("00:00", "00:00"), "2026-01-10T21:00+00:00", None),
    # Midnight itself.
    ("UTC", ("00:00", "06:00"), "2026-01-10T00:00+00:00", "2026-01-10T06:00+00:00"),
    ("UTC", ("20:00", "00:00"), "2026-01-10T23:59+00:00", "2026-01-11T00:00+00:00"),
    # The night is an hour shorter, then an hour longer; and an end that isn't on the clock.
    ("Europe/Berlin", ("22:00", "07:00"), "2026-03-28T22:00+00:00", "2026-03-29T05:00+00:00"),
    ("Europe/Berlin", ("22:00", "07:00"), "2026-10-24T22:00+00:00", "2026-10-25T06:00+00:00"),
    ("Europe/Berlin", ("22:00", "02:30"), "2026-03-28T22:00+00:00", "2026-03-29T01:30+00:00"),
    # No zone, one that nobody knows, one that only looks like a path: the site's, here none.
    (None, ("22:00", "07:00"), "2026-01-10T23:00+00:00", "2026-01-11T07:00+00:00"),
    ("Mars/Olympus", ("22:00", "07:00"), "2026-01-10T23:00+00:00", "2026-01-11T07:00+00:00"),
    ("posixrules/x", ("22:00", "07:00"), "2026-01-10T21:00+00:00", None),
]


@pytest.mark.parametrize(("zone", "hours", "started", "delivered"), NIGHTS)
async def test_quiet_hours_in_the_readers_own_zone(
    zone: str | None, hours: tuple[str, str], started: str, delivered: str | None, desk: Desk,
    service: PushService, subscribe: Subscriber, pool: Pool,
) -> None:  # fmt: skip
    ident = await subscribe(
        service.browser(), time_zone=zone, quiet={"from": hours[0], "until": hours[1]}
    )
    alert = await desk.schedule()
    await begin(desk, alert, at(started))
    (found,) = (await wakes(pool, alert)).items()
    assert found[0] == ident
    if delivered is None:
        assert abs(found[1] - datetime.now(UTC)) < timedelta(minutes=5)
    else:
        assert found[1] == at(delivered)


async def test_the_readers_hours_win_and_the_site_s_zone_stands_in(
    desk: Desk, service: PushService, subscribe: Subscriber, settle: Any, pool: Pool
) -> None:
    await settle(quiet_from=time(22), quiet_until=time(7))
    await pool.execute(
        "insert into policy (site_id, version, rules) values ($1, 1, $2::text::jsonb)",
        desk.site.id,
        '{"hours": {"time_zone": "Europe/Kyiv", "windows": []}}',
    )
    browsers = {
        name: await subscribe(service.browser(), **more)
        for name, more in {
            "site's": {},
            "own": {"quiet": {"from": "20:00", "until": "09:00"}},
            "never": {"quiet": {"from": "00:00", "until": "00:00"}},
            "elsewhere": {"time_zone": "America/New_York"},
        }.items()
    }
    alert = await desk.schedule()
    await begin(desk, alert, at("2026-01-10T21:00+00:00"))
    found = await wakes(pool, alert)
    assert found[browsers["site's"]] == at("2026-01-11T05:00+00:00")
    assert found[browsers["own"]] == at("2026-01-11T07:00+00:00")
    for name in ("never", "elsewhere"):
        assert found[browsers[name]] > at("2026-02-01T00:00+00:00"), "now"


async def test_delivered_afterwards_within_what_is_left_or_dropped(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    who = service.browser()
    ends = datetime.now(UTC) + timedelta(hours=2)
    quiet = {"from": f"{ends - timedelta(hours=8):%H:%M}", "until": f"{ends:%H:%M}"}
    ident = await subscribe(who, time_zone="UTC", quiet=quiet)
    awake = await subscribe(service.browser())
    await publish(desk, "one")
    waits = await post(desk, "one", ttl=4 * 3600)
    await begin(desk, waits)
    await desk.courier.deliver()
    counts = await desk.counts(waits)
    assert (counts.accepted, counts.pending, await desk.state(waits)) == (1, 1, "sending")
    # Stale, or nearly.
    for edition, ttl in ((2, 0), (3, 3600), (4, 2 * 3600)):
        stale = await post(desk, "one", ttl=ttl, edition=edition)
        await begin(desk, stale)
        assert await letters(pool, stale) == {ident: ("s", "quiet"), awake: ("p", None)}
        assert (await desk.counts(stale)).skipped_quiet == 1
    breaking = await post(desk, "one", edition=5, breaking=True)
    await begin(desk, breaking)
    assert len(await letters(pool, breaking)) == 2
    await desk.courier.deliver()
    assert len(who.messages) == 1, "breaking alone"
    counts = await desk.again(waits)
    assert (counts.accepted, await desk.state(waits)) == (2, "sent")
    assert 0 < int(who.headers[-1]["TTL"]) <= 4 * 3600


async def test_those_who_wake_together_share_batches(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    for zone in ("Europe/Kyiv", "Europe/Athens", "Europe/Berlin"):
        await subscribe(service.browser(), time_zone=zone, quiet=KYIV_NIGHT)
    alert = await desk.schedule()
    await begin(desk, alert, at("2026-01-10T22:00+00:00"))
    rows = await pool.fetch(
        """
        select cardinality(subscription_ids) as size, not_before from delivery_batch
        where alert_id = $1 order by number
        """,
        alert.id,
    )
    assert [(row["size"], row["not_before"].hour) for row in rows] == [(2, 5), (1, 6)]


# Size


async def test_twenty_thousand_at_once_add_up(
    desk: Desk, service: PushService, subscribe: Subscriber, pool: Pool
) -> None:
    await subscribe(service.browser())
    await pool.execute(
        """
        insert into subscription (site_id, id, endpoint_hash, endpoint, p256dh, auth, topics,
            vapid_key_id, time_zone, daily_cap, quiet_from, quiet_until, muted, articles)
        select site_id, gen_random_uuid(), sha256(n::text::bytea), endpoint || n, p256dh, auth,
            case n % 4 when 0 then '{sport}'::text[] else '{}' end, vapid_key_id,
            case n % 3 when 0 then 'Europe/Kyiv' when 1 then 'Asia/Tokyo' end,
            case when n % 5 = 0 then 1 end,
            case when n % 7 = 0 then time '22:00' end, case when n % 7 = 0 then time '07:00' end,
            case when n % 11 = 0 then '{local}'::text[] else '{}' end, '{}'
        from subscription, generate_series(1, 20000) n
        """
    )
    numbers = range(1, 20001)
    asked = [n for n in numbers if n % 4 and n % 11]
    started = at("2026-01-10T21:30+00:00")  # night in Kyiv, 6:30 in Tokyo, evening in UTC
    first = await desk.schedule("one", section="Local")
    await begin(desk, first, started)
    second = await desk.schedule("two", section="Local")
    await begin(desk, second, started + timedelta(minutes=1))
    capped = sum(1 for n in asked if n % 5 == 0)
    counts = [await desk.counts(alert) for alert in (first, second)]
    assert [(c.audience, c.skipped_cap, c.skipped_quiet, c.pending) for c in counts] == [
        (len(asked) + 1, 0, 0, len(asked) + 1),
        (len(asked) + 1, capped, 0, len(asked) + 1 - capped),
    ]
    found = await wakes(pool, first)
    later = sum(1 for moment in found.values() if moment < at("2026-02-01T00:00+00:00"))
    # 20,001 in all; of every seventh those whose zone is Kyiv's or Tokyo's sleep.
    assert later == sum(1 for n in asked if n % 7 == 0 and n % 3 != 2)
    async with pool.acquire() as conn:
        assert (await store.get_counts(conn, first.id)).audience == len(found)
