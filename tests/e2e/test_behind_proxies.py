"""Behind nginx, Caddy and Apache, below a path of another origin, as docs/proxy.md configures them.

The configurations are read from there, so that what is told is what works.
"""

import asyncio
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from e2e.visitors import Visitor, comment_of, text
from e2e.visitors import write as write_in
from fronts import Front, alone, libraries, program, start_of_apache, start_of_nginx
from live import LiveServer, free_port, run_live_server
from playwright.async_api import Browser, expect
from support import SECRET, run_sql, with_database
from thread import bearer

DOCS = Path(__file__).parents[2] / "docs" / "proxy.md"
NOT_TRIED = "the guide to proxies was not tried"
# All of them are this machine's; a proxy that is asked from one tells which.
READER, ANOTHER = "127.0.0.2", "127.0.0.3"


def told(heading: str, here: Mapping[str, str]) -> str:
    """The configuration that the page tells, with this machine's ports and folders in it."""
    found = re.search(rf"## {heading}\n\n```\w*\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found
    configuration = found[1]
    for theirs, ours in here.items():
        assert theirs in configuration
        configuration = configuration.replace(theirs, ours)
    return configuration


def nginx(folder: Path, port: int, upstream: str) -> Front:
    configuration = told(
        "nginx",
        {
            "127.0.0.1:8000": upstream,
            "listen 443 ssl": f"listen 127.0.0.1:{port}",
            "/var/cache/nginx/rejoinder": f"{folder}/cache",
        },
    )
    return Front(
        [program("nginx", NOT_TRIED), "-p", folder, "-c"], start_of_nginx(folder, configuration)
    )


def caddy(folder: Path, port: int, upstream: str) -> Front:
    configuration = told(
        "Caddy",
        {
            "127.0.0.1:8000": upstream,
            # With the names that have a key in them, which the page tells of.
            "courier.example {": f"http://127.0.0.1:{port}, http://*.comments.example:{port} {{"
            "\n\tbind 127.0.0.1\n\tencode gzip",
        },
    )
    return Front(
        [program("caddy", NOT_TRIED), "run", "--adapter", "caddyfile", "--config"],
        f"{{\n\tadmin off\n}}\n{configuration}",
        alone(folder),
    )


def apache(folder: Path, port: int, upstream: str) -> Front:
    binary = program("apache2", NOT_TRIED)
    # It compresses whatever it may: streams, too.
    configuration = (
        start_of_apache(binary, folder, "filter", "deflate")
        + f"ServerName courier.example\nListen 127.0.0.1:{port}\nSetOutputFilter DEFLATE\n"
        + told("Apache", {"127.0.0.1:8000": upstream})
    )
    return Front([binary, "-D", "FOREGROUND", "-f"], configuration, libraries(binary))


@pytest.fixture(scope="module", params=[nginx, caddy, apache], ids=lambda made: made.__name__)
def behind(
    request: pytest.FixtureRequest, server_url: str, template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[LiveServer]:  # fmt: skip
    """A live server as the newspaper's readers reach it: through one of them."""
    folder = tmp_path_factory.mktemp("proxy")
    folder.chmod(0o755)
    port = free_port()
    request.param(folder, port, "")  # skips where the program is missing
    name = f"rejoinder_proxy_{port}"
    asyncio.run(run_sql(server_url, f"create database {name} template {template}"))
    public = f"http://127.0.0.1:{port}/rejoinder"
    with run_live_server(
        with_database(server_url, name), SECRET, "/rejoinder",
        REJOINDER_PUBLIC_URL=public, REJOINDER_TRUSTED_PROXIES="127.0.0.1",
    ) as live:  # fmt: skip
        upstream = live.url.removeprefix("http://").partition("/")[0]
        proxy: Front = request.param(folder, port, upstream)
        file = folder / "configuration"
        file.write_text(proxy.configuration)
        log = folder / "output"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [*proxy.command, file], env={**os.environ, **proxy.env}, stdout=out, stderr=out
            )
        try:
            wait_for(public, process, [log, folder / "errors"])
            live.url = public
            yield live
        finally:
            process.terminate()
            process.wait()
    asyncio.run(run_sql(server_url, f"drop database {name} with (force)"))


def wait_for(url: str, process: "subprocess.Popen[bytes]", logs: list[Path]) -> None:
    for _ in range(200):
        if process.poll() is None:
            try:
                httpx.get(f"{url}/healthz").raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
    raise RuntimeError("\n".join(log.read_text() for log in logs if log.exists()))


def reader(behind: LiveServer, address: str = READER) -> httpx.Client:
    """Whoever reads from this address of the machine's own."""
    return httpx.Client(
        base_url=behind.url, transport=httpx.HTTPTransport(local_address=address), timeout=30
    )


@pytest.fixture
def client(behind: LiveServer) -> Iterator[httpx.Client]:
    with reader(behind) as client:
        yield client


def write(client: httpx.Client, key: str, body: str) -> httpx.Response:
    return client.post(
        f"/v1/sites/default/articles/{key}/comments",
        json={
            "name": "Ana",
            "email": "ana@readers.example",
            "body": body,
            "article": {"url": f"{client.base_url}{key}", "title": key},
        },
    )


@pytest.mark.browser
async def test_the_page_works_in_a_browser(behind: LiveServer, browser: Browser) -> None:
    visitor = Visitor(await browser.new_context(), behind)
    page = await visitor.page()
    origin = behind.url.removesuffix("/rejoinder")
    html = """<!doctype html><html lang="en"><title>The ferry</title>
        <script type="module" src="/rejoinder/embed.js"></script>
        <main><reader-comments site="default" article="ferry" load="eager"></reader-comments>
        </main></html>"""
    await page.route(
        f"{origin}/ferry", lambda route: route.fulfill(body=html, content_type="text/html")
    )
    await page.goto(f"{origin}/ferry")
    remark = text()
    await write_in(page, remark)
    await expect(comment_of(page, remark)).to_be_visible()
    loaded = await page.evaluate(
        "[...new Set(performance.getEntriesByType('resource').map((e) => new URL(e.name).origin))]"
    )
    assert loaded == [origin]
    assert visitor.errors == []
    await visitor.context.close()


def test_a_readers_address_is_the_readers(client: httpx.Client, behind: LiveServer) -> None:
    assert write(client, "addresses", text()).status_code == 201
    # What anybody may write into a request says nothing.
    client.headers["x-forwarded-for"] = "203.0.113.9"
    assert write(client, "addresses", text()).status_code == 201
    with reader(behind, ANOTHER) as another:
        assert write(another, "addresses", text()).status_code == 201

    async def addresses() -> list[Any]:
        conn = await asyncpg.connect(behind.database_url)
        try:
            return await conn.fetch(
                """
                select c.address_hash from comment c join article a on a.id = c.article_id
                where a.key = 'addresses' order by c.id
                """
            )
        finally:
            await conn.close()

    first, second, other = (row["address_hash"] for row in asyncio.run(addresses()))
    assert first == second != other


@pytest.mark.parametrize("behind", [nginx], indirect=True)
def test_a_thread_is_kept_for_a_moment_and_never_a_readers_own(
    client: httpx.Client, behind: LiveServer
) -> None:
    key = "kept"
    assert write(client, key, text()).status_code == 201
    where = f"/v1/sites/default/articles/{key}/comments"
    states = [client.get(where).headers["x-cache"] for _ in range(3)]
    assert states == ["MISS", "HIT", "HIT"]
    first = client.get(where)
    assert client.get(where, headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert (
        "gzip"
        in client.get(where, headers={"accept-encoding": "gzip"}).headers.get(
            "content-encoding", ""
        )
        or len(first.content) < 1000
    )
    own = client.get(where, headers=bearer(behind.moderator_token))
    assert own.headers["x-cache"] == "BYPASS"
    # Five seconds later the older answer once more, and a new one behind it.
    remark = text()
    assert write(client, key, remark).status_code == 201
    for _ in range(100):
        if remark in client.get(where).text:
            break
        time.sleep(0.1)
    assert remark in client.get(where).text


@pytest.mark.parametrize("behind", [nginx], indirect=True)
def test_nothing_else_is_kept(client: httpx.Client, behind: LiveServer) -> None:
    queue = "/v1/moderation/queue"
    for _ in range(2):
        answer = client.get(queue, headers=bearer(behind.moderator_token))
        assert (answer.status_code, answer.headers["x-cache"]) == (200, "BYPASS")
    assert client.get(queue).status_code == 401
    for _ in range(2):
        assert client.get("/healthz").headers["x-cache"] == "MISS"


def test_large_bodies_and_refusals_come_through(client: httpx.Client, behind: LiveServer) -> None:
    texts = {"texts": ["word " * 4000] * 180}
    answer = client.post("/v1/classify", json=texts, headers=bearer(behind.publisher_key))
    assert answer.status_code == 200
    refused = client.post("/v1/sites/default/articles/a/comments", content=b"x" * 70_000)
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"


def test_the_desks_stream_comes_as_it_is_sent(client: httpx.Client, behind: LiveServer) -> None:
    headers = bearer(behind.moderator_token)
    with client.stream("GET", "/v1/moderation/events", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        with httpx.Client(base_url=behind.url) as other:
            assert write(other, "streamed", text()).status_code == 201
        assert any(line.startswith("data:") for line in lines)


def test_other_systems_are_answered_through_it(client: httpx.Client, behind: LiveServer) -> None:
    document = client.get("/$discovery/rest").json()
    assert document["rootUrl"] == f"{behind.url}/"
    answer = client.post(
        "/v1alpha1/comments:analyze",
        params={"key": behind.publisher_key},
        json={"comment": {"text": "A fine ferry."}, "requestedAttributes": {"TOXICITY": {}}},
    )
    assert answer.status_code == 200
    host = {"host": f"{behind.publisher_key}.comments.example"}
    form = {
        "blog": "https://news.example",
        "user_ip": "203.0.113.7",
        "comment_content": "A fine ferry.",
    }
    checked = client.post("/1.1/comment-check", data=form, headers=host)
    assert checked.text == "false"
