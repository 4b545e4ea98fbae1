"""Who a reader is who has signed in: the same everywhere, and nobody else."""

import asyncio
from typing import Any

import httpx
from readers.conftest import Editor, Post
from readers.publisher import by_pyjwt
from thread import bearer, comment, new, post, read, thread

from service.accounts import actions as accounts
from service.articles.types import Site
from service.screening.names import name_key


async def test_two_posts_at_once_of_a_new_reader_make_one(
    with_secret: None, post_as: Post, state: dict[str, Any]
) -> None:
    answers = await asyncio.gather(
        *(post_as(by_pyjwt(name=f"Ana {n}"), f"Remark {n} on the bridge.") for n in range(8))
    )
    assert {answer.status_code for answer in answers} == {201}
    rows = await state["pool"].fetch(
        "select id, confirmed_at, contact, email, subject from reader where subject is not null"
    )
    assert len(rows) == 1
    assert rows[0]["confirmed_at"] is not None
    assert (rows[0]["contact"], rows[0]["subject"]) == ("ana@readers.example", "reader-1")
    assert await state["pool"].fetchval("select count(distinct reader_id) from comment") == 1


async def test_an_unconfirmed_reader_of_the_same_address_is_another(
    with_secret: None, post_as: Post, client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    """Before, and after: neither takes over the other's comments, name or record."""
    before = await post(client, "Before.", name="Ana K", email="ana@readers.example")
    signed = (await post_as(by_pyjwt(), "Signed in.")).json()
    after = await client.post(
        thread(), json=new("After.", name="Anna", email="ana@readers.example")
    )
    assert after.status_code == 201
    readers = await state["pool"].fetch(
        """
        select c.body, c.reader_id, r.confirmed_at is not null as confirmed
        from comment c join reader r on r.id = c.reader_id order by c.id
        """
    )
    assert [row["confirmed"] for row in readers] == [False, True, False]
    assert readers[0]["reader_id"] == readers[2]["reader_id"] != readers[1]["reader_id"]
    for ident in (before["comment"]["id"], after.json()["comment"]["id"]):
        mine = {"json": {"body": "Mine?"}, "headers": bearer(by_pyjwt())}
        assert (await client.patch(comment(ident), **mine)).status_code == 403  # type: ignore[arg-type]
    # The reader's id, which stands where an address does, is none.
    key = await state["pool"].fetchval("select email from reader where subject is not null")
    taken = await client.post(thread(), json=new("Taken?", name="Zoe", email=key))
    assert taken.status_code == 422
    assert signed["comment"]["author"]["name"] == "Ana Kovač"


async def test_the_name_of_who_has_signed_in_is_taken(
    with_secret: None, post_as: Post, client: httpx.AsyncClient
) -> None:
    assert (await post_as(by_pyjwt(name="Ana Kovac"))).status_code == 201
    for name in (
        "Ana Kovac",
        "ana kovac",
        "\u0410na K\u043ev\u0430\u0441",
        "A n a K o v a c",
        "Ana\u200b Kovac",
    ):
        for email in ("ana@readers.example", "other@readers.example"):
            answer = await client.post(thread(), json=new(name=name, email=email))
            assert answer.status_code == 422, name
            assert answer.json()["errors"][0]["path"] == "$.name"
            assert "somebody else" in answer.json()["errors"][0]["detail"]
    assert (await client.post(thread(), json=new(name="Ana Kova"))).status_code == 201
    # The publisher vouches for the names of its readers, and two may have the same.
    namesake = by_pyjwt(sub="reader-2", name="Ana Kovac", email="k@readers.example")
    assert (await post_as(namesake)).status_code == 201


async def test_a_name_of_signs_is_taken_alone(
    with_secret: None, post_as: Post, client: httpx.AsyncClient
) -> None:
    """It has no letter to be compared by: that must not make it everybody's who has none."""
    assert (await post_as(by_pyjwt(name="🙂"))).status_code == 201
    other = await post(client, "A remark.", name="Bo")
    edited = await client.patch(
        comment(other["comment"]["id"]),
        json={"body": "A better remark."},
        headers=bearer(other["edit_token"]),
    )
    assert edited.status_code == 200, edited.text
    for name, status in (("★", 201), ("🙂", 422), (" 🙂\u200b", 422), ("🙂🙂", 201)):
        answer = await client.post(thread(), json=new(f"Remark of {name}", name=name))
        assert answer.status_code == status, name


async def test_a_moderator_s_name_is_the_moderator_s(
    with_secret: None, post_as: Post, state: dict[str, Any]
) -> None:
    async with state["pool"].acquire() as conn:
        name = ("Ida Sand", name_key("Ida Sand"))
        await accounts.add_moderator(conn, "ida@courier.example", "moderator", [], name)
    for email in ("x@readers.example", None):
        answer = await post_as(by_pyjwt(name="Ida Sand", email=email))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "$.name"
    unsure = by_pyjwt(name="Ida Sand", email="ida@courier.example", email_verified=False)
    assert (await post_as(unsure)).status_code == 422
    own = by_pyjwt(name="Ida Sand", email="Ida@Courier.example")
    assert (await post_as(own)).status_code == 201


async def test_sanctions_and_record_follow_the_reader_across_addresses(
    with_secret: None, post_as: Post, client: httpx.AsyncClient, moderator_token: str
) -> None:
    await post_as(by_pyjwt())
    queue = await client.get(
        "/v1/moderation/queue", params={"view": "published"}, headers=bearer(moderator_token)
    )
    (item,) = queue.json()["items"]
    assert (item["email"], item["reader"]["confirmed"]) == ("ana@readers.example", True)
    reader = f"/v1/moderation/readers/{item['reader']['id']}"
    banned = await client.post(
        reader + "/sanctions",
        json={"kind": "ban", "reason": "Repeated insults"},
        headers=bearer(moderator_token),
    )
    assert banned.status_code == 201
    other = by_pyjwt(email="new@readers.example", name="Ana N")
    refused = await post_as(other)
    assert (refused.status_code, "Repeated insults" in refused.text) == (403, True)
    detail = (await client.get(reader, headers=bearer(moderator_token))).json()
    assert (detail["email"], detail["name"]) == ("new@readers.example", "Ana N")
    # Nobody else is under it: neither who has the address, nor another who has signed in.
    free = by_pyjwt(sub="reader-2", name="Bo")
    assert (await post_as(free)).status_code == 201
    assert (await client.post(thread(), json=new(name="Cy"))).status_code == 201


async def test_an_address_that_may_be_another_s_is_not_kept(
    with_secret: None, post_as: Post, client: httpx.AsyncClient, moderator_token: str
) -> None:
    await post_as(by_pyjwt(email_verified=False))
    queue = await client.get(
        "/v1/moderation/queue", params={"view": "published"}, headers=bearer(moderator_token)
    )
    assert [item["email"] for item in queue.json()["items"]] == [""]


async def test_the_same_subject_elsewhere_is_another_reader(
    with_secret: None, post_as: Post, editor_token: str, client: httpx.AsyncClient
) -> None:
    body = {"slug": "herald", "name": "The Herald", "origins": ["https://herald.example"]}
    await client.post("/v1/moderation/sites", json=body, headers=bearer(editor_token))
    there = "/v1/sites/herald/articles/a/comments"
    article = {"url": "https://herald.example/a", "title": "A"}
    sent = {"body": "Here.", "article": article}
    assert (await client.post(there, json=sent, headers=bearer(by_pyjwt()))).status_code == 401
    ident = (await post_as(by_pyjwt())).json()["comment"]["id"]
    elsewhere = await client.get(f"/v1/sites/herald/comments/{ident}", headers=bearer(by_pyjwt()))
    assert elsewhere.status_code == 401


async def test_own_comments_from_any_device(
    with_secret: None, post_as: Post, client: httpx.AsyncClient
) -> None:
    posted = (await post_as(by_pyjwt(), "First version.", company="Acme")).json()
    ident = posted["comment"]["id"]
    assert posted["comment"]["status"] == "held"
    mine, other = bearer(by_pyjwt(email=None)), bearer(by_pyjwt(sub="reader-2", name="Bo"))
    own = (await client.get(comment(ident), headers=mine)).json()
    assert own["body"] == "First version."
    assert (await client.get(comment(ident), headers=other)).status_code == 404
    edited = await client.patch(comment(ident), json={"body": "Second."}, headers=mine)
    assert edited.status_code == 200
    assert edited.json()["edit_token"] == posted["edit_token"]
    assert (await client.get(comment(ident), headers=mine)).json()["body"] == "Second."
    for method, sent in (("PATCH", {"json": {"body": "Theirs."}}), ("DELETE", {})):
        denied = await client.request(method, comment(ident), headers=other, **sent)  # type: ignore[arg-type]
        assert denied.status_code == 403
    # The edit token goes on opening it, and a wrong token opens nothing.
    token = bearer(posted["edit_token"])
    assert (await client.get(comment(ident), headers=token)).status_code == 200
    wrong = bearer(by_pyjwt("another secret of more than 32 bytes, too"))
    assert (await client.delete(comment(ident), headers=wrong)).status_code == 401
    assert (await client.delete(comment(ident), headers=mine)).status_code == 204
    missing = comment("01890000-0000-7000-8000-000000000000")
    assert (await client.delete(missing, headers=mine)).status_code == 404


async def test_the_window_is_the_same(
    with_secret: None, post_as: Post, client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    ident = (await post_as(by_pyjwt())).json()["comment"]["id"]
    await state["pool"].execute("update comment set created_at = now() - interval '16 minutes'")
    late = await client.patch(
        comment(ident), json={"body": "Too late."}, headers=bearer(by_pyjwt())
    )
    assert late.status_code == 409


async def test_a_public_comment_of_another_is_read_as_by_anybody(
    with_secret: None, post_as: Post, client: httpx.AsyncClient
) -> None:
    ident = (await post_as(by_pyjwt())).json()["comment"]["id"]
    other = bearer(by_pyjwt(sub="reader-2", name="Bo"))
    seen = await client.get(comment(ident), headers=other)
    assert seen.status_code == 200
    assert "body" not in seen.json()


async def test_a_like_is_the_reader_s_on_every_device(
    with_secret: None, client: httpx.AsyncClient, site: Site
) -> None:
    ident = (await post(client))["comment"]["id"]

    async def like(method: str, token: str | None, page: str) -> int:
        headers = {"X-Reader": page, **(bearer(token) if token else {})}
        answer = await client.request(method, comment(ident) + "/like", headers=headers)
        assert answer.status_code == 204
        likes: int = (await client.get(comment(ident))).json()["comment"]["likes"]
        return likes

    ana, bo = by_pyjwt(), by_pyjwt(sub="reader-2", name="Bo")
    assert await like("PUT", None, "page-1") == 1
    # Signing in makes no second one of it, and neither do other devices.
    assert await like("PUT", ana, "page-1") == 1
    assert await like("PUT", ana, "page-2") == 1
    assert await like("PUT", bo, "page-3") == 2
    assert await like("DELETE", ana, "page-4") == 1
    assert await like("DELETE", ana, "page-1") == 1
    assert await like("DELETE", bo, "page-3") == 0
    wrong = await client.put(comment(ident) + "/like", headers=bearer(by_pyjwt("x" * 40)))
    assert wrong.status_code == 401


async def test_an_address_s_like_is_not_taken_for_that_of_who_has_signed_in(
    with_secret: None, client: httpx.AsyncClient
) -> None:
    """An app may send no id of its own, and a whole office has one address."""
    ident = (await post(client))["comment"]["id"]
    for headers in ({}, bearer(by_pyjwt())):
        assert (await client.put(comment(ident) + "/like", headers=headers)).status_code == 204
    assert (await client.get(comment(ident))).json()["comment"]["likes"] == 2


async def report(client: httpx.AsyncClient, ident: str, token: str | None, page: str) -> None:
    headers = {"X-Reader": page, **(bearer(token) if token else {})}
    answer = await client.post(comment(ident) + "/report", json={"reason": "spam"}, headers=headers)
    assert answer.status_code == 204


async def reported(client: httpx.AsyncClient, token: str) -> list[int]:
    queue = await client.get(
        "/v1/moderation/queue", params={"view": "reported"}, headers=bearer(token)
    )
    return [item["reports"] for item in queue.json()["items"]]


async def test_a_report_is_the_reader_s_on_every_device(
    with_secret: None, client: httpx.AsyncClient, moderator_token: str
) -> None:
    ident = (await post(client))["comment"]["id"]
    for token, page in ((by_pyjwt(), "a"), (by_pyjwt(), "b"), (by_pyjwt(sub="2"), "a")):
        await report(client, ident, token, page)
    assert await reported(client, moderator_token) == [2]


async def test_signing_in_makes_no_second_report(
    with_secret: None, client: httpx.AsyncClient, moderator_token: str
) -> None:
    ident = (await post(client))["comment"]["id"]
    ana = by_pyjwt()
    await report(client, ident, None, "a")
    await report(client, ident, ana, "a")
    assert await reported(client, moderator_token) == [1]
    # On a device where the same reader had not signed in yet: by and by it is one.
    await report(client, ident, None, "b")
    assert await reported(client, moderator_token) == [2]
    await report(client, ident, ana, "b")
    assert await reported(client, moderator_token) == [1]
    # Answered, it is not opened again by signing in.
    other = (await post(client, "Another remark."))["comment"]["id"]
    await report(client, other, None, "a")
    for ident_ in (ident, other):
        decision = {"comment_id": ident_, "action": "publish"}
        done = await client.post(
            "/v1/moderation/decisions",
            json={"decisions": [decision]},
            headers=bearer(moderator_token),
        )
        assert done.status_code == 200
    assert await reported(client, moderator_token) == []
    await report(client, other, ana, "a")
    assert await reported(client, moderator_token) == []


async def test_a_retry_is_one_comment_also_with_a_newer_token(
    with_secret: None, post_as: Post, client: httpx.AsyncClient
) -> None:
    key = {"Idempotency-Key": "draft-7"}
    first = await post_as(by_pyjwt(), headers=key)
    again = await post_as(by_pyjwt(name="Ana Other", iat=None), headers=key)
    assert first.json()["comment"]["id"] == again.json()["comment"]["id"]
    other = await post_as(by_pyjwt(sub="reader-2", name="Bo"), headers=key)
    assert other.status_code == 422
    assert (await read(client))["count"] == 1


async def test_without_a_token_name_and_address_are_required(client: httpx.AsyncClient) -> None:
    for name in ("name", "email"):
        sent = {key: value for key, value in new().items() if key != name}
        answer = await client.post(thread(), json=sent)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == f"$.{name}"


async def test_where_a_sign_in_is_required_nobody_else_posts(
    with_secret: None, editor: Editor, post_as: Post, client: httpx.AsyncClient
) -> None:
    earlier = await post(client)
    assert "sign_in" not in await read(client)
    etag = (await client.get(thread())).headers["etag"]
    assert (await editor("PATCH", "", {"required": True})).json()["required"] is True
    page = await client.get(thread(), headers={"If-None-Match": etag})
    assert (page.status_code, page.json()["sign_in"]) == (200, "required")
    nameless = {"body": "Another one, as an app for signed-in readers sends it."}
    for sent in (new("Another one."), nameless):
        refused = await client.post(thread(), json=sent)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/sign-in-required")
    assert (await post_as(by_pyjwt(), "Signed in.")).status_code == 201
    # What was written before is its author's still, and reading needs no sign-in.
    mine = {"json": {"body": "Better."}, "headers": bearer(earlier["edit_token"])}
    edited = await client.patch(comment(earlier["comment"]["id"]), **mine)  # type: ignore[arg-type]
    assert edited.status_code == 200
    await editor("PATCH", "", {"required": False})
    assert "sign_in" not in await read(client)
    assert (await client.post(thread(), json=new("And another."))).status_code == 201


async def test_a_page_of_a_thread_is_the_same_for_who_has_signed_in(
    with_secret: None, post_as: Post, client: httpx.AsyncClient
) -> None:
    await post_as(by_pyjwt(badge="Author"), "Held.", company="Acme")
    await post_as(by_pyjwt(), "Public.")
    plain = await client.get(thread())
    signed = await client.get(thread(), headers=bearer(by_pyjwt()))
    assert plain.content == signed.content
    assert plain.headers["etag"] == signed.headers["etag"]
