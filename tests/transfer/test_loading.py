"""What becomes of a file's comments on the site: threads, states, counts, and never twice."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from exports import DISQUS, item, post, wp_comment, wxr

from service.articles.types import Site
from service.comments.posting import get_reader_facts
from service.core.db import Pool, connect
from service.screening.learning_store import list_decided
from service.transfer.loading import Import
from service.transfer.spool_store import open_spool
from service.transfer.types import (
    Notes,
    Report,
    SourceArticle,
    SourceComment,
    Wanted,
    WholeArticle,
)

Load = Callable[..., Awaitable[Report]]
THREAD = "/v1/sites/default/articles/{}/comments?sort=oldest"


@pytest.fixture
def load(state: dict[str, Any], site: Site, tmp_path: Path) -> Load:
    """Import a file of this content into the site."""

    async def loading(content: str, name: str = "wordpress", **options: Any) -> Report:
        path = tmp_path / "export"
        path.write_text(content)
        wanted = Wanted(name, options.pop("source", name), options.pop("moved", {}),
                        options.pop("origins", {}), options.pop("dry_run", False))  # fmt: skip
        # A connection of its own, as the command has: the lock lasts as long as that.
        async with state["pool"].acquire() as conn:
            try:
                return await Import(conn, site, path, wanted, lambda *_: None).run()
            finally:
                await conn.execute("select pg_advisory_unlock_all()")

    return loading


async def thread(client: httpx.AsyncClient, article: str = "5") -> dict[str, Any]:
    answer = await client.get(THREAD.format(article))
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def count(pool: Pool, table: str) -> int:
    return int(await pool.fetchval(f"select count(*) from {table}"))


async def test_a_thread_is_shown_as_it_was(load: Load, client: httpx.AsyncClient) -> None:
    report = await load(
        wxr(item(5, wp_comment(1, "One\n\nTwo <b>bold</b>"), wp_comment(2, parent=1),
                 wp_comment(3, approved="0"), wp_comment(4, parent=2, name="Bo")))
    )  # fmt: skip
    assert (report.articles, report.articles_made) == (1, 1)
    assert report.comments == {"published": 3, "held": 1}
    assert (report.readers, report.readers_made, report.whole) == (1, 1, True)
    shown = await thread(client)
    assert (shown["count"], shown["article"]["title"]) == (3, "Post 5")
    (root,) = shown["items"]
    assert root["html"] == "<p>One</p>\n<p>Two <strong>bold</strong></p>"
    assert root["created_at"] == "2019-03-04T06:06:07Z"
    assert root["reply_count"] == 2
    assert [one["author"]["name"] for one in root["replies"]] == ["Ann", "Bo"]
    assert root["replies"][1]["parent_id"] == root["replies"][0]["id"]


async def test_the_page_is_found_by_its_address_too(load: Load, client: httpx.AsyncClient) -> None:
    await load(wxr(item(5, wp_comment(1))))
    assert (await thread(client, "news.example~5"))["count"] == 1


async def test_again_is_not_twice_and_a_longer_file_adds_the_rest(
    load: Load, client: httpx.AsyncClient, pool: Pool
) -> None:
    content = wxr(item(5, wp_comment(1), wp_comment(2, parent=1)))
    await load(content)
    again = await load(content)
    assert (again.comments, again.already, again.readers) == ({}, 2, 0)
    longer = wxr(item(5, wp_comment(1), wp_comment(2, parent=1), wp_comment(3, parent=2)))
    more = await load(longer)
    assert (more.comments, more.already) == ({"published": 1}, 2)
    (root,) = (await thread(client))["items"]
    assert (root["reply_count"], len(root["replies"])) == (2, 2)
    assert [await count(pool, name) for name in ("comment", "ledger", "imported")] == [3, 3, 3]


async def test_a_dry_run_says_the_same_and_writes_nothing(load: Load, pool: Pool) -> None:
    content = wxr(
        item(5, wp_comment(1), wp_comment(1, "other"), wp_comment(2, parent=9, date="0000")),
        item(6, wp_comment(3), link="https://elsewhere.example/6"),
    )
    tables = ("article", "article_alias", "reader", "comment", "ledger", "imported")
    dry = await load(content, dry_run=True)
    assert [await count(pool, name) for name in tables] == [0] * 6
    wet = await load(content)
    assert dry.dry_run
    for name in ("articles", "articles_made", "comments", "readers", "readers_made", "repaired",
                 "refused", "refused_first", "unmatched", "skipped"):  # fmt: skip
        assert getattr(dry, name) == getattr(wet, name), name
    assert wet.comments == {"published": 3}


@pytest.mark.parametrize(
    ("approved", "status", "reviewed", "reason", "decided"),
    [("1", "published", True, None, True), ("0", "held", False, None, False),
     ("spam", "spam", True, "spam", True), ("trash", "rejected", True, "other", False)],
)  # fmt: skip
async def test_a_state_is_kept_with_its_ledger_row(
    load: Load, pool: Pool, approved: str, status: str, reason: str | None, *, reviewed: bool,
    decided: bool
) -> None:  # fmt: skip
    await load(wxr(item(5, wp_comment(1, approved=approved))))
    row = await pool.fetchrow(
        """
        select c.status, c.reviewed, c.reason, i.decided, l.actor, l.to_status, l.note,
            l.created_at = c.created_at as dated
        from comment c join ledger l on l.comment_id = c.id
        join imported i on i.comment_id = c.id
        """
    )
    assert row is not None
    assert tuple(row) == (status, reviewed, reason, decided, "import", status, "wordpress", True)


async def test_learning_reads_what_people_decided_there(load: Load, pool: Pool, site: Site) -> None:
    await load(wxr(*[item(5, *[wp_comment(n, approved=a) for n, a in enumerate(
        ("1", "0", "spam", "trash"), 1)])]))  # fmt: skip
    decided = await list_decided(pool, site.id, 10)
    assert [(one.text, one.status) for one in decided] == [
        ("Comment 3", "spam"), ("Comment 1", "published"),
    ]  # fmt: skip


async def test_what_nobody_had_to_approve_teaches_nothing(
    load: Load, pool: Pool, site: Site
) -> None:
    await load(DISQUS.format(posts=post("1", "One")), "disqus")
    assert await list_decided(pool, site.id, 10) == []


async def test_nobody_is_told(load: Load, pool: Pool, site: Site, database_url: str) -> None:
    await pool.execute(
        """
        insert into webhook (site_id, id, url, events, secret)
        values ($1, gen_random_uuid(), 'https://hook.example', '{comment.created}', '')
        """,
        site.id,
    )
    heard: list[object] = []
    listening = await connect(database_url)
    await listening.add_listener("desk", lambda *notice: heard.append(notice[-1]))
    jobs = await count(pool, "pgqueuer")
    await load(wxr(item(5, wp_comment(1), wp_comment(2, approved="0"))))
    await listening.fetchval("select 1")
    await listening.close()
    assert heard == []
    assert await count(pool, "pgqueuer") == jobs
    assert await count(pool, "webhook_event") == 0


async def test_replies_lie_at_most_four_deep(load: Load, client: httpx.AsyncClient) -> None:
    chain = [wp_comment(n, parent=n - 1) for n in range(1, 9)]
    await load(wxr(item(5, *chain)))
    (root,) = (await thread(client))["items"]
    answer = await client.get(f"/v1/sites/default/comments/{root['id']}/replies")
    ids = {root["id"]: 0}
    depths = []
    for one in answer.json()["items"]:
        ids[one["id"]] = ids[one["parent_id"]] + 1
        depths.append(ids[one["id"]])
    assert depths == [1, 2, 3, 4, 4, 4, 4]
    assert root["reply_count"] == 7


async def test_replies_before_what_they_answer_find_it(
    load: Load, client: httpx.AsyncClient
) -> None:
    await load(wxr(item(5, wp_comment(3, parent=2), wp_comment(2, parent=1), wp_comment(1))))
    (root,) = (await thread(client))["items"]
    assert [one["html"] for one in root["replies"]] == ["<p>Comment 2</p>", "<p>Comment 3</p>"]


async def test_orphans_become_roots_and_circles_are_broken(
    load: Load, client: httpx.AsyncClient
) -> None:
    report = await load(
        wxr(
            item(5, wp_comment(1, parent=99), wp_comment(2, parent=4), wp_comment(3, parent=2),
                 wp_comment(4, parent=3), wp_comment(5, parent=3), wp_comment(6, parent=6)),
            item(6, wp_comment(7, parent=1)),
        )
    )  # fmt: skip
    assert report.repaired["replies to what isn't there, made roots"] == 3
    assert report.repaired["circles of replies, broken"] == 1
    roots = {one["html"]: one["reply_count"] for one in (await thread(client))["items"]}
    assert roots == {"<p>Comment 1</p>": 0, "<p>Comment 2</p>": 3, "<p>Comment 6</p>": 0}
    assert (await thread(client, "6"))["count"] == 1


async def test_many_circles_are_broken_each(load: Load, client: httpx.AsyncClient) -> None:
    pairs = [wp_comment(n, parent=n + 1 if n % 2 else n - 1) for n in range(1, 401)]
    report = await load(wxr(item(5, *pairs)))
    assert report.repaired["circles of replies, broken"] == 200
    assert (await thread(client))["count"] == 400


async def test_an_id_used_twice_loses_neither(load: Load, client: httpx.AsyncClient) -> None:
    content = wxr(item(5, wp_comment(1), wp_comment(1), wp_comment(1, "Other")))
    report = await load(content)
    assert report.comments == {"published": 2}
    assert report.skipped == {"the same comment again": 1}
    assert report.repaired == {"ids that another comment has, too": 1}
    assert (await load(content)).already == 2
    assert (await thread(client))["count"] == 2


async def test_another_blogs_comments_of_the_same_numbers_are_told(
    load: Load, client: httpx.AsyncClient
) -> None:
    """WordPress counts from 1 in each blog: what is skipped as known would be lost."""
    await load(wxr(item(5, wp_comment(1, "Ours"))))
    other = wxr(item(7, wp_comment(1, "Theirs"), link="https://news.example/other/7"))
    report = await load(other)
    assert (report.comments, report.already) == ({}, 0)
    [kind] = report.refused
    assert "--source" in kind
    assert report.refused_first[kind][0].what == "1 on https://news.example/other/7"
    named = await load(other, source="other")
    assert (named.comments, named.refused) == ({"published": 1}, {})


async def test_a_date_that_cannot_be_meant_is_its_neighbours(
    load: Load, client: httpx.AsyncClient
) -> None:
    report = await load(
        wxr(item(5, wp_comment(1, date="0000-00-00 00:00:00"), wp_comment(2),
                 wp_comment(3, date="9999-01-01 00:00:00")))
    )  # fmt: skip
    dates = {one["html"]: one["created_at"] for one in (await thread(client))["items"]}
    assert dates == {
        "<p>Comment 1</p>": "2019-03-01T00:00:00Z",
        "<p>Comment 2</p>": "2019-03-04T07:06:07Z",
        "<p>Comment 3</p>": "2019-03-04T07:06:07Z",
    }
    assert report.repaired == {"dates that can't be meant, a neighbour's taken": 2}


async def test_without_any_date_nothing_is_stored_and_nobody_made(load: Load, pool: Pool) -> None:
    content = wxr(item(5, wp_comment(1, date="0000"))).replace("2019-03-01 00:00:00", "")
    report = await load(content)
    assert report.refused == {"without any date in the file": 1}
    assert (report.readers, report.readers_made, await count(pool, "reader")) == (0, 0, 0)
    dated = content.replace("</channel>", item(6, wp_comment(2)) + "</channel>")
    assert (await load(dated)).whole


async def test_pages_of_other_sites_are_refused_and_named(load: Load) -> None:
    report = await load(
        wxr(item(5, wp_comment(1), wp_comment(2), link="https://old.example/a?p=1"))
    )
    assert report.comments == {}
    assert report.unmatched == {"https://old.example/a?p=1": 2}
    assert report.refused == {"on pages of other sites": 2}
    assert [one.line for one in report.refused_first["on pages of other sites"]] == [11, 23]
    assert not report.whole


@pytest.mark.parametrize(
    "options",
    [
        {"origins": {"https://old.example": "https://news.example"}},
        {"moved": {"http://www.old.example/a/": "https://news.example/a"}},
        {"moved": {"https://old.example/a": "/a"}},
    ],
)
async def test_moved_pages_are_found_by_a_map(
    load: Load, client: httpx.AsyncClient, options: dict[str, Any]
) -> None:
    content = wxr(item(5, wp_comment(1), link="https://old.example/a"))
    assert (await load(content, **options)).whole
    assert (await thread(client))["article"]["url"] == "https://news.example/a"


async def test_an_article_that_is_there_is_taken_and_left_as_it_is(
    load: Load, client: httpx.AsyncClient, publisher_key: str
) -> None:
    put = {"url": "https://news.example/5", "title": "By its publisher"}
    await client.put(
        "/v1/sites/default/articles/mine", json=put,
        headers={"Authorization": f"Bearer {publisher_key}"},
    )  # fmt: skip
    report = await load(wxr(item(5, wp_comment(1), link="http://www.news.example/5/")))
    assert (report.articles, report.articles_made) == (1, 0)
    shown = await thread(client, "mine")
    assert (shown["count"], shown["article"]["title"]) == (1, "By its publisher")


async def test_two_systems_of_a_kind_stay_apart(load: Load, client: httpx.AsyncClient) -> None:
    await load(wxr(item(5, wp_comment(1, "Mine"))))
    other = wxr(item(5, wp_comment(1, "Theirs"), link="https://news.example/blog/5"))
    report = await load(other, source="blog")
    assert report.comments == {"published": 1}
    assert (await thread(client))["count"] == 1
    assert (await thread(client, "news.example~blog~5"))["count"] == 1


async def test_readers_are_one_by_address_and_confirmed_by_nobody(load: Load, pool: Pool) -> None:
    report = await load(
        wxr(item(5, wp_comment(1), wp_comment(2, email="ANN@reader.example "),
                 wp_comment(3, email="no address"), wp_comment(4, email="", name="Bo")))
    )  # fmt: skip
    assert (report.readers, report.readers_made) == (3, 3)
    rows = await pool.fetch("select email, confirmed_at from reader order by email")
    assert [tuple(row) for row in rows] == [
        ("ann@reader.example", None), ("wordpress name Ann", None), ("wordpress name Bo", None),
    ]  # fmt: skip


async def test_standing_comes_with_the_confirmation(load: Load, pool: Pool, site: Site) -> None:
    await load(wxr(item(5, *map(wp_comment, range(1, 4)))))
    async with pool.acquire() as conn:
        facts = await get_reader_facts(conn, site.id, "ann@reader.example", "ann", b"")
        assert not facts.history.confirmed
        ident = await conn.fetchval(
            """
            update reader set confirmed_at = now(), contact = email, email = id::text returning id
            """
        )
        facts = await get_reader_facts(conn, site.id, str(ident), "ann", b"")
    assert (facts.history.confirmed, facts.history.published) == (True, 3)


async def test_what_was_deleted_leaves_only_its_place(
    load: Load, client: httpx.AsyncClient, pool: Pool
) -> None:
    posts = post("1", "Secret", deleted="true") + post("2", "Reply", parent="1")
    assert (await load(DISQUS.format(posts=posts), "disqus")).comments == {
        "removed": 1, "published": 1,
    }  # fmt: skip
    (root,) = (await thread(client, "news.example~ferry"))["items"]
    assert (root["status"], root["html"], root["reply_count"]) == ("removed", "", 1)
    assert await pool.fetchval("select count(*) from comment where body like '%Secret%'") == 0
    assert await pool.fetchval("select count(*) from reader where email like 'bo@%'") == 1


async def test_a_copy_of_a_recent_comment_is_recognised(load: Load, pool: Pool) -> None:
    recent = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    await load(wxr(item(5, wp_comment(1, "word " * 30, date=recent), wp_comment(2))))
    assert await count(pool, "fingerprint") == 1
    assert await count(pool, "fingerprint_band") == 16
    age = await pool.fetchval("select now() - created_at from fingerprint")
    assert timedelta(hours=23) < age < timedelta(hours=25)


async def test_an_old_permalink_finds_its_comment(load: Load, client: httpx.AsyncClient) -> None:
    await load(wxr(item(5, wp_comment(1), wp_comment(2, parent=1), wp_comment(3, approved="0"))))
    for source in ("wordpress", "any"):
        answer = await client.get(f"/v1/sites/default/comments/by-source/{source}/2")
        assert answer.status_code == 200
        placed = answer.json()
        assert placed["comment"]["html"] == "<p>Comment 2</p>"
        assert placed["article"]["key"] == "5"
        assert placed["root_id"] == placed["comment"]["parent_id"]
    for path in ("disqus/2", "wordpress/3", "wordpress/99", "any/comment"):
        answer = await client.get(f"/v1/sites/default/comments/by-source/{path}")
        assert answer.status_code == 404, path
    answer = await client.get("/v1/sites/default/comments/by-source/NO/2")
    assert answer.status_code == 422


def test_articles_of_an_export_are_found_in_one_look_at_its_comments() -> None:
    """Once for each article would take the square of the file's length."""

    def steps(count: int) -> int:
        taken = []
        whole = WholeArticle(None, None, None, [], True, None, None, None, [])  # noqa: FBT003 (open)
        with open_spool(Notes()) as spool:
            for number in range(count):
                at = f"https://news.example/{number}"
                spool.add_article(number, SourceArticle(str(number), at, "", whole=whole))
                spool.add_comment(number, SourceComment(
                    str(number), str(number), "", "Ann", "", "x", "text", "published", None
                ))  # fmt: skip
            spool._database.set_progress_handler(lambda: taken.append(1), 100)
            assert len(list(spool.articles())) == count
            spool._database.set_progress_handler(None, 0)
        return len(taken)

    assert steps(2000) < 3 * steps(1000)
