"""What an edge moves in a period, as an interval: amounts that are not known, and schedules that are not, stay open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.web import Edge, Level, Listed, Once, Period, Spread, Web

DAYS_A_YEAR = 365.25
SETTLED = frozenset({"closed", "outstanding", "issued"})
"""Done: what was paid, or was firm, or was announced, has moved."""
PROMISED = frozenset({"binding", "reported"})
"""Agreed whole."""


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of USD."""

    low: float
    high: float

    @property
    def is_point(self) -> bool:
        """Whether the amount is known."""
        return self.low == self.high

    def times(self, low: float, high: float) -> Span:
        """Times a factor that lies between `low` and `high`, both at or above 0."""
        return Span(self.low * low, self.high * high)


def whole_amount(web: Web, edge_id: str) -> Span:
    """What an edge moves over its whole life.

    Known: the amount paid of an edge that is settled, else its firm amount, else its headline. An edge that is partly closed, cancellable,
    announced or contingent lies between what is paid or firm and its headline. Unknown: the edge's own range, else from 0 to the web's
    `unknown_at_most_usd`.
    """
    edge = web.edges[edge_id]
    moved = max(edge.paid_usd or 0.0, edge.firm_usd or 0.0)
    if edge.status in SETTLED and edge.paid_usd is not None:
        return Span(edge.paid_usd, edge.paid_usd)
    if edge.headline_usd is None:
        if edge.status in SETTLED and edge.firm_usd is not None:
            return Span(edge.firm_usd, edge.firm_usd)
        low, high = edge.range_usd or (0.0, web.unknown_at_most_usd)
        if high is None:
            raise InputError(problem("no_bound", subject=web.id, field=f"edges.{edge_id}.range_usd"))
        return Span(max(low, moved), max(high, moved))
    if edge.status in SETTLED:
        amount = edge.headline_usd if edge.firm_usd is None else edge.firm_usd
        return Span(amount, amount)
    if edge.status in PROMISED:
        return Span(edge.headline_usd, edge.headline_usd)
    return Span(moved, edge.headline_usd)


def share_in(edge: Edge, period: Period) -> tuple[float, float]:
    """Lowest and highest share of an edge's amount that falls into a period."""
    schedule = edge.schedule
    if schedule is None:
        if edge.announced is None:
            return 0.0, 1.0
        schedule = Once(on=edge.announced)
    if isinstance(schedule, Once):
        hit = 1.0 if period.start <= schedule.on < period.end else 0.0
        return hit, hit
    if isinstance(schedule, Level):
        share = _overlap(period, schedule.start, schedule.end) / (schedule.end - schedule.start).days
        return share, share
    if isinstance(schedule, Spread):
        shares = [_spread_share(period, schedule.start, years) for years in _lengths(period, schedule)]
        return min(shares), max(shares)
    total = sum(schedule.amounts_usd.values())
    inside = sum(amount for date, amount in schedule.amounts_usd.items() if period.start <= date < period.end)
    share = inside / total if total > 0 else 0.0
    return share, share


def _overlap(period: Period, start: dt.date, end: dt.date) -> int:
    return max(0, (min(end, period.end) - max(start, period.start)).days)


def _lengths(period: Period, schedule: Spread) -> tuple[float, ...]:
    """The ends of the range, and the length that just fills the period: the share rises up to it and falls beyond."""
    fills = (period.end - schedule.start).days / DAYS_A_YEAR
    low, high = schedule.years
    return (low, high, fills) if low < fills < high else (low, high)


def _spread_share(period: Period, start: dt.date, years: float) -> float:
    days = years * DAYS_A_YEAR
    first, last = (period.start - start).days, (period.end - start).days
    return max(0.0, min(days, last) - max(0.0, first)) / days


def in_period(web: Web, edge_id: str) -> Span:
    """What an edge moves in the web's period, USD."""
    edge = web.edges[edge_id]
    if isinstance(edge.schedule, Listed) and not edge.has_amount:
        total = sum(edge.schedule.amounts_usd.values())
        return Span(total, total).times(*share_in(edge, web.period))
    return whole_amount(web, edge_id).times(*share_in(edge, web.period))
