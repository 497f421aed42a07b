"""A scenario as data: moves of the market, which `apply` uses, and events, which a simulation reads."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from curves.market import Market
from curves.scenarios.replay import PathPoint, replay, with_moves
from instruments.events import Delay, EarlyLaunch, Event, LateAcceptance, LateStart, RefinancingShut, Withdrawal
from instruments.ground.base import Many, Terms
from instruments.ground.provenance import Basis
from instruments.ground.units import Number

MoveKind = Literal["shift", "scale", "set"]
"""Add the amount, multiply by it, or put it in place."""
Happening = Annotated[Event | Delay | LateAcceptance | LateStart | Withdrawal | RefinancingShut | EarlyLaunch, Field(discriminator="kind")]
"""An event that a simulation reads."""


class Move(Terms):
    """One move of the market."""

    key: Annotated[str, Field(min_length=1)]
    """Market key (`equity:AMD`) or pair of a listed correlation (`equity:AMD|milestone:deliveries`)."""
    field: str = ""
    """Which quote: `spot_usd`, `volatility`, a tenor; empty means the whole curve of a rate or credit, or the correlation."""
    kind: MoveKind
    """How it moves."""
    amount: Number
    """Decimals, never basis points or percent: 0.01 is 100 bp or one point of volatility; dollars for `spot_usd` when set or shifted."""


class Step(Terms):
    """What moves on a later date."""

    on: dt.date
    """When: after the market's own date and after the step before."""
    moves: Annotated[Many[Move], Field(min_length=1)]
    """Made in this order, on the market as the steps before left it."""


class Scenario(Terms):
    """What if: moves and events under one label. The empty scenario is the base case."""

    label: Annotated[str, Field(min_length=1, max_length=200)]
    """Name in tables."""
    why: str = ""
    """What it stands for."""
    source: str = ""
    """Where its size comes from; empty for a stated shock that forecasts nothing."""
    basis: Basis | None = None
    """How good that source is; null is not said."""
    moves: Many[Move] = ()
    """Made in this order."""
    steps: Many[Step] = ()
    """A path over time: moves on later dates, in order; `replay` gives the market on each. `apply` is today and leaves them out."""
    events: Many[Happening] = ()
    """Defaults, delays, withdrawals, an early launch: read with the deal, by the simulation or on the way to it."""

    def apply(self, market: Market) -> Market:
        """The market after the moves; events are left to the simulation.

        Model: see `curves.scenarios.moves`. A move changes what it names and nothing else: no leverage effect, no spill-over. Ranges
        and provenance of a moved quote stay those of the base. A name that stands on a proxy moves with the proxy.

        Raises:
            MarketError: the market has no such key or pair, or moved correlations contradict each other.
            InputError: no such field, or a moved quote is out of range (a spread below 0): refused, never cut off.
        """
        return with_moves(market, self.moves)

    def replay(self, market: Market) -> tuple[PathPoint, ...]:
        """Today after the moves, then the market on the date of each step. Raises as `curves.scenarios.replay`."""
        return replay(self, market)

    def then(self, other: Scenario, *, label: str = "") -> Scenario:
        """One scenario after another: moves, steps (by date) and events of both; a new label, or both labels joined."""
        return Scenario(
            label=label or f"{self.label}, then {other.label}",
            why="; ".join(part for part in (self.why, other.why) if part),
            source="; ".join(part for part in (self.source, other.source) if part),
            moves=self.moves + other.moves,
            steps=_joined(self.steps, other.steps),
            events=self.events + other.events,
        )


def _joined(first: tuple[Step, ...], second: tuple[Step, ...]) -> tuple[Step, ...]:
    """Steps of both by date; on a common date the first one's moves come first."""
    dates = sorted({step.on for step in first + second})
    by_date = [(on, tuple(move for step in first + second if step.on == on for move in step.moves)) for on in dates]
    return tuple(Step(on=on, moves=moves) for on, moves in by_date)
