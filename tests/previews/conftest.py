"""A site that writes to readers; see tests/subscriptions."""

from correspondence.conftest import letterbox, mailing

__all__ = ["letterbox", "mailing"]
