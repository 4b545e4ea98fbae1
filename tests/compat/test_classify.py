"""`POST /v1/classify`: scores of many texts, with the model of whoever asks."""

import asyncio
from typing import Any, cast

import httpx
import pytest
from support import loaded_scorer
from thread import bearer

from classifiers import LABELS, Model
from service.screening.assessing import Assessor

URL = "/v1/classify"
FRIENDLY = "A fine remark on the ferry, thank you."
INSULT = "You are a fucking idiot, nobody wants to read this."
RUSSIAN = "Когда наконец откроют мост? Мы ждём уже третий год."


@pytest.fixture
def model() -> Model:
    return cast("Model", loaded_scorer().model)


async def test_each_text_is_answered_in_order(
    client: httpx.AsyncClient, publisher_key: str, model: Model
) -> None:
    texts = [FRIENDLY, INSULT, RUSSIAN, "", "🙂", "x" * 30_000]
    answer = await client.post(URL, json={"texts": texts}, headers=bearer(publisher_key))
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"items", "model"}
    assert body["model"] == model.id
    assert [item.keys() for item in body["items"]] == [{"scores", "language", "grounded"}] * 6
    for text, item in zip(texts, body["items"], strict=True):
        assert item["scores"].keys() == set(LABELS)
        if item["grounded"]:
            # Unrounded: what the model says to the last digit.
            assert item["scores"] == model.score([text])[0].scores
    friendly, insult, russian, *_ = body["items"]
    assert friendly["scores"]["abuse"] < 0.1
    assert insult["scores"]["abuse"] > 0.9
    assert (russian["language"], russian["grounded"]) == ("ru", False)


async def test_evidence_points_at_the_words(client: httpx.AsyncClient, publisher_key: str) -> None:
    answer = await client.post(
        f"{URL}?evidence=true", json={"texts": [f"🙂 {INSULT}"]}, headers=bearer(publisher_key)
    )
    [item] = answer.json()["items"]
    assert item["evidence"].keys() == set(LABELS)
    first = item["evidence"]["insult"][0]
    assert first.keys() == {"begin", "end", "weight"}
    assert f"🙂 {INSULT}"[first["begin"] : first["end"]] in {"fucking", "idiot"}


async def test_a_moderator_asks_for_a_site_or_for_none(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    for query, status in (("", 200), ("?site=default", 200), ("?site=nowhere", 404)):
        answer = await client.post(
            URL + query, json={"texts": [FRIENDLY]}, headers=bearer(moderator_token)
        )
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"texts": []}, 200),
        ({"texts": ["a"] * 1000}, 200),
        ({"texts": ["a"] * 1001}, 422),
        ({"texts": [None]}, 422),
        ({"texts": "a"}, 422),
        ({}, 422),
    ],
)
async def test_how_many_texts_are_taken(
    client: httpx.AsyncClient, publisher_key: str, body: Any, status: int
) -> None:
    answer = await client.post(URL, json=body, headers=bearer(publisher_key))
    assert answer.status_code == status
    if status == 200:
        assert len(answer.json()["items"]) == len(body["texts"])


async def test_four_megabytes_are_taken_and_no_more(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    for texts, status in ((41, 200), (43, 413)):
        answer = await client.post(
            URL, json={"texts": ["word " * 20_000] * texts}, headers=bearer(publisher_key)
        )
        assert answer.status_code == status
    answer = await client.post(URL, json={"texts": ["x" * 100_001]}, headers=bearer(publisher_key))
    assert answer.status_code == 422


async def test_whoever_comes_while_too_much_waits_is_sent_away(
    client: httpx.AsyncClient, publisher_key: str, state: dict[str, Any]
) -> None:
    body = {"texts": ["A fine remark. " * 4000] * 60}
    answers = await asyncio.gather(
        *(client.post(URL, json=body, headers=bearer(publisher_key)) for _ in range(6))
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 200, 503, 503, 503, 503]
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["retry-after"] == "5"
    # What has been worked off makes room.
    again = await client.post(URL, json={"texts": [FRIENDLY]}, headers=bearer(publisher_key))
    assert again.status_code == 200


async def test_a_large_request_keeps_no_other_waiting(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    large = asyncio.create_task(
        client.post(URL, json={"texts": [INSULT] * 1000}, headers=bearer(publisher_key))
    )
    await asyncio.sleep(0.02)
    small = await client.post(URL, json={"texts": [FRIENDLY]}, headers=bearer(publisher_key))
    assert small.status_code == 200
    assert not large.done()
    assert (await large).status_code == 200


async def test_without_a_model_nothing_is_called_clean(state: dict[str, Any]) -> None:
    state["assessor"]._scorer.model, kept = None, state["assessor"]._scorer.model
    try:
        with pytest.raises(Exception, match="not loaded"):
            await cast("Assessor", state["assessor"]).model_of(None)
    finally:
        state["assessor"]._scorer.model = kept
