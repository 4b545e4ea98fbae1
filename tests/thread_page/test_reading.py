# ruff: noqa: RUF001 - the page writes real quotation marks
"""The thread as a page: everything is on it, in order, and nothing else."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import msgspec
import pytest
from e2e.visitors import email, text
from pages import Page, open_page, page_of, send, words_of
from support import running_app
from thread import ORIGIN, bearer, comment, post, thread

from service.articles import actions as articles
from service.comments.routes import PAGE
from service.settings import Settings
from service.web.words import Catalogue, catalogues

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]> & <b>bold</b> &nosuch; --!> <",
    "\u202eright to left\u202c and back",
    "Z\u0351\u036b\u0343algo " * 200,
    "x" * 10_000,
    "\"quotes\" 'and' \\u003c",
    "noncharacters \ufdd0 \uffff \x85 end",
    "שלום, مرحبا",
    "a\u2028b\u2029c",
]


async def decide(client: httpx.AsyncClient, token: str, ident: str, action: str) -> None:
    decisions = {"decisions": [{"comment_id": ident, "action": action, "reason": "other"}]}
    answer = await client.post("/v1/moderation/decisions", json=decisions, headers=bearer(token))
    assert answer.json()["results"][0]["outcome"] == "applied"


async def say(client: httpx.AsyncClient, **more: Any) -> tuple[str, str]:
    """Post until it is published, which the classifier rarely minds; its id and its text."""
    for _ in range(5):
        body = text()
        told = await post(client, body, **{"email": email(), **more})
        if told["comment"]["status"] == "published":
            return told["comment"]["id"], body
    pytest.fail("five harmless comments were held")


async def every_page(client: httpx.AsyncClient, path: str) -> list[Page]:
    """This page and all that `next` leads to."""
    pages = [await open_page(client, path)]
    while (further := pages[-1].link("next")) and len(pages) < 50:
        pages.append(await open_page(client, further))
    return pages


def likes_of(page: Page) -> list[str]:
    return [words_of(e) for e in page.many("span", class_="likes")]


async def test_an_empty_thread_is_a_page_with_a_form(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": f"{ORIGIN}/a-1", "title": "A <bridge> & “more”"},
        headers=bearer(publisher_key),
    )
    page = await open_page(client, page_of())
    assert "Be the first to reply" in page.text
    assert words_of(page.one("h1")) == "A <bridge> & “more”"
    assert page.link("canonical") == f"{ORIGIN}/a-1"
    assert page.robots() == ""
    assert page.data()["commentCount"] == 0
    action, fields = page.form()
    assert action == page_of()
    assert {"name", "email", "website", "body", "company", "ticket"} == set(fields)


async def test_replies_nest_and_all_are_reached(client: httpx.AsyncClient) -> None:
    """Three pages of roots, one of them with more replies than a page of a conversation."""
    sent = dict([await say(client) for _ in range(PAGE * 2 + 3)])
    root = parent = next(iter(sent))
    for n in range(107):
        ident, body = await say(client, parent_id=parent)
        sent[ident] = body
        parent = ident if n < 5 else root
    for sort in ("newest", "oldest", "top"):
        pages = await every_page(client, f"{page_of()}?sort={sort}")
        assert len(pages) == 3
        found: dict[str, str] = {}
        conversations = []
        for page in pages:
            found |= page.comments()
            assert page.robots() == ("" if page is pages[0] and sort == "newest" else
                                     "noindex, follow")  # fmt: skip
            assert (page.link("first") is None) == (page is pages[0])
            assert (page.link("canonical") is None) == (page.robots() != "")
            conversations += [e for e in page.tags("a") if "conversation=" in e.get("href", "")]
        assert len(conversations) == 1
        assert words_of(conversations[0]) == "Show 102 more replies"
        below = await every_page(client, conversations[0].get("href"))
        assert len(below) == 2
        for page in below:
            found |= page.comments()
        assert found == sent
        current = next(e for e in pages[0].tags("a") if e.get("aria-current"))
        assert words_of(current).lower() == sort


async def test_replies_hang_below_what_they_answer(client: httpx.AsyncClient) -> None:
    above: list[tuple[str, str]] = []
    for _ in range(6):
        above.append(await say(client, **({"parent_id": above[-1][0]} if above else {})))
    page = await open_page(client, page_of())
    shown = [page.one("article", id=f"comment-{ident}") for ident, _ in above]
    for n in range(1, 5):
        assert shown[n - 1] in page.ancestors(shown[n])
    assert shown[4] not in page.ancestors(shown[5]), "below the deepest level it stands beside"
    data: Any = page.data()
    for n in range(5):
        data = data["comment"][0]
        assert data["text"] == above[n][1]


async def test_only_what_is_published_is_there(
    client: httpx.AsyncClient, moderator_token: str
) -> None:
    held = await post(client, "Held text about copper.", company="Acme")
    root = await post(client, "Root text about velvet.")
    answer = await post(
        client, "Answer text about marble.", parent_id=root["comment"]["id"], email="b@r.example"
    )
    gone = await post(client, "Gone text about honey.", email="c@r.example")
    await client.delete(comment(gone["comment"]["id"]), headers=bearer(gone["edit_token"]))
    await decide(client, moderator_token, root["comment"]["id"], "reject")
    page = await open_page(client, page_of())
    assert list(page.comments().values()) == ["Answer text about marble."]
    assert [words_of(e) for e in page.many("p", class_="tomb")] == ["This reply was removed."]
    for part in ("Held text", "Root text", "Gone text", "readers.example", "r.example"):
        assert part not in page.text
    stone = page.data()["comment"][0]
    assert stone["creativeWorkStatus"] == "Deleted"
    assert stone["comment"][0]["text"] == "Answer text about marble."
    for ident in (held["comment"]["id"], root["comment"]["id"], gone["comment"]["id"]):
        await open_page(client, f"/sites/default/comments/{ident}", 404)
    feed = await client.get(page_of() + "/feed.atom")
    assert "Answer text" in feed.text
    for part in ("Held text", "Root text", "Gone text"):
        assert part not in feed.text
    assert answer["comment"]["id"] in feed.text


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_texts_are_texts(hostile: str, client: httpx.AsyncClient) -> None:
    kept = "".join(c for c in hostile if c not in "\u202e\u202c\ufdd0\uffff\x85")
    name = hostile[:70]
    posted = await client.post(thread(), json={
        "name": name, "email": "ana@readers.example", "body": hostile,
        "article": {"url": f"{ORIGIN}/a-1", "title": hostile[:400]},
    })  # fmt: skip
    assert posted.status_code == 201, posted.text
    assert posted.json()["comment"]["status"] == "published"
    page = await open_page(client, page_of())
    shown = page.comments()[posted.json()["comment"]["id"]]
    assert squeeze(shown.replace("\ufffd", "")) == squeeze(kept)
    assert len(page.tags("script")) == 1
    data = page.data()
    told = data["comment"][0]
    assert squeeze(told["text"].replace("\ufffd", "")) == squeeze(kept)
    assert {"@type", "author", "datePublished", "text", "url", "upvoteCount"} <= set(told)


def squeeze(text: str) -> str:
    return "".join(text.split())


async def test_structured_data_has_what_search_engines_ask_for(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": f"{ORIGIN}/a-1", "title": "A bridge", "summary": "It is shut.",
              "published_at": "2026-01-02T03:04:05Z"},
        headers=bearer(publisher_key),
    )  # fmt: skip
    told = await post(client, "First *line*.\n\n> quoted & so\n\n- one\n- two")
    await client.put(comment(told["comment"]["id"]) + "/like", headers={"X-Reader": "one"})
    page = await open_page(client, page_of())
    data = page.data()
    assert data["@context"] == "https://schema.org"
    assert data["@type"] == "DiscussionForumPosting"
    assert (data["headline"], data["text"]) == ("A bridge", "It is shut.")
    assert data["datePublished"] == "2026-01-02T03:04:05Z"
    assert data["author"] == {"@type": "Organization", "name": "The Courier", "url": ORIGIN}
    assert data["url"] == "https://comments.example/sites/default/articles/a-1"
    one = data["comment"][0]
    assert one["author"] == {"@type": "Person", "name": "Ana"}
    assert one["upvoteCount"] == 1
    assert one["text"] == "First line.\nquoted & so\none\ntwo"
    assert likes_of(page) == ["1 like"]
    assert urlsplit(one["url"]).netloc == "comments.example"
    assert "\\u003c" not in page.text.partition("<body>")[2]


async def test_a_permanent_address_leads_to_the_place(client: httpx.AsyncClient) -> None:
    roots = [(await say(client))[0] for _ in range(PAGE + 5)]
    replies = [(await say(client, parent_id=roots[0]))[0] for _ in range(105)]
    for ident in [*roots[:6], roots[-1], *replies[:7], replies[99], replies[100], replies[-1]]:
        answer = await client.get(f"/sites/default/comments/{ident}")
        assert answer.status_code == 302
        target = urlsplit(answer.headers["location"])
        assert target.fragment == f"comment-{ident}"
        page = await open_page(client, answer.headers["location"].partition("#")[0])
        page.one("article", id=target.fragment)
    last = await client.get(f"/sites/default/comments/{roots[-1]}")
    assert urlsplit(last.headers["location"]).query == ""
    later = await open_page(client, (await client.get(
        f"/sites/default/comments/{replies[-1]}")).headers["location"])  # fmt: skip
    assert later.link("first")


async def test_an_earlier_reply_that_is_answered_is_linked(client: httpx.AsyncClient) -> None:
    root, _ = await say(client)
    first, _ = await say(client, parent_id=root)
    for _ in range(100):
        await say(client, parent_id=root)
    late, _ = await say(client, parent_id=first)
    pages = await every_page(client, f"{page_of()}?conversation={root}")
    assert len(pages) == 2
    shown = pages[1].one("article", id=f"comment-{late}")
    links = [e.get("href") for e in shown.iter() if e.tag == "a"]
    assert f"/sites/default/comments/{first}" in links
    told = pages[1].data()["comment"][0]["comment"][-1]
    assert told["parentItem"]["url"].endswith(first)


@pytest.mark.parametrize(("path", "status", "title"), [
    ("/sites/default/articles/nobody-knows", 404, "There is no such article"),
    ("/sites/nowhere/articles/a-1", 404, "There is no such site"),
    ("/sites/Default/articles/a-1", 404, "There is no such site"),
    ("/sites/nowhere/articles/a-1/feed.atom", 404, "There is no such site"),
    ("/sites/default/articles/nobody-knows/feed.atom", 404, "There is no such article"),
    ("/sites/default/articles/a-1?cursor=x", 422, "There is no such page of this thread"),
    ("/sites/default/articles/a-1?cursor=AAAA", 422, "There is no such page of this thread"),
    ("/sites/default/articles/a-1?sort=best", 422, "There is no such page of this thread"),
    ("/sites/default/articles/a-1?url=x", 422, "There is no such page of this thread"),
    ("/sites/default/articles/a-1?conversation=x", 404, "There is no such reply"),
    (f"/sites/default/articles/a-1?conversation={UUID(int=7)}", 404, "There is no such reply"),
    (f"/sites/default/articles/a-1?reply={UUID(int=7)}", 404, "There is no such reply"),
    ("/sites/default/articles/a-1?reply=x", 404, "There is no such reply"),
    ("/sites/default/articles/nobody-knows?reply=", 404, "There is no such article"),
    ("/sites/default/articles/a%20b", 422, "There is no such page of this thread"),
    ("/sites/default/articles/a%2Fb", 404, "There is nothing here"),
    ("/sites/default/articles/a-1/", 404, "There is nothing here"),
    ("/sites/default", 404, "There is nothing here"),
    ("/sites/default/comments/x", 404, "There is nothing here"),
    (f"/sites/default/comments/{UUID(int=7)}", 404, "There is no such reply"),
    ("/sites/default/comments/%00", 404, "There is nothing here"),
    (f"/sites/default/comments/{UUID(int=7)}/own", 403, "This address doesn’t open a reply"),
])  # fmt: skip
async def test_what_is_wrong_is_a_page_too(
    path: str, status: int, title: str, client: httpx.AsyncClient
) -> None:
    await post(client, "A remark.")
    answer = await client.get(path)
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    page = Page(answer.text)
    assert words_of(page.one("h1")) == title
    assert page.robots() == "noindex"
    assert "Traceback" not in page.text


@pytest.mark.parametrize("query", [f"reply={UUID(int=7)}", f"conversation={UUID(int=7)}"])
async def test_from_a_reply_that_is_gone_the_thread_is_one_click_away(
    query: str, client: httpx.AsyncClient
) -> None:
    await post(client, "A remark.")
    page = await open_page(client, f"{page_of()}?{query}", 404)
    assert page_of() in {link.get("href") for link in page.tags("a")}


async def test_a_cursor_of_another_list_is_refused(client: httpx.AsyncClient) -> None:
    for _ in range(PAGE + 1):
        await say(client)
    page = await open_page(client, page_of())
    cursor = parse_qs(urlsplit(page.link("next") or "").query)["cursor"][0]
    root = next(iter(page.comments()))
    for query in (f"sort=oldest&cursor={cursor}", f"conversation={root}&cursor={cursor}"):
        await open_page(client, f"{page_of()}?{query}", 422)


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient) -> None:
    for path, allowed in [
        (page_of(), {"GET", "POST", "HEAD"}), (page_of() + "/feed.atom", {"GET", "HEAD"}),
        (f"/sites/default/comments/{UUID(int=7)}", {"GET", "HEAD"}),
        (f"/sites/default/comments/{UUID(int=7)}/own", {"GET", "POST", "HEAD"}),
    ]:  # fmt: skip
        answer = await client.request("TRACE", path)
        assert answer.status_code == 405
        assert {m.strip() for m in answer.headers["allow"].split(",")} >= allowed - {"HEAD"}
        Page(answer.text)
        assert (await client.head(path)).status_code in {200, 403, 404}


async def test_a_page_is_cached_by_its_tag(
    client: httpx.AsyncClient, state: dict[str, Any]
) -> None:
    await post(client, "First remark about copper.")
    plain = await client.get(page_of(), headers={"Accept-Encoding": "identity"})
    assert plain.headers["cache-control"] == (
        "public, max-age=0, s-maxage=5, stale-while-revalidate=30"
    )
    assert "Accept-Language" in ",".join(plain.headers.get_list("vary"))
    assert "content-encoding" not in plain.headers
    packed = await client.get(page_of())
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    tag = plain.headers["etag"]
    known = {"If-None-Match": tag}
    same = await client.get(page_of(), headers=known)
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == tag
    others = [f"{page_of()}?sort=oldest", f"{page_of()}?sort=top", f"{page_of()}?lang=en",
              f"{page_of()}/feed.atom", thread()]  # fmt: skip
    tags = [(await client.get(path, headers=known)).headers["etag"] for path in others]
    assert len({tag, *tags}) == 6
    await post(client, "Second remark about velvet.")
    changed = await client.get(page_of(), headers=known)
    assert changed.status_code == 200
    assert "Second remark about velvet." in changed.text
    async with state["pool"].acquire() as conn, conn.transaction():
        await articles.change_site(conn, "default", "The Other Courier", None)
    state["sites"].forget()
    state["threads"].forget_all()
    renamed = await client.get(page_of(), headers={"If-None-Match": changed.headers["etag"]})
    assert renamed.status_code == 200
    assert "The Other Courier" in renamed.text
    async with state["pool"].acquire() as conn, conn.transaction():
        await articles.change_site(conn, "default", None, ["https://moved.example"])
    state["sites"].forget()
    state["threads"].forget_all()
    moved = await client.get(page_of(), headers={"If-None-Match": renamed.headers["etag"]})
    assert moved.status_code == 200
    assert "https://moved.example/" in moved.text


async def test_no_script_runs_and_nothing_leaks(client: httpx.AsyncClient) -> None:
    await post(client, "A remark.")
    answer = await client.get(page_of())
    policy = answer.headers["content-security-policy"]
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers.get("set-cookie") is None
    style = Page(answer.text).link("stylesheet")
    assert (await client.get(style or "")).headers["content-type"].startswith("text/css")


async def test_under_a_prefix_every_address_has_it(
    settings: Settings, site: Any, client: httpx.AsyncClient
) -> None:
    told = await post(client, "A remark.")
    under = msgspec.structs.replace(settings, public_url="https://news.example/rejoinder")
    async with (
        running_app(under) as (app, _),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://news.example"
        ) as there,
    ):
        page = await open_page(there, f"/rejoinder{page_of()}")
        own = [e.get(n) for e in page.root.iter() if isinstance(e.tag, str)
               for n in ("href", "action") if e.get(n)]  # fmt: skip
        outside = {f"{ORIGIN}/a-1", f"{ORIGIN}/"}
        for address in own:
            ok = address in outside or address.startswith(("/rejoinder/", "#"))
            assert ok, address
        assert page.data()["url"] == f"https://news.example/rejoinder{page_of()}"
        where = await there.get(f"/rejoinder/sites/default/comments/{told['comment']['id']}")
        assert where.headers["location"].startswith(f"/rejoinder{page_of()}#")
        feed = await there.get(f"/rejoinder{page_of()}/feed.atom")
        assert f"https://news.example/rejoinder{page_of()}" in feed.text


async def test_without_a_public_address_a_sent_host_gets_into_no_page(
    settings: Settings, site: Any, client: httpx.AsyncClient
) -> None:
    await post(client, "A remark.")
    nowhere = msgspec.structs.replace(settings, public_url=None)
    async with (
        running_app(nowhere) as (app, _),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="https://evil.example"
        ) as it,
    ):
        for path in (page_of(), page_of() + "/feed.atom"):
            answer = await it.get(path)
            assert answer.status_code == 200
            assert "evil.example" not in answer.text


async def test_an_article_that_nobody_knows_yet_takes_its_address(
    client: httpx.AsyncClient,
) -> None:
    page = await open_page(client, f"{page_of('fresh')}?url={ORIGIN}/news/fresh")
    assert words_of(page.one("h1")) == "news.example/news/fresh"
    assert page.form()[1]["url"] == f"{ORIGIN}/news/fresh"
    assert page.link("canonical") == f"{ORIGIN}/news/fresh"
    await open_page(client, f"{page_of('fresh')}?url=https://elsewhere.example/x", 404)
    # JSON of the same article knows nothing of it: looking registers nobody.
    known = await client.get(thread("fresh"))
    assert json.loads(known.text)["article"]["title"] == ""


async def test_a_title_runs_in_its_own_direction(
    client: httpx.AsyncClient, publisher_key: str
) -> None:
    title = "هل يُغلق الجسر؟ (1)"
    put = {"url": f"{ORIGIN}/a-1", "title": title}
    path = "/v1/sites/default/articles/a-1"
    await client.put(path, json=put, headers=bearer(publisher_key))
    for address in (page_of(), f"{page_of()}?reply="):
        page = await open_page(client, address)
        assert [words_of(e) for e in page.tags("bdi")] == [title]


async def test_a_closed_thread_has_no_form(client: httpx.AsyncClient, publisher_key: str) -> None:
    told = await post(client, "A remark.")
    await client.put(
        "/v1/sites/default/articles/a-1",
        json={"url": f"{ORIGIN}/a-1", "title": "A bridge", "open": False},
        headers=bearer(publisher_key),
    )
    page = await open_page(client, page_of())
    assert page.tags("form") == []
    assert "Replies to this article are closed." in page.text
    assert not [e for e in page.tags("a") if "reply=" in e.get("href", "")]
    aimed = await open_page(client, f"{page_of()}?reply={told['comment']['id']}")
    assert aimed.tags("form") == []
    assert "closed" in aimed.text


async def test_a_thread_that_opens_in_the_morning_says_so(
    client: httpx.AsyncClient, editor_token: str
) -> None:
    told = await post(client, "A remark.")
    soon = datetime.now(UTC) + timedelta(hours=2)
    window = {"days": [soon.weekday()], "from": f"{soon:%H}:00", "to": f"{soon:%H}:30"}
    hours = {"time_zone": "Etc/UTC", "windows": [window], "outside": "close"}
    put = await client.put(
        "/v1/moderation/policy", json={"policy": {"hours": hours}}, headers=bearer(editor_token)
    )
    assert put.status_code == 200, put.text
    for path in (page_of(), f"{page_of()}?reply={told['comment']['id']}"):
        page = await open_page(client, path, accept_language="de")
        assert page.tags("form") == []
        said = words_of(page.one("p", class_="closed"))
        assert said.startswith(f"Die Kommentare sind bis zum {soon.day}.")
        assert f"{soon:%H}:00 UTC geschlossen" in said


async def test_the_page_is_in_the_reader_s_language(
    client: httpx.AsyncClient, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every catalogue there is, and one that is written the other way whatever there is."""
    ident, _ = await say(client)
    english = catalogues()["en"]
    mirrored = Catalogue("ar", "العربية", "rtl", english.sections)
    known = {"ar": mirrored, **catalogues()}
    monkeypatch.setattr("service.web.words.catalogues", lambda _folder: known)
    for lang, one in known.items():
        asked = await open_page(client, f"{page_of()}?lang={lang}")
        assert (asked.root.get("lang"), asked.root.get("dir")) == (lang, one.dir)
        reply = next(e for e in asked.tags("a") if "reply=" in e.get("href", ""))
        assert parse_qs(urlsplit(reply.get("href")).query)["lang"] == [lang], "it goes along"
        for path in (reply.get("href"), f"{page_of('none')}?lang={lang}"):
            page = Page((await client.get(path)).text)
            assert (page.root.get("lang"), page.root.get("dir")) == (lang, one.dir)
        header = await open_page(client, page_of(), Accept_Language=f"tlh, {lang};q=0.5")
        assert header.root.get("lang") == lang
        assert "lang=" not in header.form()[0]
        action, fields = asked.form(name="", email="x", body="")
        refused = await send(client, action, fields)
        assert Page(refused.text).root.get("lang") == lang
    plain = await open_page(client, f"{page_of()}?lang=tlh")
    assert plain.root.get("lang") == "en"
    assert ident in plain.comments()
