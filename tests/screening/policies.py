"""Policies and comments of every kind, as Hypothesis strategies."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from classifiers import LABELS
from service.screening.policy import CHOSEN
from service.screening.types import (
    Context,
    Duplicates,
    External,
    ExternalAnswer,
    History,
    Hours,
    Policy,
    Scores,
    SitePolicy,
    Threshold,
    Window,
)

WORDS = ["bridge", "ferry*", "harbour master", "merde", "ass", "桥"]
# The same few levels for scores and thresholds, so that they, or a half of one, often meet.
LEVELS = st.one_of(st.sampled_from([0.0, 0.16, 0.175, 0.35, 0.7, 0.95, 1.0]), st.floats(0, 1))
EFFECTS: Any = st.sampled_from(["nothing", "hold", "spam"])
CLOCK = st.builds(lambda h, m: f"{h:02}:{m:02}", st.integers(0, 23), st.sampled_from([0, 29, 30]))
ZONES = st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "UTC",
                         "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia"])  # fmt: skip
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 2 * 365 * 86_400 * 1_000_000).map(
    lambda microseconds: BEGIN + timedelta(microseconds=microseconds)
)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


thresholds = st.builds(Threshold, hold=some(LEVELS), spam=some(LEVELS))
by_label = st.dictionaries(st.sampled_from(LABELS), thresholds, max_size=4)
windows = st.builds(
    Window,
    days=st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True),
    begin=CLOCK,
    end=CLOCK,
)
hours = st.builds(
    Hours,
    time_zone=ZONES,
    windows=st.lists(windows, min_size=1, max_size=3),
    outside=st.sampled_from(["hold", "hold_risky", "close"]),
)
policies = st.builds(
    Policy,
    mode=st.sampled_from(["post", "post", "pre"]),
    thresholds=by_label,
    banned_words=st.lists(st.sampled_from(WORDS), max_size=2),
    suspect_words=st.lists(st.sampled_from(WORDS), max_size=2),
    links=some(st.integers(1, 4)),
    first_comment=EFFECTS,
    fast_form=EFFECTS,
    honeypot=EFFECTS,
    duplicate=EFFECTS,
    rate=EFFECTS,
    history_rate=some(LEVELS),
    history_sample=st.integers(1, 6),
    unknown_language=EFFECTS,
    word_lists=st.sampled_from(["nothing", "ungrounded", "always"]),
    signals=st.dictionaries(st.sampled_from(CHOSEN), EFFECTS, max_size=3),
    new_readers=st.integers(1, 5),
    hours=some(hours),
    external=some(st.just(External("https://check.news.example/"))),
)


@st.composite
def all_scores(draw: st.DrawFn) -> Scores:
    """What a classifier says, or that it failed, or that it has no ground."""
    kind = draw(st.sampled_from(["scored", "scored", "scored", "failed", "unknown"]))
    if kind == "failed":
        return Scores(None, {}, "und", grounded=False, thresholds={}, error="MemoryError")
    grounded = kind == "scored"
    return Scores(
        "m",
        {label: draw(LEVELS) for label in LABELS},
        draw(st.sampled_from(["en", "fr", "ru", "und"])),
        grounded=grounded,
        thresholds=draw(by_label),
        share=draw(st.sampled_from([0.0, 0.5, 0.8, 0.9])) if not grounded else None,
    )


BODIES = st.lists(
    st.sampled_from(["The bridge.", "ferryman", "merde", "harbour  master", "https://a.example",
                     "www.b.example", "quiet words", "ass", "小桥", "b\u0433idge", "блядь"]),
    min_size=1, max_size=6,
).map(" ".join)  # fmt: skip
COUNTS = st.integers(0, 7)
answers = some(
    st.builds(
        ExternalAnswer,
        verdict=st.sampled_from(["ok", "hold", "spam", None]),
        score=some(LEVELS),
        failure=st.just("No answer within 0.5 seconds"),
    )
)
contexts = st.builds(
    Context,
    body=BODIES,
    name=st.sampled_from(["Ana", "Bridge", "Merde"]),
    website=st.none(),
    article_mode=st.sampled_from([None, None, "post", "pre"]),
    policy=st.builds(SitePolicy, site_id=st.just(uuid.UUID(int=1)), version=st.just(1),
                     policy=policies),
    scores=all_scores(),
    history=st.builds(History, confirmed=st.booleans(), published=COUNTS, refused=COUNTS),
    duplicates=st.builds(Duplicates, COUNTS, COUNTS, COUNTS, st.integers(0, 1)),
    recent_by_reader=st.integers(0, 12),
    recent_by_address=st.integers(0, 12),
    sanction=st.sampled_from([None, None, None, "hold"]),
    form_age=some(st.sampled_from([timedelta(0), timedelta(minutes=1), timedelta(days=2)])),
    honeypot=st.booleans(),
    external=answers,
    now=MOMENTS,
)  # fmt: skip
