"""All SQL of push services that need rest, by origin.

A push service is one for everybody who sends to it, so these rows are of every site.
"""

from datetime import timedelta

from service.core.db import Executor


async def rest(
    conn: Executor, origin: str, *, first: timedelta, longest: timedelta, asked: timedelta | None
) -> None:
    """Let nobody knock there for a while: `first`, doubled for each time in a row, up to `longest`.

    At least as long as it `asked` for. What was under way when the rest began says nothing new: a
    failure counts from the first that comes after a rest.
    """
    await conn.execute(
        """
        insert into push_origin as o (origin, not_before, failures)
        values ($1, now() + greatest($2::interval, $4::interval), 1)
        on conflict (origin) do update set
            failures = o.failures + (o.not_before <= now())::int,
            not_before = greatest(o.not_before, now() + greatest(
                least($2 * power(2, least(o.failures - (o.not_before > now())::int, 20)), $3), $4
            )),
            updated_at = now()
        """,
        origin,
        first,
        longest,
        asked or timedelta(0),
    )


async def wake(conn: Executor, origin: str) -> None:
    """It takes messages again."""
    await conn.execute("delete from push_origin where origin = $1", origin)


async def forget(conn: Executor) -> None:
    """Forget what nobody has sent to for a day since."""
    await conn.execute("delete from push_origin where not_before < now() - interval '1 day'")
