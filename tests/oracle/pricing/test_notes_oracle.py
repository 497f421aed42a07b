"""Notes against the limit of a large pool, QuantLib's bonds, and a binomial count of defaults."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from scipy.special import ndtri

from instruments.contracts.coupons import FixedCoupon, FloatingCoupon
from instruments.contracts.notes import NoteClass, Notes, PoolAsset
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing import price
from pricing.formulas import large_pool_loss_quantile
from pricing.paths.pool import PoolLine, alive_shares, large_pool_alive, pool_factors, recovery_given
from pricing.strategies.notes import AS_OF, interest_first, notes_deal, with_tests
from tests.pools import market, notes, plan_of


def line(*, odds: float = 0.02, loading: float = 0.2**0.5, count: int = 1, slope: float = 0.0) -> PoolLine:
    return PoolLine("a", count, np.array([odds / 2.0, odds]), loading, None, 0.0, 0.4, slope)


def test_the_tail_of_a_large_pool_is_the_published_one() -> None:
    factor = ndtri(np.array([0.001]))
    lost = 1.0 - large_pool_alive(line(), factor)[-1, 0]
    assert lost == pytest.approx(float(large_pool_loss_quantile(default_probability=0.02, correlation=0.2, level=0.999)), rel=ORACLE_REL)
    assert lost == pytest.approx(0.226, abs=5e-4)  # the printed figure


def test_a_simulated_granular_pool_follows_the_large_pool() -> None:
    of = line(count=200)
    factor, groups = pool_factors((of,), "x", 0, 0)
    lost = 1.0 - alive_shares(of, "x", factor, groups, 0, 0)[-1]
    error = lost.std(ddof=1) / np.sqrt(lost.size)
    assert abs(lost.mean() - 0.02) < MC_SIGMAS * error
    expected = 1.0 - large_pool_alive(of, factor)[-1]
    # given the factor, defaults are binomial: variance p (1 - p) / count
    spread = (lost - expected) / np.sqrt(np.maximum(expected * (1.0 - expected) / 200, 1e-12))
    assert spread.std() == pytest.approx(1.0, abs=0.08)  # 4,096 draws, fat tails where p is tiny


def test_pairs_of_obligors_default_together_as_often_as_the_copula_says() -> None:
    # loading 1: all or none; loading 0: independent
    for loading, joint in ((1.0, 0.3), (0.0, 0.09)):
        of = line(odds=0.3, loading=loading, count=2)
        factor, groups = pool_factors((of,), "x", 0, 0)
        both = (alive_shares(of, "x", factor, groups, 0, 0)[-1] == 0.0).mean()
        assert abs(both - joint) < MC_SIGMAS * np.sqrt(joint * (1 - joint) / factor.size)


def test_a_group_ties_its_own() -> None:
    tied = [PoolLine(name, 1, np.array([0.3]), 0.0, group, 1.0, 0.4, 0.0) for name, group in (("a", "g"), ("b", "g"), ("c", "h"))]
    factor, groups = pool_factors(tuple(tied), "x", 0, 0)
    a, b, c = (alive_shares(each, "x", factor, groups, 0, 0)[-1] for each in tied)
    np.testing.assert_array_equal(a, b)
    assert abs(np.corrcoef(a, c)[0, 1]) < 0.1


def test_recovery_keeps_its_mean_and_falls_with_the_factor() -> None:
    nodes = ndtri((np.arange(20_000) + 0.5) / 20_000)
    found = recovery_given(line(slope=0.7), nodes)
    assert found.mean() == pytest.approx(0.4, abs=1e-5)  # midpoints of 20,000 quantiles
    assert (np.diff(found) > 0.0).all()


def granular(count: int) -> Notes:
    pool = (
        PoolAsset(label="a", balance_usd=1200.0, count=count, coupon=0.1, months=8, credit="credit:OBL", loading=0.5, recovery_slope=0.5),
    )
    classes = (
        NoteClass(label="A", balance_usd=900.0, coupon=FixedCoupon(rate=0.05), holder="insurer"),
        NoteClass(label="B", balance_usd=220.0, coupon=FixedCoupon(rate=0.09), holder="fund"),
    )
    return notes(pool=pool, classes=classes, order=interest_first(), legal_final=dt.date(2026, 10, 31))


def test_classes_of_a_granular_pool_are_worth_what_the_quadrature_says() -> None:
    deal, on = notes_deal(granular(300)), market(hazard=0.15)
    simulated = price(deal, on, method="simulation", paths=2 * 4096, threads=1, measures=("value", "expected_shortfall"))
    limit = price(deal, on, method="large_pool", measures=("value", "expected_shortfall"))
    # 300 obligors are not infinitely many, and 512 nodes not all: 3 % of what class B loses
    slack = 0.03 * abs(limit.row("expected_shortfall", part="B").value or 0.0)
    for label in ("A", "B"):
        for measure in ("value", "expected_shortfall"):
            found, expected = simulated.row(measure, part=label), limit.row(measure, part=label)
            assert abs(found.value - expected.value) < MC_SIGMAS * found.standard_error + slack


@pytest.mark.parametrize("order", [interest_first(), with_tests()])
def test_classes_without_losses_are_quantlibs_bonds(order: tuple[object, ...]) -> None:
    classes = (
        NoteClass(label="A", balance_usd=800.0, coupon=FloatingCoupon(spread=0.02), holder="insurer"),
        NoteClass(label="B", balance_usd=200.0, coupon=FixedCoupon(rate=0.09), holder="fund"),
    )
    pool = (PoolAsset(label="a", balance_usd=1200.0, coupon=0.12, months=9, credit="credit:OBL"),)
    accounts = (notes().accounts[0], notes().accounts[0].evolve(label="trap"))
    of = notes(pool=pool, classes=classes, accounts=accounts, order=order, legal_final=AS_OF.replace(year=2027))
    found = price(notes_deal(of), market(hazard=0.0), paths=1, threads=1, measures=("value",))
    for label in ("A", "B"):
        ours, theirs = (found.row("value", part=label, method=method).value for method in ("simulation", "quantlib"))
        assert ours == pytest.approx(theirs, rel=ORACLE_REL)
    assert plan_of(of).dates[-1] == of.legal_final
