"""One claim of the article, what a model says about it, and what would change the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Verdict = Literal["holds", "partly", "fails", "cannot be decided"]
SpanKind = Literal["interval", "range", "none"]
"""Interval: the truth lies inside, whatever is not disclosed. Range: the ends of assumed inputs. None: one number."""


def graded(*, holds: bool, fails: bool) -> Verdict:
    """The verdict of a test with two thresholds; what is neither holds in part."""
    return "holds" if holds else "fails" if fails else "partly"


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of the table. `value`, or `low` and `high`, or all three; a row that cannot be decided may have none."""

    id: str
    group: str
    claim: str
    """The article's claim in plain words."""
    model: str
    """What computes the number, with its function."""
    value: float | None
    low: float | None
    high: float | None
    span: SpanKind
    unit: str
    what: str
    """What the number is."""
    verdict: Verdict
    because: str
    would_change: str
    command: str
    """Reproduces the number, or the model's own numbers behind it."""
    rests_on: tuple[str, ...]
    """Figures that enter: an assumed one among them marks the row."""
    moved_by: str
    """A figure of `rests_on` that moves the row."""
    missing: str | None = None
    """The datum without which the claim cannot be decided."""
    soft_terms: tuple[str, ...] = ()
    """Assumed or weak terms of other examples that enter: they mark the row too."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Further results by name, for the page and the checks."""

    def __post_init__(self) -> None:
        if (self.verdict == "cannot be decided") != (self.missing is not None):
            raise ValueError(f"{self.id}: a row names a missing datum exactly when it cannot be decided")
        if self.moved_by not in self.rests_on:
            raise ValueError(f"{self.id}: moved_by {self.moved_by!r} is not among rests_on")
        if (self.span == "none") == (self.low is not None or self.high is not None):
            raise ValueError(f"{self.id}: an interval or range has ends, a single number has none")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"{self.id}: low {self.low} above high {self.high}")

    def as_row(self) -> dict[str, Any]:
        """The row as plain data."""
        return {**asdict(self), "rests_on": list(self.rests_on), "soft_terms": list(self.soft_terms), "numbers": dict(self.numbers)}
