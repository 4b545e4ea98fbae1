"""Reading and putting policies."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from service.accounts.types import Moderator
from service.articles.types import Site
from service.core.db import Executor, Pool
from service.core.events import notify
from service.core.problems import Conflict, NotFound
from service.moderation import policy_store as store
from service.moderation.policy_types import PolicyAnswer, PutPolicy, Tried
from service.screening.actions import screen
from service.screening.proposals import check_policy
from service.screening.scorer import Scorer
from service.screening.scores import LABELS
from service.screening.store import insert_policy
from service.screening.types import Context, Duplicates, History, Policy, SitePolicy, Threshold


async def read_policy(
    conn: Executor, site: Site, scorer: Scorer, version: int | None = None
) -> PolicyAnswer:
    """A site's policy, or one of its old versions. Raises NotFound."""
    put = await store.get_version(conn, site.id, version) if version != 0 else None
    if put is None and version:
        raise NotFound(f"The policy of {site.slug} has no version {version}.")
    policy = put.policy if put else Policy()
    learnt = scorer.thresholds_in("und")
    return PolicyAnswer(
        site=site.slug,
        version=put.version if put else 0,
        policy=policy,
        defaults=Policy(),
        thresholds_in_force={
            label: policy.thresholds.get(label) or learnt.get(label) or Threshold()
            for label in LABELS
        },
        created_by=put.created_by if put else None,
        created_at=put.created_at if put else None,
    )


def for_moderators(answer: PolicyAnswer) -> PolicyAnswer:
    """The same without what may open the check elsewhere: its address may hold a token."""
    external = answer.policy.external
    if external is None:
        return answer
    parts = urlsplit(external.url)
    hidden = msgspec.structs.replace(external, url=f"{parts.scheme}://{parts.hostname}/…")
    policy = msgspec.structs.replace(answer.policy, external=hidden)
    return msgspec.structs.replace(answer, policy=policy)


async def put_policy(pool: Pool, editor: Moderator, site_id: UUID, put: PutPolicy) -> int:
    """Put a policy in force; its version. Raises Invalid, and Conflict with a newer one."""
    await asyncio.to_thread(check_policy, put.policy)
    async with pool.acquire() as conn, conn.transaction():
        await store.lock_policy(conn, site_id)
        newest = await store.get_version(conn, site_id, None)
        version = newest.version if newest else 0
        if put.version is not None and put.version != version:
            raise Conflict(_newer(newest, put.version))
        if not await insert_policy(conn, site_id, version + 1, put.policy, editor.id):
            raise Conflict(f"Version {version + 1} is being put by somebody else.")
        await notify(conn, "policy", str(site_id))
    return version + 1


async def try_text(scorer: Scorer, site_id: UUID, policy: Policy, text: str) -> Tried:
    """Screen a text by a policy, as if somebody without fault had sent it. Stores nothing."""
    context = Context(
        body=text,
        name="",
        website=None,
        article_mode=None,
        policy=SitePolicy(site_id, 0, policy),
        scores=await scorer.score(text, site_id),
        history=History(confirmed=True, published=100, refused=0),
        duplicates=Duplicates(),
        recent_by_reader=0,
        recent_by_address=0,
        sanction=None,
        form_age=timedelta(minutes=1),
        honeypot=False,
    )
    screening = await asyncio.to_thread(screen, context)
    return Tried(screening.verdict, screening.reason, screening.signals)


def _newer(newest: store.PutVersion | None, version: int) -> str:
    if newest is None:
        return f"There is no version {version} yet; nobody has put a policy."
    who = newest.created_by or "the command line"
    return (
        f"Version {newest.version} is in force, put by {who} at "
        f"{newest.created_at:%Y-%m-%d %H:%M} UTC; yours was made from version {version}."
    )
