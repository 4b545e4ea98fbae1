"""Who comes to the page: visitors with a browser, readers and moderators without one."""

import functools
import random
import secrets
import uuid
from collections.abc import Awaitable, Callable
from html import escape
from typing import Any

import httpx
from live import LiveServer
from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, Route

from classifiers import Model, load

PATIENCE = 30_000  # milliseconds; the machines are shared

# What a publisher with a strict policy would send: nothing but our host, nothing inline.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; worker-src 'self'"
)

# Two texts share hardly a word, and no long one: the check for near copies, which remembers
# what moderators in other tests refused, must leave them alone.
HARMLESS = """
garden kitchen orchard library bakery museum harbour meadow cellar balcony station chapel stadium
valley island canyon glacier lagoon bicycle window ladder piano kettle blanket lantern compass
hammer violin trumpet scarf jacket slipper painter baker captain plumber surgeon juggler
drummer grocer tailor cobbler farmer weaver Sunday spring lunch winter autumn evening August
holiday timber coffee paper honey thunder chalk silence copper velvet cotton granite marble amber
pepper vinegar mustard turnip cabbage walnut almond apricot spinach radish parsley badger sparrow
heron otter salmon beetle dolphin penguin giraffe pigeon falcon rooster donkey hamster lobster
spider tramway ferry tractor scooter caravan airship sledge canoe rowboat bridge tunnel chimney
attic statue barn stable curtain carpet cushion teapot bucket shovel thimble needle button ribbon
pencil crayon diary atlas novel poem melody chorus ballet theatre cinema circus puppet costume
mirror candle bonfire rainbow drizzle breeze volcano eclipse comet planet gravity algebra grammar
proverb riddle chess domino archery cricket hockey skating cycling sailing camping picnic pancake
noodle pudding biscuit ginger vanilla yoghurt butter cheddar sausage ankle apron arrow badge banjo
barrel basket beacon bench blouse boot bottle bowl box brick broom bubble cabin camel carrot
castle cave chain chair cherry cloud clover coat collar cork crane crown daisy desk dice drum duck
eagle easel elbow fabric feather fence fiddle flag flask flute forest fox fridge frog garlic gate
globe glove goose grape gravel guitar harp hat helmet hill hook horse hotel igloo ink iron ivory
jam jar jelly jewel jigsaw jug kayak keeper kite kiwi knot label lace lake lamp lemon lettuce lily
lion lizard locket magnet mango maple market mask medal melon mill mitten moss mug nest net oak
oat olive onion orange oven owl oyster palace panda parcel parrot peach pear pebble perch pillow
pine plum pond poppy prawn puzzle quartz quilt rabbit raft rake reef rice ring river robin rocket
roof rope rose ruler saddle sail salad sand seal shed sheep shirt silk soap sofa soup spoon stamp
stone stool straw string sugar swan table tent thyme tiger toast torch towel tower toy tray trout
tulip tunic vase veil vest vine wagon waltz wasp whale wheat willow wolf wool wren yacht yarn
zebra zipper
"""
WORDS = HARMLESS.split()
FORMS = [
    "Both {} and {}, or {}, or {}?",
    "No {}, no {}: a {} by the {}!",
    "Is it {}? Or the {}, {} and {}?",
    "The {} had {} in it, as {} is to {}.",
]
USED = 4  # words of a form
DEALT: list[str] = []

# A long number is a sign of spam, and these comments have none.
LETTERS = str.maketrans("0123456789", "ghijklmnop")


def text() -> str:
    """A harmless comment unlike the others.

    Of ten thousand the classifier holds one or two, which no test of a page is about.
    """
    while True:
        dealt = _deal()
        [scored] = loaded_model().score([dealt])
        levels = loaded_model().thresholds_in(scored.language)
        held = any(scored.scores[label] >= level.get("hold", 1) for label, level in levels.items())
        if scored.grounded and not held:
            return dealt


@functools.cache
def loaded_model() -> Model:
    """The classifier, loaded once a run."""
    return load()


def _deal() -> str:
    if len(DEALT) < USED:
        DEALT[:] = random.sample(WORDS, len(WORDS))
    words = [DEALT.pop() for _ in range(USED)]
    form = secrets.choice(FORMS)
    return f"{form.format(*words)} ({uuid.uuid4().hex[:8].translate(LETTERS)})"


def email() -> str:
    """An address that nobody has used yet."""
    return f"{uuid.uuid4().hex[:12]}@readers.example"


class Visitor:
    """One browser profile: its storage outlives its pages, and no error of theirs goes unseen."""

    def __init__(self, context: BrowserContext, server: LiveServer) -> None:
        self.context = context
        self.server = server
        self.errors: list[str] = []

    async def page(self, *, cached: bool = False) -> Page:
        """An empty page; whose requests a test can stand in the way of, or that has a cache."""
        page = await self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)
        # Chromium hands its requests over from the next document on: a test that stands in the
        # way of a request just before the page sends it would sometimes come too late.
        if not cached:
            await page.route("**/never-asked-for", lambda route: route.abort())
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.errors.append(message.text)

    async def article(
        self, key: str, *elements: str, page_lang: str = "en", **attributes: str
    ) -> Page:
        """An article page with a thread of its own; further elements stand above the thread."""
        page = await self.page()
        given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        html = f"""<!doctype html><html lang="{page_lang}"><title>Article {key}</title>
            <script type="module" src="/embed.js"></script>
            <main>{"".join(elements)}
            <reader-comments site="default" article="{key}" load="eager"{given}>
            <a href="/sites/default/articles/{key}">Replies</a></reader-comments></main></html>"""

        async def answer(route: Route) -> None:
            await route.fulfill(
                body=html, content_type="text/html", headers={"Content-Security-Policy": POLICY}
            )

        await page.route(f"{self.server.url}/news/{key}", answer)
        await page.goto(f"{self.server.url}/news/{key}")
        return page


MakeVisitor = Callable[..., Awaitable[Visitor]]


class Api:
    """What readers and moderators elsewhere do meanwhile."""

    def __init__(self, client: httpx.AsyncClient, server: LiveServer) -> None:
        self.client = client
        self.server = server

    async def post(self, key: str, body: str, **fields: Any) -> dict[str, Any]:
        """A comment by somebody else."""
        sent = {
            "name": "Somebody Else",
            "email": email(),
            "body": body,
            "article": {"url": f"{self.server.url}/news/{key}", "title": f"Article {key}"},
            **fields,
        }
        return (await self._post(key, sent))["comment"]  # type: ignore[no-any-return]  # JSON

    async def _post(self, key: str, sent: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.post(f"/v1/sites/default/articles/{key}/comments", json=sent)
        assert answer.status_code == 201, answer.text
        posted: dict[str, Any] = answer.json()
        return posted

    async def own(self, key: str, body: str) -> tuple[dict[str, Any], dict[str, str]]:
        """A comment by somebody else, and the header with which its author changes it."""
        article = {"url": f"{self.server.url}/news/{key}", "title": f"Article {key}"}
        sent = {"name": "Somebody Else", "email": email(), "body": body, "article": article}
        posted = await self._post(key, sent)
        return posted["comment"], {"Authorization": f"Bearer {posted['edit_token']}"}

    async def edit(self, own: tuple[dict[str, Any], dict[str, str]], body: str) -> None:
        """Its author writes it anew."""
        comment, headers = own
        path = f"/v1/sites/default/comments/{comment['id']}"
        (await self.client.patch(path, json={"body": body}, headers=headers)).raise_for_status()

    async def remove(self, own: tuple[dict[str, Any], dict[str, str]]) -> None:
        """Its author removes it."""
        comment, headers = own
        path = f"/v1/sites/default/comments/{comment['id']}"
        (await self.client.delete(path, headers=headers)).raise_for_status()

    async def hold(self, key: str, body: str, **fields: Any) -> dict[str, Any]:
        """A comment that is held for certain: the field that people can't see is filled in."""
        comment = await self.post(key, body, company="Acme", **fields)
        assert comment["status"] == "held"
        return comment

    async def thread(self, key: str) -> dict[str, Any]:
        """The thread as everybody reads it."""
        answer = await self.client.get(f"/v1/sites/default/articles/{key}/comments")
        thread: dict[str, Any] = answer.raise_for_status().json()
        return thread

    async def moderation(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """A moderator's call."""
        answer = await self.client.request(
            method,
            f"/v1/moderation/{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.server.moderator_token}"},
        )
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def decide(self, comment: dict[str, Any], action: str, **more: Any) -> None:
        """A moderator elsewhere decides."""
        decision = {"comment_id": comment["id"], "action": action, **more}
        done = await self.moderation("POST", "decisions", {"decisions": [decision]})
        assert done["results"][0]["outcome"] == "applied"


async def write(page: Page, body: str, *, name: str = "Ada Reader") -> None:
    """Fill the main form and send it."""
    form = main_form(page)
    await form.locator("[name=body]").fill(body)
    await form.locator("[name=name]").fill(name)
    await form.locator("[name=email]").fill(email())
    await form.locator("[type=submit]").click()


def main_form(page: Page) -> Locator:
    """The form above the thread."""
    return page.locator("reader-comments form.form:not(.inline)")


def comment_of(page: Page, body: str) -> Locator:
    """The shown comment that has this text itself, not in a reply to it."""
    return page.locator("reader-comments article").filter(
        has=page.locator(":scope > .main > .text", has_text=body)
    )


async def fill_trap(page: Page) -> None:
    """Do what only programs do, so that the next comment is held for certain."""
    await main_form(page).locator("[name=company]").evaluate("input => { input.value = 'Acme' }")


# The middle of a long list is like its ends: other tests leave hundreds of rows, and axe takes
# seconds for them.
AXE = "axe.run({ exclude: [['li:nth-child(n + 10):nth-last-child(n + 10)']] })"


async def violations(page: Page, axe: str) -> list[str]:
    """What axe-core finds wrong with a page."""
    # A strict policy forbids inline scripts, not what the test runs in the page.
    await page.evaluate(axe)
    found = await page.evaluate(AXE)
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
    ]
