"""The law of shares on a short rate that moves: discounted and alive they stay what they are while it stands still, martingales."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from curves import Market, default_rates_key
from curves.quotes import Quote
from instruments.contracts.margin_loan import MarginLoan
from instruments.contracts.staged import StagedEquity
from instruments.contracts.warrant import Warrant
from instruments.deal import Deal
from instruments.ground.keys import key_of_kind
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.staged_setup import prepare as prepare_staged
from pricing.engines.warrant_setup import prepare as prepare_warrant
from pricing.laws.law import SUM_REL, Law
from pricing.paths.drivers import Drivers
from pricing.paths.world import World, simulate_world
from pricing.registry import Settings, Task
from pricing.schedules.margin_loan import resolve_margin_loan

Array = NDArray[np.float64]
VOLATILITY, REVERSION, TIE = 0.01, 0.05, 0.5
"""Of a short rate to which the market gives none: its volatility, its reversion, its correlation with the contract's share."""
MOST_VARIANCE, LEAST_ALIVE = 0.5, 0.05
"""Means are looked at up to this variance of ln of the share, and down to these odds of its issuer: beyond, few paths carry them."""
YEAR = 252


def drivers_of(deal: Deal, name: str, market: Market, settings: Settings) -> Drivers | None:
    """What moves a daily contract on a share; None for any other contract."""
    contract = deal.contracts[name]
    if isinstance(contract, MarginLoan):
        return resolve_margin_loan(deal, contract, market, name).drivers
    task = Task(deal=deal, contract_id=name, contract=contract, market=market, settings=settings)
    if isinstance(contract, Warrant):
        return prepare_warrant(task).drivers
    return prepare_staged(task).drivers if isinstance(contract, StagedEquity) else None


def _moved(market: Market, still: Drivers) -> Market:
    """The market with a short rate that moves: its own, or one whose noise is in part that of the first share."""
    key = default_rates_key(market)
    name = key.removeprefix("rates:")
    if market.rates[name].volatility.value > 0.0:
        return market
    block = market.rates[name].evolve(volatility=Quote(value=VOLATILITY), mean_reversion=Quote(value=REVERSION))
    kept = {pair: quote for pair, quote in market.correlation.items() if key not in pair.split("|")}
    # TIE x the share's own correlations: possible whatever the market's are
    ties = {f"{key}|{other}": {"value": TIE * float(tie)} for other, tie in zip(still.keys, still.correlation[0], strict=True)}
    return market.evolve(rates={**market.rates, name: block}, correlation={**kept, **ties})


def _runs(deal: Deal, market: Market, settings: Settings) -> Iterator[tuple[str, Drivers, Drivers]]:
    """(contract, drivers while rates move, while they stand still)."""
    calm = market.evolve(rates={name: block.evolve(volatility=Quote(value=0.0)) for name, block in market.rates.items()})
    for name in deal.contracts:
        still = drivers_of(deal, name, calm, settings)
        if still is not None:
            moving = drivers_of(deal, name, _moved(market, still), settings)
            if moving is not None:
                yield name, moving, still


def discounted_shares_stay_martingales(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where bonds reprice, no default moves, and every share discounted along its path is what it is with rates at their forwards."""
    for name, moving, still in _runs(deal, market, settings):
        if moving.rate is None:
            return f"{name}: the market gives its curve a volatility, and its paths have no short rate"
        there, here = (simulate_world(drivers, "pricing", None, settings.seed, 0, touched=()) for drivers in (moving, still))
        # a matrix that had to be repaired is another one once rates are in it
        alike = np.allclose(moving.correlation[:-1, :-1], still.correlation, rtol=0.0, atol=1e-12)
        why = _bonds(there) or (_same(there, here) if alike else None) or _means(there, moving)
        if why is not None:
            return f"{name}: {why}"
    return None


def _days(size: int) -> list[int]:
    """Yearly, and the last."""
    return sorted({*range(YEAR - 1, size, YEAR), size - 1})


def _bonds(world: World) -> str | None:
    discounts = world.discounts
    for day in _days(world.grid.size):
        mean, expected = float(discounts[day].mean()), float(world.grid.discounts[day])
        if abs(mean - expected) > MC_SIGMAS * _error(discounts[day]) + 1e-12:
            return f"discounting along the paths gives {mean:.5f} on {world.grid.dates[day]}, the curve {expected:.5f}"
    return None


def _same(there: World, here: World) -> str | None:
    for key, days in there.defaulted.items():
        if not np.array_equal(days, here.defaulted[key]):
            return f"{key} defaults on other days once rates move"
    factor = there.discounts / here.discounts
    for key, closes in there.closes.items():
        expected = here.closes[key]
        found = closes * factor if key_of_kind("equity", key) else closes
        if not (np.abs(found - expected) <= SUM_REL * expected).all():
            return f"{key}{', discounted,' if found is not closes else ''} runs another way once rates move"
    return None


def _means(world: World, drivers: Drivers) -> str | None:
    for share in drivers.shares:
        issuer = drivers.issuers.get(share.key)
        kept = world.discounts * world.closes[share.key] * np.exp(share.dividend_yield * world.grid.times)[:, None] / share.spot
        for day in _days(world.grid.size):
            odds = 1.0 if issuer is None else float((day < world.defaulted[issuer]).mean())
            if share.volatility**2 * world.grid.times[day] > MOST_VARIANCE or odds < LEAST_ALIVE:
                break
            mean = float(kept[day].mean())
            if abs(mean - 1.0) > MC_SIGMAS * _error(kept[day]) + 1e-12:
                return f"{share.key}, discounted and alive, has a mean of {mean:.4f} of its spot on {world.grid.dates[day]}"
    return None


def _error(sample: Array) -> float:
    return float(sample.std(ddof=1)) / float(np.sqrt(sample.size))


LAWS: tuple[Law, ...] = (
    Law(
        "discounted_shares_stay_martingales",
        "a share alive, discounted along a short rate that moves, stays the martingale that it is while rates stand still",
        "warrants, staged equity, margin loans; the market's short rate, or one of 100 bp tied to the share; shares, rents and defaults "
        "path by path where correlations need no repair; means of discount factors and of shares, up to a variance of 0.5, within four "
        "standard errors, on one block of paths",
        lambda deal: any(isinstance(contract, Warrant | StagedEquity | MarginLoan) for contract in deal.contracts.values()),
        discounted_shares_stay_martingales,
        markets=20,
    ),
)
"""Laws of shares on moving rates."""
