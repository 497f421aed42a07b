from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from curves import RentSeries, estimate_two_factor
from curves.compute.kalman import Parameters, loading, log_likelihood, timeline
from instruments.ground.errors import InputError

KAPPA, SX, SY, RHO, MU = 1.5, 0.30, 0.15, -0.3, -0.15
NOISES = {0.0: 0.02, 1.0: 0.01, 3.0: 0.015}
LEVELS = {0.0: 1.0, 1.0: 0.9, 3.0: 0.8}


def simulated(seed: int, *, years: float = 4.0, terms: tuple[float, ...] = (0.0, 1.0, 3.0), restated: float = 0.0) -> list[RentSeries]:
    """Weekly rents of several terms; the longest is restated by a jump of its level in the middle."""
    draw, step = np.random.default_rng(seed), 1 / 52
    times = np.arange(0.0, years, step)
    decay, cross = np.exp(-KAPPA * step), RHO * SX * SY * -np.expm1(-KAPPA * step) / KAPPA
    root = np.linalg.cholesky([[SX**2 * -np.expm1(-2 * KAPPA * step) / (2 * KAPPA), cross], [cross, SY**2 * step]])
    shocks = root @ draw.standard_normal((2, times.size))
    x, y = np.empty(times.size), np.empty(times.size)
    x[0], y[0] = draw.standard_normal() * SX / np.sqrt(2 * KAPPA), 0.0
    for index in range(1, times.size):
        x[index], y[index] = decay * x[index - 1] + shocks[0, index], y[index - 1] + MU * step + shocks[1, index]
    found = []
    for term in terms:
        noise = NOISES[term] * draw.standard_normal(times.size)
        level = LEVELS[term] + restated * (times >= years / 2) * (term == terms[-1])
        breaks = (years / 2,) if restated and term == terms[-1] else ()
        found.append(RentSeries(f"term {term:g}", "simulated", term, times, np.exp(level + loading(KAPPA, term) * x + y + noise), breaks))
    return found


def test_the_filter_is_the_joint_gaussian_density() -> None:
    series = [
        RentSeries("spot", "a", 0.0, np.array([0.0, 0.1, 0.5]), np.array([2.0, 2.1, 1.9])),
        RentSeries("year", "b", 1.0, np.array([0.1, 0.3]), np.array([1.8, 1.7])),
    ]
    p = Parameters(KAPPA, SX, SY, RHO, MU, (0.7, 0.6), (0.02, 0.03), (-0.1,))
    times = np.array([0.0, 0.1, 0.5, 0.1, 0.3])
    loads = np.array([1.0, 1.0, 1.0, loading(KAPPA, 1.0), loading(KAPPA, 1.0)])
    levels = np.array([0.7, 0.7, 0.7, 0.6, 0.6])
    early, gap = np.minimum.outer(times, times), np.abs(np.subtract.outer(times, times))
    xx = SX**2 / (2 * KAPPA) * np.exp(-KAPPA * gap)

    # cov(x_s, y_t): only the shocks of y up to min(s, t) count, and those of x decay from there to s
    def xy(s: float, t: float) -> float:
        first = min(s, t)
        return float(np.exp(-KAPPA * (s - first)) * RHO * SX * SY * -np.expm1(-KAPPA * first) / KAPPA)

    cross = np.array([[xy(s, t) for t in times] for s in times])
    covariance = np.outer(loads, loads) * xx + loads[:, None] * cross + (loads[:, None] * cross).T + SY**2 * early
    covariance += np.diag(np.array([0.02, 0.02, 0.02, 0.03, 0.03]) ** 2)
    mean = levels + MU * times - 0.1 * (times >= 0.2)
    seen = np.log([2.0, 2.1, 1.9, 1.8, 1.7])
    exact = float(multivariate_normal(mean, covariance).logpdf(seen))
    assert log_likelihood(timeline(series, (0.2,)), p) == pytest.approx(exact, abs=1e-10)


def test_estimation_recovers_what_was_simulated_within_its_errors() -> None:
    found = estimate_two_factor(simulated(3, restated=0.3))
    truth = {
        "mean_reversion": KAPPA,
        "short_volatility": SX,
        "long_volatility": SY,
        "correlation": RHO,
        "growth": MU,
        "noise term 0": 0.02,
        "noise term 1": 0.01,
        "noise term 3": 0.015,
    }
    for name, value in truth.items():
        error = found.standard_error(name)
        assert 0.0 < error < np.inf
        # eight parameters at once: three standard errors leave 2 % of false alarms, and the seed is fixed
        assert abs(found.value(name) - value) < 3.0 * error, name
    assert all(found.identified)
    step = found.value("level term 3 after break 1") - found.value("level term 3")
    assert step == pytest.approx(0.3, abs=0.02)
    assert found.observations == 3 * 208
    assert any("risk premium" in line for line in found.report)


def test_one_short_spot_series_is_said_not_to_identify() -> None:
    found = estimate_two_factor(simulated(5, years=1.0, terms=(0.0,)))
    text = "\n".join(found.report)
    assert "one series only" in text
    assert "one term only" in text
    assert not all(found.identified) or "known together only" in text
    assert found.standard_error("growth") > 0.1


def test_a_restatement_is_no_return() -> None:
    plain, told = simulated(7, years=0.8, terms=(0.0, 1.0), restated=0.35)
    hidden = RentSeries(told.name, told.source, told.term_years, told.times_years, told.rents)
    with_break, without = estimate_two_factor([plain, told]), estimate_two_factor([plain, hidden])
    assert with_break.log_likelihood > without.log_likelihood + 50.0
    assert with_break.value("long_volatility") + with_break.value("noise term 1") < without.value("long_volatility") + without.value(
        "noise term 1"
    )


ROWS = [(dt.date(2026, 1, day), 2.0, "index A") for day in (3, 1, 2)]


def test_rows_are_sorted_and_sources_never_spliced() -> None:
    found = RentSeries.from_rows("H100", ROWS, origin=dt.date(2026, 1, 1), breaks=[dt.date(2026, 1, 3)])
    np.testing.assert_allclose(found.times_years * 365, [0, 1, 2], atol=1e-12)
    assert found.breaks_years == (2 / 365,)
    with pytest.raises(InputError, match=r"2 sources \(index A, index B\).*make one series for each source"):
        RentSeries.from_rows("H100", [*ROWS, (dt.date(2026, 1, 4), 2.0, "index B")], origin=dt.date(2026, 1, 1))


def test_bad_histories_are_refused() -> None:
    times, rents = np.arange(3.0), np.ones(3)
    for change, words in (
        ({"times_years": times[::-1]}, "sort the observations"),
        ({"rents": -rents}, "above 0"),
        ({"term_years": -1.0}, "0 is spot"),
        ({"breaks_years": (9.0,)}, "within 0 to 2"),
        ({"rents": np.array([1.0, np.nan, 1.0])}, "remove NaN"),
    ):
        with pytest.raises(InputError, match=words):
            RentSeries(**({"name": "X", "source": "s", "term_years": 0.0, "times_years": times, "rents": rents} | change))
    with pytest.raises(InputError, match="at least 20 observations"):
        estimate_two_factor([RentSeries("X", "s", 0.0, times, rents)])
    with pytest.raises(InputError, match="launches_years"):
        estimate_two_factor(simulated(1, years=1.0, terms=(0.0,)), launches_years=(3.0,))
