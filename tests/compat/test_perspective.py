"""Perspective's protocol: scores, thresholds, spans, languages, corrections."""

import json
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from perspective import ANALYZE, FRIENDLY, INSULT, SIX, SUGGEST, asking, suggesting
from support import running_app

from service.compat.attributes import ATTRIBUTES
from service.core.db import Pool

GERMAN = "Du bist doch ein dummes Arschloch, geh zurück in dein Loch und halt die Fresse."
RUSSIAN = "Когда наконец откроют мост? Мы ждём уже третий год."


@pytest.fixture
def ask(client: httpx.AsyncClient, publisher_key: str) -> Any:
    async def call(body: Any, path: str = ANALYZE, **query: str) -> httpx.Response:
        return await client.post(path, json=body, params={"key": publisher_key, **query})

    return call


def value(answer: httpx.Response, name: str = "TOXICITY") -> float:
    assert answer.status_code == 200, answer.text
    score = answer.json()["attributeScores"][name]["summaryScore"]
    assert score["type"] == "PROBABILITY"
    found: float = score["value"]
    return found


async def test_the_answer_has_the_originals_shape(ask: Any) -> None:
    answer = await ask(asking(clientToken="c-1", sessionId="s", communityId="x", doNotStore=True))
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert body.keys() == {"attributeScores", "languages", "detectedLanguages", "clientToken"}
    assert (body["languages"], body["detectedLanguages"]) == (["en"], ["en"])
    assert body["clientToken"] == "c-1"
    scores = body["attributeScores"]["TOXICITY"]
    assert scores.keys() == {"spanScores", "summaryScore"}
    [span] = scores["spanScores"]
    assert (span["begin"], span["end"]) == (0, len(INSULT))
    assert span["score"] == scores["summaryScore"]


@pytest.mark.parametrize(
    "names", [(name,) for name in ATTRIBUTES] + [tuple(ATTRIBUTES), tuple(SIX)]
)
async def test_any_subset_of_attributes_is_answered(ask: Any, names: tuple[str, ...]) -> None:
    answer = await ask(asking(INSULT, *names))
    assert list(answer.json()["attributeScores"]) == list(names)


async def test_scores_lie_where_thresholds_are_set(ask: Any) -> None:
    insult = await ask(asking(INSULT, *SIX))
    assert value(insult) > 0.8
    assert value(insult, "INSULT") > 0.8
    assert value(insult, "THREAT") < 0.5
    friendly = await ask(asking(FRIENDLY, *SIX, "SPAM"))
    assert all(value(friendly, name) < 0.2 for name in (*SIX, "SPAM"))
    spam = await ask(
        asking("Earn $5000 a week from home! Visit http://cash.example/now and join free", "SPAM")
    )
    assert value(spam, "SPAM") > 0.8


async def test_what_is_under_its_threshold_is_left_out(ask: Any) -> None:
    body = asking()
    body["requestedAttributes"] = {
        "TOXICITY": {"scoreThreshold": 0.5},
        "THREAT": {"scoreThreshold": 0.9, "scoreType": "PROBABILITY"},
    }
    assert list((await ask(body)).json()["attributeScores"]) == ["TOXICITY"]
    del body["requestedAttributes"]["TOXICITY"]
    answer = await ask(body)
    assert answer.status_code == 200
    assert "attributeScores" not in answer.json()
    exact = value(await ask(asking()))
    body["requestedAttributes"] = {"TOXICITY": {"scoreThreshold": exact}}
    assert value(await ask(body)) == exact


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        (
            "What kind of idiot name is foo? Sorry, I like your name.",
            ["What kind of idiot name is foo?", "Sorry, I like your name."],
        ),
        ("🙂 Idiot! 🙂 Nice article.", ["🙂 Idiot!", "🙂 Nice article."]),
        ("  One line\nYou moron\n\n", ["One line", "You moron"]),
        ("You idiot", ["You idiot"]),
    ],
)
async def test_sentences_are_found_again_by_utf16_offsets(
    ask: Any, text: str, spans: list[str]
) -> None:
    answer = await ask(asking(text, "TOXICITY", "INSULT", spanAnnotations=True))
    units = text.encode("utf-16-le")
    for scores in answer.json()["attributeScores"].values():
        found = [
            units[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le")
            for span in scores["spanScores"]
        ]
        assert found == spans
    values = [span["score"]["value"] for span in scores["spanScores"]]
    rude = [number for number, span in enumerate(spans) if "diot" in span or "moron" in span]
    assert values.index(max(values)) in rude


async def test_html_is_read_as_its_reader_sees_it(ask: Any) -> None:
    text = "<p>Nice&nbsp;day.</p><p>You <b>id</b>iot &amp; fool!</p><script>kill()</script>"
    body = asking(text, spanAnnotations=True)
    body["comment"]["type"] = "HTML"
    answer = await ask(body)
    spans = answer.json()["attributeScores"]["TOXICITY"]["spanScores"]
    assert [text[span["begin"] : span["end"]] for span in spans] == [
        "Nice&nbsp;day.",
        "You <b>id</b>iot &amp; fool!",
    ]
    alone = await ask(asking("Nice day.\nYou idiot & fool!"))
    assert value(answer) == pytest.approx(value(alone), abs=0.05)


async def test_languages_are_the_callers_or_detected(ask: Any) -> None:
    german = (await ask(asking(GERMAN))).json()
    assert (german["languages"], german["detectedLanguages"]) == (["de"], ["de"])
    said = (await ask(asking(INSULT, languages=["en-GB"]))).json()
    assert (said["languages"], said["detectedLanguages"]) == (["en-GB"], ["en"])
    both = await ask(asking(INSULT, languages=["fr", "en"]))
    assert both.status_code == 200


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            asking(RUSSIAN),
            {"attribute": "TOXICITY", "detectedLanguages": ["ru"]},
        ),
        (
            asking(GERMAN, "TOXICITY", "THREAT"),
            {"attribute": "THREAT", "detectedLanguages": ["de"]},
        ),
        (
            asking(INSULT, "THREAT", languages=["th"]),
            {
                "attribute": "THREAT",
                "requestedLanguages": ["th"],
                "detectedLanguages": ["en"],
            },
        ),
    ],
)
async def test_a_language_without_ground_is_the_originals_error(
    ask: Any, body: Any, told: dict[str, Any]
) -> None:
    answer = await ask(body)
    assert answer.status_code == 400
    error = answer.json()["error"]
    language = (told.get("requestedLanguages") or told["detectedLanguages"])[0]
    assert error["message"] == (
        f"Attribute {told['attribute']} does not support request languages: {language}"
    )
    assert error["details"] == [
        {
            "@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error",
            "errorType": "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
            "languageNotSupportedByAttributeError": told,
        }
    ]


async def test_protocol_buffers_other_spellings_are_read(ask: Any) -> None:
    plain = value(await ask(asking()))
    odd = {
        "comment": {"text": INSULT, "type": None},
        "requested_attributes": {"TOXICITY": {"score_threshold": "0.1"}, "INSULT": None},
        "do_not_store": True,
        "span_annotations": None,
        "languages": None,
    }
    answer = await ask(odd)
    assert value(answer) == plain
    assert list(answer.json()["attributeScores"]) == ["TOXICITY", "INSULT"]


async def kept(pool: Pool) -> list[str]:
    return [row["text"] for row in await pool.fetch("select text from kept_text order by id")]


async def test_nothing_is_stored_unless_caller_and_editor_allow_it(
    ask: Any, state: dict[str, Any]
) -> None:
    pool = state["pool"]
    await ask(asking())
    await ask(asking(doNotStore=False))
    assert await kept(pool) == []
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute("update api_key set keeps = true")
    state["keys"]._forget()
    await ask(asking("Not this one, please.", doNotStore=True))
    await ask(asking("This one may be kept.\0", doNotStore=False))
    assert await kept(pool) == ["This one may be kept."]
    [scores] = await pool.fetch("select scores from kept_text")
    assert json.loads(scores["scores"]).keys() == {"TOXICITY"}


async def examples(pool: Pool) -> list[tuple[str, str, bool]]:
    rows = await pool.fetch("select text, label, trusted from example order by id")
    return [(row["text"], row["label"], row["trusted"]) for row in rows]


async def test_a_suggested_score_waits_in_quarantine(ask: Any, state: dict[str, Any]) -> None:
    answer = await ask(suggesting(TOXICITY=1, SPAM=0), SUGGEST)
    assert answer.status_code == 200
    assert answer.json() == {"clientToken": "comment:7", "detectedLanguages": ["en"]}
    await ask(suggesting(FRIENDLY, TOXICITY=0), SUGGEST)
    assert await examples(state["pool"]) == [
        (INSULT, "ham", False),
        (INSULT, "abuse", False),
        (FRIENDLY, "fine", False),
    ]
    # A correction of the correction.
    await ask(suggesting(TOXICITY=0), SUGGEST)
    assert (INSULT, "fine", False) in await examples(state["pool"])
    assert len(await examples(state["pool"])) == 3


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        ({"TOXICITY": 0.9}, ["abuse"]),
        ({"TOXICITY": 0.5}, []),
        ({"TOXICITY": 0.1, "INSULT": 0.9}, ["fine"]),
        ({"INSULT": 0.9}, ["abuse"]),
        ({"INSULT": 0.1}, []),
        ({"SPAM": 1}, ["spam"]),
        ({"SPAM": 0.1, "TOXICITY": 0.1}, ["ham", "fine"]),
    ],
)
async def test_what_a_suggestion_says(
    ask: Any, state: dict[str, Any], scores: dict[str, float], labels: list[str]
) -> None:
    assert (await ask(suggesting(**scores), SUGGEST)).status_code == 200
    assert [label for _, label, _ in await examples(state["pool"])] == labels


async def test_spans_alone_are_a_suggestion_too(ask: Any, state: dict[str, Any]) -> None:
    body = suggesting()
    body["attributeScores"] = {
        "TOXICITY": {"spanScores": [{"begin": 0, "end": 9, "score": {"value": 0.9}}]}
    }
    assert (await ask(body, SUGGEST)).status_code == 200
    assert await examples(state["pool"]) == [(INSULT, "abuse", False)]


async def test_the_examples_are_the_keys_own(
    ask: Any, state: dict[str, Any], publisher_key: str
) -> None:
    await ask(suggesting(TOXICITY=1), SUGGEST)
    key = await state["keys"].find(publisher_key)
    [row] = await state["pool"].fetch("select api_key_id, site_id, source, score from example")
    assert (row["api_key_id"], row["site_id"]) == (UUID(str(key.id)), key.site_id)
    assert (row["source"], row["score"]) == ("suggestscore", 1.0)


async def test_the_document_describes_both_methods(client: httpx.AsyncClient) -> None:
    answer = await client.get("/$discovery/rest", params={"version": "v1alpha1"})
    assert answer.status_code == 200
    document = answer.json()
    assert document["rootUrl"] == "https://comments.example/"
    methods = document["resources"]["comments"]["methods"]
    assert methods.keys() == {"analyze", "suggestscore"}
    for method in methods.values():
        assert method["request"]["$ref"] in document["schemas"]
        assert method["response"]["$ref"] in document["schemas"]
    asked = document["schemas"]["AnalyzeCommentRequest"]["properties"]
    assert asked["requestedAttributes"] == {
        "type": "object",
        "additionalProperties": {"$ref": "AttributeParameters"},
    }


async def test_coral_asks_as_its_source_does(ask: Any, state: dict[str, Any]) -> None:
    """coralproject/talk, server/src/core/server/services/perspective/perspective.ts."""
    asked = {
        "comment": {"text": INSULT},
        "doNotStore": True,
        "requestedAttributes": {"TOXICITY": {}},
        "languages": ["en"],
    }
    assert value(await ask(asked)) > 0.8
    entry = {
        "url": "https://news.example/a?commentID=7",
        "reply_to_id_Coral_comment_id": None,
        "Coral_comment_id": "7",
    }
    decided = {
        "comment": {"text": INSULT},
        "context": {"entries": [{"text": json.dumps(entry)}]},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
        "languages": ["en"],
        "communityId": "Coral:https://talk.news.example",
        "clientToken": "comment:7",
    }
    answer = await ask(decided, SUGGEST)
    assert answer.json()["clientToken"] == "comment:7"
    assert await examples(state["pool"]) == [(INSULT, "abuse", False)]


async def test_it_is_answered_below_a_prefix(settings: Any, publisher_key: str) -> None:
    below = msgspec.structs.replace(settings, public_url="https://news.example/rejoinder")
    async with running_app(below) as (app, _):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="https://news.example/rejoinder"
        ) as there:
            answer = await there.post(ANALYZE, json=asking(), params={"key": publisher_key})
            assert value(answer) > 0.8
            document = (await there.get("/$discovery/rest")).json()
            assert document["rootUrl"] == "https://news.example/rejoinder/"


async def test_a_sites_own_pages_may_ask(client: httpx.AsyncClient, publisher_key: str) -> None:
    for origin, allowed in (("https://news.example", True), ("https://other.example", False)):
        preflight = await client.options(
            ANALYZE,
            headers={
                "origin": origin,
                "access-control-request-method": "POST",
                "access-control-request-headers": "content-type,x-goog-api-key",
            },
        )
        asked = await client.post(
            ANALYZE, json=asking(), headers={"origin": origin, "x-goog-api-key": publisher_key}
        )
        for answer in (preflight, asked):
            assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
        assert "x-goog-api-key" in preflight.headers["access-control-allow-headers"]
        assert asked.status_code == 200
