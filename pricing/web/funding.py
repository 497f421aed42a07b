"""What pays for a web's growth, quarter by quarter: members of the web, or outsiders."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from instruments.web import EdgeKind, Perimeter, Period, Web
from pricing.clearing.funding import FundingRegime, funding_regime
from pricing.clearing.rows import Floats
from pricing.web.amounts import share_in, whole_amount

FUNDING: frozenset[EdgeKind] = frozenset({"equity_investment", "loan", "debt", "fund_commitment"})
"""Kinds of edge that put capital into their payee."""


@dataclass(frozen=True, slots=True)
class QuarterlyFunding:
    """Capital put into members of a web. Axes: quarter, low and high end."""

    quarters: tuple[Period, ...]
    inside: Floats
    """USD from members."""
    outside: Floats
    """USD from outsiders."""
    regime: FundingRegime


def quarters_of(first: int, last: int) -> tuple[Period, ...]:
    """Calendar quarters of the years from `first` to `last`, both included."""
    starts = [dt.date(year, month, 1) for year in range(first, last + 1) for month in (1, 4, 7, 10)]
    ends = [*starts[1:], dt.date(last + 1, 1, 1)]
    return tuple(Period(start=start, end=end) for start, end in zip(starts, ends, strict=True))


def funding_by_quarter(
    web: Web, quarters: Sequence[Period], *, perimeter: Perimeter | None = None, up: float = 0.5, down: float = 0.5
) -> QuarterlyFunding:
    """Equity and debt put into members of the web by other members and by outsiders, as intervals, with the regime of each quarter.

    Cash edges of the kinds in `FUNDING` that are current count with their amount and schedule as in `pricing.web.amounts`: an amount that
    is not known stays an interval. Own cash flow is not here: it is on no edge. Up and down as in `funding_regime`.
    """
    into = dict(perimeter.consolidate) if perimeter else {}
    outsiders = {name for name, entity in web.entities.items() if entity.outside is not None} | set(perimeter.outside if perimeter else ())
    inside, outside = np.zeros((2, len(quarters), 2))
    for edge_id, edge in web.edges.items():
        payer, payee = (into.get(name, name) for name in (edge.payer, edge.payee))
        counted = edge.layer == "cash" and edge.kind in FUNDING and edge.is_current and edge.within is None
        if not counted or payee in outsiders or payer == payee:
            continue
        whole = whole_amount(web, edge_id)
        for t, quarter in enumerate(quarters):
            part = whole.times(*share_in(edge, quarter))
            (outside if payer in outsiders else inside)[t] += (part.low, part.high)
    return QuarterlyFunding(tuple(quarters), inside, outside, funding_regime(inside=inside, outside=outside, up=up, down=down))
