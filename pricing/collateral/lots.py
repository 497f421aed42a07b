"""Selling a fleet in lots into a market of finite depth."""

from __future__ import annotations

import numpy as np

from pricing.schedules.types import Floats


def lot_factors(units: Floats | float, lots: int, impact: float) -> Floats:
    """Average price of each of `lots` equal lots over the price before any sale.

    **Model**: the marginal price after selling Q units is e^{-impact Q}; a lot of q units after Q fetches on average
    e^{-impact Q} (1 - e^{-impact q}) / (impact q). No recovery of the price between lots is modelled.

    Args:
        units: units sold in all, any shape.
        lots: number of equal lots, at least 1.
        impact: price impact per unit, at or above 0.

    Returns:
        Factors in (0, 1], shape [lot, *units.shape]; 1 without impact.
    """
    step = impact * np.asarray(units, dtype=np.float64) / lots
    safe = np.where(step > 1e-9, step, 1.0)
    average = np.where(step > 1e-9, -np.expm1(-safe) / safe, 1.0)
    return np.stack([np.exp(-step * lot) * average for lot in range(lots)])
