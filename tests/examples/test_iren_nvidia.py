"""The IREN - NVIDIA example: its stored result, and a plain call by three methods."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
import QuantLib as ql

from curves import Market, default_rates_key, discount_curve, load_market
from instruments import Basis, Deal, load_deal
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from instruments.variants import variants_of
from pricing import price
from tests.stored import words

FOLDER = Path(__file__).parents[2] / "examples" / "iren_nvidia"
PATHS = 4096
ERRORS_ALLOWED = 0.05
"""Of a standard error: another libm may move a path by a hair, another result is further away."""


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market(FOLDER)


def test_the_stored_result_comes_out_again(deal: Deal, market: Market) -> None:
    fresh = json.loads(price(deal, market, paths=PATHS).to_json())
    stored = json.loads((FOLDER / "expected.json").read_text())
    assert stored["audit"] == fresh["audit"] | {"versions": stored["audit"]["versions"]}
    assert stored["warnings"] == fresh["warnings"]
    assert stored["failures"] == fresh["failures"] == []
    for old, new in zip(stored["results"], fresh["results"], strict=True):
        assert words(old) == words(new)
        slack = ERRORS_ALLOWED * (old["standard_error"] or 0.0) + 1e-9 * abs(old["value"])
        assert new["value"] == pytest.approx(old["value"], abs=slack)


def test_the_right_is_quantlibs_vanilla_call(deal: Deal, market: Market) -> None:
    expiry = dt.date(2031, 5, 7)
    years = (expiry - market.as_of).days / 365.0
    discount = float(discount_curve(market, default_rates_key(market)).discount(np.array([years]))[0])
    option = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Call, 70.0), ql.EuropeanExercise(ql.Date(7, 5, 2031)))
    today = ql.Date(6, 5, 2026)
    days = ql.Actual365Fixed()
    rates = ql.YieldTermStructureHandle(ql.FlatForward(today, -np.log(discount) / years, days))
    nothing = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, days))
    spread = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.9, days))
    ql.Settings.instance().evaluationDate = today
    option.setPricingEngine(
        ql.AnalyticEuropeanEngine(ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(50.0)), nothing, rates, spread))
    )
    expected = 30e6 * option.NPV()
    for method in ("closed_form", "quantlib"):
        assert price(deal, market, method=method).value == pytest.approx(expected, rel=ORACLE_REL)
    found = price(deal, market, method="monte_carlo", measures=("value",), paths=PATHS)
    assert found.value == pytest.approx(expected, abs=MC_SIGMAS * (found.standard_error or 0.0))


def test_a_trigger_only_takes_away(deal: Deal, market: Market) -> None:
    plain = price(deal, market, method="closed_form").value
    rows = [row for row in price(deal, market, paths=PATHS, measures=("exposure",)).rows if "condition" in (row.assumption or "")]
    assert len(rows) == 4
    assert all((row.value or 0.0) < MC_SIGMAS * (row.standard_error or 0.0) for row in rows)
    later = [row.value for row in rows if "gigawatt" in (row.alternative or "")]
    assert -plain < later[2] < later[1] < later[0] < 0.0


def test_what_is_not_public_is_assumed(deal: Deal) -> None:
    assert deal.provenance.of("contracts.right.strike_usd").basis is Basis.PRESS
    assert deal.provenance.of("contracts.right.tranches.0.condition").basis is Basis.ASSUMED
    assert len(variants_of(deal)) == 6
