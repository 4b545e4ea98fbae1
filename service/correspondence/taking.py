"""Taking along all that is kept of oneself, as one JSON object (GDPR, articles 15 and 20)."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from service.articles.types import Site
from service.comments.contesting import contester
from service.core.db import Executor, Pool
from service.core.tokens import Keyring
from service.correspondence import own_store
from service.correspondence import taking_store as store
from service.correspondence.own import item
from service.correspondence.sending import Postman
from service.correspondence.taking_types import OwnLetters, Person, TakenItem, TypedItem
from service.correspondence.types import Mine

AT_ONCE = 200


async def export(
    pool: Pool, keyring: Keyring, postman: Postman, site: Site, reader_id: UUID
) -> AsyncIterator[bytes]:
    """All that is kept of a reader, in flat memory but for letters, which are few."""
    person = await store.get_person(pool, reader_id)
    head = {
        "site": site.slug,
        "exported_at": datetime.now(UTC),
        "reader": person,
        "sanctions": await store.list_sanctions(pool, reader_id),
        "browsers": await store.list_browsers(pool, reader_id),
        "follows": await store.list_follows(pool, site.id, person.address)
        if person.address
        else [],
        "letters": await _letters(pool, postman, site, person.address) if person.address else None,
    }
    yield msgspec.json.encode(head)[:-1] + b',"comments":['
    async for some in _joined(_comments(pool, keyring, reader_id)):
        yield some
    yield b'],"under_address":['
    async for some in _joined(_typed(pool, site, person)):
        yield some
    yield b"]}\n"


async def _joined(
    batches: AsyncIterator[Sequence[TakenItem] | Sequence[TypedItem]],
) -> AsyncIterator[bytes]:
    begun = False
    async for batch in batches:
        yield (b"," if begun else b"") + b",".join(msgspec.json.encode(one) for one in batch)
        begun = True


async def _letters(pool: Executor, postman: Postman, site: Site, address: str) -> OwnLetters:
    lang, went = await store.get_recipient(pool, site.id, address)
    hashed = postman.hash_of(address)
    return OwnLetters(
        lang=lang,
        went=went,
        stopped=await store.list_stops(pool, site.id, hashed),
        came_back=await store.count_came_back(pool, hashed),
        waiting=await store.list_waiting(pool, site.id, address),
        links=await store.list_links(pool, site.id, address),
        told=await store.list_notices(pool, site.id, address),
    )


async def _comments(
    pool: Pool, keyring: Keyring, reader_id: UUID
) -> AsyncIterator[list[TakenItem]]:
    at = None
    while rows := await own_store.list_mine(pool, reader_id, at, AT_ONCE):
        yield await _whole(pool, keyring, rows)
        at = (rows[-1].created_at, rows[-1].id)


async def _whole(pool: Pool, keyring: Keyring, rows: Sequence[Mine]) -> list[TakenItem]:
    ids = [row.id for row in rows]
    beside = await store.get_beside(pool, ids)
    decisions = await store.list_decisions(pool, ids)
    judgements = await store.list_judgements(pool, ids)
    contests = await store.list_contests(pool, ids, [contester(keyring, ident) for ident in ids])
    sources = await store.list_sources(pool, ids)
    return [
        TakenItem(
            **msgspec.structs.asdict(item(row)),
            beside=beside[row.id],
            decisions=decisions.get(row.id, []),
            judgements=judgements.get(row.id, []),
            contests=contests.get(row.id, []),
            sources=sources.get(row.id, []),
        )
        for row in rows
        if row.id in beside
    ]


async def _typed(pool: Pool, site: Site, person: Person) -> AsyncIterator[list[TypedItem]]:
    """What stands under a confirmed address; the publisher's word for one proves nothing here."""
    if person.address is None or person.subject is not None:
        return
    after = None
    while rows := await store.list_typed(pool, site.id, person.address, after, AT_ONCE):
        yield rows
        after = rows[-1].id
