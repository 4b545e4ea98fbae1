"""Retention and campaigns, by the clock."""

from service.accounts.store import delete_expired_tokens
from service.comments import campaigns, store
from service.core.db import Pool
from service.core.jobs import Tick
from service.core.limits import forget_full
from service.screening.store import delete_old_fingerprints


def ticks(pool: Pool) -> list[Tick]:
    """Forget once an hour what has had its time; look for campaigns four times a minute."""

    async def forget() -> None:
        await store.forget(pool)
        await delete_old_fingerprints(pool)
        await delete_expired_tokens(pool)
        await forget_full(pool)

    async def sweep_campaigns() -> None:
        await campaigns.sweep(pool)

    return [
        Tick("comments.forget", "17 * * * *", forget),
        Tick("comments.campaigns", "* * * * * */15", sweep_campaigns),
    ]
