"""A worker process of its own, to be killed: `worker_process.py DATABASE_URL SECRET`."""

import asyncio
import sys

from service.core.db import open_pool
from service.core.tokens import Keyring
from service.feeds.jobs import open_poller
from service.settings import Settings


async def main(url: str, secret: str) -> None:
    settings = Settings.from_environment(
        {"DATABASE_URL": url, "REJOINDER_SECRET": secret, "REJOINDER_FEED_ALLOW_LOCAL": "1"}
    )
    async with (
        open_pool(url) as pool,
        open_poller(pool, Keyring(settings.secret), settings) as poller,
    ):
        await poller.poll()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
