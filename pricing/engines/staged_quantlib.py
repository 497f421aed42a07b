"""Staged equity by QuantLib: the special case in which share, deliveries and defaults are independent.

**Model** `staged_independent` with QuantLib's engines: European gap and cash-or-nothing options on the worth of the shares at each day of
decision, one-touch options on the plan's clock for the odds of delivery. Exact where the market has no correlation between them; triggers
on prices and events, and options on options, are refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from instruments.contracts.staged import StagedEquity
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing._quantlib.staged import gap_gains
from pricing._quantlib.touch import delivery_odds
from pricing.engines.staged_independent import Gap, independent_numbers
from pricing.engines.staged_rows import staged_rows
from pricing.engines.staged_setup import prepare
from pricing.paths.daily_rates import STILL
from pricing.registry import Outcome, Task, register_engine

Array = NDArray[np.float64]
NOTE = "special case: share, deliveries and defaults independent"
MEASURES = ("value", "expected", "investor_stop_option", "issuer_stop_option")


@register_engine(StagedEquity, "quantlib", measures=MEASURES, note="European gap options on days of delivery, independent of each other")
def staged_by_quantlib(task: Task) -> Outcome:
    """Price the independent case with QuantLib's engines; see the module for the model."""
    run = prepare(task)
    grid, share = run.drivers.grid, run.drivers.share(run.contract.underlying)
    as_of = task.market.as_of
    if share.volatility == 0.0:
        why = "QuantLib's digital options need a volatility above 0"
        raise PricingError(problem("unsupported", subject=task.contract_id, field="volatility", why=why, remedy="use method 'closed_form'"))

    def reach(planned: float, clock_volatility: float) -> Array:
        asked = {"planned_years": planned, "clock_volatility": clock_volatility, "tilt": 0.0}
        return np.array([delivery_odds(as_of=as_of, expiry=date, **asked) for date in grid.dates])

    def gap(asked: Gap) -> tuple[Array, Array]:
        expiries = tuple(grid.dates[day] for day in asked.days)
        return gap_gains(
            as_of=as_of,
            expiries=expiries,
            forwards=asked.forward,
            volatility=share.volatility,
            low=asked.low,
            high=asked.high,
            floor=asked.floor,
        )

    correlation = run.drivers.correlation
    tied = np.abs(correlation - np.eye(correlation.shape[0])).max(initial=0.0) > 0.0
    left_out = [*([NOTE] if tied else []), *([STILL] if run.drivers.rate is not None else [])]
    rows = staged_rows(run, independent_numbers(run, reach, gap, "; ".join(left_out) or None), "quantlib")
    return Outcome(tuple(row for row in rows if row.measure in MEASURES))
