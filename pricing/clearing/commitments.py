"""Staged promises, shares given to customers, who bears a loss, years paid ahead (network note, sections 6 and 7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from instruments.ground.errors import InputError, NetworkError
from instruments.ground.messages import problem
from pricing.clearing.rows import Bools, Floats, floats


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promise in stages, USD."""

    headline: float
    expected: float
    firm: float
    wedge: float
    """Headline less expected."""


def staged_commitment(*, firm: float, tranches: ArrayLike, odds: ArrayLike) -> Commitment:
    """Headline and expected amount: a_0 + sum_k a_k prod_{l <= k} q_l, q_l the chance that milestone l follows the one before.

    Example:
        >>> round(staged_commitment(firm=0.0, tranches=[10.0] * 10, odds=[0.9] * 10).expected, 2)
        58.62
    """
    sizes, chances = floats(tranches, "tranches", low=0.0), floats(odds, "odds", low=0.0, high=1.0)
    expected = firm + float((sizes * np.cumprod(chances)).sum())
    headline = firm + float(sizes.sum())
    return Commitment(headline, expected, firm, headline - expected)


def check_ladder(*, headline: float, expected: float, firm: float, drawn: float, drawn_outside: float) -> None:
    """Headline >= expected >= firm at signing, headline >= drawn >= drawn from outside to date; else `InputError`."""
    rungs = (("expected", expected, headline, "headline"), ("firm", firm, expected, "expected"))
    rungs += (("drawn", drawn, headline, "headline"), ("drawn_outside", drawn_outside, drawn, "drawn"))
    for name, value, above, of in rungs:
        if value > above * (1 + 1e-12):
            raise InputError(
                problem("broken_rule", subject=name, value=value, rule=f"must not exceed {of} {above:g}", remedy="check the two figures")
            )


def called_commitments(*, n: int, payer: ArrayLike, payee: ArrayLike, amount: ArrayLike, triggered: ArrayLike) -> Floats:
    """Staged promises that have come due, as debts L [scenario, n, n] to add to those that are cleared.

    A promise whose trigger has not come is no debt of anybody; one whose trigger has come ranks with the payer's other debts.

    Args:
        n: number of entities.
        payer, payee: entity numbers, (promises,).
        amount: USD, at or above 0, (promises,).
        triggered: whether the milestone has come, (scenarios, promises) or (promises,).
    """
    start, end = np.asarray(payer, dtype=np.int64), np.asarray(payee, dtype=np.int64)
    size, came = floats(amount, "amount", low=0.0), np.asarray(triggered, dtype=bool)
    if not (start.shape == end.shape == size.shape == came.shape[-1:]) or ((np.r_[start, end] < 0) | (np.r_[start, end] >= n)).any():
        raise InputError(
            problem("array_shape", field="payer, payee, amount, triggered", expected=f"equal lists of 0..{n - 1}", found=came.shape)
        )
    rows = np.atleast_2d(came) * size
    debts = np.zeros((len(rows), n, n))
    for promise, (i, j) in enumerate(zip(start, end, strict=True)):
        debts[:, i, j] += rows[:, promise]
    return debts if came.ndim == 2 else debts[0]


@dataclass(frozen=True, slots=True)
class Dilution:
    """Shares given to a customer. Shapes broadcast."""

    price: Floats
    """P = (V + w K) / (N + w), USD a share."""
    transfer: Floats
    """w (P - K), USD."""
    paradox: Bools | np.bool_
    """Whether a hurdle lies between the price after and before vesting: then no price on the spot is consistent."""


def contingent_equity(*, value: ArrayLike, shares: ArrayLike, vested: ArrayLike, strike: ArrayLike, hurdle: ArrayLike = np.inf) -> Dilution:
    """Price after `vested` shares are issued at `strike`, and what moves to the customer; all USD and shares, broadcast together.

    Example:
        >>> float(contingent_equity(value=100, shares=10, vested=1, strike=0.01).price.round(4))
        9.0918
    """
    worth, count, new, pays = (np.asarray(part, float) for part in (value, shares, vested, strike))
    price = (worth + new * pays) / (count + new)
    bar = np.asarray(hurdle, float)
    return Dilution(price, new * np.maximum(0.0, price - pays), (price < bar) & (bar <= worth / count))


def implied_years(*, value: float, margin: float, revenue: float, growth: float, discount: float) -> float:
    """Years of profit that a value pays ahead: V = m R sum_{t=1..n} x^t with x = (1 + g)/(1 + k).

    Raises:
        NetworkError: no number of years is enough (x < 1 and V >= m R x / (1 - x)).
    """
    x, profit = (1.0 + growth) / (1.0 + discount), margin * revenue
    if abs(x - 1.0) < 1e-12:
        return value / profit
    inside = 1.0 + value * (x - 1.0) / (profit * x)
    if inside <= 0.0:
        raise NetworkError(
            problem("no_solution", subject="implied years", why="no number of years repays the value", remedy="raise growth or margin")
        )
    return float(np.log(inside) / np.log(x))


def implied_revenue(*, value: float, margin: float, years: float, growth: float, discount: float) -> float:
    """Revenue today that repays a value in n years: R* = V / (m sum x^t)."""
    x = (1.0 + growth) / (1.0 + discount)
    total = years if abs(x - 1.0) < 1e-12 else x * (x**years - 1.0) / (x - 1.0)
    return value / (margin * total)


@dataclass(frozen=True, slots=True)
class Transfer:
    """Who bears what, against all outside equity."""

    by_class: Floats
    """Delta [class, design]."""
    ultimate: Floats
    """Delta [holder, design]: through who owns the classes."""
    dead_weight: Floats
    """[design]: column sums, 0 without frictions."""


def risk_transfer(*, losses: ArrayLike, ultimate: ArrayLike) -> Transfer:
    """Risk-transfer matrix Delta_cd = L_cd - L_cA, first design all outside equity.

    Args:
        losses: L [class, design], USD.
        ultimate: U [class, holder], rows adding up to 1.
    """
    lost, owners = floats(losses, "losses"), floats(ultimate, "ultimate", low=0.0, high=1.0)
    if (
        lost.ndim != 2
        or owners.ndim != 2
        or owners.shape[0] != lost.shape[0]
        or not np.allclose(owners.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    ):
        raise InputError(problem("array_range", field="ultimate", expected="one row per class, adding up to 1", index="rows", value="off"))
    moved = lost - lost[:, :1]
    return Transfer(moved, owners.T @ moved, moved.sum(axis=0))
