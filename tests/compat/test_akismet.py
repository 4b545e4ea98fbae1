"""The answers of Akismet's protocol, word for word."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from compat.akismet_site import ADDRESS, BLOG, FRIENDLY, SPAM, AkismetSite

from service.accounts import actions as accounts
from service.articles.types import Site

MONTH = f"{datetime.now(UTC):%Y-%m}"


async def test_a_key_is_valid_or_not(blog: AkismetSite, client: httpx.AsyncClient) -> None:
    for field in ("key", "api_key"):
        good = await client.post("/1.1/verify-key", data={field: blog.token, "blog": BLOG})
        assert (good.status_code, good.text) == (200, "valid")
        bad = await client.post("/1.1/verify-key", data={field: "rkwrong", "blog": BLOG})
        assert (bad.status_code, bad.text) == (200, "invalid")
        assert "key" in bad.headers["x-akismet-debug-help"]
    no_blog = await client.post("/1.1/verify-key", data={"key": blog.token})
    assert no_blog.text == "invalid"
    assert no_blog.headers["x-akismet-debug-help"] == 'Empty "blog" value.'


async def test_a_comment_is_spam_or_not(blog: AkismetSite) -> None:
    good = await blog.ask("comment-check")
    assert (good.status_code, good.text) == (200, "false")
    assert good.headers["content-type"] == "text/plain; charset=utf-8"
    assert UUID(good.headers["x-akismet-guid"]).version == 7
    assert good.headers.keys().isdisjoint({"x-akismet-pro-tip", "x-akismet-debug-help"})
    bad = await blog.ask("comment-check", comment_content=SPAM)
    assert (bad.text, bad.headers["x-akismet-pro-tip"]) == ("true", "discard")
    assert bad.headers["x-akismet-guid"] != good.headers["x-akismet-guid"]
    assert await blog.used() == (2, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"comment_author": "viagra-test-123"}, "true"),
        ({"comment_author": "akismet-guaranteed-spam"}, "true"),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com"}, "true"),
        ({"user_role": "administrator", "comment_content": SPAM}, "false"),
        ({"user_role": "administrator", "comment_author": "viagra-test-123"}, "true"),
        ({"honeypot_field_name": "fax", "fax": "call me"}, "true"),
        ({"honeypot_field_name": "fax", "fax": ""}, "false"),
        ({"comment_content": ""}, "false"),
        ({"comment_content": None}, "false"),
        ({"comment_content": "x" * 40_000}, "false"),
    ],
)
async def test_what_the_original_promises(
    blog: AkismetSite, fields: dict[str, Any], word: str
) -> None:
    assert await blog.check(**fields) == word


async def test_the_sites_banned_words_count(
    blog: AkismetSite, client: httpx.AsyncClient, editor_token: str
) -> None:
    assert await blog.check(comment_content="Bring back the Daily Gazette to our doors.") == "false"
    headers = {"authorization": f"Bearer {editor_token}"}
    policy = (await client.get("/v1/moderation/policy?site=default", headers=headers)).json()
    changed = {**policy["policy"], "banned_words": ["gazette"]}
    answer = await client.put(
        "/v1/moderation/policy?site=default",
        json={"version": policy["version"], "policy": changed},
        headers=headers,
    )
    assert answer.status_code == 200
    blog.state["policies"].forget()
    assert await blog.check(comment_content="Bring back the Daily Gazette to our doors.") == "true"


@pytest.mark.parametrize("field", ["blog", "user_ip"])
@pytest.mark.parametrize("path", ["comment-check", "submit-spam", "submit-ham"])
@pytest.mark.parametrize("value", [None, "", "  "])
async def test_a_missing_field_is_named(
    blog: AkismetSite, path: str, field: str, value: str | None
) -> None:
    answer = await blog.ask(path, **{field: value})
    assert (answer.status_code, answer.text) == (200, f"Missing required field: {field}.")
    assert answer.headers["x-akismet-debug-help"] == f'Empty "{field}" value.'
    assert await blog.used() == (0, 0, 0, 0, 0)


async def test_the_key_is_found_wherever_a_client_puts_it(
    blog: AkismetSite, client: httpx.AsyncClient
) -> None:
    form = {"blog": BLOG, "user_ip": ADDRESS, "comment_author": "viagra-test-123"}
    for headers, extra in (
        ({}, {"api_key": blog.token}),
        ({}, {"key": blog.token}),
        ({"host": f"{blog.token}.rest.example.org"}, {}),
        ({"host": f"{blog.token.upper()}.rest.example.org:8080"}, {}),
        ({"authorization": f"Bearer {blog.token}"}, {}),
    ):
        answer = await client.post("/1.1/comment-check", data={**form, **extra}, headers=headers)
        assert answer.text == "true", headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "rest.example.org"},
        {"host": "rkwrong.rest.example.org"},
        {"authorization": "Bearer rkwrong"},
        {"authorization": "Basic abc"},
    ],
)
async def test_a_wrong_key_is_invalid(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    for path in ("/1.1/comment-check", "/1.1/submit-ham", "/1.2/usage-limit", "/1.2/key-sites"):
        answer = await client.post(path, data={"blog": BLOG, "user_ip": ADDRESS}, headers=headers)
        assert (answer.status_code, answer.text) == (200, "invalid")
        assert answer.headers["x-akismet-debug-help"]


async def test_a_key_of_another_kind_is_invalid(
    client: httpx.AsyncClient, state: dict[str, Any], site: Site, moderator_token: str
) -> None:
    publish = await accounts.create_key(state["pool"], site.id, ["publish"])
    for token in (publish, moderator_token):
        for headers in ({}, {"authorization": f"Bearer {token}"}):
            form = {"blog": BLOG, "user_ip": ADDRESS} | ({} if headers else {"api_key": token})
            answer = await client.post("/1.1/comment-check", data=form, headers=headers)
            assert (answer.status_code, answer.text) == (200, "invalid")


async def test_a_host_is_believed_from_a_trusted_proxy_alone(
    blog: AkismetSite, client: httpx.AsyncClient
) -> None:
    form = {"blog": BLOG, "user_ip": ADDRESS}
    headers = {"x-forwarded-host": f"{blog.token}.rest.example.org"}
    asked = await client.post("/1.1/comment-check", data=form, headers=headers)
    assert asked.text == "invalid"
    settings = blog.state["settings"]
    trusted = type(settings).from_environment(
        {
            "DATABASE_URL": settings.database_url,
            "REJOINDER_SECRET": "a secret of tests, long enough to be one",
            "REJOINDER_TRUSTED_PROXIES": "127.0.0.0/8",
        }
    )
    blog.state["settings"] = msgspec.structs.replace(trusted)
    asked = await client.post("/1.1/comment-check", data=form, headers=headers)
    assert asked.text == "false"


async def test_a_quota_that_is_gone_keeps_comments_waiting(blog: AkismetSite) -> None:
    blog.state["limiter"]._enabled = True
    await blog.change_key(quota=2)
    answers = [await blog.ask("comment-check") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[2]
    assert refused.text not in {"true", "false"}
    assert int(refused.headers["retry-after"]) >= 1
    assert "quota" in refused.headers["x-akismet-debug-help"]
    verified = await blog.ask("verify-key")
    assert verified.text == "valid"
    limit = await blog.client.get("/1.2/usage-limit", params={"api_key": blog.token})
    assert limit.json()["throttled"] is True


async def test_wordpress_is_told_that_its_key_is_in_order(blog: AkismetSite) -> None:
    answer = await blog.ask("get-subscription")
    assert answer.json()["status"] == "active"
    assert answer.json()["next_billing_date"] is False
    wrong = await blog.ask("get-subscription", api_key="rkwrong")
    assert (wrong.status_code, wrong.text) == (200, "invalid")
    assert await blog.used() == (0, 0, 0, 0, 0)


async def test_this_months_use_is_told(blog: AkismetSite) -> None:
    await blog.check()
    await blog.check(comment_content=SPAM)
    await blog.say("spam")
    await blog.state["usage"].write()
    for answer in (
        await blog.client.get("/1.2/usage-limit", params={"api_key": blog.token}),
        await blog.client.post("/1.2/usage-limit", data={"api_key": blog.token}),
    ):
        assert answer.json() == {
            "limit": "none", "usage": 2, "percentage": "0.00", "throttled": False,
        }  # fmt: skip
    await blog.change_key(quota=1)
    answer = await blog.client.get("/1.2/usage-limit", params={"key": blog.token})
    limited = answer.json()
    assert limited["limit"] in {days * 1440 for days in (28, 29, 30, 31)}
    assert limited["percentage"] == f"{200 / limited['limit']:.2f}"


async def test_the_sites_of_a_key_are_listed(blog: AkismetSite) -> None:
    for name, times in (("https://one.example/", 3), ("http://WWW.two.example/blog", 1)):
        for _ in range(times):
            await blog.check(blog=name)
    await blog.check(blog="https://three.example", comment_content=SPAM)
    await blog.say("ham", blog="https://three.example")
    await blog.state["usage"].write()

    async def sites(**asked: Any) -> dict[str, Any]:
        answer = await blog.client.get("/1.2/key-sites", params={"api_key": blog.token, **asked})
        listed: dict[str, Any] = answer.json()
        return listed

    listed = await sites()
    assert (listed["limit"], listed["offset"], listed["total"]) == (500, 0, 3)
    assert [one["site"] for one in listed[MONTH]] == [
        "one.example", "three.example", "two.example/blog",
    ]  # fmt: skip
    assert listed[MONTH][1] == {
        "site": "three.example", "api_calls": "1", "spam": "1", "ham": "0", "missed_spam": "0",
        "false_positives": "1", "is_revoked": False,
    }  # fmt: skip
    assert next(one["site"] for one in (await sites(order="spam"))[MONTH]) == "three.example"
    assert (await sites(filter="TWO."))["total"] == 1
    page = await sites(limit=1, offset=1)
    assert (len(page[MONTH]), page["total"], page["limit"], page["offset"]) == (1, 3, 1, 1)
    assert (await sites(month="2001-02"))["2001-02"] == []
    assert (await sites(month="soon", order="luck", limit="-1"))["total"] == 3


async def test_the_sites_of_a_key_are_listed_as_a_table(blog: AkismetSite) -> None:
    await blog.check(blog="https://one.example")
    await blog.check(blog="=cmd,x")
    await blog.state["usage"].write()
    answer = await blog.client.post("/1.2/key-sites", data={"api_key": blog.token, "format": "csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    title, *rows = csv.reader(io.StringIO(answer.text))
    assert title[0].startswith(f"Active sites during {MONTH} (limit: 500")
    assert rows[0] == [
        "Site", "Total API Calls", "Spam", "Ham", "Missed Spam", "False Positives", "Is Revoked",
    ]  # fmt: skip
    assert ["one.example", "1", "0", "1", "0", "0", "false"] in rows
    assert not any(row[0].startswith("=") for row in rows)
    assert blog.token not in answer.text


async def test_what_was_used_last_month_is_not_this_months(blog: AkismetSite) -> None:
    await blog.check()
    await blog.state["usage"].write()
    await blog.state["pool"].execute(
        "update key_usage set day = day - $1::interval", timedelta(days=40)
    )
    answer = await blog.client.get("/1.2/usage-limit", params={"api_key": blog.token})
    assert answer.json()["usage"] == 0


async def test_a_test_leaves_nothing_behind(blog: AkismetSite) -> None:
    for value in ("1", "true", "True"):
        assert await blog.check(is_test=value, comment_content=SPAM) == "true"
        await blog.say("spam", is_test=value)
        await blog.say("ham", is_test=value)
    assert await blog.records() == {}
    assert await blog.examples() == []
    assert await blog.used() == (9, 0, 0, 0, 0)


async def test_no_text_of_a_check_is_kept(blog: AkismetSite) -> None:
    marked = f"{FRIENDLY} Unmistakable-Token"
    await blog.check(
        comment_content=marked,
        comment_author="Unmistakable-Token",
        comment_author_email="unmistakable-token@reader.example",
        comment_author_url="https://unmistakable-token.example",
    )
    await blog.records()
    await blog.used()
    pool = blog.state["pool"]
    tables = await pool.fetch(
        "select table_name from information_schema.tables where table_schema = 'public'"
    )
    for table in tables:
        rows = await pool.fetch(f"select t::text as row from {table['table_name']} t")
        for row in rows:
            assert "unmistakable" not in row["row"].lower()
            assert ADDRESS not in row["row"]
