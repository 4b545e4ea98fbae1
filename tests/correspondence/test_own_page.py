"""A reader's own page: who gets in, what it shows, what its forms do."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from correspondence.conftest import Arrived, PostAs, confirm, key_in, readers_of, text_of
from thread import bearer, post, read

from service.articles.types import Site
from service.core.db import Pool
from service.core.tokens import Keyring
from service.correspondence import own_store
from service.correspondence.linking import Linker
from service.settings import Settings

ME = "/sites/default/me"
CONFIRM = "/sites/default/confirm"
ANA = {"name": "Ana", "email": "ana@readers.example"}

Visitor = Callable[[], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def browser(application: tuple[Any, dict[str, Any]]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of its own, which follows where it is led."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application[0]),
        base_url="https://comments.example",
        follow_redirects=True,
    ) as browser:
        yield browser


@pytest.fixture
def linker(pool: Pool, keyring: Keyring, mailing: Settings) -> Linker:
    return Linker(pool, keyring, mailing)


async def enter(browser: httpx.AsyncClient, key: str, **more: str) -> str:
    """Press the button behind a letter's link; the page that it leads to."""
    answer = await browser.post(CONFIRM, data={"key": key, "do": "confirm", **more})
    assert answer.status_code == 200, answer.text
    assert answer.url.path == ME
    return answer.text


async def act(browser: httpx.AsyncClient, page: str, do: str, **more: str) -> httpx.Response:
    """Send one of the page's forms."""
    csrf = re.search(r'name="csrf" value="(\w+)"', page)
    assert csrf
    return await browser.post(ME, data={"csrf": csrf[1], "do": do, **more})


async def queued(pool: Pool) -> list[bytes]:
    """What the worker was told to send links for; taken from the queue."""
    rows = await pool.fetch(
        "delete from pgqueuer where entrypoint = 'letters.page' returning payload"
    )
    return [row["payload"] for row in rows]


async def test_confirming_opens_the_page_with_each_comment_s_state_and_reason(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, pool: Pool
) -> None:
    posted = await post(client, "Seen by all.", **ANA)
    page = await enter(browser, key_in((await arrived())[0]))
    assert "Seen by all." in page
    assert "Published" in page
    cookie = browser.cookies.jar._cookies["comments.example"]["/sites/default/me"]  # type: ignore[attr-defined]
    assert cookie["rejoinder_reader"].secure
    await pool.execute("update comment set status = 'rejected', reason = 'offensive'")
    answer = await browser.get(ME)
    assert "Reason: offensive language." in answer.text
    assert posted["comment"]["id"] in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "script" not in answer.text


async def test_what_stands_under_the_address_is_its_owner_s_only_by_their_word(
    client: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    site: Site,
    moderator_token: str,
) -> None:
    await post(client, "The first.", **ANA)
    await post(client, "Mine as well.", **ANA)
    attack = await post(client, "Somebody else's.", **ANA)
    (mail,) = await arrived()
    page = await enter(browser, key_in(mail))
    assert "Also written with your address" in page
    ids = {row["body"]: str(row["id"]) for row in await pool.fetch("select id, body from comment")}
    page = (await act(browser, page, "adopt", comment=ids["Mine as well."])).text
    page = (await act(browser, page, "disown", comment=ids["Somebody else's."])).text
    assert "Also written with your address" not in page
    assert await readers_of(pool, site) == {
        "The first.": True, "Mine as well.": True, "Somebody else's.": False,
    }  # fmt: skip
    queue = await client.get("/v1/moderation/queue?view=reported", headers=bearer(moderator_token))
    assert [one["id"] for one in queue.json()["items"]] == [attack["comment"]["id"]]
    # What is another's can't be had by its id.
    other = await post(client, "Bo's.", name="Bo", email="bo@readers.example")
    await act(browser, page, "adopt", comment=other["comment"]["id"])
    assert (await readers_of(pool, site))["Bo's."] is False


async def test_a_link_is_sent_to_who_is_known_and_the_answer_is_the_same_for_all(
    client: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    linker: Linker,
) -> None:
    await post(client, "Mine.", **ANA)
    await confirm(client, (await arrived())[0])
    answers = [
        await browser.post(ME, data={"do": "ask", "email": email})
        for email in ("Ana@readers.example", "nobody@readers.example")
    ]
    texts = [
        answer.text.replace("ana@readers.example", "X").replace("nobody@readers.example", "X")
        for answer in answers
    ]
    assert texts[0] == texts[1]
    assert {answer.status_code for answer in answers} == {200}
    for payload in await queued(pool):
        await linker.send(payload)
    (mail,) = await arrived()
    assert (mail["To"], mail["Subject"]) == (ANA["email"], "Your page at The Courier")
    assert "Mine." not in text_of(mail)
    key = key_in(mail)
    asked = await browser.get(CONFIRM, params={"key": key})
    assert "Open my page" in asked.text
    assert "Mine." in await enter(browser, key)
    again = await browser.post(CONFIRM, data={"key": key, "do": "confirm"})
    assert again.status_code == 410


async def test_an_address_that_was_only_typed_is_confirmed_by_such_a_link_under_its_own_name(
    client: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    site: Site,
    linker: Linker,
) -> None:
    await post(client, "By a stranger.", name="Not my name", email=ANA["email"])
    await arrived()
    await browser.post(ME, data={"do": "ask", "email": ANA["email"]})
    for payload in await queued(pool):
        await linker.send(payload)
    (mail,) = await arrived()
    page = await enter(browser, key_in(mail), name="Ana")
    assert "You write here as Ana" in page
    assert await readers_of(pool, site) == {"By a stranger.": False}


async def test_nobody_s_mailbox_is_filled_by_asking(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, pool: Pool
) -> None:
    await post(client, "Mine.", **ANA)
    await arrived()
    for _ in range(8):
        answer = await browser.post(ME, data={"do": "ask", "email": ANA["email"]})
        assert answer.status_code == 200
    assert len(await queued(pool)) == 3


@pytest.mark.parametrize("email", ["", "nobody", "a@", "x" * 300 + "@y.example", "a b@c.example"])
async def test_what_is_no_address_is_told(browser: httpx.AsyncClient, site: Site, email: str,
    mailing: Settings) -> None:  # fmt: skip
    answer = await browser.post(ME, data={"do": "ask", "email": email})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


async def test_no_form_of_another_page_does_anything(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, pool: Pool
) -> None:
    await post(client, "Mine.", **ANA)
    page = await enter(browser, key_in((await arrived())[0]))
    for csrf in ("", "0" * 32, "\u00fc"):
        answer = await browser.post(ME, data={"csrf": csrf, "do": "erase"})
        assert answer.status_code == 403
    assert (await act(browser, page, "nonsense")).status_code == 403
    assert (await browser.post(ME, content=b"\xff\xfe", headers=FORM)).status_code == 400
    assert (await browser.get(ME, params={"cursor": "x"})).status_code == 422
    assert await pool.fetchval("select body from comment") == "Mine."
    await pool.execute("update reader_token set expires_at = now()")
    answer = await act(browser, page, "erase")
    assert "Your own page" in answer.text
    assert await pool.fetchval("select body from comment") == "Mine."


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_letters_are_stopped_and_begun_again(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, pool: Pool
) -> None:
    await post(client, "Mine.", **ANA)
    page = await enter(browser, key_in((await arrived())[0]))
    page = (await act(browser, page, "stop")).text
    assert "We don\u2019t write to ana@readers.example." in page
    assert await pool.fetchval("select reason from mail_stop") == "asked"
    page = (await act(browser, page, "resume")).text
    assert "Stop all e-mail" in page
    assert await pool.fetchval("select count(*) from mail_stop") == 0


async def test_everything_is_taken_along_as_one_file(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, post_as: PostAs
) -> None:
    await post(client, "The first.", **ANA)
    (mail,) = await arrived()
    token = (await confirm(client, mail))["token"]
    for n in range(3):
        assert (await post_as(token, f"Number {n}.")).status_code == 201
    answer = await client.get("/v1/sites/default/reader/export", headers=bearer(token))
    assert answer.headers["content-type"] == "application/json"
    taken = json.loads(answer.text)
    assert taken["reader"]["address"] == ANA["email"]
    assert [one["body"] for one in taken["comments"]] == [
        "Number 2.", "Number 1.", "Number 0.", "The first.",
    ]  # fmt: skip
    assert (await browser.get(f"{ME}/export")).url.path == ME


async def test_erasing_leaves_places_and_nothing_of_whoever_it_was(
    client: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    post_as: PostAs,
) -> None:
    mine = await post(client, "Mine, with an answer.", website="https://ana.example", **ANA)
    await post(client, "Another's answer.", name="Bo", email="bo@readers.example",
               parent_id=mine["comment"]["id"])  # fmt: skip
    (mail, _) = await arrived()
    page = await enter(browser, key_in(mail))
    assert "Erase everything for good?" in (await browser.get(ME, params={"ask": "erase"})).text
    answer = await act(browser, page, "erase")
    assert "Everything is erased" in answer.text
    thread = await read(client)
    assert thread["count"] == 1
    (root,) = thread["items"]
    assert (root["status"], root["author"]["name"], root["html"]) == ("removed", "", "")
    for table in ("reader", "comment", "reader_link", "reader_token", "screening", "fingerprint",
                  "mail"):  # fmt: skip
        rows = await pool.fetch(f"select t::text from {table} t")
        assert not [row for row in rows if re.search("ana@|Ana|Mine|ana.example", row[0])], table
    assert "Your own page" in (await browser.get(ME)).text


async def test_who_is_banned_isn_t_rid_of_it_by_erasing(
    client: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    moderator_token: str,
) -> None:
    await post(client, "Mine.", **ANA)
    page = await enter(browser, key_in((await arrived())[0]))
    ident = await pool.fetchval("select reader_id from comment")
    answer = await client.post(
        f"/v1/moderation/readers/{ident}/sanctions",
        json={"kind": "ban", "reason": "Rude to others"},
        headers=bearer(moderator_token),
    )
    assert answer.status_code == 201
    assert "You may not reply here. Reason: Rude to others." in (await browser.get(ME)).text
    await act(browser, page, "erase")
    again = await client.post(
        "/v1/sites/default/articles/a-1/comments",
        json={**ANA, "name": "Somebody", "body": "Here again."},
    )
    assert again.status_code == 403
    # The address is kept for the ban alone.
    await own_store.forget_lifted(pool)
    assert await pool.fetchval("select contact from reader where id = $1", ident) == ANA["email"]
    await pool.execute("update sanction set lifted_at = now()")
    await own_store.forget_lifted(pool)
    assert await pool.fetchval("select contact from reader where id = $1", ident) is None


async def test_a_browser_is_known_by_a_key_that_is_good_for_minutes(
    client: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    arrived: Arrived,
    post_as: PostAs,
) -> None:
    await post(client, "Mine.", **ANA)
    page = await enter(browser, key_in((await arrived())[0]))
    answer = await act(browser, page, "browser")
    there = re.search(r'href="https://news.example/a-1#reader_comment-(ro\w{40})"', answer.text)
    assert there
    where = "/v1/sites/default/reader/confirmations"
    token = (await client.post(where, json={"key": there[1]})).json()["token"]
    assert (await post_as(token)).status_code == 201
    assert (await client.post(where, json={"key": there[1]})).status_code == 404
    page = (await browser.get(ME)).text
    assert "Forget all browsers" in page
    page = (await act(browser, page, "forget")).text
    assert "Forget all browsers" not in page
    assert (await post_as(token)).status_code == 401


async def test_the_page_is_closed_in_this_browser(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, pool: Pool
) -> None:
    await post(client, "Mine.", **ANA)
    page = await enter(browser, key_in((await arrived())[0]))
    answer = await act(browser, page, "close")
    assert "Your page is closed" in answer.text
    assert await pool.fetchval("select count(*) from reader_token") == 0
    assert "Your own page" in (await browser.get(ME)).text


async def test_the_list_goes_on(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, post_as: PostAs
) -> None:
    await post(client, "Remark 0.", **ANA)
    (mail,) = await arrived()
    token = (await confirm(client, mail))["token"]
    for n in range(1, 28):
        assert (await post_as(token, f"Remark {n}.")).status_code == 201
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = await client.get(
            "/v1/sites/default/reader/comments",
            params={"cursor": cursor, "limit": 10},
            headers=bearer(token),
        )
        page = answer.json()
        seen += [one["body"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [f"Remark {n}." for n in reversed(range(28))]
