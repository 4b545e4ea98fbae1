"""Whose a name is: whoever confirms an address takes one, and may take another one later."""

from uuid import UUID

from service.articles.types import Site
from service.comments import rules
from service.core.db import Conn
from service.core.limits import Limit
from service.core.problems import Invalid, Told
from service.core.text import SURROGATE
from service.correspondence import own_store, store
from service.readers.types import SignedIn
from service.screening.names import name_key

# Of one reader: whoever takes one name after another is somebody else each day.
RENAMES = Limit("reader-name", burst=3, every=86_400)


async def take_name(conn: Conn, site_id: UUID, address: str, name: str) -> tuple[str, str]:
    """The name as it is shown, and its key, which nobody else has while the transaction lasts.

    Raises Invalid for none, and for one of the staff, of another reader, or that looks like one.
    """
    if SURROGATE.search(name):
        raise Invalid.field("$.name", "Contains a lone surrogate", Told("characters"))
    shown = rules.check_name(name)
    key = name_key(shown)
    await store.lock_name(conn, site_id, key)
    if await store.is_reserved(conn, site_id, key, address):
        raise Invalid.field(
            "$.name", "This name belongs to somebody else here; choose another", Told("name_taken")
        )
    return shown, key


async def rename(conn: Conn, site: Site, reader: SignedIn, name: str) -> str:
    """Have a reader who has confirmed an address write under another name from now on.

    What they wrote keeps its name: it was screened with it. So is this one with what they write
    next. Raises Invalid. Needs a transaction.
    """
    shown, key = await take_name(conn, site.id, reader.reader.email or "", name)
    await own_store.update_name(conn, reader.id, shown, key)
    return shown
