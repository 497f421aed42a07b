"""What a pool brings month by month: interest, principal, and what comes back of what defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from pricing.collateral.lots import lot_factors
from pricing.paths.market_pool import market_pool_paths
from pricing.paths.pool import PoolLine, alive_shares, large_pool_alive, pool_factors, recovery_given
from pricing.schedules.notes import HardwarePlan, NotesPlan
from pricing.schedules.types import Floats


@dataclass(frozen=True)
class Collections:
    """What the pool brings, [time, path] each, USD."""

    interest: Floats
    principal: Floats
    defaulted: Floats
    recovery: Floats
    performing: Floats
    """Balance at the end of each month."""


Alive = Callable[[PoolLine], Floats]
Ratios = Mapping[str, Floats]
"""Rent key to rent over its forward [time, path]."""


def collections(plan: NotesPlan, factor: Floats, alive: Alive, ratios: Ratios | None = None) -> Collections:
    """Sum the lines of a pool.

    **Model** an obligor that defaults in a month pays nothing in it; its balance at the start of the month is lost, less the recovery,
    which comes after the lag: at a rate given the factor, or what its hardware fetches on that date, at most the balance. Units of one kind
    that are sold in one month share one price impact. Not modelled: prepayment, cure, delinquency before default, units that fail.

    Args:
        plan: the resolved notes. factor: [path], for recoveries. alive: line to shares alive [time, path].
        ratios: of the rents behind hardware; None sells at forwards.
    """
    months, paths, lag = len(plan.dates), factor.size, plan.notes.recovery_lag_months
    interest, principal, defaulted, recovery, performing = (np.zeros((months, paths)) for _ in range(5))
    fails: list[Floats] = []
    for index, line in enumerate(plan.lines):
        share = alive(line)
        lost = np.concatenate([np.ones((1, paths)), share[:-1]]) - share
        interest += share * plan.interest[index][:, None]
        principal += share * plan.principal[index][:, None]
        performing += share * (plan.opening[index] - plan.principal[index])[:, None]
        defaulted += lost * plan.opening[index][:, None]
        fails.append(lost)
    sold = _units_sold(plan, fails, lag)
    for index, (line, hardware, lost) in enumerate(zip(plan.lines, plan.hardware, fails, strict=True)):
        gone = (lost * plan.opening[index][:, None])[: months - lag]
        if hardware is None:
            recovery[lag:] += gone * recovery_given(line, factor)
        else:
            price = hardware_price(hardware, sold[hardware.resale], None if ratios is None else ratios[hardware.rent])
            recovery[lag:] += np.minimum(gone, lost[: months - lag] * hardware.units * price[lag:])
    return Collections(interest, principal, defaulted, recovery, performing)


def _units_sold(plan: NotesPlan, fails: list[Floats], lag: int) -> dict[str, Floats]:
    """Resale key to units sold in each month [time, path]: those of obligors that failed a lag ago and still owed something."""
    found: dict[str, Floats] = {}
    for index, (hardware, lost) in enumerate(zip(plan.hardware, fails, strict=True)):
        if hardware is not None:
            units = found.setdefault(hardware.resale, np.zeros_like(lost))
            units[lag:] += (lost * (plan.opening[index] > 0.0)[:, None] * hardware.units)[: len(lost) - lag]
    return found


def hardware_price(hardware: HardwarePlan, sold: Floats, ratio: Floats | None) -> Floats:
    """Average net price of a unit sold in each month [time, path], USD: falls with the rent of the path and with what is sold beside it."""
    price = hardware.unit_usd[:, None] * lot_factors(sold, 1, hardware.impact)[0]
    return price if ratio is None else price * ratio**hardware.elasticity


def simulated_collections(plan: NotesPlan, contract_id: str, seed: int, block: int) -> Collections:
    """One block of paths of the pool."""
    if plan.market_pool is not None:
        found = market_pool_paths(plan.market_pool, plan.lines, contract_id, seed, block)
        none = np.zeros(next(iter(found.alive.values())).shape[1])
        return collections(plan, none, lambda line: found.alive[line.label], found.ratio)
    factor, groups = pool_factors(plan.lines, contract_id, seed, block)
    return collections(plan, factor, lambda line: alive_shares(line, contract_id, factor, groups, seed, block))


def large_pool_collections(plan: NotesPlan, factor: Floats) -> Collections:
    """The pool in the limit of infinitely many obligors, at given values of the factor [path]; hardware at forward rents."""
    return collections(plan, factor, lambda line: large_pool_alive(line, factor))


def planned_collections(plan: NotesPlan) -> Collections:
    """The pool while nobody defaults: one path."""
    return collections(plan, np.zeros(1), lambda line: np.ones((len(plan.dates), 1)))
