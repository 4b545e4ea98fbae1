"""The simulator and the live verdict are one: judging packed facts equals judging the comment."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from screening.policies import contexts, policies

from classifiers import LABELS
from service.screening.actions import screen
from service.screening.checks import CHECKS, run_checks
from service.screening.facts import (
    LAYOUT,
    NO_WORDS,
    ROW,
    UNKNOWN_WORDS,
    pack,
    pack_signals,
    unpack,
    words_digest,
)
from service.screening.policy import judge
from service.screening.types import (
    Context,
    Duplicates,
    Finding,
    History,
    Hours,
    Policy,
    Scores,
    Signal,
    SitePolicy,
    Threshold,
    Window,
)
from service.screening.verdicts import LEVEL, VERDICTS, WordsFound, effects, find_words, verdicts

MANY = settings(
    max_examples=600,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def under(context: Context, policy: Policy) -> Context:
    site_policy = SitePolicy(context.policy.site_id, 2, policy)
    # Where the policy in force named no check elsewhere, nobody had asked one.
    told = context.external if context.policy.policy.external else None
    return msgspec.structs.replace(context, policy=site_policy, external=told)


def words_of(policy: Policy, contexts: list[Context]) -> WordsFound:
    texts = [(context.name, context.body) for context in contexts]
    return WordsFound(
        find_words(policy.banned_words, texts), find_words(policy.suspect_words, texts)
    )


@MANY
@given(st.lists(contexts, min_size=1, max_size=6), policies)
def test_packed_facts_are_judged_as_the_comments_are(posted: list[Context], new: Policy) -> None:
    """Whichever policy it was posted under, and whichever is asked."""
    rows = unpack(b"".join(screen(context).packed for context in posted))
    found = effects(rows, new, words_of(new, posted))
    worst = verdicts(found)
    for number, context in enumerate(posted):
        live = screen(under(context, new))
        assert VERDICTS[worst[number]] == live.verdict
        for signal in live.signals:
            if signal.check in found:
                assert found[signal.check][number] == LEVEL[signal.verdict], signal.check
            else:
                assert signal.verdict == "nothing", signal.check
        told = {signal.check for signal in live.signals if signal.verdict != "nothing"}
        assert {check for check, levels in found.items() if levels[number]} == told


@settings(MANY, max_examples=200)
@given(contexts, policies)
def test_signals_as_they_are_stored_give_the_same_facts(context: Context, new: Policy) -> None:
    stored = msgspec.json.encode(screen(context).signals)
    again = pack_signals(
        msgspec.json.decode(stored, type=list[Signal]),
        context.article_mode,
        context.now,
        lambda _language: context.scores.thresholds,
    )
    [row] = unpack(again)
    assert (row["layout"], row["banned"], row["suspect"]) == (LAYOUT, UNKNOWN_WORDS, UNKNOWN_WORDS)
    words = words_of(new, [context])
    assert verdicts(effects(unpack(again), new, words)) == verdicts(
        effects(unpack(screen(context).packed), new, words)
    )


@pytest.mark.parametrize(
    ("score", "more", "verdict"),
    [
        (0.35, {}, "hold"),
        (0.349, {}, "publish"),
        (0.01, {"sanction": "hold"}, "hold"),
        (0.01, {"recent_by_address": 10}, "hold"),
        (0.01, {"form_age": timedelta(0)}, "hold"),
        (0.35, {"now": datetime(2026, 11, 27, 12, tzinfo=UTC)}, "publish"),
    ],
)
def test_who_is_away_holds_what_is_risky(score: float, more: dict[str, Any], verdict: str) -> None:
    """Half of what holds otherwise, or anything that a check says, though it hold nothing."""
    policy = Policy(
        thresholds={label: Threshold(hold=0.7) for label in LABELS},
        hours=Hours("UTC", [Window([0, 1, 2, 3, 4], "08:00", "18:00")], "hold_risky"),
    )
    fields: dict[str, Any] = {
        "scores": Scores("m", dict.fromkeys(LABELS, score), "en", grounded=True, thresholds={}),
        "history": History(confirmed=True, published=9, refused=0),
        "now": datetime(2026, 11, 27, 20, tzinfo=UTC),
        **more,
    }
    given_ = Context(
        body="The bridge.", name="Ana", website=None, article_mode=None,
        policy=SitePolicy(uuid.uuid4(), 1, policy), duplicates=Duplicates(),
        recent_by_reader=0, recent_by_address=fields.pop("recent_by_address", 0),
        sanction=fields.pop("sanction", None), honeypot=False,
        form_age=fields.pop("form_age", timedelta(minutes=1)), **fields,
    )  # fmt: skip
    live = screen(given_)
    assert live.verdict == verdict
    rows = unpack(live.packed)
    assert VERDICTS[verdicts(effects(rows, policy, words_of(policy, [given_])))[0]] == verdict
    [hours] = [signal for signal in live.signals if signal.check == "hours"]
    assert (hours.verdict == "hold") == (verdict == "hold")


@given(contexts)
def test_the_bits_of_words_are_those_of_the_lists_they_name(context: Context) -> None:
    policy = context.policy.policy
    [row] = unpack(screen(context).packed)
    assert row["banned"] == words_digest(tuple(policy.banned_words))
    assert (row["banned"] == NO_WORDS) == (not policy.banned_words)
    assert row["at"] == round(context.now.timestamp() * 1_000_000)


def test_a_list_is_the_same_in_any_order() -> None:
    assert words_digest(("a", "b")) == words_digest(("b", "a", "b")) != words_digest(("a",))


def test_the_layout_of_this_release_is_fixed() -> None:
    """A change of it is a new LAYOUT, or rows of old would be misread."""
    assert LAYOUT == 1
    assert ROW.itemsize == 136
    assert ROW.names == (
        "layout", "article_mode", "listed", "confirmed", "fired", "links", "published", "refused",
        "near", "near_refused", "same_by_others", "recent_by_reader", "recent_by_address",
        "judged", "at", "banned", "suspect", "scores", "hold", "spam",
    )  # fmt: skip


@given(contexts, st.integers(0, len(CHECKS) - 1), policies)
@settings(deadline=None)
def test_a_check_that_failed_holds_in_both(context: Context, index: int, new: Policy) -> None:
    def broken(_: Context) -> list[Finding]:
        raise ZeroDivisionError

    findings = run_checks(context, (*CHECKS[:index], broken, *CHECKS[index + 1 :]))
    assert judge(findings, context).verdict != "publish"
    rows = unpack(pack(findings, context))
    assert verdicts(effects(rows, new, words_of(new, [context])))[0] >= LEVEL["hold"]


@given(contexts)
def test_a_check_that_nobody_packed_holds_in_both(context: Context) -> None:
    findings = [Finding("of a later release", fires=True)]
    assert judge(findings, context).verdict == "hold"
    rows = unpack(pack(findings, context))
    policy = msgspec.structs.replace(context.policy.policy, hours=None, mode="post")
    none = WordsFound(np.zeros(1, np.bool_), np.zeros(1, np.bool_))
    found = effects(rows, policy, none)
    assert found["other"].tolist() == [LEVEL["hold"]]
