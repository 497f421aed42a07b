from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import QuantLib as ql

from curves import LaunchModel, Market, RentCurve, TwoFactor, business_times, month_average, rent_curve, rent_paths
from instruments.ground.errors import InputError
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL, PV_REL
from pricing import formulas

AS_OF = dt.date(2026, 3, 31)
FACTORS = TwoFactor(1.5, 0.35, 0.2, -0.4, growth=-0.1, short_premium=0.05, short_deviation=0.1, real_world_growth=-0.05)
LAUNCHES = (LaunchModel("a", 0.5, 0.3, "uniform", -0.22, 0.08), LaunchModel("b", 1.2, 0.4, "exponential", 0.10, 0.0))
NONE = np.zeros(1)
CURVE = RentCurve("rent:X", AS_OF, 2.4, FACTORS, LAUNCHES, np.array([0.0, 0.5, 2.0]), np.array([0.0, 0.05, -0.1]))
PATHS = 40_000
TIMES = np.array([0.3, 0.6, 1.0, 2.0])


@pytest.fixture(scope="module")
def paths() -> np.ndarray:
    draw = np.random.default_rng(11)
    half = draw.standard_normal((2, TIMES.size, PATHS // 2))
    uniforms, sizes = draw.random((2, PATHS)), draw.standard_normal((2, PATHS))
    return rent_paths(CURVE, TIMES, normals=np.concatenate((half, -half), axis=2), launch_uniforms=uniforms, launch_normals=sizes)


def test_paths_have_the_forward_as_their_mean(paths: np.ndarray) -> None:
    error = paths.std(axis=1) / np.sqrt(PATHS)
    assert bool((np.abs(paths.mean(axis=1) - CURVE.forward(TIMES)) < MC_SIGMAS * error).all())


def test_paths_have_the_spread_of_the_mixture(paths: np.ndarray) -> None:
    for row, time in zip(np.log(paths), TIMES.tolist(), strict=True):
        exact = CURVE.standard_deviation(time)
        # standard error of a standard deviation, with room for the kurtosis of a mixture
        assert abs(row.std() - exact) < MC_SIGMAS * exact * np.sqrt(1.0 / PATHS)


@pytest.mark.parametrize("strike", [1.2, 2.0, 2.6])
def test_options_on_paths_are_the_mixture(paths: np.ndarray, strike: float) -> None:
    for row, time in zip(paths, TIMES.tolist(), strict=True):
        law = CURVE.mixture(time)
        exact = float(
            formulas.mixture_option_value(weights=law.weights, forwards=law.forwards, total_variances=law.variances, strike=strike)
        )
        paid = np.maximum(row - strike, 0.0)
        assert abs(paid.mean() - exact) < MC_SIGMAS * paid.std() / np.sqrt(PATHS)


def test_each_part_of_the_mixture_is_quantlibs_black() -> None:
    law = CURVE.mixture(1.0)
    for forward, variance in zip(law.forwards.tolist(), law.variances.tolist(), strict=True):
        for call, kind in ((True, ql.Option.Call), (False, ql.Option.Put)):
            ours = formulas.forward_option_value(forward=forward, strike=2.1, total_variance=variance, discount=0.97, call=call)
            assert float(ours) == pytest.approx(ql.blackFormula(kind, 2.1, forward, variance**0.5, 0.97), rel=ORACLE_REL)


def test_the_mixture_has_the_forward_as_its_mean_and_parity() -> None:
    for time in (0.0, 0.4, 1.0, 3.0):
        law = CURVE.mixture(time)
        assert float(law.weights.sum()) == pytest.approx(1.0, rel=PV_REL)
        assert float(law.weights @ law.forwards) == pytest.approx(float(CURVE.forward(time)), rel=PV_REL)
        terms = {"weights": law.weights, "forwards": law.forwards, "total_variances": law.variances, "strike": 2.2, "discount": 0.9}
        gap = formulas.mixture_option_value(**terms) - formulas.mixture_option_value(**terms, call=False)
        assert float(gap) == pytest.approx(0.9 * (float(CURVE.forward(time)) - 2.2), abs=1e-12)


def test_a_launch_makes_a_smile_that_no_wider_lognormal_has() -> None:
    jumpy = RentCurve("rent:X", AS_OF, 2.0, TwoFactor(1.0, 0.0, 0.1), (LaunchModel("a", 1.0, 0.0, "uniform", -0.8),), NONE, NONE)
    coin = LaunchModel("a", 1.0, 1.0, "uniform", -0.8)
    law = RentCurve("rent:X", AS_OF, 2.0, jumpy.factors, (coin,), NONE, NONE).mixture(1.0)
    total = {"weights": [1.0], "forwards": [float(law.weights @ law.forwards)]}
    spread = RentCurve("rent:X", AS_OF, 2.0, jumpy.factors, (coin,), NONE, NONE).standard_deviation(1.0) ** 2
    at = {"strike": float(law.weights @ law.forwards)}
    mixed = formulas.mixture_option_value(weights=law.weights, forwards=law.forwards, total_variances=law.variances, **at)
    wide = formulas.mixture_option_value(**total, total_variances=[spread], **at)
    assert abs(float(mixed) / float(wide) - 1.0) > 0.05


def test_variances_are_schwartz_and_smiths() -> None:
    k, sx, sy, rho = 1.5, 0.35, 0.2, -0.4
    t, later = 0.7, 1.9
    by_hand = sx**2 * (1 - np.exp(-2 * k * t)) / (2 * k) + sy**2 * t + 2 * rho * sx * sy * (1 - np.exp(-k * t)) / k
    assert float(FACTORS.variance(t)) == pytest.approx(by_hand, rel=PV_REL)
    assert float(FACTORS.forward_variance(t, t)) == pytest.approx(by_hand, rel=PV_REL)
    left = np.exp(-k * (later - t))
    ahead = sx**2 * left**2 * (1 - np.exp(-2 * k * t)) / (2 * k) + sy**2 * t + 2 * rho * sx * sy * left * (1 - np.exp(-k * t)) / k
    assert float(FACTORS.forward_variance(t, later)) == pytest.approx(ahead, rel=PV_REL)
    assert float(FACTORS.variance(0.0)) == 0.0


def test_a_long_history_forgets_the_deviation() -> None:
    calm = TwoFactor(3.0, 0.4, 0.0, short_deviation=0.5)
    curve = RentCurve("rent:X", AS_OF, 2.0, calm, (), NONE, NONE)
    assert float(curve.forward(20.0)) == pytest.approx(2.0 * np.exp(-0.5 + 0.5 * 0.4**2 / 6.0), rel=1e-10)
    assert float(curve.variance(20.0)) == pytest.approx(0.4**2 / 6.0)


def test_the_premium_is_the_drift_taken_off() -> None:
    ratio = CURVE.expected([1.0, 3.0]) / CURVE.forward([1.0, 3.0])
    by_hand = np.exp(0.05 * np.array([1.0, 3.0]) + (1 - np.exp(-1.5 * np.array([1.0, 3.0]))) * 0.05 / 1.5)
    np.testing.assert_allclose(ratio, by_hand, rtol=PV_REL)
    with pytest.raises(InputError, match="real-world rents are never guessed"):
        RentCurve("rent:X", AS_OF, 2.0, TwoFactor(1.0, 0.1, 0.1), (), NONE, NONE).expected(1.0)


@pytest.mark.parametrize("launch", [*LAUNCHES, LaunchModel("c", 0.1, 0.5, "uniform", 0.0), LaunchModel("d", -0.2, 0.5, "exponential", 0.0)])
def test_launch_times_follow_their_odds(launch: LaunchModel) -> None:
    uniforms = (np.arange(100_000) + 0.5) / 100_000
    times = launch.time_of(uniforms)
    assert float(times.min()) > 0.0
    for years in (0.0, 0.2, 0.6, 1.0, 2.5):
        assert float((times <= years).mean()) == pytest.approx(float(launch.probability(years)), abs=2e-5)  # grid of uniforms


def test_a_future_is_the_mean_of_the_forwards_of_its_month() -> None:
    days = [t for t in business_times(AS_OF, dt.date(2026, 6, 30)).tolist() if t > (dt.date(2026, 5, 31) - AS_OF).days / 365]
    assert len(days) == 21
    assert month_average(CURVE, days) == pytest.approx(np.mean([float(CURVE.forward(t)) for t in days]), rel=PV_REL)


def test_a_thin_quote_keeps_its_forward_and_volatility() -> None:
    quotes = {"kind": "thin_rent", "spot_usd_per_hour": 3.8, "growth": -0.18, "volatility": 0.35}
    market = Market.model_validate({"as_of": AS_OF, "rates": {"X": {"kind": "flat", "rate": 0.04}}, "rent": {"GB300": quotes}})
    curve = rent_curve(market, "rent:GB300")
    np.testing.assert_allclose(curve.forward([0.0, 1.0, 5.0]), 3.8 * np.exp(-0.18 * np.array([0.0, 1.0, 5.0])), rtol=PV_REL)
    np.testing.assert_allclose(curve.variance([1.0, 4.0]), [0.35**2, 4 * 0.35**2], rtol=PV_REL)


def test_merton_jumps_against_their_own_paths_and_limits() -> None:
    terms = {"spot": 100.0, "strike": 105.0, "years": 1.5, "rate": 0.03, "dividend_yield": 0.01}
    plain = formulas.call_value(volatility=0.3, **terms)
    assert float(formulas.jump_call_value(diffusive_volatility=0.3, intensity=0.0, jump_mean=-0.5, **terms)) == pytest.approx(
        float(plain), rel=PV_REL
    )
    assert float(formulas.jump_call_value(diffusive_volatility=0.3, intensity=2.0, jump_mean=0.0, **terms)) == pytest.approx(
        float(plain), rel=1e-11
    )
    exact = float(formulas.jump_call_value(diffusive_volatility=0.3, intensity=0.4, jump_mean=-0.3, jump_volatility=0.2, **terms))
    draw, count = np.random.default_rng(5), 400_000
    jumps = draw.poisson(0.6, count)
    logs = (0.02 - 0.4 * np.expm1(-0.3 + 0.02) - 0.045) * 1.5 + 0.3 * np.sqrt(1.5) * draw.standard_normal(count)
    logs += -0.3 * jumps + 0.2 * np.sqrt(jumps) * draw.standard_normal(count)
    paid = np.exp(-0.045) * np.maximum(100.0 * np.exp(logs) - 105.0, 0.0)
    assert abs(paid.mean() - exact) < MC_SIGMAS * paid.std() / np.sqrt(count)
