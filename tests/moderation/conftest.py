"""A moderator's client."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from thread import bearer


@pytest.fixture
async def desk(
    application: tuple[Any, dict[str, Any]], moderator_token: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A moderator's client."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application[0]),
        base_url="https://comments.example",
        headers=bearer(moderator_token),
    ) as desk:
        yield desk
