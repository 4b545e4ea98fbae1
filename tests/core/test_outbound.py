"""An address that somebody else wrote: what is refused when saved, what a session never does."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from service.core import outbound
from service.core.outbound import check_target, open_session, refusal, why_failed
from service.core.problems import Invalid

GOOD = [
    "https://hooks.news.example/in?token=a",
    "https://hooks.news.example:443/",
    "https://hooks.news.example:8443/a",
    "https://xn--bcher-kva.example/a",
]
BAD = [
    "",
    "hooks",
    "http://hooks.news.example/",
    "ftp://hooks.news.example/",
    "file:///etc/passwd",
    "https://",
    "https:///a",
    "https://hooks.news.example:22/",
    "https://hooks.news.example:99999/",
    "https://hooks.news.example:x/",
    "https://user:secret@hooks.news.example/",
    "https://hooks.news.example#@127.0.0.1/",
    "https://hooks.news.example\\@127.0.0.1/",
    "https://hooks.news.example/a b",
    "https://hooks.news.example/\x00",
    "https://hooks.news.example\t/",
    "https://bücher.example/",  # as parsers may spell it differently
    "https://127.0.0.1/",
    "https://8.8.8.8/",
    "https://[::1]/",
    "https://[2001:4860:4860::8888]/",
    "https://localhost/",
    "https://intranet/",
    "https://2130706433/",
    "https://hooks..news.example/",
    "https://.hooks.news.example/",
    f"https://{'a' * 64}.news.example/",
]


@pytest.mark.parametrize("url", GOOD)
def test_public_https_is_allowed(url: str) -> None:
    assert refusal(url, allow_local=False) is None


@pytest.mark.parametrize("url", BAD)
def test_everything_else_is_refused(url: str) -> None:
    assert refusal(url, allow_local=False)


def test_development_opens_this_machine_alone() -> None:
    assert refusal("http://127.0.0.1:9000/a", allow_local=True) is None
    assert refusal("http://localhost:9000/a", allow_local=True) is None
    assert refusal("http://10.0.0.1:9000/a", allow_local=True)
    assert refusal("http://localhost.evil.example/a", allow_local=True)
    assert refusal("http://user@localhost/a", allow_local=True)


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["142.250.74.10", "10.0.0.1"], ["64:ff9b::a9fe:a9fe"], ["fec0::1"]],
)
async def test_a_name_that_leads_inside_is_refused_when_saved(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    async def lookup(_host: str) -> list[str]:
        return addresses

    monkeypatch.setattr(outbound, "lookup", lookup)
    with pytest.raises(Invalid, match=r"\$\.url: Expected the name of a public host"):
        await check_target("$.url", "https://hooks.news.example/", allow_local=False)


async def test_a_public_name_or_a_resolvers_hiccup_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    for addresses in ([], ["142.250.74.10"]):

        async def lookup(_host: str, found: list[str] = addresses) -> list[str]:
            return found

        monkeypatch.setattr(outbound, "lookup", lookup)
        await check_target("$.url", "https://hooks.news.example/", allow_local=False)


async def test_a_session_opens_no_socket_inside_whatever_the_proxies_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    async with TestServer(app) as server:
        local = str(server.make_url("/"))
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, local)
        options: dict[str, Any] = {"limit": 2, "total": 2, "connect": 2}
        async with open_session(allow_local=False, **options) as session:
            with pytest.raises(aiohttp.ClientConnectorError) as refused:
                await session.get(local)
            assert isinstance(refused.value.os_error, PermissionError)
            assert "isn't public" in why_failed(refused.value)
            with pytest.raises((aiohttp.ClientError, TimeoutError)):
                await session.get("http://nowhere.invalid/")
        assert asked == []
        async with open_session(allow_local=True, **options) as session:
            assert (await session.get(local)).status == 200
        assert asked == ["/"], "the first would have got in but for the guard"


async def test_a_session_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        open_session(allow_local=True, limit=1, total=0.2, connect=0.2) as session,
    ):
        with pytest.raises(TimeoutError):
            await session.get(f"http://127.0.0.1:{port}/")
