"""The demonstration: a site, an article, a few comments, and a button that sends an alert."""

import time
from typing import Any
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.accounts import actions as accounts
from service.articles import actions as articles
from service.articles.types import ArticleAnswer, PutArticle, Site, article_answer
from service.comments import actions as comments
from service.comments.types import NewComment
from service.core.db import Pool
from service.core.http import Endpoint, json_response
from service.core.problems import Forbidden
from service.push import actions as push

SLUG = "default"
NAME = "The Harbour Courier"
ARTICLE = "harbour-ferry"
MODERATOR = "desk@courier.example"

COMMENTS = {
    "Marit Aasen": "The evening boat is how half of the hospital's night shift gets to work. "
    "Nobody at the hearing asked them.",
    "J. Okafor": "Thank you for printing the figures. Could you add what the new timetable would "
    "cost per household? The council's own report has it on page 14.",
    "Pilar": "I took the 6:40 for eleven years. Eleven! The coffee was terrible and I miss it.",
    "Tom from the quay": "Two boats fewer means forty more cars on the bridge each morning. I "
    "would rather pay for the boats.",
}


class DemoAlert(msgspec.Struct, frozen=True):
    """An alert that was scheduled."""

    id: UUID
    state: str


class DemoPublished(msgspec.Struct, frozen=True):
    """What the demonstration's button has set off."""

    article: ArticleAnswer
    alert: DemoAlert | None


async def prepare(state: dict[str, Any], base: str, origins: list[str]) -> str:
    """Make the site, its article and its first comments where they are missing.

    Returns a one-time token for the desk.
    """
    pool: Pool = state["pool"]
    async with pool.acquire() as conn:
        site = await articles.ensure_site(conn, SLUG, NAME, origins)
        await push.ensure_vapid_key(conn, state["keyring"], site.id)
        async with conn.transaction():
            put = PutArticle(
                url=f"{base}/demo/",
                title="Council weighs cutting the evening ferry",
                summary="Two crossings a day would go. Night workers say they were not asked.",
                section="Local",
            )
            article, created = await articles.put_article(conn, site, ARTICLE, put)
        token = await accounts.add_moderator(conn, MODERATOR, "editor", [])
    if created or not article.comment_count:
        await _first_comments(state, site)
    return token


async def _first_comments(state: dict[str, Any], site: Site) -> None:
    desk = comments.Desk.of(state)
    for name, body in COMMENTS.items():
        email = f"{name.split()[0].strip('.').lower()}@readers.example"
        client = comments.Client(state["keyring"].digest("address", "127.0.0.1"))
        await comments.post_comment(desk, site, ARTICLE, NewComment(name, email, body), client)


async def publish(request: Request[Any]) -> Response:
    """Publish the next article of the demonstration, with an alert."""
    state = request.state
    site = await state["sites"].find(SLUG)
    # Nobody signs in to the demonstration, so at least no other page may press the button.
    if request.headers.get("origin", site.origins[0]) not in site.origins:
        raise Forbidden("The button belongs to the demonstration's own page.")
    number = int(time.time())
    base = str(state["settings"].public_url)
    put = PutArticle(
        url=f"{base}/demo/?edition={number}",
        title="Evening ferry stays: council votes 7 to 4",
        summary="The two crossings are kept until the spring, and the timetable is looked at anew.",
        section="Local",
        alert=True,
    )
    async with state["pool"].acquire() as conn:
        article, _, alert = await push.publish_article(
            conn, site, f"demo-{number}", put, state["settings"].alert_hold
        )
    scheduled = DemoAlert(alert.id, alert.state) if alert else None
    return json_response(DemoPublished(article_answer(article), scheduled), 202)


ENDPOINTS = [Endpoint("POST", "/demo/publish", publish, "Publish and alert", documented=False)]
