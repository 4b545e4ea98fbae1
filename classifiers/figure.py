"""One measured number."""

from dataclasses import dataclass

_DIGITS = {"": 3, "ms": 2, "MB": 1}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured number beside the bar set for it and the plain baseline's, where those are known.

    Shares and areas have no unit; others are `ms`, `MB`, `s` or `a second`.
    """

    name: str
    value: float
    bar: float | None = None
    baseline: float | None = None
    lower_is_better: bool = False
    unit: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether it reaches its bar; None where it has none."""
        if self.bar is None:
            return None
        return self.value <= self.bar if self.lower_is_better else self.value >= self.bar

    def row(self) -> tuple[str, str, str, str, str]:
        """Answer name, value, bar, baseline and whether it is reached, as a table shows them."""
        sign = "≤" if self.lower_is_better else "≥"
        bar = "" if self.bar is None else f"{sign} {self._text(self.bar)}"
        baseline = "" if self.baseline is None else self._text(self.baseline)
        reached = {None: "", True: "yes", False: "no"}[self.reached]
        return self.name, self._text(self.value), bar, baseline, reached

    def _text(self, value: float) -> str:
        return f"{value:,.{_DIGITS.get(self.unit, 0)}f} {self.unit}".rstrip()
