"""The one function that turns findings into a verdict."""

from collections.abc import Sequence

import numpy as np

from classifiers import LABELS
from service.screening.types import (
    Context,
    Effect,
    Finding,
    Policy,
    Reason,
    Screening,
    Signal,
    Threshold,
    Verdict,
)

# What a moderator would call it, by the check that decided; checks not named here are "other".
REASON_OF: dict[str, Reason] = {
    "spam": "spam",
    "links": "spam",
    "honeypot": "spam",
    "duplicate": "spam",
    "banned_word": "banned_word",
    "suspect_word": "banned_word",
    "word_list": "banned_word",
    "external_spam": "spam",
    "severe_abuse": "abusive",
    "abuse": "abusive",
    "threat": "harassment_bullying",
    "identity_attack": "hate_speech",
    "insult": "offensive",
    "obscene": "offensive",
}

# How much harm one published comment of a kind does, relative to the worst.
HARM = {
    "severe_abuse": 1.0,
    "threat": 1.0,
    "identity_attack": 0.95,
    "abuse": 0.85,
    "insult": 0.75,
    "obscene": 0.6,
    "spam": 0.7,
    # Nobody knows of which kind, nor how well calibrated.
    "external": 0.7,
    "external_spam": 0.7,
}
# What can't be judged is as likely as any comment to be refused, and nobody knows of what kind. Set
# by hand: above nearly every comment that the scores call clean, below whatever a rule held.
RISK_OF_THE_UNKNOWN = 0.2
RISK_OF_A_RULE = 0.3  # a comment that a rule held is worth a look, whatever its scores say

# The share of a label's hold threshold from which a comment is risky while nobody is at the desk.
RISKY = 0.5

# What a check does when it fires, by the policy's field for it; those in CHOSEN, by its `signals`,
# and else, as everything, they hold. A sanction or a failure can't be told to do less.
FIELD_OF = {
    "first_comment": "first_comment",
    "timing": "fast_form",
    "honeypot": "honeypot",
    "duplicate": "duplicate",
    "rate": "rate",
    "language": "unknown_language",
}
CHOSEN = (
    "banned_word", "suspect_word", "word_list", "links", "history", "external", "external_spam",
    "external_unknown",
)  # fmt: skip

# What those do of which a policy says nothing, and which don't hold.
UNSAID: dict[str, Effect] = {"external_spam": "spam"}


def judge(findings: list[Finding], context: Context) -> Screening:
    """Every finding's effect, and together: spam if any says so, else hold, else publish."""
    policy = context.policy.policy
    choices = choices_of(policy)
    learnt = context.scores.thresholds
    signals = []
    for f in findings:
        if f.check == "hours":
            effect = _outside(f, findings, policy, learnt)
        else:
            effect = _effect(f, policy, learnt, choices)
        signals.append(Signal(f.check, effect, f.fires, f.score, f.evidence))
    effects = {signal.verdict for signal in signals}
    verdict: Verdict = "spam" if "spam" in effects else "hold" if "hold" in effects else "publish"
    return Screening(
        verdict=verdict,
        reason=_reason(signals, verdict),
        risk=_risk(signals),
        signals=signals,
        model=context.scores.model,
        policy_version=context.policy.version,
    )


def choices_of(policy: Policy) -> dict[str, Effect]:
    """What each check does when it fires; one that isn't named holds."""
    choices = UNSAID | {check: policy.signals[check] for check in CHOSEN if check in policy.signals}
    return choices | {check: getattr(policy, field) for check, field in FIELD_OF.items()}


def reaches(score: float, threshold: float, share: float = 1.0) -> bool:
    """Whether a score is at a threshold, or a share of it, in the precision that facts.py keeps."""
    return bool(np.float32(score) >= np.float32(threshold) * np.float32(share))


def _threshold(label: str, policy: Policy, learnt: dict[str, Threshold]) -> Threshold:
    return policy.thresholds.get(label) or learnt.get(label) or Threshold()


def _effect(
    finding: Finding, policy: Policy, learnt: dict[str, Threshold], choices: dict[str, Effect]
) -> Effect:
    if finding.score is not None and finding.check in LABELS:
        threshold = _threshold(finding.check, policy, learnt)
        if threshold.spam is not None and reaches(finding.score, threshold.spam):
            return "spam"
        held = threshold.hold is not None and reaches(finding.score, threshold.hold)
        return "hold" if held else "nothing"
    return choices.get(finding.check, "hold") if finding.fires else "nothing"


def _outside(
    hours: Finding, findings: Sequence[Finding], policy: Policy, learnt: dict[str, Threshold]
) -> Effect:
    """What the hour does: see types.Hours."""
    if not hours.fires or policy.hours is None:
        return "nothing"
    if policy.hours.outside != "hold_risky":
        return "hold"
    for finding in findings:
        if finding.fires and finding.check != "hours":
            return "hold"
        if finding.score is not None and finding.check in LABELS:
            hold = _threshold(finding.check, policy, learnt).hold
            if hold is not None and reaches(finding.score, hold, RISKY):
                return "hold"
    return "nothing"


def _reason(signals: list[Signal], verdict: Verdict) -> Reason | None:
    """The reason of the signal that weighs most among those that decided."""
    if verdict == "publish":
        return None
    deciding = [s for s in signals if s.verdict == verdict]
    # A rule (a word, a link, a sanction) is certain; scores stand by their harm.
    deciding.sort(key=lambda s: 1.0 if s.score is None else s.score * HARM.get(s.check, 0.5))
    named = [s for s in deciding if s.check in REASON_OF] or deciding
    return REASON_OF.get(named[-1].check, "other")


def _risk(signals: list[Signal]) -> float:
    """Expected harm, 0 to 1: the worst of probability times harm, or a floor."""
    risks = [s.score * HARM[s.check] for s in signals if s.score is not None]
    if any(s.check == "language" and s.fires for s in signals):
        risks.append(RISK_OF_THE_UNKNOWN)
    if any(s.verdict != "nothing" and s.score is None for s in signals):
        risks.append(RISK_OF_A_RULE)
    return max(risks, default=0.0)
