"""Closed forms of capacity contracts: puts on capacity that stays unsold, and rights to leave on one date."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pricing.formulas.checks import checked, positive
from pricing.formulas.mixtures import forward_option_value

Array = NDArray[np.float64]


def capacity_put_value(
    *,
    floor: ArrayLike,
    forward: ArrayLike,
    total_variance: ArrayLike,
    unit_hours: ArrayLike,
    discount: ArrayLike = 1.0,
    cap_usd: float | None = None,
) -> Array:
    """Right to sell capacity at a floor, month by month: a strip of puts on the rent of the day.

    **Model** sum over months of D h E[max(f - R, 0)], each rent lognormal around its forward (Black 1976). With a cap on what the writer
    may have to buy, in USD at the floor, the hours are kept for the first months, as many as the cap holds, whatever rents then are: a
    **lower bound** where it binds, as the owner may as well sell others. Not modelled: the writer's default, hours that nobody would
    rent at any price.

    Args:
        floor: USD per unit-hour [..., month], at or above zero. forward: of the rent, above zero. total_variance: of its logarithm.
        unit_hours: that may be put [..., month], at or above zero. discount: to the payment, above zero.
        cap_usd: most that the writer buys, at the floor; None is no cap.

    Returns:
        USD [...]. Limits: floor 0 gives 0; variance 0 gives the discounted intrinsic value.

    Source: own derivation; Black (1976) for each month.

    Checked against: tests/unit/pricing/test_offtake_formulas.py (QuantLib's Black formula, integration over paths).

    Example:
        >>> round(float(capacity_put_value(floor=[2.0, 2.0], forward=[2.0, 1.5], total_variance=0.09, unit_hours=1000.0)), 1)
        784.9
    """
    f, r, w, h, d = checked(floor=floor, forward=forward, total_variance=total_variance, unit_hours=unit_hours, discount=discount)
    if f.ndim == 0:
        f, r, w, h, d = (np.asarray(item)[None] for item in (f, r, w, h, d))
    positive(floor=f, unit_hours=h)
    if cap_usd is not None:
        (cap,) = checked(cap_usd=cap_usd)
        positive(cap_usd=cap)
        bought = np.cumsum(f * h, axis=-1)
        share = np.divide(np.clip(float(cap) - (bought - f * h), 0.0, None), f * h, out=np.ones_like(h), where=f * h > 0.0)
        h = h * np.minimum(share, 1.0)
    return np.asarray(np.sum(h * forward_option_value(forward=r, strike=f, total_variance=w, discount=d, call=False), axis=-1))


def leaving_value(*, rent_usd: ArrayLike, elsewhere_usd: ArrayLike, cost_usd: ArrayLike = 0.0, total_variance: ArrayLike) -> Array:
    """A customer's right to leave on one date, where one lognormal factor moves every rent alike.

    **Model** E[max(A - B X - cost, 0)], X lognormal with mean one: a put on the cost of going elsewhere. A is the present value of the
    rents given up, B that of the same hours at forward rents, both from the last day of service on; weighted with survival where
    defaults are independent of rents.

    Args:
        rent_usd: A, at or above zero. elsewhere_usd: B, above zero. cost_usd: what leaving costs, discounted, at or above zero.
        total_variance: of ln X to the date of the notice.

    Returns:
        USD, broadcast shape. Limits: variance 0 gives max(A - B - cost, 0).

    Source: own derivation; Black (1976).

    Checked against: tests/unit/pricing/test_offtake_formulas.py and tests/oracle/facility/test_offtake_oracle.py.

    Example:
        >>> round(float(leaving_value(rent_usd=100.0, elsewhere_usd=100.0, total_variance=0.04)), 4)
        7.9656
    """
    a, b, c, w = checked(rent_usd=rent_usd, elsewhere_usd=elsewhere_usd, cost_usd=cost_usd, total_variance=total_variance)
    positive(rent_usd=a, cost_usd=c)
    worth = forward_option_value(forward=b, strike=np.maximum(a - c, 0.0), total_variance=w, call=False)
    return np.where(a > c, worth, 0.0)
