"""A worker process of its own, to be killed: `worker_process.py DATABASE_URL SECRET`."""

import asyncio
import sys

from service.core.db import open_pool
from service.core.tokens import Keyring
from service.settings import Settings
from service.webhooks.jobs import open_courier


async def main(url: str, secret: str) -> None:
    settings = Settings.from_environment(
        {"DATABASE_URL": url, "REJOINDER_SECRET": secret, "REJOINDER_WEBHOOK_ALLOW_LOCAL": "1"}
    )
    async with (
        open_pool(url) as pool,
        open_courier(pool, Keyring(settings.secret), settings) as courier,
    ):
        await courier.deliver()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
