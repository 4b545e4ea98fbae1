"""Where everything of the page is: one place that knows its paths."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

import msgspec

ARTICLE = "/sites/{site}/articles/{article}"
FEED = ARTICLE + "/feed.atom"
FOLLOW = ARTICLE + "/follow"
COMMENT = "/sites/{site}/comments/{comment}"
OWN = COMMENT + "/own"
ME = "/sites/{site}/me"
STYLE = "/thread-page/thread.css"


def is_page(path: str) -> bool:
    """Whether a path is one of these pages, whose failures are pages too."""
    return path.startswith("/sites/")


class Addresses(msgspec.Struct, frozen=True):
    """The addresses of one site's pages.

    `root` is REJOINDER_PUBLIC_URL or empty: without it an address can only be relative to the
    host, because whatever Host was sent must not get into a page that is kept for all. `lang` is
    the language that the reader's own address asked for, and goes along.
    """

    root: str
    prefix: str
    site: str
    lang: str | None = None

    def _path(self, pattern: str, query: Mapping[str, object], fragment: str = "") -> str:
        given = {name: str(value) for name, value in query.items() if value is not None}
        if self.lang is not None:
            given["lang"] = self.lang
        tail = f"?{urlencode(given)}" if given else ""
        return f"{self.prefix}{pattern}{tail}{fragment}"

    @property
    def style(self) -> str:
        """The style sheet."""
        return self.prefix + STYLE

    @property
    def me(self) -> str:
        """A reader's own page (service/correspondence)."""
        return self._path(ME.format(site=self.site), {})

    def thread(self, key: str, /, **query: object) -> str:
        """A page of the thread; `at` names a comment on it."""
        at = query.pop("at", None)
        path = ARTICLE.format(site=self.site, article=key)
        return self._path(path, query, f"#comment-{at}" if at else "")

    def feed(self, key: str) -> str:
        """The thread's feed."""
        return self._path(FEED.format(site=self.site, article=key), {})

    def follow(self, key: str) -> str:
        """Where a reader asks for e-mail about the thread; service/subscriptions answers."""
        return self._path(FOLLOW.format(site=self.site, article=key), {})

    def comment(self, ident: UUID) -> str:
        """A comment's permanent address, which leads to where it stands."""
        return self._path(COMMENT.format(site=self.site, comment=ident), {})

    def own(self, ident: UUID, /, **query: object) -> str:
        """A comment's page for its author."""
        return self._path(OWN.format(site=self.site, comment=ident), query)

    def whole(self, path: str) -> str:
        """An address with scheme and host where these are known, for what leaves the page."""
        return self.root.removesuffix(self.prefix) + path if self.root else path
