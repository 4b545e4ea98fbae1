"""Disqus's export."""

import pytest
from exports import DISQUS, Read, comments, post

from service.transfer.types import SourceArticle


def test_threads_and_posts_are_read(read: Read) -> None:
    content = DISQUS.format(posts=post("1", "<p>One</p>") + post("2", "Two", parent="1"))
    found, notes = read("disqus", content)
    (article,) = [one.what for one in found if isinstance(one.what, SourceArticle)]
    assert (article.source, article.url) == ("7", "https://news.example/ferry/")
    first, second = comments(found)
    assert (first.article, first.name, first.account) == ("7", "Bo", "bo")
    assert (first.body, first.markup) == ("<p>One</p>", "html")
    assert (second.source, second.parent) == ("2", "1")
    assert [one.line for one in found][1:] == [6, 11]
    assert not notes.refused


@pytest.mark.parametrize(
    ("deleted", "spam", "status"),
    [("false", "false", "published"), ("true", "false", "removed"), ("true", "true", "spam"),
     ("false", "true", "spam")],
)  # fmt: skip
def test_spam_is_spam_also_where_it_was_deleted(
    read: Read, deleted: str, spam: str, status: str
) -> None:
    content = DISQUS.format(posts=post("1", "One", deleted=deleted, spam=spam))
    assert [one.status for one in comments(read("disqus", content)[0])] == [status]


def test_a_post_without_an_id_of_its_own_takes_the_other(read: Read) -> None:
    content = DISQUS.format(posts=post("", "One").replace("<id/>", "<id>99</id>"))
    assert [one.source for one in comments(read("disqus", content)[0])] == ["99"]
