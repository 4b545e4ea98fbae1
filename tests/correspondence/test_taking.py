"""Taking along all that is kept of oneself."""

import json
from typing import Any

import httpx
import msgspec
import pytest
from correspondence.conftest import Arrived, PostAs, confirm
from thread import bearer, post

from service.articles.types import Site
from service.core.db import Pool
from service.core.tokens import Keyring
from service.correspondence.sending import Postman
from service.settings import Settings

EXPORT = "/v1/sites/default/reader/export"
ANA = {"name": "Ana", "email": "ana@readers.example"}
PAGE = {"article": {"url": "https://news.example/a-1", "title": ""}}

# Of each table, where its rows about a reader stand in the file; or why none do.
TAKEN = {
    "reader": "reader", "sanction": "sanctions", "reader_token": "browsers",
    "article_follow": "follows", "mail_recipient": "letters", "mail_stop": "letters.stopped",
    "soft_bounce": "letters.came_back", "mail": "letters.waiting", "reader_link": "letters.links",
    "notification": "letters.told", "comment": "comments", "ledger": "comments.decisions",
    "screening": "comments.judgements", "report": "comments.contests",
    "imported": "comments.sources", "disowned": "under_address",
}  # fmt: skip
SITES_OWN = {
    "site", "policy", "model", "vapid_key", "push_setting", "push_origin", "webhook", "feed",
    "feed_entry", "feed_hub", "article", "article_alias", "engagement_daily", "alert",
    "delivery_batch", "receipt", "reader_sign_in", "reader_sign_in_key", "api_key", "key_usage",
    "database_identity", "alembic_version",
}  # fmt: skip
STAFF_S = {
    "moderator", "moderator_site", "moderator_token", "moderator_password", "moderator_identity",
    "account_event", "notice_rule", "notice_state", "claim",
}  # fmt: skip
NOBODY_S = {
    # Of a browser or a machine that nothing leads to a reader from.
    "subscription", "reaction", "sender_day", "kept_text", "example", "idempotency", "rate_limit",
    # Made of the text, to find the like of it.
    "fingerprint", "fingerprint_band", "campaign_term",
    # On their way: until a worker has been there, or whoever is told has taken it.
    "confirmation_due", "notification_due", "unscreened", "webhook_event", "webhook_delivery",
}  # fmt: skip


async def test_each_table_is_taken_along_or_is_said_not_to_be_a_reader_s(pool: Pool) -> None:
    rows = await pool.fetch(
        "select table_name from information_schema.tables where table_schema = current_schema"
        " and table_type = 'BASE TABLE' and table_name not like 'pgqueuer%'"
    )
    assert {row["table_name"] for row in rows} == {*TAKEN, *SITES_OWN, *STAFF_S, *NOBODY_S}


@pytest.fixture
async def token(client: httpx.AsyncClient, arrived: Arrived, editor_token: str) -> str:
    """Ana's, who has confirmed her address; one more stands under it."""
    said = {"policy": {"contest": True}}
    put = await client.put(
        "/v1/moderation/policy?site=default", json=said, headers=bearer(editor_token)
    )
    assert put.status_code == 200
    await post(client, "The first.", website="https://ana.example", notify=True, **ANA)
    await post(client, "As if I was her.", **ANA | {"name": "Cy"})
    return str((await confirm(client, (await arrived())[0]))["token"])


async def take(client: httpx.AsyncClient, token: str) -> dict[str, Any]:
    answer = await client.get(EXPORT, headers=bearer(token))
    assert answer.headers["content-type"] == "application/json"
    taken: dict[str, Any] = json.loads(answer.text)
    return taken


async def test_all_that_is_kept_of_a_reader_is_in_the_file(
    client: httpx.AsyncClient,
    token: str,
    pool: Pool,
    site: Site,
    keyring: Keyring,
    mailing: Settings,
    moderator_token: str,
) -> None:
    where = "/v1/sites/default/articles/a-1/follow"
    assert (await client.post(where, json=PAGE, headers=bearer(token))).status_code == 200
    first = await pool.fetchrow("select id, reader_id from comment where body = 'The first.'")
    assert first
    for reason, until in (("Rude", "2099-01-01T00:00:00Z"), ("Ruder", None)):
        ban = {"kind": "hold", "reason": reason, **({"until": until} if until else {})}
        made = await client.post(
            f"/v1/moderation/readers/{first['reader_id']}/sanctions",
            json=ban,
            headers=bearer(moderator_token),
        )
        assert made.status_code == 201
    reject = {"decisions": [{"comment_id": str(first["id"]), "action": "reject",
                             "reason": "offensive", "note": "Between us."}]}  # fmt: skip
    done = await client.post(
        "/v1/moderation/decisions", json=reject, headers=bearer(moderator_token)
    )
    assert done.json()["results"][0]["outcome"] == "applied"
    contested = await client.post(
        f"/v1/sites/default/comments/{first['id']}/contest",
        json={"text": "I quoted the mayor."},
        headers=bearer(token),
    )
    assert contested.status_code == 200, contested.text
    await pool.execute(
        "insert into report (site_id, comment_id, reporter, reason, note)"
        " values ($1, $2, 'another', 'other', 'Contested by its author. Or so says another.')",
        site.id,
        first["id"],
    )
    postman = Postman(keyring, mailing)
    async with pool.acquire() as conn, conn.transaction():
        await postman.stop(conn, site.id, ANA["email"], "asked")
    await pool.execute(
        "insert into soft_bounce values ($1, 2, current_date)", postman.hash_of(ANA["email"])
    )
    await pool.execute(
        "insert into notification (recipient_id, comment_id, reply, told_at)"
        " select m.id, c.id, false, now() from mail_recipient m, comment c where c.body like 'As%'"
    )
    await pool.execute(
        "insert into mail (id, site_id, kind, recipient, sealed, useless_at)"
        " values (gen_random_uuid(), $1, 'comments', $2, '', now())",
        site.id,
        ANA["email"],
    )
    taken = await take(client, token)
    person = taken["reader"]
    assert (person["name"], person["address"], person["lang"]) == ("Ana", ANA["email"], "en")
    assert [one["reason"] for one in taken["sanctions"]] == ["Rude", "Ruder"]
    assert [one["kind"] for one in taken["browsers"]] == ["post"]
    (follow,) = taken["follows"]
    assert follow["article"]["key"] == "a-1"
    assert follow["confirmed_at"]
    letters = taken["letters"]
    assert [(one["reason"], one["everywhere"]) for one in letters["stopped"]] == [("asked", False)]
    assert letters["came_back"] == 2
    assert [one["kind"] for one in letters["waiting"]] == ["comments"]
    assert [one["comment"] for one in letters["links"]] == [str(first["id"])]
    assert letters["links"][0]["used_at"]
    (other,) = taken["under_address"]
    assert (other["name"], other["body"], other["disowned"]) == ("Cy", "As if I was her.", False)
    assert [one["comment"] for one in letters["told"]] == [other["id"]]
    (comment,) = taken["comments"]
    assert comment["beside"]["website"] == "https://ana.example"
    assert comment["beside"]["notify"] is True
    assert [(one["from"], one["to"], one["actor"]) for one in comment["decisions"]] == [
        (None, "published", "machine"), ("published", "rejected", "moderator"),
        ("rejected", "held", "author"),
    ]  # fmt: skip
    assert [one["text"] for one in comment["contests"]] == ["I quoted the mayor."]
    assert [one["verdict"] for one in comment["judgements"]] == ["publish"]
    # Each part that the table above names is there and holds something here, but for imports.
    for path in set(TAKEN.values()) - {"comments.sources"}:
        found: Any = taken
        for name in path.split("."):
            found = found[0][name] if isinstance(found, list) else found[name]
        assert found, path
    # What isn't the reader's to know or to have: who decided, their notes, and what opens anything.
    text = json.dumps(taken)
    for secret in ("Between us.", "mod@courier.example", token, "token_hash"):
        assert secret not in text


async def test_of_many_all_are_taken_and_of_another_nothing_is(
    client: httpx.AsyncClient, token: str, post_as: PostAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.correspondence.taking.AT_ONCE", 2)
    await post(client, "Bo's.", name="Bo", email="bo@readers.example")
    for n in range(4):
        assert (await post_as(token, f"Number {n}.")).status_code == 201
    taken = await take(client, token)
    assert [one["body"] for one in taken["comments"]] == [
        "Number 3.", "Number 2.", "Number 1.", "Number 0.", "The first.",
    ]  # fmt: skip
    assert "Bo" not in msgspec.json.encode(taken).decode()
