"""Sites and publishers' keys, from the desk."""

import asyncio
from typing import Any

import httpx
import pytest
from thread import bearer, new, thread

from service.articles.types import Site
from service.core.db import Pool

PUT = "/v1/sites/default/articles/a"
SUPPORT = {
    "enabled": True,
    "headline": "",
    "text": "",
    "url": "",
    "sensitive_tags": ["sensitive", "obituary", "obituaries"],
}
ARTICLE = {"url": "https://news.example/a", "title": "A"}


async def test_a_site_is_added_and_takes_comments(chief: Any, client: httpx.AsyncClient) -> None:
    body = {"slug": "herald", "name": "The Herald", "origins": ["https://Herald.example/"]}
    added = await chief("POST", "/sites", body)
    assert added.status_code == 201
    assert added.json() == {
        "slug": "herald", "name": "The Herald", "origins": ["https://herald.example"],
        "words_marked": False, "support": SUPPORT, "confirm_readers": True, "mail": "no_server",
    }  # fmt: skip
    assert (await chief("POST", "/sites", body)).status_code == 409
    push = await client.get("/v1/sites/herald/push")
    assert push.json()["public_key"]
    article = {"url": "https://herald.example/a", "title": "A"}
    posted = await client.post(
        "/v1/sites/herald/articles/a/comments", json={**new(), "article": article}
    )
    assert posted.status_code == 201


async def test_another_origin_is_believed_at_once(chief: Any, client: httpx.AsyncClient) -> None:
    origin = {"Origin": "https://new.example"}
    before = await client.get(thread(), headers=origin)
    assert "access-control-allow-origin" not in before.headers
    changed = await chief("PATCH", "/sites/default", {"origins": ["https://new.example"]})
    assert (changed.status_code, changed.json()["origins"]) == (200, ["https://new.example"])
    assert changed.json()["name"] == "The Courier"
    after = await client.get(thread(), headers=origin)
    assert after.headers["access-control-allow-origin"] == "https://new.example"
    renamed = await chief("PATCH", "/sites/default", {"name": "The Daily Courier"})
    assert renamed.json()["origins"] == ["https://new.example"]
    told = (await chief("GET", "/account-events")).json()["items"]
    assert told[1]["detail"] == {
        "origins added": "https://new.example", "origins taken": "https://news.example",
    }  # fmt: skip
    assert told[0]["detail"] == {"name": "The Courier → The Daily Courier"}


@pytest.mark.parametrize("body", [
    {"origins": []}, {"origins": ["http://news.example"]}, {"origins": ["https://a.example/x"]},
    {"origins": ["news.example"]}, {"origins": ["https://u:p@a.example"]}, {"origins": [""]},
    {"origins": ["https://a\x00.example"]}, {"origins": ["https://a.example"] * 51},
    {"name": ""}, {"name": " "}, {"name": "a\x00"}, {"name": "x" * 81}, {"slug": "other"},
    {"origins": None},
], ids=lambda body: str(body)[:40])  # fmt: skip
async def test_a_bad_change_of_a_site_is_told(chief: Any, body: dict[str, Any]) -> None:
    assert (await chief("PATCH", "/sites/default", body)).status_code == 422
    (site,) = (await chief("GET", "/sites")).json()["items"]
    assert site == {
        "slug": "default",
        "name": "The Courier",
        "origins": ["https://news.example"],
        "words_marked": False,
        "support": SUPPORT,
        "confirm_readers": True,
        "mail": "no_server",
    }


@pytest.mark.parametrize("slug", ["", "x y", "Ä", "-a", "a" * 64, "a--b", "a\x00"])
async def test_a_bad_slug_is_told(chief: Any, slug: str) -> None:
    body = {"slug": slug, "origins": ["https://x.example"]}
    assert (await chief("POST", "/sites", body)).status_code == 422


async def test_an_editor_of_some_sites_administers_those(
    local: Any, chief: Any, other: Site
) -> None:
    assert [s["slug"] for s in (await local("GET", "/sites")).json()["items"]] == ["default"]
    new_site = {"slug": "third", "origins": ["https://third.example"]}
    assert (await local("POST", "/sites", new_site)).status_code == 403
    assert (await local("PATCH", "/sites/herald", {"name": "X"})).status_code == 404
    assert (await local("PATCH", "/sites/default", {"name": "X"})).status_code == 200
    made = await chief("POST", "/keys", {"scopes": ["publish"]}, site="herald")
    ident = made.json()["key"]["id"]
    assert (await local("GET", "/keys", site="herald")).status_code == 403
    assert (await local("POST", "/keys", {"scopes": ["publish"]}, site="herald")).status_code == 403
    assert (await local("DELETE", f"/keys/{ident}")).status_code == 404
    assert len((await chief("GET", "/keys", site="herald")).json()["items"]) == 1


async def test_sites_by_pages(chief: Any, other: Site) -> None:
    first = (await chief("GET", "/sites", limit=1)).json()
    second = (await chief("GET", "/sites", limit=1, cursor=first["next_cursor"])).json()
    assert [s["slug"] for s in [*first["items"], *second["items"]]] == ["default", "herald"]
    assert second["next_cursor"] is None


async def test_a_key_opens_until_it_is_revoked(
    chief: Any, client: httpx.AsyncClient, pool: Pool
) -> None:
    body = {"scopes": ["publish", "publish"], "label": "import"}
    made = (await chief("POST", "/keys", body, site="default")).json()
    assert (made["key"]["scopes"], made["key"]["label"]) == (["publish"], "import")
    assert made["key"]["last_used_at"] is None
    assert made["token"] not in str(await pool.fetch("select * from api_key"))
    key = bearer(made["token"])
    assert (await client.put(PUT, json=ARTICLE, headers=key)).status_code == 201
    (listed,) = (await chief("GET", "/keys", site="default")).json()["items"]
    assert listed["last_used_at"]
    assert listed["created_by"] == "chief@courier.example"
    assert "token" not in listed
    path = f"/keys/{made['key']['id']}"
    answers = await asyncio.gather(*(chief("DELETE", path) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [204, 404, 404]
    assert (await client.put(PUT, json=ARTICLE, headers=key)).status_code == 401
    assert (await chief("GET", "/keys", site="default")).json()["items"] == []
    record = (await chief("GET", "/account-events")).json()["items"]
    assert [i["action"] for i in record[:2]] == ["key revoked", "key made"]


async def test_use_is_written_once_an_hour(
    chief: Any, client: httpx.AsyncClient, pool: Pool
) -> None:
    made = (await chief("POST", "/keys", {"scopes": ["publish"]}, site="default")).json()
    seen = set()
    for _ in range(3):
        await client.put(PUT, json=ARTICLE, headers=bearer(made["token"]))
        seen.add(await pool.fetchval("select last_used_at from api_key"))
    assert len(seen) == 1
    await pool.execute("update api_key set last_used_at = now() - interval '61 minutes'")
    await client.put(PUT, json=ARTICLE, headers=bearer(made["token"]))
    age = await pool.fetchval("select now() - last_used_at from api_key")
    assert age.total_seconds() < 60


@pytest.mark.parametrize("body", [
    {"scopes": []}, {"scopes": ["all"]}, {"scopes": "publish"}, {},
    {"scopes": ["publish"], "label": "a\x00"}, {"scopes": ["publish"], "label": "x" * 101},
], ids=str)  # fmt: skip
async def test_a_bad_key_is_told(chief: Any, body: dict[str, Any]) -> None:
    assert (await chief("POST", "/keys", body, site="default")).status_code == 422


async def test_a_key_needs_its_site(chief: Any) -> None:
    body = {"scopes": ["publish"]}
    assert (await chief("POST", "/keys", body)).status_code == 422
    assert (await chief("POST", "/keys", body, site="nowhere")).status_code == 404
    assert (await chief("GET", "/keys")).status_code == 422


async def test_keys_are_not_made_without_end(chief: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.administration.keys.MOST_KEYS", 2)
    body = {"scopes": ["publish"]}
    calls = [chief("POST", "/keys", body, site="default") for _ in range(4)]
    answers = await asyncio.gather(*calls)
    assert sorted(a.status_code for a in answers) == [201, 201, 409, 409]
