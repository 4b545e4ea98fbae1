"""What has become of a site's comments since a publisher's system last asked."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from service.core.db import Pool
from service.core.problems import Invalid
from service.integrations import store
from service.integrations.types import (
    ChangedArticle,
    ChangedAuthor,
    ChangedComment,
    ChangeRow,
    Changes,
    Origin,
    Place,
)

NOTHING = UUID(int=0)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
SEPARATOR = "~"  # as it is in every URL

# A transaction that began earlier may end later, on a machine whose clock differs a little: what
# is younger than this is told, and told once more.
SETTLED = 10.0  # seconds


async def read_changes(pool: Pool, site_id: UUID, cursor: str | None, limit: int) -> Changes:
    """A page of changes, in the order in which they were made; raises Invalid."""
    now = time.time() - SETTLED
    # Whoever begins now finds in the ledger what was imported before.
    begin = Place(NOTHING, datetime.fromtimestamp(now, UTC), NOTHING)
    settled, read = read_cursor(cursor) if cursor else (begin, begin)
    rows = await store.list_changes(pool, site_id, read, limit)
    for row in rows:
        last, read = read, _after(read, row)
        settled = _settle(settled, last, read, now)
    more = len(rows) == limit
    latest = {row.id: row for row in rows}
    return Changes(
        items=[_told(row) for row in latest.values()],
        cursor=write_cursor(settled, read if more else settled),
        more=more,
    )


def _after(read: Place, row: ChangeRow) -> Place:
    if row.imported_at:
        return Place(read.change_id, row.imported_at, row.id)
    return msgspec.structs.replace(read, change_id=row.change_id)


def _settle(settled: Place, last: Place, read: Place, now: float) -> Place:
    """Go along while nothing was too young; what comes after that is told again, too."""
    if read.change_id == last.change_id:
        goes_on = settled.imported == last.imported and read.imported_at.timestamp() < now
        return Place(settled.change_id, *read.imported) if goes_on else settled
    goes_on = settled.change_id == last.change_id and read.change_id < first_id_of(now)
    return Place(read.change_id, *settled.imported) if goes_on else settled


def write_cursor(settled: Place, read: Place) -> str:
    """Where the next look begins; and where this one goes on, if it does."""
    places = [settled] if read == settled else [settled, read]
    return SEPARATOR.join(part for place in places for part in _parts(place))


def _parts(place: Place) -> tuple[str, str, str]:
    since = (place.imported_at - LONG_AGO) // timedelta(microseconds=1)
    return str(place.change_id), str(since), str(place.imported_id)


def read_cursor(cursor: str) -> tuple[Place, Place]:
    """What write_cursor wrote; raises Invalid.

    Earlier releases gave the change's id alone, and had left out what was imported since a copy
    began: all of that is told again.
    """
    parts = cursor.split(SEPARATOR)
    if len(parts) == 1:
        parts += ["0", str(NOTHING)]
    try:
        places = [
            Place(UUID(change), LONG_AGO + timedelta(microseconds=int(since)), UUID(ident))
            for change, since, ident in zip(*[iter(parts)] * 3, strict=True)
        ]
        settled, read = places if len(places) > 1 else places * 2
    except (ValueError, OverflowError) as error:
        raise Invalid.field("after", "Expected the cursor of an answer") from error
    return settled, read


def first_id_of(moment: float) -> UUID:
    """The lowest UUIDv7 of a moment, in seconds since 1970 (RFC 9562, section 5.7)."""
    return UUID(int=int(moment * 1000) << 80)


def _told(row: ChangeRow) -> ChangedComment:
    removed = row.status == "removed"
    return ChangedComment(
        id=row.id,
        parent_id=row.parent_id,
        author=ChangedAuthor("" if removed else row.author_name, row.badge, row.subject),
        article=ChangedArticle(row.article_key, row.article_url, row.article_title),
        imported=Origin(row.source, row.source_id) if row.source and row.source_id else None,
        body="" if removed else row.body,
        html="" if removed else row.html,
        status=row.status,
        reason=row.reason,
        version=row.version,
        created_at=row.created_at,
        edited_at=row.edited_at,
    )
