"""Laws of the market room, each on the domain where it holds."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st

from curves import (
    DiscountCurve,
    LaunchModel,
    Market,
    RentCurve,
    TwoFactor,
    belief_split,
    bootstrap_debt,
    bootstrap_treasury,
    bootstrap_upfronts,
    cds_schedule,
    compounded_rate,
    declining_balance,
    even_lots,
    income_value,
    lot_sale,
    macrs,
    nearest_correlation,
    rent_curve,
    straight_line,
    sum_of_years,
    upfronts,
)
from curves.credit.curve import SurvivalCurve
from curves.credit.debt import debt_spread
from curves.rates.treasury import treasury_yield
from instruments.ground.errors import CalibrationError, InputError
from instruments.ground.tolerances import CALIB_REPRICE_ABS, PV_REL
from pricing import formulas

AS_OF = dt.date(2026, 3, 31)
FLAT = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-0.04)]))
UNIT = st.floats(0.0, 1.0)
PRICES = st.floats(0.2, 20.0)
VOLATILITIES = (st.floats(0.0, 1.0), st.floats(0.0, 0.6))
FACTORS = st.builds(
    TwoFactor, st.floats(0.1, 8.0), *VOLATILITIES, st.floats(-1.0, 1.0), st.floats(-0.4, 0.4), st.floats(-0.3, 0.3), st.floats(-1.0, 1.0)
)
DATES = (st.floats(0.5, 3.0), st.floats(0.0, 0.4), st.sampled_from(["uniform", "exponential"]))
LAUNCHES = st.lists(st.builds(LaunchModel, st.just("x"), *DATES, st.floats(-0.8, 0.8), st.floats(0.0, 0.4)), max_size=3)


@settings(max_examples=25)
@given(FACTORS, LAUNCHES, st.lists(PRICES, min_size=3, max_size=3))
def test_every_quoted_forward_comes_back_and_the_mixture_agrees(
    factors: TwoFactor, launches: list[LaunchModel], quotes: list[float]
) -> None:
    bare = RentCurve("rent:X", AS_OF, 2.0, factors, tuple(launches), np.zeros(1), np.zeros(1))
    times = np.array([0.0, 0.5, 1.0, 3.0])
    logs = np.log(np.array([2.0, *quotes]) / bare.model_forward(times))
    logs[0] = 0.0
    curve = RentCurve("rent:X", AS_OF, 2.0, factors, tuple(launches), times, logs)
    np.testing.assert_allclose(curve.forward(times[1:]), quotes, rtol=PV_REL)
    for time in (0.3, 1.0, 4.0):
        law = curve.mixture(time)
        assert float(law.weights @ law.forwards) == pytest.approx(float(curve.forward(time)), rel=1e-11)
        call, put = (
            float(
                formulas.mixture_option_value(
                    weights=law.weights, forwards=law.forwards, total_variances=law.variances, strike=1.5, call=call
                )
            )
            for call in (True, False)
        )
        assert call - put == pytest.approx(float(curve.forward(time)) - 1.5, abs=1e-9 * max(1.0, float(law.forwards.max())))
        assert max(0.0, float(curve.forward(time)) - 1.5) - 1e-9 <= call <= float(curve.forward(time)) * (1.0 + 1e-9)


@given(FACTORS, st.floats(0.0, 10.0), st.floats(0.0, 10.0))
def test_variance_never_falls_below_zero_and_a_forward_moves_less_than_its_delivery(factors: TwoFactor, first: float, gap: float) -> None:
    assert float(factors.variance(first)) >= -1e-15
    if factors.correlation >= 0.0:  # the domain: a negative correlation can make the short end the calmer one
        assert float(factors.forward_variance(first, first + gap)) <= float(factors.variance(first)) + 1e-12


@given(st.lists(st.floats(-0.15, 0.05), min_size=3, max_size=3), st.sampled_from(["even", "prepaid"]))
def test_term_rates_come_back_from_their_forwards_or_are_refused(steps: list[float], payment: str) -> None:
    rates = 2.0 * np.exp(np.cumsum(steps))
    quotes = dict(zip(("1Y", "2Y", "3Y"), rates.tolist(), strict=True))
    block = {
        "kind": "two_factor",
        "index": "x",
        "spot_usd_per_hour": 2.0,
        "terms": quotes,
        "payment": payment,
        "mean_reversion": 1.0,
        "short_volatility": 0.2,
        "long_volatility": 0.2,
    }
    market = Market.model_validate({"as_of": AS_OF, "rates": {"X": {"kind": "flat", "rate": 0.04}}, "rent": {"H100": block}})
    curve, refused = None, ""
    try:
        curve = rent_curve(market, "rent:H100")
    except InputError as error:
        refused = str(error)
    if curve is None:
        assert "fall too fast" in refused
        return
    assert curve.terms is not None
    grid = np.linspace(0.0, curve.terms.times_years[-1], 3001)
    rents = curve.forward(grid) * FLAT.discount(grid)
    total = float((0.5 * (rents[1:] + rents[:-1]) * np.diff(grid)).sum())
    due = rates[-1] * (float(FLAT.annuity(grid[-1])) if payment == "even" else grid[-1])
    assert total == pytest.approx(due, rel=1e-5)  # trapezes of a thousandth of a year


@given(st.lists(st.floats(0.001, 0.2), min_size=4, max_size=4))
def test_treasury_yields_come_back(yields: list[float]) -> None:
    quotes = dict(zip(("3M", "1Y", "2Y", "5Y"), yields, strict=True))
    try:
        times, factors = bootstrap_treasury(AS_OF, quotes)
    except (CalibrationError, InputError):
        assume(False)
        return
    curve = DiscountCurve("rates:UST", AS_OF, times, factors)
    for tenor, quote in quotes.items():
        assert treasury_yield(curve, tenor) == pytest.approx(quote, abs=CALIB_REPRICE_ABS)


@given(st.lists(st.floats(0.0, 2.0), min_size=3, max_size=3), st.floats(0.0, 0.8), st.sampled_from([0.01, 0.05]))
def test_upfronts_come_back(hazards: list[float], recovery: float, coupon: float) -> None:
    schedule = cds_schedule(AS_OF, ["1Y", "3Y", "5Y"])
    terms = {"coupon": coupon, "recovery": recovery, "discount": FLAT}
    points = upfronts(schedule, hazard_times_years=schedule.maturities_years, hazards=hazards, **terms)
    found = bootstrap_upfronts(points, schedule, **terms)
    again = upfronts(schedule, hazard_times_years=schedule.maturities_years, hazards=found, **terms)
    np.testing.assert_allclose(again, points, atol=CALIB_REPRICE_ABS)


@given(
    st.lists(st.floats(0.0005, 0.2), min_size=2, max_size=2), st.sampled_from(["floating", "z_spread"]), st.sampled_from(["floor", "keep"])
)
def test_debt_spreads_come_back_unless_floored(spreads: list[float], form: str, policy: str) -> None:
    ends = np.array([2.0, 5.0])
    try:
        hazards = bootstrap_debt(spreads, ends, form=form, recovery=0.4, discount=FLAT, coupon=0.05, policy=policy)
    except CalibrationError:
        return  # beyond certain default, or a hazard below -1 a year: test_credit_oracle.py reads the message
    curve = SurvivalCurve("credit:X", AS_OF, ends, hazards, 0.4, policy == "keep")
    alive = curve.survival(np.linspace(0.0, 5.0, 30))
    if policy == "floor" or float(hazards.min()) >= 0.0:
        assert bool((np.diff(alive) <= 0.0).all())
    for end, spread, hazard in zip(ends.tolist(), spreads, hazards.tolist(), strict=True):
        if hazard != 0.0:
            assert debt_spread(end, curve, form=form, discount=FLAT, coupon=0.05) == pytest.approx(spread, abs=CALIB_REPRICE_ABS)


LOTS = st.integers(1, 6)


@given(LOTS, st.data())
def test_forced_never_beats_orderly_at_equal_quantities_dates_costs_and_path(lots: int, data: st.DataObject) -> None:
    market, discount = (data.draw(st.lists(st.floats(0.01, high), min_size=lots, max_size=lots)) for high in (50e3, 1.0))
    sizes = data.draw(st.lists(st.floats(0.0, 5e3), min_size=lots, max_size=lots))
    costs = {"sale_cost": data.draw(UNIT), "unit_cost_usd": data.draw(st.floats(0.0, 500.0)), "idle_usd": data.draw(st.floats(0.0, 500.0))}
    same = {"market_usd": market, "quantities": sizes, "discount": discount} | costs
    orderly = lot_sale(**same)
    forced = lot_sale(**same, depth_units=data.draw(st.floats(1.0, 1e6)), impact=data.draw(st.floats(0.0, 5.0)))
    assert float(forced.value_usd) <= float(orderly.value_usd) + 1e-9 * float(orderly.gross_usd.sum() + 1.0)


@given(st.floats(1.0, 1e5), st.floats(0.0, 3.0), st.integers(1, 8))
def test_more_lots_at_one_price_bring_the_same(units: float, impact: float, lots: int) -> None:
    # the average over a lot is exact: cutting it changes nothing while the market stands still and nothing else costs
    whole, cut = (lot_sale(market_usd=1.0, quantities=even_lots(units, n), depth_units=5e4, impact=impact) for n in (1, lots))
    assert float(cut.value_usd) == pytest.approx(float(whole.value_usd), rel=1e-9)


@given(st.integers(1, 40), st.data())
def test_income_value_never_rises_with_power_cost(months: int, data: st.DataObject) -> None:
    rents, costs = (np.array(data.draw(st.lists(st.floats(0.0, 8.0), min_size=months, max_size=months))) for _ in range(2))
    salvage = data.draw(st.lists(st.floats(0.0, 3e4), min_size=months + 1, max_size=months + 1))
    discount = np.exp(-0.05 * np.arange(months + 1) / 12)
    fixed = {"rent_usd_per_hour": rents, "salvage_usd": salvage, "discount": discount, "utilisation": data.draw(UNIT)}
    low = income_value(cost_usd_per_hour=costs, **fixed)
    high = income_value(cost_usd_per_hour=costs + data.draw(st.floats(0.0, 2.0)), **fixed)
    assert float(high.value_usd) <= float(low.value_usd) + 1e-9 * (1.0 + abs(float(low.value_usd)))
    assert float(low.value_usd) >= salvage[0]


@given(st.floats(1.0, 1e6), UNIT, st.integers(2, 15))
def test_books_fall_from_cost_to_salvage(cost: float, share: float, periods: int) -> None:
    salvage = share * cost
    for books in (method(cost, salvage_usd=salvage, periods=periods) for method in (straight_line, declining_balance, sum_of_years)):
        assert books[0] == cost
        assert books[-1] == pytest.approx(salvage, abs=1e-9 * cost)
        assert bool((np.diff(books) <= 1e-9 * cost).all())
    assert macrs(cost)[-1] == 0.0


@given(st.floats(0.0, 1.5), st.floats(0.0, 2.0), st.floats(-1.5, 1.5), st.floats(0.0, 0.5))
def test_a_belief_keeps_total_variance_or_is_refused(volatility: float, intensity: float, mean: float, spread: float) -> None:
    explained = intensity * (mean**2 + spread**2)
    try:
        jump = belief_split(volatility=volatility, intensity=intensity, jump_mean=mean, jump_volatility=spread)
    except CalibrationError:
        assert explained > volatility**2
        return
    assert jump.diffusive_volatility**2 + explained == pytest.approx(volatility**2, abs=1e-12)


@given(st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=6))
def test_a_repaired_correlation_is_one(entries: list[float]) -> None:
    matrix = np.eye(4)
    matrix[np.triu_indices(4, 1)] = entries
    matrix = np.triu(matrix) + np.triu(matrix, 1).T
    try:
        found = nearest_correlation(matrix)
    except CalibrationError:
        return  # projections may creep where the answer is singular in several directions: it is said, not returned
    assert float(np.linalg.eigvalsh(found).min()) > -1e-10
    np.testing.assert_array_equal(np.diag(found), 1.0)
    if float(np.linalg.eigvalsh(matrix).min()) >= 0.0:
        np.testing.assert_allclose(found, matrix, atol=1e-9)


@given(st.floats(-0.01, 0.15), st.floats(-0.02, 0.2), st.integers(0, 5))
def test_a_floor_never_lowers_the_rate(rate: float, floor: float, lookback: int) -> None:
    curve = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.array([1.0, np.exp(-rate)]))
    period = {"start": dt.date(2026, 6, 30), "end": dt.date(2026, 9, 30), "lookback_days": lookback}
    plain = compounded_rate(curve, **period).rate
    day, whole = (compounded_rate(curve, **period, floor=floor, floor_on=on).rate for on in ("day", "period"))
    assert day >= plain - 1e-15
    assert whole == max(plain, floor)
    assert day >= floor - 1e-12
