"""Futures and swaps on the monthly mean by their forwards: no model of volatility enters.

**Model** the mean of a month is worth the mean of the forwards of its days, and of the fixings seen. A future entered at p is worth
hours x (fair - p), undiscounted, for its gains are paid as margin on the day. A swap is worth the sum of discounted hours x (fair - fixed).
Rates are deterministic, so that futures and forwards agree. **Not modelled** default (a swap's is in `monte_carlo`), margin interest, fees,
position limits, days on which the index is not published (the filed chapter has no rule for them).
"""

from __future__ import annotations

import math

import numpy as np

from instruments.contracts.compute_derivatives import RentFuture, RentSwap
from pricing.engines.rent_setup import RentRun, prepare_rent
from pricing.registry import Outcome, Task, register_engine

METHOD = "forward"
DEFAULT_FREE = "exact for its model: nobody defaults"


def on_tick(price: float, tick: float) -> float:
    """The nearest multiple of the tick; halfway, to a billionth of a tick, is up."""
    return math.floor(price / tick + 0.5 + 1e-9) * tick


@register_engine(
    RentFuture,
    METHOD,
    measures=("value", "fair_price", "fair_price_on_tick", "tick_value", "fixings_seen", "hours"),
    default=True,
    note="mean of forwards and fixings, margined: undiscounted",
)
def future_by_forward(task: Task) -> Outcome:
    """Value of a position in a future; see the module."""
    run = prepare_rent(task)
    future, month, rows = task.contract, run.months[0], run.rows(METHOD)
    if not isinstance(future, RentFuture):
        return Outcome(())
    fair = float(run.fair[0])
    rows.add_sides("value", run.hours * (fair - future.price_usd_per_hour), other=run.sides[1])
    rows.add("fair_price", fair)
    rows.add("fair_price_on_tick", on_tick(fair, future.tick), note=f"nearest tick of {future.tick:g}")
    rows.add("tick_value", run.hours * future.tick)
    rows.add("fixings_seen", 1.0 - month.open_share)
    rows.add("hours", run.hours)
    return Outcome(rows.rows)


@register_engine(
    RentSwap,
    METHOD,
    measures=("value", "fair_price", "fixings_seen", "hours", "discounted_hours"),
    default=True,
    note="discounted forwards against the fixed price, nobody defaults",
)
def swap_by_forward(task: Task) -> Outcome:
    """Value of a swap to its fixed payer, by month and in all; `fair_price` of the whole is the par fixed price."""
    run = prepare_rent(task)
    rows = run.rows(METHOD, DEFAULT_FREE)
    values = swap_values(run)
    load = run.hours * run.discounts
    rows.add_sides("value", float(values.sum()), other=run.sides[1])
    for month, value, fair in zip(run.months, values, run.fair, strict=True):
        rows.add_sides("value", float(value), other=run.sides[1], part=month.month)
        rows.add("fair_price", float(fair), part=month.month)
        if month.fixed:
            rows.add("fixings_seen", 1.0 - month.open_share, part=month.month)
    rows.add("fair_price", float(load @ run.fair / load.sum()))
    rows.add("hours", run.hours * len(run.months))
    rows.add("discounted_hours", float(load.sum()))
    return Outcome(rows.rows)


def swap_values(run: RentRun) -> np.ndarray:
    """Value of each month to the fixed payer [month], USD."""
    return run.hours * run.discounts * (run.fair - run.agreed())
