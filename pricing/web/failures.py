"""One failure anywhere: what it stops, and through what it spreads (common factor, contracts, sales), node by node.

`stopped_share` is of flows: the share of each entity's money that has passed through another, and stops with it. `failure_split` is of
balance sheets: every node's business fails in turn; what outsiders lose is split among

- common factor: belief falls with losses (`feedback`) | it does not;
- contracts: stakes, claims, guarantees and trade with the others | all of them with outside money instead;
- sales: prices fall by what is sold | no impact.

A part is a Shapley value over the eight cases (`pricing.risk.shapley`); with the loss of all three off they add up to the loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.flows import FlowTrace
from pricing.clearing.rows import Bools, Floats
from pricing.risk.shapley import shapley_parts
from pricing.web.dates import Run, Sheets, run_dates, shocks_for
from pricing.web.sheets import links_of, without
from pricing.web.sweep import DATES, class_losses

SWITCHES = ("common factor", "contracts", "sales")
"""Ways in which a failure spreads."""


def stopped_share(found: FlowTrace) -> Floats:
    """Share of j's throughflow that has passed through i, and so stops when i pays nobody, [.., i, j]; 1 on the diagonal.

    Model: N*_ij / N_ii: expected passes through i of a dollar now at j, over those of a dollar at i. Nothing comes in i's place.
    """
    returns = np.diagonal(found.passes, axis1=-2, axis2=-1)
    return np.asarray(found.origin / returns[..., :, None])


@dataclass(frozen=True, slots=True)
class FailureSplit:
    """What outsiders lose when each node's business fails, USD, [node that fails]."""

    alone: Floats
    """With nothing to spread through: the business itself and the cost of its default."""
    parts: Mapping[str, Floats]
    """Switch to what it adds."""
    shareholders: Floats
    """Of the whole loss, what outside shareholders bear."""
    lenders: Floats
    """And outside lenders."""
    fails: Bools
    """Who is in default in the end, who would not be without the failure, [node that fails, node]."""

    @property
    def total(self) -> Floats:
        """All outsiders' loss."""
        return self.alone + np.sum(list(self.parts.values()), axis=0)


def failure_split(sheets: Sheets, *, size: float = 1.0, belief: float = 1.0, price: float = 1.0) -> FailureSplit:
    """Losses when each node in turn loses its business, split by what they spread through.

    Args:
        sheets: of the web.
        size: share of the business that is lost, and of outside debt that lenders recall, in (0, 1].
        belief, price: factors on everybody's belief and on traded assets at the same date, 1 is none: part of the common factor.
    """
    if not (0.0 < size <= 1.0 and 0.0 <= belief <= 1.0 and 0.0 < price <= 1.0):
        given = (size, belief, price)
        raise InputError(
            problem("bad_option", subject="failure", value=given, expected="above 0 and at most 1", hint="size, belief, price")
        )
    n = len(sheets.nodes)
    apart = replace(without(sheets, list(links_of(sheets))), cap=np.zeros_like(sheets.cap))

    def run_case(on: frozenset[str]) -> tuple[Sheets, Run, Run]:
        case, common = sheets if "contracts" in on else apart, "common factor" in on
        case = replace(
            case,
            feedback=case.feedback if common else 0.0,
            impact=case.impact if "sales" in on else np.zeros_like(case.impact),
        )
        shocks = shocks_for(
            case,
            dates=DATES,
            business=1.0 - size * np.eye(n),
            recall=size * np.eye(n),
            belief=np.full(n, belief if common else 1.0),
            price=np.full((n, len(case.assets)), price if common else 1.0),
        )
        return case, run_dates(case, shocks), run_dates(case, shocks_for(case, dates=DATES))

    def outsiders(on: frozenset[str]) -> Floats:
        return class_losses(*run_case(on))["all outsiders"]

    case, run, calm = run_case(frozenset(SWITCHES))
    whole = class_losses(case, run, calm)
    fails: NDArray[np.bool_] = run.default[:, -1] & ~calm.default[:, -1]
    parts = shapley_parts(SWITCHES, outsiders)
    return FailureSplit(outsiders(frozenset()), parts, whole["shareholders"], whole["lenders"], fails)
