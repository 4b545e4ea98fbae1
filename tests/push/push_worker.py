"""A worker process of its own, to be killed: `push_worker.py DATABASE_URL SECRET`."""

import asyncio
import sys

from service.core.db import open_pool
from service.core.tokens import Keyring
from service.push.delivery import Courier
from service.push.sender import open_sender
from service.settings import Settings


async def main(url: str, secret: str) -> None:
    settings = Settings.from_environment(
        {"DATABASE_URL": url, "REJOINDER_SECRET": secret, "REJOINDER_PUSH_ALLOW_LOCAL": "1"}
    )
    async with open_pool(url) as pool, open_sender(allow_local=True) as sender:
        courier = Courier(pool, Keyring(settings.secret), settings, sender)
        await courier.deliver()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
