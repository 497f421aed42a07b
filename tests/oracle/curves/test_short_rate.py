"""The short rate in closed form against QuantLib's Hull-White model, its limits, and its market fields."""

from __future__ import annotations

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given, strategies as st

from curves import Market, Move, Scenario, ShortRate, short_rate
from curves._quantlib.session import session, to_ql
from instruments.ground.errors import InputError
from instruments.ground.tolerances import ORACLE_REL
from tests.facilities import AS_OF

RATE, VOLATILITY, REVERSION = 0.04, 0.012, 0.08
MODEL = ShortRate("rates:USD-SOFR", VOLATILITY, REVERSION)


@pytest.mark.parametrize(("now", "then", "factor"), [(0.5, 3.0, 0.01), (2.0, 2.5, -0.02), (4.0, 10.0, 0.0)])
def test_bonds_are_quantlibs(now: float, then: float, factor: float) -> None:
    """QuantLib takes r itself: r = f + s^2 B(t)^2 / 2 + x on a flat curve."""
    with session(AS_OF):
        curve = ql.YieldTermStructureHandle(ql.FlatForward(to_ql(AS_OF), RATE, ql.Actual365Fixed()))
        model = ql.HullWhite(curve, REVERSION, VOLATILITY)
        level = RATE + float(MODEL.covariance(now)) + factor
        expected = model.discountBond(now, then, level)
    found = MODEL.bond_level(now, then, np.exp(-RATE * now), np.exp(-RATE * then)) * np.exp(-MODEL.loading(then - now) * factor)
    assert float(found) == pytest.approx(expected, rel=ORACLE_REL)


@given(st.floats(0.0, 0.4), st.floats(0.0, 12.0))
def test_moments_are_the_integrals(reversion: float, years: float) -> None:
    model = ShortRate("rates:X", VOLATILITY, reversion)
    u, step = np.linspace(0.0, years, 4001), years / 4000
    inner = VOLATILITY**2 * np.where(reversion > 1e-12, -np.expm1(-reversion * u) / max(reversion, 1e-12), u) ** 2
    area = step * (inner.sum() - 0.5 * (inner[0] + inner[-1]))
    # the trapezoid's own error is about 1e-8
    assert float(model.integral_variance(years)) == pytest.approx(area, rel=1e-6, abs=1e-18)


def test_series_and_closed_form_meet() -> None:
    for load in (0.99e-2, 1.01e-2):
        near = ShortRate("rates:X", 0.01, load).integral_variance(1.0)
        # the value at this reversion from the expansion to the next order
        series = 1e-4 * (1 / 3 - load / 4 + 7 * load**2 / 60 - load**3 / 24 + 31 * load**4 / 2520)
        assert float(near) == pytest.approx(series, rel=1e-10)
    assert float(ShortRate("rates:X", 0.01, 0.0).integral_variance(3.0)) == pytest.approx(1e-4 * 9.0, rel=1e-14)


def test_the_market_says_how_rates_move() -> None:
    still = Market.model_validate({"as_of": AS_OF, "rates": {"USD-SOFR": {"kind": "flat", "rate": 0.04, "mean_reversion": 0.1}}})
    assert short_rate(still, "rates:USD-SOFR") is None
    moving = Scenario(label="vol", moves=(Move(key="rates:USD-SOFR", field="volatility", kind="set", amount=0.01),)).apply(still)
    assert short_rate(moving, "rates:USD-SOFR") == ShortRate("rates:USD-SOFR", 0.01, 0.1)
    # a shift of the curve is no shift of its volatility
    shifted = Scenario(label="up", moves=(Move(key="rates:USD-SOFR", kind="shift", amount=0.01),)).apply(moving)
    assert short_rate(shifted, "rates:USD-SOFR") == short_rate(moving, "rates:USD-SOFR")


def test_bad_parameters_are_named() -> None:
    with pytest.raises(InputError, match="mean_reversion"):
        ShortRate("rates:X", 0.01, -0.1)
    for field, value in (("volatility", -0.01), ("volatility", 0.9), ("mean_reversion", -1.0)):
        with pytest.raises(ValueError, match=field):
            Market.model_validate({"as_of": AS_OF, "rates": {"X": {"kind": "flat", "rate": 0.04, field: value}}})
