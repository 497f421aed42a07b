"""A scenario as data: moves of the market, which `apply` uses, and events, which a simulation reads."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from curves.equity.correlation import correlation_matrix
from curves.market import PAIR_MARK, Market
from curves.scenarios.moves import moved_market
from instruments.events import Delay, Event
from instruments.ground.base import Many, Terms

MoveKind = Literal["shift", "scale", "set"]
"""Add the amount, multiply by it, or put it in place."""
Happening = Annotated[Event | Delay, Field(discriminator="kind")]
"""An event that a simulation reads."""


class Move(Terms):
    """One move of the market."""

    key: Annotated[str, Field(min_length=1)]
    """Market key (`equity:AMD`) or pair of a listed correlation (`equity:AMD|milestone:deliveries`)."""
    field: str = ""
    """Which quote: `spot_usd`, `volatility`, a tenor; empty means the whole curve of a rate or credit, or the correlation."""
    kind: MoveKind
    """How it moves."""
    amount: float
    """Decimals, never basis points or percent: 0.01 is 100 bp or one point of volatility; dollars for `spot_usd` when set or shifted."""


class Scenario(Terms):
    """What if: moves and events under one label. The empty scenario is the base case."""

    label: Annotated[str, Field(min_length=1, max_length=200)]
    """Name in tables."""
    why: str = ""
    """What it stands for."""
    source: str = ""
    """Where its size comes from; empty for a stated shock that forecasts nothing."""
    moves: Many[Move] = ()
    """Made in this order."""
    events: Many[Happening] = ()
    """Defaults, cancellations, delays: not part of the market, read by the simulation."""

    def apply(self, market: Market) -> Market:
        """The market after the moves; events are left to the simulation.

        Model: see `curves.scenarios.moves`. A move changes what it names and nothing else: no leverage effect, no spill-over. Ranges
        and provenance of a moved quote stay those of the base. A name that stands on a proxy moves with the proxy.

        Raises:
            MarketError: the market has no such key or pair, or moved correlations contradict each other.
            InputError: no such field, or a moved quote is out of range (a spread below 0): refused, never cut off.
        """
        for move in self.moves:
            market = moved_market(market, move)
        if any(PAIR_MARK in move.key for move in self.moves):
            correlation_matrix(market, sorted({key for pair in market.correlation for key in pair.split(PAIR_MARK)}))
        return market

    def then(self, other: Scenario, *, label: str = "") -> Scenario:
        """One scenario after another: moves and events of both, in that order; a new label, or both labels joined."""
        return Scenario(
            label=label or f"{self.label}, then {other.label}",
            why="; ".join(part for part in (self.why, other.why) if part),
            source="; ".join(part for part in (self.source, other.source) if part),
            moves=self.moves + other.moves,
            events=self.events + other.events,
        )
