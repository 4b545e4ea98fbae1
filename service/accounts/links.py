"""One-time links, and the e-mails that carry them: for whom an editor adds, for whoever asks."""

from service.accounts import actions
from service.core.db import Conn
from service.core.mail import Message
from service.core.outbox import post
from service.core.tokens import Keyring
from service.settings import Settings

INVITATION = """\
Hello,

{who} you may work at the moderation desk. This link signs you in; it works once, and until tomorrow
at this time:

    {link}

At the desk, under your name, you can set a password.
"""


def address(base: str, token: str) -> str:
    """Where a one-time token signs in; `base` is the public URL."""
    return f"{base}/desk/#sign-in={token}"


def mails(settings: Settings) -> str | None:
    """The base of the links in e-mails, None where none are sent."""
    return settings.public_url if settings.smtp else None


async def mail_invitation(
    conn: Conn, keyring: Keyring, settings: Settings, email: str, token: str, by: str | None
) -> bool:
    """Send a link that an editor (or, None, the command line) has made; False where none is sent.

    Needs the transaction that makes it.
    """
    base = mails(settings)
    if base is None:
        return False
    who = f"{by} has said that" if by else "From now on"
    text = INVITATION.format(who=who, link=address(base, token))
    message = Message(to=email, subject="Your link to the moderation desk", text=text)
    await post(conn, keyring, "invitation", message, useless_after=actions.LINK_LASTS)
    return True
