"""Sensitivities of odds and losses of a facility: the steps of `pricing.risk.sensitivities`, read off other numbers of the same runs.

**Model** for each measure the difference of its two estimates, at the ends of a step, on the same random numbers; its error is that of the
difference of what each path contributes. A ratio and a tail are no means over paths: their contributions are those to first order
(E[x] / E[p]: (x - r p) / E[p]; the mean beyond a quantile q: max(x - q, 0) / (1 - level), q held fixed, as `tail_mean`), so that what the
paths share falls out of the error here too. A step moves the quantile: the slope is that of the tail, whatever paths are in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pricing.engines.facility_run import FacilityRun
from pricing.ledger import facility as k
from pricing.risk.quantiles import quantiles
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from pricing.risk.sensitivities import Step

TAIL_LEVELS = (0.95, 0.99)
"""Levels of the tail: beyond 99 % a step moves too few paths to tell its slope."""
FEWEST_BEYOND = 30
"""Paths beyond a level below which its slope is not given."""


@dataclass(frozen=True)
class Reading:
    """One number of a run, and what each path contributes to its error."""

    level: float | None
    value: float
    by_path: Floats


def readings(measure: str, run: FacilityRun) -> Iterator[Reading]:
    """`default_probability`, `expected_loss_rate`, or `shortfall_tail_mean` at its levels, of a run."""
    if measure == "default_probability":
        called = (run.outcomes[k.DEFAULT_MONTH] < run.facility.plan.months).astype(np.float64)
        yield Reading(None, float(called.mean()), called)
    elif measure == "expected_loss_rate":
        lost = run.outcomes[k.SHORTFALL_DISCOUNTED]
        paid_in = run.outcomes[k.PAID_IN] + float(run.facility.plan.opening[0] + run.facility.plan.opening[1])
        most = float(paid_in.mean())
        if most > 0.0:
            rate = float(lost.mean()) / most
            yield Reading(None, rate, (lost - rate * paid_in) / most)
    else:
        lost = run.outcomes[k.SHORTFALL_DISCOUNTED]
        for level in TAIL_LEVELS:
            if lost.size * (1.0 - level) >= FEWEST_BEYOND:
                at = quantiles(lost, (level,))[0].value
                beyond = np.maximum(lost - at, 0.0) / (1.0 - level)
                yield Reading(level, at + float(beyond.mean()), beyond)


def loss_slopes(measure: str, step: Step, above: FacilityRun, below: FacilityRun) -> Iterator[tuple[float | None, float, float]]:
    """Level, slope in the unit of the step, and standard error, for each reading of a measure that both ends give."""
    scale = step.unit / (step.up - step.down)
    lower = {found.level: found for found in readings(measure, below)}
    for upper in readings(measure, above):
        if upper.level in lower:
            apart = upper.by_path - lower[upper.level].by_path
            error = float(apart.std(ddof=1) / np.sqrt(apart.size))
            yield upper.level, scale * (upper.value - lower[upper.level].value), abs(scale) * error
