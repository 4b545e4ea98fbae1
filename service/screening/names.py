"""Names that look alike are the same name."""

import re

from classifiers import fold


def name_key(name: str) -> str:
    """What two names share that a reader can't tell apart."""
    return re.sub(r"[\W_]+", "", fold(name))
