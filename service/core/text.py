"""What can't be seen in a text, or turns it round: for names and badges, and for comments."""

import re

# Embeddings, overrides and isolates (Unicode UAX #9) turn the rest of a line, or a name,
# round. Invisible characters make a name that looks empty or like somebody else's.
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028\u2029\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
SURROGATE = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """One line of what can be seen of a text, with single spaces; empty where nothing can."""
    return re.sub(r"\s+", " ", INVISIBLE.sub("", BIDI.sub("", text))).strip()
