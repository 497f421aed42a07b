"""Endogenous default plus residual: the total is the curve's, with Merton and first passage as closed forms; refused where it cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from instruments.deal import Party
from instruments.ground.errors import CalibrationError, InputError
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.facility_run import set_up
from pricing.paths.residual import alive_share, entity_default, fit_residual, residual_default
from pricing.results import Row
from pricing.risk.vehicle import vehicle_rows
from tests.facilities import AS_OF, deal, market

PATHS = 60_000
YEARS = np.arange(1, 61) / 12
DATES = np.array([11, 23, 35, 47, 59])


def first_passages(barrier: float = -0.9, volatility: float = 0.3, seed: int = 1) -> np.ndarray:
    """Month in which ln V first falls to the barrier, watched continuously by bridges; 60 is never."""
    rng = np.random.default_rng(seed)
    level, month = np.zeros(PATHS), np.full(PATHS, 60)
    for step in range(60):
        after = level + volatility * np.sqrt(1 / 12) * rng.standard_normal(PATHS) - 0.5 * volatility**2 / 12
        odds = np.exp(-2 * np.maximum(level - barrier, 0) * np.maximum(after - barrier, 0) / (volatility**2 / 12))
        hit = (after <= barrier) | (rng.random(PATHS) < odds)
        month = np.where(hit & (month == 60), step, month)
        level = after
    return month


def passage_survival(barrier: float = -0.9, volatility: float = 0.3) -> np.ndarray:
    """Black and Cox (1976): odds that ln V stays above the barrier."""
    drift, root = -0.5 * volatility**2, volatility * np.sqrt(YEARS)
    scale = np.exp(2 * drift * barrier / volatility**2)
    return ndtr((drift * YEARS - barrier) / root) - scale * ndtr((barrier + drift * YEARS) / root)


def test_first_passage_with_two_per_cent_of_other_causes_gives_them_back() -> None:
    endogenous = first_passages()
    exact = passage_survival()
    share = alive_share(endogenous, 60)
    assert np.abs(share - exact).max() <= MC_SIGMAS * np.sqrt(0.25 / PATHS)
    curve = exact * np.exp(-0.02 * YEARS)
    left = fit_residual(endogenous, curve, YEARS, DATES)
    errors = np.sqrt((1 - exact[DATES]) / exact[DATES] / PATHS)
    assert (np.abs(np.log(left[DATES]) + 0.02 * YEARS[DATES]) <= MC_SIGMAS * errors).all()
    total = np.minimum(endogenous, residual_default(left, np.random.default_rng(9).random(PATHS)))
    found = alive_share(total, 60)[DATES]
    assert (np.abs(found - curve[DATES]) <= MC_SIGMAS * np.sqrt(curve[DATES] * (1 - curve[DATES]) / PATHS)).all()
    # the two hazards in full would take more
    assert float(curve[-1] * exact[-1]) < float(found[-1]) - 0.01


def test_merton_at_one_date() -> None:
    """Default at five years alone, where V ends below the debt: Phi(-d2) (Merton 1974)."""
    rng = np.random.default_rng(2)
    last = 0.3 * np.sqrt(5.0) * rng.standard_normal(PATHS) - 0.5 * 0.09 * 5.0
    endogenous = np.where(last < np.log(0.5), 59, 60)
    d2 = (np.log(2.0) - 0.045 * 5.0) / (0.3 * np.sqrt(5.0))
    odds = float(ndtr(-d2))
    curve = np.exp(-0.08 * YEARS)
    left = fit_residual(endogenous, curve, YEARS, np.array([59]))
    assert left[59] == pytest.approx(float(curve[59]) / (1 - odds), rel=MC_SIGMAS * np.sqrt(odds / (1 - odds) / PATHS))
    # the curve's hazard is 0.08 on every date: a default that waits for the last month cannot follow it
    with pytest.raises(CalibrationError, match="its cash alone defaults it"):
        fit_residual(endogenous, curve, YEARS, np.array([47, 59]))


def test_limits() -> None:
    never, curve = np.full(1000, 60), np.exp(-0.05 * YEARS)
    np.testing.assert_allclose(fit_residual(never, curve, YEARS, np.array([59])), curve, rtol=1e-12)
    np.testing.assert_allclose(fit_residual(never, curve, YEARS, np.array([11])), curve, rtol=1e-12)
    endogenous = first_passages()
    np.testing.assert_allclose(fit_residual(endogenous, alive_share(endogenous, 60), YEARS, DATES), 1.0)
    assert (residual_default(np.ones(60), np.random.default_rng(0).random(100)) == 60).all()
    assert (residual_default(np.array([0.5, 0.25]), np.array([0.1, 0.3, 0.6])) == np.array([2, 1, 0])).all()
    with pytest.raises(InputError, match="date"):
        fit_residual(never, curve, YEARS, np.array([], dtype=np.int64))


def test_more_endogenous_default_than_the_curve_is_refused() -> None:
    endogenous = first_passages()
    with pytest.raises(CalibrationError, match="the curve leaves room for"):
        fit_residual(endogenous, np.exp(-0.001 * YEARS), YEARS, DATES)
    with pytest.raises(CalibrationError):
        fit_residual(endogenous, np.sqrt(alive_share(endogenous, 60)), YEARS, DATES)
    with pytest.raises(CalibrationError):
        fit_residual(np.zeros(10, dtype=np.int64), np.exp(-0.1 * YEARS), YEARS, DATES)


def test_one_hazard_each() -> None:
    market, endogenous, residual = np.array([3, 9, 60]), np.array([60, 5, 60]), np.array([7, 8, 60])
    given = {"market": market, "endogenous": endogenous, "residual": residual}
    assert entity_default("market", **given).tolist() == [3, 9, 60]
    assert entity_default("endogenous", **given).tolist() == [60, 5, 60]
    assert entity_default("endogenous_with_residual", **given).tolist() == [7, 5, 60]


def rows_of(hazard: float) -> dict[tuple[str, int], Row]:
    of = deal()
    of = of.evolve(parties={**of.parties, "spv": Party(credit="credit:SPV")})
    credit = {"PAYER": {"kind": "hazard", "hazard": 0.02}, "PARENT": {"kind": "hazard", "hazard": 0.1}}
    on = market(credit=credit | {"SPV": {"kind": "hazard", "hazard": hazard}})
    run = set_up(of, "loan", on).run(paths=4096)
    return {(row.measure, row.date.year): row for row in vehicle_rows(run, on) if row.date is not None}


def test_a_facilitys_vehicle_is_brought_to_its_curve() -> None:
    rows = rows_of(0.3)
    for year in (2027, 2028, 2029):
        cash, rest = (rows[f"{kind}_default_probability", year] for kind in ("endogenous", "residual"))
        total = 1.0 - (1.0 - (cash.value or 0.0)) * (1.0 - (rest.value or 0.0))
        years = (cash.date - AS_OF).days / 365 if cash.date else 0.0
        assert total == pytest.approx(1.0 - np.exp(-0.3 * years), rel=1e-9)
        assert 0.0 < (cash.value or 0.0) < total


def test_a_vehicle_safer_than_its_cash_has_no_residual() -> None:
    rows = rows_of(0.001)
    assert rows["residual_default_probability", 2029].value is None
    assert "its cash alone defaults it" in (rows["residual_default_probability", 2029].error_note or "")
    assert (rows["endogenous_default_probability", 2029].value or 0.0) > 0.01
    assert vehicle_rows(set_up(deal(), "loan", market()).run(paths=4096), market()) == ()
