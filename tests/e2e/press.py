"""A publisher whose readers have accounts: a page of another origin, and tokens for its readers."""

import time
import uuid
from html import escape
from typing import Any

import jwt
from e2e.visitors import Visitor
from live import LiveServer
from playwright.async_api import Page, Route

ORIGIN = "http://localhost:8471"  # nothing listens there: the pages are made up


class Press:
    """One site of the service, with a sign-in of its own."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.slug = f"press-{uuid.uuid4().hex[:8]}"
        server.command("sites", "add", self.slug, "--name", "The Press", "--origin", ORIGIN)
        self.secret = server.command("sites", "sign-in", self.slug, "--new-secret")

    def set(self, *options: str) -> None:
        """Change the sign-in's settings."""
        self.server.command("sites", "sign-in", self.slug, *options)

    def token(self, name: str = "Vera Lind", lasts: float = 600, **claims: Any) -> str:
        """A reader's token."""
        given = {"sub": f"{self.slug}-{name}", "name": name, "exp": int(time.time() + lasts)}
        return jwt.encode({**given, **claims}, self.secret, algorithm="HS256")

    async def page(self, visitor: Visitor, key: str, **attributes: str) -> Page:
        """An article of the publisher's, under a policy that names our host and nothing else."""
        page = await visitor.page()
        host = self.server.url
        policy = (
            f"default-src 'none'; script-src {host}; style-src {host}; connect-src {host}; "
            f"img-src {host}"
        )
        given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        html = f"""<!doctype html><html lang="en"><title>Article {key}</title>
            <script type="module" src="{host}/embed.js"></script>
            <main><h1>Article</h1>
            <reader-comments site="{self.slug}" article="{key}" load="eager"{given}>
            <a href="{host}/sites/{self.slug}/articles/{key}">Replies</a></reader-comments></main>
            </html>"""

        async def answer(route: Route) -> None:
            await route.fulfill(
                body=html, content_type="text/html", headers={"Content-Security-Policy": policy}
            )

        await page.route(f"{ORIGIN}/{key}", answer)
        await page.goto(f"{ORIGIN}/{key}")
        return page


async def sign_in(page: Page, token: str) -> None:
    """As the publisher's script does it."""
    await page.evaluate("token => window.rejoinder.signIn(token)", token)


async def heard(page: Page, *events: str) -> None:
    """Note these events of the elements as they reach the page's document."""
    await page.evaluate(
        """names => {
            const { dataset } = document.documentElement;
            const note = ({ type }) => { dataset.heard = `${dataset.heard ?? ''} ${type}`.trim(); };
            for (const name of names) document.addEventListener(name, note);
        }""",
        list(events),
    )
