"""Screening of posted comments, with the real classifier and the real database."""

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec
import pytest
from thread import bearer, new, post, read, thread

from classifiers import Scored
from service.core.db import Pool
from service.screening.scorer import Scorer
from service.screening.store import insert_policy
from service.screening.types import Policy

CAMPAIGN = (
    "I made four thousand dollars last month working from home two hours a day, ask me how on my "
    "page and start earning this very evening without any experience."
)


async def signals_of(pool: Pool, ident: str) -> dict[str, Any]:
    text = await pool.fetchval("select signals from screening where comment_id = $1", ident)
    return {signal["check"]: signal for signal in msgspec.json.decode(text)}


@pytest.mark.parametrize(
    "body",
    [
        "You are a fucking idiot, go kill yourself.",
        "BUY CHEAP VIAGRA NOW http://pills.example best price, casino bonus http://bet.example",
    ],
)
async def test_abuse_and_spam_are_not_published(body: str, client: httpx.AsyncClient) -> None:
    posted = await post(client, body)
    assert posted["comment"]["status"] in {"held", "spam"}
    assert posted["comment"]["reason"] in {"abusive", "offensive", "harassment_bullying", "spam"}
    assert posted["notice"]
    assert (await read(client))["count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        "Thank you for this article. My mother worked on that ferry for twenty years.",
        "I disagree: the council had no choice, and the figures on page 14 show it.",
        "First!",
        "👍",
        "Der Bericht ist sehr gut, danke.",
        "Дякую за статтю.",
    ],
)
async def test_ordinary_comments_are_published(body: str, client: httpx.AsyncClient) -> None:
    posted = await post(client, body)
    assert posted["comment"]["status"] == "published", posted


class Broken:
    """A classifier that fails."""

    id = "broken"

    def thresholds_in(self, language: str) -> dict[str, dict[str, float]]:
        raise AssertionError(language)

    def score(
        self, texts: Sequence[str], *, evidence: bool = False, evidence_from: float = 0.0
    ) -> list[Scored]:
        raise MemoryError(len(texts), evidence, evidence_from)


@pytest.mark.parametrize("scorer", [Scorer(Broken()), Scorer(None)], ids=["fails", "missing"])
@pytest.mark.parametrize("body", ["Fine words.", "Fine words. " * 400], ids=["short", "long"])
async def test_without_the_classifier_comments_are_held_not_lost(
    scorer: Scorer, body: str, client: httpx.AsyncClient, state: dict[str, Any], pool: Pool
) -> None:
    good = state["scorer"]
    state["scorer"] = scorer
    posted = await post(client, body)
    state["scorer"] = good
    assert posted["comment"]["status"] == "held"
    signals = await signals_of(pool, posted["comment"]["id"])
    assert signals["classifier"]["verdict"] == "hold"
    assert signals["classifier"]["evidence"]["error"]
    assert (await read(client))["count"] == 0


async def test_a_copy_of_what_people_refused_is_held(
    client: httpx.AsyncClient, moderator_token: str, pool: Pool
) -> None:
    first = await post(client, CAMPAIGN, email="one@spam.example")
    body = {"decisions": [{"comment_id": first["comment"]["id"], "action": "spam"}]}
    await client.post("/v1/moderation/decisions", json=body, headers=bearer(moderator_token))
    again = CAMPAIGN.replace("four thousand", "five thousand").replace("o", "\u043e", 3)
    second = await post(client, again, email="two@spam.example", article_key="a-2")
    signals = await signals_of(pool, second["comment"]["id"])
    assert signals["duplicate"]["evidence"]["near_refused"] == 1
    assert signals["duplicate"]["verdict"] == "hold"


async def test_the_same_words_of_many_readers_are_held(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    text = "Sign the petition for the evening ferry, the council must listen to the people here."
    statuses = [
        (await post(client, text, email=f"r{n}@readers.example"))["comment"]["status"]
        for n in range(4)
    ]
    assert statuses == ["published"] * 3 + ["held"]
    # A common short phrase is nobody's campaign.
    for n in range(5):
        short = await post(client, "Thank you!", email=f"r{n}@readers.example")
        assert short["comment"]["status"] == "published"


async def test_a_ticket_and_the_hidden_field_are_signals_not_walls(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    ticket = (await read(client))["ticket"]
    fast = await post(client, "Quick words.", ticket=ticket)
    assert fast["comment"]["status"] == "published"
    signals = await signals_of(pool, fast["comment"]["id"])
    assert signals["timing"]["evidence"]["seconds"] <= 2
    filled = await post(client, "More words.", company="Robots Inc.")
    assert filled["comment"]["status"] == "held"


async def test_a_site_s_policy_is_in_force_at_once(
    client: httpx.AsyncClient, pool: Pool, site: Any, state: dict[str, Any]
) -> None:
    await post(client, "About the bridge.")
    async with pool.acquire() as conn, conn.transaction():
        assert await insert_policy(conn, site.id, 1, Policy(banned_words=["bridge*"]), None)
        await conn.execute("select pg_notify('policy', $1)", str(site.id))
    for n in range(50):
        posted = await post(client, f"The BRIDGES again {n}.")
        if posted["comment"]["status"] == "held":
            break
    assert posted["comment"]["reason"] == "banned_word"
    signals = await signals_of(pool, posted["comment"]["id"])
    [word] = signals["banned_word"]["evidence"]["words"]
    assert f"The BRIDGES again {n}."[word["begin"] : word["end"]] == "BRIDGES"


async def test_an_edit_is_screened_again(client: httpx.AsyncClient, pool: Pool) -> None:
    posted = await post(client, "Fine words.")
    ident = posted["comment"]["id"]
    edited = await client.patch(
        f"/v1/sites/default/comments/{ident}",
        json={"body": "You are a fucking idiot, go kill yourself."},
        headers=bearer(posted["edit_token"]),
    )
    assert edited.json()["comment"]["status"] in {"held", "spam"}
    assert (await read(client))["count"] == 0
    assert await pool.fetchval("select count(*) from screening") == 2
    assert await pool.fetchval("select count(*) from ledger") == 2


async def test_a_comment_its_screening_and_its_ledger_row_come_together(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    await pool.execute("alter table ledger add check (to_status <> 'published')")
    assert (await client.post(thread(), json=new())).status_code == 500
    for table in ("comment", "screening", "ledger", "reader", "fingerprint_band"):
        assert await pool.fetchval(f"select count(*) from {table}") == 0, table
