from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from curves import Market, business_times
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.formulas import daily_watch, touch_call_value
from tests.warrants import AS_OF, both, deal

TARGETS = np.linspace(269.76, 600.0, 6)
YEARS = (1.0, 1.7, 2.4, 3.1, 3.8, 4.5)
EXPIRY = AS_OF + dt.timedelta(days=1825)
PLAN = {AS_OF + dt.timedelta(days=round(365 * years)): float(k + 1) for k, years in enumerate(YEARS)}


@pytest.mark.parametrize(("meet", "expected_bn"), [("latched", 24.6), ("simultaneous", 22.9), ("at_date", 12.6)])
def test_six_equal_tranches_by_how_their_legs_meet(meet: str, expected_bn: float) -> None:
    market = Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD": {"kind": "flat", "rate": 0.037}},
            "equity": {"AMD": {"spot_usd": 203.71, "volatility": 0.51}},
            "milestones": {"deliveries": {"clock_volatility": 0.0}},
        }
    )
    conditions = [both(float(target), k + 1.0, price_meet=meet) for k, target in enumerate(TARGETS)]
    warrant = deal(conditions, shares=160e6 / 6, strike_usd=0.01, expiry=EXPIRY, plan=PLAN)
    found = price(warrant, market, method="monte_carlo", measures=["value"], paths=4096)
    # the printed figures are crude Monte Carlo with an error of 0.3 bn: two of them; the closed form below is the sharper test
    assert found.value / 1e9 == pytest.approx(expected_bn, abs=0.6)
    assert found.standard_error is not None
    assert found.standard_error < 0.15e9
    if meet == "latched":
        # every delivery comes before expiry, so that latched tranches are plain touch claims
        years = np.diff(business_times(AS_OF, EXPIRY)).mean()
        seen = daily_watch(target=TARGETS, volatility=0.51, step_years=years)
        exact = touch_call_value(spot=203.71, target=seen, strike=0.01, volatility=0.51, years=5, rate=0.037).sum() * 160e6 / 6
        # 0.1 %: the error that the shift itself leaves
        assert found.value == pytest.approx(exact, rel=1e-3, abs=MC_SIGMAS * found.standard_error)
