"""By the clock: what was imported is screened."""

from service.core.jobs import Tick
from service.transfer.screener import Screener


def ticks(screener: Screener) -> list[Tick]:
    """Screening, for as long as something waits."""

    async def screen() -> None:
        await screener.run()

    return [Tick("transfer.screen", "* * * * * */5", screen)]
