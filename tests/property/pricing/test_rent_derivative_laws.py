"""Laws of compute derivatives, each on its stated domain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from curves import Market
from instruments.ground.tolerances import PV_REL
from pricing import price
from pricing.strategies import rent_markets, rent_options
from tests.rent_derivatives import deal, future, market, option, plain, swap

strikes = st.floats(0.0, 8.0)


@given(on=rent_markets(), strike=strikes)
def test_a_call_less_a_put_is_the_mean_less_the_strike(on: Market, strike: float) -> None:
    call, put = (price(option(kind, strike, "2026-12", "2027-02"), on) for kind in ("call", "put"))
    forward = price(swap(strike, "2026-12", "2027-02"), on)
    assert call.value - put.value == pytest.approx(forward.value, rel=PV_REL, abs=1e-9)


@given(on=rent_markets(), low=strikes, step=st.floats(0.01, 2.0))
def test_an_option_falls_with_its_strike_and_is_convex_in_it(on: Market, low: float, step: float) -> None:
    calls = [price(option("call", low + n * step), on).value for n in range(3)]
    puts = [price(option("put", low + n * step), on).value for n in range(3)]
    slack = 1e-9 * 730.0
    assert calls[0] >= calls[1] - slack >= calls[2] - 2 * slack
    assert puts[0] <= puts[1] + slack <= puts[2] + 2 * slack
    for three in (calls, puts):
        assert three[0] - 2 * three[1] + three[2] >= -slack


@given(contract=rent_options(), low=st.floats(0.0, 1.0), step=st.floats(0.0, 1.0))
def test_more_volatility_never_lowers_an_option_of_one_factor_without_launches(contract: object, low: float, step: float) -> None:
    assert price(contract, plain(low + step)).value >= price(contract, plain(low)).value - 1e-8  # type: ignore[arg-type]


@given(on=rent_markets(), fixed=strikes)
def test_a_swap_is_a_strip_of_discounted_futures(on: Market, fixed: float) -> None:
    whole = price(swap(fixed, "2026-12", "2027-03"), on)
    total = 0.0
    for month in ("2026-12", "2027-01", "2027-02", "2027-03"):
        terms = {"spec": "own", "contracts": 1.0, "hours_per_contract": 730.0, "tick_usd_per_hour": 0.01}
        one = price(future(month, fixed, **terms), on)
        load = price(swap(fixed, month, month), on).row("discounted_hours").value
        assert load is not None
        total += one.value * load / 730.0
    assert whole.value == pytest.approx(total, rel=PV_REL, abs=1e-9)


@settings(max_examples=10)
@given(contract=rent_options(), factor=st.floats(0.1, 1e4))
def test_values_scale_with_hours_and_sides_sum_to_nothing(contract: object, factor: float) -> None:
    hours = contract.hours_per_month  # type: ignore[attr-defined]
    bigger = contract.evolve(hours_per_month=factor * hours)  # type: ignore[attr-defined]
    once, more = price(contract, market()), price(bigger, market())  # type: ignore[arg-type]
    assert more.value == pytest.approx(factor * once.value, rel=1e-12, abs=1e-9)
    for row in once.rows:
        if row.measure == "value" and row.party == "buyer":
            assert once.row("value", part=row.part, party="seller").value == -(row.value or 0.0)


@given(on=rent_markets(), price_agreed=st.floats(0.0, 9.0))
def test_long_and_short_sum_to_nothing(on: Market, price_agreed: float) -> None:
    for contract in (future(price=price_agreed), swap(price_agreed)):
        rows = [row.value or 0.0 for row in price(contract, on).rows if row.measure == "value" and row.part is None]
        assert len(rows) == 2
        assert sum(rows) == 0.0


@given(on=rent_markets())
def test_a_cap_is_worth_at_least_its_swap_and_at_most_its_hours(on: Market) -> None:
    cap = price(option("call", 2.5, "2026-12", "2027-02"), on)
    load, fair = cap.row("discounted_hours").value, cap.row("fair_price").value
    assert load is not None
    assert fair is not None
    assert max(load * (fair - 2.5), 0.0) - 1e-9 <= cap.value <= load * fair


def test_a_strip_is_the_sum_of_its_months() -> None:
    months = ("2026-11", "2026-12", "2027-01")
    whole = price(deal(strip=option(start=months[0], end=months[-1])), market(), measures=("value",)).value
    assert whole == pytest.approx(sum(price(option(start=m), market()).value for m in months), rel=PV_REL)
