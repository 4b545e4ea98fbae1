"""The checks, in the order in which a moderator reads them. All run, always."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from classifiers import LABELS
from service.core.metrics import SCREENING_FAILURES
from service.screening import tongues
from service.screening.hours import is_staffed, next_change
from service.screening.types import Context, Finding
from service.screening.words import WordList

Check = Callable[[Context], list[Finding]]

FAST = timedelta(seconds=3)
STALE = timedelta(hours=24)
OFTEN = 10  # comments in ten minutes
LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]+", re.IGNORECASE)
MANY_NEAR = 3
SHOUTED_SHARE = 0.7
SHOUTED_LENGTH = 20
UNKNOWN_SHARE = 0.2  # of the letters; less is a name or a quotation
LISTED = 10  # words shown of those found


def sanction(context: Context) -> list[Finding]:
    """The reader's comments wait for review, for now or for good."""
    return [Finding("sanction", context.sanction is not None, None, {"kind": context.sanction})]


def mode(context: Context) -> list[Finding]:
    """The article or the site reviews before publishing."""
    effective = context.article_mode or context.policy.policy.mode
    evidence = {"mode": effective, "article": context.article_mode}
    return [Finding("mode", effective == "pre", None, evidence)]


def hours(context: Context) -> list[Finding]:
    """Nobody is at the desk at this hour. Says nothing where the policy has no hours."""
    schedule = context.policy.policy.hours
    if schedule is None:
        return []
    outside = not is_staffed(schedule, context.now)
    evidence: dict[str, Any] = {"outside": schedule.outside if outside else None}
    if outside:
        evidence["until"] = next_change(schedule, context.now)
    return [Finding("hours", outside, None, evidence)]


def length(context: Context) -> list[Finding]:
    """How long, and how loud. Holds nothing."""
    letters = [c for c in context.body if c.isalpha()]
    upper = sum(c.isupper() for c in letters)
    shouted = len(letters) >= SHOUTED_LENGTH and upper >= SHOUTED_SHARE * len(letters)
    return [Finding("length", evidence={"characters": len(context.body), "shouted": shouted})]


def language(context: Context) -> list[Finding]:
    """The language, and how much the classifier could judge of it: unknown is not clean."""
    scores = context.scores
    evidence: dict[str, Any] = {"language": scores.language, "grounded": scores.grounded}
    if scores.error is not None or scores.language == "und":
        return [Finding("language", evidence=evidence)]
    if scores.judged < 1:
        evidence["judged"] = round(scores.judged, 2)
    return [Finding("language", scores.judged <= 1 - UNKNOWN_SHARE, None, evidence)]


def words(context: Context) -> list[Finding]:
    """Banned and suspect words, whole and however disguised."""
    policy = context.policy.policy
    findings = []
    for check, entries in (
        ("banned_word", policy.banned_words),
        ("suspect_word", policy.suspect_words),
    ):
        if entries:
            found = WordList.of(tuple(entries)).find(f"{context.name}\n{context.body}")
            # Offsets in the body; a word in the name stands before it.
            shift = len(context.name) + 1
            evidence = [
                {"word": hit.entry, "begin": hit.begin - shift, "end": hit.end - shift}
                for hit in found[:10]
            ]
            findings.append(Finding(check, bool(found), None, {"words": evidence}))
    return findings


def word_list(context: Context) -> list[Finding]:
    """Words of the packaged lists. They hold where the classifier has learnt nothing better."""
    scores = context.scores
    found = tongues.find(context.body, scores.language, grounded=scores.grounded)
    choice = context.policy.policy.word_lists
    fires = choice != "nothing" and any(
        not word.hint and (choice == "always" or not word.grounded) for word in found
    )
    # Those that count come first, but not those of them that the classifier has no ground for.
    ungrounded = any(not word.hint and not word.grounded for word in found)
    evidence = {"words": found[:LISTED], "ungrounded": ungrounded} if found else {}
    return [Finding("word_list", fires, None, evidence)]


def links(context: Context) -> list[Finding]:
    """How many links; the form's website counts nothing."""
    found = LINK.findall(context.body)
    limit = context.policy.policy.links
    hosts = sorted({re.sub(r"^https?://|^www\.|[/:?#].*$", "", f.lower()) for f in found})
    fires = limit is not None and len(found) >= limit
    return [Finding("links", fires, None, {"count": len(found), "hosts": hosts[:10]})]


def classifier(context: Context) -> list[Finding]:
    """One finding a label; where the classifier failed, one that says so, and it holds.

    Without a score where the classifier has learnt nothing of the language: not judged.
    """
    scores = context.scores
    if scores.error is not None:
        return [Finding("classifier", fires=True, evidence={"error": scores.error})]
    if not scores.judged and scores.language != "und":
        # Also spam: links and prices look alike everywhere, but most of it is said in words.
        unknown = {"grounded": False, "language": scores.language}
        return [
            Finding(label, evidence={**unknown, "raw": round(scores.scores[label], 4)})
            for label in LABELS
        ]
    return [
        Finding(
            label, score=scores.scores[label], evidence={"spans": scores.evidence.get(label, [])}
        )
        for label in LABELS
    ]


def duplicate(context: Context) -> list[Finding]:
    """The same text again, or nearly.

    Fires on a text that people have refused before, on a longer text that several others have
    posted word for word, and on near copies that carry a link. Short common phrases never do.
    """
    seen = context.duplicates
    linked = bool(LINK.search(context.body))
    fires = (
        seen.near_refused > 0
        or seen.exact_by_others >= MANY_NEAR
        or (linked and seen.near >= MANY_NEAR)
    )
    return [
        Finding(
            "duplicate",
            fires,
            None,
            {
                "exact_by_others": seen.exact_by_others,
                "exact_by_reader": seen.exact_by_reader,
                "near": seen.near,
                "near_refused": seen.near_refused,
            },
        )
    ]


def rate(context: Context) -> list[Finding]:
    """How many comments in the last ten minutes by this reader and from this address."""
    most = max(context.recent_by_reader, context.recent_by_address)
    return [
        Finding(
            "rate",
            most >= OFTEN,
            None,
            {"by_reader": context.recent_by_reader, "by_address": context.recent_by_address},
        )
    ]


def history(context: Context) -> list[Finding]:
    """The share of the reader's decided comments that were refused, given enough of them.

    Only a confirmed reader has a history: anybody can type somebody else's e-mail.
    """
    policy = context.policy.policy
    known = context.history
    decided = known.published + known.refused
    share = known.refused / decided if decided else 0.0
    fires = (
        known.confirmed
        and policy.history_rate is not None
        and decided >= policy.history_sample
        and share >= policy.history_rate
    )
    return [
        Finding(
            "history",
            fires,
            None,
            {
                "confirmed": known.confirmed,
                "published": known.published,
                "refused": known.refused,
            },
        )
    ]


def first_comment(context: Context) -> list[Finding]:
    """Nothing by this reader has been published yet, or less than the policy asks for."""
    known = context.history
    new = known.published < context.policy.policy.new_readers
    evidence = {"confirmed": known.confirmed, "published": known.published}
    return [Finding("first_comment", new, None, evidence)]


def form(context: Context) -> list[Finding]:
    """How long the form was open, and whether a field was filled that people can't see."""
    age = context.form_age
    seconds = None if age is None else round(age.total_seconds(), 1)
    odd = age is None or not FAST <= age <= STALE
    return [
        Finding("timing", odd, None, {"seconds": seconds}),
        Finding("honeypot", context.honeypot, None, {"filled": context.honeypot}),
    ]


def external(context: Context) -> list[Finding]:
    """What the check elsewhere says. Nothing where there is none, or nobody asked it."""
    answer = context.external
    if answer is None or context.policy.policy.external is None:
        return []
    if answer.verdict is None:
        evidence: dict[str, Any] = {"why": answer.failure, "seconds": answer.seconds}
        return [Finding("external_unknown", fires=True, evidence=evidence)]
    evidence = {"says": answer.verdict, "reason": answer.reason, "seconds": answer.seconds}
    check = "external_spam" if answer.verdict == "spam" else "external"
    return [Finding(check, answer.verdict != "ok", answer.score, evidence)]


CHECKS: tuple[Check, ...] = (
    sanction,
    mode,
    hours,
    classifier,
    words,
    word_list,
    links,
    duplicate,
    form,
    rate,
    history,
    first_comment,
    external,
    language,
    length,
)


# What needs nothing but the text: of an old comment nobody knows how it was posted.
OF_TEXT: tuple[Check, ...] = (length, language, words, word_list, links, classifier)


def run_checks(context: Context, checks: tuple[Check, ...] = CHECKS) -> list[Finding]:
    """All findings. A check that raises becomes a finding that holds: never published unseen."""
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += check(context)
        except Exception as error:  # noqa: BLE001 (whatever it is, the comment is held)
            SCREENING_FAILURES.labels(check.__name__).inc()
            findings.append(
                Finding(
                    "failure",
                    fires=True,
                    evidence={"check": check.__name__, "error": type(error).__name__},
                )
            )
    return findings
