"""A real SMTP server on this machine, which keeps what it is sent."""

import contextlib
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from live import free_port

PASSWORD = "open sesame"


class Mailbox:
    """What came. `answers` are given before anything is taken, one a message."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.recipients: list[str] = []
        self.answers: list[str] = []
        self.refused: dict[str, str] = {}
        self.signed_in: list[str] = []
        self.encrypted: list[bool] = []
        self.url = ""

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's hook)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.raw.append(content)
        self.recipients += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _kind: str, data: Any
    ) -> Any:
        assert isinstance(data, LoginPassword)
        self.signed_in.append(data.login.decode())
        # "Handled" is a refusal that the authenticator has itself answered: then nobody would.
        return AuthResult(success=data.password.decode() == PASSWORD, handled=False)


@contextlib.contextmanager
def mail_server(*, sign_in: bool = False, tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """Run one; with `sign_in` it takes nothing without the password."""
    box = Mailbox()
    port = free_port()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        tls_context=tls,
        auth_required=sign_in,
        auth_require_tls=False,
        authenticator=box.authenticate,
    )
    box.url = f"smtp://127.0.0.1:{port}"
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
