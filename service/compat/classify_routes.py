"""`POST /v1/classify`: what the classifier says of many texts at once."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from service.accounts.auth import MODERATOR, bearer, require_moderator
from service.articles.sites import one_site
from service.compat.callers import require_classify
from service.core.http import Endpoint, json_response, query_choice, read_json
from service.screening.assessing import Assessor
from service.screening.plain import Evidence, Scored

LARGEST = 4 << 20
MOST = 1000
LONGEST = 100_000  # characters: a fifth of a second of work


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to 1,000 texts of up to 100,000 characters each."""

    texts: Annotated[list[Annotated[str, Meta(max_length=LONGEST)]], Meta(max_length=MOST)]


class Classified(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the classifier says of one text.

    `scores` are unrounded probabilities. `language` is ISO 639-1 or `und`; where `grounded` is
    false, the model never learnt from that language and its scores say nothing of it. `evidence`
    only where it is asked for: of each label the passages that count most, with offsets in code
    points and weights in log-odds.
    """

    scores: dict[str, float]
    language: str
    grounded: bool
    evidence: dict[str, list[Evidence]] | msgspec.UnsetType = msgspec.UNSET


class ClassifyAnswer(msgspec.Struct, frozen=True):
    """One item a text, in order, and the model that judged."""

    items: list[Classified]
    model: str


async def classify(request: Request[Any]) -> Response:
    """Score texts with the model of the key's site; a moderator may name one of its sites."""
    state = request.state
    if bearer(request).startswith(MODERATOR):
        moderator = await require_moderator(request)
        slug = request.query_params.get("site")
        site = await one_site(request, moderator.covers, slug) if slug else None
        key, site_id = None, site.id if site else None
    else:
        key = await require_classify(request)
        site_id = key.site_id
    asked = await read_json(request, Texts, LARGEST)
    if key is not None and len(asked.texts) > 1:
        # One was taken before the body was read.
        await state["keys"].spend(key, len(asked.texts) - 1)
    evidence = query_choice(request, "evidence", ("false", "true")) == "true"
    assessor: Assessor = state["assessor"]
    model = await assessor.model_of(site_id)
    scored = await assessor.score(model, asked.texts, evidence=evidence)
    if key is not None:
        state["usage"].count(key)
    items = [_item(one, evidence=evidence) for one in scored]
    return json_response(ClassifyAnswer(items, model.id))


def _item(scored: Scored, *, evidence: bool) -> Classified:
    return Classified(
        scored.scores,
        scored.language,
        scored.grounded,
        scored.evidence if evidence else msgspec.UNSET,
    )


ENDPOINTS = [
    Endpoint(
        "POST", "/v1/classify", classify, "Scores of texts, and why", access="classify",
        body=Texts, answer=ClassifyAnswer, query=("evidence", "site"), largest=LARGEST,
    ),
]  # fmt: skip
