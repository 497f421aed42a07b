"""Staged equity by simulation, by closed form and by QuantLib: the same numbers where all three apply."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from curves import Market
from instruments import (
    AllOf,
    DateReached,
    Deal,
    FixedPrice,
    FixedValuation,
    MarketPrice,
    MilestoneReached,
    NextRoundPrice,
    PriceTarget,
    PricingError,
    StagedEquity,
    StopRight,
)
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing.formulas import call_value, gap_claim_odds, gap_claim_value, put_value
from pricing.formulas.staged import UNBOUNDED
from pricing.registry import find_engine
from pricing.results import Row
from tests.staged import deal, market, task, tranche

SHARED = ("value", "expected", "investor_stop_option", "issuer_stop_option")
ON = dt.date(2026, 6, 30)
DATE = DateReached(on=ON)
BOTH = {"investor_stop": StopRight(tolerance=0.2), "issuer_stop": StopRight(tolerance=0.6)}


def rows(made: Deal, method: str, at: Market | None = None, **settings: Any) -> dict[tuple[Any, ...], Row]:
    found = find_engine(StagedEquity, method).engine(task(made, at, **settings)).rows
    return {(row.measure, row.part, row.party): row for row in found if row.probability in (None, "pricing")}


CASES = {
    "a date, bound": deal(tranche(condition=DATE, standing="firm")),
    "a date, the investor may stop": deal(tranche(condition=DATE), investor_stop=StopRight()),
    "a milestone, both may stop": deal(tranche(1.0), tranche(2.0), **BOTH),
    "a milestone and a date": deal(tranche(condition=AllOf(legs=(MilestoneReached(milestone="sites", at_least=1.0), DATE))), **BOTH),
    "a letter": deal(tranche(1.0, standing="non_binding"), **BOTH),
    "price of the day less a discount": deal(tranche(2.0, price=MarketPrice(discount=0.15)), **BOTH),
    "price of the day with a cap": deal(tranche(2.0, price=MarketPrice(discount=0.1, cap_usd_per_share=105.0)), **BOTH),
    "valuation of a round that it shares in": deal(tranche(1.0, price=FixedValuation(pre_money_usd=9e4, round_usd=4e4)), **BOTH),
    "notice before a later closing": deal(
        tranche(1.0),
        closing_months=4,
        investor_stop=StopRight(tolerance=0.1, notice_months=3),
        issuer_stop=StopRight(tolerance=0.5, notice_months=3),
    ),
    "a note that converts": deal(tranche(1.0, price=NextRoundPrice(months=6, discount=0.2)), investor_stop=StopRight()),
    "a note with a cap, bound": deal(tranche(1.0, price=NextRoundPrice(months=6, discount=0.2, cap_usd_per_share=110.0))),
}


@pytest.mark.parametrize("name", CASES)
def test_the_three_methods_agree(name: str) -> None:
    simulated, exact, quantlib = (rows(CASES[name], method, paths=8192) for method in ("monte_carlo", "closed_form", "quantlib"))
    for key, row in quantlib.items():
        assert row.value == pytest.approx(exact[key].value, rel=ORACLE_REL, abs=1e-7)  # one-touch odds of the clock lose a few digits
    compared = 0
    for key, row in exact.items():
        other = simulated.get(key)
        if other is None or other.standard_error is None:
            continue
        # where no path or every path does the same the error is not seen: one path in 8,192
        room = MC_SIGMAS * other.standard_error + (MC_SIGMAS / 8192 if row.unit == "probability" else 1e-9 * 1000.0)
        assert other.value == pytest.approx(row.value, abs=room), key
        compared += row.measure in SHARED
    assert compared >= len(SHARED)


def test_the_option_on_a_date_is_blacks_call() -> None:
    made = deal(tranche(condition=DATE), investor_stop=StopRight(), credit=False)
    found = rows(made, "closed_form")["value", None, "maker"].value
    years = (ON - dt.date(2025, 9, 22)).days / 365.0
    discount = np.exp(-0.04 * years)  # 1,000 USD buy 10 shares: a call struck at the price
    assert found == pytest.approx(
        10.0 * float(call_value(spot=100, strike=100, volatility=0.6, years=years, rate=-np.log(discount) / years)), rel=1e-4
    )


def test_the_issuers_refusal_is_a_short_call_for_the_investor() -> None:
    made = deal(tranche(condition=DATE), issuer_stop=StopRight(), credit=False)
    free, bound = (rows(each, "closed_form")["value", None, "maker"].value for each in (made, deal(tranche(condition=DATE), credit=False)))
    assert free is not None
    assert bound is not None
    option = rows(made, "closed_form")["issuer_stop_option", None, "lab"].value
    assert bound - free == pytest.approx(option, rel=1e-12)
    years = (ON - dt.date(2025, 9, 22)).days / 365.0
    rate = -np.log(np.exp(-0.04 * years)) / years
    # nothing of the gain, all of the loss
    assert free == pytest.approx(-10.0 * float(put_value(spot=100, strike=100, volatility=0.6, years=years, rate=rate)), rel=1e-4)


@pytest.mark.parametrize(
    ("low", "high", "floor"), [(0.8, 1.5, 0.0), (-1.0, 1.3, 1.1), (0.5, UNBOUNDED, 1.2), (1.2, 1.4, 1.1), (0.0, 0.9, 1.0)]
)
def test_the_gap_formula_is_its_integral(low: float, high: float, floor: float) -> None:
    forward, variance = 1.05, 0.3

    def density(y: float) -> float:
        return float(norm.pdf((np.log(y / forward) + 0.5 * variance) / np.sqrt(variance)) / (y * np.sqrt(variance)))

    points = sorted({p for p in (low, high, floor) if 0.0 < p < 50.0})
    for formula, weight in ((gap_claim_value, lambda z: z - 1.0), (gap_claim_odds, lambda z: 1.0)):
        pieces = [0.0, *points, 60.0]
        expected = sum(
            quad(lambda y: weight(max(floor, y)) * (low <= max(floor, y) <= high) * density(y), a + 1e-12, b, epsabs=1e-12)[0]  # noqa: B023
            for a, b in pairwise(pieces)
        )
        assert formula(forward=forward, variance=variance, low=low, high=high, floor=floor) == pytest.approx(expected, abs=1e-7)


def test_dependence_is_refused_in_closed_form_and_said_by_quantlib() -> None:
    at = market(correlation={"equity:LAB|milestone:sites": 0.5})
    with pytest.raises(PricingError, match="correlated"):
        rows(CASES["a letter"], "closed_form", at)
    assert (
        rows(CASES["a letter"], "quantlib", at)["value", None, "maker"].error_note
        == "special case: share, deliveries and defaults independent"
    )


def test_deliveries_that_come_with_a_dear_share_are_worth_more_to_a_bound_investor() -> None:
    made = deal(tranche(2.0), plan={dt.date(2026, 9, 30): 1.0, dt.date(2027, 9, 15): 2.0})
    low, high = (
        rows(made, "monte_carlo", market(correlation={"equity:LAB|milestone:sites": rho}))["value", None, "maker"] for rho in (-0.6, 0.6)
    )
    assert (high.value or 0.0) - (low.value or 0.0) > MC_SIGMAS * ((high.standard_error or 0.0) + (low.standard_error or 0.0))


def test_a_trigger_on_the_price_is_watched_daily() -> None:
    touched = PriceTarget(of="equity:LAB", at_least=150.0)
    made = deal(tranche(condition=touched), end=dt.date(2026, 6, 30), credit=False)
    found = rows(made, "monte_carlo")
    # drawn at the first close at or above 150: shares bought at 100 are worth half as much again, and a little overshoot
    odds = found["draw_probability", "tranche 1", "maker"].value
    value = found["value", None, "maker"].value
    assert odds is not None
    assert value is not None
    assert 500.0 * 0.97 * odds < value < 560.0 * odds
    with pytest.raises(PricingError, match="no closed form"):
        rows(made, "closed_form")


@pytest.mark.parametrize("name", ["a note with a cap", "different notice", "a cap with notice"])
def test_options_on_options_are_refused_by_closed_form(name: str) -> None:
    notice = {"closing_months": 3, "investor_stop": StopRight(notice_months=2), "issuer_stop": StopRight(tolerance=0.5)}
    made = {
        "a note with a cap": deal(tranche(price=NextRoundPrice(months=6, cap_usd_per_share=100.0)), investor_stop=StopRight()),
        "different notice": deal(tranche(price=FixedPrice(usd_per_share=100.0)), **notice),
        "a cap with notice": deal(tranche(price=MarketPrice(cap_usd_per_share=100.0)), **(notice | {"issuer_stop": None})),
    }[name]
    with pytest.raises(PricingError, match=r"option on an option|different days"):
        rows(made, "closed_form")
    assert rows(made, "monte_carlo")["value", None, "maker"].value is not None
