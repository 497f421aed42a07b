"""Hazards that breaks multiply: survival stays the curve's, by quadrature, by simulation month by month and day by day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from curves import survival_curve
from instruments.ground.errors import CalibrationError, PricingError
from instruments.ground.tolerances import MC_SIGMAS
from pricing.paths.drivers import resolve_drivers, with_belief
from pricing.paths.grid import daily_grid
from pricing.paths.widening import widened
from pricing.paths.world import simulate_world
from tests.oracle.pricing.test_belief_defaults import BUYER, ISSUER, RENT, SHARE, quoted
from tests.warrants import EXPIRY

MONTHS = np.arange(1, 61) / 12


@given(st.floats(0.01, 0.5), st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(1.0, 6.0))
def test_the_total_is_the_curve(hazard: float, intensity: float, share: float, multiple: float) -> None:
    """Own recursion over counts of breaks: alive = diffusion x E[survived breaks and what they brought]."""
    odds = share * min(1.0, hazard / intensity) if intensity > 0.0 else share
    curve = np.exp(-hazard * MONTHS)
    found = widened("credit:X", curve, MONTHS, intensity, odds, multiple)
    weights, total = {0: 1.0}, []
    for load in found.loads:
        after: dict[int, float] = {}
        for n, weight in weights.items():
            alive = weight * np.exp(-min((multiple**n - 1.0) * load, 700.0))
            arrive = np.exp(-intensity / 12)
            for k in range(6):
                after[n + k] = after.get(n + k, 0.0) + alive * arrive
                arrive *= intensity / 12 * (1.0 - odds) / (k + 1)
        weights = after
        total.append(sum(weights.values()))
    # six breaks in a month and more have odds below 1e-6 each, left out here alone
    np.testing.assert_allclose(found.survival * np.array(total), curve, rtol=1e-7 + 2e-5 * intensity**6)


def test_limits() -> None:
    curve = np.exp(-0.1 * MONTHS)
    none = widened("credit:X", curve, MONTHS, 0.3, 0.2, 1.0)
    np.testing.assert_allclose(none.survival, curve * np.exp(0.06 * MONTHS), rtol=1e-12)
    never = widened("credit:X", curve, MONTHS, 0.0, 0.5, 4.0)
    np.testing.assert_allclose(never.survival, curve, rtol=1e-12)
    all_of_it = widened("credit:X", curve, MONTHS, 0.1, 1.0, 4.0)
    np.testing.assert_allclose(all_of_it.survival, 1.0, rtol=1e-9)
    certain = widened("credit:X", np.where(MONTHS < 2.0, curve, 0.0), MONTHS, 0.3, 0.1, 2.0)
    assert bool(np.isfinite(certain.survival).all())
    assert float(certain.survival[-1]) < 1e-200
    with pytest.raises(CalibrationError, match="credit:X"):
        widened("credit:X", curve, MONTHS, 0.3, 0.5, 2.0)


def test_a_larger_multiple_leaves_less_to_the_diffusion() -> None:
    curve = np.exp(-0.1 * MONTHS)
    left = [float(widened("credit:X", curve, MONTHS, 0.4, 0.1, m).survival[-1]) for m in (1.0, 2.0, 4.0, 8.0)]
    assert left == sorted(left)
    assert left[0] < left[-1]


def test_daily_paths_keep_the_curve_and_break_together() -> None:
    belief = {"intensity": 1.2, "jumps": {SHARE: -0.3}, "defaults": {BUYER: 0.3}, "hazard_multiples": {BUYER: 3.0}}
    on = quoted(belief=belief)
    grid = daily_grid(on, EXPIRY)
    drivers = with_belief(resolve_drivers(on, grid, prices=(SHARE, RENT), clocks=(), credits=(ISSUER, BUYER)), on)
    worlds = [simulate_world(drivers, "pricing", None, 4, block, touched=()) for block in range(3)]
    for day in (20, 70, grid.size - 1):
        dead = np.concatenate([world.defaulted[BUYER] <= day for world in worlds])
        odds = 1.0 - float(survival_curve(on, BUYER).survival(float(grid.times[day])))
        assert abs(float(dead.mean()) - odds) <= MC_SIGMAS * np.sqrt(odds * (1 - odds) / dead.size)
    linked = resolve_drivers(on, grid, prices=(SHARE,), clocks=(), credits=(BUYER,), issuers={SHARE: BUYER})
    with pytest.raises(PricingError, match="hazard"):
        with_belief(linked, on)
