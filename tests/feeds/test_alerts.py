"""What becomes an article, what an alert, and what must not flood anybody."""

import httpx
from feeds.newsagent import Page
from feeds.papers import Item, ghost, json_feed, news_sitemap, wordpress
from feeds.reader import Reader
from thread import new, thread

KEY = "news.example~a"


async def begin(reader: Reader, page: Page, *items: Item) -> None:
    page.says(wordpress(*(items or [Item("old", 60)])))
    await reader.add(page.url)
    await reader.poll()


async def test_the_first_poll_makes_articles_and_alerts_nobody(reader: Reader, page: Page) -> None:
    page.says(wordpress(Item("a", 1), Item("b", 2)))
    added = await reader.add(page.url)
    assert (added["last_poll_at"], added["entries"], added["alert"]) == (None, 0, True)
    feed = await reader.poll()
    assert (feed["format"], feed["title"], feed["entries"]) == ("rss", "The Courier & Post", 2)
    assert (feed["last_status"], feed["last_error"], feed["failures"]) == (200, None, 0)
    article = (await reader.articles())[KEY]
    assert article["url"] == "https://news.example/a/"
    assert (article["title"], article["summary"]) == ("About a", "It was closed. Since Tuesday.")
    assert article["image"] == "https://news.example/a.jpg"
    assert article["tags"] == ["World", "Bridges & Roads"]
    assert article["published_at"]
    assert article["verified"]
    assert await reader.alerts() == []


async def test_a_new_entry_is_alerted_once(reader: Reader, page: Page) -> None:
    await begin(reader, page)
    page.says(wordpress(Item("a", 1), Item("old", 60)))
    for _ in range(3):
        await reader.poll()
        page.says(page.body + b"\n")  # the same, and not the same bytes
    assert await reader.alerts() == ["About a"]


async def test_an_empty_feed_is_a_first_poll_too(reader: Reader, page: Page) -> None:
    page.says(wordpress())
    await reader.add(page.url)
    await reader.poll()
    page.says(wordpress(Item("a", 1)))
    await reader.poll()
    assert await reader.alerts() == ["About a"]


async def test_every_format_is_taken(reader: Reader, page: Page) -> None:
    for n, write in enumerate((ghost, json_feed, news_sitemap)):
        page.says(write(Item(f"old{n}", 60 - 10 * n)))
        await reader.add(page.url, status=200 if n else 201)
        await reader.poll()
        page.says(write(Item(f"a{n}", 50 - 10 * n)))
        feed = await reader.poll()
        assert feed["last_error"] is None
        assert feed["format"] == ("atom", "json", "sitemap")[n]
    assert (await reader.alerts())[-1] == "About a2"
    assert len(await reader.articles()) == 6


async def test_without_alert_there_is_none(reader: Reader, page: Page) -> None:
    await begin(reader, page)
    again = await reader.add(page.url, alert=False, status=200)
    assert again["alert"] is False
    page.says(wordpress(Item("a", 1)))
    await reader.poll()
    assert KEY in await reader.articles()
    assert await reader.alerts() == []


async def test_what_goes_backwards_in_time_alerts_nobody(reader: Reader, page: Page) -> None:
    await begin(reader, page, Item("old", 30))
    page.says(wordpress(Item("a", 31), Item("old", 30)))
    await reader.poll()
    assert KEY in await reader.articles()
    assert await reader.alerts() == []


async def test_what_is_old_alerts_nobody(reader: Reader, page: Page) -> None:
    await begin(reader, page, Item("old", 3000))
    page.says(wordpress(Item("a", 6 * 60 + 1), Item("b", 6 * 60 - 1), Item("old", 3000)))
    await reader.poll()
    assert await reader.alerts() == ["About b"]


async def test_what_is_yet_to_come_is_scheduled(reader: Reader, page: Page) -> None:
    await begin(reader, page)
    page.says(wordpress(Item("soon", -60), Item("ahead", -2), Item("mistaken", -60 * 24 * 30)))
    await reader.poll()
    rows = await reader.pool.fetch(
        "select title, send_at > now() + interval '30 minutes' as later from alert order by id"
    )
    assert {row["title"]: row["later"] for row in rows} == {
        "About ahead": False,
        "About soon": True,
    }
    # And it doesn't hide what comes until then.
    page.says(wordpress(Item("a", 0)))
    await reader.pool.execute("update feed set newest = now() - interval '1 minute'")
    await reader.poll()
    assert "About a" in await reader.alerts()


async def test_without_dates_the_first_sight_counts(reader: Reader, page: Page) -> None:
    await begin(reader, page, Item("old", None))
    page.says(wordpress(Item("a", None), Item("old", None)))
    await reader.poll()
    assert await reader.alerts() == ["About a"]


async def test_a_date_without_time_counts_as_none(reader: Reader, page: Page) -> None:
    page.says(news_sitemap(Item("old", 0), only_day=True))
    await reader.add(page.url)
    await reader.poll()
    page.says(news_sitemap(Item("a", 0), Item("old", 0), only_day=True))
    await reader.poll()
    assert await reader.alerts() == ["About a"]


async def test_a_few_at_once_are_three_alerts(reader: Reader, page: Page) -> None:
    await begin(reader, page)
    page.says(wordpress(*(Item(f"a{n}", n + 1) for n in range(7))))
    feed = await reader.poll()
    assert await reader.alerts() == ["About a2", "About a1", "About a0"]
    assert len(await reader.articles()) == 8
    assert feed["notice"].startswith("4 of 7 new entries became articles without an alert")
    assert feed["noticed_at"]
    page.says(wordpress(*(Item(f"a{n}", n + 1) for n in range(6))))
    await reader.poll()
    assert len(await reader.alerts()) == 3, "what was left out stays so"


async def test_ten_a_day_are_all(reader: Reader, page: Page) -> None:
    await begin(reader, page, Item("old", 30))
    for n in range(6):
        page.says(wordpress(*(Item(f"a{n}{m}", 20 - 3 * n - m) for m in range(3))))
        await reader.poll()
    assert len(await reader.alerts()) == 10
    await reader.later(25)
    page.says(wordpress(Item("b", 0)))
    await reader.poll()
    assert (await reader.alerts())[-1] == "About b"


async def test_a_hundred_at_once_alert_nobody(reader: Reader, page: Page) -> None:
    await begin(reader, page)
    page.says(wordpress(*(Item(f"a{n}", 1 + n / 10) for n in range(100))))
    feed = await reader.poll()
    assert await reader.alerts() == []
    assert len(await reader.articles()) == 101
    assert feed["notice"].startswith("100 new entries came at once")
    page.says(wordpress(Item("b", 0)))
    await reader.poll()
    assert await reader.alerts() == ["About b"]


async def test_after_a_long_silence_only_what_is_recent(reader: Reader, page: Page) -> None:
    await begin(reader, page, Item("old", 5000))
    page.answers(500)
    assert (await reader.poll())["failures"] == 1
    page.says(wordpress(Item("a", 5), *(Item(f"b{n}", 400 + n) for n in range(60))))
    assert (await reader.poll())["failures"] == 0
    assert await reader.alerts() == ["About a"]


async def test_another_guid_of_the_same_article_is_nothing_new(reader: Reader, page: Page) -> None:
    await begin(reader, page, Item("a", None), Item("b", 30))
    page.says(wordpress(Item("a", None, guid="x1"), Item("b", 1, guid="x2")))
    feed = await reader.poll()
    assert await reader.alerts() == []
    assert (feed["entries"], len(await reader.articles())) == (4, 2)


async def test_another_address_of_the_same_guid_is_the_same_article(
    reader: Reader, page: Page, client: httpx.AsyncClient
) -> None:
    await begin(reader, page, Item("a", 30, guid="g"))
    posted = await client.post(thread(KEY), json=new())
    assert posted.status_code == 201
    page.says(wordpress(Item("moved", 1, guid="g")))
    await reader.poll()
    assert await reader.alerts() == []
    (article,) = (await reader.articles()).values()
    assert (article["key"], article["url"]) == (KEY, "https://news.example/moved/")
    for key in (KEY, "news.example~moved"):
        assert (await client.get(thread(key))).json()["count"] == 1


async def test_a_guid_that_all_entries_have_joins_nothing(reader: Reader, page: Page) -> None:
    await begin(reader, page, Item("a", 30, guid="g"), Item("b", 31, guid="g"))
    page.says(wordpress(Item("c", 1, guid="g"), Item("a", 30, guid="g")))
    await reader.poll()
    assert await reader.alerts() == ["About c"]
    assert len(await reader.articles()) == 3


async def test_a_title_follows_until_somebody_else_changes_it(reader: Reader, page: Page) -> None:
    await begin(reader, page, Item("a", 30))
    page.says(wordpress(Item("a", 30, title="Corrected")))
    await reader.poll()
    assert (await reader.articles())[KEY]["title"] == "Corrected"
    put = {"url": "https://news.example/a/", "title": "By hand", "summary": "Ours"}
    answer = await reader.publisher.put(f"/v1/sites/default/articles/{KEY}", json=put)
    assert answer.status_code == 200
    page.says(wordpress(Item("a", 30, title="Corrected again")))
    await reader.poll()
    article = (await reader.articles())[KEY]
    assert (article["title"], article["summary"]) == ("By hand", "Ours")
    assert await reader.alerts() == []


async def test_a_credit_comes_with_the_picture_that_it_is_of(reader: Reader, page: Page) -> None:
    credit = "<media:credit>Ana Lima</media:credit>"
    there = "https://news.example"
    for slug, image in (("a", None), ("b", f"{there}/b.jpg"), ("c", f"{there}/own.jpg")):
        put = {"url": f"{there}/{slug}/", "title": slug, "image": image}
        answer = await reader.publisher.put(f"/v1/sites/default/articles/{slug}", json=put)
        assert answer.status_code == 201
    await begin(reader, page, *(Item(slug, 30, more=credit) for slug in "abcd"))
    found = {key: one["image_credit"] for key, one in (await reader.articles()).items()}
    assert found == {"a": "Ana Lima", "b": "Ana Lima", "c": None, "news.example~d": "Ana Lima"}


async def test_what_the_publisher_registered_is_only_filled(reader: Reader, page: Page) -> None:
    put = {"url": "https://www.news.example/a", "title": "By hand", "tags": ["Own"]}
    answer = await reader.publisher.put("/v1/sites/default/articles/18231", json=put)
    assert answer.status_code == 201
    await begin(reader, page)
    page.says(wordpress(Item("a", 1)))
    await reader.poll()
    article = (await reader.articles())["18231"]
    assert (article["title"], article["tags"]) == ("By hand", ["Own"])
    assert article["url"] == "https://www.news.example/a"
    assert article["summary"] == "It was closed. Since Tuesday."
    assert await reader.alerts() == ["By hand"]


async def test_a_reader_s_word_gives_way(
    reader: Reader, page: Page, client: httpx.AsyncClient
) -> None:
    body = {**new(), "article": {"url": "https://news.example/a/", "title": "Nonsense"}}
    assert (await client.post(thread(KEY), json=body)).status_code == 201
    await begin(reader, page)
    page.says(wordpress(Item("a", 1)))
    await reader.poll()
    assert (await reader.articles())[KEY]["title"] == "About a"
    assert await reader.alerts() == ["About a"]


async def test_what_is_none_of_the_site_s_is_refused(reader: Reader, page: Page) -> None:
    await begin(reader, page)
    page.says(wordpress(Item("a", 1, origin="https://evil.example"), Item("b", 2)))
    feed = await reader.poll()
    assert (feed["refused"], feed["refused_url"]) == (1, "https://evil.example/a/")
    assert await reader.alerts() == ["About b"]
    assert len(await reader.articles()) == 2
    assert feed["entries"] == 2
