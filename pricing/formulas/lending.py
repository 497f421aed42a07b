"""Closed forms of lending: large pools, sculpted debt, backstop revenue."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.formulas.checks import checked, positive, within

Array = NDArray[np.float64]


def large_pool_loss_quantile(*, default_probability: ArrayLike, correlation: ArrayLike, level: ArrayLike) -> Array:
    """Share of a large pool that defaults at a quantile, one Gaussian factor.

    **Model** Phi((Phi^{-1}(p) + sqrt(rho) Phi^{-1}(level)) / sqrt(1 - rho)); equal small loans, no recovery.

    Args:
        default_probability: p, in [0, 1]. correlation: rho, in [0, 1). level: quantile, in [0, 1].

    Source: Vasicek (2002), Loan portfolio value, Risk 15(12).

    Example:
        >>> round(float(large_pool_loss_quantile(default_probability=0.02, correlation=0.2, level=0.999)), 3)
        0.226
    """
    p, rho, u = checked(default_probability=default_probability, correlation=correlation, level=level)
    within(0.0, 1.0, default_probability=p, level=u)
    within(0.0, 1.0 - 1e-12, correlation=rho)
    with np.errstate(invalid="ignore"):
        found = ndtr((ndtri(p) + np.sqrt(rho) * ndtri(u)) / np.sqrt(1.0 - rho))
    # a certain answer at any quantile
    return np.where((p == 0.0) | (p == 1.0), p, found)


def large_pool_loss_probability(*, loss: ArrayLike, default_probability: ArrayLike, correlation: ArrayLike) -> Array:
    """P(defaulted share <= loss) of a large pool: the inverse of `large_pool_loss_quantile`.

    Correlation must be above 0 here: without it the loss is certain, not distributed.
    """
    x, p, rho = checked(loss=loss, default_probability=default_probability, correlation=correlation)
    within(0.0, 1.0, loss=x, default_probability=p)
    within(1e-12, 1.0 - 1e-12, correlation=rho)
    with np.errstate(invalid="ignore"):
        found = ndtr((np.sqrt(1.0 - rho) * ndtri(x) - ndtri(p)) / np.sqrt(rho))
    return np.where((p == 0.0) | (x == 1.0), 1.0, np.where(p == 1.0, 0.0, found))


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
