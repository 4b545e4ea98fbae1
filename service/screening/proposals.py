"""What a policy must be before it is put, beyond its types."""

from classifiers import LABELS, fold
from service.core.http import clean_text
from service.core.problems import Invalid
from service.screening.hours import check_zone
from service.screening.policy import CHOSEN, FIELD_OF
from service.screening.types import Hours, Policy


def check_policy(policy: Policy, at: str = "$.policy") -> None:
    """Raise Invalid with the path of what can't be meant; `at` is the policy's own path."""
    for label, threshold in policy.thresholds.items():
        path = f"{at}.thresholds.{label}"
        if label not in LABELS:
            raise Invalid.field(path, f"Expected one of {', '.join(LABELS)}")
        if None not in (threshold.hold, threshold.spam) and threshold.hold > threshold.spam:  # type: ignore[operator]  # neither is None
            raise Invalid.field(path, "What holds must not be above what is spam")
    for name in ("banned_words", "suspect_words"):
        for number, word in enumerate(getattr(policy, name)):
            _check_word(f"{at}.{name}[{number}]", word)
    for check in policy.signals:
        _check_signal(f"{at}.signals.{check}", check)
    if policy.hours is not None:
        _check_hours(f"{at}.hours", policy.hours)


def _check_word(path: str, word: str) -> None:
    """A word that would match nothing, or everything, is none."""
    clean = clean_text(path, word)
    if not clean:
        raise Invalid.field(path, "Expected a word")
    if not fold(clean).replace("*", "").strip():
        raise Invalid.field(path, "Nothing of this is left once look-alikes are folded")


def _check_signal(path: str, check: str) -> None:
    if check in FIELD_OF:
        raise Invalid.field(path, f"This has a field of its own: {FIELD_OF[check]}")
    if check in LABELS:
        raise Invalid.field(path, "A score has thresholds")
    if check not in CHOSEN:
        raise Invalid.field(path, f"Expected one of {', '.join(CHOSEN)}")


def _check_hours(path: str, hours: Hours) -> None:
    try:
        check_zone(hours.time_zone)
    except ValueError as error:
        raise Invalid.field(
            f"{path}.time_zone", "Expected a time zone such as Europe/Berlin"
        ) from error
    for number, window in enumerate(hours.windows):
        if len(set(window.days)) != len(window.days):
            raise Invalid.field(f"{path}.windows[{number}].days", "Names a day twice")
