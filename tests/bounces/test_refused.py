"""Addresses that a mail server refuses: for good, for now, or for a fault of ours."""

from datetime import timedelta

import pytest
from correspondence.conftest import SENDER
from forked import run_command
from letterbox import Mailbox
from support import SECRET

from service.articles.types import Site
from service.bounces.actions import Bounces
from service.bounces.store import count_stopped
from service.core.db import Pool
from service.core.mail import no_mailbox
from service.core.outbox import PostOffice
from service.core.tokens import Keyring
from service.correspondence.sending import From, Postman
from service.correspondence.types import Letter
from service.settings import Settings

LETTER = Letter(lang="en", subject="S", paragraphs=["P"])


@pytest.mark.parametrize(
    ("code", "text", "nobody"),
    [
        (550, "5.1.1 <ana@readers.example>: user unknown", True),
        (550, "5.1.10 null MX", True),
        (550, "5.2.1 mailbox disabled", True),
        (550, "no such user here", True),
        (551, "user not local", True),
        (553, "mailbox name not allowed", True),
        (556, "domain does not accept mail", True),
        (552, "5.2.2 mailbox full", False),
        (550, "5.7.1 relaying denied", False),
        (550, "5.1.8 sender's domain doesn't exist", False),
        (550, "5.7.26 unauthenticated", False),
        (550, "relay not permitted", False),
        (554, "5.7.1 service refused: your address is listed", False),
        (550, "rejected due to the sender's reputation", False),
        (503, "need MAIL first", False),
    ],
)
def test_what_a_refusal_means(code: int, text: str, nobody: bool) -> None:  # noqa: FBT001 (a table's column)
    assert no_mailbox(code, text) is nobody


async def test_who_isn_t_there_is_written_to_once_and_a_fault_of_ours_stops_nobody(
    pool: Pool, site: Site, keyring: Keyring, mailing: Settings, letterbox: Mailbox
) -> None:
    postman = Postman(keyring, mailing)
    bounces = Bounces(pool, keyring, mailing)
    office = PostOffice(pool, keyring, mailing.smtp, SENDER, returns=bounces)
    letterbox.mails.clear()
    refusals = {
        "gone@readers.example": "550 5.1.1 No such user",
        "relay@readers.example": "550 5.7.1 Relaying denied",
        "busy@readers.example": "450 4.2.1 Try again",
        "there@readers.example": None,
    }
    letterbox.refused.update({who: said for who, said in refusals.items() if said})

    async def write() -> dict[str, bool]:
        async with pool.acquire() as conn, conn.transaction():
            return {
                who: await postman.send(
                    conn, From(site.id, site.slug, site.name), who, LETTER,
                    kind="k", lasts=timedelta(hours=1),
                ) is not None
                for who in refusals
            }  # fmt: skip

    assert all((await write()).values())
    await office.sweep()
    assert [str(mail["To"]) for mail in letterbox.mails] == ["there@readers.example"]
    assert await write() == {who: who != "gone@readers.example" for who in refusals}
    stopped = await count_stopped(pool, site.id)
    assert (stopped.bounced, stopped.asked, stopped.complained) == (1, 0, 0)
    assert await pool.fetchval("select site_id is null from mail_stop")
    letterbox.refused.clear()
    env = {"DATABASE_URL": str(mailing.database_url), "REJOINDER_SECRET": SECRET}
    shown = run_command("mail", "show", "Gone@readers.example", env=env)
    assert b"every site  bounced" in shown.stdout, shown.stderr
    run_command("mail", "allow", "gone@readers.example", env=env)
    assert all((await write()).values())
    assert b"gets letters" in run_command("mail", "show", "gone@readers.example", env=env).stderr
