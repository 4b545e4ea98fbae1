"""What the letters about new comments say."""

from collections.abc import Sequence

import msgspec

from service.core.tokens import Keyring
from service.correspondence.letters import plain
from service.correspondence.types import Excerpt, Letter, Subscription
from service.subscriptions.addresses import (
    key_of,
    permanent_address,
    place_address,
    settings_address,
)
from service.subscriptions.types import News, Recipient
from service.subscriptions.words import subscription_words

LIST = "replies"  # in the List-Id
LONGEST_TEXT = 280
MOST_SHOWN = 20
MOST_LINKS = 5


class Letters(msgspec.Struct, frozen=True):
    """Makes them, with links to where the service is."""

    keyring: Keyring
    base: str

    def subscription(self, to: Recipient) -> Subscription:
        """What one click ends: all that this recipient is told of comments."""
        key = key_of(self.keyring, to.id)
        return Subscription(LIST, settings_address(self.base, to.site, key, to.lang))

    def about(self, to: Recipient, news: Sequence[News]) -> Letter:
        """One letter about all of them, oldest first; of very many the first alone are shown."""
        words = subscription_words(to.lang)
        shown, rest = news[:MOST_SHOWN], len(news) - MOST_SHOWN
        one = news[0] if len(news) == 1 else None
        return Letter(
            lang=words.lang,
            subject=self._subject(to, news),
            paragraphs=[] if one else [words.say("letter.many", n=len(news))],
            excerpts=[self._excerpt(to, item, alone=one is not None) for item in shown],
            action=(words.say("letter.read"), place_address(one.url, one.comment_id))
            if one
            else None,
            after=[words.say("letter.more", n=rest)] if rest > 0 else [],
            small=[words.say("letter.why", site=plain(to.site_name))],
            links=self._ends(to, news),
        )

    def _subject(self, to: Recipient, news: Sequence[News]) -> str:
        words = subscription_words(to.lang)
        if len(news) > 1:
            return words.say("letter.subjectMany", n=len(news), site=plain(to.site_name))
        kind = "subjectReply" if news[0].reply else "subjectComment"
        name, title = plain(news[0].author_name), plain(news[0].title)
        return words.say(f"letter.{kind}", name=name, title=title)

    def _excerpt(self, to: Recipient, one: News, *, alone: bool) -> Excerpt:
        words = subscription_words(to.lang)
        kind = "reply" if one.reply else "comment"
        heading = words.say(f"letter.{kind}", name=plain(one.author_name), title=plain(one.title))
        thread = permanent_address(self.base, to.site, one.comment_id, words.lang)
        links = [(words.say("letter.thread"), thread)]
        if not alone:
            links.insert(0, (words.say("letter.read"), place_address(one.url, one.comment_id)))
        return Excerpt(heading, plain(one.body, LONGEST_TEXT), links)

    def _ends(self, to: Recipient, news: Sequence[News]) -> list[tuple[str, str]]:
        """How to end what comes of each article; of many, on the page that one click leads to."""
        words = subscription_words(to.lang)
        key = key_of(self.keyring, to.id)
        articles = {one.article_id: one.title for one in news}
        return [
            (
                words.say("letter.end", title=plain(title)),
                settings_address(self.base, to.site, key, to.lang, ident),
            )
            for ident, title in list(articles.items())[:MOST_LINKS]
        ]
