from __future__ import annotations

from hypothesis import given, settings

from curves import Market
from instruments import Deal
from pricing import price
from pricing.laws.catalogue import LAWS
from pricing.registry import Settings
from pricing.strategies import prepayable_deals, prepayable_markets

OURS = [law for law in LAWS if law.name in ("prepayment_never_helps_the_lender", "call_price_caps_the_loan")]


@settings(max_examples=12)
@given(prepayable_deals(), prepayable_markets())
def test_the_right_never_helps_the_lender_and_the_call_price_caps(deal: Deal, market: Market) -> None:
    for law in OURS:
        if law.applies(deal):
            assert law.check(deal, market, Settings(paths=1)) is None


@settings(max_examples=8)
@given(prepayable_deals(), prepayable_markets())
def test_both_sides_add_up_and_quantlib_agrees_where_it_speaks(deal: Deal, market: Market) -> None:
    rows = price(deal, market, paths=1).rows
    values = [row.value for row in rows if row.measure == "value" and row.part is None and row.method != "quantlib"]
    assert len(values) == 2
    assert sum(value or 0.0 for value in values) == 0.0
    free = {row.method: row.value for row in rows if row.measure == "value" and row.part == "default-free"}
    if "quantlib" in free:
        other = next(value for method, value in free.items() if method != "quantlib")
        assert free["quantlib"] is not None
        assert other is not None
        assert abs(free["quantlib"] - other) <= 1e-9 * abs(other)
