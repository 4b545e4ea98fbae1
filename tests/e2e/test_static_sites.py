"""The guide to plain pages and site generators, built by these and opened in a browser."""

import os
import re
import shutil
import subprocess
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web
from e2e.visitors import Api, Visitor
from live import LiveServer
from local_site import LocalSite
from npm import install
from playwright.async_api import expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "sites.md").read_text()
BODY = "Said below an article that was built."
UNPACKED = ROOT / "var" / "hugo"


class Site(LocalSite):
    """A folder, served as it is, pages by the names of their folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/{path:.*}", self._file)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        path = self.folder / request.match_info["path"]
        return web.FileResponse(path / "index.html" if path.is_dir() else path)


def write(section: str, folder: Path, moved: dict[str, str]) -> None:
    """The files of a section, with a test's addresses and names."""
    text = GUIDE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    files = re.findall(r"`([\w./-]+)`:\n\n```[\w-]*\n(.*?)```", text, re.DOTALL)
    assert files
    for name, content in files:
        for old, new in moved.items():
            content = content.replace(old, new)  # noqa: PLW2901 (one after another)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def plain(_folder: Path) -> str:
    """Nothing is to be built."""
    return "."


def eleventy(folder: Path) -> str:
    """Build with Eleventy; where the pages are."""
    tools = folder.parent / "tools"
    tools.mkdir()
    install("@11ty/eleventy@3", tools, "the guide to Eleventy wasn't tried")
    program = tools / "node_modules" / "@11ty" / "eleventy" / "cmd.cjs"
    subprocess.run(["node", program, "--quiet"], cwd=folder, check=True, capture_output=True)
    return "_site"


def hugo(folder: Path) -> str:
    """Build with Hugo; where the pages are."""
    unpacked = UNPACKED / "usr" / "bin" / "hugo"
    program = shutil.which("hugo") or (str(unpacked) if unpacked.exists() else None)
    if program is None:
        pytest.skip("HUGO IS MISSING: the guide to Hugo wasn't tried (make browsers)")
    libraries = ":".join(str(path) for path in UNPACKED.glob("usr/lib/*-linux-gnu"))
    subprocess.run(
        [program, "--quiet"], cwd=folder, check=True, capture_output=True,
        env={**os.environ, "LD_LIBRARY_PATH": libraries},
    )  # fmt: skip
    return "public"


def jekyll(folder: Path) -> str:
    """Build with Jekyll; where the pages are."""
    if shutil.which("jekyll") is None:
        pytest.skip("JEKYLL IS MISSING: the guide to Jekyll wasn't tried (make browsers)")
    subprocess.run(
        ["jekyll", "build", "--quiet", "--disable-disk-cache"], cwd=folder, check=True,
        capture_output=True, env={**os.environ, "LANG": "C.UTF-8"},
    )  # fmt: skip
    return "_site"


Build = Callable[[Path], str]
GENERATORS: dict[str, tuple[Build, str, str]] = {
    "Plain HTML": (plain, "/", "ferry"),
    "Eleventy": (eleventy, "/ferry/", "18231"),
    "Hugo": (hugo, "/ferry/", "18231"),
    "Jekyll": (jekyll, "/ferry/", "18231"),
}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    async with Site(folder) as serving:
        yield serving


@pytest.mark.parametrize("section", GENERATORS)
async def test_a_page_built_by_the_guide_shows_its_comments(
    section: str, site: Site, visitor: Visitor, api: Api, live_server: LiveServer
) -> None:
    build, path, ident = GENERATORS[section]
    slug = f"site-{uuid.uuid4().hex[:8]}"
    live_server.command("sites", "add", slug, "--name", "Courier", "--origin", site.origin)
    write(section, site.folder, {
        "https://comments.example.org": live_server.url, "https://courier.example": site.origin,
        '"default"': f'"{slug}"', "/default/": f"/{slug}/",
    })  # fmt: skip
    site.folder /= build(site.folder)
    remark = {
        "name": "Ann", "email": "ann@reader.example", "body": BODY,
        "article": {"url": f"{site.origin}{path}", "title": "The ferry sails again"},
    }  # fmt: skip
    posted = await api.client.post(f"/v1/sites/{slug}/articles/{ident}/comments", json=remark)
    assert posted.status_code == 201, posted.text
    page = await visitor.page()
    await page.goto(f"{site.origin}{path}")
    await expect(page.get_by_role("heading", name="The ferry sails again")).to_be_visible()
    link = page.locator("reader-comments > a")
    address = await link.get_attribute("href")
    await page.locator("reader-comments").scroll_into_view_if_needed()
    await expect(page.locator("reader-comments article").get_by_text(BODY)).to_be_visible()
    assert address is not None
    thread = await api.client.get(address)
    assert thread.status_code == 200
    assert BODY in thread.text
