"""The thread in a real Firefox: post, preview, reply, like, report, edit, link, live."""

from pathlib import Path
from typing import Any

import pytest
from e2e.marionette import Firefox, executable, firefox
from e2e.visitors import Api, email, text

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(executable() is None, reason="firefox-esr is not installed"),
]

# The page becomes that of another article, under its own address.
SWAP = """
const [origin, key] = arguments_;
document.querySelector('link[rel=canonical]').href = `${origin}/news/${key}`;
const host = document.createElement('reader-comments');
const given = { site: 'default', article: key, load: 'eager', poll: '2' };
for (const [name, value] of Object.entries(given)) host.setAttribute(name, value);
document.body.replaceChildren(host);
"""

FIND = """
const [selector, part, want] = arguments_;
for (let tries = 0; tries < 400; tries++) {
  const root = document.querySelector('reader-comments')?.shadowRoot;
  const found = [...(root?.querySelectorAll(selector) ?? [])].find(
    (node) => node.textContent.includes(part) && node.checkVisibility());
  if (Boolean(found) === want) return found ?? true;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
throw new Error(`${selector} with "${part}" (${want}): `
  + document.querySelector('reader-comments')?.shadowRoot?.textContent);
"""


class Page:
    """What a reader does in the thread."""

    def __init__(self, browser: Firefox) -> None:
        self.browser = browser

    async def find(self, selector: str, part: str = "") -> Any:
        """The first that is seen and has this text, once there is one."""
        return await self.browser.run(FIND, selector, part, True)  # noqa: FBT003 (JSON)

    async def gone(self, selector: str, part: str = "") -> None:
        """Wait until there is none."""
        await self.browser.run(FIND, selector, part, False)  # noqa: FBT003 (JSON)

    async def click(self, selector: str, part: str = "") -> None:
        """Click on it with the mouse."""
        await self.browser.click(await self.find(selector, part))

    async def type(self, selector: str, written: str) -> None:
        """Type into it."""
        await self.browser.type(await self.find(selector), written)


async def open_thread(browser: Firefox, api: Api, key: str) -> Page:
    await browser.go(f"{api.server.url}/demo/")
    await browser.run(SWAP, api.server.url, key)
    return Page(browser)


MAIN = "form.form:not(.inline)"
INLINE = "form.inline"


async def test_reading_and_writing(api: Api, key: str, tmp_path: Path) -> None:
    async with firefox(tmp_path, {}) as browser:
        page = await open_thread(browser, api, key)
        await page.find(".empty", "Be the first to reply")
        body = text()
        await page.type(f"{MAIN} [name=body]", f"**{body}**")
        await page.click(f"{MAIN} [name=preview]")
        await page.find(f"{MAIN} .preview strong", body)
        await page.type(f"{MAIN} [name=name]", "Fiona Fox")
        await page.type(f"{MAIN} [name=email]", email())
        await page.click(f"{MAIN} [type=submit]")
        await page.find("article .text strong", body)
        # A reply in place, by the same reader.
        await page.click("article [name=reply]")
        answer = text()
        await page.type(f"{INLINE} [name=body]", answer)
        await page.click(f"{INLINE} [type=submit]")
        await page.find(".replies article .text", answer)
        assert (await api.thread(key))["count"] == 2
        # An edit, and a removal.
        after = text()
        await page.click(".replies article [name=edit]")
        await browser.run(
            """document.querySelector('reader-comments').shadowRoot
                .querySelector('form.inline [name=body]').select()"""
        )
        await page.type(f"{INLINE} [name=body]", after)
        await page.click(f"{INLINE} [type=submit]", "Save")
        await page.find(".replies article .text", after)
        await page.find(".replies article .edited")
        await page.click(".replies article [name=remove]")
        await page.click("[name=remove-yes]")
        await page.gone(".replies article")
        assert (await api.thread(key))["count"] == 1
        # What was written outlives the page.
        await page.type(f"{MAIN} [name=body]", "half a thought")
        page = await open_thread(browser, api, key)
        await page.find("article .badge.you")
        kept = await browser.run(
            "return document.querySelector('reader-comments').shadowRoot"
            ".querySelector('[name=body]').value"
        )
        assert kept == "half a thought"


async def test_what_others_wrote(api: Api, key: str, tmp_path: Path) -> None:
    bodies = [text() for _ in range(24)]
    comments = [await api.post(key, body) for body in bodies]
    async with firefox(tmp_path, {}) as browser:
        page = await open_thread(browser, api, key)
        await page.find("article .text", bodies[-1])
        await page.click("article [name=like]")
        await page.find("article [name=like][aria-pressed=true]", "1")
        await browser.run(
            "document.querySelector('reader-comments').shadowRoot"
            ".querySelector('[name=report]').focus()"
        )
        await page.click("[name=report]")
        await page.click("dialog label", "spam")
        await page.click("dialog [type=submit]")
        await page.find("article .done", "Reported")
        found = await api.moderation("GET", f"comments/{comments[-1]['id']}")
        assert [note["reason"] for note in found["report_notes"]] == ["spam"]
        # A link to one that isn't on this page.
        await browser.run(f"location.hash = 'comment-{comments[0]['id']}'")
        await page.find("article.lit .text", bodies[0])
        # Live, and nothing that is read moves: Firefox anchors in its own way.
        place = """
            const node = document.querySelector('reader-comments').shadowRoot
                .querySelector(`[id="comment-${arguments_[0]}"]`);
            if (arguments_[1]) node.scrollIntoView({ block: 'center', behavior: 'instant' });
            await new Promise((done) => setTimeout(done, 400));
            return node.getBoundingClientRect().top;
        """
        read = comments[10]["id"]
        before = await browser.run(place, read, True)  # noqa: FBT003 (JSON)
        news = [text(), text()]
        for body in news:
            await api.post(key, body)
        await page.click(".news button", "2 new replies")
        for body in news:
            await page.find("article.fresh .text", body)
        now = await browser.run(place, read, False)  # noqa: FBT003 (JSON)
        assert abs(now - before) <= 1
        await page.click(".news button", "Go to")
        await page.find("article.lit .text", news[0])
