"""Selling a block of shares into a market of finite depth: what a number of shares brings, and how many an amount needs."""

from __future__ import annotations

import numpy as np

from pricing.schedules.types import Floats

SMALL = 1e-9
"""Below this load e^(-a q / M) is 1 to the last digit that matters: the quotients would cancel."""


def sale_value(price: Floats, sold: Floats, quantity: Floats, strength: float) -> Floats:
    """What `quantity` shares bring after `sold` of them: price x integral of e^(-strength Q), USD, before cost; [path].

    Args:
        price: market price without the sale. sold, quantity: shares, at or above 0. strength: impact over depth, per share, at or above 0.
    """
    load = strength * quantity
    average = np.where(load > SMALL, -np.expm1(-load) / np.where(load > SMALL, load, 1.0), 1.0 - 0.5 * load)
    return price * np.exp(-strength * sold) * quantity * average


def shares_needed(price: Floats, sold: Floats, amount: Floats, strength: float) -> Floats:
    """Shares whose sale brings `amount`, the inverse of `sale_value`; infinite where no number does; [path]."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        plain = np.where(amount > 0.0, amount / (price * np.exp(-strength * sold)), 0.0)
        load = strength * plain
        pushed = np.where(load < 1.0, -np.log1p(-np.minimum(load, 1.0)) / strength if strength > 0.0 else plain, np.inf)
    return np.where(load > SMALL, pushed, plain * (1.0 + 0.5 * load))


def average_factor(quantity: float, strength: float) -> float:
    """Average price of a sale over the price before it."""
    one = np.ones(1)
    return float(sale_value(one, 0.0 * one, quantity * one, strength)[0] / quantity)
