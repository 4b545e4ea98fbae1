"""An author's own comment without scripts: read, changed, removed, and by nobody else."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from pages import Page, open_page, page_of, send, words_of
from thread import bearer, post, read

from service.core.tokens import Keyring
from service.thread_page.own import LASTS, opens_until, own_key

CHANGED = "A changed remark about the harbour."


async def own_of(client: httpx.AsyncClient, keyring: Keyring, **more: Any) -> tuple[str, str]:
    """A comment's id and its own page."""
    told = await post(client, "A remark about the bridge.", **more)
    ident = told["comment"]["id"]
    return ident, f"/sites/default/comments/{ident}/own?key={own_key(keyring, UUID(ident))}"


def test_a_key_opens_one_comment_for_a_week(keyring: Keyring) -> None:
    one, other, week = uuid4(), uuid4(), LASTS["own-page"]
    key = own_key(keyring, one, now=1000.0)
    until = opens_until(keyring, one, key, now=1000.0)
    assert until is not None
    assert until.timestamp() == 1000 + week
    assert opens_until(keyring, one, key, now=1000.0 + week)
    assert opens_until(keyring, one, key, now=1001.0 + week) is None
    assert opens_until(keyring, other, key, now=1000.0) is None
    stamp, _, mac = key.partition("-")
    for wrong in ("", "-", f"{stamp}-", f"{int(stamp) + 1}-{mac}", f"{stamp}-{mac[:-1]}", mac,
                  "9" * 30 + f"-{mac}", f"٣-{mac}", "\ud800", f"{stamp}-{mac} "):  # fmt: skip
        assert opens_until(keyring, one, wrong, now=1000.0) is None


async def test_the_page_is_its_author_s_alone(client: httpx.AsyncClient, keyring: Keyring) -> None:
    ident, path = await own_of(client, keyring)
    answer = await client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    page = Page(answer.text)
    assert "Your reply is published." in page.text
    assert page.form()[1]["body"].strip() == "A remark about the bridge."
    other = uuid4()
    for wrong in (
        path[:-1],
        path.partition("?")[0],
        path.replace(ident, str(other)),
        f"/sites/default/comments/{other}/own?key={own_key(keyring, other)}",
    ):
        refused = await open_page(client, wrong, 403)
        assert "A remark" not in refused.text


async def test_changed_and_removed(client: httpx.AsyncClient, keyring: Keyring) -> None:
    _, path = await own_of(client, keyring)
    action, fields = (await open_page(client, path)).form(body=CHANGED)
    saved = await send(client, action, fields)
    assert saved.status_code == 303
    page = await open_page(client, saved.headers["location"])
    assert "Your changes are saved." in page.text
    assert (await read(client))["items"][0]["html"] == f"<p>{CHANGED}</p>\n"
    asked = next(e for e in page.tags("a") if "ask=" in e.get("href", ""))
    question = await open_page(client, asked.get("href"))
    assert "Remove your reply for good?" in question.text
    assert (await read(client))["count"] == 1, "asking removes nothing"
    removed = await send(client, *question.form())
    assert removed.status_code == 303
    page = await open_page(client, removed.headers["location"])
    assert "Your reply was removed." in page.text
    assert page.tags("form") == []
    assert CHANGED not in page.text
    assert (await read(client))["count"] == 0
    assert (await send(client, *question.form())).status_code == 303, "twice is once"


async def test_a_refused_change_keeps_the_text(client: httpx.AsyncClient, keyring: Keyring) -> None:
    _, path = await own_of(client, keyring)
    action, fields = (await open_page(client, path)).form()
    for body, says in [("", "Please write your reply."), ("x" * 10_002, "2 characters too many")]:
        answer = await send(client, action, {**fields, "body": body})
        assert answer.status_code == 422
        page = Page(answer.text)
        assert words_of(page.one("p", id="body-error")) == says
        assert page.form()[1]["body"] == body
    assert (await read(client))["items"][0]["html"] == "<p>A remark about the bridge.</p>\n"


async def test_too_late_to_change_never_too_late_to_remove(
    client: httpx.AsyncClient, keyring: Keyring, state: dict[str, Any]
) -> None:
    _, path = await own_of(client, keyring)
    action, fields = (await open_page(client, path)).form(body=CHANGED)
    await state["pool"].execute("update comment set created_at = now() - interval '16 minutes'")
    late = await send(client, action, fields)
    assert late.status_code == 409
    page = Page(late.text)
    assert "A reply can be changed for 15 minutes only." in page.text
    assert CHANGED in page.form()[1]["body"]
    page = await open_page(client, path)
    assert page.tags("form") == []
    question = await open_page(client, f"{path}&ask=remove")
    assert (await send(client, *question.form())).status_code == 303
    assert (await read(client))["count"] == 0


async def test_how_it_stands_is_said_with_the_reason(
    client: httpx.AsyncClient, keyring: Keyring, moderator_token: str
) -> None:
    ident, path = await own_of(client, keyring, company="Acme")
    assert "A moderator reads your reply" in (await open_page(client, path)).text
    for action, says in [
        ("publish", "Your reply is published."),
        ("reject", "Your reply was not published."),
        ("spam", "Your reply was taken for advertising"),
    ]:  # fmt: skip
        decision = {"comment_id": ident, "action": action}
        if action == "reject":
            decision["reason"] = "abusive"
        await client.post(
            "/v1/moderation/decisions",
            json={"decisions": [decision]},
            headers=bearer(moderator_token),
        )
        page = await open_page(client, path)
        told = words_of(page.one("p", role="status"))
        assert told.startswith(says)
        assert ("Reason: abuse or a personal attack." in told) == (action == "reject")


async def test_an_author_under_a_sanction_is_told_so(
    client: httpx.AsyncClient, moderator_token: str, state: dict[str, Any]
) -> None:
    await post(client, "A remark.")
    reader = await state["pool"].fetchval("select id from reader")
    await client.post(
        f"/v1/moderation/readers/{reader}/sanctions",
        json={"kind": "hold", "reason": "many links"},
        headers=bearer(moderator_token),
    )
    action, fields = (await open_page(client, page_of())).form(
        name="Ana", email="ana@readers.example", body="Another remark about the ferry."
    )
    answer = await send(client, action, fields)
    page = await open_page(client, answer.headers["location"])
    assert "Your replies are read before they are published" in page.text
    assert "Reason: many links" in page.text


async def test_a_forged_form_changes_nothing(client: httpx.AsyncClient, keyring: Keyring) -> None:
    ident, path = await own_of(client, keyring)
    action = path.partition("?")[0]
    for fields in (
        {},
        {"key": "x", "do": "remove"},
        {"key": own_key(keyring, uuid4()), "do": "remove"},
    ):
        answer = await send(client, action, fields, Sec_Fetch_Site="cross-site")
        assert answer.status_code == 403
        Page(answer.text)
    assert (await read(client))["items"][0]["id"] == ident


@pytest.mark.parametrize("body", [b"key=%FF", b"key=1&key=2"])
async def test_a_broken_form_is_told(
    body: bytes, client: httpx.AsyncClient, keyring: Keyring
) -> None:
    _, path = await own_of(client, keyring)
    answer = await client.post(
        urlsplit(path).path, content=body,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip
    assert answer.status_code == 400
    Page(answer.text)
