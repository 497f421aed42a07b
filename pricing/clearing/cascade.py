"""Failure cascades through holdings: book and look-through values, failure penalties, marks (network note, 2.4 and 7.3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.certificate import Which
from pricing.clearing.rows import Bools, Floats, scenarios, square, squeezed, stretched, vectors


@dataclass(frozen=True, slots=True)
class Cascade:
    """Values after every failure. A single scenario has no scenario axis."""

    book: Floats
    """V [scenario, n]: counts holdings gross."""
    look_through: Floats
    """v [scenario, n]: what outside holders own; adds up to primitive value less penalties."""
    failed: Bools
    """[scenario, n]."""
    wave: NDArray[np.int64]
    """[scenario, n]: round in which the entity failed, 0 for none (greatest solution only)."""
    dead_weight: Floats
    """[scenario]: penalties of those that failed."""


def owned_through(holdings: ArrayLike) -> Floats:
    """A = Chat (I - C)^-1 [entity, origin]: share of the origin's primitive value that outside holders of an entity own; columns add to 1.

    Raises:
        InputError: one hundred percent or more of an issuer is held inside.
    """
    held = square(holdings, "holdings")[0]
    inside = held.sum(axis=0)
    full = np.flatnonzero(inside >= 1.0)
    if len(full):
        raise InputError(problem("over_owned", field="holdings", issuer=int(full[0]), share=f"{inside[full[0]]:g}"))
    return (1.0 - inside)[:, None] * np.linalg.inv(np.eye(len(held)) - held)


def failure_cascade(
    *, holdings: ArrayLike, primitive: ArrayLike, threshold: ArrayLike, penalty: ArrayLike, which: Which = "greatest"
) -> Cascade:
    """Values of a batch of entities that hold one another and lose a lump sum when they fail.

    Model: V = (I - C)^-1 (u - b), v = Chat V = A (u - b), b_i = penalty_i if v_i < threshold_i else 0. Greatest: start without failures and
    add them in rounds; least: start with all failed. Holdings are linear: limited liability is not modelled (`clear_holdings` has it).

    Args:
        holdings: C, share of j held by i, (n, n), column sums below 1.
        primitive: u = D p, primitive assets at market prices, USD, (scenarios, n) or (n,).
        threshold, penalty: USD, as `primitive` or one for all.

    Source: Elliott, Golub and Jackson 2014, http://dx.doi.org/10.1257/aer.104.10.3115, equations (1) to (5).

    Example:
        >>> half = [[0, 0.5], [0.5, 0]]
        >>> failure_cascade(holdings=half, primitive=[0.5, 1.0], threshold=0.7, penalty=0.3).look_through.round(6)
        array([0.466667, 0.733333])
    """
    through = owned_through(holdings)
    n = len(through)
    outside = 1.0 - square(holdings, "holdings")[0].sum(axis=0)
    parts = vectors(primitive, "primitive", n), vectors(threshold, "threshold", n), vectors(penalty, "penalty", n, low=0.0)
    count = scenarios(*parts)
    value, least, lost = (stretched(part, count) for part in parts)
    failed = np.full(value.shape, which == "least")
    wave = np.zeros(value.shape, dtype=np.int64)
    for round_ in range(1, n + 2):
        owned = (value - lost * failed) @ through.T
        failing = owned < least
        if (failing == failed).all():
            break
        wave[failing & ~failed] = round_
        failed = failing
    owned = (value - lost * failed) @ through.T
    out = squeezed(np.ndim(primitive) < 2 and count == 1, owned / outside, owned, failed, wave, (lost * failed).sum(axis=-1))
    return Cascade(*out)


@dataclass(frozen=True, slots=True)
class MarkUp:
    """What a change of primitive values does to books."""

    reported_gain: Floats
    """[entity]: gain each books on its stakes."""
    look_through_gain: Floats
    """[entity]: gain of its outside holders; adds up to the primitive change."""
    double_counted: float
    """Sum of book gains less primitive change."""


def mark_up(*, holdings: ArrayLike, primitive_change: ArrayLike) -> MarkUp:
    """Mark-up cascade: dV = (I - C)^-1 du, reported gain sum_j C_ij dV_j, look-through gain Chat (I - C)^-1 du."""
    through = owned_through(holdings)
    held = square(holdings, "holdings")[0]
    change = vectors(primitive_change, "primitive_change", len(held))[0]
    book = np.linalg.solve(np.eye(len(held)) - held, change)
    return MarkUp(held @ book, through @ change, float(book.sum() - change.sum()))


def ltv_distance(*, ltv: ArrayLike, limit: ArrayLike, weight: ArrayLike = 1.0) -> Floats:
    """Fall of a holding with this weight in the collateral that breaches the limit, debt constant: (1 - LTV/limit) / weight.

    Above 1 the holding cannot breach the limit alone; at or below 0 it is breached already. All in decimals, broadcast together.
    """
    now, most, part = np.asarray(ltv, float), np.asarray(limit, float), np.asarray(weight, float)
    if (now < 0).any() or (most <= 0).any() or (part <= 0).any() or (part > 1).any():
        raise InputError(
            problem("array_range", field="ltv, limit, weight", expected="ltv >= 0, limit > 0, weight in (0, 1]", index="?", value="outside")
        )
    return (1.0 - now / most) / part
