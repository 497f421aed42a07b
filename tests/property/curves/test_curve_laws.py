from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from curves import (
    DiscountCurve,
    Market,
    Move,
    Scenario,
    SurvivalCurve,
    all_quotes,
    bootstrap_hazard,
    cds_schedule,
    discount_curve,
    discounts_from_par,
    par_from_discounts,
    par_spreads,
)
from instruments.ground.errors import CalibrationError
from instruments.ground.tolerances import CALIB_REPRICE_ABS, RATE_ABS

TENORS = ["6M", "1Y", "3Y", "5Y", "10Y"]
DATES = st.dates(dt.date(2015, 1, 1), dt.date(2060, 1, 1))
ENOUGH_SURVIVAL = 5.0
"""Hazard integrated to the last maturity: above it the last quotes rest on less than 1 % of survival."""
HAZARD_ABS = 1e-7
"""RATE_ABS divided by such a survival, with what the accuracy of a spread leaves of a short last piece."""


@st.composite
def discount_curves(draw: st.DrawFn, low: float = -0.02) -> DiscountCurve:
    steps = draw(st.lists(st.floats(0.05, 5.0), min_size=1, max_size=5))
    forwards = draw(st.lists(st.floats(low, 0.2), min_size=len(steps), max_size=len(steps)))
    times = np.concatenate(([0.0], np.cumsum(steps)))
    logs = np.concatenate(([0.0], np.cumsum(np.multiply(steps, forwards))))
    return DiscountCurve("rates:X", dt.date(2025, 10, 3), times, np.exp(-logs))


@given(discount_curves(low=0.001), st.lists(st.floats(0.0, 40.0), min_size=2, max_size=6, unique=True))
def test_discounts_fall_where_forwards_are_positive(curve: DiscountCurve, times: list[float]) -> None:
    ordered = np.sort(times)
    factors = curve.discount(ordered)
    apart = np.diff(ordered) > 1e-9
    assert bool((np.diff(factors)[apart] < 0.0).all())
    assert bool(((factors > 0.0) & (factors <= 1.0)).all())


@given(discount_curves(), st.floats(0.0, 20.0), st.floats(0.01, 20.0))
def test_forward_joins_two_discounts(curve: DiscountCurve, start: float, length: float) -> None:
    forward = float(curve.forward_rate(start, start + length))
    joined = float(curve.discount(start)) * np.exp(-forward * length)
    assert joined == pytest.approx(float(curve.discount(start + length)), rel=1e-12)


@given(DATES, st.lists(st.floats(-0.01, 0.12), min_size=3, max_size=3), st.floats(1e-4, 0.02))
def test_a_higher_par_rate_lowers_its_own_discount_and_none_before(as_of: dt.date, rates: list[float], bump: float) -> None:
    def curve(last: float) -> DiscountCurve:
        quotes = {"3M": rates[0], "1Y": rates[1], "2Y": last}
        return discount_curve(Market.model_validate({"as_of": as_of, "rates": {"X": {"kind": "ois", "quotes": quotes}}}), "rates:X")

    base, bumped = curve(rates[2]), curve(rates[2] + bump)
    assert base.discounts[0] == 1.0
    np.testing.assert_allclose(bumped.discounts[:3], base.discounts[:3], rtol=CALIB_REPRICE_ABS)
    # two years of annuity, between 1.6 and 2.1 on this range of rates
    assert 1.4 * bump < float(base.discounts[3] - bumped.discounts[3]) < 2.2 * bump


@given(st.lists(st.floats(0.0, 0.2), min_size=1, max_size=8))
def test_par_ladder_goes_back(rates: list[float]) -> None:
    annuity = 0.0
    for rate in rates:  # the domain: every factor stays above 0
        factor = (1.0 - rate * annuity) / (1.0 + rate)
        assume(factor > 1e-3)
        annuity += factor
    np.testing.assert_allclose(par_from_discounts(discounts_from_par(rates)), rates, atol=RATE_ABS)


@given(DATES, discount_curves(), st.floats(0.0, 0.95), st.lists(st.floats(0.0, 0.4) | st.floats(0.0, 5.0), min_size=5, max_size=5))
def test_hazards_come_back_from_their_own_spreads(as_of: dt.date, discount: DiscountCurve, recovery: float, hazards: list[float]) -> None:
    schedule = cds_schedule(as_of, TENORS)
    nodes = schedule.maturities_years
    spreads = par_spreads(schedule, hazard_times_years=nodes, hazards=hazards, recovery=recovery, discount=discount)
    found = bootstrap_hazard(spreads, schedule, recovery=recovery, discount=discount)
    again = par_spreads(schedule, hazard_times_years=nodes, hazards=found, recovery=recovery, discount=discount)
    np.testing.assert_allclose(again, spreads, rtol=1e-12, atol=CALIB_REPRICE_ABS)
    # the domain of the way back: enough survival for a later quote to say anything
    if float(np.dot(hazards, np.diff(np.concatenate(([0.0], nodes))))) < ENOUGH_SURVIVAL:
        np.testing.assert_allclose(found, hazards, atol=HAZARD_ABS)


@given(discount_curves(), st.lists(st.floats(0.0, 20.0), min_size=1, max_size=4))
def test_any_ladder_is_repriced_or_refused_by_name(discount: DiscountCurve, spreads: list[float]) -> None:
    schedule = cds_schedule(dt.date(2025, 10, 3), ["1Y", "3Y", "5Y", "7Y"][: len(spreads)])
    hazards, refused = None, ""
    try:
        hazards = bootstrap_hazard(spreads, schedule, recovery=0.4, discount=discount, subject="credit:X")
    except CalibrationError as error:
        refused = error.problems[0].subject
    if hazards is None:
        assert refused == "credit:X"
        assert len(spreads) > 1, "a single quote always has a solution"
    else:
        again = par_spreads(schedule, hazard_times_years=schedule.maturities_years, hazards=hazards, recovery=0.4, discount=discount)
        np.testing.assert_allclose(again, spreads, rtol=0, atol=CALIB_REPRICE_ABS)


@given(st.lists(st.floats(0.0, 300.0), min_size=1, max_size=5), st.lists(st.floats(0.0, 60.0), min_size=2, max_size=6))
def test_survival_falls_from_one(hazards: list[float], times: list[float]) -> None:
    curve = SurvivalCurve("credit:X", dt.date(2025, 10, 3), np.arange(1.0, len(hazards) + 1.0), np.array(hazards), 0.4)
    alive = curve.survival(np.sort(times))
    assert float(curve.survival(0.0)) == 1.0
    assert bool((np.diff(alive) <= 0.0).all())
    np.testing.assert_allclose(alive + curve.default_probability(np.sort(times)), 1.0, atol=1e-15)


BASE = Market.model_validate(
    {
        "as_of": dt.date(2025, 10, 3),
        "rates": {"USD-SOFR": {"kind": "ois", "quotes": {"1Y": 0.04, "5Y": 0.035}}},
        "credit": {"CRWV": {"kind": "cds", "quotes": {"5Y": 0.04}}, "HAZ": {"kind": "hazard", "hazard": 0.5}},
        "equity": {"AMD": {"spot_usd": 200.0, "volatility": 0.5}},
        "milestones": {"deliveries": {"clock_volatility": 0.3}},
    }
)
MOVABLE = [
    ("rates:USD-SOFR", ""),
    ("rates:USD-SOFR", "5Y"),
    ("credit:CRWV", ""),
    ("credit:HAZ", ""),
    ("equity:AMD", "spot_usd"),
    ("equity:AMD", "volatility"),
    ("milestone:deliveries", "clock_volatility"),
]
MOVES = st.builds(
    lambda place, kind, size: Move(key=place[0], field=place[1], kind=kind, amount=size if kind == "shift" else 1.0 + size),
    st.sampled_from(MOVABLE),
    st.sampled_from(["shift", "scale"]),
    st.floats(0.0, 0.05),
)


def inverse(move: Move) -> Move:
    return move.evolve(amount=-move.amount if move.kind == "shift" else 1.0 / move.amount)


def numbers(market: Market) -> np.ndarray:
    return np.array([quote.quote.value for quote in all_quotes(market)])


@given(st.lists(MOVES, max_size=4))
def test_moves_and_their_inverses_lead_back(moves: list[Move]) -> None:
    there = Scenario(label="there", moves=tuple(moves))
    back = Scenario(label="back", moves=tuple(inverse(move) for move in reversed(moves)))
    np.testing.assert_allclose(numbers(there.then(back).apply(BASE)), numbers(BASE), rtol=1e-12, atol=1e-15)


@given(st.lists(MOVES, max_size=3), st.lists(MOVES, max_size=3))
def test_then_is_apply_after_apply(first: list[Move], second: list[Move]) -> None:
    a, b = Scenario(label="a", moves=tuple(first)), Scenario(label="b", moves=tuple(second))
    assert a.then(b).apply(BASE) == b.apply(a.apply(BASE))
    assert Scenario.model_validate_json(a.then(b).model_dump_json()) == a.then(b)
