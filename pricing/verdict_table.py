"""What a condition compared on one path: every leg on every day, and the days on which something turned."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from instruments.conditions import Group, Leg, MarketCap, MilestoneReached, PriceTarget, RelativePerformance, legs_of
from instruments.observations import DaysOut
from pricing.conditions import Array, Truth, Watch, leg_truth, observed, window_hits


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one leg compared on one day of one path."""

    date: dt.date
    leg: str
    tested: float
    threshold: float
    holds: bool
    counts: bool


def verdicts(condition: Leg | Group, watch: Watch, path_index: int, *, place: str = "") -> tuple[Verdict, ...]:
    """For one path, every leg on every day: value tested, threshold, whether it holds, and whether it counts (latched).

    A price leg shows its close, high, low, mean, capitalisation or ratio against the target; one of `days_out` the hits in its window
    against those it needs. Legs without a number (dates, events, own conditions) show 1 for true and 0 for false against 1. `place` is
    where the condition stands ('0' for the first tranche): legs that the position has latched or lapsed are found by it.
    """
    found: list[Verdict] = []
    for where, leg in legs_of(condition):
        raw = leg_truth(leg, watch, ".".join(part for part in (place, where) if part))[:, path_index]
        counts = np.logical_or.accumulate(raw) if leg.meet == "latched" else raw
        tested, threshold = _tested(leg, watch, raw, path_index)
        for day, date in enumerate(watch.world.grid.dates):
            found.append(Verdict(date, where, float(tested[day]), threshold, bool(raw[day]), bool(counts[day])))
    return tuple(found)


def turns(listed: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """The verdicts on which a leg turned: its first day, and every day on which it holds or counts otherwise than the day before."""
    kept: list[Verdict] = []
    before: dict[str, tuple[bool, bool]] = {}
    for verdict in listed:
        state = (verdict.holds, verdict.counts)
        if before.get(verdict.leg) != state:
            kept.append(verdict)
        before[verdict.leg] = state
    return tuple(kept)


def _tested(leg: Leg, watch: Watch, raw: Truth, path_index: int) -> tuple[Array, float]:
    world = watch.world
    if isinstance(leg, PriceTarget | MarketCap | RelativePerformance):
        if isinstance(leg.observation, DaysOut):
            return window_hits(leg, watch, leg.observation.days)[:, path_index], float(leg.observation.hits)
        return observed(leg, watch)[:, path_index], float(leg.at_least if leg.at_least is not None else leg.at_most or 0.0)
    if isinstance(leg, MilestoneReached):
        key = f"milestone:{leg.milestone}"
        days = world.reached[key][:, path_index]
        steps = np.array([0.0, *world.levels[key]])
        return steps[np.count_nonzero(days[None, :] <= np.arange(world.grid.size)[:, None], axis=1)], leg.at_least
    return raw.astype(np.float64), 1.0
