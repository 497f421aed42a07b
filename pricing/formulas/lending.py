"""Closed forms of lending: sculpted debt, backstop revenue."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.formulas.checks import checked, positive, within

Array = NDArray[np.float64]


def sculpted_debt(*, cash_flow: ArrayLike, target_dscr: ArrayLike, rate_per_period: ArrayLike) -> tuple[Array, Array]:
    """Debt service and capacity when service follows cash flow at a target cover.

    Args:
        cash_flow: CFADS by period [..., time], USD, at or above zero.
        target_dscr: cover, above zero.
        rate_per_period: the debt's own rate per period, above -1.

    Returns:
        (service [..., time] = CFADS / target, capacity [...] = sum of service x (1 + rate)^-i), USD.

    Example:
        >>> service, capacity = sculpted_debt(cash_flow=[130, 117, 104], target_dscr=1.30, rate_per_period=0.10)
        >>> service.round(0).tolist(), round(float(capacity), 2)
        ([100.0, 90.0, 80.0], 225.39)
    """
    cash, cover, rate = checked(cash_flow=cash_flow, target_dscr=target_dscr, rate_per_period=rate_per_period)
    if cash.ndim == 0:
        raise InputError(problem("bad_length", field="cash_flow", value=float(cash), expected="one number per period"))
    positive(cash_flow=cash)
    positive(strict=True, target_dscr=cover, one_plus_rate=1.0 + rate)
    service = cash / cover
    periods = np.arange(1, cash.shape[-1] + 1)
    return service, np.sum(service * (1.0 + rate) ** -periods, axis=-1)


def backstopped_rent(*, rent: ArrayLike, floor: ArrayLike, guarantor_share: ArrayLike) -> Array:
    """What an operator keeps per unsold hour under a capacity backstop: max(R, f) - theta max(R - f, 0).

    Args:
        rent: R, USD per GPU-hour. floor: f. guarantor_share: theta in [0, 1], of the excess over the floor.

    Example:
        >>> backstopped_rent(rent=[1.0, 3.0], floor=2.0, guarantor_share=0.5).tolist()
        [2.0, 2.5]
    """
    r, f, theta = checked(rent=rent, floor=floor, guarantor_share=guarantor_share)
    positive(rent=r, floor=f)
    within(0.0, 1.0, guarantor_share=theta)
    return np.maximum(r, f) - theta * np.maximum(r - f, 0.0)
