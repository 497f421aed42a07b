from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import Market, correlation_between, correlation_matrix, equity_inputs
from instruments.ground.errors import InputError, MarketError, Reason, TermsError


def market(**tables: Any) -> Market:
    return Market.model_validate({"as_of": dt.date(2025, 10, 3), "rates": {"X": {"kind": "flat", "rate": 0.04}}} | tables)


def test_inputs_add_borrow_to_the_yield() -> None:
    quotes = {"spot_usd": 164.67, "volatility": 0.51, "dividend_yield": 0.01, "borrow_rate": 0.004, "shares_outstanding": 1.622e9}
    found = equity_inputs(market(equity={"AMD": quotes}), "equity:AMD")
    assert (found.spot_usd, found.volatility, found.shares_outstanding) == (164.67, 0.51, 1.622e9)
    assert found.dividend_yield == pytest.approx(0.014)


def test_a_share_without_carry_or_count() -> None:
    found = equity_inputs(market(equity={"AMD": {"spot_usd": 1.0, "volatility": 0.0}}), "equity:AMD")
    assert (found.dividend_yield, found.shares_outstanding) == (0.0, None)


def test_missing_share_names_those_there_are() -> None:
    with pytest.raises(MarketError, match="no equity:AMD; add it; the market has equity:NVDA"):
        equity_inputs(market(equity={"NVDA": {"spot_usd": 1.0, "volatility": 0.5}}), "equity:AMD")


PAIRS = {"equity:AMD|equity:NVDA": 0.6, "credit:META|equity:AMD": -0.4}


def test_correlations_are_symmetric_zero_where_absent_and_one_with_itself() -> None:
    snapshot = market(correlation=PAIRS)
    assert correlation_between(snapshot, "equity:AMD", "equity:NVDA") == correlation_between(snapshot, "equity:NVDA", "equity:AMD") == 0.6
    assert correlation_between(snapshot, "credit:META", "equity:NVDA") == 0.0
    assert correlation_between(snapshot, "belief", "belief") == 1.0
    matrix = correlation_matrix(snapshot, ["equity:NVDA", "credit:META", "equity:AMD"])
    assert matrix.tolist() == [[1.0, 0.0, 0.6], [0.0, 1.0, -0.4], [0.6, -0.4, 1.0]]
    assert not matrix.flags.writeable


def test_no_keys_and_one_key() -> None:
    assert correlation_matrix(market(), []).shape == (0, 0)
    assert correlation_matrix(market(), ["belief"]).tolist() == [[1.0]]


def test_perfect_correlations_are_a_law() -> None:
    pairs = {"equity:A|equity:B": 1.0, "equity:B|equity:C": 1.0, "equity:A|equity:C": 1.0}
    assert bool(np.all(correlation_matrix(market(correlation=pairs), ["equity:A", "equity:B", "equity:C"]) == 1.0))


def test_contradicting_correlations_name_their_pairs_only() -> None:
    pairs = {
        "equity:A|equity:B": 0.9,
        "equity:B|equity:C": 0.9,
        "equity:A|equity:C": -0.9,
        "equity:A|equity:Z": 0.0,
        "equity:Y|equity:Z": 0.5,
    }
    snapshot = market(correlation=pairs)
    with pytest.raises(MarketError) as caught:
        correlation_matrix(snapshot, ["equity:Y", "equity:A", "equity:B", "equity:C", "equity:Z"])
    found = caught.value.problems[0]
    assert found.reason is Reason.INVALID_QUOTE
    assert all(pair in found.allowed for pair in ("equity:A|equity:B = 0.9", "equity:A|equity:C = -0.9", "equity:B|equity:C = 0.9"))
    assert "equity:Z" not in found.allowed
    assert correlation_matrix(snapshot, ["equity:A", "equity:B"]).shape == (2, 2)


def test_repeated_keys_are_refused() -> None:
    with pytest.raises(InputError, match="each key once"):
        correlation_matrix(market(), ["equity:A", "equity:A"])


@pytest.mark.parametrize("pair", ["equity:AMD", "equity:AMD|equity:AMD", "share:AMD|equity:B", "equity:AMD|", "a|b|c", "equity:A|equity B"])
def test_pairs_are_two_market_keys(pair: str) -> None:
    with pytest.raises(TermsError, match="two market keys"):
        market(correlation={pair: 0.1})
