"""Languages that the classifier hasn't learnt: not judged is not clean."""

# ruff: noqa: RUF001 - letters of other alphabets are what this is about

from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thread import bearer, post

from classifiers import LABELS
from service.core.db import Pool
from service.screening.actions import screen
from service.screening.store import insert_policy
from service.screening.types import (
    Context,
    Duplicates,
    History,
    Policy,
    Scores,
    SitePolicy,
)

RUSSIAN = "Когда наконец откроют мост? Мы ждём уже третий год, а чиновники только обещают."
INSULT = "You are a fucking idiot, go kill yourself."


async def signals_of(pool: Pool, posted: dict[str, Any]) -> dict[str, Any]:
    text = await pool.fetchval(
        "select signals from screening where comment_id = $1", posted["comment"]["id"]
    )
    return {signal["check"]: signal for signal in msgspec.json.decode(text)}


async def put(pool: Pool, site: Any, state: dict[str, Any], policy: Policy) -> None:
    async with pool.acquire() as conn:
        assert await insert_policy(conn, site.id, 1, policy, None)
    state["policies"]._known.clear()


async def test_what_is_not_judged_has_no_score_and_stands_above_the_clean(
    client: httpx.AsyncClient, pool: Pool, moderator_token: str
) -> None:
    clean = await post(client, "Thank you for this article, my mother worked on that ferry.")
    posted = await post(client, RUSSIAN)
    assert posted["comment"]["status"] == "published"
    answer = await client.get(
        "/v1/moderation/queue?view=new&order=risk", headers=bearer(moderator_token)
    )
    first, second = answer.json()["items"]
    assert (first["id"], second["id"]) == (posted["comment"]["id"], clean["comment"]["id"])
    assert first["risk"] == pytest.approx(0.2)
    signals = {signal["check"]: signal for signal in first["signals"]}
    for label in LABELS:
        assert signals[label]["score"] is None
        assert signals[label]["verdict"] == "nothing"
        assert signals[label]["evidence"].items() >= {"grounded": False, "language": "ru"}.items()
    assert signals["language"]["fires"]
    assert signals["language"]["evidence"] == {"language": "ru", "grounded": False, "judged": 0.0}


async def test_an_unknown_language_holds_where_a_site_says_so(
    client: httpx.AsyncClient, pool: Pool, site: Any, state: dict[str, Any]
) -> None:
    await put(pool, site, state, Policy(unknown_language="hold"))
    assert (await post(client, RUSSIAN))["comment"]["status"] == "held"
    assert (await post(client, "Fine words."))["comment"]["status"] == "published"
    assert (await post(client, "Der Bericht ist gut."))["comment"]["status"] == "published"


@pytest.mark.parametrize(
    "body",
    [
        f"{RUSSIAN} {INSULT} {RUSSIAN}",
        f"El puente sigue cerrado y nadie hace nada por la gente. {INSULT}",
    ],
)
async def test_an_insult_in_english_is_judged_among_other_words(
    body: str, client: httpx.AsyncClient, pool: Pool
) -> None:
    posted = await post(client, body)
    assert posted["comment"]["status"] == "held"
    signals = await signals_of(pool, posted)
    assert signals["abuse"]["score"] > 0.8
    spans = signals["abuse"]["evidence"]["spans"]
    assert any("idiot" in body[span["begin"] : span["end"]] for span in spans)
    assert signals["language"]["evidence"]["grounded"] is False
    assert 0 < signals["language"]["evidence"]["judged"] < 0.6


async def test_a_part_that_is_not_judged_is_said(client: httpx.AsyncClient, pool: Pool) -> None:
    body = f"My mother worked on that ferry for twenty years and nobody asked her. {RUSSIAN[:27]}"
    posted = await post(client, body)
    signals = await signals_of(pool, posted)
    assert signals["language"]["fires"]
    assert signals["language"]["evidence"]["language"] == "en"
    assert signals["abuse"]["score"] is not None
    risk = await pool.fetchval(
        "select risk from comment where id = $1::uuid", posted["comment"]["id"]
    )
    assert risk >= 0.19


async def test_a_disguise_is_no_other_language(client: httpx.AsyncClient, pool: Pool) -> None:
    body = INSULT.translate(str.maketrans("oaey", "\u043e\u0430\u0435\u0443"))
    posted = await post(client, body)
    assert posted["comment"]["status"] == "held"
    assert (await signals_of(pool, posted))["language"]["evidence"]["language"] == "en"


def context(body: str, policy: Policy, code: str, score: float, *, grounded: bool) -> Context:
    return Context(
        body=body,
        name="Ana",
        website=None,
        article_mode=None,
        policy=SitePolicy(msgspec.UNSET, 1, policy),  # type: ignore[arg-type] # not looked at
        scores=Scores("m", dict.fromkeys(LABELS, score), code, grounded=grounded, thresholds={}),
        history=History(confirmed=False, published=0, refused=0),
        duplicates=Duplicates(),
        recent_by_reader=0,
        recent_by_address=0,
        sanction=None,
        form_age=None,
        honeypot=False,
    )


@given(st.floats(0, 1))
def test_a_score_without_ground_decides_nothing(score: float) -> None:
    screening = screen(context(RUSSIAN, Policy(), "ru", score, grounded=False))
    assert (screening.verdict, screening.risk) == ("publish", 0.2)
