"""Warrants by QuantLib: the special case and the bounds that it can express.

Each tranche is n shares behind odds p of the price leg and q of the delivery, both under the share measure and from QuantLib's analytic
binary barrier engine (the plan's clock is priced as a touch on its exponential). `value` is the independent, latched, continuous case
n S p q; n S min(p, q) is an upper bound for every way of watching and meeting and any dependence; n S max(0, p + q - 1) is a lower bound
for latched legs watched continuously. Default and cancellation can only stop deliveries: the upper bound stands; the special case leaves
them out; the lower bound gives up their odds where these are known under the share measure, else it is void.

**Not modelled** dependence, averaging, term structure of rates (its average to expiry is used).
"""

from __future__ import annotations

import numpy as np

from curves import survival_curve
from instruments.contracts.warrant import Warrant
from pricing._quantlib.touch import delivery_odds, touch_claims
from pricing.engines.warrant_closed_form import average_rate
from pricing.engines.warrant_legs import described, two_legs
from pricing.engines.warrant_rows import RowMaker, part_names
from pricing.engines.warrant_setup import WarrantRun, prepare
from pricing.registry import Outcome, Task, register_engine

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
    tilt = 0.0
    if drivers.clocks:
        tilt = drivers.clocks[0].volatility * float(
            drivers.drift_per_root_year("share", share.key)[drivers.keys.index(drivers.clocks[0].key)]
        )
    delivered = np.array(
        [
            1.0
            if leg.planned_years is None
            else delivery_odds(
                as_of=task.market.as_of,
                expiry=run.warrant.expiry,
                planned_years=leg.planned_years,
                clock_volatility=drivers.clocks[0].volatility,
                tilt=tilt,
            )
            for leg in legs
        ]
    )
    stopped = _stop_odds(run, horizon)
    plain = claims.ceiling
    touched = np.divide(claims.values, plain, out=np.zeros_like(claims.values), where=plain > 0.0)
    value = run.open_shares * claims.values * delivered
    upper = run.open_shares * plain * np.minimum(touched, delivered)
    left_out = [text for text in (described(legs), "share and deliveries independent" if drivers.clocks else "") if text]
    if stopped is None or stopped > 0.0:
        left_out.append("default and cancellation left out")
    note = "special case: " + "; ".join(left_out) if left_out else "exact for its model"
    maker = RowMaker(run, "quantlib")
    holder, issuer, names = run.warrant.holder, run.warrant.issuer, part_names(run.warrant.tranches)
    maker.add("value", float(value.sum()), note=note)
    maker.add("value", -float(value.sum()), party=issuer, note=note)
    for index, name in enumerate(names):
        maker.add("value", float(value[index]), part=name, note=note)
    maker.add("value_upper_bound", float(upper.sum()), note="any dependence, any way of watching and meeting")
    if stopped is None:
        maker.add("value_lower_bound", None, note="void: odds of default under the share measure have no closed form when it is correlated")
    else:
        lower = run.open_shares * plain * np.maximum(0.0, touched + delivered - stopped - 1.0)
        maker.add("value_lower_bound", float(lower.sum()), note="any dependence, legs latched and watched continuously")
    for index, name in enumerate(names):
        maker.add("price_probability", float(touched[index]), part=name, party=holder, probability="share")
        maker.add("milestone_probability", float(delivered[index]), part=name, party=holder, probability="share", note=note)
    return Outcome(tuple(maker.rows))


def _stop_odds(run: WarrantRun, horizon: float) -> float | None:
    """Odds under the share measure that default or cancellation comes by expiry; None where correlation hides them."""
    drivers = run.drivers
    if not drivers.clocks:
        return 0.0
    clock = drivers.clocks[0]
    kept = float(np.exp(-clock.cancellation_hazard * horizon))
    if clock.buyer is not None:
        here, there = drivers.keys.index(run.warrant.underlying), drivers.keys.index(clock.buyer)
        if drivers.correlation[here, there] != 0.0:
            return None
        kept *= float(survival_curve(run.task.market, clock.buyer).survival(np.array([horizon]))[0])
    return 1.0 - kept
