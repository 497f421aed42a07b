"""What a unit costs to run, and what a slower unit is worth beside a faster one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import ArrayRecord, FloatArray, bad_argument, finite_array

HOURS_PER_MONTH = 730.0
"""As the futures on compute count a month."""


@dataclass(frozen=True, slots=True, eq=False)
class RunningCost(ArrayRecord):
    """Cost of one unit for one hour, USD."""

    energy: FloatArray
    """Saved when the unit is switched off: kW x PUE x price."""
    fixed: FloatArray
    """Paid on or off: colocation and upkeep."""

    @property
    def total(self) -> FloatArray:
        """Energy and fixed cost."""
        return self.energy + self.fixed


def running_cost(
    *,
    unit_kw: npt.ArrayLike,
    usd_per_kwh: npt.ArrayLike,
    pue: npt.ArrayLike = 1.0,
    colocation_usd_per_kw_month: npt.ArrayLike = 0.0,
    upkeep_usd_per_month: npt.ArrayLike = 0.0,
) -> RunningCost:
    """Cost of running one unit for one hour, for a batch.

    Args:
        unit_kw: IT power of one unit, its share of host and network included, above 0.
        usd_per_kwh: electricity, at or above 0.
        pue: facility power over IT power, at least 1. Colocation that bills power through has its own.
        colocation_usd_per_kw_month: rent of the space for one IT kilowatt.
        upkeep_usd_per_month: staff, repair, insurance of one unit.

    Returns:
        USD per unit-hour, broadcast; a month has 730 hours.

    Example:
        >>> cost = running_cost(unit_kw=1.275, usd_per_kwh=0.08, pue=1.25, colocation_usd_per_kw_month=195.0)
        >>> round(float(cost.energy), 4), round(float(cost.fixed), 4)
        (0.1275, 0.3406)
    """
    kw, price, factor, space, upkeep = np.broadcast_arrays(
        *(
            finite_array("running_cost", name, value)
            for name, value in (
                ("unit_kw", unit_kw),
                ("usd_per_kwh", usd_per_kwh),
                ("pue", pue),
                ("colocation_usd_per_kw_month", colocation_usd_per_kw_month),
                ("upkeep_usd_per_month", upkeep_usd_per_month),
            )
        )
    )
    if float(kw.min()) <= 0.0 or float(factor.min()) < 1.0 or min(float(price.min()), float(space.min()), float(upkeep.min())) < 0.0:
        raise bad_argument(
            "running_cost", "pue", factor, "at least 1, power above 0, prices at or above 0", "check the units: kW, USD per kWh"
        )
    return RunningCost(kw * factor * price, (kw * space + upkeep) / HOURS_PER_MONTH)


def parity_value(
    *, new_usd: npt.ArrayLike, speed_ratio: npt.ArrayLike, new_running_usd: npt.ArrayLike = 0.0, old_running_usd: npt.ArrayLike = 0.0
) -> FloatArray:
    """What an old unit is worth to a buyer who only counts work done: performance per dollar made equal.

    Model: work at the same cost: speed x (price of new + cost of running it) - cost of running the old one, never below 0. Geske, Ramey
    and Shapiro (2004, NBER w10831) find resale values driven by this and by obsolescence, hardly by age.

    Args:
        new_usd: price of the new unit.
        speed_ratio: work of the old unit over work of the new one, above 0.
        new_running_usd, old_running_usd: discounted cost of running each over the horizon.

    Returns:
        USD, broadcast.
    """
    new, ratio, after, before = (
        finite_array("parity_value", name, value)
        for name, value in (("new_usd", new_usd), ("speed_ratio", speed_ratio), ("new", new_running_usd), ("old", old_running_usd))
    )
    if float(ratio.min()) <= 0.0:
        raise bad_argument("parity_value", "speed_ratio", ratio, "above 0", "work of the old over work of the new")
    return np.maximum(ratio * (new + after) - before, 0.0)
