"""What is asked about a text while no connection is held: the classifier, and a check elsewhere."""

import asyncio
from uuid import UUID

from service.articles import store as article_store
from service.articles.types import Article, PageIdentity, Site
from service.comments import store
from service.core.db import Pool
from service.screening.external import Elsewhere
from service.screening.scorer import Scorer
from service.screening.types import (
    ExternalAnswer,
    Question,
    QuestionArticle,
    QuestionComment,
    Scores,
    SitePolicy,
)

Asked = tuple[Scores, ExternalAnswer | None]


async def ask(
    scorer: Scorer, elsewhere: Elsewhere, site: Site, policy: SitePolicy, question: Question
) -> Asked:
    """Scores, and what the policy's check elsewhere says; both at once."""
    scoring = scorer.score(question.comment.body, site.id)
    external = policy.policy.external
    if external is None:
        return await scoring, None
    told = asyncio.create_task(elsewhere.ask(site.id, external, question))
    # On its way before the classifier, which keeps this process busy, begins.
    await asyncio.sleep(0)
    try:
        return await scoring, await told
    finally:
        told.cancel()


def question_of(
    site: Site, key: str, article: Article | None, page: PageIdentity | None, told: QuestionComment
) -> Question:
    """The question about a new comment; `page` is what it says of an article nobody knows yet."""
    about = QuestionArticle(
        key=article.key if article else key,
        url=article.url if article else page.url if page else None,
        title=article.title if article else page.title if page else "",
    )
    return Question(site.slug, about, told)


async def ask_of_edit(
    pool: Pool,
    scorer: Scorer,
    elsewhere: Elsewhere,
    site: Site,
    policy: SitePolicy,
    comment_id: UUID,
    body: str,
) -> Asked:
    """The same about another text of a comment; one that isn't there is nobody's business."""
    if policy.policy.external is None:
        return await scorer.score(body, site.id), None
    async with pool.acquire() as conn:
        comment = await store.get_comment(conn, site.id, comment_id)
        ident = comment.article_id if comment else None
        article = await article_store.get_article_by_id(conn, ident) if ident else None
    if comment is None or article is None:
        return await scorer.score(body, site.id), None
    about = QuestionArticle(article.key, article.url, article.title)
    told = QuestionComment(
        comment.author_name, body, None, parent_id=comment.parent_id, id=comment.id
    )
    return await ask(scorer, elsewhere, site, policy, Question(site.slug, about, told))
