"""The key that the page makes is the key that the server makes."""

import pytest
from e2e.visitors import Visitor

from service.articles.rules import KEY, key_of_url

pytestmark = pytest.mark.browser

URLS = [
    "https://www.news.example/",
    "https://news.example/2026/11/ferry/",
    "https://news.example:8443/a?p=18231&utm_source=x&fbclid=1",
    "https://news.example/?p=2&a=b%20c&a=*~&empty=",
    "https://news.example/%D0%BF%D0%BE%D1%80%D0%BE%D0%BC/",
    "https://xn--e1afmkfd.example/a;b=c/(d)",
    "https://news.example/?q=%F0%9F%9B%B3&Q=1",
    f"https://news.example/{'long-' * 60}",
]


async def test_page_and_server_agree(visitor: Visitor) -> None:
    page = await visitor.page()
    await page.goto(f"{visitor.server.url}/desk/")
    made = await page.evaluate(
        """async (urls) => { const { keyOfUrl } = await import('/widgets/page-key.js');
            return Promise.all(urls.map(keyOfUrl)) }""",
        URLS,
    )
    assert made == [key_of_url(url) for url in URLS]
    assert all(KEY.fullmatch(key) for key in made)
