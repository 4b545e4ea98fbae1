"""Whatever goes wrong, the answer is this protocol's, and never a verdict."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from compat.akismet_site import ADDRESS, BLOG, FRIENDLY, AkismetSite

PATHS = ("/1.1/verify-key", "/1.1/comment-check", "/1.1/submit-spam", "/1.1/submit-ham")
LARGEST = 512 * 1024


def is_plain(answer: httpx.Response) -> bool:
    """Whether an answer has this protocol's form and says nothing of a comment."""
    return (
        answer.headers["content-type"].startswith("text/plain")
        and answer.text.strip() not in {"", "true", "false", "valid"}
        and "x-akismet-guid" in answer.headers
    )


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_a_wrong_method(client: httpx.AsyncClient, path: str, method: str) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == 405
    assert is_plain(answer)
    assert answer.headers["allow"] == "POST"


async def test_a_path_that_isnt_there(client: httpx.AsyncClient) -> None:
    answer = await client.post("/1.1/comment-chek")
    assert answer.status_code == 404
    assert is_plain(answer)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b'{"api_key": "x", "blog": "y", "user_ip": "z"}'),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b'{"api_key": "x"}'),
        ("application/x-www-form-urlencoded", bytes(range(256))),
        ("text/plain", b"hello"),
        ("nonsense", b"api_key=x"),
    ],
)
async def test_a_body_that_is_no_form(
    client: httpx.AsyncClient, path: str, content_type: str, body: bytes
) -> None:
    answer = await client.post(path, content=body, headers={"content-type": content_type})
    assert (answer.status_code, answer.text) == (200, "invalid")
    assert is_plain(answer)
    if content_type == "application/json" and path == "/1.1/verify-key":
        assert content_type in answer.headers["x-akismet-debug-help"]


async def test_json_with_the_key_in_the_host_lacks_the_first_field(
    blog: AkismetSite, client: httpx.AsyncClient
) -> None:
    answer = await client.post(
        "/1.1/comment-check",
        json={"blog": BLOG, "user_ip": ADDRESS},
        headers={"host": f"{blog.token}.rest.example.org"},
    )
    assert answer.text == "Missing required field: blog."
    assert "application/json" in answer.headers["x-akismet-debug-help"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_broken_multipart_body(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(
        path,
        content=b'--x\r\nContent-Disposition: form-data; name="blog"\r\n\r\nhttps://',
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 400
    assert is_plain(answer)


PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'


async def test_more_fields_than_any_client_sends(client: httpx.AsyncClient) -> None:
    for content_type, body in (
        ("application/x-www-form-urlencoded", b"a&" * 1001),
        ("multipart/form-data; boundary=x", PART * 1001 + b"--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n" * 1001 + b"--x--\r\n"),
    ):
        answer = await client.post(
            "/1.1/comment-check", content=body, headers={"content-type": content_type}
        )
        assert answer.status_code == 400
        assert is_plain(answer)
        assert "fields" in answer.text


async def test_a_multipart_form_is_taken(blog: AkismetSite, client: httpx.AsyncClient) -> None:
    form = {
        "api_key": blog.token, "blog": BLOG, "user_ip": ADDRESS, "comment_content": FRIENDLY,
    }  # fmt: skip
    parts = {name: (None, value) for name, value in form.items()}
    answer = await client.post("/1.1/comment-check", files=parts)
    assert (answer.status_code, answer.text) == (200, "false")


@pytest.mark.parametrize("path", PATHS)
async def test_a_form_of_512_kilobytes_is_taken_and_none_larger(
    blog: AkismetSite, path: str
) -> None:
    form = f"api_key={blog.token}&blog=https://a.example&user_ip={ADDRESS}&comment_content="
    for size, status in ((LARGEST, 200), (LARGEST + 1, 413)):
        answer = await blog.client.post(
            path,
            content=(form + "a " * LARGEST)[:size].encode(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == status
        assert status == 200 or is_plain(answer)


async def test_a_body_without_a_length_is_counted(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"x" * 1000

    answer = await client.post("/1.1/comment-check", content=endless())
    assert answer.status_code == 413
    assert is_plain(answer)


def scope_of(path: str) -> dict[str, Any]:
    return {
        "type": "http", "method": "POST", "path": path, "query_string": b"", "root_path": "",
        "scheme": "http", "http_version": "1.1", "client": ("127.0.0.1", 1), "headers": [],
    }  # fmt: skip


async def sent_by(app: Any, receive: Any) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope_of("/1.1/comment-check"), receive, send)
    return messages


async def test_a_client_that_sends_nothing_more_is_given_up(
    application: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.core.http.SLOWEST", 0.01)
    sent = [{"type": "http.request", "body": b"api_key=", "more_body": True}]

    async def receive() -> dict[str, Any]:
        if sent:
            return sent.pop()
        await asyncio.Event().wait()
        return {}

    start, body = await sent_by(application[0], receive)
    assert start["status"] == 408
    assert (b"content-type", b"text/plain; charset=utf-8") in start["headers"]
    assert b"took longer" in body["body"]


async def test_a_body_that_is_cut_off_is_no_comment(application: Any) -> None:
    sent = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b"api_key=", "more_body": True},
    ]

    async def receive() -> dict[str, Any]:
        return sent.pop()

    start, body = await sent_by(application[0], receive)
    assert start["status"] == 400
    assert b"cut off" in body["body"]


MISREAD = {("UTF-8", b"caf%E9"), ("UTF-8", b"%ED%A0%80"), ("nonsense", b"caf%C3%A9")}


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("UTF-8", b"caf%E9"),
        ("UTF-8", b"%ED%A0%80"),
        ("UTF-8", b"%00%00"),
        ("UTF-8", b"%F0%9F%99%82"),
        ("nonsense", b"caf%C3%A9"),
        ("windows-1251", b"%CF%F0%E8%E2%E5%F2"),
        ("", b"%E9%%%G1+"),
    ],
)
async def test_odd_bytes_are_taken(blog: AkismetSite, charset: str, raw: bytes) -> None:
    form = f"api_key={blog.token}&blog={BLOG}&user_ip={ADDRESS}&blog_charset={charset}"
    for path, word in (("comment-check", "false"), ("submit-spam", "Thanks"), ("submit-ham", "Th")):
        answer = await blog.client.post(
            f"/1.1/{path}",
            content=f"{form}&comment_author=".encode() + raw + b"&comment_content=A+" + raw,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert answer.status_code == 200
        assert answer.text.startswith(word)
    misread = (charset, raw) in MISREAD or not charset
    assert ("x-akismet-debug-help" in answer.headers) == misread


async def test_a_charset_that_is_none_is_said(blog: AkismetSite) -> None:
    answer = await blog.ask("comment-check", blog_charset="no\r\nsuch: thing")
    assert answer.text == "false"
    assert "blog_charset" in answer.headers["x-akismet-debug-help"]


async def test_without_a_classifier_nothing_is_called_clean(blog: AkismetSite) -> None:
    scorer = blog.state["assessor"]._scorer
    scorer.model, kept = None, scorer.model
    try:
        answer = await blog.ask("comment-check")
    finally:
        scorer.model = kept
    assert answer.status_code == 503
    assert is_plain(answer)
    assert answer.headers["retry-after"] == "5"
    assert await blog.used() == (0, 0, 0, 0, 0)


async def test_without_a_database_nothing_is_called_clean(blog: AkismetSite) -> None:
    assert await blog.check() == "false"
    await blog.state["pool"].close()
    for path in ("comment-check", "submit-spam", "submit-ham"):
        answer = await blog.ask(path)
        assert answer.status_code == 503
        assert is_plain(answer)


async def test_a_thousand_at_once_are_all_answered(blog: AkismetSite) -> None:
    answers = await asyncio.gather(
        *(blog.ask("comment-check", comment_content=f"{FRIENDLY} {n}") for n in range(1000))
    )
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, "false")}
    assert await blog.used() == (1000, 0, 1000, 0, 0)
    assert (await blog.records())["address"] == (1000, 0, 0, 0)
