"""What the Akismet drop-in does: judge a comment, and take a person's word for one."""

from datetime import UTC, datetime
from typing import NamedTuple, Self
from uuid import UUID

from service.accounts.types import ApiKey
from service.compat import akismet_store
from service.compat import store as compat_store
from service.compat.akismet_rules import host_of, is_guaranteed, log_odds, rule
from service.compat.akismet_senders import Senders, senders_of
from service.compat.akismet_store import Sender
from service.compat.akismet_types import Facts, Judgement, Ruling, Said, Submission
from service.compat.store import Used
from service.compat.usage import LONGEST_BLOG, Usage
from service.core.db import Conn, Pool
from service.core.tokens import Keyring
from service.screening.actions import Policies
from service.screening.assessing import Assessor
from service.screening.learning_types import ExampleSource
from service.screening.words import WordList

SOURCES: dict[Said, ExampleSource] = {"spam": "submit-spam", "ham": "submit-ham"}
WORDS_ON_SPAM: dict[Said, Used] = {"spam": "missed_spam", "ham": "false_positives"}


class Desk(NamedTuple):
    """What the actions need of the application's state."""

    pool: Pool
    keyring: Keyring
    policies: Policies
    assessor: Assessor
    usage: Usage
    senders: Senders

    @classmethod
    def of(cls, state: dict[str, object]) -> Self:
        """The desk of a running application."""
        return cls(*(state[name] for name in cls._fields))  # type: ignore[arg-type]  # by name


async def check(desk: Desk, key: ApiKey, sent: Submission) -> Ruling:
    """Judge one comment. Nothing of it is stored but counts, and nothing at all of a test.

    Raises Unavailable without a classifier, and as the database does where that is away.
    """
    senders = senders_of(desk.keyring, sent)
    ruling = rule(await _facts(desk, key, sent, senders))
    if sent.is_test or is_guaranteed(sent):
        desk.usage.count(key, blog=site_of(sent.blog))
        return ruling
    desk.usage.count(key, "spam" if ruling.spam else "ham", blog=site_of(sent.blog))
    # Asked about again, it is the same comment.
    if not sent.recheck_reason:
        desk.senders.count(key.site_id, senders, taken=ruling.spam)
    return ruling


async def _facts(desk: Desk, key: ApiKey, sent: Submission, senders: list[Sender]) -> Facts:
    judgement = await _judge(desk.assessor, key.site_id, sent)
    policy = (await desk.policies.of(key.site_id)).policy
    written = f"{sent.author}\n{sent.content}"
    async with desk.pool.acquire() as conn:
        records = await akismet_store.list_records(conn, key.site_id, senders)
        said = await akismet_store.get_said(conn, key.id, sent.content) if sent.content else None
    return Facts(
        submission=sent,
        judgement=judgement,
        records=records,
        said=said,
        banned=WordList.of(tuple(policy.banned_words)).matches(written),
        suspect=WordList.of(tuple(policy.suspect_words)).matches(written),
    )


async def _judge(assessor: Assessor, site_id: UUID, sent: Submission) -> Judgement:
    model = await assessor.model_of(site_id)
    text, author = await assessor.score(model, [sent.content, sent.author])
    return Judgement(
        text=log_odds(text.scores["spam"]) if sent.content else None,
        author=log_odds(author.scores["spam"]) if sent.author and author.grounded else None,
        language=text.language,
        grounded=text.grounded or text.language == "und",
    )


async def submit(desk: Desk, key: ApiKey, sent: Submission, said: Said) -> None:
    """Take a person's word for a comment: the example, the senders' records, the usage.

    In one transaction. Of the same key and text it counts once, and to say the opposite takes
    back what was said first; a sender that such a text hasn't been counted for is counted all the
    same, because spam comes from many addresses.
    """
    if sent.is_test:
        desk.usage.count(key, blog=site_of(sent.blog))
        return
    senders = senders_of(desk.keyring, sent)
    day = datetime.now(UTC).date()
    async with desk.pool.acquire() as conn, conn.transaction():
        before = await _learn(conn, key, sent, said)
        await akismet_store.lock_senders(conn, key.site_id, senders, day)
        if before is not None and before != said:
            await akismet_store.take_back(conn, key.site_id, senders, before)
        repeated = before == said or not sent.content
        await akismet_store.add_reports(conn, key.site_id, senders, day, said, once=repeated)
        counts: dict[Used, int] = {"calls": 1}
        if before != said:
            counts[WORDS_ON_SPAM[said]] = 1
        row = (key.site_id, key.id, day, site_of(sent.blog), counts)
        await compat_store.add_usage(conn, [row])


async def _learn(conn: Conn, key: ApiKey, sent: Submission, said: Said) -> Said | None:
    """Keep the text as an example; what the same key said of it before."""
    if not sent.content:
        return None
    await akismet_store.lock_text(conn, key.id, sent.content)
    before = await akismet_store.get_said(conn, key.id, sent.content)
    if before != said or key.trusted:
        await compat_store.put_example(conn, key.site_id, key.id, sent.content, said, SOURCES[said])
    return before


def site_of(blog: str) -> str:
    """How a site's address is listed: host and path."""
    bare = blog.partition("//")[2] or blog
    host = host_of(blog)
    path = bare.partition("/")[2].partition("?")[0].strip("/")
    return (f"{host}/{path}" if path and host else host or bare)[:LONGEST_BLOG]
