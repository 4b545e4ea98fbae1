"""One policy over all findings."""

import uuid
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers import LABELS
from service.screening.actions import screen
from service.screening.checks import CHECKS, run_checks
from service.screening.policy import judge
from service.screening.types import (
    Context,
    Duplicates,
    Finding,
    History,
    Policy,
    Scores,
    Screening,
    SitePolicy,
    Threshold,
)

CLEAN = dict.fromkeys(LABELS, 0.01)
LEARNT = {
    "abuse": Threshold(hold=0.7),
    "spam": Threshold(hold=0.6, spam=0.95),
    "threat": Threshold(hold=0.8),
}


def context(
    policy: Policy | None = None, scores: dict[str, float] | None = None, **more: Any
) -> Context:
    fields: dict[str, Any] = {
        "body": "The bridge has been closed since Tuesday.",
        "name": "Ana",
        "website": None,
        "article_mode": None,
        "policy": SitePolicy(uuid.uuid4(), 3, policy or Policy()),
        "scores": Scores("m", {**CLEAN, **(scores or {})}, "en", grounded=True, thresholds=LEARNT),
        "history": History(confirmed=False, published=0, refused=0),
        "duplicates": Duplicates(),
        "recent_by_reader": 0,
        "recent_by_address": 0,
        "sanction": None,
        "form_age": timedelta(minutes=1),
        "honeypot": False,
    }
    return Context(**{**fields, **more})


def effect(screening: Screening, check: str) -> str:
    [signal] = [signal for signal in screening.signals if signal.check == check]
    return signal.verdict


def test_a_clean_first_comment_is_published() -> None:
    screening = screen(context())
    assert (screening.verdict, screening.reason) == ("publish", None)
    assert effect(screening, "first_comment") == "nothing"
    assert screening.policy_version == 3


@pytest.mark.parametrize(
    ("more", "check", "verdict", "reason"),
    [
        ({"scores": {"abuse": 0.8}}, "abuse", "hold", "abusive"),
        ({"scores": {"spam": 0.7}}, "spam", "hold", "spam"),
        ({"scores": {"spam": 0.96}}, "spam", "spam", "spam"),
        ({"scores": {"threat": 0.85}}, "threat", "hold", "harassment_bullying"),
        ({"sanction": "hold"}, "sanction", "hold", "other"),
        ({"article_mode": "pre"}, "mode", "hold", "other"),
        ({"policy": Policy(mode="pre")}, "mode", "hold", "other"),
        ({"honeypot": True}, "honeypot", "hold", "spam"),
        ({"body": "http://a.example http://b.example www.c.example"}, "links", "hold", "spam"),
        ({"policy": Policy(banned_words=["bridge"])}, "banned_word", "hold", "banned_word"),
        ({"policy": Policy(suspect_words=["bridge"])}, "suspect_word", "hold", "banned_word"),
        ({"duplicates": Duplicates(near=1, near_refused=1)}, "duplicate", "hold", "spam"),
        ({"duplicates": Duplicates(exact_by_others=3, near=3)}, "duplicate", "hold", "spam"),
        ({"history": History(confirmed=True, published=2, refused=4)}, "history", "hold", "other"),
        ({"policy": Policy(first_comment="hold")}, "first_comment", "hold", "other"),
        ({"policy": Policy(fast_form="hold"), "form_age": timedelta(0)}, "timing", "hold", "other"),
        ({"policy": Policy(fast_form="hold"), "form_age": None}, "timing", "hold", "other"),
        ({"policy": Policy(rate="hold"), "recent_by_address": 10}, "rate", "hold", "other"),
    ],
)
def test_each_rule(more: dict[str, Any], check: str, verdict: str, reason: str) -> None:
    screening = screen(context(**more))
    assert (screening.verdict, screening.reason) == (verdict, reason)
    assert effect(screening, check) == verdict
    assert screening.risk >= 0.3


@pytest.mark.parametrize(
    "more",
    [
        {"form_age": timedelta(0)},
        {"form_age": None},
        {"recent_by_address": 100},
        {"history": History(confirmed=False, published=0, refused=50)},
        {"history": History(confirmed=True, published=0, refused=4)},
        {"article_mode": "post", "policy": Policy(mode="pre")},
        {"duplicates": Duplicates(exact_by_others=2, near=2)},
        {"duplicates": Duplicates(near=30)},
        {"body": "https://news.example/a and https://news.example/b"},
        {"body": "Six thousand words. " * 300},
    ],
)
def test_what_holds_nothing_by_itself(more: dict[str, Any]) -> None:
    assert screen(context(**more)).verdict == "publish"


def test_a_site_s_own_threshold_goes_before_the_model_s() -> None:
    off_threat = Policy(thresholds={"threat": Threshold()})
    assert screen(context(off_threat, {"threat": 0.99})).verdict == "publish"
    stricter = Policy(thresholds={"abuse": Threshold(hold=0.2)})
    assert screen(context(stricter, {"abuse": 0.3})).verdict == "hold"
    off = Policy(thresholds={"abuse": Threshold()})
    assert screen(context(off, {"abuse": 0.99})).verdict == "publish"


def test_all_signals_are_kept_and_not_only_the_first() -> None:
    screening = screen(context(scores={"abuse": 0.9, "spam": 0.99}, honeypot=True, sanction="hold"))
    assert screening.verdict == "spam"
    held = {s.check for s in screening.signals if s.verdict != "nothing"}
    assert held == {"abuse", "spam", "honeypot", "sanction"}
    assert len(screening.signals) >= 18


def test_the_classifier_failing_holds() -> None:
    failed = Scores(None, {}, "und", grounded=False, thresholds={}, error="MemoryError")
    screening = screen(msgspec.structs.replace(context(), scores=failed))
    assert screening.verdict == "hold"
    assert effect(screening, "classifier") == "hold"
    assert screening.model is None


@pytest.mark.parametrize("index", range(len(CHECKS)))
def test_any_check_failing_holds_and_says_which(index: int) -> None:
    def broken(_: Context) -> list[Finding]:
        raise ZeroDivisionError

    checks = (*CHECKS[:index], broken, *CHECKS[index + 1 :])
    screening = judge(run_checks(context(), checks), context())
    assert screening.verdict == "hold"
    [signal] = [signal for signal in screening.signals if signal.check == "failure"]
    assert signal.evidence == {"check": "broken", "error": "ZeroDivisionError"}


@given(st.dictionaries(st.sampled_from(LABELS), st.floats(0, 1)), st.floats(0, 1))
def test_a_higher_score_never_gets_a_milder_verdict(scores: dict[str, float], more: float) -> None:
    order = ["publish", "hold", "spam"]
    for label in LABELS:
        base = screen(context(scores=scores))
        raised = {**CLEAN, **scores}
        raised[label] = min(1.0, raised[label] + more)
        higher = screen(context(scores=raised))
        assert order.index(higher.verdict) >= order.index(base.verdict)
        assert higher.risk >= base.risk
        assert 0 <= higher.risk <= 1
