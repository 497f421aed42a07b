from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
import QuantLib as ql
from scipy.optimize import minimize

from curves import (
    Market,
    Move,
    Scenario,
    belief_jump,
    belief_split,
    correlation_matrix,
    correlation_repair,
    discount_curve,
    equity_drift,
    equity_forward,
    market_from_text,
    market_warnings,
    nearest_correlation,
    survival_curve,
    volatility_surface,
)
from curves._quantlib.session import session, to_ql
from instruments.ground.errors import CalibrationError, InputError, MarketError
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL, PV_REL

AS_OF = dt.date(2025, 10, 3)
SHARE = {"spot_usd": 200.0, "volatility": 0.5, "dividend_yield": 0.01, "borrow_rate": 0.005}
GRID = {"6M": (0.60, 0.52, 0.50), "1Y": (0.56, 0.50, 0.47), "3Y": (0.52, 0.48, 0.46)}
STRIKES = (150.0, 200.0, 260.5)
SURFACE = {f"{tenor}@{strike:g}": quote for tenor, quotes in GRID.items() for strike, quote in zip(STRIKES, quotes, strict=True)}


def market(share: dict[str, Any] | None = None, **tables: Any) -> Market:
    blocks = {"rates": {"X": {"kind": "flat", "rate": 0.04}}, "equity": {"AMD": SHARE | (share or {})}} | tables
    return Market.model_validate({"as_of": AS_OF} | blocks)


def test_the_surface_is_quantlibs_bilinear_variance() -> None:
    ours = volatility_surface(market({"surface": SURFACE}), "equity:AMD")
    with session(AS_OF):
        dates = [to_ql(AS_OF) + round(float(time) * 365) for time in ours.times_years]
        matrix = ql.Matrix(len(STRIKES), len(dates))
        for row in range(len(STRIKES)):
            for column in range(len(dates)):
                matrix[row][column] = float(ours.volatilities[column, row])
        theirs = ql.BlackVarianceSurface(to_ql(AS_OF), ql.NullCalendar(), dates, list(STRIKES), matrix, ql.Actual365Fixed())
        theirs.enableExtrapolation()
        for time in (0.1, 0.5, 0.8, 2.0, 3.0, 5.0):
            for strike in (150.0, 170.0, 200.0, 231.0, 260.5):
                assert float(ours.total_variance(time, strike)) == pytest.approx(theirs.blackVariance(time, strike), rel=ORACLE_REL)


def test_a_term_structure_is_quantlibs_variance_curve() -> None:
    ours = volatility_surface(market({"term_volatility": {"1Y": 0.5, "3M": 0.7, "5Y": 0.45}}), "equity:AMD")
    with session(AS_OF):
        dates = [to_ql(AS_OF) + round(float(time) * 365) for time in ours.times_years]
        theirs = ql.BlackVarianceCurve(to_ql(AS_OF), dates, ours.volatilities[:, 0].tolist(), ql.Actual365Fixed())
        theirs.enableExtrapolation()
        for time in (0.01, 0.25, 0.6, 3.0, 8.0):
            assert float(ours.volatility(time, 123.0)) == pytest.approx(theirs.blackVol(time, 123.0), rel=ORACLE_REL)


def test_surface_limits() -> None:
    flat = volatility_surface(market(), "equity:AMD")
    np.testing.assert_allclose(flat.volatility([0.0, 0.3, 9.0], [1.0, 200.0, 900.0]), 0.5, rtol=1e-12)
    wings = volatility_surface(market({"surface": SURFACE}), "equity:AMD")
    np.testing.assert_allclose(wings.volatility(365 / 365, [10.0, 150.0]), 0.56, rtol=1e-12)
    assert float(wings.total_variance(0.0, 200.0)) == 0.0


def test_calendar_arbitrage_names_expiry_and_the_least_volatility() -> None:
    with pytest.raises(
        CalibrationError, match=r"equity:AMD.volatility = 0.2: .* falls from 1.00 to 2.00 years .* allowed at this pillar: 0.35"
    ):
        volatility_surface(market({"term_volatility": {"1Y": 0.5, "2Y": 0.2}}), "equity:AMD")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('surface = {"1Y@200" = 0.5, "1Y@250" = 0.5, "2Y@200" = 0.5}', "same strikes"),
        ('surface = {"1Y@200" = 0.5}\nterm_volatility = {1Y = 0.5}', "not both"),
        ('surface = {"1Y" = 0.5}', "an expiry and a strike"),
        ("term_volatility = {1Y = 50.0}", "5000 % a year"),
    ],
)
def test_bad_volatilities_get_one_line(line: str, words: str) -> None:
    text = (
        f'schema = 1\nas_of = 2025-10-03\n[rates.X]\nkind = "flat"\nrate = 0.04\n[equity.AMD]\nspot_usd = 200.0\nvolatility = 0.5\n{line}\n'
    )
    with pytest.raises(InputError, match=words) as refused:
        market_from_text(text)
    assert len(str(refused.value).splitlines()) == 1


def test_a_point_of_the_surface_can_be_moved_alone() -> None:
    moved = Scenario(label="up", moves=(Move(key="equity:AMD", field="surface.1Y@260.5", kind="shift", amount=0.02),)).apply(
        market({"surface": SURFACE})
    )
    assert moved.equity["AMD"].surface["1Y@260.5"].value == pytest.approx(0.49)
    assert moved.equity["AMD"].surface["1Y@200"].value == 0.50


def test_forwards_and_the_defaultable_martingale() -> None:
    found = market(credit={"AMD": {"kind": "hazard", "hazard": 0.06}})
    times = np.array([0.0, 1.0, 4.0])
    plain = equity_forward(found, "equity:AMD", times)
    np.testing.assert_allclose(plain, 200.0 * np.exp(0.025 * times), rtol=1e-12)
    alive = equity_forward(found, "equity:AMD", times, credit="credit:AMD")
    np.testing.assert_allclose(alive * survival_curve(found, "credit:AMD").survival(times), plain, rtol=PV_REL)
    assert float(equity_drift(rate=0.04, dividend_yield=0.015, hazard=0.06)) == pytest.approx(0.085)
    # simulated: price grows at r - q + h and dies at an exponential time
    draw, count, years = np.random.default_rng(2), 200_000, 4.0
    price = 200.0 * np.exp((0.085 - 0.125) * years + 0.5 * np.sqrt(years) * draw.standard_normal(count))
    kept = price * (draw.exponential(1.0 / 0.06, count) > years)
    assert abs(kept.mean() - float(plain[2])) < MC_SIGMAS * kept.std() / np.sqrt(count)
    assert float(discount_curve(found, "rates:X").discount(1.0)) == pytest.approx(np.exp(-0.04))


def test_a_belief_jump_keeps_total_variance() -> None:
    jump = belief_split(volatility=0.5, intensity=0.25, jump_mean=-0.6, jump_volatility=0.2)
    draw, count, years = np.random.default_rng(4), 400_000, 2.0
    jumps = draw.poisson(jump.intensity * years, count)
    logs = jump.diffusive_volatility * np.sqrt(years) * draw.standard_normal(count)
    logs += jump.jump_mean * jumps + jump.jump_volatility * np.sqrt(jumps) * draw.standard_normal(count)
    spread = (logs - logs.mean()) ** 2
    assert abs(spread.mean() - 0.5**2 * years) < MC_SIGMAS * spread.std() / np.sqrt(count)
    grown = np.exp(logs + (jump.compensator - 0.5 * jump.diffusive_volatility**2) * years)
    assert abs(grown.mean() - 1.0) < MC_SIGMAS * grown.std() / np.sqrt(count)


def test_belief_limits_refusals_and_its_place_in_the_market() -> None:
    assert belief_split(volatility=0.5, intensity=0.0, jump_mean=-1.0).diffusive_volatility == 0.5
    with pytest.raises(CalibrationError, match=r"equity:AMD.volatility = 0.5: .* allowed at this pillar: intensity to 0.25"):
        belief_split(volatility=0.5, intensity=0.3, jump_mean=-1.0, key="equity:AMD")
    with pytest.raises(MarketError, match="no belief"):
        belief_jump(market(), "equity:AMD")
    believed = market(belief={"intensity": 0.2, "jumps": {"equity:AMD": -0.7}})
    assert belief_jump(believed, "equity:AMD").diffusive_volatility == pytest.approx(np.sqrt(0.25 - 0.2 * 0.49))
    moved = Scenario(label="brittle", moves=(Move(key="belief", field="intensity", kind="set", amount=0.3),)).apply(believed)
    assert belief_jump(moved, "equity:AMD").intensity == 0.3
    with pytest.raises(InputError, match="a share or a rent"):
        belief_jump(believed, "rates:X")


BAD = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
PAIRS = {"equity:A|equity:B": 0.9, "equity:B|equity:C": 0.9, "equity:A|equity:C": -0.9}
KEYS = ["equity:A", "equity:B", "equity:C"]


def test_the_nearest_correlation_is_quantlibs_and_nobody_finds_a_nearer_one() -> None:
    ours = nearest_correlation(BAD)
    matrix = ql.Matrix(3, 3)
    for i in range(3):
        for j in range(3):
            matrix[i][j] = float(BAD[i, j])
    root = ql.pseudoSqrt(matrix, ql.SalvagingAlgorithm.Higham)
    theirs = np.array([[sum(root[i][k] * root[j][k] for k in range(root.columns())) for j in range(3)] for i in range(3)])
    np.testing.assert_allclose(ours, theirs, atol=1e-5)  # its own tolerance

    def distance(angles: np.ndarray) -> float:
        rows = angles.reshape(3, 3)
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return float(((unit @ unit.T - BAD) ** 2).sum())

    best = min(minimize(distance, np.random.default_rng(k).standard_normal(9)).fun for k in range(4))
    assert ((ours - BAD) ** 2).sum() == pytest.approx(best, abs=1e-6)
    assert float(np.linalg.eigvalsh(ours).min()) > -1e-12
    np.testing.assert_array_equal(np.diag(ours), 1.0)


def test_repair_is_on_request_only_and_said() -> None:
    with pytest.raises(MarketError, match="set repair_correlation = true"):
        correlation_matrix(market(correlation=PAIRS), KEYS)
    asked = market(correlation=PAIRS, repair_correlation=True)
    np.testing.assert_allclose(correlation_matrix(asked, KEYS), nearest_correlation(BAD), atol=1e-12)
    change = correlation_repair(asked)
    assert change == pytest.approx(float(np.abs(nearest_correlation(BAD) - BAD).max()))
    assert any(f"repaired: a listed correlation moves by up to {change:.3f}" in line for line in market_warnings(asked))
    assert correlation_repair(market(correlation={"equity:A|equity:B": 0.5}, repair_correlation=True)) == 0.0
    np.testing.assert_allclose(nearest_correlation(np.eye(3) * 0.5 + 0.5), np.eye(3) * 0.5 + 0.5, atol=1e-12)
