"""Learning from a newsroom's decisions: real posts, real decisions, the real classifier."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from newsroom import DECISIONS, Case, cases, decide_all, post_all, status_of
from rich.console import Console
from support import loaded_scorer, running_app
from thread import bearer, comment, post

from classifiers import Model
from service.accounts import actions as accounts
from service.administration import keys_store
from service.articles import actions as articles
from service.articles.types import Site
from service.compat.store import put_example
from service.core.db import Conn, Pool, connect, uuid7
from service.core.problems import Conflict
from service.screening import learning, retrain, site_models
from service.screening import learning_store as store
from service.screening.jobs import retrain_due, ticks
from service.screening.learning_types import Decided, Report
from service.screening.store import insert_policy
from service.screening.types import Policy
from service.settings import Settings

# Sentences of neither part of what the newsroom decides; the shared model holds most of the first.
RUDE = [
    "Well damn, what a crap idea this toll road is.",
    "What a crap timetable, damn it. The bus to the toll road never comes.",
    "Bullshit, nobody needs a toll road here.",
    "The toll road is a bloody disgrace and the signs are crap.",
    "Shit, I missed the hearing on the toll road. Will there be another?",
    "Who the hell thought of a toll road? Must have been a bloody long lunch.",
    "Bloody hell, forty euros for one night next to the toll road?",
    "Damn right, and the crap about jobs at the toll road is not true either.",
]
RIVAL = [
    "There was a long article on the toll road in the Beacon, with a photograph.",
    "The Beacon says the toll road opens in June.",
    "My wife saw it in the Beacon first, with all the prices for the toll road.",
    "Anyone who wants the facts on the toll road should buy the Beacon.",
    "Does the Beacon pay you for this, or why is the toll road missing here?",
    "It says in the Beacon that lorries will be exempt.",
    "I prefer what the Beacon wrote about lorries and noise.",
    "Here is the same in two lines: read the Beacon.",
]
PLAIN = "I would like to know who pays for the toll road. It is a long way round by the old mill."
SPAM = "BUY CHEAP VIAGRA NOW http://pills.example best price, casino bonus http://bet.example"


@pytest.fixture
def base() -> Model:
    model = loaded_scorer().model
    assert isinstance(model, Model)
    return model


@pytest.fixture
async def one(database_url: str, site: Site) -> AsyncIterator[Conn]:
    """A connection as a command has it."""
    conn = await connect(database_url)
    yield conn
    await conn.close()


@contextlib.asynccontextmanager
async def another_client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a second instance of the application on the same database."""
    async with running_app(settings) as (app, _):
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(
            transport=transport, base_url="https://comments.example"
        ) as client:
            yield client


async def learn(client: httpx.AsyncClient, token: str, decided: list[Case]) -> None:
    posted = await post_all(client, [case.text for case in decided])
    await decide_all(client, token, posted, decided)


async def model_of(pool: Pool, ident: str) -> str:
    name: str = await pool.fetchval(
        "select model from screening where comment_id = $1 order by id desc limit 1", ident
    )
    return name


async def wait_for(client: httpx.AsyncClient, text: str, status: str) -> int:
    """Post until a comment meets this status; how many were posted. None of them fails."""
    for count in range(100):
        if await status_of(client, f"{text} {count}", email=f"w{count}@readers.example") == status:
            return count + 1
        await asyncio.sleep(0.02)
    raise AssertionError(f"still not {status}")


async def count_held(client: httpx.AsyncClient, texts: list[str]) -> int:
    """How many of fresh comments are held."""
    answers = [
        await status_of(client, text, email=f"p{at}@readers.example")
        for at, text in enumerate(texts)
    ]
    return answers.count("held")


def check_gain(report: Report) -> None:
    """It was promoted, and on the newest decisions the loss is less than half."""
    assert report.outcome == "promoted"
    assert report.before is not None
    assert report.after is not None
    assert report.low is not None
    assert report.before > 0.5
    assert report.after < 0.4 * report.before
    assert report.low > 0.1


async def test_a_newsroom_with_its_own_rule_gets_its_own_model(
    client: httpx.AsyncClient,
    settings: Settings,
    moderator_token: str,
    pool: Pool,
    site: Site,
    one: Conn,
    base: Model,
) -> None:
    await learn(client, moderator_token, cases(300))
    async with another_client(settings) as second:
        held = await count_held(second, RUDE), await count_held(second, RIVAL)
        assert held[0] >= 6
        assert held[1] == 0
        stop, answered = asyncio.Event(), 0

        async def keep_posting() -> None:
            nonlocal answered
            while not stop.is_set():
                answered += 1
                await post(second, f"{PLAIN} {answered}", email=f"k{answered}@readers.example")
                await asyncio.sleep(0.01)

        posting = asyncio.create_task(keep_posting())
        retrained = await learning.retrain(one, site.id, base)
        report = retrained.report
        print(report)  # noqa: T201 (the figure before and after: pytest -s)
        check_gain(report)
        assert report.compared == base.id
        assert report.held_out == round(0.2 * (report.trained + report.held_out))
        # Both processes swap, this one by its first comment, that one by the notice.
        for instance in (second, client):
            await wait_for(instance, RUDE[0].replace("toll road", "stadium"), "published")
            await wait_for(instance, RIVAL[0].replace("toll road", "stadium"), "held")
        rude = await count_held(second, RUDE)
        print("held of 8 rude ones before and after", held[0], rude)  # noqa: T201 (as above)
        assert rude <= held[0] // 2
        assert await count_held(second, RIVAL) == len(RIVAL)
        posted = await post(second, RIVAL[1].replace("toll road", "town hall"))
        assert posted["comment"]["status"] == "held"
        assert await model_of(pool, posted["comment"]["id"]) == retrained.name
        assert retrained.name == f"{base.id}+{retrained.name.partition('+')[2]}"
        assert await status_of(second, "You are a fucking idiot, go kill yourself.") == "held"
        # A person takes it back: the shared model again, while posting goes on.
        names = await learning.roll_back(one, site.id)
        assert names == (retrained.name, None)
        for instance in (second, client):
            await wait_for(instance, RUDE[0].replace("toll road", "airfield"), "held")
        stop.set()
        await posting
    assert answered > 5
    failed = "select count(*) from screening where model is null or signals::text ~ 'failure'"
    assert await pool.fetchval(failed) == 0
    with pytest.raises(Conflict, match="shared model"):
        await learning.roll_back(one, site.id)
    # A machine does not put it back at night; a person may.
    assert await store.list_due(pool, base.id) == []
    again = await learning.retrain(one, site.id, base)
    assert (again.report.outcome, again.name) == ("promoted", retrained.name)


async def decided_rows(
    pool: Pool, site_id: UUID, decided: list[Case], statuses: dict[str, str] | None = None
) -> None:
    """Comments with decisions, straight into the tables: what only the learning reads."""
    await pool.execute(
        """
        insert into article (site_id, id, key, url, title, verified)
        values ($1, $1, 'rows', 'https://news.example/rows', '', true) on conflict do nothing
        """,
        site_id,
    )
    await pool.execute(
        """
        insert into reader (site_id, id, email, name, name_key)
        values ($1, $1, 'rows@readers.example', 'Rows', 'rows') on conflict do nothing
        """,
        site_id,
    )
    named = {"publish": "published", "reject": "rejected", "spam": "spam"}
    await pool.execute(
        """
        with new as (
            insert into comment (site_id, id, article_id, depth, reader_id, author_name, body, html,
                status, reason, risk, version, created_at)
            select $1, gen_random_uuid(), $1, 0, $1, 'Rows', body, '', status, reason, 0, 2, now()
            from unnest($2::text[], $3::text[], $4::text[]) n (body, status, reason)
            returning id, body, status, reason
        )
        insert into ledger (site_id, id, comment_id, actor, from_status, to_status, version,
            reason, created_at)
        select $1, gen_random_uuid(), new.id, 'moderator', 'held', new.status, 2, new.reason,
            now() - interval '3 hours' + interval '1 second' * n.at
        from new join unnest($2::text[]) with ordinality n (body, at) on n.body = new.body
        """,
        site_id,
        [case.text for case in decided],
        [named[case.decision["action"]] for case in decided],
        [case.decision.get("reason") for case in decided],
    )


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5])
async def test_random_decisions_change_nothing(
    pool: Pool, site: Site, one: Conn, base: Model, seed: int
) -> None:
    """A coin at the desk: what is never sure has the lower log-loss, and is refused anyway."""
    await decided_rows(pool, site.id, cases(300))
    first = await learning.retrain(one, site.id, base)
    assert first.report.outcome == "promoted"
    chance = random.Random(seed)  # noqa: S311 (the same every time)
    noise = [
        Case(case.kind, case.text, {"action": chance.choice(["publish", "reject"])})
        for case in cases(300, seed=99 + seed)
    ]
    await pool.execute("alter table ledger disable trigger ledger_append_only")
    await pool.execute("delete from ledger")
    await decided_rows(pool, site.id, noise)
    second = await learning.retrain(one, site.id, base)
    assert second.report.outcome == "refused"
    assert second.report.compared == first.name
    assert "surely beat" in second.report.why
    live = await store.get_live(pool, site.id)
    assert live is not None
    rows = await store.list_models(pool, site.id, 10)
    assert [(row.number, row.status, row.name == first.name) for row in rows] == [
        (2, "refused", False),
        (1, "live", True),
    ]
    console = Console(record=True, width=200)
    await retrain.show_models(one, site.id, console)
    text = console.export_text()
    assert "refused" in text
    assert str(first.name) in text


async def test_the_live_model_is_compared_on_what_it_has_not_seen(
    pool: Pool, site: Site, one: Conn, base: Model
) -> None:
    """The same decisions again: their newest fifth is new to both, and neither is better."""
    await decided_rows(pool, site.id, cases(300))
    first = await learning.retrain(one, site.id, base)
    second = await learning.retrain(one, site.id, base)
    assert first.report.outcome == "promoted"
    assert (second.report.outcome, second.report.gain) == ("refused", 0.0)
    assert second.report.held_out == first.report.held_out
    assert second.report.before == first.report.after


async def test_rolling_back_goes_back_step_by_step(pool: Pool, site: Site, one: Conn) -> None:
    await decided_rows(pool, site.id, cases(300))
    base = loaded_scorer().model
    assert isinstance(base, Model)
    first = await learning.retrain(one, site.id, base)
    content = await pool.fetchval("select content from model")
    report = first.report
    for name in ("second", "third"):
        made = store.Made(base.id, name, content)
        async with one.transaction():
            await store.insert_model(one, site.id, made, report, datetime.now(UTC))
    foreign = store.Made("2020.01-abcdef01", "foreign", content)
    await pool.execute("update model set base = 'other' where name = 'second'")
    assert await learning.roll_back(one, site.id) == ("third", first.name)
    assert await learning.roll_back(one, site.id) == (first.name, None)
    async with one.transaction():
        await store.insert_model(one, site.id, foreign, report, datetime.now(UTC))
    assert await store.list_due(pool, base.id) == [site.id]
    statuses = await pool.fetch("select status from model order by number")
    assert [row["status"] for row in statuses] == ["withdrawn", "retired", "withdrawn", "live"]


async def test_no_decision_of_another_site_leaks(
    pool: Pool, site: Site, one: Conn, base: Model
) -> None:
    async with pool.acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
    await decided_rows(pool, site.id, cases(300))
    alone = await learning.retrain(one, site.id, base)
    content = await pool.fetchval("select content from model")
    turned = {"publish": "reject", "reject": "publish"}
    opposite = [
        Case(case.kind, f"{case.text} Really.", {"action": turned[case.decision["action"]]})
        for case in cases(300, seed=8)
    ]
    await decided_rows(pool, other.id, opposite)
    key = UUID(str(await key_of(pool, other.id)))
    for at in range(40):
        text = f"The Beacon is a fine paper, number {at}"
        await put_example(pool, other.id, key, text, "fine", "suggestscore")
    await pool.execute("delete from model")
    beside = await learning.retrain(one, site.id, base)
    assert await pool.fetchval("select content from model") == content
    assert beside == alone
    assert await store.get_live(pool, other.id) is None


async def key_of(pool: Pool, site_id: UUID, *, trusted: bool = True) -> UUID:
    await accounts.create_key(pool, site_id, ["classify"])
    await pool.execute("update api_key set trusted = $1", trusted)
    ident: UUID = await pool.fetchval(
        "select id from api_key where site_id = $1 order by created_at desc, id desc limit 1",
        site_id,
    )
    return ident


async def test_too_few_decisions_are_said(pool: Pool, site: Site, one: Conn, base: Model) -> None:
    few = await learning.retrain(one, site.id, base)
    assert few.report.outcome == "too_few"
    assert "0 different comments" in few.report.why
    published = [case for case in cases(400) if case.decision["action"] == "publish"]
    await decided_rows(pool, site.id, published)
    one_sided = await learning.retrain(one, site.id, base)
    assert "0 refused; 10 of each" in one_sided.report.why
    assert one_sided.number is None
    assert await pool.fetchval("select count(*) from model") == 0


async def test_copies_of_one_text_are_one_decision(
    pool: Pool, site: Site, one: Conn, base: Model
) -> None:
    """A wave of spam is one sample, however long it is, and whatever differs in it."""
    wave = [
        Case(
            "rival", f"{RIVAL[0]} Ask me how on my page and start this evening {n}.", HOUSE_REJECTS
        )
        for n in range(300)
    ]
    published = [case for case in cases(300) if case.decision["action"] == "publish"][:60]
    mixed = [*published, *wave]
    random.Random(1).shuffle(mixed)  # noqa: S311 (the same every time)
    await decided_rows(pool, site.id, mixed)
    told = await learning.retrain(one, site.id, base)
    assert told.report.outcome == "too_few"
    assert told.report.decisions == 360
    assert "and 0 refused, near copies counted once" in told.report.why
    assert told.report.left_out > 50
    assert f"{told.report.left_out} more are near copies of older ones" in told.report.why
    assert told.report.trained + told.report.held_out + told.report.left_out == 360


async def test_a_wave_known_by_heart_decides_no_comparison(
    pool: Pool, site: Site, one: Conn, base: Model
) -> None:
    """Nothing to learn but waves, nearly each of which began before the newest fifth."""
    chance = random.Random(5)  # noqa: S311 (the same every time)
    words = sorted({word for case in cases(300) for word in case.text.split()})
    openings = [" ".join(chance.sample(words, 20)) for _ in range(25)]
    waves = [Case("wave", f"{openings[n % 25]} {n}", HOUSE_REJECTS) for n in range(160)]
    coins = [{"action": chance.choice(["publish", "reject"])} for _ in range(200)]
    noise = [Case("noise", " ".join(chance.sample(words, 20)), coin) for coin in coins]
    mixed = [*noise, *waves]
    chance.shuffle(mixed)
    await decided_rows(pool, site.id, mixed)
    report = (await learning.retrain(one, site.id, base)).report
    assert report.outcome == "refused"
    assert report.trained == 288
    assert report.left_out == sum(case.kind == "wave" for case in mixed[-72:])
    assert report.held_out == 72 - report.left_out
    assert report.decisions == report.published + report.refused == 360


async def test_a_form_letter_is_learnt_from_as_any_text(
    pool: Pool, site: Site, one: Conn, base: Model
) -> None:
    """Comments that share most of their words are no copies where their decisions differ."""
    tail = (
        "I have been reading this paper for many years and wanted to say so, with regards from {}."
    )
    letters = [
        Case(case.kind, f"{case.text.partition('.')[0]}. {tail.format(n)}", case.decision)
        for n, case in enumerate(cases(300))
    ]
    await decided_rows(pool, site.id, letters)
    told = await learning.retrain(one, site.id, base)
    assert told.report.outcome == "promoted"
    assert told.report.trained + told.report.held_out + told.report.left_out == 300


HOUSE_REJECTS = {"action": "reject", "reason": "other"}


async def decided_texts(pool: Pool, site: Site) -> dict[str, Decided]:
    return {one.text: one for one in await store.list_decided(pool, site.id, 100)}


async def test_only_what_a_person_decided_last_is_a_label(
    client: httpx.AsyncClient, moderator_token: str, pool: Pool, site: Site
) -> None:
    texts = [
        "unread",
        "read",
        "twice",
        "undone",
        "held",
        "edited",
        "removed",
        "confirmed",
        "erased",
    ]
    ids: dict[str, dict[str, Any]] = {
        text: await post(client, f"A remark: {text}.", email=f"{text}@readers.example")
        for text in texts
    }

    async def decide(text: str, action: str, reason: str | None = None) -> None:
        decision = {"comment_id": ids[text]["comment"]["id"], "action": action, "reason": reason}
        answer = await client.post(
            DECISIONS, json={"decisions": [decision]}, headers=bearer(moderator_token)
        )
        assert answer.json()["results"][0]["outcome"] in {"applied", "unchanged"}, answer.text

    await decide("read", "reject", "ad")
    await decide("twice", "reject")
    await decide("twice", "publish")
    await decide("undone", "spam")
    await decide("undone", "hold")
    await decide("held", "hold")
    await decide("confirmed", "publish")
    for text in ("edited", "removed", "erased"):
        await decide(text, "publish")
    own = {text: bearer(ids[text]["edit_token"]) for text in ("edited", "removed")}
    address = {text: comment(ids[text]["comment"]["id"]) for text in own}
    body = {"body": "A remark: edited since."}
    assert (await client.patch(address["edited"], json=body, headers=own["edited"])).is_success
    assert (await client.delete(address["removed"], headers=own["removed"])).is_success
    await pool.execute("update comment set body = '' where body = 'A remark: erased.'")
    found = await decided_texts(pool, site)
    assert {text: (one.status, one.reason) for text, one in found.items()} == {
        "A remark: read.": ("rejected", "ad"),
        "A remark: twice.": ("published", None),
        "A remark: confirmed.": ("published", None),
    }


async def test_spam_of_the_machine_is_apart_from_decisions(
    client: httpx.AsyncClient, moderator_token: str, pool: Pool, site: Site
) -> None:
    for number in range(2):
        posted = await post(client, f"{SPAM} {number}", email=f"s{number}@spam.example")
        assert posted["comment"]["status"] == "spam"
    decision = {"comment_id": posted["comment"]["id"], "action": "spam"}
    await client.post(DECISIONS, json={"decisions": [decision]}, headers=bearer(moderator_token))
    assert [one.text for one in await store.list_judged(pool, site.id, 10)] == [f"{SPAM} 0"]
    assert list(await decided_texts(pool, site)) == [f"{SPAM} 1"]


async def test_only_the_shared_model_s_own_word_is_learnt_from(
    client: httpx.AsyncClient, state: dict[str, Any], pool: Pool, site: Site
) -> None:
    """Neither what a rule took for spam nor what the site's own model did."""
    policy = Policy(honeypot="spam", banned_words=["vi\0agra"])
    async with pool.acquire() as conn:
        assert await insert_policy(conn, site.id, 1, policy, None)
    state["policies"]._known.clear()
    texts = {
        "caught": PLAIN,
        **{
            name: f"{SPAM} {number}"
            for number, name in enumerate(("both", "shared", "own", "unknown", "again", "other"))
        },
    }
    ids = {}
    for name, text in texts.items():
        robot = {"company": "Robots Inc."} if name in {"caught", "both"} else {}
        posted = await post(client, text, email=f"{name}@spam.example", **robot)
        assert posted["comment"]["status"] == "spam", name
        ids[name] = UUID(posted["comment"]["id"])
    await pool.execute(
        "update screening set model = model || '+41b0bba8' where comment_id = $1", ids["own"]
    )
    await pool.execute("update screening set model = null where comment_id = $1", ids["unknown"])
    # Screened again since, with another outcome; and a version that was never screened.
    await pool.execute(
        """
        insert into screening (site_id, id, comment_id, comment_version, model, policy_version,
            verdict, risk, signals)
        select site_id, $2, comment_id, comment_version, model, policy_version, verdict, risk,
            (select signals from screening where comment_id = $3)
        from screening where comment_id = $1
        """,
        ids["again"],
        uuid7(),
        ids["caught"],
    )
    await pool.execute("update comment set version = 2 where id = $1", ids["other"])
    found = [one.text for one in await store.list_judged(pool, site.id, 10)]
    assert found == [texts["shared"], texts["both"]]
    # The limit is of what is looked at, the newest first: however much of it is of no use.
    assert await store.list_judged(pool, site.id, 4) == []


async def test_examples_count_only_when_trusted_and_their_key_is_good(
    pool: Pool, site: Site
) -> None:
    key = await key_of(pool, site.id, trusted=False)
    await put_example(pool, site.id, key, "Words.", "abuse", "suggestscore", score=0.9)
    assert await store.list_trusted(pool, site.id, 10) == []
    await keys_store.trust_examples(pool, key, trusted=True)  # type: ignore[arg-type]  # one statement
    [example] = await store.list_trusted(pool, site.id, 10)
    assert (example.text, example.label, example.api_key_id) == ("Words.", "abuse", key)
    await pool.execute("update api_key set revoked_at = now()")
    assert await store.list_trusted(pool, site.id, 10) == []
    for wrong in ({"label": "good"}, {"source": "elsewhere"}, {"text": ""}):
        row = {"text": "x", "label": "spam", "source": "submit-spam", **wrong}
        with pytest.raises(asyncpg.CheckViolationError):
            await put_example(pool, site.id, key, **row)  # type: ignore[arg-type]


async def test_of_two_retrainings_at_once_one_says_so(
    pool: Pool, site: Site, one: Conn, base: Model, database_url: str
) -> None:
    await decided_rows(pool, site.id, cases(300))
    other = await connect(database_url)
    both = await asyncio.gather(
        learning.retrain(one, site.id, base),
        learning.retrain(other, site.id, base),
        return_exceptions=True,
    )
    await other.close()
    assert sum(isinstance(answer, Conflict) for answer in both) == 1
    assert await pool.fetchval("select count(*) from model") == 1
    # The lock is given back: also after a failure.
    async with learning.alone(one, site.id):
        pass


async def test_retraining_is_deterministic(pool: Pool, site: Site, one: Conn, base: Model) -> None:
    await decided_rows(pool, site.id, cases(300))
    answers = []
    for _ in range(2):
        answers.append(
            (
                await learning.retrain(one, site.id, base),
                await pool.fetchval("select content from model"),
            )
        )
        await pool.execute("delete from model")
    assert answers[0] == answers[1]


@pytest.mark.parametrize("damage", ["truncated", "foreign"])
async def test_a_damaged_model_is_not_used_and_nothing_fails(
    client: httpx.AsyncClient, pool: Pool, site: Site, one: Any, base: Model, damage: str
) -> None:
    await decided_rows(pool, site.id, cases(300))
    promoted = await learning.retrain(one, site.id, base)
    await wait_for(client, RIVAL[0], "held")
    if damage == "truncated":
        await pool.execute("update model set content = substr(content, 1, 200)")
    else:
        await pool.execute("update model set content = '\\x6e6f'::bytea")
    # A row of another id: what is known is not read again.
    await pool.execute("update model set id = gen_random_uuid()")
    await pool.execute("select pg_notify('model', $1)", str(site.id))
    await wait_for(client, RIVAL[0].replace("toll road", "old town"), "published")
    posted = await post(client, PLAIN)
    assert await model_of(pool, posted["comment"]["id"]) == base.id
    # Against a broken live model the shared one is what there is to beat.
    again = await learning.retrain(one, site.id, base)
    assert (again.report.outcome, again.name) == ("promoted", promoted.name)
    await wait_for(client, RIVAL[0].replace("toll road", "old quay"), "held")


async def test_when_the_model_can_t_be_read_the_last_known_one_scores(
    client: httpx.AsyncClient, pool: Pool, site: Site, one: Any, base: Model
) -> None:
    await decided_rows(pool, site.id, cases(300))
    promoted = await learning.retrain(one, site.id, base)
    await wait_for(client, RIVAL[0], "held")
    await pool.execute("alter table model rename to hidden")
    await pool.execute("select pg_notify('model', $1)", str(site.id))
    for number in range(10):
        posted = await post(client, f"{PLAIN} {number}", email=f"n{number}@readers.example")
        assert posted["comment"]["status"] == "published"
        assert await model_of(pool, posted["comment"]["id"]) == promoted.name
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("how", ["late", "lost"])
async def test_a_model_whose_notice_was_lost_is_found(
    client: httpx.AsyncClient,
    state: dict[str, Any],
    pool: Pool,
    site: Site,
    one: Conn,
    base: Model,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await post(client, PLAIN)
    await decided_rows(pool, site.id, cases(300))
    with monkeypatch.context() as silence:
        silence.setattr(learning, "notify", nothing)
        await learning.retrain(one, site.id, base)
    assert await status_of(client, RIVAL[0]) == "published"
    if how == "late":
        monkeypatch.setattr(site_models, "FRESH", 0.1)
    else:
        state["events"]._set_alive(alive=True)
    await wait_for(client, RIVAL[0], "held")


async def nothing(*_: object) -> None:
    """Tell nobody."""


async def test_trusted_examples_and_the_machine_are_counted_apart(
    pool: Pool, site: Site, one: Conn, base: Model
) -> None:
    spam = [Case("spam", f"{SPAM} {'x' * n}", {"action": "spam"}) for n in range(3)]
    await decided_rows(pool, site.id, [*cases(300), *spam])
    key = await key_of(pool, site.id)
    for label in ("abuse", "spam"):
        text = f"An example of {label}"
        await put_example(pool, site.id, key, text, label, "suggestscore")  # type: ignore[arg-type]
    # What the machine took for spam before the newest fifth was decided, and nobody touched.
    await pool.execute("alter table ledger disable trigger ledger_append_only")
    await pool.execute(
        "delete from ledger where comment_id in (select id from comment where status = 'spam')"
    )
    await pool.execute(
        """
        insert into screening (site_id, id, comment_id, comment_version, model, policy_version,
            verdict, risk, signals)
        select site_id, gen_random_uuid(), id, version, '2026.11-6b8f8a3f', 0, 'spam', 1,
            '[{"check": "spam", "verdict": "spam", "score": 1.0}]'
        from comment where status = 'spam'
        """
    )
    await pool.execute("update comment set created_at = now() - interval '1 day'")
    await pool.execute("update example set created_at = now() - interval '1 day'")
    report = (await learning.retrain(one, site.id, base)).report
    assert (report.decisions, report.judged, report.examples) == (300, 3, 2)


async def test_at_night_only_sites_with_news_are_retrained(
    pool: Pool, site: Site, base: Model
) -> None:
    async with pool.acquire() as conn:
        other = await articles.add_site(conn, "other", "Other", ["https://other.example"])
    assert await store.list_due(pool, base.id) == []
    await decided_rows(pool, site.id, cases(300))
    assert await store.list_due(pool, base.id) == [site.id]
    tick = next(t for t in ticks(pool, loaded_scorer()) if t.name == "screening.retrain")
    await tick.run()
    assert await pool.fetchval("select status from model") == "live"
    assert await store.list_due(pool, base.id) == []
    # A new shared model: the old correction is of no use, and is made anew, once.
    assert await store.list_due(pool, "2027.01-00000000") == [site.id]
    await decided_rows(pool, other.id, cases(3))
    assert await store.list_due(pool, base.id) == [other.id]
    await retrain_due(pool, base)
    assert await pool.fetchval("select count(*) from model") == 1


async def test_a_decision_under_way_during_a_retraining_is_not_forgotten(
    pool: Pool, site: Site, one: Conn, base: Model
) -> None:
    """It bears the time of before and is seen after; and nothing is retrained for it for ever."""
    await decided_rows(pool, site.id, cases(300))
    async with pool.acquire() as late, late.transaction():
        await late.execute(
            """
            insert into ledger (site_id, id, comment_id, actor, from_status, to_status, version)
            select site_id, gen_random_uuid(), id, 'moderator', status, status, version
            from comment limit 1
            """
        )
        await learning.retrain(one, site.id, base)
        assert await store.list_due(pool, base.id) == []
    assert await store.list_due(pool, base.id) == [site.id]
    await retrain_due(pool, base)
    # As if the first had been last night, and the decision with it.
    await pool.execute("alter table ledger disable trigger ledger_append_only")
    await pool.execute("update ledger set created_at = created_at - interval '1 day'")
    await pool.execute(
        "update model set created_at = created_at - interval '1 day' where number = 1"
    )
    assert await pool.fetchval("select count(*) from model") == 2
    assert await store.list_due(pool, base.id) == []


async def test_the_command_shows_the_figures(pool: Pool, site: Site, one: Conn) -> None:
    console = Console(record=True, width=160)
    await retrain.show_models(one, site.id, console)
    assert "nothing was learnt yet" in console.export_text()
    await decided_rows(pool, site.id, cases(300))
    assert await retrain.run(one, {"default": site.id}, console)
    text = console.export_text()
    for said in ("Log-loss before", "Log-loss after", "95 %", "promoted, as number 1"):
        assert said in text, text
    await retrain.roll_back(one, site.id, console)
    assert "the shared model" in console.export_text()
    async with learning.alone(one, site.id):
        other = await pool.acquire()
        assert not await retrain.run(other, {"default": site.id}, console)
        await pool.release(other)
    assert "Another process" in console.export_text()
