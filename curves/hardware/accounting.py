"""Book values of a machine by period. Accounting methods stop at salvage; the tax method goes to zero."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, finite_array

DOUBLE, ONE_AND_A_HALF = 2.0, 1.5
TAX_LIVES = {3: DOUBLE, 5: DOUBLE, 7: DOUBLE, 10: DOUBLE, 15: ONE_AND_A_HALF, 20: ONE_AND_A_HALF}
"""Recovery periods of the general depreciation system, with their multiple of the straight-line rate."""


def straight_line(cost_usd: npt.ArrayLike, *, salvage_usd: npt.ArrayLike = 0.0, periods: int) -> FloatArray:
    """Book values [..., 0..periods]: cost - (cost - salvage) t / periods.

    Args:
        cost_usd: [...], at or above the salvage.
        salvage_usd: [...], at or above 0.
        periods: useful life, at least 1.

    Example:
        >>> straight_line(100.0, salvage_usd=10.0, periods=3).tolist()
        [100.0, 70.0, 40.0, 10.0]
    """
    cost, salvage = _checked("straight_line", cost_usd, salvage_usd, periods)
    return cost[..., None] - (cost - salvage)[..., None] * np.arange(periods + 1) / periods


def declining_balance(
    cost_usd: npt.ArrayLike, *, salvage_usd: npt.ArrayLike = 0.0, periods: int, factor: float = DOUBLE, switch: bool = True
) -> FloatArray:
    """Book values [..., 0..periods] that lose `factor` / periods of what is left in each period, never below salvage.

    Model: the charge of a period is book x factor / periods; with `switch` it is the straight line over the periods left where that is
    more, so that the value ends at salvage; without, it ends above salvage where the salvage is small.

    Args:
        cost_usd, salvage_usd, periods: as in `straight_line`.
        factor: multiple of the straight-line rate, above 0: 2 is double declining; at most `periods`.
        switch: change to the straight line when it charges more.

    Limits: factor 1 with a switch is the straight line when the salvage is 0.

    Example:
        >>> declining_balance(1000.0, salvage_usd=100.0, periods=5, switch=False).round(1).tolist()
        [1000.0, 600.0, 360.0, 216.0, 129.6, 100.0]
    """
    cost, salvage = _checked("declining_balance", cost_usd, salvage_usd, periods)
    if not 0.0 < factor <= periods:
        raise bad_argument("declining_balance", "factor", factor, f"above 0, at most {periods}", "2 is double declining")
    books = [cost]
    for period in range(periods):
        charge = books[-1] * factor / periods
        if switch:
            charge = np.maximum(charge, (books[-1] - salvage) / (periods - period))
        books.append(np.maximum(books[-1] - charge, salvage))
    return np.stack(books, axis=-1)


def sum_of_years(cost_usd: npt.ArrayLike, *, salvage_usd: npt.ArrayLike = 0.0, periods: int) -> FloatArray:
    """Book values [..., 0..periods]: period t is charged (n - t + 1) / (n (n + 1) / 2) of cost less salvage.

    Example:
        >>> sum_of_years(100.0, salvage_usd=10.0, periods=3).round(9).tolist()
        [100.0, 55.0, 25.0, 10.0]
    """
    cost, salvage = _checked("sum_of_years", cost_usd, salvage_usd, periods)
    shares = np.arange(periods, 0, -1) / (0.5 * periods * (periods + 1))
    return cost[..., None] - (cost - salvage)[..., None] * np.concatenate(([0.0], np.cumsum(shares)))


def units_of_use(cost_usd: npt.ArrayLike, *, salvage_usd: npt.ArrayLike = 0.0, use: npt.ArrayLike, lifetime_use: float) -> FloatArray:
    """Book values [..., 0..period]: cost less salvage is charged in proportion to use, until it is used up.

    Args:
        cost_usd, salvage_usd: as in `straight_line`.
        use: of each period [period], at or above 0: GPU-hours.
        lifetime_use: total use the machine is good for, above 0, in the same unit.
    """
    used = finite_array("units_of_use", "use", use)
    if used.ndim != 1 or not used.size or float(used.min()) < 0.0 or not lifetime_use > 0.0:
        raise bad_argument("units_of_use", "use", used, "at or above 0, and a lifetime above 0", "give the use of each period")
    cost, salvage = _checked("units_of_use", cost_usd, salvage_usd, used.size)
    share = np.minimum(np.concatenate(([0.0], np.cumsum(used))) / lifetime_use, 1.0)
    return cost[..., None] - (cost - salvage)[..., None] * share


def macrs(cost_usd: npt.ArrayLike, *, years: int = 5) -> FloatArray:
    """Tax basis [..., 0..years + 1] under MACRS, half-year convention: declining balance until the straight line charges more, to zero.

    Args:
        cost_usd: [...], at or above 0.
        years: recovery period, one of 3, 5, 7, 10 (200 %), 15, 20 (150 %); computers are 5-year property.

    Returns:
        USD; the published tables round the same charges to a hundredth of a percent.

    Source: IRS Publication 946, appendix A, table A-1.

    Example:
        >>> (-np.diff(macrs(100.0, years=5))).round(2).tolist()
        [20.0, 32.0, 19.2, 11.52, 11.52, 5.76]
    """
    cost, _ = _checked("macrs", cost_usd, 0.0, 1)
    if years not in TAX_LIVES:
        raise bad_argument("macrs", "years", years, f"one of {', '.join(map(str, TAX_LIVES))}", "computers are 5-year property")
    left = [1.0]
    for year in range(years + 1):
        span = 0.5 if year in (0, years) else 1.0
        remaining = years if year == 0 else years - year + 0.5
        left.append(max(left[-1] - span * left[-1] * max(TAX_LIVES[years] / years, 1.0 / remaining), 0.0) if year < years else 0.0)
    return cost[..., None] * np.array(left)


def _checked(subject: str, cost_usd: npt.ArrayLike, salvage_usd: npt.ArrayLike, periods: int) -> tuple[FloatArray, FloatArray]:
    cost, salvage = np.broadcast_arrays(finite_array(subject, "cost_usd", cost_usd), finite_array(subject, "salvage_usd", salvage_usd))
    if periods < 1:
        raise bad_argument(subject, "periods", periods, "at least 1", "give the useful life in periods")
    if cost.size and (float(salvage.min()) < 0.0 or float((cost - salvage).min()) < 0.0):
        raise bad_argument(subject, "salvage_usd", float(salvage.max()), "between 0 and the cost", "check both")
    return cost, salvage
