"""Counting a borrowing base: what is eligible, what exceeds a concentration limit, what may be drawn; on whole arrays of paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.contracts.borrowing_base import BorrowingBase, ConcentrationLimit
from pricing.schedules.types import Bools, Floats


@dataclass(frozen=True)
class BaseCount:
    """One counting; USD, [asset, path] and [path]."""

    eligible: Floats
    """Eligible value, before limits."""
    counted: Floats
    """And within them."""
    base: Floats
    """Advance rates x counted value, less reserves, at or above 0."""
    available: Floats
    """The lesser of commitment and base."""


def count_base(terms: BorrowingBase, values: Floats, alive: Bools, month: int) -> BaseCount:
    """Count a base.

    **Model** eligible: the obligor is alive, the asset is not too old. Each limit is a share of all eligible value before limits; what a
    kind has above it is taken off its assets in proportion, one limit after the other.

    Args:
        terms: the revolver. values: of the assets [asset, path]. alive: whether their obligors are [asset, path].
        month: months since the deal's date, for the ages.
    """
    classes = {each.label: each for each in terms.classes}
    rates = np.array([classes[asset.asset_class].advance_rate for asset in terms.assets])
    young = np.array([_young(classes[asset.asset_class].most_age_months, asset.age_months + month) for asset in terms.assets])
    eligible = np.where(alive & young[:, None], values, 0.0)
    total, counted = eligible.sum(axis=0), eligible
    for limit in terms.limits:
        for members in kinds_of(terms, limit):
            held = counted[members].sum(axis=0)
            room = limit.most * total
            share = np.where(held > room, room / np.where(held > 0.0, held, 1.0), 1.0)
            counted = np.where(members[:, None], counted * share, counted)
    base = np.maximum(np.einsum("a,ap->p", rates, counted) - terms.reserves_usd, 0.0)
    return BaseCount(eligible, counted, base, np.minimum(base, terms.commitment_usd))


def _young(most: int | None, age: int) -> bool:
    return most is None or age <= most


def kinds_of(terms: BorrowingBase, limit: ConcentrationLimit) -> list[Bools]:
    """Which assets count together under a limit, one mask [asset] for each kind."""
    if limit.by == "sub_investment_grade":
        return [np.array([not asset.investment_grade for asset in terms.assets])]
    names = [asset.obligor if limit.by == "obligor" else asset.group for asset in terms.assets]
    kinds = dict.fromkeys(name for name in names if name is not None and limit.only in (None, name))
    return [np.array([name == kind for name in names]) for kind in kinds]
