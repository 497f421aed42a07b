"""From the nodes of curves back to the quotes behind them: derivatives of ln D and ln S at the nodes by every rate and credit quote."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from curves import (
    SurvivalCurve,
    all_quotes,
    cds_maturity,
    cds_schedule,
    default_rates_key,
    discount_curve,
    discount_jacobian,
    survival_curve,
    swap_quotes,
    with_quote,
)
from curves.credit.legs import par_spread_slopes
from curves.credit_quotes import CdsQuotes, FlatHazard
from curves.market import Market
from curves.rate_quotes import FlatRate, OisQuotes
from instruments.ground.keys import name_of
from pricing.books.lanes.base import Array

FIELDS = ("quotes", "rate", "hazard", "spread_add_bps")
"""Fields of a rate or credit block that are quotes of its curve."""
BUMP = 1e-5
"""Central step where no closed derivative is at hand: a tenth of a basis point."""
BUMP_BPS = 0.1
"""The same of an add-on in basis points."""


@lru_cache(maxsize=64)
def factors_of(market: Market) -> tuple[str, ...]:
    """Paths of every rate and credit quote: `rates.USD-SOFR.quotes.5Y`, `credit.NEO.hazard`."""
    return tuple(one.path for one in all_quotes(market) if one.steps[0] in ("rates", "credit") and one.steps[2] in FIELDS)


@lru_cache(maxsize=256)
def rate_chain(market: Market, key: str) -> Array:
    """D ln D(node) / d quote of a discount curve, [node, factor]; exact for swaps and flat rates, by bumps for Treasury yields."""
    factors, curve, name = factors_of(market), discount_curve(market, key), name_of(key)
    block = market.rates[name]
    out = np.zeros((curve.times_years.size, len(factors)))
    if isinstance(block, FlatRate):
        out[:, factors.index(f"rates.{name}.rate")] = -curve.times_years
    elif isinstance(block, OisQuotes):
        moved = discount_jacobian(market, key, curve.times_years) / curve.discounts
        for row, tenor in enumerate(swap_quotes(market, key)):
            out[:, factors.index(f"rates.{name}.quotes.{tenor}")] = moved[row]
    else:
        _by_bumps(out, market, f"rates.{name}.", lambda moved: np.log(discount_curve(moved, key).discount(curve.times_years)))
    return out


@lru_cache(maxsize=1024)
def credit_chain(market: Market, key: str) -> Array:
    """D ln S(node) / d quote of a survival curve, [node, factor], the first node at 0.

    **Model** par spreads: the bootstrap solves P(h, D) = q, so dh = (dP/dh)^-1 (dq - dP/dD dD), with dP/dh and dP/dD by central steps of
    the closed legs; a flat hazard: -t. Every other kind of quote, and a floored or kept arbitrage, by bumps of the whole bootstrap.
    """
    factors, curve, name = factors_of(market), survival_curve(market, key), name_of(key)
    block = market.credit[name]
    nodes = np.concatenate([[0.0], curve.times_years])
    out = np.zeros((nodes.size, len(factors)))
    if isinstance(block, FlatHazard):
        out[:, factors.index(f"credit.{name}.hazard")] = -nodes
    elif isinstance(block, CdsQuotes) and block.policy == "refuse" and float(curve.hazards.min()) > 0.0:
        out[1:] = -np.cumsum(_hazard_chain(market, block, curve, factors) * np.diff(nodes)[:, None], axis=0)
    else:
        _by_bumps(out, market, "", lambda moved: -survival_curve(moved, key).cumulative_hazard(nodes))
    return out


def _hazard_chain(market: Market, block: CdsQuotes, curve: SurvivalCurve, factors: tuple[str, ...]) -> Array:
    """Dh / dq [pillar, factor]."""
    tenors = sorted(block.quotes, key=lambda tenor: cds_maturity(market.as_of, tenor))
    rates_key = default_rates_key(market)
    chain = rate_chain(market, rates_key)
    moving = np.flatnonzero(np.abs(chain).max(axis=0) > 0.0)
    by_hazard, by_move = par_spread_slopes(
        cds_schedule(market.as_of, tenors), hazard_times_years=curve.times_years, hazards=curve.hazards, recovery=block.recovery,
        discount=discount_curve(market, rates_key), log_moves=chain[:, moving],
    )  # fmt: skip
    by_quote = np.zeros((len(tenors), len(factors)))
    for row, tenor in enumerate(tenors):
        by_quote[row, factors.index(f"credit.{name_of(curve.key)}.quotes.{tenor}")] = 1.0
    by_quote[:, moving] -= by_move
    return np.asarray(np.linalg.solve(by_hazard, by_quote), dtype=np.float64)


def _by_bumps(out: Array, market: Market, prefix: str, logs: Callable[[Market], Array]) -> None:
    """Central differences by every quote whose path starts so."""
    values = {one.path: one.quote.value for one in all_quotes(market)}
    for factor, path in enumerate(factors_of(market)):
        if path.startswith(prefix):
            step = BUMP_BPS if path.endswith("_bps") else BUMP
            up, down = (logs(with_quote(market, path, values[path] + sign * step)) for sign in (1.0, -1.0))
            out[:, factor] = (up - down) / (2.0 * step)
