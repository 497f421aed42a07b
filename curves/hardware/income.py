"""Income value of a fleet: rent less running cost until the best month to retire, then salvage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import ArrayRecord, FloatArray, IntArray, bad_argument, finite_array, read_only, read_only_int


@dataclass(frozen=True, slots=True, eq=False)
class IncomeValue(ArrayRecord):
    """The best total and when it retires."""

    value_usd: FloatArray
    """Largest total over all months of retirement [...]."""
    retire_after: IntArray
    """Months run before retirement [...]; the first one where several are as good."""
    totals_usd: FloatArray
    """Total of each month of retirement [..., 0..month]."""


def income_value(
    *,
    rent_usd_per_hour: npt.ArrayLike,
    cost_usd_per_hour: npt.ArrayLike,
    salvage_usd: npt.ArrayLike,
    discount: npt.ArrayLike,
    units: npt.ArrayLike = 1.0,
    utilisation: npt.ArrayLike = 1.0,
    hours_per_month: float = 730.0,
) -> IncomeValue:
    """Income value of a fleet for a batch of markets.

    Model: total(m) = sum over months k < m of n_k D_k h (u_k r_k - c_k) + D_m n_m salvage_m, n the surviving units; retirement at the m
    that maximises it. On one certain path this is the value; on random paths the maximum of means is a lower bound of the value with a
    free choice, and the mean of maxima an upper one (perfect foresight).

    Args:
        rent_usd_per_hour: contract price, afterwards forward rent [..., month].
        cost_usd_per_hour: of a unit that is on [..., month].
        salvage_usd: of one unit, if retired after 0..months months [..., 0..month].
        discount: factors of the months' ends with 1 for now in front [0..month]; month k is paid at k + 1.
        units: surviving units [..., 0..month] or one number.
        utilisation: share of hours let [..., month] or one number, 0 to 1.
        hours_per_month: 730.

    Returns:
        Value, month of retirement, and all totals.

    Raises:
        InputError: shapes that do not fit.

    Limits: rents below cost for ever retire at once: the salvage of today. A higher cost never gives a higher value, rents and salvage
    fixed: every total falls, so their maximum does.
    """
    rent, cost, salvage, factor, count, share = (
        finite_array("income_value", name, value)
        for name, value in (
            ("rent_usd_per_hour", rent_usd_per_hour),
            ("cost_usd_per_hour", cost_usd_per_hour),
            ("salvage_usd", salvage_usd),
            ("discount", discount),
            ("units", units),
            ("utilisation", utilisation),
        )
    )
    months = rent.shape[-1] if rent.ndim else 0
    if not months or salvage.ndim == 0 or salvage.shape[-1] != months + 1 or factor.shape[-1:] != (months + 1,):
        raise bad_argument("income_value", "salvage_usd", salvage.shape, f"{months + 1} salvage values and factors", "one more than months")
    if float(share.min()) < 0.0 or float(share.max()) > 1.0 or float(count.min()) < 0.0:
        raise bad_argument("income_value", "utilisation", share, "between 0 and 1, units at or above 0", "check both")
    fleet = np.broadcast_to(count[..., None] if count.ndim == 0 else count, (*count.shape[:-1], months + 1))
    monthly = fleet[..., :-1] * factor[..., 1:] * hours_per_month * (share * rent - cost)
    run = np.cumsum(monthly, axis=-1)
    earned = np.concatenate((np.zeros((*run.shape[:-1], 1)), run), axis=-1)
    totals = earned + factor * fleet * salvage
    return IncomeValue(read_only(totals.max(axis=-1)), read_only_int(totals.argmax(axis=-1)), read_only(totals))
