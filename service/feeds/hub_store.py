"""SQL of what is agreed with WebSub hubs."""

from datetime import timedelta
from uuid import UUID

from service.core.db import Conn, Executor, row_to
from service.feeds.types import Subscription


async def get_subscription(conn: Executor, feed_id: UUID) -> Subscription | None:
    """What is agreed about a feed."""
    row = await conn.fetchrow(
        """
        select feed_id, hub, topic, secret, state, asked_at, lease_until, told_at, next_try_at
        from feed_hub where feed_id = $1
        """,
        feed_id,
    )
    return row_to(Subscription, row) if row else None


async def note_asked(
    conn: Conn, site_id: UUID, feed_id: UUID, hub: str, topic: str, secret: bytes, wait: timedelta
) -> bool:
    """A hub is about to be asked, and to be asked again after `wait`; False: the feed is gone.

    One that renews stays active; another hub or topic begins anew.
    """
    done = await conn.execute(
        """
        insert into feed_hub (site_id, feed_id, hub, topic, secret, state, next_try_at)
        select $1, id, $3, $4, $5, 'asked', now() + $6 from feed where id = $2 for key share
        on conflict (feed_id) do update set
            secret = excluded.secret, asked_at = now(), next_try_at = excluded.next_try_at,
            state = case
                when feed_hub.state = 'active' and feed_hub.lease_until > now()
                    and (feed_hub.hub, feed_hub.topic) = (excluded.hub, excluded.topic)
                then 'active' else 'asked'
            end,
            lease_until = case
                when (feed_hub.hub, feed_hub.topic) = (excluded.hub, excluded.topic)
                then feed_hub.lease_until
            end,
            told_at = case
                when (feed_hub.hub, feed_hub.topic) = (excluded.hub, excluded.topic)
                then feed_hub.told_at
            end,
            hub = excluded.hub, topic = excluded.topic, last_error = null
        """,
        site_id,
        feed_id,
        hub,
        topic,
        secret,
        wait,
    )
    return done == "INSERT 0 1"


async def note_verified(conn: Executor, feed_id: UUID, lease: timedelta, renew: timedelta) -> None:
    """The hub has asked back, and tells from now on."""
    await conn.execute(
        """
        update feed_hub set state = 'active', lease_until = now() + $2::interval,
            next_try_at = now() + $3::interval, last_error = null
        where feed_id = $1
        """,
        feed_id,
        lease,
        renew,
    )


async def note_failed(conn: Executor, feed_id: UUID, error: str, wait: timedelta) -> None:
    """The hub did not take what it was asked; what was agreed before holds until its end."""
    await conn.execute(
        """
        update feed_hub set last_error = $2, next_try_at = now() + $3::interval,
            state = case when state = 'active' and lease_until > now() then state else 'failed' end
        where feed_id = $1
        """,
        feed_id,
        error,
        wait,
    )


async def note_denied(conn: Executor, feed_id: UUID, why: str, wait: timedelta) -> None:
    """The hub doesn't want to, or not any more."""
    await conn.execute(
        """
        update feed_hub set state = 'denied', last_error = $2, lease_until = null, told_at = null,
            next_try_at = now() + $3::interval
        where feed_id = $1
        """,
        feed_id,
        why,
        wait,
    )


async def note_told(conn: Executor, feed_id: UUID) -> None:
    """The hub has told something."""
    await conn.execute("update feed_hub set told_at = now() where feed_id = $1", feed_id)


async def note_missed(conn: Executor, feed_id: UUID) -> None:
    """The hub has told nothing of something new, unless it was faster than the server's cache."""
    await conn.execute(
        """
        update feed_hub set told_at = null
        where feed_id = $1 and told_at < now() - interval '15 minutes'
        """,
        feed_id,
    )


async def delete_subscription(conn: Executor, feed_id: UUID) -> None:
    """Nothing is agreed any more."""
    await conn.execute("delete from feed_hub where feed_id = $1", feed_id)
