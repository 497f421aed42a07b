"""What can still be borne: the advance at which a loss rate is reached, the contract rent at which value or loss is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from instruments.contracts.loan import Loan
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.facility_measures import lent
from pricing.engines.facility_run import FacilityRun, Setup, planned_run, set_up
from pricing.ledger import facility as k

if TYPE_CHECKING:
    from curves import Market
    from pricing.engines.facility_rows import Rows

PATHS = 16_384
"""Paths of each round: rounds share their paths, so few are enough."""
LOSS_RATES = (0.01, 0.02, 0.05)
"""Loss rates for which rows are made; `advance_for_loss` and `rent_for_loss` take any."""
LEAST_SCALE, MOST_SCALE = 0.02, 4.0
MOST_ADVANCE = 1.5
"""Of cost: the most that terms allow."""
SCALE_ABS = 2e-4
SLOPE_STEP = 0.02
"""Relative step over which the slope at the answer is measured: the estimate is a step function on finer ones."""
ROUNDS = 40

Gap = Callable[[float], tuple[float, float]]
"""A scale to what is missing, and its standard error."""


@dataclass(frozen=True)
class BreakEven:
    """An answer with the standard error that simulation leaves in it."""

    value: float
    error: float
    scale: float
    """Answer over what the terms say."""


def solve(gap: Gap, low: float, high: float, *, subject: str, wish: str) -> tuple[float, float]:
    """The scale at which a gap on common paths crosses zero, and its standard error: that of the gap over its slope.

    **Model** Brent's bracket in the scale to 2e-4, since a simulated gap is a step function of finer steps. Where it crosses several
    times one crossing is given. The slope is taken over 2 % both ways.

    Raises:
        PricingError: both ends of the bracket leave the same sign: no scale between them does it.
    """
    from scipy.optimize import brentq  # found by those who ask for a break-even

    def missing(scale: float) -> float:
        return gap(scale)[0]

    if missing(low) * missing(high) > 0.0:
        why = f"{wish} is not reached between {100 * low:.0f} % and {100 * high:.0f} % of what the terms say"
        raise PricingError(problem("no_solution", subject=subject, why=why, remedy="ask for another target"))
    root: Any = brentq(missing, low, high, xtol=SCALE_ABS, rtol=8.9e-16, maxiter=ROUNDS)
    found = float(root)
    error = gap(found)[1]
    ends = [missing(found * (1.0 + sign * SLOPE_STEP)) for sign in (1.0, -1.0)]
    slope = (ends[0] - ends[1]) / (2.0 * SLOPE_STEP * found)
    if slope == 0.0:
        raise PricingError(problem("no_solution", subject=subject, why=f"{wish} holds over a range", remedy="ask for another target"))
    return found, error / abs(slope)


def loss_rate(setup: Setup, run: FacilityRun) -> tuple[float, float]:
    """Expected discounted write-offs over what is lent, and its standard error (of the numerator, as in the rows)."""
    lost, given = run.outcomes[k.SHORTFALL_DISCOUNTED], float(run.outcomes[k.PAID_IN].mean()) + lent(setup)
    if given <= 0.0:
        return 0.0, 0.0
    return float(lost.mean()) / given, float(lost.std(ddof=1) / np.sqrt(run.paths)) / given


def planned_advance(setup: Setup) -> float:
    """Drawn in total on the plan over the cost of all cohorts."""
    facility = setup.facility
    return float(planned_run(facility).states[facility.plan.maturity - 1, k.DRAWN, 0]) / facility.fleet.cost_usd


def scaled_advance(setup: Setup, market: Market, scale: float) -> Setup:
    """The facility with every advance rate and commitment scaled, resolved again: tests and schedules see the new debt."""
    loan = setup.facility.loan
    draws = loan.draws
    if draws is None:
        why = "the loan draws nothing more: there is no advance to choose"
        raise PricingError(problem("unsupported", subject=setup.facility.loan_id, field="draws", why=why, remedy="ask before it is drawn"))
    first = draws.initial_commitment_usd
    of_depreciated, of_market = draws.of_depreciated, draws.of_market_value
    smaller = draws.evolve(
        at_funding=scale * draws.at_funding,
        after_acceptance=scale * draws.after_acceptance,
        initial_commitment_usd=None if first is None else scale * first,
        of_depreciated=None if of_depreciated is None else of_depreciated.evolve(share=min(scale * of_depreciated.share, MOST_ADVANCE)),
        of_market_value=None if of_market is None else min(scale * of_market, MOST_ADVANCE),
    )
    moved: Loan = loan.evolve(draws=smaller, commitment_usd=scale * loan.commitment_usd)
    deal = setup.facility.deal
    return set_up(deal.evolve(contracts={**deal.contracts, setup.facility.loan_id: moved}), setup.facility.loan_id, market)


def advance_for_loss(
    setup: Setup, market: Market, target: float, *, paths: int = PATHS, seed: int = 0, threads: int | None = None
) -> BreakEven:
    """The advance rate (drawn on the plan / cost) at which the expected loss rate is `target`.

    **Model** all advance rates and commitments of the loan are scaled alike and the facility is resolved again; paths are common to all
    rounds. Coverage at draw may keep a loan from drawing what a scale allows: the rate given is what is drawn on the plan. Margin and
    schedule stay.

    Args:
        setup: the facility as it is. market: its market.
        target: expected_loss_rate, decimal: 0.02 is 2 % of what is lent.
        paths, seed, threads: of each round.

    Raises:
        PricingError: no advance between 2 % of the terms' and 150 % of cost does it, or nothing is left to draw.
    """
    draws = setup.facility.loan.draws
    most = MOST_ADVANCE / max(draws.after_acceptance, draws.at_funding, 1e-9) if draws else 1.0
    high = min(MOST_SCALE, most) / (1.0 + SLOPE_STEP)

    @cache
    def gap(scale: float) -> tuple[float, float]:
        other = scaled_advance(setup, market, scale)
        rate, error = loss_rate(other, other.run(paths=paths, seed=seed, threads=threads))
        return rate - target, error

    subject = f"{setup.facility.loan_id}: advance rate"
    scale, error = solve(gap, LEAST_SCALE, high, subject=subject, wish=f"an expected loss of {100 * target:g} %")
    found = planned_advance(scaled_advance(setup, market, scale))
    return BreakEven(found, found / scale * error, scale)


def scaled_rent(setup: Setup, scale: float) -> Setup:
    """The facility with its contract rent scaled from the market's date on; draws, swap and schedule stay as resolved."""
    plan = setup.facility.plan
    return replace(setup, facility=replace(setup.facility, plan=plan._replace(price=scale * plan.price)))


def rent_at_par(setup: Setup, *, paths: int = PATHS, seed: int = 0, threads: int | None = None) -> BreakEven:
    """The contract rent, USD per unit-hour, at which the loan is worth what is lent.

    **Model** the rent falls (or rises) on the day after signing: draws, schedule and hedge are as resolved at the rent of the terms.

    Raises:
        PricingError: no rent between 2 % and 400 % of the contract's does it.
    """

    @cache
    def gap(scale: float) -> tuple[float, float]:
        run = scaled_rent(setup, scale).run(paths=paths, seed=seed, threads=threads)
        return run.value - lent(setup), run.standard_error

    return _rent(setup, gap, "a value of par")


def rent_for_loss(setup: Setup, target: float, *, paths: int = PATHS, seed: int = 0, threads: int | None = None) -> BreakEven:
    """The contract rent, USD per unit-hour, at which the expected loss rate is `target`; model and errors as `rent_at_par`."""

    @cache
    def gap(scale: float) -> tuple[float, float]:
        rate, error = loss_rate(setup, scaled_rent(setup, scale).run(paths=paths, seed=seed, threads=threads))
        return rate - target, error

    return _rent(setup, gap, f"an expected loss of {100 * target:g} %")


def _rent(setup: Setup, gap: Gap, wish: str) -> BreakEven:
    scale, error = solve(gap, LEAST_SCALE, MOST_SCALE, subject=f"{setup.facility.loan_id}: contract rent", wish=wish)
    price = setup.facility.offtake.price_usd_per_hour
    return BreakEven(scale * price, price * error, scale)


def break_even_rows(rows: Rows, setup: Setup, run: FacilityRun, market: Market, threads: int | None) -> None:
    """The break-evens that are asked for; one that nothing reaches is void, and says why."""
    paths = min(PATHS, run.paths)

    def put(measure: str, part: str | None, found: Callable[[], BreakEven], note: str) -> None:
        if not rows.wants(measure):
            return
        try:
            answer = found()
            rows.add(measure, answer.value, answer.error, part=part, note=note)
        except PricingError as error:
            rows.add(measure, None, part=part, note=str(error.problems[0].allowed))

    how = {"paths": paths, "seed": run.seed, "threads": threads}
    if rows.wants("advance_rate"):
        rows.add("advance_rate", planned_advance(setup))
    kept = f"on {paths:,} common paths; draws, hedge and schedule as resolved"
    put("break_even_rent_at_par", None, lambda: rent_at_par(setup, **how), kept)
    for target in LOSS_RATES:
        part = f"expected loss of {100 * target:g} %"
        again = f"on {paths:,} common paths; advances and commitments scaled alike, resolved again"
        put("advance_rate_for_loss", part, lambda at=target: advance_for_loss(setup, market, at, **how), again)
        put("break_even_rent_for_loss", part, lambda at=target: rent_for_loss(setup, at, **how), kept)
