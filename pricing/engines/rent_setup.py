"""What every engine of compute derivatives starts from: the curve of the index, the months to settle, discount factors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from curves import LaunchMixture, RentCurve, discount_curve, mean_mixture, rent_curve
from curves.lookup import default_rates_key
from instruments.checks.compute_derivatives import SIDES
from instruments.contracts.compute_derivatives import RentDerivative, RentFuture, RentOption, RentSwap
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.registry import Task
from pricing.schedules.rent_months import RentMonth, rent_months
from pricing.schedules.types import Floats

UNSEEN = LaunchMixture(np.ones(1), np.ones(1), np.zeros(1))
"""Law of the days to come where none is left; its share is 0."""


@dataclass(frozen=True)
class RentRun:
    """One contract, resolved on one market."""

    task: Task
    contract: RentDerivative
    curve: RentCurve
    months: tuple[RentMonth, ...]
    discounts: Floats
    """To the payment of each month [month]."""

    @property
    def sides(self) -> tuple[str, str]:
        """The two parties; values are to the first."""
        one, other = SIDES[type(self.contract)]
        return getattr(self.contract, one), getattr(self.contract, other)

    @property
    def hours(self) -> float:
        """Accelerator-hours of one month."""
        return self.contract.hours if isinstance(self.contract, RentFuture) else self.contract.hours_per_month

    @cached_property
    def fair(self) -> Floats:
        """Mean of the index over each month, forwards and what has been seen [month], USD per hour."""
        return np.array([m.known + m.open_share * (float(np.mean(self.curve.forward(m.times))) if m.days else 0.0) for m in self.months])

    @cached_property
    def laws(self) -> tuple[LaunchMixture, ...]:
        """Law of the mean over the days to come of each month."""
        return tuple(mean_mixture(self.curve, m.times) if m.days else UNSEEN for m in self.months)

    def rows(self, method: str, note: str | None = None) -> ContractRows:
        """Collects rows to the first side."""
        return ContractRows(self.task, method, self.sides[0], note)

    def agreed(self) -> float:
        """Price, fixed price or strike, USD per hour."""
        contract = self.contract
        if isinstance(contract, RentFuture):
            return contract.price_usd_per_hour
        return contract.fixed_usd_per_hour if isinstance(contract, RentSwap) else contract.strike_usd_per_hour


def prepare_rent(task: Task) -> RentRun:
    """Resolve a compute derivative.

    Raises:
        InputError: fixings are missing or misplaced, or nothing is left to settle.
        MarketError: the market has no such rent.
        PricingError: another kind of contract.
    """
    contract = task.contract
    if not isinstance(contract, RentFuture | RentSwap | RentOption):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not a compute derivative", remedy="name one"))
    curve = rent_curve(task.market, contract.index)
    months = rent_months(
        contract.months,
        task.market.as_of,
        curve.spot_usd_per_hour,
        task.deal.position.fixings.get(contract.index, {}),
        lag_days=getattr(contract, "payment_lag_days", 0),
        subject=task.contract_id,
    )
    discount = discount_curve(task.market, default_rates_key(task.market)).discount
    # a future is margined: its gains are in hand today, and nothing is discounted
    factors = np.ones(len(months)) if isinstance(contract, RentFuture) else discount(np.array([m.pay_years for m in months]))
    return RentRun(task, contract, curve, months, factors)
