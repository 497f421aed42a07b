"""The interpreter of the condition language: whole arrays of paths in, the day on which a condition holds out.

A leg's raw truth is an array [day, path]. `latched` legs are accumulated, `simultaneous` legs stand as they are, an `at_date` leg is
tested once, on the first day on which all other legs of its `all` hold. `verdicts` prints, for one path, what was compared.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import (
    AllOf,
    AnyOf,
    Custom,
    DateReached,
    DaysOut,
    EventHappened,
    Group,
    Leg,
    Mean,
    MilestoneReached,
    PriceTarget,
    RatioTest,
    Sequence,
    Touch,
    legs_of,
)
from instruments.ground.errors import InputError, PricingError
from instruments.ground.messages import problem
from pricing.paths.world import World

Truth = NDArray[np.bool_]
Days = NDArray[np.int64]
ConditionFunction = Callable[[World, Mapping[str, Any]], Truth]
"""A user's own condition: (world, arguments) to truth [day, path]."""

_custom: dict[str, ConditionFunction] = {}


def register_condition(name: str, function: ConditionFunction) -> None:
    """Register a condition of your own, used in terms as `Custom(name=...)`.

    Args:
        name: the name; it must be free.
        function: (world, arguments) to a boolean array [day, path]. It must not depend on anything but its arguments, or results stop
            being repeatable.

    Raises:
        InputError: the name is taken.
    """
    if name in _custom:
        raise InputError(problem("broken_rule", subject="condition", value=name, rule="the name is taken", remedy="choose another name"))
    _custom[name] = function


def unregister_condition(name: str) -> None:
    """Forget a registered condition: for tests and notebooks."""
    _custom.pop(name, None)


@dataclass(frozen=True)
class Watch:
    """A world as conditions see it: with credit keys of parties, and legs that had come true before the first day."""

    world: World
    credit_of: Mapping[str, str] = field(default_factory=dict)
    """Party id to credit key."""
    latched: frozenset[str] = frozenset()
    """Paths of legs that are true from the start."""


def vesting_day(condition: Leg | Group, watch: Watch, path: str = "") -> Days:
    """First day on which a condition holds [path]; the number of days where it never does.

    Raises:
        PricingError: the condition needs something the paths do not have.
    """
    return _first(_counts(condition, watch, path))


def _first(truth: Truth) -> Days:
    return np.where(truth.any(axis=0), truth.argmax(axis=0), truth.shape[0]).astype(np.int64)


def _counts(condition: Leg | Group, watch: Watch, path: str) -> Truth:
    """Truth of a condition by day as its parent counts it (an `at_date` leg: raw)."""
    truth = _group(condition, watch, path) if isinstance(condition, AllOf | AnyOf | Sequence) else leg_truth(condition, watch, path)
    return np.logical_or.accumulate(truth, axis=0) if condition.meet == "latched" else truth


def _group(group: Group, watch: Watch, path: str) -> Truth:
    paths = [f"{path}.legs.{index}".removeprefix(".") for index in range(len(group.legs))]
    truths = [_counts(leg, watch, where) for leg, where in zip(group.legs, paths, strict=True)]
    if isinstance(group, AnyOf):
        return np.logical_or.reduce(truths)
    if isinstance(group, Sequence):
        return _in_order(truths)
    leading = [truth for leg, truth in zip(group.legs, truths, strict=True) if leg.meet != "at_date"]
    together = np.logical_and.reduce(leading)
    day = _first(together)
    for leg, truth in zip(group.legs, truths, strict=True):
        if leg.meet == "at_date":
            tested = np.minimum(day, truth.shape[0] - 1)
            passed = np.take_along_axis(truth, tested[None, :], axis=0)[0]
            together = together & passed
    return together


def _in_order(truths: list[Truth]) -> Truth:
    since = np.zeros(truths[0].shape[1], dtype=np.int64)
    days = np.arange(truths[0].shape[0])[:, None]
    for truth in truths:
        since = _first(truth & (days >= since))
    return days >= since


def leg_truth(leg: Leg, watch: Watch, path: str = "") -> Truth:
    """Raw truth of one leg [day, path], before it is latched or tested at a date."""
    world = watch.world
    shape = (world.grid.size, next(iter(world.closes.values())).shape[1]) if world.closes else (world.grid.size, 1)
    if path in watch.latched:
        return np.ones(shape, dtype=bool)
    if isinstance(leg, PriceTarget):
        return _price_truth(leg, world)
    if isinstance(leg, MilestoneReached):
        days = world.reached[f"milestone:{leg.milestone}"][level_index(world, leg)]
        return np.arange(world.grid.size)[:, None] >= days
    if isinstance(leg, DateReached):
        return np.broadcast_to(np.array([date >= leg.on for date in world.grid.dates])[:, None], shape)
    if isinstance(leg, EventHappened):
        return _event_truth(leg, watch, shape)
    if isinstance(leg, Custom):
        return _custom_truth(leg, world, shape)
    if isinstance(leg, RatioTest):
        raise PricingError(
            problem("unsupported", subject=path, field=leg.measure, why="daily share paths hold no ratio", remedy="use it in a loan")
        )
    raise TypeError(f"no interpreter for {type(leg).__name__}")


def level_index(world: World, leg: MilestoneReached) -> int:
    """Index of the first planned level that is at least the leg's: levels between two plan dates count with the later one."""
    levels = world.levels[f"milestone:{leg.milestone}"]
    return next(index for index, level in enumerate(levels) if level >= leg.at_least)


def observed(leg: PriceTarget, world: World) -> NDArray[np.float64]:
    """What a price leg compares with its target [day, path]; NaN before an averaging window is full."""
    closes = world.closes[leg.of]
    if isinstance(leg.observation, Touch):
        return world.highs[leg.of] if leg.at_least is not None else world.lows[leg.of]
    if isinstance(leg.observation, Mean):
        sums, full = _window_sums(closes, world.history.get(leg.of), leg.observation.days)
        return np.where(full[:, None], sums / leg.observation.days, np.nan)
    return closes


def _window_sums(values: NDArray[np.float64], history: NDArray[np.float64] | None, days: int) -> tuple[NDArray[np.float64], Truth]:
    """Sum of the last `days` values on each day [day, path], and on which days the window is full [day]."""
    before = np.zeros(0) if history is None else history[-days:]
    run = np.cumsum(
        np.vstack([np.zeros((1, values.shape[1])), np.broadcast_to(before[:, None], (before.size, values.shape[1])), values]), axis=0
    )
    ends = np.arange(values.shape[0]) + before.size + 1
    return run[ends] - run[np.maximum(ends - days, 0)], ends >= days


def _price_truth(leg: PriceTarget, world: World) -> Truth:
    if isinstance(leg.observation, DaysOut):
        return _hits(leg, world, leg.observation.days) >= leg.observation.hits
    return _meets(leg, observed(leg, world))


def _hits(leg: PriceTarget, world: World, days: int) -> NDArray[np.float64]:
    """How many of the last `days` closes meet the target [day, path]: whole numbers."""
    history = world.history.get(leg.of)
    past = None if history is None else _meets(leg, history).astype(np.float64)
    counts, _ = _window_sums(_meets(leg, world.closes[leg.of]).astype(np.float64), past, days)
    return counts


def _meets(leg: PriceTarget, prices: NDArray[np.float64]) -> Truth:
    upper = leg.at_least is not None
    target = np.float64(leg.at_least if upper else leg.at_most)
    with np.errstate(invalid="ignore"):
        return np.greater_equal(prices, target) if upper else np.less_equal(prices, target)


def _event_truth(leg: EventHappened, watch: Watch, shape: tuple[int, int]) -> Truth:
    credit = watch.credit_of.get(leg.party)
    if leg.event != "default" or credit is None or credit not in watch.world.defaulted:
        why = f"the paths hold no {leg.event} of {leg.party}"
        raise PricingError(
            problem("unsupported", subject=leg.party, field=leg.event, why=why, remedy="give the party a credit in deal and market")
        )
    return np.broadcast_to(np.arange(shape[0])[:, None] >= watch.world.defaulted[credit], shape)


def _custom_truth(leg: Custom, world: World, shape: tuple[int, int]) -> Truth:
    if leg.name not in _custom:
        raise PricingError(problem("unknown_name", subject="condition", value=leg.name, what="registered condition", choices=list(_custom)))
    truth = np.asarray(_custom[leg.name](world, leg.arguments))
    if truth.dtype != np.bool_ or truth.shape != shape:
        found = f"{truth.dtype} array of shape {truth.shape}"
        raise PricingError(
            problem("wrong_type", subject="condition", field=leg.name, value=found, expected=f"a boolean array {shape}", hint="mend it")
        )
    return truth


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one leg compared on one day of one path."""

    date: dt.date
    leg: str
    tested: float
    threshold: float
    holds: bool
    counts: bool


def verdicts(condition: Leg | Group, watch: Watch, path_index: int) -> tuple[Verdict, ...]:
    """For one path, every leg on every day: value tested, threshold, whether it holds, and whether it counts (latched).

    A price leg shows its close, high, low or mean against the target; one of `days_out` the hits in its window against those it needs.
    Legs without a number (dates, events, own conditions) show 1 for true and 0 for false against 1.
    """
    found: list[Verdict] = []
    for where, leg in legs_of(condition):
        raw = leg_truth(leg, watch, where)[:, path_index]
        counts = np.logical_or.accumulate(raw) if leg.meet == "latched" else raw
        tested, threshold = _tested(leg, watch.world, raw, path_index)
        for day, date in enumerate(watch.world.grid.dates):
            found.append(Verdict(date, where, float(tested[day]), threshold, bool(raw[day]), bool(counts[day])))
    return tuple(found)


def _tested(leg: Leg, world: World, raw: Truth, path_index: int) -> tuple[NDArray[np.float64], float]:
    if isinstance(leg, PriceTarget) and isinstance(leg.observation, DaysOut):
        return _hits(leg, world, leg.observation.days)[:, path_index], float(leg.observation.hits)
    if isinstance(leg, PriceTarget):
        return observed(leg, world)[:, path_index], float(leg.at_least if leg.at_least is not None else leg.at_most or 0.0)
    if isinstance(leg, MilestoneReached):
        key = f"milestone:{leg.milestone}"
        days = world.reached[key][:, path_index]
        steps = np.array([0.0, *world.levels[key]])
        return steps[np.count_nonzero(days[None, :] <= np.arange(world.grid.size)[:, None], axis=1)], leg.at_least
    return raw.astype(np.float64), 1.0
