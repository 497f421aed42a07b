"""Resonance: how far a loss is passed round, how much of it leaves the web, and when parts add up to more (network note, section 5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from instruments.ground.errors import InputError, NetworkError
from instruments.ground.messages import problem
from pricing.clearing.rows import Floats, floats, square, squeezed, vectors


@dataclass(frozen=True, slots=True)
class Resonance:
    """Relative falls after all rounds. One W, leading axis of the shocks."""

    fall: Floats
    """h [scenario, n]."""
    gross: Floats
    """M_gross [scenario]: sum h / sum s, plain sums (every entity weighs the same)."""
    gross_value_weighted: Floats
    """[scenario]: the same with values as weights in both sums; plain where no values are given."""
    radius: float
    """rho(W)."""
    margin: float
    """1 - rho(W): distance from a loop that feeds itself."""


def spectral_radius(effect: ArrayLike) -> float:
    """rho(W): growth of a loss per round in the worst direction."""
    return float(np.abs(np.linalg.eigvals(square(effect, "effect")[0])).max())


def resonance(*, effect: ArrayLike, shock: ArrayLike, value: ArrayLike | None = None) -> Resonance:
    """Relative falls h = (I - W')^-1 s of a batch of shocks.

    Model: W_ij is the relative fall of j per unit relative fall of i (`finite_effect`), linear and without caps.

    Args:
        effect: W >= 0, (n, n), zero diagonal.
        shock: s >= 0, initial relative falls, (n,) or (scenarios, n), not all 0.
        value: entity values in USD for the weighted multiplier, (n,).

    Raises:
        NetworkError: rho(W) is 1 or more: the loop feeds itself.

    Example:
        >>> resonance(effect=[[0, 0.5], [0.4, 0]], shock=[1, 0]).fall
        array([1.25 , 0.625])
    """
    web = square(effect, "effect")[0]
    start = vectors(shock, "shock", len(web), low=0.0)
    if not (start.sum(axis=-1) > 0).all():
        raise InputError(
            problem("array_range", field="shock", expected="a shock to somebody in every scenario", index="row", value="all 0")
        )
    radius = spectral_radius(web)
    if radius >= 1.0:
        raise NetworkError(problem("not_contracting", subject="resonance", field="effect", radius=f"{radius:.6g}"))
    fall = np.linalg.solve(np.eye(len(web)) - web.T, start.T).T
    weight = np.ones(len(web)) if value is None else vectors(value, "value", len(web), low=0.0)[0]
    out = squeezed(np.ndim(shock) < 2, fall, fall.sum(axis=-1) / start.sum(axis=-1), (fall @ weight) / (start @ weight))
    return Resonance(*out, radius=radius, margin=1.0 - radius)


def finite_effect(values: object, base: ArrayLike, *, fall: float = 1e-4) -> Floats:
    """W by finite differences: relative fall of j's value per relative fall of i, from a function of all values.

    Args:
        values: function of a scenario batch [scenario, n] of entity values to what each would be revalued at, [scenario, n].
        base: values at which it is a fixed point, (n,), above 0.
    """
    point = floats(base, "base", low=np.finfo(float).tiny)
    bumped = np.tile(point, (len(point), 1)) * (1.0 - fall * np.eye(len(point)))
    moved = np.asarray(values(bumped)) / np.asarray(values(point[None]))  # type: ignore[operator]
    effect = (1.0 - moved) / fall
    np.fill_diagonal(effect, 0.0)
    return np.where(np.abs(effect) < 1e-9, 0.0, effect)


@dataclass(frozen=True, slots=True)
class OutsideMultiplier:
    """Loss of outside holders per dollar of initial shock, term by term."""

    total: float
    """M_out."""
    default_cost: float
    fire_sale: float
    belief: float


def outside_multiplier(*, shock: float, default_cost: float = 0.0, fire_sale: float = 0.0, belief: float = 0.0) -> OutsideMultiplier:
    """M_out = 1 + (default cost + fire-sale loss + belief loss) / initial shock, all USD; 1 without frictions however large M_gross is."""
    if not shock > 0:
        raise InputError(problem("bad_option", subject="shock", value=shock, expected="above 0", hint="USD lost at the start"))
    parts = default_cost / shock, fire_sale / shock, belief / shock
    return OutsideMultiplier(1.0 + sum(parts), *parts)


@dataclass(frozen=True, slots=True)
class Superadditivity:
    """Loss of two shocks together over the sum of their losses alone."""

    ratio: float | None
    """X: 1 in a linear model, above 1 when buffers break; infinite where neither shock alone does harm; None where none does."""
    reason: str
    """Why there is no ratio."""


def superadditivity(*, together: float, first: float, second: float) -> Superadditivity:
    """X = L(s1 + s2) / (L(s1) + L(s2)) of one holder class, or in total. Losses in USD, at or above 0."""
    alone = first + second
    if alone > 0:
        return Superadditivity(together / alone, "")
    return Superadditivity(float("inf"), "") if together > 0 else Superadditivity(None, "no loss, alone or together")


def loop_gain(*, decay_supplier: float, decay_customer: float, purchases: float, multiple: float, put_back: float) -> tuple[float, bool]:
    """Top eigenvalue of supplier and customer reservoirs, and whether the pair grows: a b r > dX dY.

    Model: X' = (1 - dX) X + a Y, Y' = (1 - dY) Y + b r X; decays in (0, 1), a purchases per unit of Y, b value multiple, r share put back.
    """
    for name, value in (("decay_supplier", decay_supplier), ("decay_customer", decay_customer)):
        if not 0.0 < value < 1.0:
            raise InputError(
                problem("bad_option", subject=name, value=value, expected="between 0 and 1", hint="share that fades each period")
            )
    gain = purchases * multiple * put_back
    top = 1.0 - (decay_supplier + decay_customer) / 2.0 + np.sqrt(((decay_supplier - decay_customer) / 2.0) ** 2 + gain)
    return float(top), gain > decay_supplier * decay_customer


def critical_links(effect: ArrayLike) -> Floats:
    """Radius saved by removing each link, [from, to]: rho(W) - rho(W without it), at or above 0; 0 where there is no link."""
    web = square(effect, "effect")[0]
    saved = np.zeros_like(web)
    whole = spectral_radius(web)
    for i, j in np.argwhere(web > 0):
        without = web.copy()
        without[i, j] = 0.0
        saved[i, j] = max(0.0, whole - spectral_radius(without))
    return saved
