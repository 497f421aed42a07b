"""The shipped laws of warrants on the shipped strategies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from curves import Market
from instruments import Deal, PricingError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import Settings, price, strategies
from pricing.laws import warrants
from pricing.laws.law import Law

ONE_BLOCK = Settings(paths=1, measures=frozenset({"value"}))
few = settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@pytest.mark.parametrize("law", warrants.LAWS, ids=lambda law: law.name)
@few
@given(data=st.data())
def test_laws_hold_on_their_domain(law: Law, data: st.DataObject) -> None:
    narrow = law.domain.startswith(("settled", "no dividends"))
    of: Deal = data.draw(strategies.warrant_deals(plain=narrow).filter(law.applies))
    on: Market = data.draw(strategies.warrant_markets())
    assert law.check(of, on, ONE_BLOCK) is None


@settings(few, max_examples=3)
@given(of=strategies.warrant_deals(), on=strategies.warrant_markets(), threads=st.sampled_from((2, 3)))
def test_the_same_bytes_for_any_number_of_threads(of: Deal, on: Market, threads: int) -> None:
    wide = {"method": "monte_carlo", "paths": 2 * 4096, "measures": ["value", "vesting_probability"]}
    one, many = (price(of, on, threads=count, **wide).rows for count in (1, threads))  # type: ignore[arg-type]
    assert one == many


@few
@given(of=strategies.warrant_deals(plain=True), on=strategies.warrant_markets())
def test_quantlibs_upper_bound_is_one(of: Deal, on: Market) -> None:
    try:
        most = price(of, on, method="quantlib", measures=["value_upper_bound"]).row("value_upper_bound").value
    except PricingError:
        return  # the conditions are richer than one price and one delivery: said by name
    found: Any = price(of, on, method="monte_carlo", measures=["value"], paths=1)
    assert found.value <= (most or 0.0) + MC_SIGMAS * (found.standard_error or 0.0) + 1e-6
