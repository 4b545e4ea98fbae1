"""What spam says, and what is said like it: one pattern for all, quick where nothing is said."""

import re
from collections.abc import Iterator

# By the cue that each is; of two that begin alike the first counts. A phrase begins with a letter,
# or with a choice of words in square brackets.
_SAYINGS = {
    "own_subscription": (
        (
            "[how|where|when|can|could|should|do|does|must|may|did] (?:do |does |can |should )?"
            "(?:i|we|you|one) (?:have to |still )?(?:un)?subscribe(?! to my)"
        ),
        "way to (?:un)?subscribe",
        r"to subscribe to (?:the|this) (?:\w+ )?(?:paper|edition|newsletter)",
        (
            "[i|we|they|parents?|mother|father] (?:have |also |still |only )?(?:un)?subscribed?"
            r" (?:to|for) (?:the|this|your|two|a|it|\w+ years)"
        ),
        "[my|our|the|a] subscription", "cancel(?:led)? (?:my|our|the) subscription",
    ),
    "call_to_act": (
        "click (?:here|the link|below|on)", "sign up", "please subscribe",
        "subscribe (?:to (?:my|our)|now|and)", "order now", "buy now",
        "check (?:out|my|it out)", "visit (?:my|our|us|the|this)", "join (?:now|us|my)", "download",
        "register now", "apply now", "act now", "follow (?:me|my|us)", "shop now", "don't miss",
        "limited (?:time|offer)", "free trial", "try it free", "use (?:my |the )?(?:code|promo)",
    ),
    "own_place": (
        "my (?:channel|videos?|blog|site|website|page|profile|store|shop|playlist|song|music)",
        "my (?:app|podcast|instagram|onlyfans|newsletter)",
    ),
    "we_offer": (
        "we (?:offer|provide|are a|specialize|deliver|help|sell|guarantee)",
        "our (?:services?|company|team|products?|clients?|customers?|experts?)",
        "our (?:website|store|prices)",
        "best (?:price|quality|service|deal)s?", "affordable", "discounts?", "free shipping",
        "wholesale", "for sale",
    ),
    "earning": (
        "earn(?:ed|ing|s)?", "work(?:ing)? from home", "from home", "per (?:hour|day|week|month)",
        "[extra|passive] (?:income|cash|money)", "make money", "paid weekly", "financial freedom",
        "laid[- ]off",
    ),
    "gambling": ("casino", "jackpot", "slots?", "betting", "poker", "free spins", "bonus"),
    "pills": (
        "viagra", "cialis", "pills?", "pharmacy", "weight loss", "keto", "herbal", "supplements?",
        "enlargement", "testosterone", "cbd",
    ),
    "coins": (
        "bitcoin", r"crypto\w*", "btc", "eth", "forex", "nft", "airdrop", "trading signals?",
        "invest(?:ment|ing|ed)?", "wallet", "giveaway", "profits?",
    ),
    "lending": (
        "loans?", "credit score", "lender", "debt", "cash advance", "interest rate", "mortgage",
    ),
    "courting": (
        "single (?:girls?|ladies|women|moms?)", "hot (?:girls?|women)", "dating", "hookups?",
        "webcam", "escorts?", "sugar (?:daddy|mummy)", "lonely", "spell caster",
    ),
    "support": (
        "customer (?:care|support|service)", "toll[- ]free", "tech(?:nical)? support",
        "recovery (?:expert|agent)", "recover(?:ed)? (?:my|your)", "hacker", "refund",
    ),
    "flattery": (
        (
            "[great|nice|awesome|amazing|wonderful|excellent|helpful|informative]"
            r" (?:post|blog|article|site|website|info\w*|content|write[- ]up|read)"
        ),
        "thanks for sharing", "keep it up", "bookmark(?:ed)?", "look forward",
        "i (?:really )?appreciate",
    ),
    "contact": (
        "whatsapp", "telegram", "e-?mail (?:me|us|him|her)", "contact (?:me|us|him|her)",
        "call (?:us|now)", "text me", "dm (?:me|us)", "reach (?:me|us|him|out)",
    ),
    "begging": (
        "[like|share|upvote] this(?: comment| video)?", "thumbs up (?:if|so|for)",
        "[give|hit|smash] (?:it |me |us )?(?:a |the )?(?:like|thumbs?)", "like (?:if|and share)",
        "like ?& ?share", "sub(?:scribe)? (?:to|4|for) (?:me|sub)", "subscribers?", "sub4sub",
        "followers?",
    ),
}  # fmt: skip


def _spelt_out(phrase: str) -> list[str]:
    """Answer the phrase with each of the words that it may begin with."""
    if not phrase.startswith("["):
        return [phrase]
    choice, _, rest = phrase[1:].partition("]")
    return [begin + rest for begin in choice.split("|")]


def _one_pattern() -> tuple[re.Pattern[str], list[str]]:
    """Answer one pattern for all phrases, and the cue that each of its groups stands for.

    Phrases are sorted by their first letter, so that at most words nothing is tried. An empty group
    at the end of each tells which it was.
    """
    names = [""]  # groups are counted from one
    sorted_: dict[str, list[tuple[str, str]]] = {}
    for name, phrases in _SAYINGS.items():
        for phrase in phrases:
            for said in _spelt_out(phrase):
                sorted_.setdefault(said[0], []).append((name, said[1:]))
    parts = []
    for letter, rests in sorted_.items():
        names += [name for name, _ in rests]
        parts.append(f"{letter}(?:{'|'.join(f'{rest}()' for _, rest in rests)})")
    return re.compile(rf"\b(?:{'|'.join(parts)})\b"), names


_SAYING, _NAMES = _one_pattern()


def sayings(lowered: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield what is said in a text in lower case: the cue's name and where it stands."""
    for hit in _SAYING.finditer(lowered):
        yield _NAMES[hit.lastindex or 0], hit.span()
