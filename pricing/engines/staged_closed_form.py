"""Staged equity in closed form: exact where share, deliveries and defaults are independent, or refused.

**Model** sum over grid days of P(trigger on the day) x P(both sides alive at the draw) x D x E[(w - 1) 1{nobody stops}]; the last is
a gap option (`pricing.formulas.gap_claim_value`), the first from the inverse Gaussian date of the plan's clock
(`pricing.formulas.delivery_probability`).

**Not modelled** as in `staged_monte_carlo`; triggers on prices and events, and correlation, are refused.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from instruments.contracts.staged import StagedEquity
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.staged_independent import Gap, GapValue, Reach, independent_numbers
from pricing.engines.staged_rows import MEASURES, staged_rows
from pricing.engines.staged_setup import StagedRun, prepare
from pricing.formulas import delivery_probability, gap_claim_odds, gap_claim_value
from pricing.registry import Outcome, Task, register_engine

Array = NDArray[np.float64]


@register_engine(StagedEquity, "closed_form", measures=MEASURES, note="exact where everything is independent, else refused")
def staged_by_closed_form(task: Task) -> Outcome:
    """Price a staged commitment without simulation; see the module for the model."""
    run = prepare(task)
    correlation = run.drivers.correlation
    if np.abs(correlation - np.eye(correlation.shape[0])).max(initial=0.0) > 0.0:
        why = "share, deliveries and credits are correlated in this market"
        raise PricingError(problem("unsupported", subject=task.contract_id, field="method", why=why, remedy="use method 'monte_carlo'"))
    if run.drivers.rate is not None:
        why = "the market moves the short rate"
        raise PricingError(problem("unsupported", subject=task.contract_id, field="method", why=why, remedy="use method 'monte_carlo'"))
    return Outcome(staged_rows(run, independent_numbers(run, *formulas_of(run), None), "closed_form"))


def formulas_of(run: StagedRun) -> tuple[Reach, GapValue]:
    """Odds of delivery and gains of draws by formulas."""
    grid, volatility = run.drivers.grid, run.drivers.share(run.contract.underlying).volatility

    def reach(planned: float, clock_volatility: float) -> Array:
        return delivery_probability(planned_years=planned, horizon_years=grid.times, clock_volatility=clock_volatility)

    def gap(asked: Gap) -> tuple[Array, Array]:
        variance = volatility**2 * grid.times[asked.days]
        value = gap_claim_value(forward=asked.forward, variance=variance, low=asked.low, high=asked.high, floor=asked.floor)
        return value, gap_claim_odds(forward=asked.forward, variance=variance, low=asked.low, high=asked.high, floor=asked.floor)

    return reach, gap
