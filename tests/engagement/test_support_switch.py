"""When a page may call for support: the site's switch, the article's, and its tags."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thread import ORIGIN, bearer, post

from service.articles.rules import calls_for_support
from service.articles.types import Article, Site

SUPPORT = "/v1/sites/default/articles/a-1/support"
SITE = "/v1/moderation/sites/default"
WORDS = {
    "headline": "Nobody owns us but our readers",
    "text": "Nine of us report on this coast.",
    "url": "https://news.example/donate",
}


@pytest.fixture
async def change(client: httpx.AsyncClient, editor_token: str) -> Any:
    """Changes the site's call for support."""

    async def call(**support: Any) -> httpx.Response:
        return await client.patch(SITE, json={"support": support}, headers=bearer(editor_token))

    return call


@pytest.fixture
async def put(client: httpx.AsyncClient, publisher_key: str) -> Any:
    """Registers the article."""

    async def call(**more: Any) -> dict[str, Any]:
        answer = await client.put(
            "/v1/sites/default/articles/a-1",
            json={"url": f"{ORIGIN}/a-1", "title": "A bridge", **more},
            headers=bearer(publisher_key),
        )
        assert answer.status_code in {200, 201}, answer.text
        article: dict[str, Any] = answer.json()["article"]
        return article

    return call


async def shown(client: httpx.AsyncClient, **query: str) -> bool:
    answer = await client.get(SUPPORT, params=query)
    assert answer.status_code == 200, answer.text
    found: bool = answer.json()["shown"]
    return found


async def test_it_is_shown_with_the_site_s_words(client: httpx.AsyncClient, change: Any) -> None:
    before = (await client.get(SUPPORT)).json()
    assert before == {"shown": True, "headline": None, "text": None, "url": None}
    changed = await change(**WORDS)
    assert changed.status_code == 200, changed.text
    assert changed.json()["support"]["headline"] == WORDS["headline"]
    assert (await client.get(SUPPORT)).json() == {"shown": True, **WORDS}


async def test_the_site_s_switch(client: httpx.AsyncClient, change: Any) -> None:
    await change(enabled=False, **WORDS)
    off = (await client.get(SUPPORT)).json()
    assert off == {"shown": False, "headline": None, "text": None, "url": None}
    await change(enabled=True)
    assert (await client.get(SUPPORT)).json() == {"shown": True, **WORDS}


@pytest.mark.parametrize("tag", ["sensitive", "Sensitive", " OBITUARY ", "obituaries"])
async def test_never_on_a_sensitive_article(
    tag: str, client: httpx.AsyncClient, put: Any, change: Any
) -> None:
    await put(tags=["ferry", tag], support=True)
    assert not await shown(client)
    await put(tags=["ferry"])
    assert await shown(client)
    await put(tags=[], section=tag.strip())
    assert not await shown(client)
    await change(sensitive_tags=["accidents"])
    assert await shown(client)
    await put(tags=["Accidents"])
    assert not await shown(client)


async def test_an_article_s_own_switch_beats_the_site_s(
    client: httpx.AsyncClient, put: Any, change: Any
) -> None:
    assert (await put(support=False))["support"] is False
    assert not await shown(client)
    assert (await put())["support"] is False, "what is left out stays"
    assert (await put(support=None))["support"] is None
    assert await shown(client)
    await change(enabled=False)
    assert not await shown(client)
    await put(support=True)
    assert await shown(client)


async def test_the_page_s_address_finds_an_article_with_another_key(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    await client.put(
        "/v1/sites/default/articles/18231",
        json={"url": f"{ORIGIN}/ferry", "title": "Ferry", "tags": ["sensitive"]},
        headers=bearer(publisher_key),
    )
    assert await shown(client)
    assert not await shown(client, url=f"{ORIGIN}/ferry?utm_source=x")
    assert (await client.get(SUPPORT, params={"url": "x"})).status_code == 422


async def test_a_reader_s_page_is_known_by_its_first_comment_and_still_asks(
    client: httpx.AsyncClient,
) -> None:
    await post(client)
    assert await shown(client)


async def test_it_may_be_kept_and_asked_for_again(client: httpx.AsyncClient, change: Any) -> None:
    headers = {"Origin": ORIGIN}
    first = await client.get(SUPPORT, headers=headers)
    assert first.headers["access-control-allow-origin"] == ORIGIN
    assert "s-maxage" in first.headers["cache-control"]
    tag = first.headers["etag"]
    again = await client.get(SUPPORT, headers={**headers, "If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == ORIGIN
    await change(enabled=False)
    after = await client.get(SUPPORT, headers={**headers, "If-None-Match": tag})
    assert (after.status_code, after.json()["shown"]) == (200, False)
    strange = await client.get(SUPPORT, headers={"Origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in strange.headers


@pytest.mark.parametrize("support", [
    {"url": "javascript:alert(1)"}, {"url": "donate"}, {"url": "https://u:p@news.example/"},
    {"url": "https://news.example/" + "x" * 2000}, {"headline": "x" * 121}, {"headline": "a\nb"},
    {"headline": "a\x00"}, {"text": "x" * 1001}, {"text": "a\x00"}, {"enabled": None},
    {"enabled": "yes"}, {"sensitive_tags": [""]}, {"sensitive_tags": [" "]},
    {"sensitive_tags": ["x" * 101]}, {"sensitive_tags": ["a"] * 51}, {"sensitive_tags": None},
    {"colour": "red"},
], ids=lambda one: str(one)[:40])  # fmt: skip
async def test_a_bad_call_for_support_changes_nothing(support: dict[str, Any], change: Any) -> None:
    before = (await change(**WORDS)).json()
    assert (await change(**support)).status_code == 422
    assert (await change()).json() == before


async def test_it_is_on_record(change: Any, client: httpx.AsyncClient, editor_token: str) -> None:
    await change(enabled=False, sensitive_tags=["accident"], url="")
    events = await client.get("/v1/moderation/account-events", headers=bearer(editor_token))
    newest = events.json()["items"][0]
    assert (newest["action"], newest["by"]) == ("site changed", "editor@courier.example")
    assert newest["detail"] == {"support": "off", "sensitive tags": "accident"}


async def test_moderators_don_t_switch_it(client: httpx.AsyncClient, moderator_token: str) -> None:
    body = {"support": {"enabled": False}}
    answer = await client.patch(SITE, json=body, headers=bearer(moderator_token))
    assert answer.status_code == 403
    assert await shown(client)


SWITCHES = st.sampled_from([None, True, False])
LABELS = st.lists(st.sampled_from(["a", "A ", "b", "Straße", "STRASSE", ""]), max_size=3)


@given(switches=st.tuples(st.booleans(), SWITCHES), sensitive=LABELS, tags=LABELS)
def test_tags_beat_the_article_and_the_article_the_site(
    switches: tuple[bool, bool | None], sensitive: list[str], tags: list[str]
) -> None:
    """Held against a table, not against the rule's own words."""
    enabled, own = switches
    site = Site(UUID(int=0), "s", "S", [], support_enabled=enabled, sensitive_tags=sensitive)
    names = [field for field in Article.__struct_fields__ if field not in {"tags", "support"}]
    article = Article(**dict.fromkeys(names), tags=tags, support=own)
    folded = {"a": "a", "A ": "a", "b": "b", "Straße": "ss", "STRASSE": "ss", "": ""}
    same = {folded[one] for one in sensitive} & {folded[one] for one in tags}
    expected = {True: True, False: False, None: enabled}[own] and not same - {""}
    assert calls_for_support(site, article) == expected
