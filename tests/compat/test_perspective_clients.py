"""Perspective's real clients, pointed at a running server and nothing else changed."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from googleapiclient import discovery
from googleapiclient.errors import HttpError
from live import LiveServer
from npm import install
from perspective import FRIENDLY, INSULT, SIX

# The client's address is a constant; what it is built on lets a program send requests elsewhere.
SCRIPT = """
const axios = require('axios');
const Perspective = require('perspective-api-client');
const [url, key] = process.argv.slice(2);
axios.interceptors.request.use(request => {
  request.url = request.url.replace('https://commentanalyzer.googleapis.com', url);
  return request;
});
const client = new Perspective({apiKey: key});
const wrong = new Perspective({apiKey: 'rk' + 'a'.repeat(40)});
const failing = promise => promise.then(() => null, error => error.message);
(async () => {
  const told = {
    insult: await client.analyze(process.env.INSULT, {attributes: ['toxicity', 'threat']}),
    one: await client.analyze('<p>' + process.env.FRIENDLY + '</p>'),
    resource: await client.analyze({
      comment: {text: process.env.INSULT},
      requestedAttributes: {TOXICITY: {scoreThreshold: 0.99999}},
    }),
    empty: await failing(client.analyze('', {validate: false})),
    attribute: await failing(client.analyze('Hello', {attributes: ['niceness']})),
    key: await failing(wrong.analyze('Hello')),
  };
  console.log(JSON.stringify(told));
})();
"""


@pytest.fixture
def google(live_server: LiveServer) -> Any:
    """Google's client for Python, built from our description."""
    return discovery.build(
        "commentanalyzer",
        "v1alpha1",
        developerKey=live_server.publisher_key,
        discoveryServiceUrl=f"{live_server.url}/$discovery/rest?version=v1alpha1",
        static_discovery=False,
    )


def analyze(google: Any, text: str, *names: str, **more: Any) -> Any:
    attributes = {name: {} for name in names or ("TOXICITY",)}
    body = {"comment": {"text": text}, "requestedAttributes": attributes, **more}
    return google.comments().analyze(body=body).execute()


def test_googles_client_scores_a_comment(google: Any) -> None:
    with google:
        insult = analyze(google, INSULT, *SIX, spanAnnotations=True, doNotStore=True)
        friendly = analyze(google, FRIENDLY)
    assert insult["attributeScores"].keys() == SIX.keys()
    assert insult["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.8
    assert friendly["attributeScores"]["TOXICITY"]["summaryScore"]["value"] < 0.2
    assert friendly["languages"] == ["en"]


def test_googles_client_understands_errors(google: Any) -> None:
    with google:
        with pytest.raises(HttpError) as raised:
            analyze(google, "Когда наконец откроют мост?")
        assert raised.value.resp.status == 400
        assert raised.value.reason == "Attribute TOXICITY does not support request languages: ru"
        # What programs in the wild look for.
        assert "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE" in str(raised.value)
        with pytest.raises(HttpError, match=r"Comment must be non-empty\."):
            analyze(google, "")


def test_googles_client_suggests_a_score(google: Any, live_server: LiveServer) -> None:
    body = {
        "comment": {"text": "A comment that a moderator let through."},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.0}}},
        "clientToken": "comment:1",
    }
    with google:
        answer = google.comments().suggestscore(body=body).execute()
    assert answer["clientToken"] == "comment:1"


async def test_the_client_of_npm(live_server: LiveServer, tmp_path: Path) -> None:
    install("perspective-api-client@3", tmp_path, "npm's client of Perspective asked nothing")
    (tmp_path / "ask.cjs").write_text(SCRIPT)
    told = await asyncio.to_thread(
        subprocess.run,
        ["node", "ask.cjs", live_server.url, live_server.publisher_key],
        cwd=tmp_path,
        env={**live_server.env, "INSULT": INSULT, "FRIENDLY": FRIENDLY},
        check=True,
        capture_output=True,
        timeout=60,
    )
    answers = json.loads(told.stdout)
    assert answers["insult"]["attributeScores"].keys() == {"TOXICITY", "THREAT"}
    assert answers["insult"]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.8
    assert answers["one"]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] < 0.2
    assert "attributeScores" not in answers["resource"]
    assert answers["empty"] == "Comment must be non-empty."
    assert answers["attribute"] == "Unknown requested attribute: NICENESS"
    assert answers["key"] == "API key not valid. Please pass a valid API key."
