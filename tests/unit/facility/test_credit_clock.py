from __future__ import annotations

import numpy as np
import pytest

from instruments.ground.tolerances import MC_SIGMAS, PV_REL
from pricing.kernels.drivers import drive
from pricing.paths.credit import default_clock, first_passage
from pricing.paths.facility import mixing
from pricing.paths.streams import generator
from pricing.schedules.plan import NEVER

YEARS = np.arange(1, 61) / 12.0


def test_the_clock_stands_while_survival_is_one_and_is_capped_where_it_is_nought() -> None:
    clock = default_clock(np.array([1.0, 1.0, 0.5, 0.0]))
    assert clock[0] == clock[1] == 0.0
    assert 0.0 < clock[2] < clock[3] < np.inf


@pytest.mark.parametrize("barrier", [0.5, 1.0, 3.0])
def test_default_by_every_date_has_the_curves_odds(barrier: float) -> None:
    survival = np.exp(-0.05 * YEARS - 0.02 * YEARS**2)
    rng, paths = generator(7, "test", 0), 40_000
    month = first_passage(rng.standard_normal((60, paths)), rng.random((60, paths)), default_clock(survival, barrier), barrier)
    for t in (0, 11, 35, 59):
        odds = 1.0 - survival[t]
        error = np.sqrt(odds * (1.0 - odds) / paths)
        assert abs((month <= t).mean() - odds) <= MC_SIGMAS * error


def test_the_kernel_is_the_statement() -> None:
    rng, paths = generator(3, "test", 1), 500
    normals, uniforms = rng.standard_normal((3, 60, paths)), rng.random((2, 60, paths))
    clocks = np.array([default_clock(np.exp(-0.1 * YEARS)), default_clock(np.exp(-0.5 * YEARS))])
    correlation = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.4], [0.2, 0.4, 1.0]])
    mix = mixing(correlation)
    ratio, linked, months = drive(normals, uniforms, mix, clocks, 0.4, YEARS, 0.8)
    mixed = np.einsum("fg,gtp->ftp", mix, normals)
    for credit in range(2):
        stated = first_passage(mixed[credit + 1], uniforms[credit], clocks[credit])
        assert np.array_equal(np.where(months[credit] == NEVER, 60, months[credit]), stated)
    steps = 0.4 * np.sqrt(1 / 12) * normals[0] - 0.5 * 0.16 / 12
    assert np.allclose(ratio, np.exp(np.cumsum(steps, axis=0)), rtol=1e3 * PV_REL)  # sixty sums of rounding errors
    assert np.allclose(linked, ratio**0.8, rtol=1e3 * PV_REL)
    assert np.allclose(mix @ mix.T, correlation, atol=PV_REL)


def test_the_rent_ratio_has_mean_one() -> None:
    rng, paths = generator(5, "test", 2), 40_000
    nothing = np.zeros((0, 60))
    ratio, _, _ = drive(rng.standard_normal((1, 60, paths)), np.zeros((0, 60, paths)), np.ones((1, 1)), nothing, 0.35, YEARS, 1.0)
    for t in (0, 30, 59):
        assert abs(ratio[t].mean() - 1.0) <= MC_SIGMAS * ratio[t].std() / np.sqrt(paths)


def test_perfectly_correlated_credits_of_one_curve_default_together() -> None:
    rng = generator(9, "test", 3)
    normals, uniforms = rng.standard_normal((3, 60, 2000)), np.ones((2, 60, 2000))
    clock = default_clock(np.exp(-0.2 * YEARS))
    ones = np.ones((3, 3))
    _, _, months = drive(normals, uniforms, mixing(ones), np.array([clock, clock]), 0.3, YEARS, 1.0)
    assert np.array_equal(months[0], months[1])
    assert (months[0] < 60).any()
