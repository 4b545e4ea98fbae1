"""The page's language: followed, whole, mirrored for Arabic, and English where it is lost."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from e2e.visitors import Api, MakeVisitor, Visitor, comment_of, email, fill_trap, main_form, text
from e2e.visitors import write as write_form
from live import LiveServer
from playwright.async_api import Page, Route, expect

from service.web.words import FOLDER

pytestmark = pytest.mark.browser

ENGLISH = json.loads((FOLDER / "en.json").read_text())

# The form's heading, and 1, 2, 5 and 21 comments.
SAID = {
    "en": ["Leave a reply", "1 reply", "2 replies", "5 replies", "21 replies"],
    "uk": ["Залишити коментар", "1 коментар", "2 коментарі", "5 коментарів", "21 коментар"],
    "ru": ["Оставить комментарий", "1 комментарий", "2 комментария", "5 комментариев",
           "21 комментарий"],
    "de": ["Kommentar schreiben", "1 Kommentar", "2 Kommentare", "5 Kommentare", "21 Kommentare"],
    "fr": ["Laisser un commentaire", "1 commentaire", "2 commentaires", "5 commentaires",
           "21 commentaires"],
    "es": ["Dejar un comentario", "1 comentario", "2 comentarios", "5 comentarios",
           "21 comentarios"],
    "pl": ["Dodaj komentarz", "1 komentarz", "2 komentarze", "5 komentarzy", "21 komentarzy"],
    "ar": ["إضافة تعليق", "تعليق واحد", "تعليقان", "5 تعليقات", "21 تعليقًا"],
}  # fmt: skip
COUNTS = (1, 2, 5, 21)

# Everything that a reader sees or is read in an element, with what stands in attributes.
SEEN = """
element => {
  const root = element.shadowRoot, texts = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) texts.push(walk.currentNode.data);
  for (const node of root.querySelectorAll('[aria-label], [title]')) {
    texts.push(node.getAttribute('aria-label') ?? '', node.getAttribute('title') ?? '');
  }
  return texts.map((one) => one.trim()).filter(Boolean);
}
"""


def texts(messages: Any) -> set[str]:
    """All messages of a catalogue."""
    if isinstance(messages, str):
        return {messages}
    return {text for value in messages.values() for text in texts(value)}


async def seen(page: Page) -> list[str]:
    """All texts of the comments element."""
    found: list[str] = await page.locator("reader-comments").evaluate(SEEN)
    return found


@pytest.fixture(scope="module")
async def counted(live_server: LiveServer) -> dict[int, str]:
    """Keys of articles that have so many comments."""
    keys = {n: f"e2e-counted-{n}" for n in COUNTS}
    async with httpx.AsyncClient(base_url=live_server.url) as client:
        api = Api(client, live_server)
        for n, key in keys.items():
            for _ in range(n):
                comment = await api.post(key, text())
                if comment["status"] == "held":  # as few random texts are
                    await api.decide(comment, "publish")
    return keys


@pytest.mark.parametrize("lang", SAID)
async def test_a_page_in_each_language(
    visitor: Visitor, counted: dict[int, str], lang: str
) -> None:
    title, *counts = SAID[lang]
    elements = [f'<reader-count article="{key}"></reader-count>' for key in counted.values()]
    page = await visitor.article(counted[21], *elements, page_lang=lang)
    for at, said in enumerate(counts):
        await expect(page.locator("reader-count").nth(at)).to_have_text(said)
    await expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    await expect(page.get_by_role("heading", name=counts[-1], exact=True)).to_be_visible()
    root = page.locator("reader-comments .root")
    await expect(root).to_have_attribute("lang", lang)
    await expect(root).to_have_attribute("dir", "rtl" if lang == "ar" else "ltr")
    # The browser knows the same plural forms as the catalogues' test.
    categories = await page.evaluate(
        "lang => new Intl.PluralRules(lang).resolvedOptions().pluralCategories", lang
    )
    catalogue = json.loads((FOLDER / f"{lang}.json").read_text())
    assert set(categories) == set(catalogue["count"]["count"])


@pytest.mark.parametrize("lang", [lang for lang in SAID if lang != "en"])
async def test_nothing_stays_english(visitor: Visitor, api: Api, key: str, lang: str) -> None:
    theirs = text()
    await api.post(key, theirs)
    page = await visitor.article(key, page_lang=lang)
    await comment_of(page, theirs).locator("[name=reply]").click()
    await page.locator("form.inline [name=cancel]").click()
    await fill_trap(page)
    mine = text()
    await write_form(page, mine)
    await expect(comment_of(page, mine).locator(".notice")).to_be_visible()
    await comment_of(page, mine).locator("[name=remove]").click()
    await comment_of(page, theirs).locator("[name=reply]").click()
    await comment_of(page, theirs).locator("[name=report]").click()
    await expect(page.locator("reader-comments dialog")).to_be_visible()
    catalogue = json.loads((FOLDER / f"{lang}.json").read_text())
    english = texts(ENGLISH) - texts(catalogue)
    shown = await seen(page)
    assert len(shown) > 40
    assert [one for one in shown if one in english] == []


@pytest.mark.parametrize(
    ("page_lang", "own", "lang", "title"),
    [
        ("de-AT", None, "de", "Kommentar schreiben"),
        ("de_DE", None, "de", "Kommentar schreiben"),
        ("en", "pl", "pl", "Dodaj komentarz"),
        ("uk-UA", "", "en", "Leave a reply"),
        ("pt-BR", None, "en", "Leave a reply"),
        ("not a language!", None, "en", "Leave a reply"),
    ],
)
async def test_whose_language_counts(
    visitor: Visitor, key: str, page_lang: str, own: str | None, lang: str, title: str
) -> None:
    page = await visitor.article(key, page_lang=page_lang, **({} if own is None else {"lang": own}))
    await expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    await expect(page.locator("reader-comments .root")).to_have_attribute("lang", lang)


async def test_a_region_writes_its_own_dates(visitor: Visitor, api: Api, key: str) -> None:
    await api.post(key, text())
    titles = []
    for page_lang in ("en-US", "en-GB"):
        page = await visitor.article(key, page_lang=page_lang)
        titles.append(await page.locator("reader-comments time").get_attribute("title"))
    assert titles[0] != titles[1]
    assert "M" in str(titles[0])[-2:]


@pytest.mark.parametrize(
    ("lang", "said"), [("ar-EG", "\u0665 تعليقات"), ("ar-EG-u-nu-latn", "5 تعليقات")]
)
async def test_a_region_writes_its_own_digits(
    visitor: Visitor, counted: dict[int, str], lang: str, said: str
) -> None:
    page = await visitor.article(counted[5], page_lang=lang)
    await expect(page.get_by_role("heading", name=said, exact=True)).to_be_visible()


async def test_the_language_is_found_through_a_shadow_root(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key, '<div id="box" lang="fr"></div>')
    await expect(page.get_by_role("heading", name="Leave a reply")).to_be_visible()
    await page.evaluate(
        """key => {
          const root = document.querySelector('#box').attachShadow({ mode: 'open' });
          const inside = document.createElement('reader-count');
          inside.setAttribute('article', key);
          root.append(inside);
        }""",
        key,
    )
    await expect(page.locator("#box reader-count")).to_have_text("Laisser un commentaire")


async def test_a_page_that_changes_its_language_takes_the_draft_along(
    visitor: Visitor, key: str
) -> None:
    page = await visitor.article(key)
    await main_form(page).locator("[name=body]").fill("Half a thought")
    for change, title in {
        "document.documentElement.lang = 'de'": "Kommentar schreiben",
        "document.querySelector('main').lang = 'es'": "Dejar un comentario",
        "document.querySelector('reader-comments').lang = 'uk'": "Залишити коментар",
        "document.querySelector('reader-comments').removeAttribute('lang')": "Dejar un comentario",
    }.items():
        await page.evaluate(change)
        await expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
        await expect(main_form(page).locator("[name=body]")).to_have_value("Half a thought")


async def test_arabic_is_mirrored_and_fits(visitors: MakeVisitor, api: Api, key: str) -> None:
    visitor = await visitors(viewport={"width": 320, "height": 800})
    parent = await api.post(key, "هل سيصل القطار في موعده غدًا؟")
    body = text()
    await api.post(key, body, parent_id=parent["id"])
    bar = '<share-bar article="a"></share-bar>'
    support = '<support-us article="a" href="https://example.org/donate"></support-us>'
    page = await visitor.article(key, bar, support, page_lang="ar")
    reply = comment_of(page, body)
    await expect(reply).to_be_visible()
    await page.locator("reader-comments [name=reply]").last.click()
    await main_form(page).locator("[type=submit]").click()
    await expect(main_form(page).locator(".error:visible")).to_have_count(3)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    outer = await page.locator("reader-comments .list > article").bounding_box()
    inner = await reply.bounding_box()
    name = await reply.locator(":scope > .main .name").bounding_box()
    assert outer
    assert inner
    assert name
    # The reply is set in from the right, where reading begins, and its name stands there.
    right = outer["x"] + outer["width"]
    assert inner["x"] == outer["x"]
    assert inner["x"] + inner["width"] == right
    assert 5 < right - (name["x"] + name["width"]) < 40
    # A text in another language runs its own way; an empty field runs as the page does.
    direction = "node => getComputedStyle(node).direction"
    assert await reply.locator(":scope > .main > .text").evaluate(direction) == "ltr"
    field = main_form(page).locator("[name=body]")
    assert await field.evaluate(direction) == "rtl"
    await field.fill("English")
    assert await field.evaluate(direction) == "ltr"
    await field.fill("عربي")
    assert await field.evaluate(direction) == "rtl"


async def test_what_is_wrong_is_said_in_the_language(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key, page_lang="de")
    form = main_form(page)
    await form.locator("[type=submit]").click()
    await expect(form.locator("[name=body]")).to_have_accessible_description(
        "Bitte schreiben Sie Ihren Kommentar."
    )
    # What only the server finds: a name that nobody sees, and an address that is none.
    await form.locator("[name=body]").fill(text())
    await form.locator("[name=name]").fill("\u200b\u200b")
    await form.locator("[name=email]").fill(email())
    await form.locator("[name=website]").fill("kein Ort")
    await form.locator("[type=submit]").click()
    await expect(form.locator("[name=name]")).to_have_accessible_description(
        "Bitte geben Sie Ihren Namen an."
    )
    await expect(form.get_by_role("alert")).to_have_text(
        "Ihr Kommentar ist noch nicht abgeschickt. Bitte sehen Sie sich die markierten Felder an."
    )


async def test_a_thread_that_closes_meanwhile_says_so_in_the_language(
    visitor: Visitor, api: Api, key: str
) -> None:
    await api.post(key, text())
    page = await visitor.article(key, page_lang="pl")
    await expect(page.get_by_role("heading", name="1 komentarz")).to_be_visible()
    closed = await api.client.put(
        f"/v1/sites/default/articles/{key}",
        json={"url": f"{api.server.url}/news/{key}", "title": "A", "open": False},
        headers={"Authorization": f"Bearer {api.server.publisher_key}"},
    )
    assert closed.status_code in {200, 201}, closed.text
    body = text()
    await write_form(page, body)
    alert = main_form(page).get_by_role("alert")
    await expect(alert).to_have_text("Komentowanie tego artykułu jest zamknięte.")
    await expect(main_form(page).locator("[name=body]")).to_have_value(body)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "через 1 секунду"), (4, "через 4 секунди"), (300, "приблизно через 5 хвилин")],
)
async def test_a_wait_is_said_in_the_language(
    visitor: Visitor, key: str, seconds: int, said: str
) -> None:
    page = await visitor.article(key, page_lang="uk")

    async def refuse(route: Route) -> None:
        if route.request.method == "POST":
            headers = {"Retry-After": str(seconds)}
            return await route.fulfill(status=429, body="Slow down", headers=headers)
        return await route.continue_()

    await page.route("**/comments", refuse)
    await write_form(page, text())
    await expect(main_form(page).get_by_role("alert")).to_contain_text(said)


async def test_a_reader_under_a_sanction_is_told_in_the_language(
    visitor: Visitor, api: Api, key: str
) -> None:
    address = email()
    first = await api.post(key, text(), email=address)
    reader = (await api.moderation("GET", f"comments/{first['id']}"))["reader"]["id"]
    sanction = {"kind": "hold", "reason": "Zu grob", "until": "2190-05-01T12:00:00Z"}
    await api.moderation("POST", f"readers/{reader}/sanctions", sanction)
    page = await visitor.article(key, page_lang="de")
    form = main_form(page)
    body = text()
    await form.locator("[name=body]").fill(body)
    await form.locator("[name=name]").fill("Ada Reader")
    await form.locator("[name=email]").fill(address)
    await form.locator("[type=submit]").click()
    notice = comment_of(page, body).locator(".notice")
    await expect(notice).to_contain_text("Bis zum 1. Mai 2190")
    await expect(notice).to_contain_text("Grund: Zu grob.")
    await page.reload()
    await expect(notice).to_contain_text("Grund: Zu grob.")
    await api.moderation("POST", f"readers/{reader}/sanctions", {**sanction, "kind": "ban"})
    await form.locator("[name=body]").fill(text())
    await form.locator("[name=email]").fill(address)
    await form.locator("[type=submit]").click()
    await expect(form.get_by_role("alert")).to_contain_text("nicht kommentieren. Grund: Zu grob.")


async def lose(route: Route) -> None:
    await route.abort()


async def garble(route: Route) -> None:
    await route.fulfill(body="<html>A proxy's own page</html>", content_type="text/html")


async def refuse(route: Route) -> None:
    await route.fulfill(status=503, json={"title": "Away"})


@pytest.mark.parametrize("how", [lose, garble, refuse])
async def test_a_lost_catalogue_leaves_english(visitor: Visitor, key: str, how: Any) -> None:
    await visitor.context.route("**/words/de/*", how)
    page = await visitor.article(key, page_lang="de")
    await expect(page.get_by_role("heading", name="Leave a reply")).to_be_visible()
    await expect(page.locator("reader-comments .root")).to_have_attribute("lang", "en")


async def test_a_catalogue_lost_once_is_asked_for_again(visitor: Visitor, key: str) -> None:
    await visitor.context.route("**/words/de/*", lose, times=1)
    page = await visitor.article(key, page_lang="de")
    await expect(page.get_by_role("heading", name="Kommentar schreiben")).to_be_visible()


async def test_what_comes_later_may_be_lost_too(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key, page_lang="pl")
    await expect(page.get_by_role("heading", name="Dodaj komentarz")).to_be_visible()
    await visitor.context.route("**/words/pl/*", lose)
    form = main_form(page)
    await form.locator("[type=submit]").click()
    await expect(form.locator(".error", has_text="Please write your reply.")).to_be_visible()
    await visitor.context.unroute("**/words/pl/*")
    again = await visitor.article(key, page_lang="pl")
    await expect(again.get_by_role("heading", name="Dodaj komentarz")).to_be_visible()
    await visitor.context.route("**/words/**", lose)
    form = main_form(again)
    await form.locator("[name=body]").fill("Half a thought")
    await form.locator("[type=submit]").click()
    await expect(form.get_by_role("alert")).to_contain_text("Nie ma połączenia z\u00a0serwerem")
    await visitor.context.unroute("**/words/**")
    await form.locator("[type=submit]").click()
    await expect(form.locator(".error", has_text="Podaj imię.")).to_be_visible()
    await expect(form.locator("[name=body]")).to_have_value("Half a thought")


async def test_without_any_words_the_link_stays(visitor: Visitor, key: str) -> None:
    await visitor.context.route("**/words/**", lose)
    page = await visitor.article(key, page_lang="de")
    async with page.expect_console_message(lambda message: "could not start" in message.text):
        pass
    link = page.get_by_role("link", name="Replies")
    await expect(link).to_be_visible()
    assert await link.get_attribute("href") == f"/sites/default/articles/{quote(key)}"


async def test_words_come_beside_the_styles(visitor: Visitor, key: str) -> None:
    page = await visitor.article(key, page_lang="de")
    await expect(page.get_by_role("heading", name="Kommentar schreiben")).to_be_visible()
    timing: dict[str, Any] = await page.evaluate(
        """() => Object.fromEntries(performance.getEntriesByType('resource')
          .filter(({ name }) => /words\\/|comments\\.css/.test(name))
          .map((one) => [one.name.split('/').at(-1), [one.startTime, one.responseEnd]]))"""
    )
    assert set(timing) == {"comments.css", "comments+count+times.json"}
    assert timing["comments+count+times.json"][0] < timing["comments.css"][1]
    assert timing["comments.css"][0] < timing["comments+count+times.json"][1]
