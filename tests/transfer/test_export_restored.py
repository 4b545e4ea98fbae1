"""There and back: what an export and an import of it leave as it was."""

import json
import uuid
from pathlib import Path

import httpx
import pytest
from restored import comparable, exported, lines_in, lines_of, load, nameless, write
from thread import ORIGIN

from service.articles.actions import add_site, put_article
from service.articles.types import PutArticle, Site
from service.core.db import Conn, Pool
from service.screening.learning_store import list_decided
from service.transfer.types import UNREADABLE

LETTERS = {"articles followed by e-mail": 1, "addresses without letters": 1}
PUSH = "subscriptions made with another push key, which no alert can reach"


async def test_there_and_back_every_line_is_the_same(file: Path, elsewhere: Conn) -> None:
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    report = await load(elsewhere, site, file, trust_confirmed=True)
    assert report.refused == report.repaired == {}
    assert report.restored == {"sanctions": 1, **LETTERS}
    assert report.skipped == {PUSH: 2, "subscriptions that had ended": 1}
    before = lines_in(file)
    after = lines_of(await exported(elsewhere, site))
    assert comparable(after) == comparable(before)
    for line in after:
        if line["type"] == "comment":
            assert [one["id"] for one in line["sources"]] == [line["id"]]
            assert line["notify"] == (line["parent"] is None)
    # Who wants to hear of replies still does, and isn't told of the old ones again.
    assert await elsewhere.fetchval("select count(*) from notification_due") == 0


async def test_a_file_of_an_earlier_release_names_nobody_for_pictures(
    file: Path, elsewhere: Conn
) -> None:
    lines = lines_in(file)
    for line in lines:
        line.pop("image_credit", None)
    write(file, lines)
    site = await add_site(elsewhere, "default", "default", [ORIGIN])
    assert (await load(elsewhere, site, file)).refused == {}
    query = "select image, image_credit from article where image is not null"
    assert [tuple(row) for row in await elsewhere.fetch(query)] == [(f"{ORIGIN}/ferry.jpg", None)]


async def test_beside_the_site_itself_only_ids_are_others(
    file: Path, pool: Pool, client: httpx.AsyncClient
) -> None:
    async with pool.acquire() as conn:
        site = await add_site(conn, "second", "The Courier", [ORIGIN])
        await load(conn, site, file, trust_confirmed=True)
        before, after = lines_in(file), lines_of(await exported(conn, site))
    assert nameless(after) == nameless(before)
    old = {line["id"]: line for line in before if line["type"] == "comment"}
    for line in after:
        if line["type"] == "comment":
            (source,) = line["sources"]
            assert line["body"] == old[source["id"]]["body"]
            answer = await client.get(f"/v1/sites/second/comments/by-source/json/{source['id']}")
            assert (answer.status_code == 200) == (line["status"] == "published")


async def test_again_is_not_twice_nor_into_the_site_itself(
    file: Path, pool: Pool, site: Site, elsewhere: Conn
) -> None:
    other = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    await load(elsewhere, other, file)
    once = await exported(elsewhere, other)
    again = await load(elsewhere, other, file)
    assert (again.comments, again.already, again.articles_made, again.readers_made) == (
        {}, 15, 0, 0,
    )  # fmt: skip
    assert lines_of(await exported(elsewhere, other))[1:] == lines_of(once)[1:]
    async with pool.acquire() as conn:
        home = await load(conn, site, file)
        assert (home.comments, home.already, home.readers_made) == ({}, 15, 0)
        assert lines_of(await exported(conn, site))[1:] == lines_in(file)[1:]


async def test_a_confirmed_address_is_believed_only_on_the_importer_s_word(
    file: Path, elsewhere: Conn
) -> None:
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    confirmed = "select contact from reader where confirmed_at is not null"
    await load(elsewhere, site, file)
    assert await elsewhere.fetch(confirmed) == []
    await load(elsewhere, site, file, trust_confirmed=True)
    assert [row["contact"] for row in await elsewhere.fetch(confirmed)] == ["lucja@readers.example"]


async def test_nobody_is_told_and_what_people_decided_teaches(
    file: Path, pool: Pool, site: Site, elsewhere: Conn
) -> None:
    other = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    await elsewhere.execute(
        """
        insert into webhook (site_id, id, url, events, secret) values ($1, gen_random_uuid(),
            'https://hook.example', '{comment.created,comment.decided,reader.sanctioned}', '')
        """,
        other.id,
    )
    await load(elsewhere, other, file)
    assert await elsewhere.fetchval("select count(*) from webhook_event") == 0
    assert await elsewhere.fetchval("select count(*) from mail") == 0
    learnt = await list_decided(elsewhere, other.id, 50)
    assert learnt == await list_decided(pool, site.id, 50)
    assert len(learnt) == 2


async def test_subscriptions_come_back_where_the_push_key_is_the_same(
    file: Path, elsewhere: Conn
) -> None:
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    await elsewhere.execute(
        """
        insert into vapid_key (site_id, id, public_key, private_key)
        values ($1, $2, decode(repeat('00', 65), 'hex'), '')
        """,
        site.id,
        lines_in(file)[0]["push_key"],
    )
    report = await load(elsewhere, site, file)
    stops = "addresses without letters"
    assert report.restored == {"sanctions": 1, "subscriptions": 2, stops: 1}
    # Nobody is mailed on the word of a file.
    assert report.skipped["articles followed by e-mail, which come with --trust-confirmed"] == 1
    before, after = lines_in(file), lines_of(await exported(elsewhere, site))
    kept = [one for one in before if one["type"] == "subscription" and not one["removed_at"]]
    assert [one for one in after if one["type"] == "subscription"] == kept
    again = await load(elsewhere, site, file)
    assert again.restored == {"sanctions": 0, "subscriptions": 0, stops: 0}


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "follow", "address": "ana@=?utf-8?q?readers.example?="},
        {"type": "mail_stop", "address_hash": "no hash"},
        {"type": "mail_stop", "address_hash": ""},
        {"type": "mail_stop", "reason": "spite"},
    ],
    ids=str,
)
async def test_a_bad_line_about_letters_is_refused_alone(
    bad: dict[str, str], file: Path, elsewhere: Conn
) -> None:
    lines = lines_in(file)
    next(line for line in lines if line["type"] == bad["type"]).update(bad)
    write(file, lines)
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    report = await load(elsewhere, site, file, trust_confirmed=True)
    assert report.refused == {"no line of this format": 1}
    assert sum(report.comments.values()) == 15


async def test_what_was_imported_before_is_known_by_its_older_id(
    file: Path, elsewhere: Conn
) -> None:
    lines = lines_in(file)
    first = next(line for line in lines if line["type"] == "comment")
    first["sources"] = [{"source": "wordpress", "id": "77", "decided": True}]
    write(file, lines)
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    await load(elsewhere, site, file)
    found = await elsewhere.fetchrow(
        "select comment_id, decided from imported where source = 'wordpress' and source_id = '77'"
    )
    assert found is not None
    assert (str(found["comment_id"]), found["decided"]) == (first["id"], True)
    renamed = json.dumps(lines).replace(first["id"], str(uuid.uuid4()))
    write(file, json.loads(renamed))
    again = await load(elsewhere, site, file)
    assert (again.comments, again.already) == ({}, 15)


async def test_a_file_that_went_through_other_hands_does_no_harm(
    file: Path, elsewhere: Conn
) -> None:
    lines = lines_in(file)
    comments = [line for line in lines if line["type"] == "comment"]
    comments[0]["html"] += "<script>alert(1)</script>"
    comments[1]["body"] += "\0"
    lines.append({**comments[2], "body": "Another one of that id."})
    lines.append({**comments[3], "status": "adored"})
    lines.append({**next(line for line in lines if line["type"] == "decision"), "note": "twice"})
    write(file, lines, '{"type":"comment"}', "{")
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    report = await load(elsewhere, site, file)
    assert report.refused == {"no line of this format": 3}
    assert report.repaired == {
        "control characters dropped": 1,
        "HTML that no export has, sanitised": 1,
        "ids that another comment has, too": 1,
    }
    assert sum(report.comments.values()) == 16
    assert await elsewhere.fetchval("select count(*) from comment where html ~ 'alert'") == 0
    assert await elsewhere.fetchval("select count(*) from ledger where note = 'twice'") == 0


async def test_numbers_and_dates_beyond_all_bounds_cost_their_own_line(
    file: Path, elsewhere: Conn
) -> None:
    lines = lines_in(file)
    comments = [line for line in lines if line["type"] == "comment"]
    decision = next(line for line in lines if line["type"] == "decision")
    sanction = next(line for line in lines if line["type"] == "sanction")
    bad = [
        {**comments[0], "likes": 2**40},
        {**comments[0], "version": -1},
        {**comments[0], "edited_at": "9999-12-31T23:59:59-14:00"},
        {**comments[0], "created_at": "2026-01-01T00:00:00"},
        {**decision, "at": "0001-01-01T00:00:00+14:00"},
        {**sanction, "sanction": "flog"},
        {**lines[1], "key": "other", "slow_mode": -3},
        {**lines[1], "key": "other", "image_credit": "c" * 201},
    ]
    comments[0]["sources"] = [{"source": "No such", "id": "1", "decided": True}]
    strange = [
        {**lines[1], "key": "far", "url": "https://elsewhere.example/far", "urls": [], "keys": []},
        {**lines[1], "key": "odd", "url": f"{ORIGIN}/odd", "urls": [], "keys": ["a/../b", "<"]},
    ]
    write(file, [*lines, *bad, *strange])
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    report = await load(elsewhere, site, file)
    assert report.refused == {"no line of this format": len(bad), "articles of other sites": 1}
    assert (sum(report.comments.values()), report.articles) == (15, 3)


async def test_a_file_that_was_cut_says_so_and_the_rest_comes_later(
    file: Path, elsewhere: Conn
) -> None:
    lines = lines_in(file)
    fifth = [n for n, line in enumerate(lines) if line["type"] == "comment"][4]
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    write(file, lines[:fifth])
    cut = await load(elsewhere, site, file)
    assert (sum(cut.comments.values()), cut.refused) == (4, {UNREADABLE: 1})
    write(file, lines)
    rest = await load(elsewhere, site, file)
    assert (sum(rest.comments.values()), rest.already, rest.refused) == (11, 4, {})


async def test_an_article_that_can_t_have_all_its_keys_is_one_all_the_same(
    file: Path, elsewhere: Conn
) -> None:
    lines = lines_in(file)
    next(line for line in lines if line["type"] == "article")["keys"] = ["taken"]
    write(file, lines)
    site = await add_site(elsewhere, "moved", "The Courier", [ORIGIN])
    async with elsewhere.transaction():
        await put_article(elsewhere, site, "taken", PutArticle(f"{ORIGIN}/another", "Another"))
    report = await load(elsewhere, site, file)
    assert (report.refused, report.articles_made) == ({}, 2)
    keys = await elsewhere.fetch("select key from article order by key")
    assert [row["key"] for row in keys] == ["news.example~ferry", "quiet", "taken"]
