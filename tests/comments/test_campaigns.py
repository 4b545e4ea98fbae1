"""Campaigns: what is posted again in other words is one item of the queue."""

import asyncio
import json
import random
from typing import Any
from uuid import UUID

import httpx
from bench.rewordings import reworded
from support import plan_nodes
from thread import bearer, comment, post

from service.articles import actions as articles
from service.articles.types import Site
from service.comments.campaigns import sweep
from service.core.db import Pool
from service.screening.kin import CANDIDATES, FOUND_BY, TERMS, TERMS_SHARED
from service.screening.store import RELATIVES

SPAM = (
    "Congratulations, you have been chosen for our holiday voucher worth two thousand pounds. "
    "Phone the claims line today, quote your lucky reference, and the cruise tickets are yours."
)
PLAIN = (
    "The council moved Thursday's hearing on the evening ferry because the hall was flooded "
    "again, and nobody thought of telling the hundred people who had queued since six."
)
ANSWER = (
    "I was there, and it was not flooded at all: they simply forgot the key of the building, as "
    "they have forgotten everything else since the election in spring, and now they blame rain."
)


def by(number: int) -> dict[str, Any]:
    return {
        "name": f"Reader {number}",
        "email": f"r{number}@readers.example",
        "article_key": f"a-{number % 4}",
    }


async def campaigns(pool: Pool) -> list[Any]:
    rows = await pool.fetch("select id, campaign_id from comment order by id")
    return [row["campaign_id"] for row in rows]


async def test_another_wording_by_others_elsewhere_is_joined(
    client: httpx.AsyncClient, moderator_token: str, pool: Pool
) -> None:
    chance = random.Random(8)  # noqa: S311 (the same every time)
    first = (await post(client, SPAM, **by(0)))["comment"]
    await post(client, PLAIN, **by(50))
    for n in range(1, 12):
        await post(client, reworded(SPAM, chance, 0.1), **by(n))
    found = await campaigns(pool)
    assert str(found[0]) == first["id"]
    assert found[1] is None
    assert set(found[2:]) == {found[0]}
    await pool.execute("update comment set status = 'held' where campaign_id is not null")
    answer = await client.get("/v1/moderation/queue", headers=bearer(moderator_token))
    [item] = answer.json()["items"]
    assert item["campaign"] == {"id": first["id"], "size": 12, "waiting": 12, "decided": 12}


async def test_what_people_say_alike_is_not(client: httpx.AsyncClient, pool: Pool) -> None:
    for n, body in enumerate(
        [
            "Thank you!",
            "Thank you!",
            "I agree.",
            f"> {PLAIN}\n\n{ANSWER}",
            "You can't fix stupid, as they say, and the harbour board least of all.",
            "Some people never learn. You can't fix stupid. My bus was late, too.",
        ]
    ):
        await post(client, body, **by(n))
    assert set(await campaigns(pool)) == {None}


async def test_two_at_one_moment_are_joined_soon_after(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    await asyncio.gather(*(post(client, SPAM, **by(n)) for n in range(6)))
    while await sweep(pool):
        pass
    [campaign] = set(await campaigns(pool))
    assert campaign == await pool.fetchval("select min(id::text)::uuid from comment")
    assert await sweep(pool) == 0


async def test_a_week_or_a_site_apart_is_another_campaign(
    client: httpx.AsyncClient, pool: Pool, state: dict[str, Any]
) -> None:
    await post(client, SPAM, **by(0))
    await pool.execute("update comment set created_at = now() - interval '8 days'")
    await post(client, SPAM, **by(1))
    async with pool.acquire() as conn:
        await articles.add_site(conn, "other", "Other", ["https://news.example"])
    body = {
        "name": "Bo", "email": "bo@readers.example", "body": SPAM,
        "article": {"url": "https://news.example/x", "title": "X"},
    }  # fmt: skip
    answer = await client.post("/v1/sites/other/articles/x/comments", json=body)
    assert answer.status_code == 201
    assert await campaigns(pool) == [None, None, None]


async def test_an_edit_leaves_a_campaign_and_joins_another(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    await post(client, SPAM, **by(0))
    posted = await post(client, PLAIN, **by(1))
    ident = posted["comment"]["id"]

    async def edit(body: str) -> None:
        answer = await client.patch(
            comment(ident), json={"body": body}, headers=bearer(posted["edit_token"])
        )
        assert answer.status_code == 200, answer.text

    await edit(PLAIN.replace("flooded", "closed"))
    assert await campaigns(pool) == [None, None]
    await pool.execute("update comment set status = 'published'")
    await edit(SPAM + " Hurry!")
    found = await campaigns(pool)
    assert found[0] is not None
    assert found == [found[0]] * 2
    await pool.execute("update comment set status = 'published'")
    await edit(PLAIN)
    assert await campaigns(pool) == [found[0], None]


async def test_a_comment_forgotten_by_its_fingerprint_leaves_no_terms(
    client: httpx.AsyncClient, pool: Pool
) -> None:
    from service.screening.store import delete_old_fingerprints  # noqa: PLC0415 (used once)

    await post(client, SPAM, **by(0))
    assert await pool.fetchval("select count(*) from campaign_term") > 0
    await pool.execute("update fingerprint set created_at = now() - interval '9 days'")
    await delete_old_fingerprints(pool)
    assert await pool.fetchval("select count(*) from campaign_term") == 0


async def test_a_term_of_every_text_is_read_for_the_newest_alone(pool: Pool, site: Site) -> None:
    """As any common word's is, in a language of which the table of rarity knows nothing."""
    terms = list(range(TERMS))
    for statement in (
        """
        insert into article (site_id, id, key, url, title, verified)
        values ($1, gen_random_uuid(), 'a', 'https://news.example/a', 'A', true)
        """,
        """
        insert into reader (site_id, id, email, name, name_key)
        values ($1, gen_random_uuid(), 'r@readers.example', 'R', 'r')
        """,
        """
        insert into comment (
            site_id, id, article_id, depth, reader_id, author_name, body, html, status, risk,
            created_at
        )
        select $1, lpad(to_hex(n), 32, '0')::uuid, a.id, 0, r.id, 'R', 'body', '', 'held', 0, now()
        from generate_series(1, 5000) n, article a, reader r
        """,
        """
        insert into fingerprint (site_id, comment_id, exact, bands, sketch, kin)
        select $1, id, '', '{}', '', '' from comment
        """,
    ):
        await pool.execute(statement, site.id)
    await pool.execute(
        """
        insert into campaign_term (site_id, term, comment_id)
        select $1, term, id from comment, unnest($2::bigint[]) term
        """,
        site.id,
        terms,
    )
    for table in ("campaign_term", "comment", "fingerprint"):
        await pool.execute(f"vacuum analyze {table}")
    for besides in (None, UUID(int=4000)):
        found = await pool.fetchval(
            f"explain (analyze, format json) {RELATIVES}", site.id, terms, besides, 1,
            CANDIDATES, FOUND_BY, TERMS_SHARED,
        )  # fmt: skip
        read = [
            node for node in plan_nodes(json.loads(found)[0]["Plan"])
            if node.get("Relation Name") == "campaign_term"
        ]  # fmt: skip
        assert [node["Node Type"] for node in read] == ["Index Only Scan"]
        assert read[0]["Scan Direction"] == "Backward"
        assert read[0]["Actual Rows"] * read[0]["Actual Loops"] == TERMS * FOUND_BY
