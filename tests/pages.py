"""Reading the pages without scripts as a strict parser, a search engine and a browser would."""

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import html5lib
import httpx

FORM = "application/x-www-form-urlencoded"
INTERACTIVE = {"a", "button", "input", "select", "textarea", "label", "details", "iframe"}
LABELLED = {"input", "textarea", "select"}


class Page:
    """A document that the strict parser took, and what it checks on the way."""

    def __init__(self, text: str) -> None:
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        self.text = text
        self.root = parser.parse(text)
        self.parents = {child: parent for parent in self.root.iter() for child in parent}
        self._check()

    def _check(self) -> None:
        ids = Counter(e.get("id") for e in self.root.iter() if e.get("id"))
        assert [ident for ident, count in ids.items() if count > 1] == [], "ids are unique"
        for name in ("for", "aria-labelledby", "aria-describedby"):
            for element in self.all(lambda e, n=name: e.get(n)):
                assert all(ident in ids for ident in element.get(name).split()), name
        labels = {e.get("for") for e in self.tags("label")}
        for element in self.all(lambda e: e.tag in LABELLED and e.get("type") != "hidden"):
            assert element.get("id") in labels, "every field has its label"
        for element in self.all(lambda e: e.tag in INTERACTIVE - {"label"}):
            above = {parent.tag for parent in self.ancestors(element)}
            assert not above & INTERACTIVE, "nothing interactive within another"
        for element in self.root.iter():
            assert not isinstance(element.tag, str) or not any(
                name.startswith("on") or name == "style" for name in element.attrib
            ), "nothing inline"
            assert element.tag != "style"
        for script in self.tags("script"):
            assert script.get("type") == "application/ld+json"
        assert len(list(self.tags("h1"))) == len(list(self.tags("main"))) == 1
        assert self.root.get("lang")
        assert self.one("title").text.strip()

    def all(self, test: Any) -> list[Any]:
        """Every element that passes a test."""
        return [e for e in self.root.iter() if isinstance(e.tag, str) and test(e)]

    def tags(self, tag: str) -> list[Any]:
        """Every element of a kind."""
        return self.all(lambda e: e.tag == tag)

    def one(self, tag: str, **attributes: str) -> Any:
        """The one element of a kind with these attributes."""
        found = self.many(tag, **attributes)
        assert len(found) == 1, (tag, attributes, len(found))
        return found[0]

    def many(self, tag: str, **attributes: str) -> list[Any]:
        """Every element of a kind with these attributes."""
        wanted = {name.rstrip("_"): value for name, value in attributes.items()}
        return self.all(lambda e: e.tag == tag and all(e.get(n) == v for n, v in wanted.items()))

    def ancestors(self, element: Any) -> list[Any]:
        """Everything around an element."""
        found = []
        while element in self.parents:
            element = self.parents[element]
            found.append(element)
        return found

    def comments(self) -> dict[str, str]:
        """The texts of the comments shown, by id."""
        return {
            e.get("id").removeprefix("comment-"): words_of(text)
            for e in self.tags("article")
            if e.get("id")
            for text in [next((d for d in e if d.get("class") == "text"), None)]
            if text is not None
        }

    def link(self, rel: str) -> str | None:
        """Where a link in the head leads."""
        found = [e.get("href") for e in self.tags("link") if e.get("rel") == rel]
        return found[0] if found else None

    def robots(self) -> str:
        """What search engines are told."""
        return ",".join(e.get("content") for e in self.many("meta", name="robots"))

    def data(self) -> dict[str, Any]:
        """The JSON-LD."""
        found: dict[str, Any] = json.loads("".join(self.one("script").itertext()))
        return found

    def form(self, **filled: str) -> tuple[str, dict[str, str]]:
        """The form's address and everything in it, as a browser would send it."""
        form = next(e for e in self.tags("form") if e.get("method") == "post")
        sent = {}
        for e in form.iter():
            if e.tag == "input" and e.get("name"):
                sent[e.get("name")] = e.get("value", "")
            if e.tag == "textarea":
                sent[e.get("name")] = (e.text or "").replace("\n", "\r\n")
        return form.get("action"), {**sent, **filled}


def words_of(element: Any) -> str:
    """All text within an element, spaces as one."""
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def page_of(article: str = "a-1") -> str:
    """The address of a thread's page."""
    return f"/sites/default/articles/{article}"


async def open_page(
    client: httpx.AsyncClient, path: str, status: int = 200, **headers: str
) -> Page:
    """Read one page; it is valid, whatever its status."""
    answer = await client.get(path, headers={n.replace("_", "-"): v for n, v in headers.items()})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)


async def send(
    client: httpx.AsyncClient, action: str, fields: dict[str, str], **headers: str
) -> httpx.Response:
    """Send a form as a browser does."""
    return await client.post(
        action,
        content=urlencode(fields),
        headers={
            "Content-Type": FORM,
            "Sec-Fetch-Site": "same-origin",
            "Origin": "https://comments.example",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
    )
