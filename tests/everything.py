"""A site that has everything which an export tells of."""

from datetime import UTC, datetime
from typing import Any

import httpx
from thread import ORIGIN, bearer, comment, post

from service.accounts import actions as accounts
from service.articles.types import Site
from service.core.db import Pool, uuid7

DECISIONS = "/v1/moderation/decisions"
ARTICLE = {
    "url": f"{ORIGIN}/ferry",
    "title": "The ferry's last crossing <1889-2026>",
    "summary": "It stops in March.",
    "image": f"{ORIGIN}/ferry.jpg",
    "image_credit": "Photo: Ana Lima / Reuters",
    "section": "Local",
    "tags": ["harbour", "Fähre"],
    "published_at": "2026-02-03T04:05:06Z",
    "mode": "post",
    "slow_mode": 30,
    "aliases": [f"{ORIGIN}/old/ferry"],
}


async def decide(client: httpx.AsyncClient, token: str, ident: str, **said: Any) -> str:
    """A moderator's decision; its batch."""
    answer = await client.post(
        DECISIONS, json={"decisions": [{"comment_id": ident, **said}]}, headers=bearer(token)
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"][0]["outcome"] == "applied", answer.text
    return str(answer.json()["batch_id"])


async def fill(client: httpx.AsyncClient, pool: Pool, site: Site, key: str) -> None:
    """Everything: two articles, threads, edits, decisions of two people, readers, sanctions."""
    await _register(client, key, {**ARTICLE, "slow_mode": 0})
    closed = {"url": f"{ORIGIN}/quiet", "title": "Nobody spoke", "open": False}
    await client.put("/v1/sites/default/articles/quiet", json=closed, headers=bearer(key))
    one, two = [await _moderator(pool, name) for name in ("mo", "zoë")]
    chain = [await _say(client, "Who pays for the *bridge*?\n\nNobody says.", None)]
    for number in range(6):
        chain.append(await _say(client, f"Answer {number}: я, 渡し船, ⛴️ & <b>bold</b>", chain[-1]))
    await _change(client, chain[3])
    for name, mail in (("Bo", "bo@readers.example"), ("Łucja", "lucja@readers.example")):
        said = await _say(client, f"A remark by {name} on tolls.", chain[0], name=name, email=mail)
        await client.put(f"{comment(said['comment']['id'])}/like", headers={"X-Reader": mail * 2})
    gone = await _say(client, "I take this back.", None, email="gone@readers.example")
    await _say(client, "Too late, I read it.", gone)
    await client.delete(comment(gone["comment"]["id"]), headers=bearer(gone["edit_token"]))
    for action, token in (("hold", one), ("reject", two), ("spam", one)):
        ident = (await _say(client, f"Something to {action} here.", None))["comment"]["id"]
        await decide(client, token, ident, action=action, reason="other", note=f"“{action}”, I say")
    back = (await _say(client, "Taken away and given back.", None))["comment"]["id"]
    batch = await decide(client, one, back, action="reject", reason="offensive")
    await client.post(f"/v1/moderation/batches/{batch}/undo", headers=bearer(two))
    await _sanction(client, pool, two)
    await _readers_and_browsers(pool, site)
    await _register(client, key, ARTICLE)


async def _register(client: httpx.AsyncClient, key: str, article: dict[str, Any]) -> None:
    put = await client.put(
        "/v1/sites/default/articles/18231", json=article, headers=bearer(key)
    )  # fmt: skip
    assert put.status_code in {200, 201}, put.text


async def _moderator(pool: Pool, name: str) -> str:
    async with pool.acquire() as conn:
        await accounts.add_moderator(conn, f"{name}@courier.example", "editor", [])
        return await accounts.create_api_token(conn, f"{name}@courier.example")


async def _say(
    client: httpx.AsyncClient, body: str, below: dict[str, Any] | None, **more: Any
) -> dict[str, Any]:
    parent = {"parent_id": below["comment"]["id"]} if below else {}
    return await post(client, body, article_key="18231", **parent, **more)


async def _change(client: httpx.AsyncClient, said: dict[str, Any]) -> None:
    answer = await client.patch(
        comment(said["comment"]["id"]), json={"body": "I meant the *tunnel*."},
        headers=bearer(said["edit_token"]),
    )  # fmt: skip
    assert answer.status_code == 200, answer.text


async def _sanction(client: httpx.AsyncClient, pool: Pool, token: str) -> None:
    reader = await pool.fetchval("select id from reader where email = 'bo@readers.example'")
    made = await client.post(
        f"/v1/moderation/readers/{reader}/sanctions", headers=bearer(token),
        json={"kind": "hold", "reason": "Rude to others", "until": "2099-01-01T00:00:00Z"},
    )  # fmt: skip
    assert made.status_code == 201, made.text


async def _readers_and_browsers(pool: Pool, site: Site) -> None:
    """One who is confirmed, one who only ever read, and three browsers."""
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    await pool.execute(
        """
        update reader set confirmed_at = $1, contact = email, email = id::text
        where email like 'lucja@%'
        """,
        moment,
    )
    await pool.execute("update reader set lang = 'pl' where contact like 'lucja@%'")
    await _letters(pool, site, moment)
    await pool.execute(
        """
        insert into reader (site_id, id, email, name, name_key)
        values ($1, $2, 'quiet@readers.example', 'Quiet', 'quiet')
        """,
        site.id,
        uuid7(),
    )
    key = await pool.fetchval("select id from vapid_key where site_id = $1", site.id)
    await pool.executemany(
        """
        insert into subscription (site_id, id, endpoint_hash, endpoint, p256dh, auth, topics,
            vapid_key_id, time_zone, locale, quiet_from, quiet_until, removed_at, removed_reason,
            created_at, articles)
        values ($1, $2, sha256($3::text::bytea), case when $4::text is null then $3::text end,
            case when $4::text is null then decode(repeat('04fb', 32) || '0f', 'hex') end,
            case when $4::text is null then decode(repeat('fb', 16), 'hex') end, '{local}', $5,
            'Europe/Kyiv', 'uk', '22:00', '07:30',
            case when $4::text is not null then $6::timestamptz end, $4, $6::timestamptz,
            array(select id from article where key = '18231'))
        """,
        [
            (site.id, uuid7(), f"https://push.example/{number}", reason, key, moment)
            for number, reason in enumerate((None, None, "unsubscribed"))
        ],
    )


async def _letters(pool: Pool, site: Site, moment: datetime) -> None:
    """One who follows an article, one who was only asked, and one who wants no letters."""
    await pool.execute(
        """
        with recipient as (
            insert into mail_recipient (site_id, address, lang)
            values ($1, 'lucja@readers.example', 'pl'), ($1, 'nobody@readers.example', 'en')
            returning id, address
        )
        insert into article_follow (site_id, recipient_id, article_id, asked_at, confirmed_at)
        select $1, r.id, a.id, $2::timestamptz, case when r.address like 'lucja@%' then $2 end
        from recipient r, article a where a.key = '18231'
        """,
        site.id,
        moment,
    )
    await pool.execute(
        """
        insert into mail_stop (site_id, address_hash, reason, created_at)
        values ($1, decode('0badcafe', 'hex'), 'asked', $2), (null, '\x01', 'bounced', $2)
        """,
        site.id,
        moment,
    )
