"""A warrant on one path, day by day, in plain Python: the second opinion of the interpreter of conditions and of payoffs.

Nothing is shared with `pricing.conditions` but the world and the terms: every day is decided from what was known by then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Rows
from dataclasses import dataclass, field

import numpy as np

from instruments.conditions import (
    AllOf,
    AnyOf,
    Custom,
    DateReached,
    EventHappened,
    Group,
    Leg,
    MarketCap,
    MilestoneReached,
    PriceLeg,
    PriceTarget,
    RelativePerformance,
    Sequence,
    keys_of,
    legs_of,
)
from instruments.contracts.warrant import Warrant
from instruments.observations import DaysOut, Mean, Touch, Vwap
from pricing.conditions import Watch, event_day
from pricing.engines.warrant_setup import WarrantRun

NEAR_REL = 1e-9
"""A mean this close to its target may be on either side of it by rounding: such a path is left out."""


@dataclass
class Path:
    """One path as it is known day by day, and what has come true on it."""

    watch: Watch
    number: int
    closes: dict[str, list[float]] = field(default_factory=dict)
    """Closes seen so far by key, those before the first day in front."""
    highs: dict[str, float] = field(default_factory=dict)
    lows: dict[str, float] = field(default_factory=dict)
    """Of the day."""
    true: set[str] = field(default_factory=set)
    """Places of what has latched."""
    tested: dict[str, bool] = field(default_factory=dict)
    """Places of at-date legs to what their one test found."""
    stage: dict[str, int] = field(default_factory=dict)
    """Places of sequences to how many legs have come in order."""
    unsure: bool = False
    """A comparison was within rounding."""

    def come(self, day: int, shares: float, strike_usd: float, diluted: str) -> None:
        """Take in a day: `shares` per share outstanding have been vested before it on the key that is diluted."""
        world = self.watch.world
        if day == 0:
            self.closes = {key: [float(number) for number in world.history.get(key, ())] for key in world.closes}
        for key, table in world.closes.items():
            self.closes[key].append(self._after(float(table[day, self.number]), key, shares, strike_usd, diluted))
        for kept, tables in ((self.highs, world.highs), (self.lows, world.lows)):
            for key, table in tables.items():
                kept[key] = self._after(float(table[day, self.number]), key, shares, strike_usd, diluted)

    @staticmethod
    def _after(price: float, key: str, shares: float, strike_usd: float, diluted: str) -> float:
        if key != diluted or price <= strike_usd:
            return price
        return (price + shares * strike_usd) / (1.0 + shares)

    def counts(self, condition: Leg | Group, place: str, day: int) -> bool:
        """Whether a condition counts on this day; every day must be asked, in order."""
        now = self._group(condition, place, day) if isinstance(condition, AllOf | AnyOf | Sequence) else self._leg(condition, place, day)
        if condition.meet == "latched":
            if now:
                self.true.add(place)
            return place in self.true
        return now

    def _group(self, group: Group, place: str, day: int) -> bool:
        places = [f"{place}.legs.{index}".removeprefix(".") for index in range(len(group.legs))]
        found = [self.counts(leg, where, day) for leg, where in zip(group.legs, places, strict=True)]
        if isinstance(group, AnyOf):
            return any(found)
        if isinstance(group, Sequence):
            done = self.stage.get(place, 0)
            while done < len(found) and found[done]:
                done += 1
            self.stage[place] = done
            return done == len(found)
        leads = all(one for leg, one in zip(group.legs, found, strict=True) if leg.meet != "at_date")
        if leads and place not in self.tested:
            self.tested[place] = all(one for leg, one in zip(group.legs, found, strict=True) if leg.meet == "at_date")
        return leads and self.tested[place]

    def _leg(self, leg: Leg, place: str, day: int) -> bool:
        world = self.watch.world
        if place in self.watch.latched or place in self.watch.lapsed:
            return place in self.watch.latched
        if isinstance(leg, DateReached):
            return world.grid.dates[day] >= leg.on
        if isinstance(leg, EventHappened):
            return day >= int(event_day(leg, self.watch)[self.number])
        if isinstance(leg, MilestoneReached):
            key = f"milestone:{leg.milestone}"
            reached = [level for level, days in zip(world.levels[key], world.reached[key], strict=True) if int(days[self.number]) <= day]
            return any(level >= leg.at_least for level in reached)
        assert isinstance(leg, PriceTarget | MarketCap | RelativePerformance), "others are not looked at day by day"
        return self._price(leg)

    def _price(self, leg: PriceLeg) -> bool:
        seen = leg.observation
        if isinstance(seen, Touch):
            return self._meets(leg, (self.highs if leg.at_least is not None else self.lows)[leg.of] * self._shares(leg))
        days = seen.days if isinstance(seen, Mean | Vwap | DaysOut) else 1
        known = [self._quantity(leg, age) for age in reversed(range(min(days, min(len(self.closes[key]) for key in keys_of(leg)))))]
        if isinstance(seen, DaysOut):
            return sum(self._meets(leg, one) for one in known) >= seen.hits
        if len(known) < days:
            return False
        if isinstance(seen, Mean | Vwap):
            weights: Rows[float] = seen.volumes if isinstance(seen, Vwap) and seen.volumes else [1.0] * days
            mean = math.fsum(weight * one for weight, one in zip(weights, known, strict=True)) / math.fsum(weights)
            target = leg.at_least if leg.at_least is not None else leg.at_most
            self.unsure |= abs(mean - float(target or 0.0)) <= NEAR_REL * abs(mean)
            return self._meets(leg, mean)
        return self._meets(leg, known[-1])

    def _quantity(self, leg: PriceLeg, age: int) -> float:
        price = self.closes[leg.of][-1 - age]
        if not isinstance(leg, RelativePerformance):
            return price * self._shares(leg)
        grown = [self.closes[key][-1 - age] / self._base(leg, key) for key in leg.against]
        return price / self._base(leg, leg.of) / (sum(grown) / len(grown))

    def _base(self, leg: RelativePerformance, key: str) -> float:
        return leg.base_usd.get(key, self.watch.spots.get(key, math.nan))

    def _shares(self, leg: PriceLeg) -> float:
        return (leg.share_count or self.watch.counts[leg.of]) if isinstance(leg, MarketCap) else 1.0

    @staticmethod
    def _meets(leg: PriceLeg, value: float) -> bool:
        return value >= leg.at_least if leg.at_least is not None else value <= (leg.at_most or 0.0)


@dataclass(frozen=True)
class PlainWarrant:
    """What a warrant did on one path."""

    vest: list[int]
    """Day of vesting by tranche; the number of days where never."""
    payoff: list[float]
    """Of a share of each tranche, in shares of the numeraire."""
    top_up: float
    """Of the floor, discounted, USD."""
    unsure: bool


def follows(warrant: Warrant) -> bool:
    """Whether a warrant can be followed day by day: no condition of a user's own, no price that its own vesting moves on the same day,
    nothing that is worth the better of two.
    """
    own = any(isinstance(leg, Custom) for _, condition in warrant.conditions for _, leg in legs_of(condition))
    return not own and warrant.dilution != "same_day" and warrant.exercise != "best"


def plain_warrant(run: WarrantRun, watch: Watch, number: int) -> PlainWarrant:
    """Follow a warrant along one path of a block."""
    warrant, grid = run.warrant, watch.world.grid
    never = grid.size
    path, vest, seen, ended = Path(watch, number), [never] * len(warrant.tranches), list[float](), never
    floor, owed = warrant.floor, warrant.floor is not None and warrant.floor.condition is None
    floor_day = never if floor is None else min(next((d for d, date in enumerate(grid.dates) if date >= floor.on), never), never - 1)
    top_up = 0.0
    for day in range(never):
        vested = sum(shares for shares, when in zip(run.open_shares, vest, strict=True) if when < day)
        count = run.counts.get(warrant.underlying, math.inf) if warrant.dilution == "after_vesting" else math.inf
        path.come(day, vested / count, warrant.strike_usd, warrant.underlying)
        seen.append(path.closes[warrant.underlying][-1])
        path.unsure |= seen[-1] <= 0.0  # the issuer has failed: a path without weight
        for index, tranche in enumerate(warrant.tranches):
            if path.counts(tranche.condition, str(index), day) and vest[index] == never and ended == never:
                vest[index] = day
        if warrant.forfeiture is not None and path.counts(warrant.forfeiture.when, "forfeiture", day) and ended == never:
            ended = day
        if floor is not None and floor.condition is not None and path.counts(floor.condition, "floor", day) and day <= floor_day:
            owed = True
        if floor is not None and day == floor_day and owed and ended > day:
            held = sum(shares for shares, when in zip(run.open_shares, vest, strict=True) if when <= day)
            worth = held * max(seen[day] - warrant.strike_usd, 0.0)
            top_up = max(floor.amount_usd - worth, 0.0) * watch.world.discount_of(day, number)
    payoff = [_payoff(run, watch, number, index, when, seen, ended) for index, when in enumerate(vest)]
    return PlainWarrant(vest, payoff, top_up, path.unsure)


def _payoff(run: WarrantRun, watch: Watch, number: int, index: int, when: int, seen: list[float], ended: int) -> float:
    """max(S' - K, 0) on the day of exercise over the share itself, less the dividends that its holder has not had."""
    warrant, grid = run.warrant, watch.world.grid
    waits = warrant.exercise == "at_expiry"
    lost = waits and warrant.forfeiture is not None and warrant.forfeiture.takes == "unexercised" and ended < grid.size
    day = grid.size - 1 if waits else when
    own = float(watch.world.closes[warrant.underlying][day, number]) if when < grid.size else 0.0
    if lost or own <= 0.0 or seen[day] <= 0.0:
        return 0.0
    shares = max(seen[day] - warrant.strike_usd, 0.0) / seen[day]
    if warrant.whole_shares and warrant.strike_usd > 0.0:
        shares = math.floor(shares * run.open_shares[index]) / max(float(run.open_shares[index]), 1e-300)
    gone = float(np.exp(-run.drivers.share(warrant.underlying).dividend_yield * grid.times[day]))
    return gone * shares * seen[day] / own
