"""What is read off a simulated facility: fair margin, losses, break-even rents, coverage."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.facility_run import FacilityRun, Setup
from pricing.ledger import facility as k
from pricing.schedules.types import Floats

ROUNDS = 20
MARGIN_ABS = 1e-7
"""A thousandth of a basis point: far inside the standard error."""


@dataclass(frozen=True)
class Losses:
    """Expected loss of the lender, three ways, USD; never to be mixed."""

    against_default_free: float
    """(a) value if nobody could default, less value."""
    discounted: float
    """(b) mean of what is written off, discounted from the day of the write-off."""
    undiscounted: float
    """(c) the same without discounting."""
    error: float
    """Standard error of (b)."""


def losses(run: FacilityRun, free: FacilityRun) -> Losses:
    """The three expected losses; `free` is the same facility without defaults, on the same paths."""
    present = run.outcomes[k.SHORTFALL_DISCOUNTED]
    return Losses(
        free.value - run.value,
        float(present.mean()),
        float(run.outcomes[k.SHORTFALL].mean()),
        float(present.std(ddof=1) / np.sqrt(run.paths)),
    )


def lent(setup: Setup) -> float:
    """Outstanding at the grid's start, USD."""
    return float(setup.facility.plan.opening[0] + setup.facility.plan.opening[1])


def margin_shift(setup: Setup, add: float) -> Setup:
    """The facility with `add` on both coupons; draws, swap and schedule stay as resolved, so value is smooth in `add`."""
    plan = setup.facility.plan
    floating = plan.floating_interest + add * plan.accrual
    fixed = plan.fixed_interest + add * plan.accrual
    moved = plan._replace(floating_interest=floating, fixed_interest=fixed)
    return replace(setup, facility=replace(setup.facility, plan=moved))


def fair_margin(setup: Setup, *, paths: int, seed: int, threads: int | None = None) -> tuple[float, float]:
    """Addition to both coupons at which the loan prices at par, and its standard error.

    **Model**: secant on common paths for value(add) = outstanding. The reserve targets and draws stay as resolved.

    Returns:
        (addition a year, standard error from the value's own error over the slope).

    Raises:
        PricingError: no addition between -20 % and +50 % does it.
    """
    par = lent(setup)

    def gap(add: float) -> tuple[float, float]:
        run = margin_shift(setup, add).run(paths=paths, seed=seed, threads=threads)
        return run.value - par, run.standard_error

    low, high = 0.0, 0.005
    (at_low, _), (at_high, error) = gap(low), gap(high)
    for _ in range(ROUNDS):
        slope = (at_high - at_low) / (high - low)
        if slope <= 0:
            break
        low, at_low = high, at_high
        high = min(max(high - at_high / slope, -0.2), 0.5)
        if abs(high - low) < MARGIN_ABS:
            return high, error / slope
        at_high, error = gap(high)
    raise PricingError(
        problem(
            "not_converged", subject="fair margin", iterations=ROUNDS, residual=at_high, remedy="the loan may not reach par at any margin"
        )
    )


def margin_ladder(setup: Setup, *, paths: int, seed: int, threads: int | None = None) -> dict[str, tuple[float, float]]:
    """Fair additions with credits cut in turn: what each credit costs the loan.

    Returns:
        Name to (addition, standard error): 'all', 'customer cut', 'operator cut', 'both cut'.
    """
    model = setup.model
    cases = {
        "all": setup,
        "customer cut": setup.cut(model.customer),
        "operator cut": setup.cut(model.operator),
        "both cut": setup.cut(*model.counterparties),
    }
    return {name: fair_margin(case, paths=paths, seed=seed, threads=threads) for name, case in cases.items()}


def break_even_rent(setup: Setup) -> Floats:
    """Contract rent, USD per unit-hour, at which the plan's cash just covers cost and scheduled service, by payment date [time].

    NaN where nothing serves or nothing is due. The largest over the dates is the rent below which the plan misses a payment.
    """
    facility = setup.facility
    plan = facility.plan
    opened = np.concatenate([[lent(setup)], facility.planned_balance[:-1]])
    due = opened * facility.unit_service
    accepted = plan.accept[:, None] < np.arange(plan.months)[None, :]
    units = np.where(accepted, plan.units, 0.0).sum(axis=0)
    inside = (units > 0) & (due > 0) & (np.arange(plan.months) < plan.maturity)
    safe = np.where(inside, units, 1.0)
    return np.where(inside, (due + units * (plan.power_cost + plan.site_cost)) / (safe * plan.hours), np.nan)
