"""Options on the monthly mean against QuantLib, simulation and closed forms."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import Market, days_of_month, mean_mixture, rent_curve
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL, PV_REL
from pricing import price
from pricing._quantlib.averages import mean_option
from pricing.formulas import average_option_value, forward_option_value, mixture_option_value
from tests.rent_derivatives import AS_OF, H100, deal, future, market, option, plain, swap

JANUARY = days_of_month(2027, 1)
CHOI_REL = 1.5e-3
"""Choi's engine assumes no shape of the mean, but misses the mean itself by 2e-4 here: a call less a put shows it."""


def by_quantlib(on: Market, strike: float, volatility: float, engine: Any, *, call: bool = True, days: Any = JANUARY, **seen: Any) -> float:
    curve = rent_curve(on, H100)
    times = [(day - on.as_of).days / 365.0 for day in days]
    return mean_option(
        as_of=on.as_of, spot=curve.spot_usd_per_hour, days=days, forwards=curve.forward(times), seen_sum=seen.get("seen_sum", 0.0),
        seen=seen.get("seen", 0), strike=strike, volatility=volatility, call=call, engine=engine,
    )  # fmt: skip


@pytest.mark.parametrize("volatility", [0.1, 0.4, 0.9])
@pytest.mark.parametrize("strike", [2.0, 2.8, 3.5])
def test_moments_are_those_of_turnbull_and_wakeman(volatility: float, strike: float) -> None:
    on = plain(volatility, rate=0.0)
    for kind in ("call", "put"):
        ours = price(option(kind, strike), on).value / 730.0
        theirs = by_quantlib(on, strike, volatility, "turnbull_wakeman", call=kind == "call")
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)  # QuantLib's yield curve interpolates, in logarithms, at its own nodes


@pytest.mark.parametrize("strike", [2.4, 2.8, 3.2])
def test_the_lognormal_shape_costs_little_beside_the_true_law(strike: float) -> None:
    on = plain(0.6, rate=0.0)
    assert price(option(strike=strike), on).value / 730.0 == pytest.approx(by_quantlib(on, strike, 0.6, "choi"), rel=CHOI_REL)


def test_part_averaged_options_agree_with_quantlib() -> None:
    today = dt.date(2027, 1, 15)
    on = plain(0.6, rate=0.0, as_of=today)
    seen = {day: 2.9 + 0.01 * index for index, day in enumerate(JANUARY) if day <= today}
    ahead = tuple(day for day in JANUARY if day > today)
    held = deal(today, seen, option=option(strike=2.95))
    theirs = by_quantlib(on, 2.95, 0.6, "turnbull_wakeman", days=ahead, seen_sum=sum(seen.values()), seen=len(seen))
    assert price(held, on, measures=("value",)).value / 730.0 == pytest.approx(theirs, rel=1e-9)  # as above
    exact = by_quantlib(on, 2.95, 0.6, "choi", days=ahead, seen_sum=sum(seen.values()), seen=len(seen))
    assert price(held, on, measures=("value",)).value / 730.0 == pytest.approx(
        exact, rel=1e-3
    )  # near the money with half seen: no lognormal


def test_the_quantlib_engine_agrees_in_its_special_case() -> None:
    strip = option(start="2026-11", end="2027-03")
    ours, theirs = (price(strip, plain(0.3), method=method).value for method in (None, "quantlib"))
    assert theirs == pytest.approx(ours, rel=1e-9)  # interpolation of the yield curve


@pytest.mark.parametrize("volatility", [0.2, 0.6])
def test_the_geometric_mean_is_quantlibs(volatility: float) -> None:
    # the control of the simulation: lognormal, variance the mean of the covariances
    on = plain(volatility, rate=0.0)
    curve = rent_curve(on, H100)
    times = np.array([(day - AS_OF).days / 365.0 for day in JANUARY])
    variance = float(curve.factors.autocovariance(times).mean())
    mean = np.exp(np.mean(np.log(curve.forward(times)) - 0.5 * curve.variance(times)) + 0.5 * variance)
    ours = float(forward_option_value(forward=mean, strike=2.7, total_variance=variance))
    assert ours == pytest.approx(by_quantlib(on, 2.7, volatility, "geometric"), rel=1e-9)  # interpolation of the yield curve


CASES = {
    "two factors": {"launches": {}},
    "launch window": {},
    "launch inside the month": {"launches": {"next": {"expected": dt.date(2027, 1, 15), "window_years": 0.02, "jump_mean": -0.5}}},
    "two launches": {
        "launches": {
            "one": {
                "expected": dt.date(2027, 1, 15),
                "window_years": 0.3,
                "delay": "exponential",
                "jump_mean": 0.3,
                "jump_volatility": 0.2,
            },
            "two": {"expected": dt.date(2027, 1, 11), "jump_mean": -0.3},
        }
    },
}


@pytest.mark.parametrize("name", CASES)
def test_moments_agree_with_daily_paths(name: str) -> None:
    on = market(**CASES[name])
    for kind in ("call", "put"):
        exact = price(option(kind, 2.7), on).value
        found = price(option(kind, 2.7), on, method="monte_carlo", paths=4096, threads=1, measures=("value",)).row("value")
        assert found.value is not None
        assert found.standard_error is not None
        assert found.standard_error < 0.02 * exact
        assert abs(found.value - exact) < MC_SIGMAS * found.standard_error


def test_the_stated_accuracy_in_the_month_that_starts_tomorrow() -> None:
    on = plain(0.6, as_of=dt.date(2026, 12, 31), rate=0.0, forwards={})
    for strike in (2.7, 3.0, 3.3):
        exact = price(option(strike=strike), on).value / 730.0
        found = price(option(strike=strike), on, method="monte_carlo", paths=4096, threads=1, measures=("value",)).row("value")
        assert abs((found.value or 0.0) / 730.0 - exact) < 2e-4 * 3.0 + MC_SIGMAS * (found.standard_error or 0.0) / 730.0


def test_a_mean_of_one_day_is_black() -> None:
    curve = rent_curve(market(), H100)
    day = 0.7
    law, one = mean_mixture(curve, [day]), curve.mixture(day)
    for each in (law, one):
        value = mixture_option_value(weights=each.weights, forwards=each.forwards, total_variances=each.variances, strike=2.5)
        assert float(value) == pytest.approx(
            float(average_option_value(weights=law.weights, means=law.forwards, variances=law.variances, strike=2.5)), rel=1e-12
        )


def test_exact_first_two_moments_of_the_mean() -> None:
    # by brute force over launch days, one launch in the month
    on = market(launches={"next": {"expected": dt.date(2027, 1, 15), "window_years": 0.1, "jump_mean": -0.4, "jump_volatility": 0.2}})
    curve = rent_curve(on, H100)
    times = np.array([(day - AS_OF).days / 365.0 for day in JANUARY])
    law, launch = mean_mixture(curve, times), curve.launches[0]
    odds = launch.probability(times)
    base = curve.forward(times) / (1.0 + odds * (launch.mean_factor - 1.0))
    pairs = np.outer(base, base) * np.exp(curve.factors.autocovariance(times))
    edges = np.concatenate([[0.0], odds, [1.0]])
    first = second = 0.0
    for place in range(times.size + 1):
        on_day = np.arange(times.size) >= place
        weight = edges[place + 1] - edges[place]
        jump, both = launch.mean_factor, np.exp(2 * launch.jump_mean + 2 * launch.jump_volatility**2)
        first += weight * np.mean(base * np.where(on_day, jump, 1.0))
        second += weight * np.mean(pairs * np.where(np.outer(on_day, on_day), both, np.where(on_day[:, None] | on_day, jump, 1.0)))
    assert law.weights @ law.forwards == pytest.approx(first, rel=1e-12)
    assert law.weights @ (law.forwards**2 * np.exp(law.variances)) == pytest.approx(second, rel=1e-12)
    assert law.weights @ law.forwards == pytest.approx(float(np.mean(curve.forward(times))), rel=PV_REL)


def test_covariances_between_two_days_are_schwartz_and_smiths() -> None:
    # the forward for delivery T seen at t: ln F(t, T) moves with e^{-kappa (T - t)} x_t + y_t, and so does the mean of ln P_T given t
    model = rent_curve(market(), H100).factors
    early, late = 0.4, 1.1
    table = model.autocovariance([early, late])
    assert np.diag(table) == pytest.approx(model.variance([early, late]), rel=1e-14)
    assert table[0, 1] == table[1, 0]
    rest = table[1, 1] - float(model.forward_variance(early, late))  # what comes between t and T
    assert rest == pytest.approx(float(model.variance(late - early)), rel=1e-12)


def test_futures_and_swaps_agree_with_quantlibs_parity() -> None:
    for contract in (future(), swap()):
        ours, theirs = (price(contract, market(), method=method).value for method in (None, "quantlib"))
        assert theirs == pytest.approx(ours, rel=ORACLE_REL, abs=1e-6)  # a difference of two options of some thousand dollars
