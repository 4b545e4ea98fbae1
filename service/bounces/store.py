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


async def delete_stops(conn: Conn, address_hash: bytes) -> int:
    """Write to an address again, whatever it was; how many reasons there were."""
    done = await conn.execute("delete from mail_stop where address_hash = $1", address_hash)
    return int(done.rpartition(" ")[2])
