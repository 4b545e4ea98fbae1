"""E-mail: where it is handed in, how a message is made, and what its failure means.

SMTP as in RFC 5321, submission as in RFC 6409 and RFC 8314. Nothing here touches the database; what
is to be sent is kept by `outbox`.
"""

import asyncio
import contextlib
import ipaddress
import re
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal, get_args
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import aiosmtplib
import msgspec

SECONDS = 30.0  # for a whole message; a relay that greylists answers in less
FAREWELL = 5.0  # seconds for QUIT
LONGEST_SUBJECT = 200
# A header of up to 990 characters stays on its line (RFC 5322, section 2.1.1, allows 998): folded,
# an address that fits on none becomes an encoded word, and no mail program reads it as an address.
WIRE = SMTP.clone(cte_type="7bit", max_line_length=990)
SENDER = "Rejoinder"
ENHANCED = re.compile(r"\b5\.(\d{1,3})\.(\d{1,3})\b")
BLAMES_US = re.compile(
    r"relay|auth|polic|spam|block|black|denied|reject|spf|dkim|dmarc|reputation|sender|too many",
    re.IGNORECASE,
)
SUBMISSION, SUBMISSIONS = 587, 465

Tls = Literal["required", "offered", "none"]


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in. `implicit`: TLS from the first byte (smtps)."""

    host: str
    port: int
    username: str | None
    password: str | None
    implicit: bool
    tls: Tls


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One e-mail to one address; `html` says the same as `text`.

    `sender` is the name that the recipient sees; `headers` are further ones, of one line each.
    """

    to: str
    subject: str
    text: str
    html: str | None = None
    sender: str = SENDER
    headers: dict[str, str] = {}


class MailError(Exception):
    """A message was not taken. `permanent`: the same again is refused again.

    `nobody`: whatever is written to that address is, because there is no such mailbox.
    """

    def __init__(self, text: str, *, permanent: bool, nobody: bool = False) -> None:
        """`text` names neither the recipient nor what was written."""
        super().__init__(text)
        self.permanent = permanent
        self.nobody = nobody


def parse_server(url: str) -> Server:
    """Read `smtp[s]://[user:password@]host[:port][?tls=required|offered|none]`.

    Raises ValueError. With smtp, TLS is required as soon as a password would be sent to another
    machine, and else taken where it is offered.
    """
    parts = urlsplit(url)
    # Not strict: that would repeat what stands there, which may be half a password.
    query = parse_qs(parts.query, keep_blank_values=True)
    tls = query.pop("tls", [None])[0]
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or query or parts.fragment:
        raise ValueError("must be like smtp://user:password@mail.example:587")
    if parts.path not in {"", "/"} or (tls is not None and tls not in get_args(Tls)):
        raise ValueError("takes ?tls=required, ?tls=offered or ?tls=none, and no path")
    implicit = parts.scheme == "smtps"
    safe = parts.username is None or _is_here(parts.hostname)
    return Server(
        host=parts.hostname,
        port=parts.port or (SUBMISSIONS if implicit else SUBMISSION),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or "") if parts.username else None,
        implicit=implicit,
        tls=msgspec.convert(tls or ("offered" if safe else "required"), Tls),
    )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def compose(message: Message, ident: UUID, written_at: datetime, sender: str) -> EmailMessage:
    """The message as it goes out; its Message-ID is made of `ident`.

    So a message that is sent again, because nobody knows whether it was taken, can be told from a
    new one. Raises MailError for an address that no header can hold.
    """
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = Address(_line(message.sender), addr_spec=sender)
        mail["To"] = Address(addr_spec=message.to)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise MailError("Not an address that mail can be sent to", permanent=True) from error
    # Headers decode encoded words: it would go to somebody whom no limit and no list has counted.
    if [one.addr_spec for one in mail["To"].addresses] != [message.to]:
        raise MailError("Not an address that mail can be sent to", permanent=True)
    mail["Subject"] = _line(message.subject)[:LONGEST_SUBJECT]
    mail["Date"] = format_datetime(written_at)
    mail["Message-ID"] = f"<{ident.hex}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday notices don't answer it
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    for name, value in message.headers.items():
        mail[name] = _line(value)
    return mail


def _line(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()


async def send(server: Server, mail: EmailMessage) -> None:
    """Hand one message in, within 30 seconds from first to last; raises MailError."""
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.implicit,
        start_tls={"required": True, "offered": None, "none": False}[server.tls]
        if not server.implicit
        else False,
        timeout=SECONDS,
    )
    try:
        # The library's own limit is for each command: a slow server would outlast the lease.
        async with asyncio.timeout(SECONDS):
            await client.connect()
            await _hand_in(client, mail)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise MailError(
            _words(error), permanent=_is_permanent(error), nobody=_is_nobody(error)
        ) from error
    finally:
        # Outside of the limit: what was taken is taken, however long the farewell is.
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=FAREWELL)
        client.close()


async def _hand_in(client: aiosmtplib.SMTP, mail: EmailMessage) -> None:
    sender, to = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
    if sender.isascii() and to.isascii():
        await client.sendmail(sender, [to], mail.as_bytes(policy=WIRE))
    else:  # by SMTPUTF8 (RFC 6531), where the server has it
        written = mail.as_bytes(policy=WIRE.clone(utf8=True))
        await client.sendmail(sender, [to], written, mail_options=["SMTPUTF8"])


def _is_permanent(error: Exception) -> bool:
    """What the recipient or the text is refused for (5yz, RFC 5321, section 4.2.1).

    All else, a refused sign-in or sender included, is the operator's to mend meanwhile.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(_is_permanent(refused) for refused in error.recipients)
    refused = isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
    return refused and getattr(error, "code", 0) >= 500  # noqa: PLR2004 (the protocol's number)


def _is_nobody(error: Exception) -> bool:
    """Whether the address itself was refused for good.

    Not where a server says that it doesn't relay, or finds fault with the sender: it says so of
    every recipient, and of all of them wrongly.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(_is_nobody(refused) for refused in error.recipients)
    if not isinstance(error, aiosmtplib.SMTPRecipientRefused):
        return False
    return no_mailbox(error.code, str(error.message))


def no_mailbox(code: int, text: str) -> bool:
    """Whether a reply to RCPT means that nobody has this address, now or later.

    Where there is an enhanced code (RFC 3463), that alone says it: what is wrong with the address
    (X.1) except with the sender's (X.1.7, X.1.8), and a mailbox that is switched off (X.2.1).
    """
    enhanced = ENHANCED.search(text)
    if enhanced:
        kind, detail = int(enhanced[1]), int(enhanced[2])
        return (kind == 1 and detail not in {7, 8}) or (kind, detail) == (2, 1)
    return code in {550, 551, 553, 556} and not BLAMES_US.search(text)


def _words(error: Exception) -> str:
    """What went wrong, without the addresses and texts that servers put into their answers."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return _words(error.recipients[0])
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{type(error).__name__.removeprefix('SMTP')}: the server answered {error.code}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
