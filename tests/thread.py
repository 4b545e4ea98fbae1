"""Shorthand for tests that post and read comments."""

from typing import Any

import httpx

ARTICLE = "a-1"
ORIGIN = "https://news.example"


def thread(article: str = ARTICLE) -> str:
    """The address of a thread."""
    return f"/v1/sites/default/articles/{article}/comments"


def comment(ident: str) -> str:
    """The address of a comment."""
    return f"/v1/sites/default/comments/{ident}"


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def new(
    body: str = "The bridge has been closed since Tuesday.",
    article: str = ARTICLE,
    **more: object,
) -> dict[str, object]:
    """A comment as the form sends it."""
    return {
        "name": "Ana",
        "email": "ana@readers.example",
        "body": body,
        "article": {"url": f"{ORIGIN}/{article}", "title": "A bridge"},
        **more,
    }


async def post(client: httpx.AsyncClient, body: str = "A remark.", **more: Any) -> dict[str, Any]:
    """Post a comment that is accepted; the answer."""
    article = more.pop("article_key", ARTICLE)
    answer = await client.post(thread(article), json=new(body, article, **more))
    assert answer.status_code == 201, answer.text
    posted: dict[str, Any] = answer.json()
    return posted


async def read(client: httpx.AsyncClient, article: str = ARTICLE, **query: Any) -> dict[str, Any]:
    """A page of a thread."""
    answer = await client.get(thread(article), params=query)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page
