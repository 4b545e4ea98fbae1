"""Clients that others have written, against a running server."""

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import akismet
import httpx
import pytest
from compat.akismet_site import ADDRESS, BLOG, FRIENDLY, SPAM
from live import LiveServer
from npm import install

COMMENT = {"comment_type": "comment", "comment_author": "Ann", "user_agent": "Mozilla/5.0"}

# The key is a part of the host here, as the older protocol has it. KEY.localhost is this machine,
# but not every resolver knows.
SCRIPT = """
const dns = require('dns')
dns.lookup = (host, options, done) => options.all
  ? done(null, [{ address: '127.0.0.1', family: 4 }])
  : done(null, '127.0.0.1', 4)
const { AkismetClient } = require('akismet-api')
const [key, host, friendly, spam, ip] = process.argv.slice(1)
const of = key => new AkismetClient({
  key, blog: 'https://news.example', host, protocol: 'http', charset: 'UTF-8', lang: 'en'
})
const main = async () => {
  const client = of(key)
  const comment = { ip, useragent: 'Mozilla/5.0', name: 'Ann', content: friendly }
  const outcome = {
    valid: await client.verifyKey(),
    wrong: await of('wrong').verifyKey(),
    friendly: await client.checkSpam(comment),
    spam: await client.checkSpam({ ...comment, content: spam }),
    honeypot: await client.checkSpam({ ...comment, honeypot: 'x', isTest: true }),
    administrator: await client.checkSpam({ ...comment, content: spam, role: 'administrator' }),
    asked: await of('wrong').checkSpam(comment).catch(error => error.message),
    nobody: await client.checkSpam({ content: friendly }).catch(error => error.message),
    said: [
      (await client.submitSpam({ ...comment, isTest: true })).text,
      (await client.submitHam({ ...comment, isTest: true })).text
    ]
  }
  console.log(JSON.stringify(outcome))
}
main().catch(error => { console.error(error); process.exit(1) })
"""


class Redirected:
    """The vendor's address is written into the client: its requests are sent here instead."""

    def __init__(self, url: str) -> None:
        self.target = httpx.URL(url)

    def move(self, request: httpx.Request) -> None:
        """Change where a request goes."""
        assert request.url.host == "rest.akismet.com"
        request.url = request.url.copy_with(
            scheme=self.target.scheme, host=self.target.host, port=self.target.port
        )
        request.headers["host"] = self.target.netloc.decode()

    async def move_later(self, request: httpx.Request) -> None:
        """The same for the asynchronous client."""
        self.move(request)


def test_pypi_akismet(live_server: LiveServer) -> None:
    moved = Redirected(live_server.url)
    config = akismet.Config(key=live_server.publisher_key, url=BLOG)
    with (
        httpx.Client(event_hooks={"request": [moved.move]}, timeout=30) as http,
        akismet.SyncClient(config=config, http_client=http) as client,
    ):
        friendly = client.comment_check(user_ip=ADDRESS, comment_content=FRIENDLY, **COMMENT)
        assert friendly == akismet.CheckResponse.HAM
        spam = client.comment_check(user_ip=ADDRESS, comment_content=SPAM, **COMMENT)
        assert spam == akismet.CheckResponse.DISCARD
        wanted = {**COMMENT, "comment_author": "viagra-test-123"}
        assert client.comment_check(user_ip=ADDRESS, **wanted) == akismet.CheckResponse.SPAM
        assert client.submit_spam(user_ip=ADDRESS, comment_content=SPAM, is_test=True)
        assert client.submit_ham(user_ip=ADDRESS, comment_content=FRIENDLY, is_test=True)
        assert client.usage_limit()["limit"] == "none"
        # Its key_sites sends no key; as a header, it can be given one.
        with pytest.raises(akismet.APIKeyError):
            client.key_sites()
        http.headers["authorization"] = f"Bearer {live_server.publisher_key}"
        assert client.key_sites()["offset"] == 0
        assert "Site,Total API Calls" in client.key_sites(result_format="csv")
        with pytest.raises(akismet.ProtocolError, match=r'Empty "user_ip" value'):
            client.comment_check(user_ip="")


def test_pypi_akismet_with_a_wrong_key(live_server: LiveServer) -> None:
    moved = Redirected(live_server.url)
    config = akismet.Config(key="wrong", url=BLOG)
    with httpx.Client(event_hooks={"request": [moved.move]}, timeout=30) as http:
        client = akismet.SyncClient(config=config, http_client=http)
        assert not client.verify_key()
        with pytest.raises(akismet.APIKeyError):
            client.comment_check(user_ip=ADDRESS, comment_content=FRIENDLY)
        with pytest.raises(akismet.APIKeyError):
            akismet.SyncClient.validated_client(config=config, http_client=http)


async def test_pypi_akismet_asynchronous(live_server: LiveServer) -> None:
    moved = Redirected(live_server.url)
    config = akismet.Config(key=live_server.publisher_key, url=BLOG)
    async with (
        httpx.AsyncClient(event_hooks={"request": [moved.move_later]}, timeout=30) as http,
        akismet.AsyncClient(config=config, http_client=http) as client,
    ):
        answers = await asyncio.gather(
            *(
                client.comment_check(user_ip=ADDRESS, comment_content=text, **COMMENT)
                for text in (FRIENDLY, SPAM) * 10
            )
        )
        assert answers == [akismet.CheckResponse.HAM, akismet.CheckResponse.DISCARD] * 10
        assert await client.submit_spam(user_ip=ADDRESS, comment_content=SPAM, is_test=True)
        assert (await client.usage_limit())["throttled"] is False


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where npm's client is installed."""
    if shutil.which("node") is None:
        pytest.skip("NODE.JS IS MISSING: npm's akismet-api was not tried (install Node.js)")
    folder = tmp_path_factory.mktemp("akismet-api")
    return install("akismet-api@6", folder, "npm's akismet-api was not tried")


async def test_npm_akismet_api_with_the_key_in_the_host(
    package: Path, live_server: LiveServer
) -> None:
    host = f"localhost:{urlsplit(live_server.url).port}"
    process = await asyncio.create_subprocess_exec(
        "node", "-e", SCRIPT, live_server.publisher_key, host, FRIENDLY, SPAM, ADDRESS,
        cwd=package.parents[1],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    outcome: dict[str, Any] = json.loads(out)
    thanks = "Thanks for making the web a better place."
    assert outcome == {
        "valid": True,
        "wrong": False,
        "friendly": False,
        "spam": True,
        "honeypot": True,
        "administrator": False,
        "asked": "Invalid API key",
        "nobody": 'Empty "user_ip" value.',
        "said": [thanks, thanks],
    }
