"""Writing under another name from now on."""

import asyncio
from typing import Any

import httpx
import pytest
from correspondence.conftest import Arrived, PostAs, confirm, key_in
from correspondence.test_own_page import act, browser, enter
from thread import bearer, new, post, read, thread

from service.core.db import Pool
from service.core.limits import Limiter

__all__ = ["browser"]

READER = "/v1/sites/default/reader"
ANA = {"name": "Ana", "email": "ana@readers.example"}
BO = {"name": "Bo", "email": "bo@readers.example"}


async def join(client: httpx.AsyncClient, arrived: Arrived, who: dict[str, str]) -> str:
    """Post as somebody, and confirm; the token."""
    await post(client, f"By {who['name']}.", **who)
    (mail,) = [one for one in await arrived() if one["To"] == who["email"]]
    return str((await confirm(client, mail))["token"])


async def rename(client: httpx.AsyncClient, token: str, name: str) -> httpx.Response:
    return await client.patch(READER, json={"name": name}, headers=bearer(token))


async def names(client: httpx.AsyncClient) -> list[str]:
    return [one["author"]["name"] for one in (await read(client, sort="oldest"))["items"]]


async def test_what_comes_is_under_the_new_name_and_what_is_there_keeps_its_own(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, post_as: PostAs
) -> None:
    await post(client, "By Ana.", **ANA)
    (mail,) = await arrived()
    page = await enter(browser, key_in(mail))
    answer = await act(browser, page, "name", name="  Ana Lima ")
    assert "You write here as Ana Lima" in answer.text
    assert 'value="Ana Lima"' in answer.text
    await act(browser, answer.text, "browser")
    assert await names(client) == ["Ana"]
    taken = await client.post(thread(), json=new(name="Ana Llma", email="cy@readers.example"))
    assert taken.status_code == 422
    # The old one is free, as no address has it confirmed any more.
    await post(client, "By another.", name="Ana", email="cy@readers.example")


async def test_a_reader_s_token_renames_its_reader(
    client: httpx.AsyncClient, arrived: Arrived, post_as: PostAs
) -> None:
    token = await join(client, arrived, ANA)
    answer = await rename(client, token, "Ana Lima")
    assert (answer.status_code, answer.json()) == (200, {"name": "Ana Lima"})
    assert (await post_as(token)).json()["comment"]["author"]["name"] == "Ana Lima"
    assert await names(client) == ["Ana", "Ana Lima"]
    assert (await rename(client, token, "ANA LIMA")).status_code == 200


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Bo", "belongs to somebody else"),
        ("B\u043e", "belongs to somebody else"),  # with a Cyrillic o
        ("The Desk", "belongs to somebody else"),
        (" \u200b ", "name"),
        ("x" * 81, "1 character"),
    ],
)
async def test_a_name_that_can_t_be_had(
    client: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    moderator_token: str,
    name: str,
    said: str,
) -> None:
    await pool.execute("update moderator set name = 'The Desk', name_key = 'thedesk'")
    await join(client, arrived, BO)
    await post(client, "By Ana.", **ANA)
    page = await enter(browser, key_in((await arrived())[0]))
    answer = await act(browser, page, "name", name=name)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'href="#name"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert f'value="{name}"' in answer.text
    assert "You write here as Ana," in answer.text
    rows = await pool.fetch("select name from reader where confirmed_at is not null order by name")
    assert [row["name"] for row in rows] == ["Ana", "Bo"]


async def test_a_blocked_word_in_it_holds_what_is_written_next(
    client: httpx.AsyncClient, arrived: Arrived, post_as: PostAs, editor_token: str
) -> None:
    token = await join(client, arrived, ANA)
    said = {"policy": {"banned_words": ["casino"]}}
    put = await client.put(
        "/v1/moderation/policy?site=default", json=said, headers=bearer(editor_token)
    )
    assert put.status_code == 200
    assert (await rename(client, token, "Best Casino")).status_code == 200
    assert (await post_as(token)).json()["comment"]["status"] == "held"
    assert await names(client) == ["Ana"]


async def test_of_two_who_want_a_name_at_once_one_gets_it(
    client: httpx.AsyncClient, arrived: Arrived
) -> None:
    tokens = [await join(client, arrived, who) for who in (ANA, BO)]
    answers = await asyncio.gather(*(rename(client, token, "Kim") for token in tokens))
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_nobody_takes_one_name_after_another(
    client: httpx.AsyncClient, arrived: Arrived, state: dict[str, Any], pool: Pool
) -> None:
    token = await join(client, arrived, ANA)
    state["limiter"] = Limiter(pool, enabled=True)
    codes = [(await rename(client, token, f"Ana {n}")).status_code for n in "abcd"]
    assert codes == [200, 200, 200, 429]


async def test_who_may_not(client: httpx.AsyncClient, moderator_token: str) -> None:
    answers = [
        await client.patch(READER, json={"name": "Kim"}),
        await rename(client, moderator_token, "Kim"),
        await rename(client, "rt" + "a" * 40, "Kim"),
    ]
    assert [answer.status_code for answer in answers] == [401, 403, 401]
