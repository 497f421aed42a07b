"""Pools in closed form against QuantLib, quadrature, all outcomes of a few loans, and each other; limits."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import QuantLib as ql
from scipy.integrate import quad
from scipy.special import ndtr, ndtri
from scipy.stats import binom, norm

from instruments.ground.errors import InputError
from instruments.ground.tolerances import PV_REL
from pricing.formulas import (
    large_pool_loss_density,
    large_pool_loss_probability,
    large_pool_loss_quantile,
    large_pool_tranche_loss,
    loans_loss_odds,
    loans_tranche_loss,
    pool_default_odds,
    pool_tranche_loss,
    recovery_given_factor,
)
from pricing.formulas.pools import bivariate_normal

TRANCHES = {"attachment": np.array([0.0, 0.03, 0.15, 0.0]), "detachment": np.array([0.03, 0.15, 1.0, 1.0])}
WIDTH = TRANCHES["detachment"] - TRANCHES["attachment"]
POOL = {"default_probability": 0.05, "correlation": 0.3}
QUADRATURE = 1e-9
"""Of two quadratures of a smooth function."""


@pytest.mark.parametrize(("h", "k", "rho"), [(0, 0, 0.5), (0, -1, 0.3), (0, 1, -0.3), (1.2, -0.7, 0.9), (-3, -2, 0.99), (-1, -1, -0.8)])
def test_the_bivariate_normal_is_quantlibs(h: float, k: float, rho: float) -> None:
    assert float(bivariate_normal(h, k, rho)) == pytest.approx(ql.BivariateCumulativeNormalDistributionWe04DP(rho)(h, k), abs=1e-14)


def test_edges_of_the_bivariate_normal() -> None:
    np.testing.assert_allclose(
        bivariate_normal([np.inf, -np.inf, 0.5, 0.5], 0.3, [0.2, 0.2, 1.0, -1.0]), [ndtr(0.3), 0, ndtr(0.3), ndtr(0.5) + ndtr(0.3) - 1]
    )


def test_the_density_is_the_slope_of_the_distribution_and_adds_to_one() -> None:
    x, step = np.array([0.01, 0.05, 0.3]), 1e-6
    up, down = (large_pool_loss_probability(loss=x + way * step, **POOL) for way in (1.0, -1.0))
    np.testing.assert_allclose(large_pool_loss_density(loss=x, **POOL), (up - down) / (2 * step), rtol=1e-7)  # centred difference
    total, _ = quad(lambda u: float(large_pool_loss_density(loss=u, **POOL)), 1e-12, 1.0 - 1e-12, points=[1e-4, 0.01, 0.1], limit=200)
    assert total == pytest.approx(1.0, abs=1e-6)  # ends cut


@pytest.mark.parametrize("recovery", [0.0, 0.4])
def test_the_closed_tranche_loss_is_the_integral_of_the_quantile(recovery: float) -> None:
    levels = (np.arange(400_000) + 0.5) / 400_000
    lost = (1.0 - recovery) * large_pool_loss_quantile(level=levels, **POOL)
    for a, d in zip(TRANCHES["attachment"], TRANCHES["detachment"], strict=True):
        found = float(large_pool_tranche_loss(attachment=a, detachment=d, recovery=recovery, **POOL))
        assert found == pytest.approx(np.clip((lost - a) / (d - a), 0.0, 1.0).mean(), abs=1e-7)  # midpoints, a steep tail


@pytest.mark.parametrize("keep_loss", [False, True])
def test_a_falling_recovery_by_plain_quadrature(keep_loss: bool) -> None:
    z = np.linspace(-9.0, 9.0, 400_001)
    weights = norm.pdf(z) * (z[1] - z[0])
    odds = ndtr((ndtri(0.05) - np.sqrt(0.3) * z) / np.sqrt(0.7))
    level = 0.0 if keep_loss else float(ndtri(0.4) * np.sqrt(1.25))
    if keep_loss:  # the level at which defaulted loans recover 0.4, by bisection on the plain grid
        low, high = -5.0, 5.0
        for _ in range(60):
            level = 0.5 * (low + high)
            low, high = (level, high) if (weights * odds * ndtr(level + 0.5 * z)).sum() < 0.4 * 0.05 else (low, level)
    lost = odds * (1.0 - ndtr(level + 0.5 * z))
    found = large_pool_tranche_loss(**TRANCHES, **POOL, recovery=0.4, recovery_slope=0.5, keep_loss=keep_loss)
    expected = [(weights * np.clip((lost - a) / (d - a), 0.0, 1.0)).sum() for a, d in zip(*TRANCHES.values(), strict=True)]
    np.testing.assert_allclose(found, expected, atol=1e-8)  # kinks of the plain grid
    if keep_loss:
        assert found[-1] == pytest.approx(0.05 * 0.6, rel=QUADRATURE)
    assert recovery_given_factor(factor=z, recovery=0.4, recovery_slope=0.5) @ weights == pytest.approx(0.4, rel=QUADRATURE)


def test_without_a_slope_the_quadrature_is_the_closed_form() -> None:
    closed = large_pool_tranche_loss(**TRANCHES, **POOL, recovery=0.4)
    np.testing.assert_allclose(large_pool_tranche_loss(**TRANCHES, **POOL, recovery=0.4, recovery_slope=1e-12), closed, rtol=QUADRATURE)


@pytest.mark.parametrize("rho", [0.0, 1e-8, 0.2, 0.9, 0.999, 1.0])
def test_odds_of_a_count_add_up_and_keep_the_mean(rho: float) -> None:
    odds = pool_default_odds(count=50, default_probability=0.05, correlation=rho)
    assert odds.sum() == pytest.approx(1.0, abs=1e-13)
    assert odds @ np.arange(51) == pytest.approx(2.5, rel=PV_REL * 10)  # 800 nodes


def test_no_correlation_is_binomial_and_full_is_all_or_none() -> None:
    np.testing.assert_allclose(
        pool_default_odds(count=30, default_probability=0.1, correlation=0.0), binom.pmf(np.arange(31), 30, 0.1), atol=1e-14
    )
    full = pool_default_odds(count=30, default_probability=0.1, correlation=1.0)
    np.testing.assert_allclose(full, [0.9, *[0.0] * 29, 0.1], atol=1e-14)
    # all or none: a tranche loses p times its part of the loss of everything
    for method in (large_pool_tranche_loss, lambda **terms: pool_tranche_loss(count=7, **terms)):
        np.testing.assert_allclose(
            method(**TRANCHES, default_probability=0.1, correlation=1.0, recovery=0.4),
            0.1 * np.clip((0.6 - TRANCHES["attachment"]) / WIDTH, 0, 1),
            atol=1e-12,
        )
    # independent and granular: the certain loss
    np.testing.assert_allclose(
        large_pool_tranche_loss(**TRANCHES, default_probability=0.1, correlation=0.0, recovery=0.4),
        np.clip((0.06 - TRANCHES["attachment"]) / WIDTH, 0, 1),
        atol=1e-15,
    )


@pytest.mark.parametrize("slope", [0.0, 0.6])
@pytest.mark.parametrize(("p", "recovery", "whole"), [(0.0, 0.4, 0.0), (1.0, 0.0, 1.0), (0.3, 1.0, 0.0), (0.3, 0.0, 0.3)])
def test_certain_answers(p: float, recovery: float, whole: float, slope: float) -> None:
    terms = {"attachment": 0.0, "detachment": 1.0, "recovery": recovery, "recovery_slope": slope}
    assert float(large_pool_tranche_loss(default_probability=p, correlation=0.3, **terms)) == pytest.approx(whole, abs=1e-12)
    assert float(pool_tranche_loss(count=9, default_probability=p, correlation=0.3, **terms)) == pytest.approx(whole, abs=1e-12)
    assert float(loans_tranche_loss(notional=[1, 2], default_probability=p, loading=0.5, **terms)) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_many_loans_become_the_large_pool(slope: float) -> None:
    limit = large_pool_tranche_loss(**TRANCHES, **POOL, recovery=0.4, recovery_slope=slope)
    gaps = [
        np.abs(pool_tranche_loss(count=count, **TRANCHES, **POOL, recovery=0.4, recovery_slope=slope) - limit).max()
        for count in (10, 100, 1000)
    ]
    # the gap falls as one over the count
    assert gaps[0] > 5.0 * gaps[1] > 25.0 * gaps[2]
    assert gaps[2] < 3e-3


@pytest.mark.parametrize(("slope", "units", "close"), [(0.0, 500, 1e-12), (0.5, 1000, 2e-4)])
def test_the_recursion_of_equal_loans_is_the_binomial_mixture(slope: float, units: int, close: float) -> None:
    exact = pool_tranche_loss(count=50, **TRANCHES, **POOL, recovery=0.4, recovery_slope=slope)
    found = loans_tranche_loss(
        notional=np.ones(50), **TRANCHES, default_probability=0.05, loading=np.sqrt(0.3), recovery=0.4, recovery_slope=slope, units=units
    )
    np.testing.assert_allclose(found, exact, atol=close)  # losses that are no whole units are split


def test_the_recursion_of_unequal_loans_is_the_sum_over_all_outcomes() -> None:
    notional, p, loading = np.array([5.0, 3.0, 2.0, 10.0]), np.array([0.1, 0.3, 0.02, 0.2]), np.array([0.3, 0.8, 0.0, 1.0])
    recovery = np.array([0.4, 0.0, 1.0, 0.5])
    z = np.linspace(-9.0, 9.0, 200_001)
    weights = norm.pdf(z) * (z[1] - z[0])
    with np.errstate(divide="ignore"):
        given = ndtr((ndtri(p)[:, None] - loading[:, None] * z) / np.sqrt(1.0 - loading[:, None] ** 2))
    expected = np.zeros(3)
    for fails in product([0, 1], repeat=4):
        odds = (weights * np.prod([q if one else 1.0 - q for one, q in zip(fails, given, strict=True)], axis=0)).sum()
        loss = (np.array(fails) * notional * (1.0 - recovery)).sum() / 20.0
        expected += odds * np.clip((loss - TRANCHES["attachment"][:3]) / WIDTH[:3], 0.0, 1.0)
    found = loans_tranche_loss(
        attachment=TRANCHES["attachment"][:3],
        detachment=TRANCHES["detachment"][:3],
        notional=notional,
        default_probability=p,
        loading=loading,
        recovery=recovery,
        units=200,
    )
    np.testing.assert_allclose(found, expected, atol=2e-5)  # the plain grid steps over the loan of loading 1
    losses, odds = loans_loss_odds(notional=notional, default_probability=p, loading=loading, recovery=recovery, units=200)
    assert odds.sum() == pytest.approx(1.0, abs=1e-12)
    assert losses @ odds == pytest.approx((p * notional * (1.0 - recovery)).sum() / 20.0, rel=1e-12)


@pytest.mark.parametrize(
    "terms",
    [
        {"attachment": 0.2, "detachment": 0.2},
        {"attachment": -0.1, "detachment": 0.2},
        {"attachment": 0.0, "detachment": 0.2, "default_probability": 1.1},
        {"attachment": 0.0, "detachment": 0.2, "correlation": -0.1},
        {"attachment": 0.0, "detachment": 0.2, "recovery_slope": -0.1},
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: dict[str, float]) -> None:
    with pytest.raises(InputError):
        large_pool_tranche_loss(**(POOL | terms))
    with pytest.raises(InputError):
        pool_tranche_loss(count=5, **(POOL | terms))


def test_counts_and_lists_are_checked() -> None:
    for count in (0, 2001, True, 2.0):
        with pytest.raises(InputError):
            pool_default_odds(count=count, **POOL)  # type: ignore[arg-type]
    for notional in (1.0, [], [0.0, 1.0]):
        with pytest.raises(InputError):
            loans_loss_odds(notional=notional, default_probability=0.1, loading=0.3)
