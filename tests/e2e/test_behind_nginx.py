"""Behind nginx, below a path of another origin, with the configuration of docs/proxy.md."""

import asyncio
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from e2e.visitors import Visitor, comment_of, text
from e2e.visitors import write as write_in
from live import LiveServer, free_port, run_live_server
from playwright.async_api import Browser, expect
from support import SECRET, run_sql, with_database
from thread import bearer

DOCS = Path(__file__).parents[2] / "docs" / "proxy.md"
UNPACKED = Path(__file__).parents[2] / "var" / "nginx" / "usr" / "sbin"  # by `make browsers`
READER = "203.0.113.7"


def configuration(folder: Path, port: int, upstream: int) -> str:
    """What the page tells, for this machine: another port, another folder, no certificate."""
    found = re.search(r"```nginx\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert found
    told = found[1]
    for there, here in (
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port}"),
        ("/var/cache/nginx/rejoinder", f"{folder}/cache"),
        # A test has no second machine: whoever says so comes from elsewhere.
        ("$proxy_add_x_forwarded_for", '"$http_x_test_address"'),
    ):
        assert there in told
        told = told.replace(there, here)
    paths = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi",
                                                         "uwsgi", "scgi")
    )  # fmt: skip
    # As root nginx works as somebody else, who may not look into a test's folder.
    user = "user root;" if os.geteuid() == 0 else ""
    return (
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/errors warn; worker_processes 1;"
        f"events {{}} http {{ access_log off; {paths} {told} }}"
    )


@pytest.fixture(scope="module")
def behind(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A live server as the newspaper's readers reach it: through nginx."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin:{UNPACKED}")
    if nginx is None:
        pytest.skip("NGINX IS MISSING: the guide to proxies was not tried (make browsers)")
    folder = tmp_path_factory.mktemp("nginx")
    folder.chmod(0o755)
    name = f"rejoinder_nginx_{free_port()}"
    asyncio.run(run_sql(server_url, f"create database {name} template {template}"))
    port = free_port()
    public = f"http://127.0.0.1:{port}/rejoinder"
    with run_live_server(
        with_database(server_url, name), SECRET, "/rejoinder",
        REJOINDER_PUBLIC_URL=public, REJOINDER_TRUSTED_PROXIES="127.0.0.1",
    ) as live:  # fmt: skip
        upstream = int(live.url.split(":")[2].partition("/")[0])
        file = folder / "nginx.conf"
        file.write_text(configuration(folder, port, upstream))
        process = subprocess.Popen([nginx, "-p", folder, "-c", file])
        try:
            wait_for(public, process, folder / "errors")
            live.url = public
            yield live
        finally:
            process.terminate()
            process.wait()
    asyncio.run(run_sql(server_url, f"drop database {name} with (force)"))


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        if process.poll() is None:
            try:
                httpx.get(f"{url}/healthz").raise_for_status()
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
    raise RuntimeError(log.read_text() if log.exists() else "nginx has not started")


@pytest.fixture
def client(behind: LiveServer) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=behind.url, headers={"x-test-address": READER}, timeout=30
    ) as client:
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
    client.headers["x-test-address"] = "198.51.100.9"
    assert write(client, "addresses", text()).status_code == 201

    async def addresses() -> list[Any]:
        conn = await asyncpg.connect(behind.database_url)
        try:
            return await conn.fetch(
                """
                select c.address_hash from comment c join article a on a.id = c.article_id
                where a.key = 'addresses'
                """
            )
        finally:
            await conn.close()

    assert len({row["address_hash"] for row in asyncio.run(addresses())}) == 2


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
    form = {"blog": "https://news.example", "user_ip": READER, "comment_content": "A fine ferry."}
    checked = client.post("/1.1/comment-check", data=form, headers=host)
    assert checked.text == "false"
