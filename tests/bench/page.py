"""The comments in the article page: bytes, and what a long thread costs the reader's browser.

`python -m tests.bench.page` opens an article of 5,000 comments in Chromium and takes the time of
the page's main thread (`TaskDuration` of the DevTools protocol's Performance domain: scripts,
styles, layout, painting) for what a reader does. Floors of the same run: the same markup, read by
the browser as one document, or put in at the same place in one go. Every figure is the median of
the rounds.
"""

import asyncio
import gzip
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, CDPSession, Page, Response, Route, async_playwright
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from service.core import embedded
from service.core.migrating import migrate
from tests.e2e.long_thread import fill
from tests.live import LiveServer, run_live_server

COUNT = 5_000
PAGE = 200
ROUNDS = 7
SECRET = "a-secret-of-the-benchmark-alone-0123456789"
KEYS = 40
QUIET = 20  # seconds
ARGUMENTS = ["--no-sandbox", "--headless=new", "--disable-gpu", "--no-first-run"]

ROOT = "document.querySelector('reader-comments')?.shadowRoot"
LIST = f"{ROOT}?.querySelector('.list')"
SHOWN = f"{LIST}?.querySelectorAll(':scope > article').length"
MORE = f"{ROOT}?.querySelector('[name=more]')"
SETTLED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


class Opened:
    """An article's page, and the clock of its main thread."""

    def __init__(self, page: Page, clock: CDPSession) -> None:
        self.page = page
        self.clock = clock

    async def milliseconds(self) -> float:
        """What the main thread has worked since the page was opened."""
        await self.page.evaluate(SETTLED)
        metrics = (await self.clock.send("Performance.getMetrics"))["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "TaskDuration") * 1_000

    async def cost(self, act: Callable[[], Awaitable[object]]) -> float:
        """Milliseconds of the main thread until what an act leads to is on the screen."""
        before = await self.milliseconds()
        await act()
        return await self.milliseconds() - before

    async def until(self, true: str) -> None:
        """Wait for it without asking all the time: that would be measured, too."""
        while not await self.page.evaluate(true):
            await self.page.wait_for_timeout(250)

    async def more(self) -> None:
        """Press *Load more*, and have it."""
        shown = await self.page.evaluate(SHOWN)
        await self.page.evaluate(f"{MORE}.click()")
        await self.until(f"{SHOWN} > {shown}")


@asynccontextmanager
async def opened(browser: Browser, html: str, url: str) -> AsyncIterator[Opened]:
    """A page of its own profile; what it is made of comes from nowhere but here and the server."""

    async def answer(route: Route) -> None:
        await route.fulfill(body=html, content_type="text/html")

    context = await browser.new_context(viewport={"width": 1000, "height": 900})
    page = await context.new_page()
    page.set_default_timeout(120_000)
    await page.route(url, answer)
    clock = await context.new_cdp_session(page)
    await clock.send("Performance.enable")
    await page.goto(url)
    yield Opened(page, clock)
    await context.close()


def article(key: str, limit: int, poll: int = 0) -> str:
    """The page of an article as a publisher writes it."""
    return f"""<!doctype html><html lang="en"><title>Article</title>
        <script type="module" src="/embed.js"></script>
        <h1>Article</h1><reader-comments site="default" article="{key}" load="eager"
            limit="{limit}" poll="{poll}"></reader-comments>"""


async def weights(browser: Browser, server: LiveServer, key: str, table: Table) -> None:
    """What a reader's browser fetches before the first comment is shown, compressed."""
    fetched: dict[str, int] = {}

    async def weigh(response: Response) -> None:
        path = urlsplit(response.url).path
        if path.endswith((".js", ".css", ".json")):
            fetched[path] = len(gzip.compress(await response.body(), 6))

    context = await browser.new_context()
    page = await context.new_page()
    pending: list[asyncio.Task[None]] = []
    page.on("response", lambda one: pending.append(asyncio.ensure_future(weigh(one))))
    url = f"{server.url}/news/{key}"
    await page.route(url, lambda route: route.fulfill(body=article(key, 20)))
    await page.goto(url)
    await page.locator("reader-comments article").first.wait_for()
    await asyncio.gather(*pending)
    await context.close()
    script = fetched.pop("/embed.js")
    table.add_row("embed.js", f"{script:,}", "3,072")
    table.add_row(f"the comments element, {len(fetched)} files", f"{sum(fetched.values()):,}",
                  "15,360")  # fmt: skip


async def opening(browser: Browser, server: LiveServer, key: str, limit: int) -> list[str]:
    """Open the thread; the floor is a document with the same markup and styles."""
    url = f"{server.url}/news/{key}"
    ours, floors = [], []
    for _ in range(ROUNDS):
        async with opened(browser, article(key, limit), url) as one:
            await one.until(f"{SHOWN} === {limit} && !!{MORE}")
            ours.append(await one.milliseconds())
            markup = await one.page.evaluate(f"{ROOT}.innerHTML")
        html = f"<!doctype html><title>Article</title><h1>Article</h1><div>{markup}</div>"
        async with opened(browser, html, url) as one:
            floors.append(await one.milliseconds())
    return row(f"open, {limit} of {COUNT:,} shown", ours, floors)


async def growing(browser: Browser, server: LiveServer, key: str) -> list[list[str]]:
    """*Load more* and typing while the thread grows; a comment that comes when it is long."""
    url = f"{server.url}/news/{key}"
    lines = []
    async with opened(browser, article(key, PAGE), url) as one:
        await one.until(f"{SHOWN} === {PAGE} && !!{MORE}")
        loads = [await one.cost(one.more) for _ in range(ROUNDS)]
        lines.append(row(f"{PAGE} more, of {PAGE:,} shown", loads, await same(one)))
        short = await typing(one)
        while await one.page.evaluate(SHOWN) < COUNT - PAGE * ROUNDS:
            await one.more()
        loads = [await one.cost(one.more) for _ in range(ROUNDS)]
        lines.append(row(f"{PAGE} more, of {COUNT - PAGE:,} shown", loads, await same(one)))
        lines.append(row("a key typed, the long thread to a short one", await typing(one), short))
    return lines


async def same(one: Opened) -> list[float]:
    """Put the last page's markup in once more, in one go; and take it out."""
    markup = await one.page.evaluate(
        f"[...{LIST}.children].slice(-{PAGE}).map((node) => node.outerHTML).join('')"
    )
    costs = []
    for _ in range(ROUNDS):
        costs.append(
            await one.cost(
                lambda: one.page.evaluate(
                    f"(html) => {LIST}.insertAdjacentHTML('beforeend', html)", markup
                )
            )
        )
        await one.page.evaluate(
            f"(n) => [...{LIST}.children].slice(-n).forEach((node) => node.remove())", PAGE
        )
    return costs


async def typing(one: Opened) -> list[float]:
    """Milliseconds a key, in the form above the thread."""
    await one.page.evaluate(f"{ROOT}.querySelector('[name=body]').focus()")
    costs = []
    for _ in range(ROUNDS):
        cost = await one.cost(lambda: one.page.keyboard.type("x" * KEYS))
        costs.append(cost / KEYS)
    return costs


async def waiting(browser: Browser, server: LiveServer, key: str) -> list[str]:
    """The long thread, read and otherwise left alone while it polls ten times as often."""
    url = f"{server.url}/news/{key}"
    shares: list[list[float]] = []
    for poll in (2, 0):
        async with opened(browser, article(key, PAGE, poll), url) as one:
            await one.until(f"{SHOWN} === {PAGE} && !!{MORE}")
            for _ in range(COUNT // PAGE - 1):
                await one.more()
            await asyncio.sleep(3)  # what follows a thread is loaded
            quiet = await one.cost(lambda: asyncio.sleep(QUIET))
            shares.append([quiet / QUIET])
    return row(f"a second open, all {COUNT:,} shown, polling each 2 s to never", *shares)


async def coming(browser: Browser, server: LiveServer, key: str) -> list[str]:
    """A comment that comes from elsewhere, from the click on its announcement; none is moved."""
    url = f"{server.url}/news/{key}"
    costs: dict[int, list[float]] = {}
    async with httpx.AsyncClient(base_url=server.url) as web:
        for pages in (COUNT // PAGE - 1, 0):
            async with opened(browser, article(key, PAGE, 2), url) as one:
                await one.until(f"{SHOWN} === {PAGE} && !!{MORE}")
                for _ in range(pages):
                    await one.more()
                costs[pages] = []
                for _ in range(ROUNDS):
                    await post(web, server, key)
                    button = f"{ROOT}.querySelector('[name=new]')"
                    await one.until(f"!!{button}?.checkVisibility()")
                    shown = await one.page.evaluate(SHOWN)

                    async def click(shown: int = shown, button: str = button) -> None:
                        await one.page.evaluate(f"{button}.click()")
                        await one.until(f"{SHOWN} > {shown}")

                    costs[pages].append(await one.cost(click))
    return row("a new comment, the long thread to a short one", *costs.values())


async def post(web: httpx.AsyncClient, server: LiveServer, key: str) -> None:
    """A harmless comment by somebody else."""
    words = uuid.uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))
    answer = await web.post(
        f"/v1/sites/default/articles/{key}/comments",
        json={
            "name": "Somebody Else",
            "email": f"{words[:12]}@readers.example",
            "body": f"The evening boat is late again, said {words[:8]} to {words[9:16]}.",
            "article": {"url": f"{server.url}/news/{key}", "title": "Article"},
        },
    )
    answer.raise_for_status()


def row(what: str, ours: list[float], floors: list[float]) -> list[str]:
    """One line of the table, in milliseconds."""
    middle, floor = statistics.median(ours), statistics.median(floors)
    return [what, f"{middle:.2f}", f"{floor:.2f}", f"{middle / floor:.1f}"]


async def measure(server: LiveServer, say: Console) -> None:
    """Make the thread, measure, print."""
    key = "long"
    await fill(server.database_url, key, f"{server.url}/news/{key}", COUNT)
    bytes_table = Table(title="What is fetched before the first comment shows (bytes, gzip)")
    for name in ("What", "Bytes", "Aim"):
        bytes_table.add_column(name, justify="left" if name == "What" else "right")
    table = Table(title=f"A thread of {COUNT:,} in Chromium (milliseconds of the main thread)")
    for name in ("What", "Ours", "Floor", "Ratio"):
        table.add_column(name, justify="left" if name == "What" else "right")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        with Progress(*columns, console=say, transient=True) as progress:
            task = progress.add_task("Opening threads …")
            await weights(browser, server, key, bytes_table)
            for limit in (20, PAGE):
                table.add_row(*await opening(browser, server, key, limit))
            progress.update(task, description="Loading more …")
            for line in await growing(browser, server, key):
                table.add_row(*line)
            progress.update(task, description="Waiting …")
            table.add_row(*await waiting(browser, server, key))
            progress.update(task, description="Letting comments come …")
            table.add_row(*await coming(browser, server, key))
        await browser.close()
    say.print(bytes_table)
    say.print(table)


def bench(folder: Path, say: Console) -> None:
    """Start what is needed, and measure."""
    if shutil.which("chromium") is None:
        say.print("Not measured: the page, which needs chromium (make browsers)")
        return
    with embedded.use(folder, []) as url:
        migrate(url)
        with run_live_server(url, SECRET) as server:
            asyncio.run(measure(server, say))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="rejoinder-bench-") as name:
        bench(Path(name), Console())
        while embedded.Cluster(Path(name)).postmaster():
            time.sleep(0.1)
