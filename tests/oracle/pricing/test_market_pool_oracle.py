"""Pools on the market's paths and by recursion: against curves, closed forms, the binomial count, a fleet sold by hand; limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import multivariate_normal

from curves import Market
from instruments.contracts.notes import Notes, PoolAsset, PoolHardware
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.formulas import large_pool_tranche_loss, pool_tranche_loss
from pricing.laws.law import Law
from pricing.laws.notes import LAWS
from pricing.mechanics.pool import simulated_collections
from pricing.paths.market_pool import market_pool_paths
from pricing.registry import Settings
from pricing.results import Valuation
from pricing.schedules.notes import resolve_notes
from pricing.strategies.notes import notes_deal
from tests.pools import HARDWARE, MONTHS, bullets, hardware_market as market, market as plain_market


def worth(of: Notes, on: Market, method: str, paths: int = 4096) -> Valuation:
    return price(notes_deal(of), on, method=method, paths=paths, threads=1)


def shortfall(found: Valuation, label: str) -> tuple[float, float]:
    row = found.row("expected_shortfall", part=label)
    assert row.value is not None
    return row.value, row.standard_error or 0.0


@pytest.mark.parametrize("count", [1, 10, 100])
def test_the_ledger_of_plain_loans_loses_what_the_recursion_says(count: int) -> None:
    of, on = bullets(count=count), plain_market(hazard=0.1, rate=0.0)
    simulated, counted = worth(of, on, "simulation"), worth(of, on, "recursion")
    odds = -np.expm1(-0.1 * resolve_notes(of, on, "notes").years[-1])
    for label, (a, d) in {"A": (0.2, 1.0), "B": (0.05, 0.2)}.items():
        value, error = shortfall(simulated, label)
        expected = shortfall(counted, label)[0]
        assert abs(value - expected) < MC_SIGMAS * error
        exact = pool_tranche_loss(count=count, attachment=a, detachment=d, default_probability=odds, correlation=0.25, recovery=0.4)
        assert expected == pytest.approx((d - a) * 1000.0 * float(exact), rel=1e-9)  # losses are whole units
        assert counted.row("value", part=label).value == pytest.approx((800.0 if label == "A" else 150.0) - expected)  # rate 0


def test_the_large_pool_engine_is_the_closed_form() -> None:
    of, on = bullets(), plain_market(hazard=0.1, rate=0.0)
    odds = -np.expm1(-0.1 * resolve_notes(of, on, "notes").years[-1])
    limit = worth(of, on, "large_pool")
    for label, (a, d) in {"A": (0.2, 1.0), "B": (0.05, 0.2)}.items():
        closed = large_pool_tranche_loss(attachment=a, detachment=d, default_probability=odds, correlation=0.25, recovery=0.4)
        assert shortfall(limit, label)[0] == pytest.approx((d - a) * 1000.0 * float(closed), rel=0.02)  # 512 nodes in the tail


def test_defaults_on_the_market_keep_their_curve_and_their_dependence() -> None:
    on = market(hazard=0.2)
    two = (
        PoolAsset(label="a", balance_usd=500.0, coupon=0.0, months=MONTHS, credit="credit:OBL", loading=0.6, count=40),
        PoolAsset(label="b", balance_usd=500.0, coupon=0.0, months=MONTHS, credit="credit:TWO", loading=1.0),
    )
    plan = resolve_notes(bullets(defaults="market", pool=two), on, "notes")
    assert plan.market_pool is not None
    lost = {name: 1.0 - share for name, share in market_pool_paths(plan.market_pool, plan.lines, "notes", 0, 0).alive.items()}
    for name, line in zip(("a", "b"), plan.lines, strict=True):
        error = lost[name].std(axis=1, ddof=1) / 64.0
        assert (np.abs(lost[name].mean(axis=1) - line.default_odds) < MC_SIGMAS * error).all()
    # E[X^2] of forty obligors of one line: 1/40 of one default and 39/40 of the odds of two. Two levels that start at one distance with
    # correlated moves are a Brownian motion in a wedge; between independence and the copula of the same correlation, by simulation
    pairs = (lost["a"][-1] ** 2).mean() * 40.0 / 39.0 - lost["a"][-1].mean() / 39.0
    p = float(plan.lines[0].default_odds[-1])
    copula = multivariate_normal.cdf([ndtri(p)] * 2, cov=[[1.0, 0.36], [0.36, 1.0]])
    assert p**2 < pairs < 1.1 * copula
    assert pairs == pytest.approx(copula, rel=0.1)


def test_loading_nothing_and_everything() -> None:
    on = market(hazard=0.2)
    for loading, joint in ((1.0, None), (0.0, 2)):
        of = bullets(count=2, loading=loading, defaults="market")
        plan = resolve_notes(of, on, "notes")
        assert plan.market_pool is not None
        alive = market_pool_paths(plan.market_pool, plan.lines, "notes", 0, 0).alive["a"][-1]
        p = float(plan.lines[0].default_odds[-1])
        both = (alive == 0.0).mean()
        if joint is None:  # one Brownian motion, but a crossing between month ends is each obligor's own
            assert p * 0.8 < both <= (alive < 1.0).mean()
        else:
            assert abs(both - p**2) < MC_SIGMAS * np.sqrt(p**2 / 4096)


def test_hardware_sold_at_forwards_is_what_the_recursion_says() -> None:
    # no volatility, no loading: the count is binomial and a failed loan recovers the forward price of its month
    of = bullets(hardware=HARDWARE.evolve(units=0.5), loading=0.0, defaults="market", lag=3)
    on = market(volatility=0.0)
    found = worth(of, on, "simulation")
    plan = resolve_notes(of, on, "notes")
    price_by_month = 0.95 * 500.0 * np.exp(-0.25 * plan.years)
    odds = np.diff(plan.lines[0].default_odds, prepend=0.0)[: MONTHS - 3]
    rate = (odds * np.minimum(1000.0, price_by_month[3:])).sum() / (1000.0 * odds.sum())
    row = found.row("recovery_rate")
    assert row.value is not None
    assert row.standard_error is not None
    assert abs(row.value - rate) < MC_SIGMAS * row.standard_error + 1e-12
    total = sum(shortfall(worth(of, on, "recursion"), label)[0] for label in ("A", "B"))
    simulated = [shortfall(found, label) for label in ("A", "B")]
    # the recursion takes one mean recovery for all months
    assert abs(sum(value for value, _ in simulated) - total) < MC_SIGMAS * sum(error for _, error in simulated) + 0.05 * total


def test_a_fleet_sold_by_hand() -> None:
    # certain default in the first month: all units at once, after three months, at the price of the path and of the whole lot
    of = bullets(hardware=HARDWARE, defaults="market", lag=3)
    on = market(hazard=1e6, impact=2.0)
    plan = resolve_notes(of, on, "notes")
    pool = simulated_collections(plan, "notes", 0, 0)
    assert plan.market_pool is not None
    ratio = market_pool_paths(plan.market_pool, plan.lines, "notes", 0, 0).ratio["rent:H100"][3]
    load = 2.0 / 10.0
    by_hand = 950.0 * np.exp(-0.25 * plan.years[3]) * ratio * -np.expm1(-load) / load
    np.testing.assert_allclose(pool.recovery[3], np.minimum(1000.0, by_hand), rtol=1e-5)  # the clock of certain default leaves 8e-7 alive
    assert ratio.mean() == pytest.approx(1.0, abs=MC_SIGMAS * ratio.std() / 64.0)


def test_recovery_falls_as_defaults_rise_and_the_senior_pays_for_it() -> None:
    of = bullets(count=50, loading=0.7, hardware=HARDWARE, defaults="market")
    tied, cut = (worth(of, market(hazard=0.15, volatility=0.6, correlation=rho), "simulation", 8192) for rho in (0.9, 0.0))
    for found, falls in ((tied, True), (cut, False)):
        mean, worst = found.row("recovery_rate").value, found.row("recovery_rate", part="worst 1 %").value
        assert mean is not None
        assert worst is not None
        assert (worst < 0.85 * mean) == falls
    (high, one), (low, other) = shortfall(tied, "A"), shortfall(cut, "A")
    assert high - low > MC_SIGMAS * np.hypot(one, other)


def test_a_rent_as_common_factor() -> None:
    of = bullets(count=50, loading=0.7, hardware=HARDWARE, defaults="market", common_factor="rent:H100")
    by_factor = worth(of, market(hazard=0.15, volatility=0.6), "simulation")
    by_table = worth(of.evolve(common_factor=None), market(hazard=0.15, volatility=0.6, correlation=0.999), "simulation")
    # a credit that all but is the rent: the same law, other random numbers
    for label in ("A", "B"):
        (a, one), (b, other) = shortfall(by_factor, label), shortfall(by_table, label)
        assert abs(a - b) < MC_SIGMAS * np.hypot(one, other)


def test_no_default_and_certain_default() -> None:
    of = bullets(hardware=HARDWARE, defaults="market")
    assert shortfall(worth(of, market(hazard=0.0), "simulation"), "B")[0] == 0.0
    nothing = HARDWARE.evolve(units=1e-12)
    lost = worth(of.evolve(pool=(of.pool[0].evolve(hardware=nothing),)), market(hazard=1e6), "simulation")
    assert shortfall(lost, "A")[0] == pytest.approx(800.0, rel=1e-5)
    assert shortfall(lost, "B")[0] == pytest.approx(150.0, rel=1e-5)


def test_the_same_bytes_for_any_threads() -> None:
    deal, on = notes_deal(bullets(hardware=HARDWARE, defaults="market")), market(correlation=0.5)
    one, two = (price(deal, on, method="simulation", paths=8192, threads=threads).to_json() for threads in (1, 2))
    assert one == two


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_the_laws_of_notes_hold_on_the_market_too(law: Law) -> None:
    deal = notes_deal(bullets(count=5, hardware=HARDWARE, defaults="market"))
    if law.applies(deal):
        assert law.check(deal, market(hazard=0.3, correlation=0.5, impact=0.5), Settings(paths=1)) is None
    assert not (law.name == "falling_recovery_hurts_senior" and law.applies(deal))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"common_factor": "rent:H100"}, "with defaults = 'market'"),
        ({"common_factor": "credit:OBL", "defaults": "market"}, "a common factor is a rent"),
        ({"hardware": HARDWARE}, "hardware is sold on the paths of the market"),
        ({"slope": 0.4, "defaults": "market"}, "a slope on the copula's factor means nothing"),
    ],
)
def test_ways_that_do_not_fit_together_are_refused(change: dict[str, Any], words: str) -> None:
    asset = bullets().pool[0].evolve(hardware=change.pop("hardware", None), recovery_slope=change.pop("slope", 0.0))
    with pytest.raises(TermsError, match=words):
        notes_deal(bullets(pool=(asset,), **change))


def test_hardware_needs_its_kinds_of_key() -> None:
    with pytest.raises(TermsError, match="resale:H100"):
        PoolHardware(units=1.0, rent="rent:H100", resale="rent:H100")
