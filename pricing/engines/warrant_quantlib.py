"""Warrants by QuantLib: the special case and the bounds that it can express.

Each tranche is n shares behind odds p of the price leg and q of the delivery, both under the share measure and from QuantLib's analytic
binary barrier engine (the plan's clock is priced as a touch on its exponential). `value` is the independent, latched, continuous case
n S p q; n S min(p, q) is an upper bound for every way of watching and meeting and any dependence; n S max(0, p + q - 1) is a lower bound
for latched legs watched continuously. With a strike the claim C on the price leg alone and the prepaid share P stand for them:
n min(C, P q) and n max(0, C - P (1 - q)). Default and cancellation can only stop deliveries: the upper bound stands; the special case
leaves them out; the lower bound gives up their odds where these are known under the share measure, else it is void. The default of an
issuer (`pricing.paths.issuers`) is left out of the special case; then n S is the upper bound, and there is no lower one.

**Not modelled** dependence, averaging, term structure of rates (its average to expiry is used).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from curves import default_rates_key, discount_curve, survival_curve, years_between
from instruments.contracts.warrant import Warrant
from pricing._quantlib.touch import delivery_odds, touch_claims
from pricing.engines.contract_rows import ContractRows
from pricing.engines.warrant_closed_form import average_rate
from pricing.engines.warrant_legs import TwoLegs, described, two_legs
from pricing.engines.warrant_rows import FLOOR_PART, part_names
from pricing.engines.warrant_setup import WarrantRun, prepare
from pricing.paths.daily_rates import STILL
from pricing.registry import Outcome, Task, register_engine

Array = NDArray[np.float64]
MEASURES = ("value", "value_lower_bound", "value_upper_bound", "price_probability", "milestone_probability")


@register_engine(Warrant, "quantlib", measures=MEASURES, note="independent, latched, continuous case, with bounds")
def warrant_by_quantlib(task: Task) -> Outcome:
    """Price the special case and the bounds; see the module."""
    run = prepare(task)
    legs = two_legs(run, "quantlib")
    drivers = run.drivers
    share, horizon = drivers.share(run.warrant.underlying), float(drivers.grid.times[-1])
    targets = np.array([np.nan if leg.target is None else leg.target for leg in legs])
    claims = touch_claims(
        as_of=task.market.as_of,
        expiry=run.warrant.expiry,
        spot=share.spot,
        targets=targets,
        strike=run.warrant.strike_usd,
        volatility=share.volatility,
        rate=average_rate(run),
        dividend_yield=share.dividend_yield,
    )
    delivered = np.array([_delivery_odds(run, leg) for leg in legs])
    stopped = _stop_odds(run, legs, horizon)
    touched = np.divide(claims.values, claims.ceiling, out=np.zeros_like(claims.values), where=claims.ceiling > 0.0)
    value = run.valued_shares * claims.values * delivered
    prepaid = share.spot * float(np.exp(-share.dividend_yield * horizon))
    left_out = [text for text in (described(legs), "share and deliveries independent" if drivers.clocks else "") if text]
    if run.warrant.exercise != "at_expiry" and (run.warrant.strike_usd > 0.0 or share.dividend_yield != 0.0):
        left_out.append("exercised at expiry")
    if stopped is None or bool((stopped > 0.0).any()):
        left_out.append("default and cancellation left out")
    if drivers.rate is not None:
        left_out.append(STILL)
    floor, most_floor = _floor_values(run)
    left_out += _left_out(run)
    note = "special case: " + "; ".join(left_out) if left_out else "exact for its model"
    maker = ContractRows(task, "quantlib", run.warrant.holder)
    holder, issuer, names = run.warrant.holder, run.warrant.issuer, part_names(run.warrant.tranches)
    maker.add("value", float(value.sum()) + floor, note=note)
    maker.add("value", -float(value.sum()) - floor, party=issuer, note=note)
    for index, name in enumerate(names):
        maker.add("value", float(value[index]), part=name, note=note)
    if run.warrant.floor is not None:
        maker.add("value", floor, part=FLOOR_PART, note="all shares vested and the floor owed: a spread of calls below the amount")
    upper, lower, void = _bounds(run, targets, claims.values, claims.ceiling, prepaid, delivered, stopped)
    still = "" if drivers.rate is None else f"; {STILL}"
    maker.add("value_upper_bound", float(upper.sum()) + most_floor, note=f"any dependence, any way of watching and meeting{still}")
    if lower is None:
        maker.add("value_lower_bound", None, note=f"void: {void}")
    else:
        maker.add("value_lower_bound", float(lower.sum()), note=f"any dependence, legs latched and watched continuously{still}")
    for index, name in enumerate(names):
        maker.add("price_probability", float(touched[index]), part=name, party=holder, probability="share")
        maker.add("milestone_probability", float(delivered[index]), part=name, party=holder, probability="share", note=note)
    return Outcome(maker.rows)


def _left_out(run: WarrantRun) -> list[str]:
    """What of the terms the special case passes over."""
    warrant = run.warrant
    found: list[str] = []
    if warrant.forfeiture is not None:
        found.append("forfeiture left out")
    if warrant.dilution != "in_spot":
        found.append("dilution of the observed price left out")
    if warrant.whole_shares:
        found.append("fractions delivered")
    if run.drivers.issuers:
        found.append("default of an issuer left out")
    if warrant.floor is not None:
        found.append("floor as if all shares had vested by its date")
    return found


def _floor_values(run: WarrantRun) -> tuple[float, float]:
    """Top-up of the floor if all open shares have vested and it is owed, F D - n (C(K) - C(K + F/n)), and at most: F D. USD."""
    floor, shares = run.warrant.floor, float(run.open_shares.sum())
    if floor is None:
        return 0.0, 0.0
    share, market, strike = run.drivers.share(run.warrant.underlying), run.task.market, run.warrant.strike_usd
    horizon = years_between(market.as_of, floor.on)
    discount = float(discount_curve(market, default_rates_key(market)).discount(np.array([horizon]))[0])
    most = floor.amount_usd * discount
    if shares <= 0.0:
        return most, most

    def call(at: float) -> float:
        return float(
            touch_claims(
                as_of=market.as_of,
                expiry=floor.on,
                spot=share.spot,
                targets=np.array([np.nan]),
                strike=at,
                volatility=share.volatility,
                rate=-float(np.log(discount)) / horizon,
                dividend_yield=share.dividend_yield,
            ).ceiling[0]
        )

    return most - shares * (call(strike) - call(strike + floor.amount_usd / shares)), most


def _delivery_odds(run: WarrantRun, leg: TwoLegs) -> float:
    """Odds of a delivery by expiry under the share measure, default and cancellation left out."""
    if leg.planned_years is None or leg.clock is None:
        return 1.0
    drivers = run.drivers
    drift = float(drivers.drift_per_root_year("share", run.warrant.underlying)[drivers.keys.index(leg.clock.key)])
    return delivery_odds(
        as_of=run.task.market.as_of,
        expiry=run.warrant.expiry,
        planned_years=leg.planned_years,
        clock_volatility=leg.clock.volatility,
        tilt=leg.clock.volatility * drift,
    )


def _bounds(
    run: WarrantRun, targets: Array, claims: Array, ceiling: Array, prepaid: float, delivered: Array, stopped: Array | None
) -> tuple[Array, Array | None, str]:
    """USD at most and at least [tranche]; for the second None, and why, where there is none."""
    drivers, warrant = run.drivers, run.warrant
    share = drivers.share(warrant.underlying)
    if drivers.issuers:
        # before its default a share rises faster: hurdles are met sooner than without
        return run.valued_shares * max(share.spot, prepaid), None, "an issuer can default, and how much that takes away has no closed form"
    early = warrant.exercise == "at_vesting"
    if early and (warrant.strike_usd > 0.0 or share.dividend_yield != 0.0):
        # on any day a vested share is worth at most the share of that day
        free = _free_claims(run, targets) / prepaid
        most = run.valued_shares * max(share.spot, prepaid) * np.minimum(free, delivered)
        if warrant.strike_usd > 0.0 or share.dividend_yield < 0.0:
            return most, None, "exercise at vesting is worth less than at expiry"
    else:
        most = None
    here = drivers.keys.index(warrant.underlying)
    tied = any(drivers.correlation[here, drivers.keys.index(clock.key)] != 0.0 for clock in drivers.clocks)
    # the odds of delivery are those with the share as numeraire; a call weighs paths otherwise, unless delivery is independent
    weight = np.full(len(targets), prepaid) if tied else ceiling
    if most is None:
        most = run.valued_shares * np.minimum(claims, weight * delivered)
    if warrant.forfeiture is not None or warrant.dilution != "in_spot" or warrant.whole_shares:
        return most, None, "forfeiture, dilution or whole shares take value away, and how much has no closed form"
    if stopped is None:
        return most, None, "odds of default under the share measure have no closed form when it is correlated"
    return most, run.valued_shares * np.maximum(0.0, claims - weight * (1.0 - delivered + stopped)), ""


def _free_claims(run: WarrantRun, targets: Array) -> Array:
    share = run.drivers.share(run.warrant.underlying)
    return touch_claims(
        as_of=run.task.market.as_of,
        expiry=run.warrant.expiry,
        spot=share.spot,
        targets=targets,
        strike=0.0,
        volatility=share.volatility,
        rate=average_rate(run),
        dividend_yield=share.dividend_yield,
    ).values


def _stop_odds(run: WarrantRun, legs: tuple[TwoLegs, ...], horizon: float) -> Array | None:
    """Odds under the share measure that default or cancellation comes by expiry [tranche]; None where correlation hides them."""
    drivers = run.drivers
    odds = np.zeros(len(legs))
    for index, leg in enumerate(legs):
        # what is delivered already cannot be stopped
        if leg.clock is None or leg.planned_years is None or leg.planned_years <= 0.0:
            continue
        kept = float(np.exp(-leg.clock.cancellation_hazard * horizon))
        if leg.clock.buyer is not None:
            here, there = drivers.keys.index(run.warrant.underlying), drivers.keys.index(leg.clock.buyer)
            if drivers.correlation[here, there] != 0.0:
                return None
            kept *= float(survival_curve(run.task.market, leg.clock.buyer).survival(np.array([horizon]))[0])
        odds[index] = 1.0 - kept
    return odds
