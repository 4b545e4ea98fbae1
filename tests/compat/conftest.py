"""What the tests of other systems' protocols share."""

from typing import Any

import httpx
import pytest
from compat.akismet_site import AkismetSite


@pytest.fixture
def blog(client: httpx.AsyncClient, state: dict[str, Any], publisher_key: str) -> AkismetSite:
    """A site that asks with the publisher's key."""
    return AkismetSite(client, state, publisher_key)
