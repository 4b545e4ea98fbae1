"""The simulator and the live verdict are one: judging packed facts equals judging the comment."""


import msgspec
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from screening.policies import contexts, policies

from service.screening.actions import screen
from service.screening.checks import CHECKS, run_checks
from service.screening.facts import (
    LAYOUT,
    NO_WORDS,
    ROW,
    UNKNOWN_WORDS,
    Beside,
    pack,
    pack_signals,
    unpack,
    words_digest,
)
from service.screening.policy import judge
from service.screening.types import Context, Finding, Policy, Signal, SitePolicy
from service.screening.verdicts import LEVEL, VERDICTS, WordsFound, effects, find_words, verdicts

MANY = settings(
    max_examples=600,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def under(context: Context, policy: Policy) -> Context:
    site_policy = SitePolicy(context.policy.site_id, 2, policy)
    return msgspec.structs.replace(context, policy=site_policy)


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


@MANY
@given(contexts, policies)
def test_signals_as_they_are_stored_give_the_same_facts(context: Context, new: Policy) -> None:
    stored = msgspec.json.encode(screen(context).signals)
    beside = Beside(context.article_mode, context.scores.thresholds, context.now, 0.0)
    again = pack_signals(msgspec.json.decode(stored, type=list[Signal]), beside)
    [row] = unpack(again)
    assert (row["layout"], row["banned"], row["suspect"]) == (LAYOUT, UNKNOWN_WORDS, UNKNOWN_WORDS)
    words = words_of(new, [context])
    assert verdicts(effects(unpack(again), new, words)) == verdicts(
        effects(unpack(screen(context).packed), new, words)
    )


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
