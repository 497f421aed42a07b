"""Scenarios over time: the markets along a path, and files that replay them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curves.equity.correlation import correlation_matrix
from curves.market import PAIR_MARK, Market
from curves.scenarios.moves import moved_market
from instruments.ground.errors import InputError
from instruments.ground.messages import problem

if TYPE_CHECKING:
    from curves.scenarios.scenario import Move, Scenario


@dataclass(frozen=True, slots=True)
class PathPoint:
    """The market on one date of a scenario."""

    on: dt.date
    """Date."""
    market: Market
    """The market then: `as_of` is that date, quotes by tenor keep their tenors."""


def with_moves(market: Market, moves: Sequence[Move]) -> Market:
    """The market after moves in their order, its correlations still possible together. Raises as `Scenario.apply`."""
    for move in moves:
        market = moved_market(market, move)
    if any(PAIR_MARK in move.key for move in moves):
        correlation_matrix(market, sorted({key for pair in market.correlation for key in pair.split(PAIR_MARK)}))
    return market


def replay(scenario: Scenario, market: Market) -> tuple[PathPoint, ...]:
    """The markets of a scenario: today after its moves, then after each step in turn.

    Model: steps build on each other. On the date of a step the market is carried there: `as_of` moves, quotes by tenor are read as
    quotes of that date, fixings and launches that are past stay as written. Between steps nothing happens. The same scenario on the same
    market always gives the same markets: nothing is random.

    Args:
        scenario: moves, and steps on later dates.
        market: the base.

    Returns:
        First the market's own date, then one point for each step.

    Raises:
        InputError: a step that is not after the market's date, or a refused quote.
        MarketError: as `Scenario.apply`.
    """
    points = [PathPoint(market.as_of, with_moves(market, scenario.moves))]
    for step in scenario.steps:
        if step.on <= points[-1].on:
            why = f"steps follow each other after {points[-1].on}"
            raise InputError(
                problem("bad_quote", subject="scenario", field="steps.on", value=step.on.isoformat(), why=why, remedy="sort them")
            )
        carried = points[-1].market.evolve(as_of=step.on)
        points.append(PathPoint(step.on, with_moves(carried, step.moves)))
    return tuple(points)
