"""Reports of mail that came back: believed where they hold our seal, and never what is made up."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from correspondence.conftest import SENDER
from forked import run_command
from letterbox import Mailbox
from support import SECRET
from thread import bearer

from service.articles.types import Site
from service.bounces.actions import Bounces
from service.bounces.reading import HEADER, read_report
from service.core.db import Pool
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.correspondence.sending import From, Postman
from service.correspondence.types import Letter
from service.settings import Settings

BOUNCES = "/v1/mail/bounces"
ANA = "ana@readers.example"
LETTER = Letter(lang="en", subject="S", paragraphs=["P"])


def report(headers: str, fields: str, kind: str = "delivery-status", whole: bool = False) -> bytes:  # noqa: FBT001, FBT002 (a test's switch)
    """A report about a letter with these headers, as mail servers write it."""
    original = "message/rfc822" if whole else "text/rfc822-headers"
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: desk@courier.example\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is the mail system at mx.example.\r\n\r\n"
        f"--b\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n\r\n"
        f"--b\r\nContent-Type: {original}\r\n\r\n{headers}\r\n\r\n--b--\r\n"
    ).encode()


def status(action: str, code: str, said: str = "") -> str:
    return (
        "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; ana@readers.example\r\n"
        f"Action: {action}\r\nStatus: {code}\r\nDiagnostic-Code: smtp; {said}"
    )


def complaint(of: str = "abuse") -> str:
    return f"Feedback-Type: {of}\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1"


@pytest.fixture
async def returned(
    pool: Pool, site: Site, keyring: Keyring, mailing: Settings, letterbox: Mailbox
) -> str:
    """The headers of a letter that has gone out."""
    letterbox.mails.clear()
    async with pool.acquire() as conn, conn.transaction():
        await Postman(keyring, mailing).send(
            conn, From(site.id, site.slug, site.name), ANA, LETTER,
            kind="k", lasts=timedelta(hours=1),
        )  # fmt: skip
    bounces = Bounces(pool, keyring, mailing)
    await PostOffice(pool, keyring, mailing.smtp, SENDER, returns=bounces).sweep()
    (mail,) = letterbox.mails
    assert isinstance(mail, EmailMessage)
    assert "readers" not in mail[HEADER]  # sealed; "ana" may well be in it by chance
    return "\r\n".join(f"{name}: {value}" for name, value in mail.items())


@pytest.mark.parametrize(
    ("action", "code", "said", "kind"),
    [
        ("failed", "5.1.1", "550 5.1.1 No such user", "hard"),
        ("failed", "5.0.0", "550 5.1.1 No such user", "hard"),
        ("failed", "5.0.0", "550 no such user", "hard"),
        ("failed", "5.2.2", "552 5.2.2 Mailbox full", "soft"),
        ("failed", "5.7.1", "550 5.7.1 Blocked", "soft"),
        ("failed", "4.4.7", "Gave up after five days", "soft"),
        ("failed", "", "", "soft"),
        ("delayed", "4.4.1", "Will be tried again", None),
        ("delivered", "2.0.0", "", None),
        ("relayed", "2.0.0", "", None),
    ],
)
def test_what_a_status_means(action: str, code: str, said: str, kind: str | None) -> None:
    found = read_report(report(f"{HEADER}: abc234", status(action, code, said)))
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize("whole", [False, True])
async def test_a_bounce_ends_all_letters_and_a_complaint_those_of_its_site(
    client: httpx.AsyncClient,
    returned: str,
    publisher_key: str,
    pool: Pool,
    whole: bool,  # noqa: FBT001 (a table's column)
) -> None:
    headers = {**bearer(publisher_key), "Content-Type": "message/rfc822"}
    raw = report(returned, complaint(), "feedback-report", whole)
    for _ in range(2):
        answer = await client.post(BOUNCES, content=raw, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"outcome": "stopped"})
    raw = report(returned, status("failed", "5.1.1"), whole=whole)
    await client.post(BOUNCES, content=raw, headers=headers)
    found = await pool.fetch("select reason, site_id is null as all from mail_stop order by 1")
    assert [tuple(row) for row in found] == [("bounced", True), ("complained", False)]


async def test_what_comes_back_for_now_counts_by_days(
    client: httpx.AsyncClient, returned: str, publisher_key: str, pool: Pool
) -> None:
    headers = {**bearer(publisher_key), "Content-Type": "message/rfc822"}
    raw = report(returned, status("failed", "4.2.2", "Mailbox full"))

    async def come_back(days_later: int) -> str:
        await pool.execute("update soft_bounce set last_on = last_on - $1::int", days_later)
        answer = await client.post(BOUNCES, content=raw, headers=headers)
        return str(answer.json()["outcome"])

    assert [await come_back(days) for days in (0, 0, 0, 3, 15, 1)] == ["noted"] * 6
    assert await come_back(2) == "stopped"
    assert await pool.fetchval("select reason from mail_stop") == "bounced"


async def test_a_mail_server_pipes_it(
    client: httpx.AsyncClient, returned: str, mailing: Settings, pool: Pool
) -> None:
    env = {"DATABASE_URL": str(mailing.database_url), "REJOINDER_SECRET": SECRET}
    holiday = b"From: ana@readers.example\r\nSubject: I'm away\r\n\r\nUntil Monday.\r\n"
    done = run_command("mail", "bounce", env=env, stdin=holiday)
    assert (done.returncode, done.stderr) == (0, b"Ignored.\n")
    raw = report(returned, status("failed", "5.1.1")).replace(b"\r\n", b"\n")
    done = run_command("mail", "bounce", env=env, stdin=raw)
    assert (done.returncode, done.stderr) == (0, b"Stopped.\n")
    assert await pool.fetchval("select count(*) from mail_stop") == 1
    away = {**env, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    assert run_command("mail", "bounce", env=away, stdin=raw).returncode == 75


async def test_what_somebody_makes_up_stops_nobody(
    client: httpx.AsyncClient, returned: str, publisher_key: str, pool: Pool
) -> None:
    headers = {**bearer(publisher_key), "Content-Type": "message/rfc822"}
    dsn = status("failed", "5.1.1")
    lines = returned.splitlines()
    other = next(n for n, line in enumerate(lines) if line.startswith(HEADER))
    forged = lines.copy()
    forged[other] = (
        lines[other][:-10] + ("a" if lines[other][-10] != "a" else "b") + lines[other][-9:]
    )
    plain = "\r\n".join(line for line in lines if not line.startswith(HEADER))
    nested = b"Content-Type: message/rfc822\r\n\r\n" * 3000 + lines[other].encode()
    for raw in (
        b"", b"\x00" * 100, b"\xff\xfe" * 1000, returned.encode(), report(plain, dsn),
        report("\r\n".join(forged), dsn), report(f"{HEADER}: ab", dsn), nested,
        report(returned, complaint("not-spam"), "feedback-report"),
        report(returned, dsn)[:300], report(returned, "Action: failed", "disposition-notification"),
    ):  # fmt: skip
        answer = await client.post(BOUNCES, content=raw, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"outcome": "ignored"}), raw[:60]
    assert await pool.fetchval("select count(*) from mail_stop") == 0
    large = report(returned, dsn) + b"x" * (1 << 20)
    assert (await client.post(BOUNCES, content=large, headers=headers)).status_code == 413


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"email": "Ana@readers.example ", "kind": "hard"}, 200, "bounced"),
        ({"email": ANA, "kind": "complaint"}, 200, "complained"),
        ({"email": ANA, "kind": "soft"}, 200, None),
        ({"email": "nobody", "kind": "hard"}, 422, None),
        ({"email": ANA, "kind": "Permanent"}, 422, None),
        ({"email": ANA}, 422, None),
    ],
)
async def test_a_provider_s_word_counts_for_its_site(
    client: httpx.AsyncClient, publisher_key: str, pool: Pool, body: Any, status: int,
    reason: str | None,
) -> None:  # fmt: skip
    answer = await client.post(BOUNCES, json=body, headers=bearer(publisher_key))
    assert answer.status_code == status, answer.text
    found = await pool.fetch("select reason, site_id is null as all from mail_stop")
    assert [tuple(row) for row in found] == ([(reason, False)] if reason else [])
