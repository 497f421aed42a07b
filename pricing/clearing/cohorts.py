"""Who pays: cohorts by entry and lock-up, what a demand for capital crowds out, concentration, capacity that comes earlier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.rows import Floats, floats


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Loss of each cohort against what it paid, USD. Leading axis: the price paths."""

    loss: Floats
    """[path, cohort]: paid less received; below 0 is a gain."""
    exit_price: Floats
    """[path, cohort]."""
    paid: Floats
    """[cohort]."""

    @property
    def total(self) -> Floats:
        """All cohorts together [path]."""
        return self.loss.sum(axis=-1)


def cohort_losses(
    *, shares: ArrayLike, entry_price: ArrayLike, free_from_years: ArrayLike, react_years: float, times: ArrayLike, price: ArrayLike
) -> Cohorts:
    """Losses of cohorts that sell once belief has broken, as soon as their lock-up lets them.

    Model: time 0 is the break. A cohort sells all at the price of max(end of its lock-up, time to react), linear between dates; who is
    locked beyond the last date is marked there. Sales do not move the price here (`pricing.clearing.fire_sale`).

    Args:
        shares: n, at or above 0, [cohort]. entry_price: USD a share, [cohort].
        free_from_years: end of each lock-up after the break, [cohort].
        react_years: time that anybody needs, at or above 0.
        times: years from the break, rising from 0, [time]. price: USD a share, [time] or [path, time].

    Limits: a price that stays at entry: no loss. No lock-up and no time to react: all sell at the first price.
    """
    count, entry = floats(shares, "shares", low=0.0), floats(entry_price, "entry_price", low=0.0)
    free, clock = floats(free_from_years, "free_from_years", low=0.0), floats(times, "times", low=0.0)
    worth = np.atleast_2d(floats(price, "price", low=0.0))
    if not (count.shape == entry.shape == free.shape and count.ndim == 1) or worth.shape[1:] != clock.shape or react_years < 0:
        raise InputError(
            problem("array_shape", field="shares, price", expected="one entry per cohort, one price per date", found=worth.shape)
        )
    if len(clock) < 1 or clock[0] != 0.0 or (np.diff(clock) <= 0).any():
        raise InputError(problem("array_range", field="times", expected="rising from 0", index="?", value="not so"))
    when = np.maximum(free, react_years)
    got = np.stack([np.interp(when, clock, row) for row in worth])
    loss = count * (entry - got)
    single = np.ndim(price) < 2
    return Cohorts(loss[0] if single else loss, got[0] if single else got, count * entry)


def concentration(amounts: ArrayLike) -> float:
    """Herfindahl-Hirschman index of amounts at or above 0: sum of squared shares, in (0, 1]; 1/n for n equal ones."""
    sizes = floats(amounts, "amounts", low=0.0)
    if not sizes.sum() > 0:
        raise InputError(problem("array_range", field="amounts", expected="one above 0", index="all", value="0"))
    return float(((sizes / sizes.sum()) ** 2).sum())


def crowded_out(*, demand_usd: ArrayLike, supply_elasticity: ArrayLike, other_elasticity: ArrayLike) -> tuple[Floats, Floats]:
    """What a new demand for capital takes from other users, and what it draws out of savers: (displaced, new saving), USD.

    Model: a small demand D raises the price of capital until supply (elasticity e_s >= 0) and the others' demand (size of its elasticity
    e_d >= 0) make room: displaced = D e_d / (e_s + e_d), new saving = D e_s / (e_s + e_d). Linear around today's price.

    Limits: e_s without bound, or e_d = 0: nothing displaced; e_s = 0: one for one. The two add up to D.
    """
    wanted = floats(demand_usd, "demand_usd", low=0.0)
    supply, other = floats(supply_elasticity, "supply_elasticity", low=0.0), floats(other_elasticity, "other_elasticity", low=0.0)
    if not (supply + other > 0).all():
        raise InputError(problem("array_range", field="elasticities", expected="not both 0", index="?", value="0"))
    displaced = wanted * other / (supply + other)
    return displaced, wanted - displaced


def capacity_years_gained(*, with_finance: ArrayLike, without_finance: ArrayLike, step_years: float) -> float:
    """Capacity-years that finance brings forward: sum of (capacity with - capacity without) dt; 0 where finance changes nothing.

    Args:
        with_finance, without_finance: capacity in use by date, one unit for both, [time]. step_years: dt, above 0.
    """
    fast, slow = floats(with_finance, "with_finance", low=0.0), floats(without_finance, "without_finance", low=0.0)
    if fast.shape != slow.shape or not step_years > 0:
        raise InputError(problem("array_shape", field="capacity", expected=f"two lists of {fast.shape}", found=slow.shape))
    return float((fast - slow).sum() * step_years)
