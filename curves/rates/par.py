"""Par rates and discount factors of swaps with simple coupons, as plain arrays: what a table can be checked with by hand."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from curves.arrays import FloatArray, bad_argument, finite_array


def discounts_from_par(par_rates: npt.ArrayLike, *, accruals: npt.ArrayLike = 1.0) -> FloatArray:
    """Discount factors from a ladder of par rates, for a batch of curves.

    Model: the swap ending at period n pays its rate times each accrual at the end of periods 1 to n and is worth par:
    rate_n sum of accrual_i D_i (i to n) + D_n = 1. There is a par rate for every period; nothing is interpolated.

    Args:
        par_rates: [..., period], decimals.
        accruals: year fractions, broadcast against `par_rates`; above 0; the default is whole years.

    Returns:
        Discount factors [..., period]. Positive par rates do not make them fall: see the example.

    Raises:
        InputError: not finite, or rates for which a factor would not be positive.

    Example:
        >>> discounts_from_par([0.10, 0.04]).round(3).tolist()
        [0.909, 0.927]

    Checked against: tests/unit/curves/test_par_rates.py.
    """
    rates, fractions = np.broadcast_arrays(
        finite_array("discounts_from_par", "par_rates", par_rates), finite_array("discounts_from_par", "accruals", accruals)
    )
    factors = np.empty(rates.shape)
    annuity = np.zeros(rates.shape[:-1])
    for period in range(rates.shape[-1]):
        rate, fraction = rates[..., period], fractions[..., period]
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = (1.0 - rate * annuity) / (1.0 + rate * fraction)
        if not bool((np.isfinite(factor) & (factor > 0.0) & (fraction > 0.0)).all()):
            raise bad_argument(
                "discounts_from_par", f"par_rates.{period}", rate, "a rate that leaves a positive discount factor", "check the ladder"
            )
        factors[..., period] = factor
        annuity = annuity + fraction * factor
    return factors


def par_from_discounts(discounts: npt.ArrayLike, *, accruals: npt.ArrayLike = 1.0) -> FloatArray:
    """Par rates [..., period] from discount factors of the same shape: (1 - D_n) / sum of accrual_i D_i; the inverse ladder."""
    factors = finite_array("par_from_discounts", "discounts", discounts)
    return (1.0 - factors) / np.cumsum(finite_array("par_from_discounts", "accruals", accruals) * factors, axis=-1)
