"""Posting, reading, editing over HTTP."""

import asyncio
import gzip
import json
from typing import Any

import httpx
from thread import bearer, comment, new, post, read, thread

from service.core.db import Pool
from service.settings import Settings


async def test_a_comment_is_posted_and_read(client: httpx.AsyncClient) -> None:
    posted = await post(client, "The bridge has been **closed** since Tuesday.")
    assert posted["comment"]["status"] == "published"
    page = await read(client)
    assert page["count"] == 1
    [item] = page["items"]
    assert item["id"] == posted["comment"]["id"]
    assert item["html"] == "<p>The bridge has been <strong>closed</strong> since Tuesday.</p>\n"
    assert item["author"] == {"name": "Ana"}
    assert (item["replies"], item["reply_count"]) == ([], 0)
    assert page["article"] == {
        "key": "a-1",
        "title": "A bridge",
        "url": "https://news.example/a-1",
        "open": True,
    }


async def test_the_email_is_in_no_public_answer(client: httpx.AsyncClient) -> None:
    posted = await post(client)
    ident = posted["comment"]["id"]
    for address in (thread(), comment(ident), comment(ident) + "/replies"):
        assert "readers.example" not in (await client.get(address)).text
    mine = await client.get(comment(ident), headers=bearer(posted["edit_token"]))
    assert "readers.example" not in mine.text + json.dumps(posted)


async def test_an_unknown_article_has_an_empty_thread(client: httpx.AsyncClient) -> None:
    page = await read(client, "nobody-knows")
    assert (page["items"], page["count"], page["next_cursor"]) == ([], 0, None)
    assert page["ticket"]


async def test_an_article_elsewhere_is_not_registered(client: httpx.AsyncClient) -> None:
    for article in (None, {"url": "https://evil.example/a", "title": ""}):
        answer = await client.post(thread("elsewhere"), json=new() | {"article": article})
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


async def test_pages_follow_each_other_in_every_order(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    ids = [(await post(client, f"Remark number {n}."))["comment"]["id"] for n in range(7)]
    await pool.execute("update comment set likes = case id when $1 then 5 else 0 end", ids[3])
    expected = {"newest": ids[::-1], "oldest": ids, "top": [ids[3], *ids[:3:-1], *ids[2::-1]]}
    for sort, order in expected.items():
        seen: list[str] = []
        query: dict[str, Any] = {"sort": sort, "limit": 3}
        while True:
            page = await read(client, **query)
            seen += [item["id"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert seen == order, sort


async def test_replies_nest_to_depth_four_and_then_stand_side_by_side(
    client: httpx.AsyncClient,
) -> None:
    root = (await post(client, "The root."))["comment"]["id"]
    chain = [root]
    for n in range(8):
        chain.append((await post(client, f"Level {n}.", parent_id=chain[-1]))["comment"]["id"])
    [item] = (await read(client))["items"]
    assert item["reply_count"] == 8
    assert [reply["id"] for reply in item["replies"]] == chain[1:6]
    below = (await client.get(comment(root) + "/replies")).json()["items"]
    assert [reply["parent_id"] for reply in below] == [*chain[:4], *[chain[3]] * 4]
    assert (await read(client))["count"] == 9


async def test_replies_are_paged_for_roots_and_for_replies(client: httpx.AsyncClient) -> None:
    root = (await post(client))["comment"]["id"]
    first = (await post(client, "First.", parent_id=root))["comment"]["id"]
    await post(client, "Second.", parent_id=root)
    under = [(await post(client, f"{n}.", parent_id=first))["comment"]["id"] for n in range(3)]
    page = (await client.get(comment(root) + "/replies", params={"limit": 2})).json()
    rest = await client.get(comment(root) + "/replies", params={"cursor": page["next_cursor"]})
    assert len(page["items"]) + len(rest.json()["items"]) == 5
    below = (await client.get(comment(first) + "/replies")).json()["items"]
    assert [reply["id"] for reply in below] == under


async def test_ten_thousand_nested_replies_stay_flat(client: httpx.AsyncClient, pool: Pool) -> None:
    root = (await post(client))["comment"]["id"]
    deepest = root
    for _ in range(5):
        deepest = (await post(client, "Deeper.", parent_id=deepest))["comment"]["id"]
    await pool.execute(
        """
        insert into comment (site_id, id, article_id, root_id, parent_id, depth, reader_id,
            author_name, body, html, status, risk, created_at)
        select c.site_id, gen_random_uuid(), c.article_id, c.root_id, c.parent_id, 4, c.reader_id,
            'Ana', 'x', '<p>x</p>', 'published', 0, now()
        from comment c, generate_series(1, 10000) where c.id = $1
        """,
        deepest,
    )
    posted = await post(client, "And one more.", parent_id=deepest)
    page = (await client.get(comment(root) + "/replies", params={"limit": 200})).json()
    assert len(page["items"]) == 200
    assert page["next_cursor"]
    placed = (await client.get(comment(posted["comment"]["id"]))).json()
    assert placed["root_id"] == root
    assert len((await read(client))["items"][0]["replies"]) == 5


async def test_a_reply_needs_a_published_parent_of_the_same_article(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    ident = (await post(client))["comment"]["id"]
    other = await client.post(thread("a-2"), json=new(article="a-2", parent_id=ident))
    assert other.status_code == 422
    assert other.json()["errors"][0]["path"] == "$.parent_id"
    await pool.execute("update comment set status = 'held'")
    held = await client.post(thread(), json=new(parent_id=ident))
    assert held.status_code == 409


async def test_a_permalink_tells_where_a_comment_stands(client: httpx.AsyncClient) -> None:
    ids = [(await post(client, f"Number {n}."))["comment"]["id"] for n in range(5)]
    reply = (await post(client, "A reply.", parent_id=ids[2]))["comment"]["id"]
    placed = (await client.get(comment(reply))).json()
    assert placed["root_id"] == ids[2]
    assert placed["article"]["key"] == "a-1"
    page = await read(client, cursor=placed["cursor"])
    assert page["items"][0]["id"] == ids[2]
    assert page["items"][0]["replies"][0]["id"] == reply


async def test_the_author_edits_within_the_window_only(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    posted = await post(client, "A remrak.")
    ident, mine = posted["comment"]["id"], bearer(posted["edit_token"])
    edited = await client.patch(comment(ident), json={"body": "A remark."}, headers=mine)
    assert edited.status_code == 200, edited.text
    [item] = (await read(client))["items"]
    assert item["html"] == "<p>A remark.</p>\n"
    assert item["edited_at"]
    await pool.execute("update comment set created_at = created_at - interval '16 minutes'")
    late = await client.patch(comment(ident), json={"body": "Later."}, headers=mine)
    assert late.status_code == 409


async def test_an_edit_does_not_publish_what_a_moderator_has_held(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    posted = await post(client)
    ident = posted["comment"]["id"]
    await client.post(
        "/v1/moderation/decisions",
        json={"decisions": [{"comment_id": ident, "action": "hold"}]},
        headers=bearer(moderator_token),
    )
    edited = await client.patch(
        comment(ident), json={"body": "Nicer words."}, headers=bearer(posted["edit_token"])
    )
    assert edited.json()["comment"]["status"] == "held"
    assert (await read(client))["count"] == 0


async def test_the_author_removes_and_twice_is_once(client: httpx.AsyncClient) -> None:
    posted = await post(client)
    ident, mine = posted["comment"]["id"], bearer(posted["edit_token"])
    for _ in range(2):
        assert (await client.delete(comment(ident), headers=mine)).status_code == 204
    assert (await read(client))["items"] == []
    assert (await client.get(comment(ident))).status_code == 404
    own = (await client.get(comment(ident), headers=mine)).json()
    assert own["comment"]["status"] == "removed"
    edited = await client.patch(comment(ident), json={"body": "Back."}, headers=mine)
    assert edited.status_code == 409


async def test_a_removed_root_stays_as_a_tombstone_while_it_has_replies(
    client: httpx.AsyncClient,
) -> None:
    root = await post(client, "Secret words of the root.")
    ident = root["comment"]["id"]
    reply = await post(client, "A reply.", parent_id=ident)
    await client.delete(comment(ident), headers=bearer(root["edit_token"]))
    page = await read(client)
    [item] = page["items"]
    assert (item["status"], item["html"], item["author"]) == ("removed", "", {"name": ""})
    assert (page["count"], item["reply_count"]) == (1, 1)
    assert "Secret" not in json.dumps(page)
    await client.delete(comment(reply["comment"]["id"]), headers=bearer(reply["edit_token"]))
    assert (await read(client))["items"] == []


async def test_tokens_of_other_things_open_nothing(
    client: httpx.AsyncClient, publisher_key: str, moderator_token: str
) -> None:
    one, other = await post(client, "One."), await post(client, "Other.")
    address = comment(one["comment"]["id"])
    for token, status in [
        (other["edit_token"], 403),
        (publisher_key, 403),
        (moderator_token, 403),
        ("re" + "a" * 52, 401),
        ("", 401),
    ]:
        for answer in (
            await client.patch(address, json={"body": "Mine."}, headers=bearer(token)),
            await client.delete(address, headers=bearer(token)),
        ):
            assert answer.status_code == status, token


async def test_counts_answer_for_what_was_asked(client: httpx.AsyncClient) -> None:
    await post(client)
    answer = await client.get("/v1/sites/default/counts", params={"articles": "a-1,a-9"})
    assert answer.json() == {"counts": {"a-1": 1, "a-9": 0}}


async def test_a_retry_with_the_same_key_answers_the_first_comment(
    client: httpx.AsyncClient,
) -> None:
    headers = {"Idempotency-Key": "draft-1"}
    tries = [client.post(thread(), json=new(), headers=headers) for _ in range(8)]
    answers = await asyncio.gather(*tries)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["comment"]["id"] for answer in answers}) == 1
    assert len({answer.json()["edit_token"] for answer in answers}) == 1
    assert (await read(client))["count"] == 1
    other = await client.post(thread(), json=new("Something else."), headers=headers)
    assert other.status_code == 422


async def test_a_thread_is_answered_by_tag_and_compressed(client: httpx.AsyncClient) -> None:
    for n in range(5):
        await post(client, f"Remark number {n}, with some more words to compress.")
    plain = await client.get(thread(), headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    packed = await client.get(thread(), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) < len(gzip.compress(plain.content)) + 100
    etag = plain.headers["etag"]
    assert packed.headers["etag"] == etag
    unchanged = await client.get(thread(), headers={"If-None-Match": etag})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert "s-maxage=5" in plain.headers["cache-control"]
    await post(client, "News.")
    changed = await client.get(thread(), headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.json()["count"] == 6


async def test_head_answers_without_a_body(client: httpx.AsyncClient) -> None:
    await post(client)
    answer = await client.head(thread())
    assert (answer.status_code, answer.content) == (200, b"")


async def test_only_the_site_s_origins_may_read_from_a_page(client: httpx.AsyncClient) -> None:
    for origin, allowed in [("https://news.example", True), ("https://evil.example", False)]:
        answer = await client.get(thread(), headers={"Origin": origin})
        assert ("access-control-allow-origin" in answer.headers) == allowed
        preflight = await client.options(
            thread(), headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
        )
        assert preflight.status_code == 204
        assert ("access-control-allow-origin" in preflight.headers) == allowed
        assert "Origin" in answer.headers["vary"]


async def test_a_closed_article_takes_no_comment(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    await post(client)
    await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": "https://news.example/a-1", "title": "A bridge", "open": False},
        headers=bearer(publisher_key),
    )
    assert (await read(client))["article"]["open"] is False
    assert (await client.post(thread(), json=new())).status_code == 409


async def test_a_name_can_not_be_made_to_look_like_staff_or_a_confirmed_reader(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    await post(client, "Hello.", name="Marta Klein", email="marta@readers.example")
    await pool.execute("update reader set confirmed_at = now()")
    disguises = ("MARTA  KLEIN", "M\u0430rta Klein", "Marta\u200b Klein", "M.arta Kle\u00edn")
    for name in ("Marta Klein", *disguises):
        answer = await client.post(thread(), json=new(name=name))
        assert answer.status_code == 422, name
        assert answer.json()["errors"][0]["path"] == "$.name"
    own = await client.post(thread(), json=new(name="Marta Klein", email="marta@readers.example"))
    assert own.status_code == 201


async def test_a_ban_is_told_to_the_reader(client: httpx.AsyncClient, pool: Pool) -> None:
    await post(client)
    await pool.execute(
        """
        insert into sanction (site_id, id, reader_id, kind, reason, until)
        select site_id, gen_random_uuid(), id, 'ban', 'threats', now() + interval '1 day'
        from reader
        """
    )
    answer = await client.post(thread(), json=new())
    assert answer.status_code == 403
    assert "threats" in answer.json()["detail"]
    await pool.execute("update sanction set until = now() - interval '1 hour'")
    assert (await client.post(thread(), json=new())).status_code == 201


async def test_posting_is_limited_per_address_and_per_reader(
    client: httpx.AsyncClient, state: dict[str, Any], settings: Settings
) -> None:
    assert settings.rate_limits is False
    state["limiter"]._enabled = True
    answers = [
        await client.post(thread(), json=new(f"Again {n}.", email=f"r{n}@readers.example"))
        for n in range(12)
    ]
    assert [a.status_code for a in answers].count(201) == 10
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    await state["pool"].execute("delete from rate_limit where bucket like 'post\\000%'::bytea")
    same = [await client.post(thread(), json=new(f"Mine {n}.")) for n in range(8)]
    assert [a.status_code for a in same].count(201) == 6
