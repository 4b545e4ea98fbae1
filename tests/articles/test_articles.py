"""One article for key, alias and address."""

import asyncio
from typing import Any

import httpx
import pytest
from thread import bearer, new, post, read, thread

from service.accounts import actions as accounts
from service.articles import actions, store
from service.articles.rules import key_of_url
from service.articles.types import PutArticle, Site
from service.core.db import Conn
from service.core.problems import Conflict, Invalid


def address(key: str) -> str:
    return f"/v1/sites/default/articles/{key}"


def put(url: str = "https://news.example/bridge", **more: Any) -> dict[str, Any]:
    return {"url": url, "title": "A bridge", **more}


async def test_put_makes_and_then_updates(client: httpx.AsyncClient, publisher_key: str) -> None:
    headers = bearer(publisher_key)
    made = await client.put(
        address("7"), json=put(section="Local", tags=["roads"]), headers=headers
    )
    assert made.status_code == 201, made.text
    assert made.json()["alert"] is None
    again = await client.put(address("7"), json=put(title="The bridge"), headers=headers)
    assert again.status_code == 200
    article = again.json()["article"]
    assert (article["title"], article["section"], article["tags"]) == (
        "The bridge",
        "Local",
        ["roads"],
    )
    emptied = await client.put(address("7"), json=put(section=None), headers=headers)
    assert emptied.json()["article"]["section"] is None


async def test_many_are_registered_at_once_and_nobody_alerted(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    headers = bearer(publisher_key)
    await client.put(address("7"), json=put(section="Local"), headers=headers)
    batch = [
        {"key": "8", **put("https://news.example/8", summary="Of eight.", tags=["roads"])},
        {"key": "7", **put(title="The bridge")},
        {"key": "9", **put("ftp://news.example/9")},
        {"key": "9", **put("https://news.example/9", alert=True)},
        {"title": "No key"},
        5,
        {"key": "a/b", **put("https://news.example/b")},
        {"key": "10", **put("https://news.example/10", open=False)},
        # Its address is another one's: one more key of that, as by itself.
        {"key": "11", **put("https://news.example/10")},
    ]
    path = "/v1/sites/default/articles"
    answer = await client.post(path, json={"articles": batch}, headers=headers)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["made"], told["known"], told["refused"]) == (2, 2, 5)
    outcomes = [(one["key"], one["outcome"]) for one in told["items"]]
    assert outcomes == [
        ("8", "made"), ("7", "known"), ("9", "refused"), ("9", "refused"), (None, "refused"),
        (None, "refused"), ("a/b", "refused"), ("10", "made"), ("11", "known"),
    ]  # fmt: skip
    assert [one["detail"].partition(":")[0] for one in told["items"] if "detail" in one] == [
        "$.url", "$.alert", "$", "$", "article",
    ]  # fmt: skip
    again = await client.put(address("8"), json=put("https://news.example/8"), headers=headers)
    assert again.status_code == 200
    article = again.json()["article"]
    assert (article["summary"], article["tags"]) == ("Of eight.", ["roads"])
    for key in ("8", "7", "10"):
        report = await client.get(f"{address(key)}/report", headers=headers)
        assert report.json()["alerts"] == []
    many = {"articles": [{"key": str(n), **put()} for n in range(201)]}
    assert (await client.post(path, json=many, headers=headers)).status_code == 422
    assert (await client.post(path, json={"articles": []})).status_code == 401


async def test_a_credit_stays_with_its_picture(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    first, second = "https://news.example/a.jpg", "https://news.example/b.jpg"
    for said, image, credit in (
        ({"image": first, "image_credit": " Photo: Jane Doé / AP "}, first, "Photo: Jane Doé / AP"),
        ({}, first, "Photo: Jane Doé / AP"),
        ({"image": first}, first, "Photo: Jane Doé / AP"),
        ({"image": second}, second, None),  # which is somebody else's
        ({"image_credit": "© Kim"}, second, "© Kim"),
        ({"image": first, "image_credit": "© Ana"}, first, "© Ana"),
        ({"image_credit": None}, first, None),
        ({"image_credit": "é" * 200}, first, "é" * 200),
        ({"image_credit": " "}, first, None),
        ({"image_credit": "© Ana"}, first, "© Ana"),
        ({"image": None}, None, None),
        ({"image_credit": "© Nobody's"}, None, None),
        ({"image": None, "image_credit": "© Nobody's"}, None, None),
        ({"image": first}, first, None),
    ):
        answer = await client.put(address("7"), json=put(**said), headers=bearer(publisher_key))
        article = answer.json()["article"]
        assert (article["image"], article["image_credit"]) == (image, credit), said


async def test_a_changed_key_or_a_moved_page_does_not_split_a_thread(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    headers = bearer(publisher_key)
    await client.put(address("7"), json=put(), headers=headers)
    await post(client, "Under the old key.", article_key="7")
    moved = put("https://news.example/2026/bridge", aliases=["old-slug", "https://news.example/b"])
    assert (await client.put(address("7"), json=moved, headers=headers)).status_code == 200
    renamed = await client.put(address("new-7"), json=moved, headers=headers)
    assert renamed.status_code == 200
    assert renamed.json()["article"]["key"] == "7"
    for key in ("7", "new-7", "old-slug"):
        assert (await read(client, key))["count"] == 1, key
    for url in ("https://news.example/bridge", "http://www.news.example/b/?utm_source=x"):
        assert (await read(client, "unknown", url=url))["count"] == 1, url
    counts = await client.get("/v1/sites/default/counts", params={"articles": "7,new-7"})
    assert counts.json()["counts"] == {"7": 1, "new-7": 1}


async def counts(client: httpx.AsyncClient, *keys: str) -> dict[str, int]:
    answer = await client.get("/v1/sites/default/counts", params={"articles": ",".join(keys)})
    found: dict[str, int] = answer.json()["counts"]
    return found


async def test_a_page_that_names_no_key_shows_the_article_of_its_address(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    headers = bearer(publisher_key)
    first, second = "https://www.news.example/2026/bridge/?p=1", "https://news.example/пором"
    moved = put(first, aliases=[second])
    assert (await client.put(address("7"), json=moved, headers=headers)).status_code == 201
    await post(client, "Under the publisher's key.", article_key="7")
    # What the page itself, a list of articles or an app makes of the address.
    keys = [
        key_of_url(url) for url in (first, "https://news.example/%D0%BF%D0%BE%D1%80%D0%BE%D0%BC")
    ]
    for key in keys:
        assert (await read(client, key))["article"]["key"] == "7"
        page = await client.get(f"/sites/default/articles/{key}")
        assert "Under the publisher" in page.text
    assert await counts(client, *keys) == dict.fromkeys(keys, 1)
    # The address goes to another article, and its key with it.
    for url in ("https://news.example/8", second):
        await client.put(address("8"), json=put(url), headers=headers)
    assert await counts(client, *keys) == {keys[0]: 1, keys[1]: 0}


async def test_a_key_that_is_an_article_s_own_stays_that(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    """A reader may have named another page by it; that is no reason to refuse the publisher."""
    key = key_of_url("https://news.example/bridge")
    other = {"url": "https://news.example/other", "title": "Another page"}
    sent = await client.post(thread(key), json={**new(), "article": other})
    assert sent.status_code == 201
    made = await client.put(address("7"), json=put(), headers=bearer(publisher_key))
    assert made.status_code == 201
    assert (await read(client, key))["article"]["key"] == key
    assert await counts(client, key, "7") == {key: 1, "7": 0}


async def test_an_update_shows_at_once_where_it_was_made(
    client: httpx.AsyncClient, publisher_key: str, state: Any
) -> None:
    state["events"]._heard["thread"].clear()  # the notice is late
    headers = bearer(publisher_key)
    await client.put(address("7"), json=put(), headers=headers)
    await read(client, "7")
    await client.put(address("7"), json=put(title="Renamed"), headers=headers)
    assert (await read(client, "7"))["article"]["title"] == "Renamed"


async def test_an_update_shows_in_a_kept_thread(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    headers = bearer(publisher_key)
    await client.put(address("7"), json=put(), headers=headers)
    await read(client, "7")
    await client.put(address("7"), json=put(title="Renamed"), headers=headers)
    for _ in range(100):
        if (await read(client, "7"))["article"]["title"] == "Renamed":
            return
        await asyncio.sleep(0.02)
    pytest.fail("the old title stayed")


async def test_many_puts_at_once_make_one_article(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    keys = ["7", "8", "9"] * 5
    answers = await asyncio.gather(
        *(client.put(address(key), json=put(), headers=bearer(publisher_key)) for key in keys)
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 14 + [201]
    assert len({answer.json()["article"]["key"] for answer in answers}) == 1


async def test_a_key_of_another_site_may_not(client: httpx.AsyncClient, state: Any) -> None:
    async with state["pool"].acquire() as conn:
        other = await actions.add_site(conn, "other", "Other", ["https://other.example"])
        key = await accounts.create_key(conn, other.id, ["publish"])
        weak = await accounts.create_key(conn, other.id, ["classify"])
    assert (await client.put(address("7"), json=put(), headers=bearer(key))).status_code == 403
    wrong = await client.put("/v1/sites/other/articles/7", json=put(), headers=bearer(weak))
    assert wrong.status_code == 403


async def test_sites(conn: Conn) -> None:
    site = await actions.add_site(conn, "tribune", "", ["https://tribune.example"])
    assert site.name == "tribune"
    with pytest.raises(Conflict):
        await actions.add_site(conn, "tribune", "", ["https://tribune.example"])
    for slug in ("", "A", "a_b", "-a", "a--b", "x" * 64):
        with pytest.raises(Invalid):
            await actions.add_site(conn, slug, "", [])
    more = await actions.ensure_site(conn, "tribune", "The Tribune", ["https://t.example"])
    assert more.origins == ["https://t.example", "https://tribune.example"]


async def test_an_article_is_found_without_a_scan(conn: Conn) -> None:
    site = await actions.add_site(conn, "tribune", "", ["https://tribune.example"])
    await actions.put_article(
        conn, site, "7", PutArticle(url="https://tribune.example/7", title="Seven")
    )
    await conn.execute("set local enable_seqscan = off")
    found = await store.get_article(conn, site.id, "none", "tribune.example/7")
    assert found is not None
    assert isinstance(site, Site)
