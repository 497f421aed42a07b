"""Default that comes out of cash, plus what is left of the curve: never both hazards in full.

**Model** an entity has one hazard, of three kinds: `market`, the curve's; `endogenous`, its cash and allowed draws do not cover what is
due; `endogenous_with_residual`, the earlier of the endogenous default and one of causes that no path shows (fraud, operations, a parent),
at a time independent of the paths whose survival R is fitted so that the two together have the curve's odds. With S_e the share of the
paths without endogenous default, R(t) = S(t) / S_e(t) at the dates of the fit, and a flat hazard between them.

**Domain** R must not rise: between two dates of the fit the endogenous default has no more hazard than the curve. Total odds below the
curve's at every date are necessary, and not enough. On an empirical S_e the fit takes dates a year or so apart: month by month the
sampling error of a few defaults would make R rise. All dependence of the default on prices is in its endogenous part.

Not modelled: a residual that is itself correlated with prices.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from instruments.ground.errors import CalibrationError, InputError, Problem
from instruments.ground.messages import problem
from pricing.schedules.types import Floats, Ints

DefaultModel = Literal["market", "endogenous", "endogenous_with_residual"]
"""Where an entity's default comes from."""
SLACK = 1e-12


def alive_share(default: Ints, steps: int) -> Floats:
    """Share of the paths without default after each step [step].

    Args:
        default: step of default [path]; `steps` or more is never.
        steps: number of steps.
    """
    count = np.bincount(np.minimum(default, steps).astype(np.int64), minlength=steps + 1)[:steps]
    found: Floats = 1.0 - np.cumsum(count) / default.size
    return found


def fit_residual(endogenous: Ints, survival: Floats, years: Floats, dates: Ints, *, key: str = "credit") -> Floats:
    """Survival of the residual default at every step, so that the total is the curve's at the dates of the fit.

    Args:
        endogenous: step of the endogenous default [path]; the number of steps or more is never.
        survival: the curve's, at the end of each step [step].
        years: times of the steps [step], rising from above 0.
        dates: steps of the fit, rising; after the last one the residual hazard stays.
        key: for messages.

    Returns:
        R [step], in (0, 1], not rising.

    Raises:
        CalibrationError: endogenous default has more hazard than the curve before some date: no residual can make up for it.
        InputError: no date of the fit.

    Limits: no endogenous default gives R = S at the dates; endogenous odds equal to the curve's give R = 1.
    """
    if not len(dates):
        raise InputError(problem("bad_length", subject=key, field="dates", expected="at least one date of the fit"))
    share = alive_share(endogenous, len(years))
    log_left, start, before = np.zeros(len(years)), 0.0, 0.0
    for at, date in enumerate(dates):
        alive = float(share[date])
        if alive <= 0.0 or survival[date] > alive * np.exp(before) * (1.0 + SLACK):
            raise CalibrationError(_too_much(key, float(years[date]), alive, float(survival[date]), before))
        after = min(float(np.log(survival[date] / alive)), before)
        last = len(years) if at == len(dates) - 1 else int(date) + 1
        first = 0 if at == 0 else int(dates[at - 1]) + 1
        span = float(years[date]) - start
        log_left[first:last] = before + (after - before) * (years[first:last] - start) / span
        start, before = float(years[date]), after
    return np.exp(log_left)


def residual_default(left: Floats, uniforms: Floats) -> Ints:
    """Step of the residual default [path]: the first at which R falls below the path's uniform; the number of steps where none.

    Args:
        left: R [step]. uniforms: in [0, 1) [path].
    """
    return np.searchsorted(-left, -uniforms, side="right").astype(np.int64)


def entity_default(model: DefaultModel, *, market: Ints, endogenous: Ints, residual: Ints) -> Ints:
    """Step of an entity's default [path] under one of the three models: each takes its own hazard, none the sum of two.

    Args:
        market, endogenous, residual: steps of default of each kind [path].
    """
    if model == "market":
        return market
    return endogenous if model == "endogenous" else np.minimum(endogenous, residual)


def _too_much(key: str, years: float, alive: float, survival: float, before: float) -> Problem:
    most = 1.0 - survival / float(np.exp(before))
    why = f"by {years:.3g} years its cash alone defaults it with odds of {1.0 - alive:.4g}; the curve leaves room for {most:.4g}"
    return problem("not_calibrated", subject=key, field="residual", value=survival, why=why, allowed_range=f"endogenous odds to {most:.4g}")
