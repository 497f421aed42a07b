"""Compute derivatives by QuantLib's discrete-average options: the lognormal special case.

QuantLib's engines know one factor and one volatility. Forwards of every day are reproduced; the volatility is the standard deviation of
the logarithm of the rent on the last day of the month, launches as a wider lognormal, over the root of the time to it. So the difference
to the default method is: the mean reversion between the days of the month, and the shape that launches give (a mixture, not a lognormal).
Without launches and with the long-term factor alone both methods match the same moments of the mean, and agree. Futures and swaps are a
call less a put on each month, which needs no volatility and must agree.
"""

from __future__ import annotations

import numpy as np

from instruments.contracts.compute_derivatives import RentFuture, RentOption, RentSwap
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.rent_setup import RentRun, prepare_rent
from pricing.registry import Outcome, Task, register_engine

METHOD = "quantlib"
PARITY_VOLATILITY = 0.3
"""A call less a put does not depend on it."""


def flat_volatility(run: RentRun, index: int) -> float:
    """One volatility for a month, per year."""
    last = float(run.months[index].times[-1])
    return run.curve.standard_deviation(last) / np.sqrt(last)


def _option(run: RentRun, index: int, volatility: float, *, call: bool) -> float:
    """Undiscounted value per hour of one month; what is sure needs no QuantLib."""
    from pricing._quantlib.averages import mean_option  # QuantLib is loaded by those who ask for it

    month = run.months[index]
    if not month.days or run.agreed() <= month.known:
        sign = 1.0 if call else -1.0
        return max(sign * (float(run.fair[index]) - run.agreed()), 0.0)
    count = month.fixed + len(month.days)
    try:
        return mean_option(
            as_of=run.task.market.as_of, spot=run.curve.spot_usd_per_hour, days=month.days, forwards=run.curve.forward(month.times),
            seen_sum=month.known * count, seen=month.fixed, strike=run.agreed(), volatility=volatility, call=call,
        )  # fmt: skip
    except RuntimeError as error:
        raise PricingError(
            problem(
                "unsupported", subject=run.task.contract_id, why=f"QuantLib refuses the month {month.month}: {error}", remedy="use moments"
            )
        ) from error


@register_engine(RentOption, METHOD, measures=("value",), note="one factor, one volatility, launches as a wider lognormal")
def option_by_quantlib(task: Task) -> Outcome:
    """The lognormal special case; see the module."""
    run = prepare_rent(task)
    call = getattr(task.contract, "option", "call") == "call"
    vols = [flat_volatility(run, index) if month.days else 0.0 for index, month in enumerate(run.months)]
    each = [_option(run, index, vol, call=call) for index, vol in enumerate(vols)]
    values = run.hours * run.discounts * np.array(each)
    shown = f"{min(vols):.1%}" if max(vols) - min(vols) < 5e-4 else f"{min(vols):.1%} to {max(vols):.1%}"
    launches = ", launches as a wider lognormal" if run.curve.launches else ""
    rows = run.rows(METHOD, f"special case: one factor, flat volatility {shown} by month{launches}")
    rows.add_sides("value", float(values.sum()), other=run.sides[1])
    for month, value in zip(run.months, values, strict=True):
        rows.add_sides("value", float(value), other=run.sides[1], part=month.month)
    return Outcome(rows.rows)


def _by_parity(task: Task) -> Outcome:
    run = prepare_rent(task)
    each = [
        _option(run, index, PARITY_VOLATILITY, call=True) - _option(run, index, PARITY_VOLATILITY, call=False)
        for index in range(len(run.months))
    ]
    values = run.hours * run.discounts * np.array(each)
    rows = run.rows(METHOD, "a call less a put on the mean of each month; nobody defaults")
    rows.add_sides("value", float(values.sum()), other=run.sides[1])
    return Outcome(rows.rows)


@register_engine(RentFuture, METHOD, measures=("value",), note="a call less a put on the mean, struck at the price")
def future_by_quantlib(task: Task) -> Outcome:
    """Parity of QuantLib's average options; see the module."""
    return _by_parity(task)


@register_engine(RentSwap, METHOD, measures=("value",), note="calls less puts on the means, struck at the fixed price")
def swap_by_quantlib(task: Task) -> Outcome:
    """Parity of QuantLib's average options, month by month; see the module."""
    return _by_parity(task)
