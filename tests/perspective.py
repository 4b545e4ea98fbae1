"""What clients of Perspective send."""

from typing import Any

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"
INSULT = "You are a complete idiot and everybody here knows it."
FRIENDLY = "Thank you for this article, I learnt something about the ferry."
SIX = {
    name: {}
    for name in (
        "TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT",
    )
}  # fmt: skip


def asking(text: str = INSULT, *names: str, **more: Any) -> dict[str, Any]:
    attributes = {name: {} for name in names or ("TOXICITY",)}
    return {"comment": {"text": text}, "requestedAttributes": attributes, **more}


def suggesting(text: str = INSULT, **scores: float) -> dict[str, Any]:
    return {
        "comment": {"text": text},
        "attributeScores": {
            name: {"summaryScore": {"value": value}} for name, value in scores.items()
        },
        "communityId": "Coral:https://courier.example",
        "clientToken": "comment:7",
    }
