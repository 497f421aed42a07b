"""Closed forms of capacity contracts: limits, QuantLib, integration over paths."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from instruments import InputError
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL, PV_REL
from pricing._quantlib.black import black_value
from pricing.engines.offtake_quantlib import offtake_by_quantlib
from pricing.engines.offtake_run import set_up_offtake
from pricing.formulas import capacity_put_value, leaving_value
from tests.offtakes import deal, market, task

MONTHS = 24
YEARS = np.arange(1, MONTHS + 1) / 12.0
FORWARD = 2.5 * np.exp(-0.2 * YEARS)
FLOOR = np.linspace(2.4, 1.6, MONTHS)
HOURS = 730.5 * 1000.0
DISCOUNT = np.exp(-0.04 * YEARS)
VARIANCE = 0.35**2 * YEARS


def put(**changes: object) -> float:
    terms = {"floor": FLOOR, "forward": FORWARD, "total_variance": VARIANCE, "unit_hours": HOURS, "discount": DISCOUNT}
    return float(capacity_put_value(**(terms | changes)))  # type: ignore[arg-type]


def test_a_capacity_put_is_a_strip_of_quantlibs_puts() -> None:
    months = [
        black_value(forward=forward, strike=strike, standard_deviation=deviation, call=False, subject="put")
        for forward, strike, deviation in zip(FORWARD.tolist(), FLOOR.tolist(), np.sqrt(VARIANCE).tolist(), strict=True)
    ]
    theirs = float(np.sum(HOURS * DISCOUNT * np.array(months)))
    assert put() == pytest.approx(theirs, rel=ORACLE_REL)


def test_a_capacity_put_is_the_mean_over_paths() -> None:
    steps = np.random.default_rng(7).normal(size=(MONTHS, 40_000)) * 0.35 / np.sqrt(12.0)
    rent = FORWARD[:, None] * np.exp(np.cumsum(steps - 0.35**2 / 24.0, axis=0))
    paid = np.sum(HOURS * DISCOUNT[:, None] * np.maximum(FLOOR[:, None] - rent, 0.0), axis=0)
    assert abs(paid.mean() - put()) <= MC_SIGMAS * paid.std(ddof=1) / np.sqrt(paid.size)


def test_limits_of_a_capacity_put() -> None:
    assert put(floor=0.0) == 0.0
    intrinsic = float(np.sum(HOURS * DISCOUNT * np.maximum(FLOOR - FORWARD, 0.0)))
    assert put(total_variance=0.0) == pytest.approx(intrinsic, rel=PV_REL)
    assert put(total_variance=0.0) < put() < put(total_variance=4.0 * VARIANCE) < float(np.sum(HOURS * DISCOUNT * FLOOR))


def test_a_cap_uses_up_the_hours_in_their_order() -> None:
    whole = float(np.sum(FLOOR * HOURS))
    assert put(cap_usd=whole) == pytest.approx(put(), rel=PV_REL)
    assert put(cap_usd=0.0) == 0.0
    first = put(unit_hours=np.where(np.arange(MONTHS) < 6, HOURS, 0.0))
    assert put(cap_usd=float(np.sum(FLOOR[:6] * HOURS))) == pytest.approx(first, rel=PV_REL)
    assert 0.0 < put(cap_usd=0.3 * whole) < put(cap_usd=0.6 * whole) < put()


def test_the_engines_option_of_one_date_is_the_formula() -> None:
    day = dt.date(2026, 12, 31)
    right = {"first_notice": day, "last_notice": day, "notice_days": 31, "switching_cost_usd_per_unit": 300.0}
    given = deal(customer_may_leave=right, parties={"cloud": {}, "payer": {}, "maker": {}})
    plan = set_up_offtake(given, "offtake", market()).plan
    later = plan.years > plan.years[plan.dates.index(dt.date(2027, 1, 31))]
    weight = plan.discount * plan.hours * later
    forward = 3.0 * np.exp(-0.1 * plan.years)
    row = plan.dates.index(day)
    mine = leaving_value(
        rent_usd=float(np.sum(weight * 3.0)),
        elsewhere_usd=float(np.sum(weight * forward)),
        cost_usd=float(plan.discount[row] * 300.0 * 100.0),
        total_variance=0.16 * plan.years[row],
    )
    found = next(r for r in offtake_by_quantlib(task(given)).rows if r.measure == "cancellation_option_lower_bound")
    assert found.value == pytest.approx(float(mine), rel=ORACLE_REL)


def test_limits_of_leaving() -> None:
    assert float(leaving_value(rent_usd=100.0, elsewhere_usd=80.0, cost_usd=5.0, total_variance=0.0)) == pytest.approx(15.0)
    assert float(leaving_value(rent_usd=100.0, elsewhere_usd=80.0, cost_usd=100.0, total_variance=0.5)) == 0.0
    assert leaving_value(rent_usd=100.0, elsewhere_usd=[1e-9, 1e9], total_variance=0.1) == pytest.approx([100.0, 0.0])


@pytest.mark.parametrize(("field", "value"), [("floor", -1.0), ("unit_hours", -1.0), ("cap_usd", -1.0), ("forward", 0.0)])
def test_bad_numbers_are_named(field: str, value: float) -> None:
    with pytest.raises(InputError) as refused:
        put(**{field: value})
    assert refused.value.problems[0].field == field
