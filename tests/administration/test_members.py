"""Members: who may add, change and remove whom, and what ends with it."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.accounts import actions as accounts
from service.accounts.types import Moderator
from service.administration import rules
from service.articles.types import Site
from service.core.db import Pool
from service.core.problems import Problem

MEMBERS = "/members"


async def add(call: Any, email: str, **more: Any) -> dict[str, Any]:
    answer = await call("POST", MEMBERS, {"email": email, "sites": None, **more})
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


async def member(call: Any, email: str) -> dict[str, Any] | None:
    items = (await call("GET", MEMBERS)).json()["items"]
    return next((item for item in items if item["email"] == email), None)


async def test_an_editor_adds_one_who_then_signs_in(
    chief: Any, client: httpx.AsyncClient, other: Site
) -> None:
    added = await add(chief, "New@Courier.example", name="Nell", sites=["herald"])
    assert added["member"]["email"] == "new@courier.example"
    assert (added["member"]["all_sites"], added["member"]["sites"]) == (False, ["herald"])
    assert added["link"]["mailed"] is False
    token = added["link"]["link"].partition("#sign-in=")[2]
    signed = await client.post("/desk/session", json={"token": token})
    assert signed.json()["moderator"]["name"] == "Nell"
    assert signed.json()["sites"] == [
        {"slug": "herald", "name": "The Herald", "words_marked": False}
    ]


async def test_changes_and_what_they_end(
    chief: Any, client: httpx.AsyncClient, other: Site, pool: Pool
) -> None:
    added = await add(chief, "bo@courier.example")
    ident = added["member"]["id"]
    token = added["link"]["link"].partition("#sign-in=")[2]
    await client.post("/desk/session", json={"token": token})
    renamed = await chief("PATCH", f"{MEMBERS}/{ident}", {"name": "Bo"})
    assert renamed.json()["name"] == "Bo"
    assert (await client.get("/desk/session")).status_code == 200
    changed = await chief("PATCH", f"{MEMBERS}/{ident}", {"role": "editor", "sites": ["herald"]})
    assert (changed.json()["role"], changed.json()["sites"]) == ("editor", ["herald"])
    assert (await client.get("/desk/session")).status_code == 401
    client.cookies.clear()
    disabled = await chief("PATCH", f"{MEMBERS}/{ident}", {"disabled": True})
    assert disabled.json()["disabled"] is True
    assert (await chief("POST", f"{MEMBERS}/{ident}/link")).status_code == 409
    back = await chief("PATCH", f"{MEMBERS}/{ident}", {"disabled": False})
    assert back.json()["disabled"] is False
    made = (await chief("POST", f"{MEMBERS}/{ident}/link")).json()
    token = made["link"].partition("#sign-in=")[2]
    assert (await client.post("/desk/session", json={"token": token})).status_code == 200
    assert (await chief("DELETE", f"{MEMBERS}/{ident}/sessions")).status_code == 204
    assert (await client.get("/desk/session")).status_code == 401


async def test_signing_out_leaves_api_tokens_unless_asked(
    chief: Any, caller: Any, site: Site
) -> None:
    bo = await caller("bo@courier.example")
    ident = (await member(chief, "bo@courier.example") or {})["id"]
    await chief("DELETE", f"{MEMBERS}/{ident}/sessions")
    assert (await bo("GET", MEMBERS)).status_code == 200
    wrong = await chief("DELETE", f"{MEMBERS}/{ident}/sessions", tokens="all")
    assert wrong.status_code == 422
    await chief("DELETE", f"{MEMBERS}/{ident}/sessions", tokens="revoke")
    assert (await bo("GET", MEMBERS)).status_code == 401


async def test_who_is_removed_has_no_way_in_and_can_be_added_again(
    chief: Any, client: httpx.AsyncClient, pool: Pool
) -> None:
    added = await add(chief, "bo@courier.example", role="editor")
    ident = added["member"]["id"]
    await pool.execute(
        "insert into moderator_password (moderator_id, hash) values ($1, 'x')", UUID(ident)
    )
    await pool.execute(
        "insert into moderator_identity values ('https://id.example', 's', $1)", UUID(ident)
    )
    assert (await chief("DELETE", f"{MEMBERS}/{ident}")).status_code == 204
    assert (await chief("DELETE", f"{MEMBERS}/{ident}")).status_code == 404
    assert await member(chief, "bo@courier.example") is None
    token = added["link"]["link"].partition("#sign-in=")[2]
    assert (await client.post("/desk/session", json={"token": token})).status_code == 401
    for table in ("moderator_token", "moderator_password", "moderator_identity"):
        sql = f"select count(*) from {table} where moderator_id = $1"
        assert await pool.fetchval(sql, UUID(ident)) == 0
    again = await add(chief, "bo@courier.example", sites=["default"])
    assert again["member"]["id"] == ident
    assert again["member"]["role"] == "moderator"
    assert again["member"]["password"] is False


async def test_twice_is_told(chief: Any) -> None:
    await add(chief, "bo@courier.example")
    again = await chief("POST", MEMBERS, {"email": "bo@courier.example", "sites": None})
    assert again.status_code == 409


async def test_of_many_who_add_one_at_once_one_does(chief: Any) -> None:
    body = {"email": "bo@courier.example", "sites": None}
    answers = await asyncio.gather(*(chief("POST", MEMBERS, body) for _ in range(6)))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 5


async def test_the_last_editor_of_every_site_stays(
    chief: Any, caller: Any, site: Site, pool: Pool
) -> None:
    ident = (await member(chief, "chief@courier.example") or {})["id"]
    for change in ({"role": "moderator"}, {"sites": ["default"]}):
        refused = await chief("PATCH", f"{MEMBERS}/{ident}", change)
        assert refused.status_code == 409
        assert "last editor" in refused.json()["detail"]
    for change in ({"disabled": True},):
        assert (await chief("PATCH", f"{MEMBERS}/{ident}", change)).status_code == 409
    assert (await chief("DELETE", f"{MEMBERS}/{ident}")).status_code == 409
    assert await pool.fetchval("select count(*) from moderator where all_sites") == 1
    await caller("second@courier.example")
    assert (await chief("PATCH", f"{MEMBERS}/{ident}", {"role": "moderator"})).status_code == 200


async def test_two_can_t_demote_each_other_at_once(caller: Any, site: Site, pool: Pool) -> None:
    one = await caller("one@courier.example")
    two = await caller("two@courier.example")
    ids = {n: (await member(one, f"{n}@courier.example") or {})["id"] for n in ("one", "two")}
    body = {"role": "moderator"}
    answers = await asyncio.gather(
        one("PATCH", f"{MEMBERS}/{ids['two']}", body), two("PATCH", f"{MEMBERS}/{ids['one']}", body)
    )
    # Who comes second is a moderator by then.
    assert sorted(a.status_code for a in answers) == [200, 403]
    assert await pool.fetchval("select count(*) from moderator where role = 'editor'") == 1


async def test_an_editor_of_some_sites_sees_those(
    chief: Any, local: Any, caller: Any, site: Site, other: Site
) -> None:
    await caller("here@courier.example", "moderator", (site,))
    await caller("there@courier.example", "moderator", (other,))
    await caller("both@courier.example", "editor", (site, other))
    seen = {item["email"]: item for item in (await local("GET", MEMBERS)).json()["items"]}
    assert set(seen) == {
        "both@courier.example", "chief@courier.example", "here@courier.example",
        "local@courier.example",
    }  # fmt: skip
    assert {email for email, item in seen.items() if item["manageable"]} == {
        "here@courier.example", "local@courier.example",
    }  # fmt: skip
    both = seen["both@courier.example"]
    assert (both["sites"], both["elsewhere"], both["last_seen_at"]) == (["default"], True, None)
    assert len((await chief("GET", MEMBERS)).json()["items"]) == 5


async def test_an_editor_of_some_sites_gives_no_more_than_it_has(
    chief: Any, local: Any, caller: Any, site: Site, other: Site
) -> None:
    new = {"email": "new@courier.example"}
    for sites, status in [(None, 403), (["herald"], 422), (["nowhere"], 422), ([], 422),
                          (["default", "herald"], 422), (["default"], 201)]:  # fmt: skip
        answer = await local("POST", MEMBERS, {**new, "role": "editor", "sites": sites})
        assert answer.status_code == status, sites
    unknown = await local("POST", MEMBERS, {**new, "sites": ["nowhere"]})
    foreign = await local("POST", MEMBERS, {**new, "sites": ["herald"]})
    assert unknown.json()["detail"].replace("nowhere", "herald") == foreign.json()["detail"]
    ident = answer.json()["member"]["id"]
    assert (await local("PATCH", f"{MEMBERS}/{ident}", {"sites": None})).status_code == 403
    own = (await member(local, "local@courier.example") or {})["id"]
    assert (await local("PATCH", f"{MEMBERS}/{own}", {"sites": None})).status_code == 403


async def test_who_works_elsewhere_is_touched_only_at_one_s_own_sites(
    local: Any, chief: Any, caller: Any, site: Site, other: Site, pool: Pool
) -> None:
    await caller("both@courier.example", "editor", (site, other))
    await caller("there@courier.example", "moderator", (other,))
    ident = (await member(local, "both@courier.example") or {})["id"]
    path = f"{MEMBERS}/{ident}"
    for method, tail, body in [
        ("PATCH", "", {"role": "moderator"}), ("PATCH", "", {"name": "X"}),
        ("PATCH", "", {"disabled": True}), ("PATCH", "", {"sites": [], "role": "moderator"}),
        ("DELETE", "", None), ("POST", "/link", None), ("DELETE", "/sessions", None),
        ("DELETE", "/identities", None),
    ]:  # fmt: skip
        assert (await local(method, path + tail, body)).status_code == 403, (method, tail, body)
    taken = await local("PATCH", path, {"sites": []})
    assert taken.status_code == 200
    assert await member(local, "both@courier.example") is None
    assert (await member(chief, "both@courier.example") or {})["sites"] == ["herald"]
    # And the other way: somebody of elsewhere comes, with the role that one has, and no link.
    join = {"email": "there@courier.example", "sites": ["default"]}
    wrong = await local("POST", MEMBERS, {**join, "role": "editor"})
    assert (wrong.status_code, "moderator of other sites" in wrong.json()["detail"]) == (409, True)
    joined = await local("POST", MEMBERS, join)
    assert (joined.status_code, joined.json()["link"]) == (201, None)
    assert joined.json()["member"]["elsewhere"] is True
    there = (await member(chief, "there@courier.example") or {})["sites"]
    assert there == ["default", "herald"]


async def test_who_managed_a_member_does_not_follow_it_to_other_sites(
    local: Any, caller: Any, client: httpx.AsyncClient, site: Site, other: Site
) -> None:
    """A link and a session that one site's editor holds must not open the next site."""
    there = await caller("editor@herald.example", "editor", (other,))
    added = await add(there, "there@courier.example", sites=["herald"])
    link = f"{MEMBERS}/{added['member']['id']}/link"
    first, second = [
        (await there("POST", link)).json()["link"].partition("#sign-in=")[2] for _ in range(2)
    ]
    await client.post("/desk/session", json={"token": first})
    assert (await client.get("/desk/session")).status_code == 200
    await add(local, "there@courier.example", sites=["default"])
    assert (await client.get("/desk/session")).status_code == 401
    assert (await client.post("/desk/session", json={"token": second})).status_code == 401


async def test_who_is_not_seen_is_not_there(
    local: Any, chief: Any, caller: Any, other: Site
) -> None:
    await caller("there@courier.example", "moderator", (other,))
    ident = (await member(chief, "there@courier.example") or {})["id"]
    for method, tail, body in [
        ("PATCH", "", {"name": "X"}), ("DELETE", "", None), ("POST", "/link", None),
        ("DELETE", "/sessions", None), ("DELETE", "/identities", None),
    ]:  # fmt: skip
        assert (await local(method, f"{MEMBERS}/{ident}{tail}", body)).status_code == 404


async def test_of_every_site_is_out_of_reach(local: Any, chief: Any) -> None:
    ident = (await member(local, "chief@courier.example") or {})["id"]
    refused = await local("PATCH", f"{MEMBERS}/{ident}", {"sites": []})
    assert refused.status_code == 403
    joined = await local("POST", MEMBERS, {"email": "chief@courier.example", "sites": ["default"]})
    assert joined.status_code == 409


async def test_pages(chief: Any, caller: Any, site: Site) -> None:
    for n in range(4):
        await caller(f"m{n}@courier.example", "moderator", (site,))
    emails: list[str] = []
    cursor = ""
    while True:
        page = (await chief("GET", MEMBERS, limit=2, cursor=cursor)).json()
        emails += [item["email"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert emails == ["chief@courier.example"] + [f"m{n}@courier.example" for n in range(4)]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "gaV2YWx1ZaEA", "gaV2YWx1ZaNhAGI"])
async def test_what_is_no_cursor(chief: Any, cursor: str) -> None:
    assert (await chief("GET", MEMBERS, cursor=cursor)).status_code == 422


@pytest.mark.parametrize("body", [
    {"email": "nobody", "sites": None}, {"email": "a\x00@b.example", "sites": None},
    {"email": "a@b.example"}, {"email": "a@b.example", "sites": None, "role": "owner"},
    {"email": "a@b.example", "sites": None, "name": "x" * 81},
    {"email": "a@b.example", "sites": None, "name": "a\x00b"},
    {"email": "a@b.example", "sites": ["\x00"]}, {"email": "a@b.example", "sites": "default"},
], ids=str)  # fmt: skip
async def test_a_bad_member_is_told(chief: Any, body: dict[str, Any]) -> None:
    assert (await chief("POST", MEMBERS, body)).status_code == 422


async def test_everything_is_in_the_record(
    chief: Any, local: Any, caller: Any, site: Site, other: Site, pool: Pool
) -> None:
    added = await add(chief, "bo@courier.example", sites=["default"])
    path = f"{MEMBERS}/{added['member']['id']}"
    await chief("PATCH", path, {"role": "editor"})
    await chief("PATCH", path, {"sites": ["default", "herald"]})
    await chief("PATCH", path, {"disabled": True})
    await chief("PATCH", path, {"disabled": True})
    await chief("DELETE", path)
    items = (await chief("GET", "/account-events")).json()["items"]
    about = [i for i in items if i["about"] == "bo@courier.example"]
    assert [(i["action"], i["detail"]) for i in reversed(about)] == [
        ("member added", {"role": "moderator", "sites": "default"}),
        ("member changed", {"role": "moderator → editor"}),
        ("member changed", {"sites added": "herald"}),
        ("member changed", {"disabled": "yes"}),
        ("member removed", {}),
    ]
    assert {i["by"] for i in about} == {"chief@courier.example"}
    # Nothing about another site reaches an editor of one.
    told = (await local("GET", "/account-events")).json()["items"]
    assert "herald" not in str(told)
    assert [i["action"] for i in told if i["about"] == "bo@courier.example"] == [
        "member changed", "member added",
    ]  # fmt: skip
    paged = (await chief("GET", "/account-events", limit=2)).json()
    rest = await chief("GET", "/account-events", limit=2, cursor=paged["next_cursor"])
    assert [*paged["items"], *rest.json()["items"]] == items[:4]
    for sql in ("delete from account_event", "update account_event set action = ''"):
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await pool.execute(sql)


async def test_the_operator_may_do_everything(pool: Pool, site: Site) -> None:
    async with pool.acquire() as conn:
        await accounts.add_moderator(conn, "chief@courier.example", "editor", [])
        for _ in range(2):
            await accounts.add_moderator(conn, "chief@courier.example", "moderator", [site.id])
    rows = await pool.fetch("select action, actor_id, detail from account_event order by id")
    assert [(row["action"], row["actor_id"]) for row in rows] == [
        ("member added", None), ("member changed", None), ("link made", None),
    ]  # fmt: skip
    assert b"editor \xe2\x86\x92 moderator" in rows[1]["detail"]


SITES = [UUID(int=n) for n in range(4)]
PEOPLE = st.builds(
    Moderator,
    id=st.uuids(),
    email=st.just("x@courier.example"),
    name=st.just(""),
    role=st.sampled_from(["moderator", "editor"]),
    all_sites=st.booleans(),
    site_ids=st.sets(st.sampled_from(SITES)).map(sorted),
).map(
    lambda m: (
        m
        if not m.all_sites
        else Moderator(m.id, m.email, m.name, m.role, all_sites=True, site_ids=[])
    )
)


@given(PEOPLE, PEOPLE, st.none() | st.sets(st.sampled_from([f"s{n}" for n in range(6)])))
def test_nobody_gets_a_site_that_the_editor_has_not(
    editor: Moderator, who: Moderator, slugs: set[str] | None
) -> None:
    ids = {f"s{n}": ident for n, ident in enumerate(SITES)}
    try:
        chosen = rules.chosen_sites(editor, slugs, ids)
        everywhere, after = rules.changed_sites(editor, who, chosen)
    except Problem:
        return
    assert not everywhere or editor.all_sites
    if not editor.all_sites:
        assert not who.all_sites
        own = set(editor.site_ids)
        assert after - set(who.site_ids) <= own
        assert set(who.site_ids) - after <= own
