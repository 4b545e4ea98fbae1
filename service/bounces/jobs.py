"""Background work of bounces."""

from service.bounces import store
from service.core.db import Pool
from service.core.jobs import Tick


def ticks(pool: Pool) -> list[Tick]:
    """Forget once a day."""

    async def forget() -> None:
        await store.forget_soft(pool)

    return [Tick("bounces.forget", "13 3 * * *", forget)]
