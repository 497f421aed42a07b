"""Paths of the short rate: the curve is kept, options are QuantLib's, and the other drivers keep their laws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import QuantLib as ql
from scipy.special import ndtr

from curves import ShortRate, short_rate
from curves._quantlib.session import session, to_ql
from instruments.ground.tolerances import MC_SIGMAS
from pricing.paths.deal_world import Shared
from pricing.paths.facility import drivers_of
from pricing.paths.rates import RateModel, rate_paths
from pricing.paths.streams import BLOCK
from pricing.schedules.plan import Drivers
from tests.facilities import AS_OF, market, setup

RATE, VOLATILITY, REVERSION = 0.04, 0.015, 0.1
KEY = "rates:USD-SOFR"
YEARS = np.arange(1, 61) / 12
CURVE = np.exp(-RATE * YEARS)
MODEL = RateModel(ShortRate(KEY, VOLATILITY, REVERSION), YEARS, CURVE, Shared((KEY,), np.eye(1)))
MOVING = {"USD-SOFR": {"kind": "flat", "rate": RATE, "volatility": VOLATILITY, "mean_reversion": REVERSION}}


def near(sample: np.ndarray, exact: float) -> bool:
    return abs(float(sample.mean()) - exact) <= MC_SIGMAS * float(sample.std(ddof=1)) / np.sqrt(sample.size)


@pytest.fixture(scope="module")
def paths() -> tuple[np.ndarray, np.ndarray]:
    blocks = [rate_paths(MODEL, 3, block) for block in range(8)]
    return np.concatenate([d for d, _ in blocks], axis=1), np.concatenate([x for _, x in blocks], axis=1)


def test_the_mean_discount_factor_is_the_curve(paths: tuple[np.ndarray, np.ndarray]) -> None:
    assert all(near(paths[0][t], CURVE[t]) for t in range(60))
    assert float(paths[0][-1].std()) > 0.05


def test_discounted_bonds_are_martingales(paths: tuple[np.ndarray, np.ndarray]) -> None:
    level, loading = MODEL.bonds()
    for t, s in ((11, 23), (11, 59), (35, 59), (35, 35)):
        assert near(paths[0][t] * level[t, s] * np.exp(-loading[t, s] * paths[1][t]), CURVE[s])


@pytest.mark.parametrize(("t", "s", "strike"), [(11, 59, 0.85), (23, 35, 0.96), (35, 59, 0.95)])
def test_options_on_bonds_are_quantlibs(paths: tuple[np.ndarray, np.ndarray], t: int, s: int, strike: float) -> None:
    with session(AS_OF):
        curve = ql.YieldTermStructureHandle(ql.FlatForward(to_ql(AS_OF), RATE, ql.Actual365Fixed()))
        exact = ql.HullWhite(curve, REVERSION, VOLATILITY).discountBondOption(ql.Option.Call, strike, float(YEARS[t]), float(YEARS[s]))
    level, loading = MODEL.bonds()
    bond = level[t, s] * np.exp(-loading[t, s] * paths[1][t])
    assert near(paths[0][t] * np.maximum(bond - strike, 0.0), exact)


def test_a_caplet_on_the_rate_compounded_over_a_month(paths: tuple[np.ndarray, np.ndarray]) -> None:
    """Growth of the account over a month is lognormal under the measure of the bond that pays at its end: Black's formula."""
    model, t, strike = MODEL.rate, 47, 0.003
    start, end = float(YEARS[t - 1]), float(YEARS[t])
    month = float(model.loading(end - start))
    variance = month**2 * float(model.rate_variance(start)) + float(model.integral_variance(end - start))
    forward, root = CURVE[t - 1] / CURVE[t], np.sqrt(variance)
    d1 = (np.log(forward / (1.0 + strike)) + 0.5 * variance) / root
    exact = CURVE[t] * (forward * ndtr(d1) - (1.0 + strike) * ndtr(d1 - root))
    growth = paths[0][t - 1] / paths[0][t]
    assert near(paths[0][t] * np.maximum(growth - 1.0 - strike, 0.0), float(exact))


TIES = {"rent:GPU|credit:PARENT": 0.5, f"rent:GPU|{KEY}": 0.6, f"credit:PARENT|{KEY}": -0.3}


@pytest.fixture(scope="module")
def drivers() -> tuple[Drivers, Drivers]:
    """The facility's world without and with rates that move, correlated with rent and operator."""
    hazards = {"PAYER": {"kind": "hazard", "hazard": 0.08}, "PARENT": {"kind": "hazard", "hazard": 0.15}}
    one, two = market(credit=hazards, correlation=TIES), market(credit=hazards, correlation=TIES, rates=MOVING)
    return drivers_of(setup(on=one).model, 3, 0), drivers_of(setup(on=two).model, 3, 0)


def test_rates_move_nobody_elses_numbers(drivers: tuple[Drivers, Drivers]) -> None:
    still, moving = drivers
    for name in ("ratio", "linked", "customer", "operator", "guarantor", "substituted", "bad_act", "delay"):
        assert getattr(still, name).tobytes() == getattr(moving, name).tobytes()
    assert still.discount.size == 0
    assert moving.discount.shape == moving.ratio.shape


def test_moves_have_the_correlations_of_the_market(drivers: tuple[Drivers, Drivers]) -> None:
    moving = drivers[1]
    rent = np.diff(np.log(moving.ratio), axis=0)
    spare = np.diff(moving.short, axis=0) + REVERSION / 12 * moving.short[:-1]
    found = np.corrcoef(rent.ravel(), spare.ravel())[0, 1]
    assert abs(found - 0.6) < 0.01  # 140,000 monthly moves: four errors are 0.007
    # early defaults come with rates that rise: the correlation of level and rate is below nought
    failed = moving.operator < 24
    assert float(moving.short[24][failed].mean()) > float(moving.short[24][~failed].mean())


def test_marginals_are_kept(drivers: tuple[Drivers, Drivers]) -> None:
    moving = drivers[1]
    model = setup(on=market(correlation=TIES, rates=MOVING)).model
    for t in (11, 23, 35):
        # forwards of rents are means under the pricing measure
        assert near(moving.ratio[t], 1.0)
        assert near(moving.discount[t], float(np.exp(-RATE * model.years[t])))
        assert near((moving.operator > t).astype(float), float(np.exp(-0.15 * model.years[t])))
    # a rent that rises with rates is worth less than its discounted forward, paid later
    assert float((moving.discount[35] * moving.ratio[35]).mean()) < float(moving.discount[35].mean())


def test_contracts_of_a_deal_see_one_short_rate() -> None:
    """Another contract with fewer keys mixes the same rate."""
    on = market(correlation=TIES, rates=MOVING)
    whole = setup(on=on).model
    assert whole.rates is not None
    assert whole.rates.shared.keys == (whole.rent_key, *whole.credits, KEY)
    few = replace(whole.rates, years=whole.rates.years[:12], discount=whole.rates.discount[:12])
    for one, two in zip(rate_paths(whole.rates, 5, 1), rate_paths(few, 5, 1), strict=True):
        assert one.shape == (len(whole.years), BLOCK)
        assert np.array_equal(one[:12], two)


def test_no_volatility_is_no_driver() -> None:
    still = market(rates={"USD-SOFR": {"kind": "flat", "rate": RATE, "mean_reversion": 0.3}})
    assert short_rate(still, KEY) is None
    assert setup(on=still).model.rates is None
    almost = replace(MODEL, rate=ShortRate(KEY, 1e-9, REVERSION))
    np.testing.assert_allclose(rate_paths(almost, 3, 0)[0], np.repeat(CURVE[:, None], BLOCK, axis=1), rtol=1e-7)
