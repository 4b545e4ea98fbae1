"""What follows from mail that came back."""

from service.core.db import Pool
from service.core.metrics import BOUNCES
from service.core.tokens import Keyring
from service.correspondence.sending import Postman
from service.settings import Settings


class Bounces:
    """Keeps letters from addresses that they don't reach."""

    def __init__(self, pool: Pool, keyring: Keyring, settings: Settings) -> None:
        """Opens nothing."""
        self._pool = pool
        self._postman = Postman(keyring, settings)

    async def nobody(self, address: str) -> None:
        """A mail server refuses an address for good: no site's letters go there any more."""
        async with self._pool.acquire() as conn:
            await self._postman.stop(conn, None, address, "bounced")
        BOUNCES.labels("refused").inc()
