"""Wrong-way risk: expected loss with dependence against the same with dependence cut, and where the joint loss comes from.

**Model** a loss is a party's value without any default less its value, on one path (`pricing.risk.party_values`). Dependence is cut by
taking every correlation of a credit out of the market: defaults are then independent of each other and of all prices, at the same survival
curves and forwards, on the same random numbers. ratio = E[loss] / E[loss, cut]. Expected loss is E[PD x LGD] over states; cut, it is
E[PD] E[LGD].

The joint loss is split by three switches, each on or off, eight cases in all:

- common factor: correlations of credits, as quoted | none;
- contracts: every contract of the deal on the same paths, so that one name's default hits all at once | each on paths of its own;
- sales: prices fall by what is sold | no impact (`pricing.risk.switches`).

A residual default of a vehicle (`pricing.engines.facility_default`) is fitted again in every case: whatever is switched, the odds of
the vehicle's default stay those of its curve.

A part is its mean contribution over the six orders in which the switches can be thrown (Shapley 1953); with the loss when all are off, the
parts add up to the loss when all are on. `contracts` is above 0 in the tail where one name's default hits several losers at once, and
below it where a party's gains in one contract meet its losses in another; with a single contract it is 0.

Not modelled: what dependence does to quotes; contagion beyond the contracts of the deal (see `pricing.clearing`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np

from curves import Market
from instruments.deal import Deal
from pricing.paths.residual import DefaultModel
from pricing.registry import Settings
from pricing.risk.party_values import losses_by_party
from pricing.risk.shapley import shapley_parts
from pricing.risk.switches import without_dependence, without_impact
from pricing.schedules.types import Floats

SWITCHES = ("common factor", "contracts", "sales")
TAIL = 0.95
"""Level of the expected shortfall that is shown."""


@dataclass(frozen=True)
class Estimate:
    """A number and its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class WrongWay:
    """Expected loss of one party, or of all together."""

    loss: Estimate
    cut: Estimate
    """With dependence cut."""
    ratio: Estimate | None
    """None where nothing is lost without dependence."""


def mean_of(values: Floats) -> Estimate:
    """Mean over paths."""
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size)))


def shortfall(values: Floats, level: float = TAIL) -> Estimate:
    """Expected shortfall: mean of the largest 1 - `level` of the paths.

    The error is that of the mean of excesses over the quantile, which is taken as known: its own error is of smaller order.
    """
    count = max(round((1.0 - level) * values.size), 1)
    ordered = np.sort(values)
    least = float(ordered[values.size - count])
    excess = np.maximum(values - least, 0.0)
    return Estimate(float(ordered[values.size - count :].mean()), float(excess.std(ddof=1) * np.sqrt(values.size) / count))


def compare(losses: Floats, cut: Floats) -> WrongWay:
    """Expected loss with and without dependence on paths that share their random numbers.

    Args:
        losses, cut: [path] USD.

    Returns:
        Means, and their ratio with its error by the delta method on pairs: std(loss - ratio x cut) / (mean cut x sqrt n).
    """
    first, second = mean_of(losses), mean_of(cut)
    # rounding of two equal values is no loss
    if abs(second.value) <= 1e-12 * float(np.abs(losses).max(initial=0.0)) or second.value == 0.0:
        return WrongWay(first, second, None)
    ratio = first.value / second.value
    spread = mean_of(losses - ratio * cut).error
    return WrongWay(first, second, Estimate(ratio, spread / abs(second.value)))


def wrong_way(deal: Deal, market: Market, settings: Settings, model: DefaultModel = "endogenous") -> dict[str | None, WrongWay]:
    """Expected loss by party with and without dependence; None stands for the joint loss of all parties of the deal."""
    on, off = (losses_by_party(deal, one, settings, model) for one in (market, without_dependence(market)))
    found: dict[str | None, WrongWay] = {None: compare(on.total, off.total)}
    for party in on.parties:
        if party in deal.parties:
            found[party] = compare(on.of(party), off.of(party))
    return found


Case = tuple[bool, bool, bool]
"""Switches in the order of `SWITCHES`: True is on."""


def case_losses(deal: Deal, market: Market, settings: Settings, case: Case, model: DefaultModel = "endogenous") -> Floats:
    """Joint loss on every path with some switches off [path]."""
    common, contracts, sales = case
    on = market if common else without_dependence(market)
    of, at = (deal, on) if sales else without_impact(deal, on)
    return losses_by_party(of, at, settings, model, apart=not contracts).total


def split(losses_of: Callable[[Case], Floats], level: float | None = None) -> dict[str, Estimate]:
    """The parts of a joint loss: 'alone' with all switches off, then each switch (Shapley).

    Args:
        losses_of: joint loss [path] of a case; all cases share their paths.
        level: None splits the mean, else the expected shortfall at that level.

    Returns:
        Part to value and error. The values add up to the loss with all switches on.
    """

    @cache
    def found(on: frozenset[str]) -> Floats:
        common, contracts, sales = (name in on for name in SWITCHES)
        return _influence(losses_of((common, contracts, sales)), level)

    alone = found(frozenset())
    parts = shapley_parts(SWITCHES, found)
    return {"alone": mean_of(alone)} | {name: mean_of(part) for name, part in parts.items()}


def _influence(losses: Floats, level: float | None) -> Floats:
    """Numbers whose mean is the measure, and whose spread is its error [path]: q + (L - q)^+ / (1 - level) for a shortfall."""
    if level is None:
        return losses
    count = max(round((1.0 - level) * losses.size), 1)
    least = float(np.sort(losses)[losses.size - count])
    found: Floats = least + np.maximum(losses - least, 0.0) * (losses.size / count)
    return found


def decomposition(
    deal: Deal, market: Market, settings: Settings, level: float | None = None, model: DefaultModel = "endogenous"
) -> dict[str, Estimate]:
    """`split` of the joint loss of a deal: eight cases, each rolled with and without defaults."""
    return split(lambda case: case_losses(deal, market, settings, case, model), level)


def two_state_losses(weights: Floats, default_odds: Floats, loss_given_default: Floats) -> tuple[float, float, float]:
    """Expected loss over states, as if default and loss were independent, and the ratio: the definition in numbers.

    Args:
        weights: of the states, summing to one [state]. default_odds, loss_given_default: in each state [state].

    Returns:
        E[PD x LGD], E[PD] E[LGD], their ratio.
    """
    joint = float(np.sum(weights * default_odds * loss_given_default))
    apart = float(np.sum(weights * default_odds)) * float(np.sum(weights * loss_given_default))
    return joint, apart, joint / apart
