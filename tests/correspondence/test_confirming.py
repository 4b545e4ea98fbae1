"""Who is whom once an address is confirmed: the ways in which somebody might take it over."""

import asyncio
from typing import Any

import httpx
import pytest
from correspondence.conftest import CONFIRM, Arrived, PostAs, confirm, key_in, readers_of
from thread import bearer, new, post, thread

from service.articles import actions as articles
from service.articles.types import Site
from service.core.db import Pool

ANA = {"name": "Ana", "email": "ana@readers.example"}


async def test_whoever_posts_is_asked_once_and_confirming_makes_a_reader_of_its_own(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool, site: Site, post_as: PostAs
) -> None:
    await post(client, "The first.", **ANA)
    await post(client, "The second.", **ANA)
    (mail,) = await arrived()
    assert mail["To"] == ANA["email"]
    assert await arrived() == []
    confirmed = await confirm(client, mail)
    assert confirmed["name"] == "Ana"
    # The letter was about the first one: the other waits for its owner's word.
    assert await readers_of(pool, site) == {"The first.": True, "The second.": False}
    answer = await post_as(confirmed["token"], "As myself.")
    assert answer.status_code == 201
    assert answer.json()["comment"]["author"] == {"name": "Ana"}
    assert (await readers_of(pool, site))["As myself."]
    assert await arrived() == []


async def test_a_stranger_with_the_address_and_the_name_of_a_confirmed_reader_is_nobody(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool, site: Site, post_as: PostAs
) -> None:
    await post(client, "Mine.", **ANA)
    token = (await confirm(client, (await arrived())[0]))["token"]
    for name in ("Ana", "ana ", "\u0410n\u0430", "An a"):
        answer = await client.post(thread(), json=new(name=name, email="ana@readers.example"))
        assert answer.status_code == 422, name
        assert answer.json()["errors"][0]["code"] == "name_taken"
    stranger = await post(client, "Not hers.", name="Somebody", email="ANA@readers.example ")
    assert (await readers_of(pool, site))["Not hers."] is False
    own = await client.get("/v1/sites/default/reader?article=a-1", headers=bearer(token))
    assert [one["body"] for one in own.json()["comments"]] == ["Mine."]
    for method in ("PATCH", "DELETE"):
        where = f"/v1/sites/default/comments/{stranger['comment']['id']}"
        body = {"body": "Changed."} if method == "PATCH" else None
        answer = await client.request(method, where, json=body, headers=bearer(token))
        assert answer.status_code == 403
    standing = await pool.fetchval("select standing from comment where body = 'Not hers.'")
    assert standing == 0
    assert (await post_as(token, "Still mine.")).status_code == 201


async def test_a_sanction_on_the_stranger_leaves_the_reader_alone_but_not_the_other_way_round(
    client: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    moderator_token: str,
    post_as: PostAs,
) -> None:
    await post(client, "Mine.", **ANA)
    token = (await confirm(client, (await arrived())[0]))["token"]
    await post(client, "Not hers.", name="Somebody", email=ANA["email"])

    async def ban(body: str) -> None:
        ident = await pool.fetchval("select reader_id from comment where body = $1", body)
        answer = await client.post(
            f"/v1/moderation/readers/{ident}/sanctions",
            json={"kind": "ban", "reason": "Rude"},
            headers=bearer(moderator_token),
        )
        assert answer.status_code == 201

    await ban("Not hers.")
    typed = new(name="Somebody", email=ANA["email"])
    assert (await client.post(thread(), json=typed)).status_code == 403
    assert (await post_as(token, "Let in.")).status_code == 201
    await pool.execute("update sanction set lifted_at = now()")
    await ban("Mine.")
    assert (await post_as(token, "Kept out.")).status_code == 403
    # Whoever is banned by name doesn't get in by leaving the token out.
    assert (await client.post(thread(), json=typed)).status_code == 403


async def test_an_owner_who_was_written_for_may_say_so_and_is_never_written_to_again(
    client: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    site: Site,
    moderator_token: str,
) -> None:
    attack = await post(client, "Written by somebody else.", **ANA)
    (mail,) = await arrived()
    # Read, also by programs that look for malware: nothing comes of it.
    page = f"/sites/default/confirm?key={key_in(mail)}"
    for method in ("GET", "HEAD", "GET"):
        assert (await client.request(method, page)).status_code == 200
    assert await readers_of(pool, site) == {"Written by somebody else.": False}
    form = {"key": key_in(mail), "do": "deny", "stop": "on"}
    answer = await client.post("/sites/default/confirm", data=form)
    assert answer.status_code == 200
    assert "We won\u2019t write to ana@readers.example again." in answer.text
    assert await readers_of(pool, site) == {"Written by somebody else.": False}
    queue = await client.get("/v1/moderation/queue?view=reported", headers=bearer(moderator_token))
    assert [one["id"] for one in queue.json()["items"]] == [attack["comment"]["id"]]
    await post(client, "Once more.", name="Bo", email=ANA["email"])
    await pool.execute("update reader_link set created_at = now() - interval '2 days'")
    assert await arrived() == []
    assert (await client.post(CONFIRM, json={"key": key_in(mail)})).status_code == 404


async def test_a_banned_reader_doesn_t_get_rid_of_the_ban_by_confirming(
    client: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    moderator_token: str,
    post_as: PostAs,
) -> None:
    await post(client, "Mine.", **ANA)
    (mail,) = await arrived()
    ident = await pool.fetchval("select id from reader")
    where = f"/v1/moderation/readers/{ident}/sanctions"
    for kind in ("ban", "hold"):
        body = {"kind": kind, "reason": f"A {kind}"}
        answer = await client.post(where, json=body, headers=bearer(moderator_token))
        assert answer.status_code == 201
    token = (await confirm(client, mail))["token"]
    answer = await post_as(token, "Here again.")
    assert (answer.status_code, answer.json()["code"]) == (403, "banned")
    assert "A ban" in answer.json()["detail"]


async def test_what_was_imported_and_approved_counts_once_the_address_is_confirmed(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool, site: Site, post_as: PostAs
) -> None:
    await post(client, "Long ago.", **ANA)
    await post(client, "Long ago, and refused.", **ANA)
    await pool.execute(
        """
        insert into imported (site_id, source, source_id, comment_id, decided)
        select site_id, 'wordpress', body, id, true from comment
        """
    )
    await pool.execute("update comment set status = 'rejected' where body like '%refused.'")
    await pool.execute("delete from confirmation_due")
    await post(client, "Today.", **ANA)
    (mail,) = await arrived()
    token = (await confirm(client, mail))["token"]
    assert await readers_of(pool, site) == {
        "Long ago.": True, "Long ago, and refused.": False, "Today.": True,
    }  # fmt: skip
    await post_as(token, "And now.")
    packed = await pool.fetchval(
        """
        select s.signals from screening s join comment c on c.id = s.comment_id
        where c.body = 'And now.'
        """
    )
    assert b'"confirmed":true' in packed.replace(b" ", b"")


async def test_a_link_is_good_once_here_and_in_time(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool, state: dict[str, Any]
) -> None:
    async with state["pool"].acquire() as conn:
        await articles.add_site(conn, "other", "Other", ["https://other.example"])
    await post(client, "Mine.", **ANA)
    (mail,) = await arrived()
    key = key_in(mail)

    async def at(path: str, key: str) -> int:
        return (await client.post(path, json={"key": key})).status_code

    assert await at("/v1/sites/other/reader/confirmations", key) == 404
    assert await at(CONFIRM, key[:-1] + ("a" if key[-1] != "a" else "b")) == 404
    assert await at(CONFIRM, "\u00fc" * 42) == 404
    await pool.execute("update reader_link set expires_at = now() - interval '1 second'")
    assert await at(CONFIRM, key) == 404
    await pool.execute("update reader_link set expires_at = now() + interval '1 hour'")
    answers = await asyncio.gather(*(at(CONFIRM, key) for _ in range(5)))
    assert sorted(answers) == [201, 404, 404, 404, 404]
    assert await pool.fetchval("select count(*) from reader where confirmed_at is not null") == 1
    page = await client.get(f"/sites/default/confirm?key={key}")
    assert page.status_code == 410
    assert "This link doesn\u2019t work any more" in page.text


async def test_two_letters_to_one_address_confirm_one_reader_at_once(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool, site: Site
) -> None:
    keys = []
    for body in ("One.", "Two."):
        await post(client, body, **ANA)
        keys.append(key_in((await arrived())[0]))
        await pool.execute("update reader_link set created_at = now() - interval '2 days'")
    answers = await asyncio.gather(*(client.post(CONFIRM, json={"key": key}) for key in keys))
    assert [one.status_code for one in answers] == [201, 201]
    assert await readers_of(pool, site) == {"One.": True, "Two.": True}
    assert await pool.fetchval("select count(*) from reader where confirmed_at is not null") == 1


async def test_a_name_that_is_somebody_s_by_now_needs_another(
    client: httpx.AsyncClient, arrived: Arrived, pool: Pool
) -> None:
    await post(client, "One of two.", **ANA)
    await post(client, "The other.", name="Ana", email="other@readers.example")
    first, second = await arrived()
    await confirm(client, first)
    answer = await client.post(CONFIRM, json={"key": key_in(second)})
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "path": "$.name", "code": "name_taken",
        "detail": "This name belongs to somebody else here; choose another",
    }  # fmt: skip
    form = {"key": key_in(second), "do": "confirm", "name": "\u0410na"}
    page = await client.post("/sites/default/confirm", data=form)
    assert page.status_code == 422
    assert 'id="name-error"' in page.text
    assert (await confirm(client, second, name="Ana Two"))["name"] == "Ana Two"


@pytest.mark.parametrize("body", [{}, {"key": ""}, {"key": "x", "name": ""}, {"key": "x" * 101}])
async def test_what_is_no_confirmation_is_told(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await client.post(CONFIRM, json=body)
    assert answer.status_code == 422


@pytest.mark.parametrize("kind", ["page", "over", "other site", "unknown"])
async def test_a_token_that_isn_t_good_writes_nothing(
    client: httpx.AsyncClient,
    arrived: Arrived,
    pool: Pool,
    state: dict[str, Any],
    post_as: PostAs,
    kind: str,
) -> None:
    await post(client, "Mine.", **ANA)
    token = (await confirm(client, (await arrived())[0]))["token"]
    async with state["pool"].acquire() as conn:
        await articles.add_site(conn, "other", "Other", ["https://other.example"])
    change = {
        "page": "kind = 'page'",
        "over": "expires_at = now()",
        "other site": "site_id = (select id from site where slug = 'other')",
        "unknown": "token_hash = '\\x00'",
    }[kind]
    await pool.execute(f"update reader_token set {change}")
    answer = await post_as(token, "Not taken.")
    assert answer.status_code == 401
    assert (await client.get("/v1/sites/default/reader", headers=bearer(token))).status_code == 401
