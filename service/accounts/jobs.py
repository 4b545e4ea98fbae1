"""Background work of accounts: sign-in links for those who ask for one."""

from datetime import timedelta

from service.accounts import actions, store
from service.accounts.links import address, mails
from service.accounts.types import Moderator
from service.core.db import Conn, Pool
from service.core.jobs import Job, enqueue
from service.core.mail import Message
from service.core.outbox import post
from service.core.tokens import Keyring
from service.settings import Settings

LINK_JOB = "accounts.link"
LASTS = timedelta(hours=1)

ASKED = """\
Hello,

this link signs you in at the moderation desk; it works once, and for one hour:

    {link}

If it wasn't you who asked for it, you needn't do anything: nobody else has got it.
"""


async def ask_for_link(conn: Conn, keyring: Keyring, email: str) -> None:
    """Have a link sent to whoever has this address. Nothing is looked up: a job does that.

    So the answer, and how long it takes, tells nobody whether there is such a moderator.
    """
    key = f"{LINK_JOB}:{keyring.digest('account', email).hex()}"
    await enqueue(conn, LINK_JOB, email.encode(), key=key)


class LinkSender:
    """What the worker does for those who have asked for a link."""

    def __init__(self, pool: Pool, keyring: Keyring, settings: Settings) -> None:
        """Opens nothing."""
        self._pool = pool
        self._keyring = keyring
        self._settings = settings

    async def send(self, payload: bytes) -> None:
        """Make and send a link, if the address that is the payload is a moderator's."""
        base = mails(self._settings)
        async with self._pool.acquire() as conn, conn.transaction():
            found = await store.get_moderator_by_email(conn, payload.decode())
            if found is not None and base is not None:
                await self._send(conn, found, base)

    async def _send(self, conn: Conn, moderator: Moderator, base: str) -> None:
        token = await actions.create_link(conn, moderator.id, LASTS)
        text = ASKED.format(link=address(base, token))
        message = Message(to=moderator.email, subject="Your sign-in link", text=text)
        await post(conn, self._keyring, "sign-in link", message, useless_after=LASTS)

    def jobs(self) -> list[Job]:
        """The kinds of work that accounts enqueue."""
        return [Job(LINK_JOB, self.send)]
