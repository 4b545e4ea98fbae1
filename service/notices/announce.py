"""The one way out of a notice: whoever is to hear of it does, in the caller's transaction."""

from datetime import timedelta

import msgspec

from service.core.db import Conn
from service.core.metrics import NOTICES
from service.core.outbox import post
from service.core.tokens import Keyring
from service.notices.letters import Letter, alarm_letter, compose, digest_letter
from service.notices.types import Alarm, Digest, Newsroom
from service.settings import Settings
from service.webhooks.store import insert_event
from service.webhooks.types import EventKind

KINDS = ("alarm", "digest", "test")
# Of no use to anybody any later.
ALARM_LASTS = timedelta(hours=6)
DIGEST_LASTS = timedelta(hours=20)
TEST_LASTS = timedelta(hours=1)


class Announcer:
    """Tells a site's recipients."""

    def __init__(self, keyring: Keyring, settings: Settings) -> None:
        """Without a mail server nothing is written that would be sent late, once there is one."""
        self._keyring = keyring
        self._mail = settings.smtp is not None
        self._desk = f"{settings.public_url}/desk/" if settings.public_url else None

    async def announce(self, conn: Conn, room: Newsroom, payload: Alarm | Digest) -> None:
        """Tell of an alarm's turn or a digest: the caller's transaction says that it is so.

        A webhook that has asked for `desk.alarm` or `desk.digest` gets the payload as it is.
        """
        kind: EventKind = "desk.alarm" if isinstance(payload, Alarm) else "desk.digest"
        await insert_event(conn, room.site_id, kind, msgspec.json.encode(payload))
        if isinstance(payload, Alarm):
            NOTICES.labels(payload.alarm).inc()
            await self.mail(conn, room, alarm_letter(payload, room), "alarm", ALARM_LASTS)
        else:
            NOTICES.labels("digest").inc()
            letter = digest_letter(payload, room)
            await self.mail(conn, room, letter, "digest", DIGEST_LASTS)

    async def mail(
        self, conn: Conn, room: Newsroom, letter: Letter, kind: str, lasts: timedelta
    ) -> int:
        """Write a letter to each recipient; to how many."""
        if not self._mail:
            return 0
        for recipient in room.rules.recipients:
            message = compose(letter, room, self._desk, recipient)
            await post(
                conn, self._keyring, kind, message, site_id=room.site_id, useless_after=lasts
            )
        return len(room.rules.recipients)
