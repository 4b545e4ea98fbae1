"""The one function that turns findings into a verdict."""

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
}
# What can't be judged is as likely as any comment to be refused, and nobody knows of what kind. Set
# by hand: above nearly every comment that the scores call clean, below whatever a rule held.
RISK_OF_THE_UNKNOWN = 0.2
RISK_OF_A_RULE = 0.3  # a comment that a rule held is worth a look, whatever its scores say


def judge(findings: list[Finding], context: Context) -> Screening:
    """Every finding's effect, and together: spam if any says so, else hold, else publish."""
    policy = context.policy.policy
    signals = [
        Signal(f.check, _effect(f, policy, context.scores.thresholds), f.fires, f.score, f.evidence)
        for f in findings
    ]
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


def _effect(finding: Finding, policy: Policy, learnt: dict[str, Threshold]) -> Effect:
    if finding.score is not None and finding.check in LABELS:
        threshold = policy.thresholds.get(finding.check) or learnt.get(finding.check) or Threshold()
        if threshold.spam is not None and finding.score >= threshold.spam:
            return "spam"
        return (
            "hold" if threshold.hold is not None and finding.score >= threshold.hold else "nothing"
        )
    if not finding.fires:
        return "nothing"
    by_choice: dict[str, Effect] = {
        "first_comment": policy.first_comment,
        "timing": policy.fast_form,
        "honeypot": policy.honeypot,
        "duplicate": policy.duplicate,
        "rate": policy.rate,
        "language": policy.unknown_language,
    }
    return by_choice.get(finding.check, "hold")


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
