"""From what is known of a comment to a verdict: one list of signals, each in log-odds of spam.

What a text scores is measured (docs/akismet.md); the other weights are set by hand: no labelled
set has addresses, referrers or reports. So the rules hold what no weight may break: nothing a
client leaves out counts against anybody by itself, own verdicts never confirm themselves, and only
a blatant text, a person's reports or a filled trap make a comment one to discard.
"""

import math
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from service.compat.akismet_types import (
    Facts,
    Judgement,
    Record,
    Ruling,
    SenderKind,
    Submission,
    Weight,
)

SPAM = 2.0  # log-odds from which a comment is spam
DISCARD = 5.0
BLATANT_TEXT = 4.0  # above every benign comment of a newspaper that we know
BLATANT_REPORTS = 4.0

GUARANTEED = 100.0
UNKNOWN_TEXT = -2.0  # nothing to read: the share of spam among what such a form gets
MOST_UNGROUNDED = 1.0  # of a score in a language that was never learnt: not spam by itself
ODD_AUTHOR, SPAMMY_AUTHOR = 0.0, 2.0
TEST_AUTHORS = {"viagra-test-123", "akismet-guaranteed-spam"}
TEST_EMAIL = "akismet-guaranteed-spam@example.com"

# How far a sender can be told from others by each; two people may share a name or an address.
CERTAINTY: dict[SenderKind, float] = {"address": 0.9, "author": 0.4, "email": 1.2, "host": 1.2}
BEFORE_ANY_REPORT = 0.25
UNREPORTED = 0.1  # of a ham that a person told: a comment judged clean of which nobody complained
MOST_REPUTATION, LEAST_REPUTATION = 8.0, -2.5
MOST_OF_OWN = 0.5
LONG_ENOUGH = 40  # characters; of shorter texts many are alike

KINDS = {"trackback": 1.5, "pingback": 1.0, "contact-form": -0.5, "message": -0.5}
OLD = timedelta(days=365)
SKEW = timedelta(days=1)

Check = Callable[[Facts], Iterator[Weight]]


def text(facts: Facts) -> Iterator[Weight]:
    """What the classifier says of the comment."""
    judged = facts.judgement
    if judged.text is None:
        yield Weight("no_text", UNKNOWN_TEXT)
    else:
        yield Weight("text", judged_text(judged))


def judged_text(judged: Judgement) -> float:
    """The text's log-odds, as far as they can be believed; None is nothing to read."""
    if judged.text is None:
        return UNKNOWN_TEXT
    return judged.text if judged.grounded else min(judged.text, MOST_UNGROUNDED)


def author(facts: Facts) -> Iterator[Weight]:
    """A name that reads like an advertisement; a website that the text links to as well."""
    score = facts.judgement.author
    if score is not None and score >= ODD_AUTHOR:
        yield Weight("author", 2.0 if score >= SPAMMY_AUTHOR else 1.0)
    host = host_of(facts.submission.url)
    if host:
        yield Weight("website", 0.5)
        if host in facts.submission.content.lower():
            yield Weight("website_in_text", 1.0)


def trap(facts: Facts) -> Iterator[Weight]:
    """A field that people don't see is filled; a script of the form never ran."""
    if facts.submission.filled_trap:
        yield Weight("honeypot", 12.0)
    if facts.submission.ran_no_script and not facts.submission.recheck_reason:
        yield Weight("no_script", 0.7)


def words(facts: Facts) -> Iterator[Weight]:
    """The site's own lists."""
    if facts.banned:
        yield Weight("banned_word", 6.0)
    elif facts.suspect:
        yield Weight("suspect_word", 1.5)


def said_before(facts: Facts) -> Iterator[Weight]:
    """A person has said of this very text what it is."""
    if facts.said and len(facts.submission.content) >= LONG_ENOUGH:
        yield Weight("said_before", 12.0 if facts.said == "spam" else -8.0)


def reputation(facts: Facts) -> Iterator[Weight]:
    """What people have said of the sender, by address, e-mail, name and linked hosts.

    Own verdicts only dampen or strengthen what people said: where nobody has said anything they
    count nothing, so a wrong one can't confirm itself.
    """
    told = 0.0
    hosts = [0.0]
    own = 0.0
    for record in facts.records:
        weight = CERTAINTY[record.kind] * _told(record)
        if record.kind == "host":
            hosts.append(weight)
        else:
            told += weight
        if record.spam > record.ham and record.checked:
            own = max(own, MOST_OF_OWN * record.taken / max(record.checked, record.taken))
    # Of many links the worst tells, or else the best.
    told += max(hosts) or min(hosts)
    if told:
        yield Weight("reports", min(MOST_REPUTATION, max(LEAST_REPUTATION, told)))
        if own and told > 0:
            yield Weight("own_verdicts", own)


def _told(record: Record) -> float:
    if not record.spam and not record.ham:
        return 0.0
    clean = max(0, record.checked - record.taken - record.spam)
    ham = record.ham + UNREPORTED * clean
    odds = math.log((record.spam + BEFORE_ANY_REPORT) / (ham + BEFORE_ANY_REPORT))
    # That nobody complained of the rest makes a report weigh less, not the sender better.
    return odds if record.ham else max(0.0, odds)


def kind(facts: Facts) -> Iterator[Weight]:
    """What sort of text it is: contact forms are for offers, and trackbacks mostly spam."""
    weight = KINDS.get(facts.submission.kind)
    if weight is not None:
        yield Weight(f"kind_{facts.submission.kind}", weight)


def browser(facts: Facts) -> Iterator[Weight]:
    """No browser, or one that came from elsewhere. Says nothing of a comment checked again."""
    sent = facts.submission
    if sent.recheck_reason or sent.kind in ("trackback", "pingback"):
        return
    if sent.tells_agent and not sent.user_agent:
        yield Weight("no_user_agent", 1.0)
    at_home = {host_of(sent.permalink), host_of(sent.blog)} - {""}
    came_from = host_of(sent.referrer)
    if came_from and at_home:
        own = came_from in at_home
        yield Weight("own_referrer", -0.5) if own else Weight("foreign_referrer", 0.7)
    elif sent.tells_agent and not sent.referrer:
        yield Weight("no_referrer", 0.5)


def dates(facts: Facts) -> Iterator[Weight]:
    """Spam likes articles that nobody watches any more."""
    written, changed = facts.submission.written_at, facts.submission.article_changed_at
    if written is None or changed is None or facts.submission.recheck_reason:
        return
    if written > changed + OLD:
        yield Weight("old_article", 0.4)
    elif written < changed - SKEW:
        yield Weight("before_article", 0.4)


def language(facts: Facts) -> Iterator[Weight]:
    """Not in one of the site's languages."""
    found, spoken = facts.judgement.language, facts.submission.languages
    if spoken and found != "und" and found not in spoken:
        yield Weight("foreign_language", 0.7)


CHECKS: tuple[Check, ...] = (
    text, author, trap, words, said_before, reputation, kind, browser, dates, language,
)  # fmt: skip


def rule(facts: Facts) -> Ruling:
    """The verdict.

    The test values beat the administrator's role: each is said to be certain, and whoever tries
    them is signed in as one.
    """
    sent = facts.submission
    if is_guaranteed(sent):
        return Ruling(spam=True, weights=[Weight("test_value", GUARANTEED)])
    if "administrator" in sent.roles:
        return Ruling(spam=False, weights=[Weight("administrator", -GUARANTEED)])
    ruling = Ruling(spam=False, weights=[found for check in CHECKS for found in check(facts)])
    total = ruling.total
    read = judged_text(facts.judgement)
    blatant = (
        read >= BLATANT_TEXT
        # A browser that fills in forms may have filled the trap for a reader.
        or (bool(sent.filled_trap) and read >= 0)
        or any(w.signal == "reports" and w.weight >= BLATANT_REPORTS for w in ruling.weights)
    )
    return Ruling(spam=total >= SPAM, discard=blatant and total >= DISCARD, weights=ruling.weights)


def is_guaranteed(sent: Submission) -> bool:
    """Whether a tester wants spam."""
    return sent.author.lower() in TEST_AUTHORS or sent.email.lower() == TEST_EMAIL


def host_of(address: str) -> str:
    """The host of an address, without `www.`; empty where there is none."""
    if "//" not in address:
        address = f"//{address}"
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    host = host.removeprefix("www.").rstrip(".")
    return host if "." in host else ""


def log_odds(probability: float) -> float:
    """Log-odds of a probability, within what counts can tell apart."""
    within = min(1 - 1e-6, max(1e-6, probability))
    return math.log(within / (1 - within))
