"""By the clock: what the drop-ins keep is forgotten in time."""

from service.compat import store
from service.core.db import Pool
from service.core.jobs import Tick

MOST_KEPT = 20_000  # texts of a key, and examples that wait for an editor's trust


def ticks(pool: Pool) -> list[Tick]:
    """Forgetting, every hour."""

    async def forget() -> None:
        await store.delete_old(pool, MOST_KEPT)

    return [Tick("compat.forget", "17 * * * *", forget)]
