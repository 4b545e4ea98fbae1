"""Names that look alike are the same name."""

import re

from classifiers import fold

# Within a name, digits and letters that stand for each other at a glance.
ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "3": "e", "4": "a", "5": "s"})


def name_key(name: str) -> str:
    """What two names share that a reader can't tell apart; of a name of signs alone, those."""
    folded = fold(name)
    plain = re.sub(r"[\W_]+", "", folded).translate(ALIKE)
    return plain.replace("rn", "m") or re.sub(r"\s+", "", folded)
