# ruff: noqa: RUF001 - the page writes real quotation marks
"""The form: it posts as the JSON API does, once, and a refused one comes back whole."""

import asyncio
import time
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import asyncpg
import httpx
import msgspec
import pytest
from pages import FORM, Page, open_page, page_of, send, words_of
from support import running_app
from thread import ORIGIN, bearer, comment, post, read, thread

from service.core.tokens import Keyring
from service.settings import Settings
from service.thread_page.form import LARGEST_FORM
from service.thread_page.own import LASTS, opens_until, own_key

WRITTEN = {
    "name": "Ana Maria",
    "email": "ana@readers.example",
    "website": "ana.example",
    "body": "\nA first line after an empty one.\n\n“Quotes” & <b>signs</b>",
}


@pytest.fixture(autouse=True)
async def known(client: httpx.AsyncClient, publisher_key: str) -> None:
    """The article is registered."""
    await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": f"{ORIGIN}/a-1", "title": "A bridge"},
        headers=bearer(publisher_key),
    )


async def fill(
    client: httpx.AsyncClient, path: str = page_of(), **more: str
) -> tuple[str, dict[str, str]]:
    page = await open_page(client, path)
    return page.form(**{**WRITTEN, **more})


def check_kept(page: Page, written: dict[str, str]) -> None:
    """Everything that was written stands in the form again."""
    _, fields = page.form()
    for name, value in written.items():
        assert fields[name].replace("\r\n", "\n") == value.replace("\r\n", "\n"), name
    assert page.robots() == "noindex"


async def test_a_comment_is_posted_and_shown_in_its_place(client: httpx.AsyncClient) -> None:
    answer = await send(client, *await fill(client))
    assert answer.status_code == 303
    assert answer.headers["cache-control"] == "no-store"
    target = urlsplit(answer.headers["location"])
    assert target.path == page_of()
    thread_ = await read(client)
    ident = thread_["items"][0]["id"]
    assert target.fragment == f"comment-{ident}"
    assert thread_["items"][0]["author"]["name"] == "Ana Maria"
    landed = await client.get(answer.headers["location"])
    assert landed.headers["cache-control"] == "no-store"
    assert landed.headers["referrer-policy"] == "no-referrer"
    page = Page(landed.text)
    assert words_of(page.one("p", role="status")).startswith("Your reply is published.")
    assert page.comments()[ident].startswith("A first line")
    assert page.robots().startswith("noindex")
    assert "ana@readers.example" not in landed.text


async def test_the_thread_s_address_opens_the_comment_for_some_minutes_only(
    client: httpx.AsyncClient, keyring: Keyring
) -> None:
    """It is what somebody copies who wants others to read the reply."""
    answer = await send(client, *await fill(client))
    target = answer.headers["location"]
    ident, key = (dict(parse_qsl(urlsplit(target).query))[name] for name in ("own", "key"))
    lasts = LASTS["own-in-thread"]
    before, after = time.time() + lasts - 60, time.time() + lasts + 60
    assert opens_until(keyring, UUID(ident), key, now=before, page="own-in-thread")
    assert opens_until(keyring, UUID(ident), key, now=after, page="own-in-thread") is None
    assert opens_until(keyring, UUID(ident), key) is None
    # The way to one's own page is good for longer, and leads no longer way back.
    page = await open_page(client, target)
    own = page.one("p", role="status").find("a").get("href")
    long = dict(parse_qsl(urlsplit(own).query))["key"]
    assert opens_until(keyring, UUID(ident), long, now=after)
    # Too late, or with the other page's key, it is the page that everybody reads.
    old = own_key(keyring, UUID(ident), now=time.time() - 2 * lasts, page="own-in-thread")
    everybody = (await client.get(page_of())).text
    for shared in (old, long):
        assert (await client.get(f"{page_of()}?own={ident}&key={shared}")).text == everybody


async def test_it_is_screened_like_any_other(
    client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    await send(client, *await fill(client))
    rows = await state["pool"].fetch(
        """
        select c.website, s.signals, l.to_status from comment c
        join screening s on s.comment_id = c.id join ledger l on l.comment_id = c.id
        """
    )
    assert len(rows) == 1
    assert rows[0]["website"] == "https://ana.example"
    checks = {s["check"]: s for s in msgspec.json.decode(rows[0]["signals"])}
    assert isinstance(checks["timing"]["evidence"]["seconds"], int | float), "the ticket came along"
    assert {"links", "duplicate", "honeypot", "language"} <= set(checks)


async def test_a_reply_is_aimed_by_its_link(client: httpx.AsyncClient) -> None:
    told = await post(client, "The remark that is answered.")
    page = await open_page(client, page_of())
    link = next(e for e in page.tags("a") if "reply=" in e.get("href", ""))
    aimed = await client.get(link.get("href"))
    assert aimed.headers["cache-control"] == "no-store"
    form = Page(aimed.text)
    assert words_of(form.one("h1")) == "Reply to Ana"
    assert "The remark that is answered." in aimed.text
    action, fields = form.form(**WRITTEN)
    assert fields["parent_id"] == told["comment"]["id"]
    again = Page((await client.get(link.get("href"))).text).form()[1]
    assert again["key"] != fields["key"], "each form has a key of its own"
    answer = await send(client, action, fields)
    assert answer.status_code == 303
    root = (await read(client))["items"][0]
    assert root["replies"][0]["parent_id"] == told["comment"]["id"]


async def test_a_reply_to_what_is_gone_can_be_sent_all_the_same(
    client: httpx.AsyncClient,
) -> None:
    parent = await post(client, "A remark that is removed.", email="other@readers.example")
    ident = parent["comment"]["id"]
    action, fields = await fill(client, f"{page_of()}?reply={ident}")
    await client.delete(comment(ident), headers=bearer(parent["edit_token"]))
    refused = await send(client, action, fields)
    assert refused.status_code == 409
    page = Page(refused.text)
    check_kept(page, WRITTEN)
    assert "no longer there" in page.text
    answer = await send(client, *page.form())
    assert answer.status_code == 303
    assert (await read(client))["items"][0]["parent_id"] is None


async def test_held_is_said_kindly_and_shown_to_nobody_else(client: httpx.AsyncClient) -> None:
    answer = await send(client, *await fill(client, company="Acme"))
    assert answer.status_code == 303
    assert urlsplit(answer.headers["location"]).path.endswith("/own")
    page = await open_page(client, answer.headers["location"])
    assert "A moderator reads your reply before it is published." in page.text
    assert page.link("alternate") is None
    assert (await read(client))["count"] == 0
    assert (await open_page(client, page_of())).comments() == {}


@pytest.mark.parametrize(("wrong", "says"), [
    ({"name": ""}, {"name": "Please give your name."}),
    ({"name": "\u200b\u202e"}, {"name": "Please give your name."}),
    ({"name": "x" * 83}, {"name": "3 characters too many"}),
    ({"email": "ana"}, {"email": "Please give your e-mail address, such as name@example.org. "
                                 "It will not be published."}),
    ({"website": "no web address"}, {"website": "Please give a web address, such as "
                                                "https://example.org, or leave this empty."}),
    ({"body": " \r\n "}, {"body": "Please write your reply."}),
    ({"body": "😀" * 10_001}, {"body": "1 character too many"}),
    ({"name": "", "email": "", "body": "", "website": "javascript://x"},
     {"body": "Please write your reply.", "name": "", "email": "", "website": ""}),
], ids=range(8))  # fmt: skip
async def test_a_refused_form_comes_back_with_what_is_wrong(
    wrong: dict[str, str], says: dict[str, str], client: httpx.AsyncClient
) -> None:
    action, fields = await fill(client, **wrong)
    answer = await send(client, action, fields)
    assert answer.status_code == 422
    assert answer.headers["cache-control"] == "no-store"
    page = Page(answer.text)
    check_kept(page, {n: v for n, v in fields.items() if n != "company"})
    for name, text in says.items():
        field = next(e for e in page.root.iter() if isinstance(e.tag, str) and e.get("id") == name)
        assert field.get("aria-invalid") == "true"
        told = page.one("p", id=field.get("aria-describedby"))
        assert not text or words_of(told) == text
        assert page.many("a", href=f"#{name}"), "the summary leads to the field"
    assert len(page.many("p", class_="error")) == len(says)
    assert words_of(page.one("div", role="alert")).startswith("Your reply hasn’t been sent yet.")
    assert words_of(page.one("title")).startswith("Not sent:")
    assert (await read(client))["count"] == 0
    mended = page.form(**WRITTEN)
    assert (await send(client, *mended)).status_code == 303
    assert (await read(client))["count"] == 1


async def test_what_can_t_be_shown_is_told(client: httpx.AsyncClient) -> None:
    action, fields = await fill(client, body="A\x00B", name="A\x07")
    answer = await send(client, action, fields)
    assert answer.status_code == 422
    page = Page(answer.text)
    for name in ("body", "name"):
        assert "There are characters in this that can’t be used" in words_of(
            page.one("p", id=f"{name}-error")
        )
    assert page.form()[1]["body"].strip() == "A\ufffdB", "nothing else is lost"


async def test_a_name_that_is_taken_is_told_beside_its_field(
    client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    await post(client, "Mine.", name="Ana Maria", email="other@readers.example")
    await state["pool"].execute("update reader set confirmed_at = now()")
    answer = await send(client, *await fill(client))
    assert answer.status_code == 422
    told = Page(answer.text).one("p", id="name-error")
    assert words_of(told) == "This name belongs to somebody else here. Please choose another."


@pytest.mark.parametrize("path", [page_of(), f"{page_of()}?reply="])
async def test_the_same_form_sent_twice_is_one_comment(
    path: str, client: httpx.AsyncClient
) -> None:
    action, fields = await fill(client, path)
    one, two = await asyncio.gather(send(client, action, fields), send(client, action, fields))
    three = await send(client, action, fields)
    assert {answer.status_code for answer in (one, two, three)} == {303}
    fragments = {urlsplit(a.headers["location"]).fragment for a in (one, two, three)}
    assert len(fragments) == 1
    assert (await read(client))["count"] == 1


async def test_much_later_the_shared_form_opens_no_comment(
    client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    """Whoever guesses what another reader behind the same address has sent gets no key to it."""
    action, fields = await fill(client)
    await send(client, action, fields)
    await state["pool"].execute("update comment set created_at = now() - interval '2 minutes'")
    answer = await send(client, action, fields)
    assert answer.status_code == 409
    page = Page(answer.text)
    assert "You have sent this reply already." in page.text
    assert "key=" not in page.text
    assert (await read(client))["count"] == 1
    own = await fill(client, f"{page_of()}?reply=", body="Another remark of mine.")
    await send(client, *own)
    await state["pool"].execute("update comment set created_at = now() - interval '2 minutes'")
    assert (await send(client, *own)).status_code == 303, "a form of one's own always leads there"


FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://comments.example"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "", "Origin": "https://comments.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://comments.example.evil.example"},
    {"Origin": "null"},
    {"Origin": "null", "Host": ""},
    {"Origin": "http://["},
    {"Origin": ""},
    {"Origin": ORIGIN},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_other_sites_forms_are_refused(
    headers: dict[str, str], client: httpx.AsyncClient
) -> None:
    action, fields = await fill(client)
    answer = await client.post(
        action, content=urlencode(fields), headers={"Content-Type": FORM, **headers}
    )
    assert answer.status_code == 403
    assert words_of(Page(answer.text).one("h1")) == "This form was sent from another site"
    assert (await read(client))["count"] == 0


@pytest.mark.parametrize("headers", [
    {}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"},
    {"Origin": "https://comments.example"}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
], ids=str)  # fmt: skip
async def test_its_own_form_is_taken(headers: dict[str, str], client: httpx.AsyncClient) -> None:
    action, fields = await fill(client)
    answer = await client.post(
        action, content=urlencode(fields), headers={"Content-Type": FORM, **headers}
    )
    assert answer.status_code == 303


BROKEN: list[tuple[str, bytes, str, int]] = [
    ("JSON", b'{"name": "A"}', "application/json", 400),
    ("multipart", b"--x\r\n", "multipart/form-data; boundary=x", 400),
    ("no type", b"name=A", "", 400),
    ("another encoding", b"name=A", f"{FORM}; charset=windows-1252", 400),
    ("not UTF-8", b"name=%FF%FE&body=x", FORM, 400),
    ("not UTF-8, plain", b"name=\xff\xfe&body=x", FORM, 400),
    ("UTF-16", "name=A".encode("utf-16"), FORM, 400),
    ("a lone surrogate", b"name=%ED%A0%80", FORM, 400),
    ("a field twice", b"name=A&name=B", FORM, 400),
    ("many fields", b"&".join(b"f%d=1" % n for n in range(100)), FORM, 400),
    ("too large", b"body=" + b"x" * LARGEST_FORM, FORM, 413),
    ("nothing", b"", FORM, 422),
    ("no form", b"\x01\x02&&==", FORM, 422),
    ("a parent that is none", urlencode({**WRITTEN, "parent_id": "x"}).encode(), FORM, 422),
    ("a parent that isn't there",
     urlencode({**WRITTEN, "parent_id": str(UUID(int=7))}).encode(), FORM, 422),
    ("an address that is none", urlencode({**WRITTEN, "url": "x"}).encode(), FORM, 422),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "status"), [b[1:] for b in BROKEN],
                         ids=[b[0] for b in BROKEN])  # fmt: skip
async def test_what_is_no_form_is_told(
    body: bytes, kind: str, status: int, client: httpx.AsyncClient
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = await client.post(page_of(), content=body, headers=headers)
    assert answer.status_code == status, answer.text
    page = Page(answer.text)
    if b"Ana" in body:
        check_kept(page, WRITTEN)
    assert (await read(client))["count"] == 0


async def test_the_longest_text_fits(client: httpx.AsyncClient) -> None:
    """Ten thousand characters of four bytes, and as many lines as a browser counts double."""
    for text in ("😀" * 10_000, "x\n" * 5_000):
        answer = await send(
            client,
            *await fill(client, body=text.replace("\n", "\r\n"), email=f"{len(text)}a@r.example"),
        )
        assert answer.status_code == 303, words_of(Page(answer.text).one("main"))


async def test_unknown_things_are_not_there(client: httpx.AsyncClient) -> None:
    for path in ("/sites/nowhere/articles/a-1", "/sites/%00/articles/a-1"):
        answer = await send(client, path, WRITTEN)
        assert answer.status_code == 404
        Page(answer.text)
    answer = await send(client, page_of("nobody-knows"), WRITTEN)
    assert answer.status_code == 404
    check_kept(Page(answer.text), WRITTEN)


async def test_the_first_comment_registers_its_article(client: httpx.AsyncClient) -> None:
    path = f"{page_of('fresh')}?url={ORIGIN}/news/fresh"
    answer = await send(client, *await fill(client, path))
    assert answer.status_code == 303
    page = await open_page(client, page_of("fresh"))
    assert page.link("canonical") == f"{ORIGIN}/news/fresh"
    other = await send(client, page_of("other"), {**WRITTEN, "url": "https://evil.example/x"})
    assert other.status_code == 404
    check_kept(Page(other.text), WRITTEN)


@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/login", "javascript://news.example/%0aalert(1)", "https://["]
)
async def test_no_form_leads_to_a_page_that_is_not_the_site_s(
    url: str, client: httpx.AsyncClient
) -> None:
    query = urlencode({"reply": "", "url": url})
    refused = await client.get(f"{page_of('new')}?{query}")
    assert refused.status_code in {404, 422}
    # Sent by hand, it comes back with the text, and is no link.
    answer = await send(client, page_of("new"), {**WRITTEN, "url": url})
    assert answer.status_code in {404, 422}
    page = Page(answer.text)
    check_kept(page, WRITTEN)
    assert url not in {link.get("href") for link in page.tags("a")}


async def test_a_thread_that_closed_meanwhile_keeps_the_text(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    filled = await fill(client)
    await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": f"{ORIGIN}/a-1", "title": "A bridge", "open": False},
        headers=bearer(publisher_key),
    )
    answer = await send(client, *filled)
    assert answer.status_code == 409
    page = Page(answer.text)
    check_kept(page, WRITTEN)
    assert words_of(page.one("div", role="alert")) == "Replies to this article are closed."


async def test_a_banned_reader_is_told_why(
    client: httpx.AsyncClient, moderator_token: str, state: dict[str, Any]
) -> None:
    await send(client, *await fill(client))
    reader = await state["pool"].fetchval("select id from reader")
    await client.post(
        f"/v1/moderation/readers/{reader}/sanctions",
        json={"kind": "ban", "reason": "advertising"},
        headers=bearer(moderator_token),
    )
    answer = await send(client, *await fill(client, body="Again me, with another remark."))
    assert answer.status_code == 403
    page = Page(answer.text)
    assert "You may not reply here. Reason: advertising." in page.text
    check_kept(page, {"body": "Again me, with another remark."})


async def test_too_fast_is_told_with_the_text_kept(settings: Settings, site: Any) -> None:
    limited = msgspec.structs.replace(settings, rate_limits=True)
    async with (
        running_app(limited) as (app, _),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://comments.example"
        ) as client,
    ):
        await post(client, "A remark.")
        for n in range(20):
            written = {**WRITTEN, "body": f"Remark {n} in a hurry."}
            answer = await send(client, page_of(), written)
            if answer.status_code == 429:
                break
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
        page = Page(answer.text)
        assert "Your text is safe here." in page.text
        check_kept(page, written)


async def test_a_database_that_is_away_loses_no_text(
    client: httpx.AsyncClient, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    filled = await fill(client)

    async def away(*_: object, **__: object) -> None:
        raise asyncpg.CannotConnectNowError("starting up")

    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    for failure, status in ((away, 503), (broken, 500)):
        for where in ("service.comments.posting.insert_comment", "service.articles.store.get_site"):
            with monkeypatch.context() as patched:
                patched.setattr(where, failure)
                state["sites"].forget()
                answer = await send(client, *filled)
            assert answer.status_code == status
            page = Page(answer.text)
            check_kept(page, WRITTEN)
            assert "secret" not in page.text
            assert "Your text is safe here." in page.text
    with monkeypatch.context() as patched:
        patched.setattr("service.articles.store.get_site", away)
        state["sites"].forget()
        failed = await client.get(page_of())
        assert (failed.status_code, words_of(Page(failed.text).one("h1"))) == (
            503, "We can’t answer right now",
        )  # fmt: skip
    state["sites"].forget()
    assert (await send(client, *filled)).status_code == 303


async def test_a_like_and_a_json_comment_show_on_the_page_at_once(
    client: httpx.AsyncClient,
) -> None:
    await open_page(client, page_of())
    told = await post(client, "By the element.")
    page = await open_page(client, page_of())
    assert list(page.comments()) == [told["comment"]["id"]]
    await client.delete(comment(told["comment"]["id"]), headers=bearer(told["edit_token"]))
    assert (await open_page(client, page_of())).comments() == {}
    assert (await client.get(thread())).json()["count"] == 0


async def test_where_a_sign_in_is_required_the_page_says_so(
    client: httpx.AsyncClient, editor_token: str
) -> None:
    """It has no form then; one that was opened before comes back with its text, and why."""
    ident = (await post(client))["comment"]["id"]
    sign_in = "/v1/moderation/sites/default/sign-in"
    action, written = await fill(client)
    await client.post(sign_in + "/keys", json={}, headers=bearer(editor_token))
    required = {"required": True}
    changed = await client.patch(sign_in, json=required, headers=bearer(editor_token))
    assert changed.status_code == 200
    for path in (page_of(), page_of() + "?reply=", page_of() + f"?reply={ident}"):
        page = await client.get(path)
        assert page.status_code == 200
        assert "<form" not in page.text
        assert "reply=" not in page.text
        assert "you need to be signed in" in page.text
    refused = await send(client, action, written)
    assert refused.status_code == 401
    page = Page(refused.text)
    check_kept(page, {name: written[name] for name in ("name", "email", "body")})
    assert "please sign in" in refused.text
    assert (await read(client))["count"] == 1
    await client.patch(sign_in, json={"required": False}, headers=bearer(editor_token))
    assert (await send(client, *await fill(client))).status_code == 303


async def test_where_everybody_is_asked_for_work_no_form_is_offered_in_vain(
    client: httpx.AsyncClient, editor_token: str
) -> None:
    action, written = await fill(client)
    changed = await client.put(
        "/v1/moderation/policy",
        json={"policy": {"puzzle": "always"}},
        headers=bearer(editor_token),
    )
    assert changed.status_code == 200
    for path in (page_of(), page_of() + "?reply="):
        page = await open_page(client, path)
        assert page.tags("form") == []
        said = words_of(page.one("p", class_="closed"))
        assert said == "Replies can be written on the article’s own page only. Back to the article"
    refused = await send(client, action, written)
    assert refused.status_code == 428
    page = Page(refused.text)
    check_kept(page, {name: written[name] for name in ("name", "email", "body")})
    assert "on the article’s own page only" in words_of(page.one("div", class_="alert"))
