"""What somebody with no more than another's address, or a link of their own, may try."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from correspondence.conftest import Arrived, confirm, key_in
from correspondence.test_own_page import ANA, CONFIRM, ME, browser, linker, queued
from thread import post

from service.accounts.actions import check_email
from service.articles.types import Site
from service.core import mail
from service.core.db import Pool, uuid7
from service.core.problems import Invalid
from service.core.tokens import Keyring
from service.correspondence.linking import Linker
from service.correspondence.sending import From, Postman
from service.correspondence.types import Letter
from service.settings import Settings

__all__ = ["browser", "linker"]


@pytest.mark.parametrize(
    "email",
    [
        "ana@=?utf-8?q?readers.example?=",
        "ana@=?us-ascii?b?cmVhZGVycy5leGFtcGxl?=",
        "=?utf-8?q?a?=@b.c",
    ],
)
def test_a_mailbox_has_no_second_spelling_that_headers_decode(email: str) -> None:
    with pytest.raises(Invalid):
        check_email("$.email", email)
    message = mail.Message(to=email, subject="S", text="T")
    with pytest.raises(mail.MailError) as refused:
        mail.compose(message, uuid7(), datetime.now(UTC), "desk@courier.example")
    assert refused.value.permanent
    assert not refused.value.nobody


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://e.example"},
    ],
)
async def test_no_other_page_opens_its_author_s_account_in_a_visitor_s_browser(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived, headers: dict[str, str]
) -> None:
    await post(client, "By the attacker.", name="Eve", email="eve@readers.example")
    key = key_in((await arrived())[0])
    form = {"key": key, "do": "confirm"}
    answer = await browser.post(CONFIRM, data=form, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    # Our own page sends no referrer: an older browser says this of it.
    answer = await browser.post(CONFIRM, data=form, headers={"Origin": "null"})
    assert answer.url.path == ME


@pytest.mark.parametrize(("owned", "most"), [(False, 3), (True, 5)])
async def test_no_letter_goes_to_whom_too_many_lie_unopened(
    client: httpx.AsyncClient,
    browser: httpx.AsyncClient,
    arrived: Arrived,
    linker: Linker,
    pool: Pool,
    owned: bool,  # noqa: FBT001 (a table's column)
    most: int,
) -> None:
    await post(client, "Under her address.", **ANA)
    (asked,) = await arrived()
    if owned:
        await confirm(client, asked)
    await browser.post(ME, data={"do": "ask", "email": ANA["email"]})
    (payload,) = await queued(pool)
    for _ in range(8):
        await linker.send(payload)
    assert len(await arrived()) == most
    await pool.execute("update reader_link set created_at = created_at - interval '2 days'")
    await linker.send(payload)
    assert len(await arrived()) == owned


async def test_what_waits_for_who_wants_no_letters_never_goes(
    pool: Pool, site: Site, keyring: Keyring, mailing: Settings, arrived: Arrived
) -> None:
    postman = Postman(keyring, mailing)
    sender = From(site.id, site.slug, site.name)
    letter = Letter(lang="en", subject="S", paragraphs=["P"])

    async def write(conn: Any, to: str, kind: str) -> None:
        await postman.send(conn, sender, to, letter, kind=kind, lasts=timedelta(days=1))

    async with pool.acquire() as conn, conn.transaction():
        for kind in ("confirmation", "page link", "follow", "comments", "digest"):
            await write(conn, ANA["email"], kind)
        await write(conn, "bo@readers.example", "follow")
        await postman.stop(conn, site.id, ANA["email"], "asked")
    rows = await pool.fetch("select recipient, kind from mail order by id")
    assert [tuple(row) for row in rows] == [
        (ANA["email"], "digest"),  # the staff's
        ("bo@readers.example", "follow"),
    ]
    assert len(await arrived()) == 2


async def test_who_says_no_is_asked_no_more_for_it(
    client: httpx.AsyncClient, browser: httpx.AsyncClient, arrived: Arrived
) -> None:
    await post(client, "Under her address.", **ANA)
    (asked,) = await arrived()
    await browser.post(CONFIRM, data={"key": key_in(asked), "do": "deny"})
    await post(client, "Once more.", **ANA)
    assert await arrived() == []
