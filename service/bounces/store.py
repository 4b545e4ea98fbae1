"""SQL of the list of addresses that get no letters."""

from collections.abc import Sequence
from uuid import UUID

from service.bounces.types import Stop, Stopped
from service.core.db import Conn, Executor, row_to


async def count_stopped(conn: Executor, site_id: UUID) -> Stopped:
    """How many addresses get no letters of this site: those that asked, and all that bounced."""
    row = await conn.fetchrow(
        """
        select count(*) filter (where reason = 'asked') as asked,
            count(*) filter (where reason = 'bounced') as bounced,
            count(*) filter (where reason = 'complained') as complained
        from mail_stop where site_id = $1 or site_id is null
        """,
        site_id,
    )
    assert row is not None  # noqa: S101 (an aggregate)
    return row_to(Stopped, row)


async def list_stops(conn: Executor, address_hash: bytes) -> Sequence[Stop]:
    """Why an address gets no letters, the newest reason first."""
    rows = await conn.fetch(
        """
        select s.slug as site, m.reason, m.created_at
        from mail_stop m left join site s on s.id = m.site_id
        where m.address_hash = $1 order by m.created_at desc
        """,
        address_hash,
    )
    return [row_to(Stop, row) for row in rows]


# Three days on which mail came back, each within two weeks of the one before.
MOST_DAYS = 3


async def note_soft(conn: Conn, address_hash: bytes) -> bool:
    """Mail came back, and might not the next time; whether that is the last straw."""
    days: int = await conn.fetchval(
        """
        insert into soft_bounce as s (address_hash, days, last_on) values ($1, 1, current_date)
        on conflict (address_hash) do update set
            days = case
                when s.last_on < current_date - 14 then 1
                when s.last_on < current_date then s.days + 1
                else s.days
            end,
            last_on = current_date
        returning days
        """,
        address_hash,
    )
    return days >= MOST_DAYS


async def forget_soft(conn: Executor) -> None:
    """Retention: what was long ago counts no more."""
    await conn.execute("delete from soft_bounce where last_on < current_date - 14")


async def delete_stops(conn: Conn, address_hash: bytes) -> int:
    """Write to an address again, whatever it was; how many reasons there were."""
    await conn.execute("delete from soft_bounce where address_hash = $1", address_hash)
    done = await conn.execute("delete from mail_stop where address_hash = $1", address_hash)
    return int(done.rpartition(" ")[2])
