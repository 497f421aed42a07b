"""Options on the monthly mean by daily paths, with two controls for each month.

**Model** that of `pricing.paths.rent_months`: exact from business day to business day, launches on the day they fall on, no approximation
of the law of the mean. **Controls** the mean itself, whose mean is that of the forwards; and the option on the geometric mean less its
exact value given the launches of the path (lognormal, Kemna and Vorst 1990), whose mean is zero. What is left of the variance comes from
launches. **Not modelled** default, as in `moments`.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np

from instruments.contracts.compute_derivatives import RentOption
from pricing.engines.rent_setup import RentRun, prepare_rent
from pricing.estimates import Array, Moments
from pricing.formulas.mixtures import forward_option_value
from pricing.paths.rent_months import MonthPaths, month_paths
from pricing.paths.streams import blocks_for, run_blocks
from pricing.registry import Outcome, Task, register_engine

METHOD = "monte_carlo"
NOTE = "daily paths, controlled by the mean and by the geometric option; nobody defaults"


@register_engine(
    RentOption, METHOD, measures=("value", "premium_per_hour", "exercise_probability"), note="exact daily paths with control variates"
)
def option_by_monte_carlo(task: Task) -> Outcome:
    """Value of a strip to its buyer, by month and in all, with standard errors; see the module."""
    run = prepare_rent(task)
    option, rows = task.contract, run.rows(METHOD, NOTE)
    if not isinstance(option, RentOption):
        return Outcome(())
    call, count = option.option == "call", len(run.months)
    load: Array = np.asarray(run.hours * run.discounts, dtype=np.float64)

    keep = task.settings.keep_sample

    def block_numbers(block: int) -> tuple[Moments, tuple[Array, Array] | None]:
        values, controls = _numbers(run, month_paths(run.curve, run.months, task.settings.seed, block), load, call=call)
        return Moments.of(values, controls), (values[count], controls) if keep else None

    blocks = list(run_blocks(block_numbers, blocks_for(task.settings.paths), task.settings.threads))
    total = reduce(add, (moments for moments, _ in blocks))
    means = np.zeros(2 * count)
    values, errors = total.controlled(means)
    odds, odds_errors = total.mean()[count + 1 :], total.standard_error()[count + 1 :]
    rows.add_sides("value", float(values[count]), float(errors[count]), other=run.sides[1])
    rows.add("premium_per_hour", float(values[count] / load.sum()), float(errors[count] / load.sum()))
    for index, month in enumerate(run.months):
        rows.add_sides("value", float(values[index]), float(errors[index]), other=run.sides[1], part=month.month)
        rows.add("exercise_probability", float(odds[index]), float(odds_errors[index]), part=month.month)
    kept = [
        total.controlled_sample(count, whole, controls, means) for _, found in blocks if found is not None for whole, controls in [found]
    ]
    return Outcome(rows.rows, sample=np.concatenate(kept) if kept else None)


def _numbers(run: RentRun, paths: MonthPaths, load: Array, *, call: bool) -> tuple[Array, Array]:
    """Payoffs in USD by month and whole, then exercise [2 x month + 1, path]; and both controls [2 x month, path], of mean zero."""
    strike, sign = run.agreed(), 1.0 if call else -1.0
    payoffs: list[Array] = []
    plain: list[Array] = []
    geometric: list[Array] = []
    for index, fair in enumerate(run.fair):
        mean = paths.mean(index)
        payoffs.append(np.maximum(sign * (mean - strike), 0.0))
        plain.append(mean - fair)
        geometric.append(_geometric_control(run, paths, index, call=call))
    exercised = [(payoff > 0.0).astype(np.float64) for payoff in payoffs]
    usd = np.array(payoffs) * load[:, None]
    return np.vstack([usd, usd.sum(axis=0), *exercised]), np.array([*plain, *geometric])


def _geometric_control(run: RentRun, paths: MonthPaths, index: int, *, call: bool) -> Array:
    """Option on the geometric mean of the days to come less its exact mean given the launches of the path [path]."""
    month, curve = run.months[index], run.curve
    if not month.days:
        return np.zeros(paths.rents.shape[1])
    rows = paths.days_of(index)
    states, times = paths.states, month.times
    variance = float(curve.factors.autocovariance(times).mean())
    drift = curve.factors.log_forward(times) - 0.5 * curve.variance(times) + states.fit()[rows] + np.log(curve.spot_usd_per_hour)
    centre = float(drift.mean()) + np.array(states.jumped()[rows].mean(axis=0))
    strike = max(run.agreed() - month.known, 0.0) / month.open_share
    found = np.exp(np.log(paths.rents[rows]).mean(axis=0))
    exact = forward_option_value(forward=np.exp(centre + 0.5 * variance), strike=strike, total_variance=variance, call=call)
    sign = 1.0 if call else -1.0
    return np.asarray(month.open_share * (np.maximum(sign * (found - strike), 0.0) - exact), dtype=np.float64)
