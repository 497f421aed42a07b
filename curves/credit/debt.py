"""Hazard from the spreads of loans and bonds: notes that pay quarterly until default and recover a share of face at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from curves.arrays import DAYS_PER_YEAR, FloatArray, bad_argument, finite_array
from curves.credit.curve import SurvivalCurve
from curves.credit.solving import Policy, solve_pillars
from curves.rates.curve import DiscountCurve

QUARTERS_PER_YEAR = 4
DAYS_PER_ACCRUAL_YEAR = 360.0
Form = Literal["floating", "z_spread"]
"""A floating note at a price, or a fixed bond by its z-spread."""


@dataclass(frozen=True, slots=True)
class _Note:
    """Promised cash of one note, and the cells on which default is integrated."""

    times: FloatArray
    coupons: FloatArray
    price: float


def note_values(
    times_years: npt.ArrayLike,
    coupons: npt.ArrayLike,
    *,
    hazard_times_years: npt.ArrayLike,
    hazards: npt.ArrayLike,
    recovery: float,
    discount: DiscountCurve,
) -> FloatArray:
    """Values of a note with face 1 under piecewise flat hazards, for a batch of hazard curves.

    Model: sum of coupon D S + D_n S_n + recovery x integral of D (-dS), exact on cells where forward and hazard are flat; the coupon that
    accrues at default is lost; recovery is of face, at default.

    Args:
        times_years: payments [payment], rising, above 0; face is paid at the last.
        coupons: [payment], per unit of face.
        hazard_times_years: end of each flat piece [node]; the last goes on.
        hazards: per year [..., node]; negative ones are allowed (a kept arbitrage).
        recovery: share of face, 0 to 1.
        discount: discount curve.

    Returns:
        [...]. Limits: hazard 0: the promised cash; recovery 1: face is safe.

    Source: own derivation; Duffie and Singleton (2003), Credit Risk, section 5.2 (recovery of face).

    Checked against: tests/oracle/curves/test_credit_oracle.py (quadrature; QuantLib's risky bond engine).
    """
    times, paid = finite_array("note_values", "times_years", times_years), finite_array("note_values", "coupons", coupons)
    nodes, rates = finite_array("note_values", "hazard_times_years", hazard_times_years), finite_array("note_values", "hazards", hazards)
    inner = np.concatenate((discount.times_years, nodes))
    edges = np.unique(np.concatenate(([0.0], times, inner[(inner > 0.0) & (inner < times[-1])])))
    lengths, factors = np.diff(edges), discount.discount(edges)
    piece = np.minimum(np.searchsorted(nodes, edges[1:], side="left"), nodes.size - 1)
    loads = rates[..., piece] * lengths
    total = np.concatenate((np.zeros((*loads.shape[:-1], 1)), np.cumsum(loads, axis=-1)), axis=-1)
    alive = factors * np.exp(-total)
    x = loads - np.diff(np.log(factors))
    flat = x == 0.0
    lost = (loads * alive[..., :-1] * np.where(flat, 1.0, -np.expm1(-x) / np.where(flat, 1.0, x))).sum(axis=-1)
    at = np.searchsorted(edges, times)
    return (alive[..., at] * paid).sum(axis=-1) + alive[..., at[-1]] + recovery * lost


def bootstrap_debt(
    spreads: npt.ArrayLike,
    maturities_years: npt.ArrayLike,
    *,
    form: Form,
    recovery: float,
    discount: DiscountCurve,
    price: float = 1.0,
    coupon: float = 0.0,
    policy: Policy = "refuse",
    subject: str = "credit",
    pillars: Sequence[str] = (),
) -> FloatArray:
    """Hazard rates, one flat piece per quote, from spreads of loans or bonds of one name.

    Model: payments every quarter back from each maturity (a short first period). A floating note pays the curve's simple forward plus the
    spread and trades at `price`; a bond pays coupon / 4 and is worth its promised cash at zero rates plus the z-spread. Values by
    `note_values`. Not modelled: liquidity, prepayment, floors; a spread holds all of them, so that these hazards are too high.

    Args:
        spreads: [quote], decimals a year.
        maturities_years: [quote], rising, above 0.
        form: 'floating' or 'z_spread'.
        recovery: share of face, 0 to 1.
        discount: projects and discounts.
        price: of the floating notes, per unit of face.
        coupon: of the bonds, yearly.
        policy: 'refuse', 'floor' or 'keep', as `curves.credit.solving` says.
        subject, pillars: for messages.

    Returns:
        Hazards [quote] per year.

    Raises:
        InputError: lengths differ, maturities that do not rise, a recovery out of range.
        CalibrationError: no hazard reprices a quote; entity, pillar, quote and range are named.

    Limits: a spread of 0 at par gives a hazard of 0; continuous payments, no recovery: hazard = spread.
    """
    quotes, ends = finite_array(subject, "quotes", spreads), finite_array(subject, "quotes", maturities_years)
    if quotes.shape != ends.shape or not quotes.size or not bool((np.diff(ends, prepend=0.0) > 0.0).all()):
        raise bad_argument(subject, "quotes", ends, "rising maturities above 0, one spread each", "sort the quotes")
    if not 0.0 <= recovery < 1.0:
        raise bad_argument(subject, "recovery", recovery, "at or above 0 and below 1", "a safe claim says nothing about default")

    def gain(index: int, found: Sequence[float], hazard: float, spread: float) -> float:
        one = _note(float(ends[index]), spread, form, discount, price, coupon)
        values = note_values(
            one.times, one.coupons, hazard_times_years=ends[: index + 1], hazards=[*found, hazard], recovery=recovery, discount=discount
        )
        return one.price - float(values)

    return solve_pillars(quotes, gain, policy=policy, subject=subject, pillars=pillars)


def debt_spread(
    maturity_years: float, curve: SurvivalCurve, *, form: Form, discount: DiscountCurve, price: float = 1.0, coupon: float = 0.0
) -> float:
    """The spread at which a note of `bootstrap_debt` is fair on a survival curve: the way back from hazards to a quote.

    Arguments as in `bootstrap_debt`; recovery is the curve's. Raises ValueError where no spread between -50 % and 1,000 % is fair.
    """

    def gap(spread: float) -> float:
        one = _note(maturity_years, spread, form, discount, price, coupon)
        terms = {"hazard_times_years": curve.times_years, "hazards": curve.hazards}
        return one.price - float(note_values(one.times, one.coupons, recovery=curve.recovery, discount=discount, **terms))

    return cast(float, brentq(gap, -0.5, 10.0, xtol=1e-15))


def _note(maturity_years: float, spread: float, form: Form, discount: DiscountCurve, price: float, coupon: float) -> _Note:
    count = int(np.ceil(maturity_years * QUARTERS_PER_YEAR - 1e-9))
    times = np.sort(maturity_years - np.arange(count) / QUARTERS_PER_YEAR)
    starts = np.concatenate(([0.0], times[:-1]))
    if form == "floating":
        growth = discount.discount(starts) / discount.discount(times) - 1.0
        return _Note(times, growth + spread * (times - starts) * DAYS_PER_YEAR / DAYS_PER_ACCRUAL_YEAR, price)
    fixed = coupon * (times - starts)
    promised = discount.discount(times) * np.exp(-spread * times)
    return _Note(times, fixed, float((fixed * promised).sum() + promised[-1]))
