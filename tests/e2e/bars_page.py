"""Pages that hold share, support and count elements, and what an editor and a publisher do."""

import uuid
from html import escape
from typing import Any

import httpx
from e2e.visitors import POLICY, Visitor
from live import LiveServer
from playwright.async_api import Page, Request, Route

PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>The evening ferry</title>{head}
<script type="module" src="{ours}/embed.js"></script><main>{body}</main></html>"""


async def open_page(
    visitor: Visitor,
    body: str,
    *,
    path: str = "/news/bars",
    head: str = "",
    lang: str = "en",
    elsewhere: bool = False,
    strict: bool = True,
) -> Page:
    """A page with these elements; `elsewhere` on another origin than ours.

    `strict`: under the policy that publishers are told is enough.
    """
    ours = visitor.server.url
    theirs = ours.replace("127.0.0.1", "localhost") if elsewhere else ours
    html = PAGE.format(
        lang=lang, dir="rtl" if lang == "ar" else "ltr", head=head, body=body, ours=ours
    )

    policy = {"Content-Security-Policy": POLICY.replace("'self'", ours)}

    async def answer(route: Route) -> None:
        await route.fulfill(
            body=html,
            content_type="text/html",
            headers=policy if strict else {},
        )

    page = await visitor.page()
    await page.route(f"{theirs}{path.partition('?')[0].partition('#')[0]}**", answer)
    await page.goto(theirs + path)
    return page


def element(tag: str, inside: str = "", **attributes: str) -> str:
    """One element."""
    given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{given}>{inside}</{tag}>"


def sent(page: Page) -> list[Any]:
    """What is sent to be counted, as it is sent."""
    found: list[Any] = []

    def note(request: Request) -> None:
        if request.url.endswith("/engagement"):
            found.append(request.post_data_json)

    page.on("request", note)
    return found


class Newsroom:
    """An editor and the publisher's own system."""

    def __init__(self, server: LiveServer) -> None:
        server.command("moderators", "add", "editor@desk.example", "--role", "editor")
        self.server = server
        self.token = server.command("moderators", "token", "editor@desk.example")

    async def call(self, method: str, path: str, token: str, body: object = None) -> Any:
        """The answer's JSON."""
        async with httpx.AsyncClient(base_url=self.server.url) as client:
            answer = await client.request(
                method, path, json=body, headers={"Authorization": f"Bearer {token}"}
            )
        return answer.raise_for_status().json()

    async def site(self, **support: Any) -> str:
        """A new site with this call for support, for pages of the live server; its slug."""
        slug = f"s{uuid.uuid4().hex[:10]}"
        url = self.server.url
        origins = [url, url.replace("127.0.0.1", "localhost")]
        body = {"slug": slug, "name": "The Herald", "origins": origins}
        await self.call("POST", "/v1/moderation/sites", self.token, body)
        await self.support(slug, **support)
        return slug

    async def support(self, slug: str, **support: Any) -> None:
        """Change a site's call for support."""
        path = f"/v1/moderation/sites/{slug}"
        await self.call("PATCH", path, self.token, {"support": support})

    async def put(self, key: str, **more: Any) -> None:
        """Register an article of the site `default`."""
        body = {"url": f"{self.server.url}/news/{key}", "title": "The evening ferry", **more}
        path = f"/v1/sites/default/articles/{key}"
        await self.call("PUT", path, self.server.publisher_key, body)

    async def totals(self, key: str) -> dict[str, Any]:
        """What the publisher is told of an article of the site `default`."""
        path = f"/v1/sites/default/articles/{key}/report"
        totals: dict[str, Any] = (await self.call("GET", path, self.server.publisher_key))["totals"]
        return totals
