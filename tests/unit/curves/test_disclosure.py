from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from curves import Market, Quote, all_quotes, market_keys, market_warnings, soft_quotes, with_quote
from instruments.ground.errors import InputError, TermsError
from instruments.ground.provenance import Basis

AS_OF = dt.date(2025, 10, 3)
SOFT: dict[str, Any] = {
    "as_of": AS_OF,
    "rates": {"USD-SOFR": {"kind": "ois", "observed": dt.date(2025, 7, 7), "quotes": {"1M": 0.04338, "1Y": 0.03986}, "basis": Basis.PRESS}},
    "equity": {
        "AMD": {"spot_usd": 164.67, "volatility": {"value": 0.51, "range": [0.4, 0.65], "basis": Basis.ASSUMED}, "basis": Basis.PRESS},
        "BRK-B": {"spot_usd": 490.0, "volatility": 0.2, "basis": Basis.WEAK},
    },
    "credit": {
        "CRWV": {"kind": "cds", "quotes": {"5Y": 0.03684}, "observed": dt.date(2025, 10, 6), "basis": Basis.PRESS},
        "OPENAI": {
            "kind": "proxy",
            "proxy": "credit:CRWV",
            "spread_add_bps": {"value": 0.0, "range": [-150.0, 300.0]},
            "basis": Basis.ASSUMED,
        },
    },
    "correlation": {"equity:AMD|milestone:deliveries": {"value": 0.3, "range": [0.0, 0.6], "basis": Basis.ASSUMED}},
}


def market(**changes: Any) -> Market:
    return Market.model_validate(SOFT | changes)


def test_soft_quotes_with_basis_range_and_path() -> None:
    found = {quote.path: (quote.quote.value, quote.basis, quote.range) for quote in soft_quotes(market())}
    assert found == {
        "credit.OPENAI.spread_add_bps": (0.0, Basis.ASSUMED, (-150.0, 300.0)),
        "equity.AMD.volatility": (0.51, Basis.ASSUMED, (0.4, 0.65)),
        "equity.BRK-B.spot_usd": (490.0, Basis.WEAK, None),
        "equity.BRK-B.volatility": (0.2, Basis.WEAK, None),
        "correlation.equity:AMD|milestone:deliveries": (0.3, Basis.ASSUMED, (0.0, 0.6)),
    }


def test_a_quote_of_better_basis_in_a_soft_block_is_not_soft() -> None:
    block = {"spot_usd": {"value": 9.0, "basis": Basis.FILING}, "volatility": {"value": 0.5, "range": [0.4, 0.6]}, "basis": Basis.ASSUMED}
    assert [quote.path for quote in soft_quotes(market(equity={"A": block}))] == [
        "credit.OPENAI.spread_add_bps",
        "equity.A.volatility",
        "correlation.equity:AMD|milestone:deliveries",
    ]


def test_warnings_say_everything_once_and_in_order() -> None:
    assert market_warnings(market(allow_implausible=True)) == (
        "allow_implausible is set: values outside their plausible range are accepted",
        "rates:USD-SOFR: quotes of 2025-07-07, 88 days before 2025-10-03",
        "credit:CRWV: quotes of 2025-10-06, 3 days after 2025-10-03",
        "credit:OPENAI: no quotes of its own, stands on credit:CRWV +0 bp (range -150 to +300)",
        "credit.OPENAI.spread_add_bps: assumed, 0 (range -150 to 300)",
        "equity.AMD.volatility: assumed, 0.51 (range 0.4 to 0.65)",
        "equity.BRK-B.spot_usd: weak, 490",
        "equity.BRK-B.volatility: weak, 0.2",
        "correlation.equity:AMD|milestone:deliveries: assumed, 0.3 (range 0 to 0.6)",
        "correlation.equity:AMD|milestone:deliveries: the market has no quotes for milestone:deliveries",
    )


def test_a_fresh_market_of_good_quotes_is_silent() -> None:
    quotes = {"1Y": 0.04}
    block = {"kind": "ois", "quotes": quotes, "observed": AS_OF, "basis": Basis.FILING}
    assert market_warnings(Market.model_validate({"as_of": AS_OF, "rates": {"X": block}})) == ()


def test_a_long_weak_curve_is_counted_not_listed() -> None:
    block = {"kind": "ois", "quotes": {f"{year}Y": 0.04 for year in range(1, 9)}, "basis": Basis.WEAK}
    assert market_warnings(Market.model_validate({"as_of": AS_OF, "rates": {"X": block}})) == ("rates:X: 8 weak quotes",)


@pytest.mark.parametrize("basis", [Basis.ASSUMED, "assumed"])
def test_assumed_quote_needs_a_range(basis: Any) -> None:
    with pytest.raises(ValidationError, match="range"):
        Quote.model_validate_json(f'{{"value": 1.0, "basis": "{basis}"}}')
    assert Quote.model_validate_json(f'{{"value": 1.0, "basis": "{basis}", "range": [0.5, 2]}}').range == (0.5, 2.0)


def test_assumed_block_needs_a_range_on_each_given_quote() -> None:
    bare = {"kind": "hazard", "hazard": 0.05, "basis": Basis.ASSUMED}
    with pytest.raises(TermsError, match="an assumed term needs a range") as caught:
        market(credit={"CRWV": SOFT["credit"]["CRWV"], "X": bare})
    assert [one.field for one in caught.value.problems] == ["credit.X.hazard"]
    for good in ({"value": 0.05, "range": [0.0, 0.1]}, {"value": 0.05, "basis": Basis.PRESS}):
        market(credit={"CRWV": SOFT["credit"]["CRWV"], "X": bare | {"hazard": good}})


def test_defaults_in_an_assumed_block_need_none_also_after_a_round_trip() -> None:
    block = {"clock_volatility": {"value": 0.3, "range": [0.1, 0.5]}, "basis": Basis.ASSUMED}
    snapshot = market(milestones={"deliveries": block})
    again = Market.model_validate_json(snapshot.model_dump_json())
    assert again == snapshot
    assert soft_quotes(again) == soft_quotes(snapshot)
    assert "milestones.deliveries.cancellation_hazard" not in {quote.path for quote in soft_quotes(snapshot)}
    assert "milestones.deliveries.cancellation_hazard" in {quote.path for quote in all_quotes(snapshot)}


def test_every_quote_can_be_changed_by_its_path() -> None:
    snapshot = market()
    for quote in all_quotes(snapshot):
        new = quote.quote.value * 0.9 + 1e-4
        changed = with_quote(snapshot, quote.path, new)
        values = {other.path: other.quote.value for other in all_quotes(changed)}
        assert values == {other.path: other.quote.value for other in all_quotes(snapshot)} | {quote.path: new}
        assert with_quote(changed, quote.path, quote.quote.value) == snapshot


def test_changes_are_validated_at_the_markets_own_plausibility() -> None:
    with pytest.raises(InputError, match=r"equity\.AMD\.volatility.*500 %"):
        with_quote(market(), "equity.AMD.volatility", 5.0)
    assert with_quote(market(allow_implausible=True), "equity.AMD.volatility", 5.0).equity["AMD"].volatility.value == 5.0
    with pytest.raises(InputError, match="above 0"):
        with_quote(market(allow_implausible=True), "equity.AMD.spot_usd", 0.0)
    with pytest.raises(InputError, match=r"did you mean equity\.AMD\.volatility"):
        with_quote(market(), "equity.AMD.volatilty", 0.5)


def test_keys_are_those_with_quotes() -> None:
    assert market_keys(market()) == ("rates:USD-SOFR", "credit:CRWV", "credit:OPENAI", "equity:AMD", "equity:BRK-B")
