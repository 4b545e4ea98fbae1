"""What people say of comments is remembered and weighed, once; what they take back is not."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from compat.akismet_site import BLOG, FRIENDLY, SPAM, AkismetSite
from hypothesis import given
from hypothesis import strategies as st
from support import plan_nodes

from service.compat import akismet_store as store
from service.compat.akismet_senders import Senders, senders_of
from service.compat.akismet_store import Sender
from service.compat.akismet_types import SenderKind, Submission
from service.core.db import Conn, Pool, open_pool, uuid7
from service.core.tokens import Keyring

WHO: dict[str, Any] = {
    "comment_author": "Loud Larry",
    "comment_author_email": "larry@loud.example",
    "comment_author_url": "https://www.larry-loud.example",
}
DAY = datetime.now(UTC).date()


def submission(**fields: Any) -> Submission:
    return Submission(**{"blog": BLOG, "user_ip": "81.2.69.142", **fields})


def kinds(senders: list[Sender]) -> list[str]:
    return [sender.kind for sender in senders]


def test_a_sender_is_known_by_what_stays_the_same(keyring: Keyring) -> None:
    one = submission(
        user_ip="2001:4860:4860:1::1", author="L\u043eud  Larry", email="Larry@Loud.example",
        url="https://www.shop.example/a", content="See http://news.example/b and http://x.example",
    )  # fmt: skip
    other = submission(
        user_ip="2001:4860:4860:1:ffff::2", author="loud larry", email="larry@loud.EXAMPLE",
        url="shop.example", content="http://x.example/else?x",
    )  # fmt: skip
    senders = senders_of(keyring, one)
    assert senders == senders_of(keyring, other)
    # The site's own host is no sign of anybody.
    assert kinds(senders) == ["address", "author", "email", "host", "host"]
    assert all(len(sender.digest) == 16 for sender in senders)
    elsewhere = senders_of(Keyring(b"another secret that is long enough"), one)
    assert {s.digest for s in senders}.isdisjoint(s.digest for s in elsewhere)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "::1", "unknown", "", "192.168.0.1"])
def test_an_address_that_is_nobodys_alone_is_not_recorded(keyring: Keyring, address: str) -> None:
    assert senders_of(keyring, submission(user_ip=address)) == []


@given(
    st.builds(
        submission,
        user_ip=st.text(),
        author=st.text(),
        email=st.text(),
        url=st.text(),
        content=st.text(),
    )
)
def test_no_text_breaks_the_digests(sent: Submission) -> None:
    senders = senders_of(Keyring(b"a secret of tests, long enough to be one"), sent)
    assert senders == sorted(set(senders))


async def test_checks_are_counted(blog: AkismetSite) -> None:
    await blog.check(**WHO)
    await blog.check(**WHO, comment_content=SPAM)
    await blog.check(**WHO, recheck_reason="edit")
    counted = await blog.records()
    assert counted["address"] == counted["author"] == counted["email"] == (2, 1, 0, 0)
    assert counted["host"][2:] == (0, 0)


async def test_own_verdicts_change_nothing(blog: AkismetSite) -> None:
    for _ in range(30):
        assert await blog.check(**WHO, comment_content=SPAM) == "true"
    await blog.records()
    assert await blog.check(**WHO) == "false"


async def test_reports_of_a_sender_count(blog: AkismetSite) -> None:
    sent = {**WHO, "comment_content": "Thanks for the article, very informative for my cousin."}
    assert await blog.check(**sent) == "false"
    for number in range(4):
        await blog.say("spam", **WHO, comment_content=f"{FRIENDLY} {number}")
    assert await blog.check(**sent) == "true"
    # Somebody else who says the same isn't suspected.
    assert await blog.check(user_ip="81.2.69.7", comment_content=sent["comment_content"]) == "false"
    assert (await blog.records())["email"][2:] == (4, 0)


async def test_a_text_that_was_reported_is_spam_from_anybody(blog: AkismetSite) -> None:
    await blog.say("spam", **WHO)
    assert await blog.check(user_ip="81.2.69.7") == "true"
    await blog.say("ham", **WHO)
    assert await blog.check(user_ip="81.2.69.7") == "false"


async def test_a_report_is_kept_for_an_editor_to_trust(blog: AkismetSite) -> None:
    await blog.say("spam", comment_content=f"  {FRIENDLY}\0 ")
    assert await blog.examples() == [(FRIENDLY, "spam", "submit-spam", False)]
    await blog.change_key(trusted=True)
    await blog.say("ham", comment_content="A fine remark.")
    assert (await blog.examples())[1] == ("A fine remark.", "ham", "submit-ham", True)
    assert await blog.used() == (2, 0, 0, 1, 1)


async def test_a_report_sent_twice_counts_once(blog: AkismetSite) -> None:
    for _ in range(3):
        await blog.say("spam", **WHO)
    assert await blog.examples() == [(FRIENDLY, "spam", "submit-spam", False)]
    assert set((await blog.records()).values()) == {(0, 0, 1, 0)}
    assert await blog.used() == (3, 0, 0, 1, 0)


async def test_a_report_sent_twice_at_once_counts_once(blog: AkismetSite) -> None:
    await asyncio.gather(*(blog.say("spam", **WHO) for _ in range(8)))
    assert set((await blog.records()).values()) == {(0, 0, 1, 0)}


async def test_the_same_spam_from_another_address_counts_for_that(blog: AkismetSite) -> None:
    await blog.say("spam", user_ip="81.2.69.1")
    await blog.say("spam", user_ip="81.2.69.2")
    await blog.say("spam", user_ip="81.2.69.2")
    assert (await blog.records())["address"] == (0, 0, 2, 0)


async def test_the_opposite_takes_back_what_was_said(blog: AkismetSite) -> None:
    await blog.say("spam", **WHO)
    await blog.say("ham", **WHO)
    assert set((await blog.records()).values()) == {(0, 0, 0, 1)}
    assert await blog.examples() == [(FRIENDLY, "ham", "submit-ham", False)]
    await blog.say("spam", **WHO)
    assert set((await blog.records()).values()) == {(0, 0, 1, 0)}


async def test_what_was_said_days_ago_is_taken_back_too(blog: AkismetSite) -> None:
    await blog.say("spam", **WHO, comment_content=f"{FRIENDLY} One.")
    await blog.state["pool"].execute("update sender_day set day = day - 3")
    await blog.say("spam", **WHO, comment_content=f"{FRIENDLY} Two.")
    await blog.state["pool"].execute("update sender_day set day = day - 2")
    await blog.say("ham", **WHO, comment_content=f"{FRIENDLY} Two.")
    assert set((await blog.records()).values()) == {(0, 0, 1, 1)}


async def test_without_a_text_only_the_sender_is_remembered(blog: AkismetSite) -> None:
    for _ in range(2):
        await blog.say("spam", **WHO, comment_content="")
    assert await blog.examples() == []
    assert set((await blog.records()).values()) == {(0, 0, 1, 0)}


async def test_a_report_that_fails_leaves_nothing(blog: AkismetSite) -> None:
    pool = blog.state["pool"]
    await pool.execute("alter table key_usage add constraint no_spam check (missed_spam = 0)")
    answer = await blog.ask("submit-spam", **WHO)
    assert (answer.status_code, answer.headers["content-type"][:10]) == (500, "text/plain")
    assert await blog.examples() == []
    assert await blog.records() == {}


async def test_a_long_text_is_cut(blog: AkismetSite) -> None:
    await blog.say("spam", comment_content="ab " * 15_000)
    [example] = await blog.examples()
    assert len(example[0]) == 20_480


async def test_reports_and_checks_at_once_never_block_each_other(
    blog: AkismetSite, database_url: str
) -> None:
    key = await blog.key()
    async with open_pool(database_url) as other:
        senders = [Senders(blog.state["pool"]), Senders(other)]

        async def check(number: int) -> None:
            one = senders[number % 2]
            found = [Sender("author", bytes([n])) for n in range(number % 7, 40)]
            one.count(key.site_id, found, taken=number % 3 == 0)
            await one.write()

        async def report(number: int) -> None:
            await blog.say(
                "spam" if number % 2 else "ham",
                user_ip=f"81.2.69.{number % 3}",
                comment_author=f"Larry {number % 3}",
                comment_content=f"{FRIENDLY} {number % 4}",
            )

        await asyncio.gather(*(work(n) for n in range(40) for work in (check, report)))
    checked = await blog.state["pool"].fetchval("select sum(checked) from sender_day")
    assert checked == sum(40 - number % 7 for number in range(40))
    wrong = await blog.state["pool"].fetchval(
        "select count(*) from sender_day where spam < 0 or ham < 0"
    )
    assert wrong == 0


async def test_checks_of_two_days_wait_for_a_report_and_not_it_for_them(
    blog: AkismetSite,
) -> None:
    """Around midnight: a report has locked today's row, and takes back what yesterday's says."""
    pool: Pool = blog.state["pool"]
    key, senders, one = await blog.key(), Senders(pool), Sender("author", b"a")
    for day in (DAY - timedelta(days=1), DAY):
        senders._tally.count((key.site_id, one, day), (True,))
    await senders.write()
    await pool.execute("update sender_day set spam = 1 where day < $1", DAY)
    for day in (DAY - timedelta(days=1), DAY):
        senders._tally.count((key.site_id, one, day), (True,))
    async with pool.acquire() as conn, conn.transaction():
        await store.lock_senders(conn, key.site_id, [one], DAY)
        writing = asyncio.create_task(senders.write())
        waits = "select count(*) from pg_locks where not granted"
        for _ in range(1000):
            if await pool.fetchval(waits):
                break
            await asyncio.sleep(0.01)
        await store.take_back(conn, key.site_id, [one], "spam")
    await writing
    rows = await pool.fetch("select checked, taken, spam from sender_day")
    assert [tuple(row) for row in rows] == [(2, 2, 0)] * 2


async def test_while_the_database_is_away_counts_wait(pool: Pool) -> None:
    site = uuid7()
    senders = Senders(pool)
    senders.count(site, [Sender("email", b"a")], taken=True)
    with pytest.raises(Exception, match="site"):
        await senders.write()
    await pool.execute(
        "insert into site (id, slug, name, origins) values ($1, 'late', 'L', '{}')", site
    )
    senders.count(site, [Sender("email", b"a")], taken=False)
    await senders.close()
    row = await pool.fetchrow("select checked, taken from sender_day")
    assert tuple(row) == (2, 1)


@pytest.fixture
async def site_id(conn: Conn) -> Any:
    ident = uuid7()
    await conn.execute(
        "insert into site (id, slug, name, origins) values ($1, 'known', 'K', '{}')", ident
    )
    return ident


async def test_a_record_adds_up_thirty_days_of_one_site(conn: Conn, site_id: Any) -> None:
    sender = Sender("email", b"one")
    for age in (0, 29, 40):
        day = DAY - timedelta(days=age)
        await store.add_checks(conn, [(site_id, sender, day, 2, 1)])
    [record] = await store.list_records(conn, site_id, [sender, Sender("email", b"two")])
    assert (record.kind, record.checked, record.taken) == ("email", 4, 2)
    assert await store.list_records(conn, uuid7(), [sender]) == []
    assert await store.list_records(conn, site_id, []) == []


async def test_what_was_never_said_cant_be_taken_back(conn: Conn, site_id: Any) -> None:
    senders = [Sender(kind, b"x") for kind in sorted(get_args(SenderKind))]
    await store.lock_senders(conn, site_id, senders, DAY)
    await store.take_back(conn, site_id, senders, "spam")
    assert {(r.spam, r.ham) for r in await store.list_records(conn, site_id, senders)} == {(0, 0)}


async def test_a_check_reads_indexes_however_much_is_known(pool: Pool) -> None:
    site, key = uuid7(), uuid7()
    await pool.execute(
        "insert into site (id, slug, name, origins) values ($1, 'large', 'L', '{}')", site
    )
    await pool.execute(
        "insert into api_key (site_id, id, token_hash, scopes) values ($1, $2, '\\x00', '{}')",
        site,
        key,
    )
    await pool.execute(
        """
        insert into sender_day (site_id, kind, digest, day, checked)
        select $1, 'email', sha256(n::text::bytea), current_date - n % 30, 1
        from generate_series(1, 20000) n
        """,
        site,
    )
    await pool.execute(
        """
        insert into example (site_id, id, api_key_id, text, text_hash, label, source, trusted)
        select $1, gen_random_uuid(), $2, n::text, sha256(n::text::bytea), 'spam', 'submit-spam',
            false
        from generate_series(1, 5000) n
        """,
        site,
        key,
    )
    await pool.execute("analyze sender_day, example")
    for sql, arguments in (
        (store.RECORDS, (site, ["email"] * 4, [bytes([n]) * 16 for n in range(4)], "30 days")),
        (store.SAID, (key, FRIENDLY)),
    ):
        found = await pool.fetchval(f"explain (format json) {sql}", *arguments)
        nodes = plan_nodes(json.loads(found)[0]["Plan"])
        assert not [n for n in nodes if n["Node Type"] == "Seq Scan"], sql
        assert [n for n in nodes if "Index Name" in n], sql
