from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import (
    DiscountCurve,
    Market,
    Move,
    Scenario,
    compounded_rate,
    discount_curve,
    discount_jacobian,
    market_from_text,
    par_yield,
    simple_forward,
    term_sofr,
    treasury_coupon,
)
from instruments.ground.errors import InputError, MarketError, Reason

AS_OF = dt.date(2025, 10, 24)
FLAT = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-0.04)]))
TEXT = """schema = 1
as_of = 2025-10-24
[rates.USD-SOFR]
kind = "ois"
quotes = {1Y = 0.04, 5Y = 0.035}
fixings = {2025-10-22 = 0.0421, 2025-10-23 = 0.0424}
"""


def market(**blocks: Any) -> Market:
    return Market.model_validate({"as_of": AS_OF, "rates": blocks})


def test_a_missing_fixing_is_named_with_its_date() -> None:
    with pytest.raises(MarketError, match=r"rates:X.fixings: no fixing for 2025-10-21, which is past \(2 missing in all\)") as refused:
        compounded_rate(
            FLAT, dt.date(2025, 10, 20), dt.date(2025, 10, 28), fixings={dt.date(2025, 10, 20): 0.04, dt.date(2025, 10, 23): 0.04}
        )
    assert refused.value.problems[0].reason is Reason.MISSING_MARKET


def test_floors_bind_by_day_or_by_period() -> None:
    start, end = AS_OF, dt.date(2026, 1, 26)
    plain = compounded_rate(FLAT, start, end)
    assert compounded_rate(FLAT, start, end, floor=0.0).rate == plain.rate
    on_day, on_period = (compounded_rate(FLAT, start, end, floor=0.06, floor_on=on) for on in ("day", "period"))
    assert on_period.rate == 0.06
    assert on_day.rate > 0.06
    assert on_day.days == 94
    assert on_day.accrued == pytest.approx(on_day.rate * 94 / 360)


def test_a_daily_floor_lifts_only_the_days_below_it() -> None:
    fixings = {dt.date(2025, 10, 20): 0.01, dt.date(2025, 10, 21): 0.05, dt.date(2025, 10, 22): 0.01}
    found = compounded_rate(FLAT, dt.date(2025, 10, 20), dt.date(2025, 10, 23), fixings=fixings, floor=0.02)
    np.testing.assert_array_equal(found.daily_rates, [0.02, 0.05, 0.02])
    assert found.fixed_share == 1.0
    assert 1 + found.accrued == pytest.approx((1 + 0.02 / 360) ** 2 * (1 + 0.05 / 360), rel=1e-14)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (dt.date(2025, 10, 28), dt.date(2025, 10, 27), "after 2025-10-28"),
        (dt.date(2025, 10, 25), dt.date(2025, 10, 28), "SOFR fixing days"),
    ],
)
def test_bad_periods_are_refused(start: dt.date, end: dt.date, words: str) -> None:
    with pytest.raises(InputError, match=words):
        compounded_rate(FLAT, start, end)


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="lookback_days = -1"):
        compounded_rate(FLAT, AS_OF, dt.date(2025, 10, 28), lookback_days=-1)
    with pytest.raises(InputError, match="months = 0"):
        term_sofr(FLAT, AS_OF, 0)
    with pytest.raises(InputError, match="after its start"):
        simple_forward(FLAT, 1.0, [2.0, 1.0])
    with pytest.raises(InputError, match=r"multiples of 0\.5"):
        par_yield(FLAT, 0.3)


def test_fixings_survive_the_file_and_no_scenario_moves_them() -> None:
    found = market_from_text(TEXT)
    moved = Scenario(label="up", moves=(Move(key="rates:USD-SOFR", kind="shift", amount=0.01),)).apply(found)
    assert (
        moved.rates["USD-SOFR"].fixings == found.rates["USD-SOFR"].fixings == {dt.date(2025, 10, 22): 0.0421, dt.date(2025, 10, 23): 0.0424}
    )
    assert moved.rates["USD-SOFR"].quotes["1Y"].value == pytest.approx(0.05)
    assert moved.rates["USD-SOFR"].shift_bps.value == 0.0


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("0.0421", "4.21", ["rates.USD-SOFR.fixings", "421 % a year", "0.0421"]),
        ("2025-10-22 =", "2025-11-22 =", ["2025-11-22", "later than the market's own date"]),
        ("5Y = 0.035", "5Y = 3.5", ["350 % a year", "did you mean 0.035"]),
        ("5Y = 0.035", "5Q = 0.035", ["tenor such as"]),
        ("quotes = {1Y = 0.04, 5Y = 0.035}", "", ["quotes", "required"]),
        ("5Y = 0.035", "5Y = -0.2", ["-20 % a year"]),
    ],
)
def test_bad_quotes_get_one_clear_line(old: str, new: str, words: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        market_from_text(TEXT.replace(old, new), file="market.toml")
    lines = str(refused.value).splitlines()
    assert len(lines) == 1
    assert all(word in lines[0] for word in words), lines[0]


def test_twelve_months_and_one_year_are_the_same_maturity() -> None:
    with pytest.raises(InputError, match="keep one of 12M and 1Y"):
        discount_curve(market(UST={"kind": "treasury", "quotes": {"12M": 0.04, "1Y": 0.04}}), "rates:UST")


UST = {"kind": "treasury", "quotes": {"1Y": 0.04, "3M": 0.043, "5Y": 0.042, "2Y": 0.041}}


def test_treasury_coupon_interpolates_quoted_yields_in_a_straight_line() -> None:
    found = market(UST=UST)
    assert treasury_coupon(found, "rates:UST", 3.0, spread=0.0225) == pytest.approx(0.041 + 0.001 / 3 + 0.0225)
    assert treasury_coupon(found, "rates:UST", 30.0, spread=0.0) == 0.042
    later = treasury_coupon(found, "rates:UST", 4.0, spread=0.0, start_years=1.0)
    assert 0.042 < later < 0.043


def test_treasury_limits_and_refusals() -> None:
    zero = discount_curve(market(UST={"kind": "treasury", "quotes": {"6M": 0.0, "10Y": 0.0}}), "rates:UST")
    np.testing.assert_allclose(zero.discounts, 1.0, atol=1e-14)
    bill = discount_curve(market(UST={"kind": "treasury", "quotes": {"3M": 0.04}}), "rates:UST")
    assert bill.discounts[1] == pytest.approx(1 / 1.01)
    with pytest.raises(InputError, match="whole half-years"):
        discount_curve(market(UST={"kind": "treasury", "quotes": {"9M": 0.04}}), "rates:UST")
    with pytest.raises(InputError, match="treasury"):
        treasury_coupon(market(X={"kind": "flat", "rate": 0.04}), "rates:X", 5.0, spread=0.0)
    with pytest.raises(InputError, match="ois or flat"):
        discount_jacobian(market(UST=UST), "rates:UST", [1.0])


def test_jacobian_of_a_flat_rate() -> None:
    np.testing.assert_allclose(
        discount_jacobian(market(X={"kind": "flat", "rate": 0.04}), "rates:X", [0.0, 2.0]), [[0.0, -2 * np.exp(-0.08)]]
    )
