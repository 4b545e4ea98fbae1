"""Background work of letters about new comments."""

from service.core.db import Pool
from service.core.jobs import Tick
from service.subscriptions import store
from service.subscriptions.telling import Teller


def ticks(pool: Pool, teller: Teller) -> list[Tick]:
    """Tell what is due; forget once an hour."""

    async def forget() -> None:
        await store.forget(pool)

    return [
        Tick("subscriptions.tell", "* * * * * */20", teller.sweep),
        Tick("subscriptions.forget", "43 * * * *", forget),
    ]
