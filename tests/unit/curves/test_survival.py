from __future__ import annotations

import datetime as dt
import pickle
from typing import Any

import numpy as np
import pytest

from curves import (
    CdsSchedule,
    DiscountCurve,
    Market,
    SurvivalCurve,
    bootstrap_hazard,
    cds_maturity,
    cds_schedule,
    par_spreads,
    survival_curve,
)
from curves.credit.legs import par_spread_slopes
from instruments.ground.errors import CalibrationError, InputError, MarketError, Reason
from instruments.ground.tolerances import CALIB_REPRICE_ABS, PV_REL
from instruments.ground.units import allow_implausible

AS_OF = dt.date(2025, 10, 3)
FLAT = DiscountCurve("rates:X", AS_OF, np.array([0.0, 1.0]), np.exp([0.0, -0.04]))
LADDER = cds_schedule(AS_OF, ["1Y", "3Y", "5Y", "10Y"])


def market(credit: dict[str, Any], rates: dict[str, Any] | None = None) -> Market:
    flat = {"USD-SOFR": {"kind": "flat", "rate": 0.04}}
    return Market.model_validate({"as_of": AS_OF, "rates": rates or flat, "credit": credit})


def repriced(hazards: np.ndarray, schedule: CdsSchedule, recovery: float = 0.4) -> np.ndarray:
    return par_spreads(schedule, hazard_times_years=schedule.maturities_years, hazards=hazards, recovery=recovery, discount=FLAT)


@pytest.mark.parametrize(
    ("as_of", "tenor", "maturity"),
    [
        (dt.date(2025, 10, 3), "5Y", dt.date(2030, 12, 20)),
        (dt.date(2025, 9, 19), "5Y", dt.date(2030, 6, 20)),
        (dt.date(2025, 9, 20), "5Y", dt.date(2030, 12, 20)),
        (dt.date(2026, 3, 19), "1Y", dt.date(2026, 12, 20)),
        (dt.date(2026, 3, 20), "1Y", dt.date(2027, 6, 20)),
        (dt.date(2025, 12, 31), "6M", dt.date(2026, 6, 20)),
    ],
)
def test_maturities_roll_twice_a_year(as_of: dt.date, tenor: str, maturity: dt.date) -> None:
    assert cds_maturity(as_of, tenor) == maturity


def test_slopes_of_par_spreads_are_those_of_bumps() -> None:
    nodes = np.array([0.0, 0.5, 2.0, 4.0, 7.0])
    curve = DiscountCurve("rates:X", AS_OF, nodes, np.exp(-np.array([0.0, 0.02, 0.07, 0.16, 0.3])))
    hazards, step = np.array([0.02, 0.05, 0.04, 0.3]), 1e-4
    moves = np.stack([-nodes, np.eye(5)[2], np.zeros(5)], axis=1)

    def spreads(given: np.ndarray, move: np.ndarray) -> np.ndarray:
        moved = DiscountCurve("rates:X", AS_OF, nodes, curve.discounts * np.exp(move))
        return par_spreads(LADDER, hazard_times_years=LADDER.maturities_years, hazards=given, recovery=0.3, discount=moved)

    by_hazard, by_move = par_spread_slopes(
        LADDER, hazard_times_years=LADDER.maturities_years, hazards=hazards, recovery=0.3, discount=curve, log_moves=moves
    )
    for at, bump in enumerate(step * np.eye(4)):
        expected = (spreads(hazards + bump, 0.0 * nodes) - spreads(hazards - bump, 0.0 * nodes)) / (2.0 * step)
        assert by_hazard[:, at] == pytest.approx(expected, abs=1e-5)
    for at in range(3):
        expected = (spreads(hazards, step * moves[:, at]) - spreads(hazards, -step * moves[:, at])) / (2.0 * step)
        assert by_move[:, at] == pytest.approx(expected, abs=1e-7)
    assert np.all(by_hazard[0, 1:] == 0.0)
    assert np.all(by_move[0, :2] != 0.0)


def test_schedule_starts_at_the_last_quarter_day() -> None:
    schedule = cds_schedule(AS_OF, ["1Y"])
    assert (schedule.starts_years * 365).round(9).tolist() == [-13, 78, 168, 260, 352]
    assert (schedule.ends_years * 365).round(9).tolist() == [78, 168, 260, 352, 443]
    assert cds_schedule(dt.date(2025, 12, 20), ["1Y"]).starts_years[0] == 0.0


@pytest.mark.parametrize("tenors", [["5Y", "1Y"], ["12M", "1Y"], ["4M"], ["2W"], []])
def test_ladders_without_dates_are_refused(tenors: list[str]) -> None:
    with pytest.raises(InputError):
        cds_schedule(AS_OF, tenors)


@pytest.mark.parametrize(
    "spreads",
    [
        [0.0035, 0.0040, 0.0050, 0.0060],
        [0.3, 0.3, 0.3, 0.3],
        [2.0, 1.85, 1.84, 1.839],
        [2.0, 2.0, 2.0, 2.0],
        [20.0, 20.0, 20.0, 20.0],
        [100.0, 100.0, 100.0, 100.0],
        [1e-13, 1e-9, 1e-6, 1e-3],
        [0.0, 0.0, 0.01, 0.02],
    ],
)
def test_quotes_are_repriced_calm_and_distressed(spreads: list[float]) -> None:
    hazards = bootstrap_hazard(spreads, LADDER, recovery=0.4, discount=FLAT)
    np.testing.assert_allclose(repriced(hazards, LADDER), spreads, atol=CALIB_REPRICE_ABS, rtol=0)
    assert bool((hazards >= 0.0).all())


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
def test_single_distressed_quote(spread: float) -> None:
    schedule = cds_schedule(AS_OF, ["5Y"])
    hazards = bootstrap_hazard([spread], schedule, recovery=0.25, discount=FLAT)
    assert abs(float(repriced(hazards, schedule, 0.25)[0]) - spread) <= CALIB_REPRICE_ABS
    # the credit triangle, up to the premium of one day that the rebate counts: 2 / 360 of the notional for the widest
    assert float(hazards[0]) == pytest.approx(spread * 365 / 360 / 0.75, rel=0.02)


def test_zero_spreads_are_zero_hazards() -> None:
    assert bootstrap_hazard(np.zeros(4), LADDER, recovery=0.4, discount=FLAT).tolist() == [0.0] * 4
    assert repriced(np.zeros(4), LADDER).tolist() == [0.0] * 4


def test_batch_of_hazards_equals_loop() -> None:
    hazards = np.array([[0.01, 0.02, 0.03, 0.04], [1.0, 0.5, 0.0, 2.0]])
    together = repriced(hazards, LADDER)
    assert together.shape == (2, 4)
    for row, one in zip(together, hazards, strict=True):
        np.testing.assert_allclose(row, repriced(one, LADDER), rtol=PV_REL)


def test_legs_do_not_depend_on_how_time_is_cut() -> None:
    coarse = par_spreads(LADDER, hazard_times_years=[50.0], hazards=[0.07], recovery=0.4, discount=FLAT)
    nodes = np.linspace(0.013, 9.7, 211)
    fine = par_spreads(LADDER, hazard_times_years=nodes, hazards=np.full(211, 0.07), recovery=0.4, discount=FLAT)
    np.testing.assert_allclose(fine, coarse, rtol=PV_REL)


@pytest.mark.parametrize(("spreads", "why"), [([0.02, 0.0001], "below 0"), ([0.0001, 2.0], "too little")])
def test_arbitrageable_quotes_are_refused_with_the_range_allowed(spreads: list[float], why: str) -> None:
    quotes = {"1Y": spreads[0], "5Y": spreads[1]}
    with allow_implausible():
        snapshot = market({"CRWV": {"kind": "cds", "quotes": quotes}})
    with pytest.raises(CalibrationError, match=why) as caught:
        survival_curve(snapshot, "credit:CRWV")
    found = caught.value.problems[0]
    assert (found.reason, found.subject, found.field) == (Reason.CALIBRATION, "credit:CRWV", "quotes.5Y")
    low, high = (
        float(part.replace(",", "")) for part in found.remedy.removeprefix("allowed at this pillar: ").replace(" bp", "").split(" to ")
    )
    for edge, inside in ((low, 1.01), (high, 0.99)):
        pair = cds_schedule(AS_OF, ["1Y", "5Y"])
        bootstrap_hazard([spreads[0], edge * inside / 1e4], pair, recovery=0.4, discount=FLAT)


def test_certain_recovery_leaves_only_a_zero_spread() -> None:
    assert bootstrap_hazard([0.0], cds_schedule(AS_OF, ["5Y"]), recovery=1.0, discount=FLAT).tolist() == [0.0]
    with pytest.raises(CalibrationError):
        bootstrap_hazard([0.01], cds_schedule(AS_OF, ["5Y"]), recovery=1.0, discount=FLAT)


@pytest.mark.parametrize(
    ("spreads", "recovery"),
    [([0.01], 0.4), ([0.01] * 3 + [-0.01], 0.4), ([0.01] * 3 + [float("nan")], 0.4), ([0.01] * 4, 1.7), ([0.01] * 4, float("nan"))],
)
def test_unusable_arguments_are_refused(spreads: list[float], recovery: float) -> None:
    with pytest.raises(InputError):
        bootstrap_hazard(spreads, LADDER, recovery=recovery, discount=FLAT)


def test_survival_curve_by_hand() -> None:
    curve = SurvivalCurve("credit:X", AS_OF, np.array([1.0, 3.0]), np.array([0.1, 0.3]), 0.4)
    np.testing.assert_allclose(curve.survival([0.0, 0.5, 1.0, 2.0, 5.0]), np.exp([0.0, -0.05, -0.1, -0.4, -1.3]), rtol=1e-15)
    assert curve.hazard([0.0, 0.99, 1.0, 3.0, 99.0]).tolist() == [0.1, 0.1, 0.3, 0.3, 0.3]
    assert float(curve.default_probability(1e-12)) == pytest.approx(1e-13, rel=1e-12)
    assert pickle.loads(pickle.dumps(curve)) == curve
    with pytest.raises(InputError):
        curve.survival(-1.0)


def test_flat_hazard_needs_no_bootstrap() -> None:
    curve = survival_curve(market({"X": {"kind": "hazard", "hazard": 1.7, "recovery": 0.3}}), "credit:X")
    np.testing.assert_allclose(curve.survival([0.0, 1.0, 7.5]), np.exp(-1.7 * np.array([0.0, 1.0, 7.5])), rtol=1e-14)
    assert curve.recovery == 0.3


def test_proxy_adds_to_every_spread() -> None:
    own = {"kind": "cds", "quotes": {"1Y": 0.01, "5Y": 0.02}, "recovery": 0.3}
    wider = own | {"quotes": {"1Y": 0.025, "5Y": 0.035}}
    snapshot = market({"A": own, "B": wider, "P": {"kind": "proxy", "proxy": "credit:A", "spread_add_bps": 150}})
    proxied, same = survival_curve(snapshot, "credit:P"), survival_curve(snapshot, "credit:B")
    np.testing.assert_allclose(proxied.hazards, same.hazards, rtol=1e-12)
    assert (proxied.key, proxied.recovery) == ("credit:P", 0.3)


def test_proxy_of_a_flat_hazard_uses_the_credit_triangle() -> None:
    snapshot = market(
        {"A": {"kind": "hazard", "hazard": 0.05, "recovery": 0.4}, "P": {"kind": "proxy", "proxy": "credit:A", "spread_add_bps": 300}}
    )
    assert float(survival_curve(snapshot, "credit:P").hazard(0.0)) == pytest.approx(0.05 + 0.03 / 0.6)


def test_add_on_below_zero_is_refused() -> None:
    for block in ({"kind": "cds", "quotes": {"5Y": 0.01}}, {"kind": "hazard", "hazard": 0.01}):
        with pytest.raises(MarketError, match=r"credit:P\.spread_add_bps = -150"):
            survival_curve(market({"A": block, "P": {"kind": "proxy", "proxy": "credit:A", "spread_add_bps": -150}}), "credit:P")


def test_missing_name_lists_credits() -> None:
    with pytest.raises(MarketError, match="the market has credit:A"):
        survival_curve(market({"A": {"kind": "hazard", "hazard": 0.1}}), "credit:META")


def test_several_rates_without_the_usual_one_must_be_named() -> None:
    rates = {name: {"kind": "flat", "rate": rate} for name, rate in (("A", 0.01), ("B", 0.09))}
    snapshot = market({"X": {"kind": "cds", "quotes": {"5Y": 0.05}}}, rates)
    with pytest.raises(MarketError, match="rates:A, rates:B"):
        survival_curve(snapshot, "credit:X")
    assert survival_curve(snapshot, "credit:X", rates="rates:A") != survival_curve(snapshot, "credit:X", rates="rates:B")
