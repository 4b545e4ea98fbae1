"""A newspaper's page on an origin of its own, in a real Firefox.

Under the strictest policy that is documented, with styles that reach for everything, with hostile
text, by keyboard alone, and as axe-core sees it.
"""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from e2e.marionette import Firefox, executable, firefox
from e2e.test_page_hostile import MARKUP, STYLES, ZALGO
from e2e.visitors import Api, email, text
from live import LiveServer
from local_site import LocalSite
from readers.publisher import by_pyjwt

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="firefox-esr is not installed"),
]

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The evening ferry</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css"><main><h1>The evening ferry</h1></main></html>"""

# Every element, once somebody listens for what the policy forbids.
FILL = """
const [ours, site, key] = arguments_;
window.broken = [];
const note = (event) => broken.push(event.violatedDirective);
document.addEventListener('securitypolicyviolation', note);
const given = {
  'reader-count': {}, 'share-bar': { networks: 'reddit,mastodon' },
  'support-us': { href: `${ours}/donate`, headline: 'Keep us' }, 'article-alerts': {},
  'reader-comments': { load: 'eager', poll: '2' },
};
for (const [name, attributes] of Object.entries(given)) {
  const one = document.createElement(name);
  Object.assign(attributes, { site, article: key });
  for (const [k, v] of Object.entries(attributes)) one.setAttribute(k, v);
  document.querySelector('main').append(one);
}
const script = document.createElement('script');
script.type = 'module';
script.src = `${ours}/embed.js`;
document.head.append(script);
"""
ROOT = "document.querySelector('reader-comments').shadowRoot"
TAB, ENTER = "\ue004", "\ue007"


class Paper(LocalSite):
    """The newspaper's site; `style` is its stylesheet."""

    def __init__(self, live: LiveServer) -> None:
        self.live = live
        self.style = ""
        self.slug = f"paper-{uuid.uuid4().hex[:8]}"

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/style.css", self._style)
        router.add_get("/{key}", self._page)

    async def _style(self, _: web.Request) -> web.Response:
        return web.Response(text=self.style, content_type="text/css")

    async def _page(self, _: web.Request) -> web.Response:
        ours = self.live.url
        policy = (
            f"default-src 'none'; script-src {ours}; style-src 'self' {ours}; "
            f"connect-src {ours}; img-src {ours}"
        )
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=PAGE, content_type="text/html", headers=headers)


@pytest.fixture
async def paper(live_server: LiveServer) -> AsyncIterator[Paper]:
    async with Paper(live_server) as paper:
        live_server.command("sites", "add", paper.slug, "--name", "Paper", "--origin", paper.origin)
        yield paper


async def post(paper: Paper, api: Api, key: str, body: str, name: str = "Somebody Else") -> None:
    """A comment by somebody else, published whatever the machine thinks of it."""
    sent = {
        "name": name, "email": email(), "body": body,
        "article": {"url": f"{paper.origin}/{key}", "title": "The evening ferry"},
    }  # fmt: skip
    path = f"/v1/sites/{paper.slug}/articles/{key}/comments"
    answer = await api.client.post(path, json=sent)
    comment = answer.raise_for_status().json()["comment"]
    if comment["status"] != "published":
        await api.decide(comment, "publish")


async def until(browser: Firefox, true: str) -> Any:
    """Wait for it; what it is."""
    return await browser.run(
        f"""for (let tries = 0; tries < 400; tries++) {{
            const found = {true};
            if (found) return found;
            await new Promise((resolve) => setTimeout(resolve, 50));
        }}
        throw new Error({true!r} + {ROOT}?.textContent + JSON.stringify(window.broken));"""
    )


async def open_page(browser: Firefox, paper: Paper, key: str, shown: int) -> None:
    """The article with every element; so many comments are shown."""
    await browser.go(f"{paper.origin}/{key}")
    await browser.run(FILL, paper.live.url, paper.slug, key)
    await until(browser, f"{ROOT}?.querySelectorAll('article').length === {shown}")
    if not shown:
        await until(browser, f"{ROOT}?.querySelector('.empty')")


async def press(browser: Firefox, *keys: str) -> None:
    """Press keys, wherever the focus is."""
    actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
    await browser.command(
        "WebDriver:PerformActions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]}
    )


async def focused(browser: Firefox) -> str:
    """The name of what has the focus, through shadow roots."""
    name: str = await browser.run(
        """let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        return at.name ?? '';"""
    )
    return name


async def test_everything_works_on_another_origin_under_the_strict_policy(
    paper: Paper, api: Api, key: str, axe: str, tmp_path: Path
) -> None:
    await post(paper, api, key, text())
    async with firefox(tmp_path, {}) as browser:
        await open_page(browser, paper, key, 1)
        count = "document.querySelector('reader-count').shadowRoot?.textContent.includes('1 reply')"
        await until(browser, count)
        await until(browser, "document.querySelector('share-bar').shadowRoot?.querySelector('a')")
        support = "document.querySelector('support-us').shadowRoot?.textContent.includes('Keep us')"
        await until(browser, support)
        look = (
            "return axe.run(document).then(({ violations }) => violations.map((one) => "
            "`${one.id}: ${one.nodes[0].html}`));"
        )
        assert await browser.run(f"{axe};{look}") == []
        assert await browser.run("return window.broken") == []
        assert await browser.run("return document.cookie") == ""


async def test_by_keyboard_alone(paper: Paper, api: Api, key: str, tmp_path: Path) -> None:
    await post(paper, api, key, text())
    async with firefox(tmp_path, {}) as browser:
        await open_page(browser, paper, key, 1)
        for _ in range(40):
            if await focused(browser) == "body":
                break
            await press(browser, TAB)
        assert await focused(browser) == "body"
        body = text()
        await press(browser, *body)
        reached = []
        while not reached or reached[-1] != "email":
            await press(browser, TAB)
            reached.append(await focused(browser))
            if reached[-1] == "name":
                await press(browser, *"Fiona Fox")
            assert len(reached) < 10
        await press(browser, *email(), ENTER)
        texts = f"[...{ROOT}.querySelectorAll('.text')]"
        await until(browser, f"{texts}.some((one) => one.textContent.includes({body!r}))")
        # The focus is on what was written, and seen.
        await until(browser, f"{ROOT}.activeElement?.textContent.includes({body!r})")
        await press(browser, TAB)
        outline = await browser.run(f"return getComputedStyle({ROOT}.activeElement).outlineStyle")
        assert outline == "solid"


@pytest.mark.parametrize("style", STYLES)
async def test_a_page_s_styles_leave_the_thread_usable(
    paper: Paper, api: Api, key: str, style: str, tmp_path: Path
) -> None:
    await post(paper, api, key, text())
    paper.style = STYLES[style]
    async with firefox(tmp_path, {}) as browser:
        await open_page(browser, paper, key, 1)
        sizes = await browser.run(
            f"""const width = document.documentElement.clientWidth;
            return ['body', 'name', 'email'].map((name) => {{
                const box = {ROOT}.querySelector(`[name=${{name}}]`).getBoundingClientRect();
                return box.width >= 150 && box.x >= 0 && box.right <= width;
            }})"""
        )
        assert sizes == [True, True, True]
        looks = await browser.run(
            f"""const s = getComputedStyle({ROOT}.querySelector('article .text'));
            return [s.letterSpacing, s.textTransform, s.whiteSpace, s.textIndent]"""
        )
        assert looks == ["normal", "none", "normal", "0px"]


async def test_hostile_text_breaks_nothing(
    paper: Paper, api: Api, key: str, tmp_path: Path
) -> None:
    bodies = [MARKUP, "W" * 9_000, "\u202egnirts desrever", ZALGO, "> " * 30 + "deep"]
    names = ["<b>Mallory</b>", "W" * 80, "\u202eyllA", ZALGO[:79], "😀" * 40]
    for name, body in zip(names, bodies, strict=True):
        await post(paper, api, key, f"{text()}\n\n{body}", name)
    async with firefox(tmp_path, {}) as browser:
        await browser.command("WebDriver:SetWindowRect", {"width": 450, "height": 700})
        await open_page(browser, paper, key, len(bodies))
        assert (
            await browser.run(
                f"""const width = document.documentElement.clientWidth;
            return [...{ROOT}.querySelectorAll('.name, .text > *, .acts > *')]
                .filter((one) => one.getBoundingClientRect().right > width + 1).length"""
            )
            == 0
        )
        assert (
            await browser.run(f"return {ROOT}.querySelectorAll('.text :is(img, script), b').length")
            == 0
        )
        links = await browser.run(
            f"return [...{ROOT}.querySelectorAll('.text a')].map((a) => a.protocol)"
        )
        assert set(links) <= {"https:", "http:", "mailto:"}
        assert await browser.run("return window.broken") == []


MAIN = "form.form:not(.inline)"


async def field(browser: Firefox) -> Any:
    """The field of the form above the thread."""
    return await until(browser, f"{ROOT}?.querySelector('{MAIN} [name=body]')")


async def has(browser: Firefox, written: str) -> None:
    """Wait until that is what the field has."""
    value = f"{ROOT}?.querySelector('{MAIN} [name=body]')?.value"
    await until(browser, f"{value} === {json.dumps(written)}")


async def fill(browser: Firefox, body: str) -> None:
    """Write a comment, and who writes it."""
    for name, written in (("body", body), ("name", "Fiona Fox"), ("email", email())):
        node = await until(browser, f"{ROOT}?.querySelector('{MAIN} [name={name}]')")
        await browser.type(node, written)


async def send(browser: Firefox) -> None:
    """Press the button."""
    await browser.click(await until(browser, f"{ROOT}?.querySelector('{MAIN} [type=submit]')"))


async def shows(browser: Firefox, body: str) -> None:
    """Wait until a comment is shown."""
    texts = f"[...{ROOT}?.querySelectorAll('.text') ?? []]"
    await until(browser, f"{texts}.some((one) => one.textContent.includes({json.dumps(body)}))")


async def test_two_tabs_have_one_draft(paper: Paper, key: str, tmp_path: Path) -> None:
    async with firefox(tmp_path, {}) as browser:
        await open_page(browser, paper, key, 0)
        body = text()
        await fill(browser, body)
        first = (await browser.command("WebDriver:GetWindowHandle", {}))["value"]
        second = (await browser.command("WebDriver:NewWindow", {"type": "tab"}))["handle"]
        await browser.command("WebDriver:SwitchToWindow", {"handle": second})
        await open_page(browser, paper, key, 0)
        await has(browser, body)
        await browser.command("WebDriver:SwitchToWindow", {"handle": first})
        await send(browser)
        await shows(browser, body)
        await browser.command("WebDriver:SwitchToWindow", {"handle": second})
        await has(browser, "")
        # What has come is offered, in place of the words that nothing has.
        news = await until(browser, f"{ROOT}?.querySelector('[name=new]')")
        assert not await browser.run(
            f"return {ROOT}.querySelector('.empty').checkVisibility({{visibilityProperty: true}})"
        )
        await browser.click(news)
        await shows(browser, body)


# Every connection is refused, also to this machine.
CUT_OFF = """
const [off] = arguments_;
Services.prefs.setBoolPref('network.proxy.allow_hijacking_localhost', off);
Services.prefs.setStringPref('network.proxy.http', '127.0.0.1');
Services.prefs.setIntPref('network.proxy.http_port', 9);
Services.prefs.setIntPref('network.proxy.type', off ? 1 : 0);
"""


async def test_what_is_written_without_a_connection_is_kept_and_sent_later(
    paper: Paper, key: str, tmp_path: Path
) -> None:
    async with firefox(tmp_path, {}) as browser:
        await open_page(browser, paper, key, 0)
        body = text()
        await fill(browser, body)
        await until(browser, f"{ROOT}.querySelector('{MAIN} [name=preview]')")  # all is loaded
        await browser.run(CUT_OFF, True, context="chrome")  # noqa: FBT003 (JSON)
        await send(browser)
        alert = f"{ROOT}.querySelector('{MAIN} [role=alert]')"
        await until(browser, f"{alert}?.textContent.includes('reach the server')")
        await has(browser, body)
        await browser.run(CUT_OFF, False, context="chrome")  # noqa: FBT003 (JSON)
        await send(browser)
        await shows(browser, body)
        await has(browser, "")


async def test_the_page_s_language_from_right_to_left(
    paper: Paper, api: Api, key: str, tmp_path: Path
) -> None:
    await post(paper, api, key, text())
    async with firefox(tmp_path, {}) as browser:
        await open_page(browser, paper, key, 1)
        await browser.run("document.documentElement.lang = 'ar'")
        await until(browser, f"{ROOT}.querySelector('.root[dir=rtl][lang=ar] article')")
        assert "رد" in await browser.run(f"return {ROOT}.textContent")


async def test_a_publisher_s_reader_signs_in(
    live_server: LiveServer, paper: Paper, key: str, tmp_path: Path
) -> None:
    secret = live_server.command("sites", "sign-in", paper.slug, "--new-secret")
    async with firefox(tmp_path, {}) as browser:
        await open_page(browser, paper, key, 0)
        token = by_pyjwt(secret, badge="Subscriber")
        await browser.run("rejoinder.signIn(arguments_[0])", token)
        await until(browser, f"{ROOT}.querySelector('.as')?.textContent.includes('Ana Kovač')")
        body = text()
        await browser.type(await field(browser), body)
        await send(browser)
        await shows(browser, body)
        badge = await browser.run(f"return {ROOT}.querySelector('article .badge').textContent")
        assert badge == "Subscriber"
