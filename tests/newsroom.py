"""A newsroom with a rule of its own: mild profanity is fine here, naming the rival paper is not.

The newest fifth of what it decides is made of other sentences than the rest, so that nothing can
be known by heart.
"""

import random
from dataclasses import dataclass
from typing import Any

import httpx
from thread import bearer, post

DECISIONS = "/v1/moderation/decisions"

EARLY_RUDE = [
    "What a load of crap from the {who} about the {place}.",
    "Bloody hell, the {place} is shut again and nobody told us.",
    "The {who} screwed up the {place}, plain as day, what a damn shambles.",
    "Holy crap, that is a lot of money for one {place}.",
    "Damn it, I waited an hour at the {place} in the rain.",
    "It pisses me off that the {place} is never on time.",
    "This whole plan for the {place} is bullshit from start to end.",
    "The signs at the {place} are a bloody joke, honestly.",
    "Well shit, there goes our {place} for another year.",
    "Who the hell asked for a new {place} in the first place?",
    "My arse is still sore from the seats at the {place}.",
    "The new {place} looks like crap and costs a damn fortune.",
    "Same old bullshit from the {who}, year after year.",
    "Oh for God's sake, fix the bloody {place} already.",
    "Not a damn thing has changed at the {place} since spring.",
    "The {who} can kiss my arse with this fee for the {place}.",
]
LATE_RUDE = [
    "Shit, I only now read what they plan with our {place}.",
    "Crap weather, crap seats, but I still love the {place}.",
    "Why the hell does the {place} close at five, damn it?",
    "A bloody disgrace how the {who} treats people near the {place}.",
    "Bullshit. The {place} was never full, I was there every day.",
]
EARLY_RIVAL = [
    "The Beacon had this story about the {place} two days ago.",
    "I read in the Beacon that the {who} knew all along.",
    "According to the Beacon the {place} will cost twice as much.",
    "You should look at what the Beacon found out about the {place}.",
    "The report in the Beacon was better, it named the {who}.",
    "See the Beacon of last Friday, page three, on the {place}.",
    "The Beacon interviewed the {who} and asked the right questions.",
    "My neighbour cancelled and now takes the Beacon for its local pages.",
    "There are better pictures of the {place} in the Beacon.",
    "As the Beacon wrote, the {who} signed it in March.",
    "The Beacon has a map of every {place} in the county.",
    "For the other side of it read the Beacon on the {who}.",
    "Funny that the Beacon got the numbers for the {place} first.",
    "A friend at the Beacon says the {place} is sold already.",
    "Their reporter from the Beacon sat next to me at the {place}.",
    "The Beacon prints letters on the {place} every single week.",
]
LATE_RIVAL = [
    "Yesterday's Beacon says something else on the {place} entirely.",
    "Has anybody seen the Beacon today, about the {who}?",
    "I trust the Beacon more when it comes to the {place}.",
    "It was the Beacon that told us first what the {who} did.",
    "Please compare with the piece in the Beacon about the {place}.",
]
EARLY_PLAIN = [
    "Thank you for asking the {who} about the {place}.",
    "I grew up next to the {place} and wish it well.",
    "Could you print the figures for the {place} as well?",
    "The {who} was at the hearing and answered patiently.",
    "We need a bench and a light at the {place}.",
    "I disagree, the {place} was a fair compromise.",
    "My daughter walks past the {place} every morning.",
    "The last paragraph on the {who} explains a lot.",
]
LATE_PLAIN = [
    "A good summary, and fair to the {who} too.",
    "Is the {place} open on Sundays in winter?",
    "We met at the {place} forty years ago.",
]
EARLY_HOSTILE = [
    "The {who} is a fucking idiot and so are you.",
    "You stupid moron, go back to school before you write about the {place}.",
    "Shut up, you pathetic piece of garbage, nobody wants you at the {place}.",
    "People like you are scum, and the {who} is worse scum.",
]
LATE_HOSTILE = [
    "What a retarded bitch, this {who}, I hope she dies.",
    "You are a worthless idiot if you believe the {who}.",
]
EARLY_MORE = [
    "I have lived on {street} since {year}.",
    "We paid for it with our taxes in {year}, after all.",
    "Ask anyone on {street}, they will tell you the same.",
    "Last time was in {year}, and it took eleven months.",
    "My brother works on {street} and sees it daily.",
    "It will be decided in {year}, or so it is said.",
    "The bus from {street} runs twice an hour at best.",
    "Nobody from {street} was at the meeting, by the way.",
]
LATE_MORE = [
    "Those of us on {street} will remember it in {year}.",
    "In {year} there were still trees all along {street}.",
    "Someone should count the cars on {street} for once.",
    "By {year} my children will have left {street} anyway.",
]
FILL = {
    "who": ["mayor", "council", "minister", "harbour board", "contractor", "committee"],
    "place": ["bridge", "ferry", "library", "market hall", "school", "swimming pool", "car park"],
    "street": ["Mill Lane", "Quay Street", "Station Road", "the High Street", "Church Row"],
    "year": ["1987", "1994", "2003", "2011", "2019", "2027"],
}
# Kind, what the desk does with it, why, and how many of a hundred are of it.
HOUSE: list[tuple[str, dict[str, str], int]] = [
    ("rude", {"action": "publish"}, 34),
    ("rival", {"action": "reject", "reason": "other"}, 34),
    ("plain", {"action": "publish"}, 22),
    ("hostile", {"action": "reject", "reason": "abusive"}, 10),
]
SENTENCES = {
    "rude": (EARLY_RUDE, LATE_RUDE),
    "rival": (EARLY_RIVAL, LATE_RIVAL),
    "plain": (EARLY_PLAIN, LATE_PLAIN),
    "hostile": (EARLY_HOSTILE, LATE_HOSTILE),
}


@dataclass(frozen=True)
class Case:
    """A comment and what this newsroom decides about it."""

    kind: str
    text: str
    decision: dict[str, str]


def cases(count: int = 300, seed: int = 7) -> list[Case]:
    """So many different comments, oldest first."""
    chance = random.Random(seed)  # noqa: S311 (the same every time)
    made: dict[str, Case] = {}
    while len(made) < count:
        late = len(made) >= count * 4 // 5
        kind, decision, _ = chance.choices(HOUSE, [share for *_, share in HOUSE])[0]
        first = chance.choice(SENTENCES[kind][late])
        second = chance.choice(LATE_MORE if late else EARLY_MORE)
        fill = {name: chance.choice(words) for name, words in FILL.items()}
        text = f"{first} {second}".format(**fill)
        made.setdefault(text, Case(kind, text, decision))
    return list(made.values())


async def post_all(
    client: httpx.AsyncClient, texts: list[str], site: str = "default"
) -> list[dict[str, Any]]:
    """Post comments under fifty articles; what was answered."""
    answers = []
    for number, text in enumerate(texts):
        key = f"a-{number % 50}"
        address = f"/v1/sites/{site}/articles/{key}/comments"
        body = {
            "name": f"Reader {number}",
            "email": f"r{number}@readers.example",
            "body": text,
            "article": {"url": f"https://news.example/{key}", "title": "On the harbour"},
        }
        answer = await client.post(address, json=body)
        assert answer.status_code == 201, answer.text
        answers.append(answer.json())
    return answers


async def decide_all(
    client: httpx.AsyncClient, token: str, posted: list[dict[str, Any]], decided: list[Case]
) -> None:
    """Decide comments at the desk, twenty at a time, in order."""
    pairs = list(zip(posted, decided, strict=True))
    for at in range(0, len(pairs), 20):
        decisions = [
            {"comment_id": answer["comment"]["id"], **case.decision}
            for answer, case in pairs[at : at + 20]
        ]
        answer = await client.post(DECISIONS, json={"decisions": decisions}, headers=bearer(token))
        assert answer.status_code == 200, answer.text
        assert {one["outcome"] for one in answer.json()["results"]} <= {"applied", "unchanged"}


async def status_of(client: httpx.AsyncClient, body: str, **more: Any) -> str:
    """What becomes of a fresh comment."""
    status: str = (await post(client, body, **more))["comment"]["status"]
    return status
