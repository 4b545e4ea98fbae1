"""What no weight may break, and which way each signal points."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from service.compat import akismet_rules as rules
from service.compat.akismet_rules import host_of, rule
from service.compat.akismet_types import Facts, Judgement, Record, SenderKind, Submission

SENT = Submission(
    blog="https://news.example",
    user_ip="81.2.69.142",
    content="A remark of ordinary length on the ferry.",
)
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def facts(text: float | None = -3.0, *, judged: dict[str, Any] | None = None, **sent: Any) -> Facts:
    return Facts(submission=replace(SENT, **sent), judgement=Judgement(text=text, **(judged or {})))


counts = st.integers(0, 1000)
records = st.lists(
    st.builds(
        Record,
        kind=st.sampled_from(get_args(SenderKind)),
        checked=counts,
        taken=counts,
        spam=counts,
        ham=counts,
    ),
    max_size=8,
)
submissions = st.builds(
    Submission,
    blog=st.sampled_from(["", "https://news.example", "http://[::1"]),
    user_ip=st.text(max_size=20),
    user_agent=st.text(max_size=5),
    referrer=st.sampled_from(["", "https://news.example/a", "https://other.example", "//"]),
    permalink=st.sampled_from(["", "https://news.example/a"]),
    kind=st.sampled_from(["", "comment", "trackback", "contact-form", "x"]),
    author=st.text(max_size=10),
    email=st.text(max_size=10),
    url=st.text(max_size=20),
    content=st.text(max_size=60),
    written_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    article_changed_at=st.none()
    | st.integers(-40_000, 40_000).map(lambda days: NOW + timedelta(days=days)),
    languages=st.lists(st.sampled_from(["en", "fr"]), max_size=2).map(tuple),
    filled_trap=st.text(max_size=2),
    ran_no_script=st.booleans(),
    recheck_reason=st.text(max_size=2),
    tells_agent=st.booleans(),
)
odds = st.none() | st.floats(-14, 14)
judgements = st.builds(
    Judgement,
    text=odds,
    author=odds,
    language=st.sampled_from(["en", "ru", "und"]),
    grounded=st.booleans(),
)
everything = st.builds(
    Facts,
    submission=submissions,
    judgement=judgements,
    records=records,
    said=st.sampled_from([None, "spam", "ham"]),
    banned=st.booleans(),
    suspect=st.booleans(),
)


@given(everything)
def test_a_verdict_follows_from_its_weights(given_facts: Facts) -> None:
    ruling = rule(given_facts)
    assert ruling.spam == (ruling.total >= rules.SPAM)
    assert ruling.spam or not ruling.discard


@given(everything)
def test_own_verdicts_count_nothing_where_nobody_has_reported(given_facts: Facts) -> None:
    unreported = [replace(record, spam=0, ham=0) for record in given_facts.records]
    forgotten = rule(replace(given_facts, records=[]))
    assert rule(replace(given_facts, records=unreported)) == forgotten


@given(everything)
def test_own_verdicts_never_make_a_sender_better_than_no_report(given_facts: Facts) -> None:
    reported = [replace(record, ham=0) for record in given_facts.records]
    with_reports = rule(replace(given_facts, records=reported)).total
    assert with_reports >= rule(replace(given_facts, records=[])).total - 1e-9


@given(everything)
def test_metadata_alone_discards_nothing(given_facts: Facts) -> None:
    judged = replace(given_facts.judgement, text=min(3.9, given_facts.judgement.text or 3.9))
    sent = replace(given_facts.submission, filled_trap="")
    assert not rule(replace(given_facts, submission=sent, judgement=judged, records=[])).discard


@given(everything)
def test_an_administrator_is_never_spam(given_facts: Facts) -> None:
    sent = replace(given_facts.submission, roles=("administrator", "super_admin"))
    assert not rule(replace(given_facts, submission=sent)).spam


@given(everything, st.sampled_from(["author", "email"]))
def test_the_test_values_are_always_spam(given_facts: Facts, field: str) -> None:
    values = {"author": "viagra-test-123", "email": "Akismet-guaranteed-spam@example.com"}
    sent = replace(given_facts.submission, roles=("administrator",), **{field: values[field]})
    ruling = rule(replace(given_facts, submission=sent))
    assert (ruling.spam, ruling.discard) == (True, False)


@given(everything, st.sampled_from(get_args(SenderKind)))
def test_a_report_never_makes_a_sender_better(given_facts: Facts, kind: SenderKind) -> None:
    if kind == "host":
        return
    reported = [*given_facts.records, Record(kind=kind, spam=1)]
    before, after = rule(given_facts), rule(replace(given_facts, records=reported))
    assert after.total >= before.total - 1e-9


@pytest.mark.parametrize(
    ("signal", "sent"),
    [
        ("honeypot", {"filled_trap": "x"}),
        ("no_script", {"ran_no_script": True}),
        ("website", {"url": "https://shop.example"}),
        ("website_in_text", {"url": "https://shop.example", "content": "Go to www.shop.example"}),
        ("kind_trackback", {"kind": "trackback"}),
        ("kind_pingback", {"kind": "pingback"}),
        ("no_user_agent", {"tells_agent": True}),
        ("no_referrer", {"tells_agent": True, "user_agent": "Mozilla"}),
        ("foreign_referrer", {"referrer": "https://elsewhere.example/"}),
        (
            "old_article",
            {"written_at": NOW, "article_changed_at": NOW - timedelta(days=400)},
        ),
        (
            "before_article",
            {"written_at": NOW, "article_changed_at": NOW + timedelta(days=3)},
        ),
    ],
)
def test_a_sign_of_spam_counts_for_spam(signal: str, sent: dict[str, Any]) -> None:
    found = {weight.signal: weight.weight for weight in rule(facts(**sent)).weights}
    assert found[signal] > 0
    assert signal not in {weight.signal for weight in rule(facts()).weights}


@pytest.mark.parametrize(
    ("signal", "sent"),
    [
        ("own_referrer", {"referrer": "https://www.news.example/story"}),
        ("kind_contact-form", {"kind": "contact-form"}),
    ],
)
def test_a_sign_of_a_reader_counts_for_ham(signal: str, sent: dict[str, Any]) -> None:
    found = {weight.signal: weight.weight for weight in rule(facts(**sent)).weights}
    assert found[signal] < 0


def test_a_comment_asked_about_again_came_without_a_browser() -> None:
    sent = {
        "tells_agent": True, "referrer": "https://elsewhere.example/", "ran_no_script": True,
    }  # fmt: skip
    signals = {weight.signal for weight in rule(facts(**sent, recheck_reason="edit")).weights}
    assert signals == {"text"}


def test_a_filled_trap_is_spam_but_a_friendly_text_in_it_is_not_thrown_away() -> None:
    assert rule(facts(-5.0, filled_trap="x")).spam
    assert not rule(facts(-5.0, filled_trap="x")).discard
    assert rule(facts(0.0, filled_trap="x")).discard


def test_a_language_that_was_never_learnt_is_not_spam_by_its_text() -> None:
    foreign = {"language": "ru", "grounded": False}
    assert not rule(facts(9.0, judged=foreign)).spam
    assert not rule(facts(9.0, judged=foreign, languages=("en",))).spam
    assert rule(facts(9.0, judged={"language": "en"})).spam


def test_the_sites_languages_count() -> None:
    found = rule(facts(judged={"language": "ru", "grounded": False}, languages=("en", "fr")))
    assert "foreign_language" in {weight.signal for weight in found.weights}
    for own in ({"language": "fr"}, {"language": "und"}):
        signals = {w.signal for w in rule(facts(judged=own, languages=("en", "fr"))).weights}
        assert "foreign_language" not in signals


def test_words_of_the_site_count() -> None:
    assert rule(replace(facts(-3.5), banned=True)).spam
    assert not rule(replace(facts(-3.5), suspect=True)).spam


def test_a_text_is_what_a_person_said_of_it_unless_it_is_as_short_as_many() -> None:
    assert rule(replace(facts(-3.5), said="spam")).spam
    assert not rule(replace(facts(4.5), said="ham")).spam
    assert not rule(replace(facts(-3.5, content="Thank you, well said."), said="spam")).spam


def test_three_reports_condemn_and_one_does_not() -> None:
    def reported(times: int, **more: int) -> bool:
        kinds: tuple[SenderKind, ...] = ("address", "email", "author")
        told = [Record(kind=kind, spam=times, **more) for kind in kinds]
        return rule(replace(facts(-4.0), records=told)).spam

    assert not reported(1)
    assert reported(3)
    # A shared address: hundreds came from it of which nobody complained.
    assert not reported(3, checked=300)
    assert not reported(3, ham=3)


def test_a_good_name_is_no_licence() -> None:
    kinds: tuple[SenderKind, ...] = ("address", "email", "author", "host")
    praised = [Record(kind=kind, ham=500) for kind in kinds]
    assert rule(replace(facts(5.0), records=praised)).spam
    assert not rule(replace(facts(3.0), records=praised)).spam


def test_one_bad_link_among_good_ones_tells() -> None:
    good = [Record(kind="host", ham=5)] * 3
    bad = Record(kind="host", spam=5)
    assert rule(replace(facts(-1.5), records=[*good, bad])).spam
    assert not rule(replace(facts(-1.5), records=good)).spam


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://www.News.example:443/a?b", "news.example"),
        ("shop.example/x", "shop.example"),
        ("//shop.example.", "shop.example"),
        ("", ""),
        ("localhost", ""),
        ("http://[::1", ""),
        ("mailto:x@y", ""),
        ("a b", ""),
    ],
)
def test_a_host_is_told_without_www(address: str, host: str) -> None:
    assert host_of(address) == host


@given(st.floats(0, 1))
def test_log_odds_are_finite(probability: float) -> None:
    assert -14 < rules.log_odds(probability) < 14
