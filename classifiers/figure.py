"""One measured number."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number beside the plain baseline's, where that is known."""

    name: str
    value: float
    baseline: float | None = None
    lower_is_better: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether it is at least as good as the baseline; None where there is none."""
        if self.baseline is None:
            return None
        if self.lower_is_better:
            return self.value <= self.baseline
        return self.value >= self.baseline
