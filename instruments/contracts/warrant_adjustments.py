"""What a split or a special dividend does to a warrant: more shares, lower strike, lower targets, the same bargain.

**Source** adjustment of share count and strike for splits, dividends and reorganisations is the usual clause (AMD - OpenAI, exhibit 4.1,
section on adjustments). Ordinary dividends are the market's dividend yield, and adjust nothing.
"""

from __future__ import annotations

from typing import Any

from instruments.conditions import AllOf, AnyOf, Group, Leg, MarketCap, PriceTarget, RelativePerformance, Sequence
from instruments.contracts.warrant import Warrant, WarrantPosition
from instruments.ground.errors import InputError
from instruments.ground.messages import problem


def after_split(warrant: Warrant, new_per_old: float) -> Warrant:
    """The warrant after a split: `new_per_old` shares for each old one (0.1 is a reverse split of ten into one).

    Raises:
        InputError: the ratio is not above 0.
    """
    if not 0.0 < new_per_old < 1e6:
        raise _refused("new_per_old", new_per_old, "above 0")
    return _rescaled(warrant, 1.0 / new_per_old, count=new_per_old)


def after_special_dividend(warrant: Warrant, *, dividend_usd: float, close_before_usd: float) -> Warrant:
    """The warrant after a special dividend of so much a share, by the ratio of the prices without and with it.

    Args:
        warrant: as it was.
        dividend_usd: cash a share, at least 0 and below the close.
        close_before_usd: last close with the dividend.

    Raises:
        InputError: the dividend is not below the close.
    """
    if not 0.0 <= dividend_usd < close_before_usd:
        raise _refused("dividend_usd", dividend_usd, f"at least 0 and below the close of {close_before_usd:g}")
    return _rescaled(warrant, 1.0 - dividend_usd / close_before_usd, count=1.0)


def rescaled_position(position: WarrantPosition, price_factor: float) -> WarrantPosition:
    """The position in the new shares: past closes by the factor, exercised shares by its inverse."""
    return position.evolve(
        closes=tuple(close * price_factor for close in position.closes),
        exercised_shares=tuple(shares / price_factor for shares in position.exercised_shares),
    )


def _rescaled(warrant: Warrant, factor: float, *, count: float) -> Warrant:
    """Prices times `factor`, the warrant's shares over it; shares that a condition counts times `count`."""
    changes: dict[str, Any] = {
        "shares": warrant.shares / factor,
        "strike_usd": warrant.strike_usd * factor,
        "tranches": tuple(
            tranche.evolve(shares=tranche.shares / factor, condition=_condition(tranche.condition, warrant.underlying, factor, count))
            for tranche in warrant.tranches
        ),
    }
    if warrant.forfeiture is not None:
        changes["forfeiture"] = warrant.forfeiture.evolve(when=_condition(warrant.forfeiture.when, warrant.underlying, factor, count))
    if warrant.floor is not None and warrant.floor.condition is not None:
        changes["floor"] = warrant.floor.evolve(condition=_condition(warrant.floor.condition, warrant.underlying, factor, count))
    return warrant.evolve(**changes)


def _condition(condition: Leg | Group, share: str, factor: float, count: float) -> Leg | Group:
    if isinstance(condition, AllOf | AnyOf | Sequence):
        return condition.evolve(legs=tuple(_condition(leg, share, factor, count) for leg in condition.legs))
    if isinstance(condition, PriceTarget) and condition.of == share:
        side = "at_least" if condition.at_least is not None else "at_most"
        return condition.evolve(**{side: float(getattr(condition, side)) * factor})
    if isinstance(condition, MarketCap) and condition.of == share and condition.share_count is not None:
        return condition.evolve(share_count=condition.share_count * count)
    if isinstance(condition, RelativePerformance) and share in condition.base_usd:
        return condition.evolve(base_usd={**condition.base_usd, share: condition.base_usd[share] * factor})
    return condition


def _refused(field: str, value: float, expected: str) -> InputError:
    return InputError(problem("bad_option", subject="warrant", field=field, value=value, expected=expected, hint="check the terms"))
