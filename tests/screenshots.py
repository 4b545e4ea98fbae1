"""Pictures for the README, of the demo with invented comments: `make screenshots`."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
from e2e.conftest import ARGUMENTS, CHROMIUM
from live import free_port, wait_until_ready
from playwright.async_api import Browser, Page, async_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "images"
ARTICLE = "harbour-ferry"
LARGEST = 200_000  # bytes

QUOTE = """> I accept that the gazette is not what people read on the boat.

That sentence should be framed and hung in the waiting room."""
# Who wrote it, the text, and whom it answers (by its place in this list).
COMMENTS: list[tuple[str, str, int | None]] = [
    ("Odile Marchetti", "Has anybody asked the hospital? **Two shifts** end after nine.", None),
    ("Henrik Aasen", "They were asked in 2019, and said what they say now.", 0),
    ("Odile Marchetti", "Then it should be in the report, and it is not.", 1),
    ("Bea Kowalczyk", QUOTE, None),
    ("Samir Haddad", "I run the kiosk on the east landing. The 18:40 is half of my day.", None),
]
HELD: list[tuple[str, str, int | None]] = [
    ("Anonymous", "You are all idiots, shut your stupid mouths.", None),
    ("Lou", "The chairman is a liar and a disgusting parasite.", None),
    (
        "R. Vos",
        "Cheap car hire near the bridge: https://hire.example/now https://hire.example/2",
        None,
    ),
]


@contextlib.contextmanager
def demo() -> Iterator[tuple[str, str]]:
    """A demo of its own: its address, and a link that signs in at its desk."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="rejoinder-screenshots-") as name:
        log = Path(name) / "log"
        env = {**os.environ, "REJOINDER_DATA": f"{name}/data", "REJOINDER_RATE_LIMITS": "off"}
        env.pop("DATABASE_URL", None)
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "demo", "--port", str(port)],
                env=env, stdout=output, stderr=output,
            )  # fmt: skip
        try:
            wait_until_ready(url, process, log)
            link = next(word for word in log.read_text().split() if "/desk/#" in word)
            yield url, link
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


async def write_comments(url: str) -> None:
    """Invented readers answer the invented article."""
    path = f"{url}/v1/sites/default/articles/{ARTICLE}/comments"
    ids: list[str] = []
    async with httpx.AsyncClient() as client:
        for n, (name, body, answers) in enumerate([*COMMENTS, *HELD]):
            sent = {"name": name, "email": f"reader{n}@readers.example", "body": body}
            if answers is not None:
                sent["parent_id"] = ids[answers]
            posted = (await client.post(path, json=sent)).raise_for_status().json()
            ids.append(posted["comment"]["id"])
        for n, likes in ((0, 23), (3, 41), (4, 9)):
            for reader in range(likes):
                await client.put(
                    f"{url}/v1/sites/default/comments/{ids[n]}/like",
                    headers={"X-Reader": str(reader)},
                )
    await asyncio.sleep(1.5)  # likes make a new version of a thread once a second


async def take(page: Page, name: str) -> None:
    """Write one picture; raises where it is too large for a README."""
    await page.evaluate("document.fonts.ready")
    await page.wait_for_timeout(500)
    path = FOLDER / f"{name}.png"
    await page.screenshot(path=path, animations="disabled")
    if path.stat().st_size > LARGEST:
        raise ValueError(f"{path} has {path.stat().st_size} bytes")
    sys.stdout.write(f"{path.name}: {path.stat().st_size // 1024} KB\n")


async def article(browser: Browser, url: str, name: str, width: int, scheme: str, top: str) -> None:
    """The thread below the article, as a reader comes to it."""
    page = await browser.new_page(
        viewport={"width": width, "height": 820},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    await page.goto(f"{url}/demo/")
    await page.locator("article-alerts [name=decline]").click()
    thread = page.locator("reader-comments")
    await thread.scroll_into_view_if_needed()
    await thread.locator("[name=top]").click()
    await thread.locator(".list > article").first.wait_for()
    await thread.locator(top).evaluate("(node) => node.scrollIntoView()")
    await page.evaluate("scrollBy(0, -20)")
    await page.mouse.move(0, 0)
    await take(page, name)
    await page.close()


async def desk(browser: Browser, link: str) -> None:
    """The queue with what is held."""
    page = await browser.new_page(viewport={"width": 1280, "height": 760})
    await page.goto(link)
    await page.locator(".card").first.wait_for()
    await take(page, "desk")
    await page.close()


async def main() -> None:
    """All pictures."""
    if CHROMIUM is None:
        raise SystemExit("Chromium is missing: make browsers")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demo() as (url, link):
        await write_comments(url)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            await article(browser, url, "article-light", 1000, "light", ".write")
            await article(browser, url, "article-dark", 1000, "dark", ".head")
            await article(browser, url, "article-mobile", 390, "light", ".head")
            await desk(browser, link)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
