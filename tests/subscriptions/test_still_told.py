"""What was noted for a letter is told only if it still may be when the letter goes."""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from letterbox import Mailbox
from subscriptions.conftest import Join, Reader, Told, reply
from thread import bearer

from service.core.db import Pool
from service.core.outbox import PostOffice

HOUR = 60
HAPPENS = ["nothing", "reader banned", "author banned", "owner banned", "switched off", "removed"]

# Under an address that Bo has confirmed, without the token.
STRANGER = {"name": "Cy", "email": "bo@readers.example"}

Befall = Callable[[str, Reader, str], Awaitable[None]]


@pytest.fixture
def befall(
    client: httpx.AsyncClient, pool: Pool, moderator_token: str, editor_token: str
) -> Befall:
    """Have something happen after a reply was noted: to its reader, to whoever wrote it."""

    async def ban(comment: str, *, owner: bool = False) -> None:
        query = "select reader_id from comment where id = $1"
        if owner:
            query = f"""
            select o.id from reader r join reader o on o.contact = r.email where r.id = ({query})
            """
        ident = await pool.fetchval(query, comment)
        made = await client.post(
            f"/v1/moderation/readers/{ident}/sanctions",
            json={"kind": "ban", "reason": "Rude"},
            headers=bearer(moderator_token),
        )
        assert made.status_code == 201

    async def befall(what: str, to: Reader, answer: str) -> None:
        if what == "reader banned":
            await ban(to.comment)
        elif what == "author banned":
            await ban(answer)
        elif what == "owner banned":
            await ban(answer, owner=True)
        elif what == "switched off":
            where = "/v1/moderation/sites/default"
            off = {"confirm_readers": False}
            done = await client.patch(where, json=off, headers=bearer(editor_token))
            assert done.status_code == 200
        elif what == "removed":
            await pool.execute("update comment set status = 'removed' where id = $1", to.comment)

    return befall


@pytest.mark.parametrize("what", HAPPENS)
async def test_a_letter_that_waits_for_its_hour(
    client: httpx.AsyncClient, join: Join, told: Told, befall: Befall, pool: Pool, what: str
) -> None:
    ana, _ = await join(), await join("Bo", notify=False)
    await reply(client, ana.comment, "The first.", name="Di")
    assert len(await told()) == 1
    answer = await reply(client, ana.comment, **STRANGER)
    assert await told(7) == []
    assert await pool.fetchval("select count(*) from notification where told_at is null") == 1
    await befall(what, ana, answer)
    assert len(await told(HOUR + 7)) == (what == "nothing")
    assert await pool.fetchval("select count(*) from notification where told_at is null") == 0


@pytest.mark.parametrize("what", HAPPENS)
async def test_a_letter_that_waits_for_the_mail_server(
    client: httpx.AsyncClient,
    join: Join,
    told: Told,
    befall: Befall,
    office: PostOffice,
    letterbox: Mailbox,
    pool: Pool,
    what: str,
) -> None:
    ana, _ = await join(), await join("Bo", notify=False)
    answer = await reply(client, ana.comment, **STRANGER)
    letterbox.answers.append("451 Later")
    assert await told() == []
    await befall(what, ana, answer)
    letterbox.mails.clear()
    await pool.execute("update mail set next_at = now()")
    await office.sweep()
    assert [mail["To"] for mail in letterbox.mails] == ["ana@readers.example"] * (what == "nothing")
    assert await told(100) == []
    assert await pool.fetchval("select count(*) from mail") == 0


async def test_who_is_banned_hears_nothing_of_what_they_follow(
    client: httpx.AsyncClient, join: Join, told: Told, befall: Befall
) -> None:
    ana = await join(notify=False)
    page = {"article": {"url": "https://news.example/a-1", "title": ""}}
    where = "/v1/sites/default/articles/a-1"
    done = await client.post(f"{where}/follow", json=page, headers=bearer(ana.token))
    assert done.status_code == 200
    other = {"name": "Cy", "email": "cy@readers.example", "body": "Heard.", **page}
    assert (await client.post(f"{where}/comments", json=other)).status_code == 201
    assert len(await told()) == 1
    assert (await client.post(f"{where}/comments", json=other | {"body": "Not."})).is_success
    await befall("reader banned", ana, "")
    assert await told(HOUR + 7) == []
