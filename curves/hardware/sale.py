"""Selling a fleet in lots: what a market of finite depth pays, less cost, less idle cost until sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import ArrayRecord, FloatArray, bad_argument, finite_array, read_only

SMALL = 1e-8
"""Below this load the average over a lot is its first two terms: the quotient would cancel."""


@dataclass(frozen=True, slots=True, eq=False)
class LotSale(ArrayRecord):
    """What a sale in lots brings, date by date."""

    prices_usd: FloatArray
    """Average price of one unit in each lot [..., lot], before costs."""
    gross_usd: FloatArray
    """Price x units [..., lot]."""
    cost_usd: FloatArray
    """Selling cost and idle cost [..., lot]."""
    value_usd: FloatArray
    """Discounted receipts less discounted cost [...]; it may be below 0: then walking away is better."""


def even_lots(units: float, lots: int) -> FloatArray:
    """Equal quantities [lot] that add up to the units."""
    if lots < 1 or units < 0.0:
        raise bad_argument("even_lots", "lots", lots, "at least 1, with units at or above 0", "sell in one lot")
    return np.full(lots, units / lots)


def lot_sale(
    *,
    market_usd: npt.ArrayLike,
    quantities: npt.ArrayLike,
    depth_units: npt.ArrayLike = np.inf,
    impact: npt.ArrayLike = 0.0,
    sale_cost: npt.ArrayLike = 0.0,
    unit_cost_usd: npt.ArrayLike = 0.0,
    idle_usd: npt.ArrayLike = 0.0,
    discount: npt.ArrayLike = 1.0,
) -> LotSale:
    """The sale of a fleet in lots, orderly (no impact) or forced.

    Model: the price of lot j is its average over the lot, market_j e^{-a Q / M} (1 - e^{-a q_j / M}) / (a q_j / M), with Q the units sold
    before it, M the depth and a the impact; less a share of the price and an amount for each unit, less the idle cost of the units that
    are still held at date j, since the date before. Not modelled: recovery of the price between lots, several kinds of unit, bids that
    depend on the seller.

    Args:
        market_usd: market value of one unit on each date [..., lot], at or above 0.
        quantities: units sold on each date [lot], at or above 0.
        depth_units: M [...], above 0; infinite is a market without impact.
        impact: a [...], at or above 0.
        sale_cost: share of the price, 0 to 1.
        unit_cost_usd: de-installation, test, transport of one unit, at or above 0.
        idle_usd: site, power and insurance of one unsold unit from the date before to each date [lot] or one number.
        discount: factor of each date [lot] or one number, above 0.

    Returns:
        Prices, receipts and costs by lot, and their value.

    Raises:
        InputError: an argument out of range, or no lot.

    Limits: impact 0 gives the orderly value; one lot of q units has the average over q; an infinitely small lot has the market's price.
    At equal quantities, costs and market path a sale with impact never brings more than one without.

    Checked against: tests/oracle/curves/test_hardware_oracle.py (quadrature).
    """
    market, units = (finite_array("lot_sale", name, value) for name, value in (("market_usd", market_usd), ("quantities", quantities)))
    if units.ndim != 1 or not units.size or float(units.min()) < 0.0 or float(market.min()) < 0.0:
        raise bad_argument("lot_sale", "quantities", units, "one quantity at or above 0 for each date, values at or above 0", "give both")
    depth, push = np.asarray(depth_units, dtype=np.float64), finite_array("lot_sale", "impact", impact)
    share, fee = finite_array("lot_sale", "sale_cost", sale_cost), finite_array("lot_sale", "unit_cost_usd", unit_cost_usd)
    idle, factor = finite_array("lot_sale", "idle_usd", idle_usd), finite_array("lot_sale", "discount", discount)
    for name, found, fits in (
        ("depth_units", depth, bool((depth > 0.0).all())),
        ("impact", push, bool((push >= 0.0).all())),
        ("sale_cost", share, bool(((share >= 0.0) & (share <= 1.0)).all())),
        ("unit_cost_usd", fee, bool((fee >= 0.0).all())),
        ("idle_usd", idle, bool((idle >= 0.0).all())),
        ("discount", factor, bool((factor > 0.0).all())),
    ):
        if not fits:
            raise bad_argument("lot_sale", name, found, "in its range", "impact and costs at or above 0, depth and factors above 0")
    strength = (push / depth)[..., None]
    load = strength * units
    before = strength * (np.cumsum(units) - units)
    average = np.where(load > SMALL, -np.expm1(-load) / np.where(load > SMALL, load, 1.0), 1.0 - 0.5 * load)
    prices = market * np.exp(-before) * average
    gross = prices * units
    held = units.sum() - np.cumsum(units) + units
    cost = share * gross + fee * units + idle * held
    value = ((gross - cost) * factor).sum(axis=-1)
    return LotSale(read_only(prices), read_only(gross), read_only(np.broadcast_to(cost, gross.shape)), read_only(value))


def lender_choice(*, sale_usd: npt.ArrayLike, run_usd: npt.ArrayLike, abandon_cost_usd: npt.ArrayLike = 0.0) -> FloatArray:
    """Value of repossessed machines to a lender who may sell them, run them, or walk away at a cost: the best of the three."""
    sale, run, leave = (finite_array("lender_choice", "value", value) for value in (sale_usd, run_usd, abandon_cost_usd))
    return np.maximum(np.maximum(sale, run), -leave)
