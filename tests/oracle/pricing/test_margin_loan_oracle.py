"""Margin loans against closed forms and QuantLib: the no-trigger case exactly, the daily trigger with its shift."""

from __future__ import annotations

import numpy as np
import pytest

from instruments.contracts.coupons import FloatingCoupon
from instruments.contracts.margin_loan import LtvTriggers, ShareSale
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing import price
from pricing._quantlib.share_claims import down_touch, gap_put
from pricing.engines.margin_loan_simulation import default_free_value
from pricing.formulas import daily_watch, passage_probability, put_value
from pricing.strategies.margin_loans import AS_OF, margin_deal
from tests.margins import MATURITY, loan, market, plan_of

PATHS = 4 * 4096
YEARS = (MATURITY - AS_OF).days / 365.0
WORLD = {"as_of": AS_OF, "expiry": MATURITY, "spot": 100.0, "volatility": 0.5, "rate": 0.04, "dividend_yield": 0.0}


def test_gap_put_is_a_put_without_a_gap() -> None:
    expected = put_value(spot=100.0, strike=60.0, volatility=0.5, years=YEARS, rate=0.04)
    assert gap_put(strike=60.0, kept=1.0, **WORLD) == pytest.approx(float(expected), rel=ORACLE_REL)


@pytest.mark.parametrize("barrier", [50.0, 80.0, 99.0])
def test_touch_odds_are_the_passage_probability(barrier: float) -> None:
    _, odds = down_touch(barrier=barrier, **WORLD)
    expected = passage_probability(distance=-np.log(barrier / 100.0), drift=-(0.04 - 0.125), volatility=0.5, years=YEARS)
    assert odds == pytest.approx(float(expected), rel=ORACLE_REL)


def test_a_barrier_at_the_spot_is_touched() -> None:
    assert down_touch(barrier=100.0, **WORLD) == (1.0, 1.0)


@pytest.mark.parametrize("cost", [0.0, 0.2])
def test_no_trigger_no_recourse_is_short_a_put(cost: float) -> None:
    of = margin_deal(loan(amount_usd=8e7, sale=ShareSale(lag_days=0, cost=cost)))
    found = price(of, market(), paths=PATHS, threads=1, measures=("value",))
    simulated, exact = found.row("value", method="simulation"), found.row("value", method="quantlib")
    assert simulated.standard_error is not None
    assert abs(simulated.value - exact.value) < MC_SIGMAS * simulated.standard_error
    assert simulated.standard_error < 2e-3 * exact.value


def test_a_daily_trigger_touches_as_often_as_a_shifted_continuous_one() -> None:
    triggers = LtvTriggers(restore=0.7, call=0.7, liquidation=0.7, cure_days=0)
    # interest next to nothing, so that the ratio is that of the principal: the barrier of the closed form does not move
    of = loan(coupon=FloatingCoupon(spread=0.0), triggers=triggers, sale=ShareSale(lag_days=0))
    on = market(rate=0.0)
    found = price(margin_deal(of), on, paths=PATHS, threads=1, method="simulation", measures=("liquidation_probability",))
    row = found.row("liquidation_probability")
    plan = plan_of(of, on)
    barrier = daily_watch(target=5e7 / (1e6 * 0.7), volatility=0.5, step_years=float(plan.drivers.grid.steps.mean()), upper=False)
    years = float(plan.drivers.grid.times[plan.maturity])
    expected = passage_probability(distance=-np.log(barrier / 100.0), drift=0.125, volatility=0.5, years=years)
    continuous = price(margin_deal(of), on, method="quantlib").row("liquidation_probability").value
    assert row.value < continuous
    assert abs(row.value - float(expected)) < MC_SIGMAS * row.standard_error + 2e-3  # the shift is an approximation


def test_continuous_watching_without_a_gap_loses_nothing() -> None:
    triggers = LtvTriggers(restore=0.7, call=0.7, liquidation=0.7, cure_days=0)
    of = loan(triggers=triggers, sale=ShareSale(lag_days=0))
    found = price(margin_deal(of), market(), method="quantlib")
    assert found.row("gap_loss").value == 0.0
    assert found.value == pytest.approx(default_free_value(plan_of(of)), rel=ORACLE_REL)
    assert found.value == found.row("value_upper_bound").value


def test_a_gap_at_the_touch_costs_its_size_times_the_touch() -> None:
    triggers = LtvTriggers(restore=0.7, call=0.7, liquidation=0.9, cure_days=0)
    of = loan(triggers=triggers, sale=ShareSale(lag_days=0, cost=0.2))
    found = price(margin_deal(of), market(), method="quantlib")
    barrier = 5e7 / 1e6 / 0.9
    paid, _ = down_touch(barrier=barrier, **WORLD)
    assert found.row("gap_loss").value == pytest.approx((5e7 - 1e6 * barrier * 0.8) * paid, rel=ORACLE_REL)


def test_a_floating_loan_without_spread_is_worth_par() -> None:
    of = loan(coupon=FloatingCoupon(spread=0.0), interest_months=1)
    assert default_free_value(plan_of(of)) == pytest.approx(5e7, rel=ORACLE_REL)
