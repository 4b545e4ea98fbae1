"""What a hostile reader of the code has found, kept from coming back."""

import asyncio
from typing import Any

import httpx
import pytest
from thread import bearer, comment, new, post, read, thread

from service.comments import rules
from service.core.db import Pool
from service.core.problems import MEDIA_TYPE
from service.screening.names import name_key

DECISIONS = "/v1/moderation/decisions"


def article(key: str) -> str:
    return f"/v1/sites/default/articles/{key}"


def put(key: str, **more: Any) -> dict[str, Any]:
    return {"url": f"https://news.example/article-{key}", "title": f"Article {key}", **more}


async def test_more_edits_than_connections_do_not_wait_for_each_other(
    client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    posted = await post(client)
    mine = bearer(posted["edit_token"])
    state["policies"]._known.clear()
    edits = [
        client.patch(comment(posted["comment"]["id"]), json={"body": f"{n}."}, headers=mine)
        for n in range(40)
    ]
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*edits)
    assert {answer.status_code for answer in answers} == {200}


async def test_a_reader_can_not_join_two_articles_or_choose_an_alert_s_words(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    headers = bearer(publisher_key)
    claim = {"url": "https://news.example/article-101", "title": "CLAIMED"}
    assert (await client.post(thread("100"), json=new() | {"article": claim})).status_code == 201
    early = await client.post("/v1/sites/default/alerts", json={"article": "100"}, headers=headers)
    assert early.status_code == 409
    alerts = set()
    for key in ("100", "101"):
        answer = await client.put(article(key), json=put(key, alert=True), headers=headers)
        assert answer.json()["article"]["key"] == key
        assert answer.json()["article"]["title"] == f"Article {key}"
        alerts.add(answer.json()["alert"]["id"])
    assert len(alerts) == 2
    assert (await read(client, "100"))["count"] == 1
    assert (await read(client, "101"))["count"] == 0
    found = await read(client, "unknown", url="https://news.example/article-101")
    assert found["article"]["key"] == "101"


async def test_a_thread_under_a_key_made_from_its_address_is_the_publisher_s(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    page = {"url": "https://news.example/article-7", "title": "A page"}
    made = "news.example~article-7"
    assert (await client.post(thread(made), json=new() | {"article": page})).status_code == 201
    answer = await client.put(article("7"), json=put("7"), headers=bearer(publisher_key))
    assert answer.status_code == 200
    assert (await read(client, "7"))["count"] == 1


async def test_another_article_s_key_is_no_alias(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    headers = bearer(publisher_key)
    await client.put(article("1"), json=put("1"), headers=headers)
    taken = await client.put(article("2"), json=put("2", aliases=["1"]), headers=headers)
    assert taken.status_code == 409
    assert (await client.get(article("2") + "/comments")).json()["article"]["title"] == ""


async def test_an_alias_that_moves_takes_its_thread_along(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    headers = bearer(publisher_key)
    for key in ("1", "2"):
        await client.put(article(key), json=put(key, aliases=["old"]), headers=headers)
        for _ in range(100):
            if (await read(client, "old"))["article"]["key"] == key:
                break
            await asyncio.sleep(0.02)
        else:
            pytest.fail("the alias still means the other article")


async def test_an_edit_answers_no_reports(client: httpx.AsyncClient, moderator_token: str) -> None:
    posted = await post(client)
    ident = posted["comment"]["id"]
    await client.post(comment(ident) + "/report", json={"reason": "offensive"})
    mine = bearer(posted["edit_token"])
    await client.patch(comment(ident), json={"body": "Nicer."}, headers=mine)
    queue = await client.get(
        "/v1/moderation/queue", params={"view": "reported"}, headers=bearer(moderator_token)
    )
    assert [item["reports"] for item in queue.json()["items"]] == [1]


async def test_an_edit_does_not_publish_what_a_moderator_agreed_to_hold(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    posted = await post(client, "Fine words.", company="Robots Inc.")
    ident = posted["comment"]["id"]
    assert posted["comment"]["status"] == "held"
    body = {"decisions": [{"comment_id": ident, "action": "hold", "campaign": False}]}
    answer = await client.post(DECISIONS, json=body, headers=bearer(moderator_token))
    assert answer.json()["results"][0]["outcome"] == "unchanged"
    edited = await client.patch(
        comment(ident), json={"body": "Nicer words."}, headers=bearer(posted["edit_token"])
    )
    assert edited.json()["comment"]["status"] == "held"


async def test_removing_a_refused_comment_hides_no_copy_of_it(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    text = "Ask me about the wonderful little business that changed my whole life for the better."
    first = await post(client, text, email="one@spam.example")
    ident = first["comment"]["id"]
    body = {"decisions": [{"comment_id": ident, "action": "spam"}]}
    await client.post(DECISIONS, json=body, headers=bearer(moderator_token))
    await client.delete(comment(ident), headers=bearer(first["edit_token"]))
    second = await post(client, text, email="two@spam.example")
    assert second["comment"]["status"] == "held"


async def test_a_retry_key_belongs_to_one_article(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "draft-1"}
    page = {"url": "https://news.example/x", "title": "x"}
    body = new() | {"article": page}
    assert (await client.post(thread("b1"), json=body, headers=headers)).status_code == 201
    assert (await client.post(thread("b2"), json=body, headers=headers)).status_code == 422


async def test_replies_of_a_removed_reply_are_reached(client: httpx.AsyncClient) -> None:
    root = await post(client, "Root.")
    middle = await post(client, "Middle.", parent_id=root["comment"]["id"])
    leaf = await post(client, "Leaf.", parent_id=middle["comment"]["id"])
    address = comment(middle["comment"]["id"])
    await client.delete(address, headers=bearer(middle["edit_token"]))
    below = (await client.get(address + "/replies")).json()["items"]
    assert [reply["id"] for reply in below] == [leaf["comment"]["id"]]


PAGES = ["http://[::1", "https://news.example:99999/x", "https://news.example/\x00", "x"]


@pytest.mark.parametrize("url", PAGES)
async def test_a_page_s_bad_address_is_told(url: str, client: httpx.AsyncClient) -> None:
    answer = await client.post(thread("n"), json=new() | {"article": {"url": url, "title": "x"}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.article.url"


async def test_a_page_s_bad_title_is_told(client: httpx.AsyncClient) -> None:
    page = {"url": "https://news.example/n", "title": "x\x00y"}
    answer = await client.post(thread("n"), json=new() | {"article": page})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.article.title"


@pytest.mark.parametrize("limit", ["000000100999", "0000000001" + "9" * 30, "1e2", "²"])
async def test_a_limit_stays_a_limit(limit: str, client: httpx.AsyncClient) -> None:
    assert (await client.get(thread(), params={"limit": limit})).status_code == 422


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59-10:00"])
async def test_times_at_the_end_of_time_are_refused(
    when: str, client: httpx.AsyncClient, publisher_key: str
) -> None:
    body = put("1", published_at=when)
    answer = await client.put(article("1"), json=body, headers=bearer(publisher_key))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "$.published_at"


async def test_a_token_of_other_letters_is_no_token(client: httpx.AsyncClient) -> None:
    ident = (await post(client))["comment"]["id"]
    token = ("re" + "a" * 26 + "é" * 26).encode("latin-1")
    answer = await client.get(comment(ident), headers={b"Authorization": b"Bearer " + token})
    assert answer.status_code == 401


async def test_no_redirect_repeats_a_forged_host(client: httpx.AsyncClient) -> None:
    forged = {"Host": "evil.example"}
    answer = await client.get("/v1/sites/default/counts/", headers=forged)
    assert answer.status_code == 404
    desk = await client.get("/desk", headers=forged)
    assert (desk.status_code, desk.headers["location"]) == (308, "desk/")


async def test_without_the_database_the_answer_is_a_problem(
    client: httpx.AsyncClient, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("service.articles.sites.store.get_site", gone)
    state["sites"].forget()
    answer = await client.get(thread(), headers={"Origin": "https://news.example"})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.headers["retry-after"]


async def test_what_an_address_did_is_forgotten_with_it(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    from service.comments.store import forget  # noqa: PLC0415 (this test's subject)

    ident = (await post(client))["comment"]["id"]
    for headers in ({}, {"X-Reader": "r1"}):
        await client.put(comment(ident) + "/like", headers=headers)
    before = {row["reactor"] for row in await pool.fetch("select reactor from reaction")}
    await pool.execute("update reaction set created_at = now() - interval '31 days'")
    await forget(pool)
    after = {row["reactor"] for row in await pool.fetch("select reactor from reaction")}
    assert len(before & after) == 1
    assert {len(reactor) for reactor in after} == {16}


def test_links_lead_out_and_carry_nothing_else() -> None:
    for body in ("[a](/desk/)", "[a](//evil.example)", '[a](x "t")'):
        assert "href" not in rules.render(body)
    titled = rules.render('[a](https://news.example "title")')
    assert 'href="https://news.example"' in titled
    assert "title=" not in titled


def test_names_that_only_look_different_are_one() -> None:
    for name in ("Maria L0pez", "Mar1a Lopez", "rnaria lopez", "MARIA LOPEZ"):
        assert name_key(name) == name_key("Maria Lopez")
    assert name_key("Maria Gomez") != name_key("Maria Lopez")


async def test_an_edit_does_not_free_what_the_hidden_field_held(
    client: httpx.AsyncClient,
) -> None:
    posted = await post(client, company="Acme")
    assert posted["comment"]["status"] == "held"
    path = f"/v1/sites/default/comments/{posted['comment']['id']}"
    for body in ("Another text about the bridge.", "And a third one about the ferry."):
        edited = await client.patch(path, json={"body": body}, headers=bearer(posted["edit_token"]))
        assert edited.status_code == 200, edited.text
        assert edited.json()["comment"]["status"] == "held"
