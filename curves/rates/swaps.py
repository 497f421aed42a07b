"""Par rates of SOFR swaps as plain arrays, and the exact Jacobian of discount factors to quotes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import DAYS_PER_YEAR, ArrayRecord, FloatArray, IntArray, bad_argument, checked_times, read_only, read_only_int
from curves.lookup import block_of
from curves.market import Market
from curves.rate_quotes import OisQuotes
from curves.rates.build import discount_curve
from curves.rates.curve import DiscountCurve

DAYS_PER_ACCRUAL_YEAR = 360.0


@dataclass(frozen=True, slots=True, eq=False)
class SwapSchedule(ArrayRecord):
    """Annual periods of a ladder of overnight-indexed swaps, one swap after another, in ACT/365F years from the curve's date."""

    starts_years: FloatArray
    """Start of each period [period]."""
    ends_years: FloatArray
    """End of each period [period]."""
    pays_years: FloatArray
    """Payment of each period [period]."""
    firsts: IntArray
    """Index of the first period of each swap [swap]."""

    def __post_init__(self) -> None:
        for name in ("starts_years", "ends_years", "pays_years"):
            object.__setattr__(self, name, read_only(getattr(self, name)))
        object.__setattr__(self, "firsts", read_only_int(self.firsts))

    @property
    def accruals(self) -> FloatArray:
        """ACT/360 year fractions [period]."""
        return (self.ends_years - self.starts_years) * (DAYS_PER_YEAR / DAYS_PER_ACCRUAL_YEAR)


def swap_schedule(as_of: dt.date, tenors: Sequence[str]) -> SwapSchedule:
    """The periods of swaps made on `as_of`: two SOFR fixing days to settle, modified following, payment two days after each end.

    Args:
        as_of: trade date.
        tenors: [swap], such as '1M' or '10Y'.

    Example:
        >>> swap_schedule(dt.date(2025, 10, 3), ("1Y", "2Y")).firsts.tolist()
        [0, 1]
    """
    from curves._quantlib.swaps import swap_dates  # QuantLib is loaded by those who have swaps

    found = swap_dates(as_of, tuple(tenors))
    starts, ends, pays = (np.concatenate([swap[part] for swap in found]) / DAYS_PER_YEAR for part in range(3))
    counts = np.array([swap[0].size for swap in found])
    return SwapSchedule(starts, ends, pays, (np.cumsum(counts) - counts).astype(np.int64))


def par_swap_rates(schedule: SwapSchedule, curve: DiscountCurve) -> FloatArray:
    """Par rates [swap]: sum of (D(start) / D(end) - 1) D(pay) over sum of accrual D(pay); one curve projects and discounts."""
    floating, fixed = _legs(schedule, curve)
    return np.add.reduceat(floating, schedule.firsts) / np.add.reduceat(fixed, schedule.firsts)


def log_weights(nodes_years: FloatArray, times_years: npt.ArrayLike) -> FloatArray:
    """Weights w [..., node] with ln D(t) = sum of w ln D(node): log-linear between nodes, the last forward rate beyond.

    Args:
        nodes_years: rising from 0 [node].
        times_years: times of any shape, at or above 0.
    """
    times = np.asarray(times_years, dtype=np.float64)
    piece = np.clip(np.searchsorted(nodes_years, times, side="right") - 1, 0, nodes_years.size - 2)
    share = (times - nodes_years[piece]) / (nodes_years[piece + 1] - nodes_years[piece])
    weights = np.zeros((*times.shape, nodes_years.size))
    np.put_along_axis(weights, piece[..., None], (1.0 - share)[..., None], axis=-1)
    np.put_along_axis(weights, piece[..., None] + 1, share[..., None], axis=-1)
    return weights


def discount_jacobian(market: Market, key: str, times_years: npt.ArrayLike) -> FloatArray:
    """Derivative of discount factors with respect to each swap quote, exact (no bump).

    Model: the par rates are functions R(x) of the logarithms x of the nodes, and R(x(q)) = q, so dx/dq is the inverse of dR/dx;
    then dD(t)/dq = D(t) w(t) dx/dq with the weights of `log_weights`. For a flat rate the derivative is -t D(t).

    Args:
        market: the snapshot.
        key: such as `rates:USD-SOFR`: swap quotes or a flat rate.
        times_years: times of any shape, at or above 0.

    Returns:
        [quote, ...times], per unit of rate (1.0, not a basis point), quotes in the order of maturity as `swap_quotes` lists them.

    Raises:
        InputError: Treasury yields: their curve is struck by bisection; bump it with `with_quote`.
        MarketError, CalibrationError: as `discount_curve`.

    Limits: the row of a quote is 0 at times before the node of the swap before it.

    Checked against: tests/oracle/curves/test_rates_oracle.py (bumps through QuantLib's bootstrap).
    """
    curve = discount_curve(market, key)
    times = checked_times(key, "times_years", times_years)
    block = block_of(market, key, "rates", market.rates)
    if block.kind == "flat":
        return (-times * curve.discount(times))[None]
    if not isinstance(block, OisQuotes):
        raise bad_argument(key, "kind", block.kind, "ois or flat", "bump Treasury yields with with_quote")
    schedule = swap_schedule(market.as_of, swap_quotes(market, key))
    nodes = curve.times_years
    floating, fixed = _legs(schedule, curve)
    start, end, pay = (log_weights(nodes, at)[:, 1:] for at in (schedule.starts_years, schedule.ends_years, schedule.pays_years))
    growth = (floating + curve.discount(schedule.pays_years))[:, None]
    d_floating = np.add.reduceat(growth * (start - end) + floating[:, None] * pay, schedule.firsts, axis=0)
    d_fixed = np.add.reduceat(fixed[:, None] * pay, schedule.firsts, axis=0)
    annuity = np.add.reduceat(fixed, schedule.firsts)
    par = np.add.reduceat(floating, schedule.firsts) / annuity
    d_par = (d_floating - par[:, None] * d_fixed) / annuity[:, None]
    inverse = np.linalg.inv(d_par)
    moved = log_weights(nodes, times)[..., 1:] @ inverse * curve.discount(times)[..., None]
    return np.moveaxis(moved, -1, 0)


def swap_quotes(market: Market, key: str) -> tuple[str, ...]:
    """Tenors of the swap quotes behind a key, in order of maturity: the axis of `discount_jacobian`."""
    from curves.tenors import add_tenor

    block = block_of(market, key, "rates", market.rates)
    return tuple(sorted(block.quotes, key=lambda tenor: add_tenor(market.as_of, tenor))) if isinstance(block, OisQuotes) else ()


def _legs(schedule: SwapSchedule, curve: DiscountCurve) -> tuple[FloatArray, FloatArray]:
    paid = curve.discount(schedule.pays_years)
    growth = curve.discount(schedule.starts_years) / curve.discount(schedule.ends_years) - 1.0
    return growth * paid, schedule.accruals * paid
