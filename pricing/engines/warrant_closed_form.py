"""Warrants in closed form, where one exists: price legs watched continuously, deliveries, or both when they are independent.

**Model** each tranche n [S_0 e^{-qT} P_share(A) - K e^{-rT} P(A)], A = touched and S_T > K, times the odds of delivery; flat rate, yield
and volatility, taken at their averages to expiry; a share on a short rate that moves has the volatility of its forward, where nothing
is watched before expiry. Exact for: `touch` observation, latched legs, zero correlation between share and
milestone, no default or cancellation that could stop deliveries, strike at most the lowest target, exercise at expiry. Anything else is
refused: this method never approximates.
"""

from __future__ import annotations

import numpy as np

from instruments.contracts.warrant import Warrant
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from instruments.observations import Touch
from pricing.engines.warrant_legs import TwoLegs, two_legs
from pricing.engines.warrant_rows import TrancheNumbers, warrant_rows
from pricing.engines.warrant_setup import WarrantRun, prepare
from pricing.formulas.hurdle import delivery_probability, touch_call_value, touch_probability
from pricing.formulas.vanilla import call_value
from pricing.registry import Outcome, Task, register_engine

MEASURES = (
    "value", "value_per_share", "share_of_spot", "share_of_hardware", "vesting_probability", "dilution_full", "dilution_expected",
    "value_per_milestone_unit", "value_less_price", "break_even_reaction", "observed_reaction", "observed_reaction_value",
)  # fmt: skip


@register_engine(Warrant, "closed_form", measures=MEASURES, note="touch and independent delivery, exact; refuses the rest")
def warrant_in_closed_form(task: Task) -> Outcome:
    """Price a warrant exactly, or refuse; see the module for the domain."""
    run = prepare(task)
    legs = two_legs(run, "closed_form")
    _refuse_outside_domain(run, legs)
    share, horizon, rate = run.drivers.share(run.warrant.underlying), float(run.drivers.grid.times[-1]), average_rate(run)
    volatility = float(run.drivers.forward_volatility(share, np.array(horizon)))
    market = {"spot": share.spot, "volatility": volatility, "years": horizon, "rate": rate, "dividend_yield": share.dividend_yield}
    delivered = np.array([_delivery_odds(leg, horizon) for leg in legs])
    strike = run.warrant.strike_usd
    per_share = np.array(
        [
            float(
                call_value(strike=strike, **market) if leg.target is None else touch_call_value(target=leg.target, strike=strike, **market)
            )
            for leg in legs
        ]
    )
    touched = {
        measure: np.array(
            [1.0 if leg.target is None else float(touch_probability(target=leg.target, measure=measure, **market)) for leg in legs]
        )
        for measure in ("share", "pricing")
    }
    value = run.valued_shares * per_share * delivered
    numbers = TrancheNumbers(
        value=value,
        error=None,
        whole=float(value.sum()),
        whole_error=None,
        odds={"share": (touched["share"] * delivered, None), "pricing": (touched["pricing"] * delivered, None)},
    )
    return Outcome(warrant_rows(run, numbers, "closed_form"))


def average_rate(run: WarrantRun) -> float:
    """The continuously compounded rate to expiry."""
    grid = run.drivers.grid
    return float(-np.log(grid.discounts[-1]) / grid.times[-1])


def _delivery_odds(leg: TwoLegs, horizon: float) -> float:
    if leg.planned_years is None or leg.clock is None:
        return 1.0
    return float(delivery_probability(planned_years=leg.planned_years, horizon_years=horizon, clock_volatility=leg.clock.volatility))


def _refuse_outside_domain(run: WarrantRun, legs: tuple[TwoLegs, ...]) -> None:
    drivers = run.drivers
    reasons: list[str] = []
    if any(leg.target is not None and not isinstance(leg.observation, Touch) for leg in legs):
        reasons.append("a price leg is not watched continuously (touch)")
    if any(leg.meets != {"latched"} for leg in legs):
        reasons.append("a leg is not latched")
    here = drivers.keys.index(run.warrant.underlying)
    if any(drivers.correlation[here, drivers.keys.index(clock.key)] != 0.0 for clock in drivers.clocks):
        reasons.append("share and milestone are correlated")
    if any(clock.buyer is not None or clock.cancellation_hazard > 0.0 for clock in drivers.clocks):
        reasons.append("a default or cancellation can stop deliveries")
    lowest = min((leg.target for leg in legs if leg.target is not None), default=np.inf)
    if drivers.rate is not None and np.isfinite(lowest):
        reasons.append("a target is watched while the short rate moves")
    if run.warrant.strike_usd > lowest:
        reasons.append("the strike is above a target")
    if run.warrant.exercise != "at_expiry" and (
        run.warrant.strike_usd > 0.0 or drivers.share(run.warrant.underlying).dividend_yield != 0.0
    ):
        reasons.append("exercise before expiry with a strike or dividends")
    if drivers.issuers:
        reasons.append("the issuer of a share can default")
    if not run.is_plain or run.warrant.whole_shares:
        reasons.append("forfeiture, value floor, dilution of the observed price or whole shares")
    if reasons:
        why = "no exact closed form: " + "; ".join(reasons)
        raise PricingError(
            problem(
                "unsupported", subject=run.task.contract_id, field="method", value="closed_form", why=why, remedy="use method monte_carlo"
            )
        )
