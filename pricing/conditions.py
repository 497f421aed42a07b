"""The interpreter of the condition language: whole arrays of paths in, the day on which a condition holds out.

A leg's raw truth is an array [day, path]. `latched` legs are accumulated, `simultaneous` legs stand as they are, an `at_date` leg is
tested once, on the first day on which all other legs of its `all` hold. `pricing.verdict_table` prints, for one path, what was compared.
"""

from __future__ import annotations

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
    EventHappened,
    Group,
    Leg,
    MarketCap,
    MilestoneReached,
    PriceLeg,
    PriceTarget,
    RatioTest,
    RelativePerformance,
    Sequence,
    keys_of,
)
from instruments.ground.errors import InputError, PricingError
from instruments.ground.messages import problem
from instruments.observations import DaysOut, Mean, Touch, Vwap
from pricing.paths.world import World

Truth = NDArray[np.bool_]
Array = NDArray[np.float64]
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
    """A world as conditions see it: what parties, share counts and base prices are, and what had come true before the first day."""

    world: World
    credit_of: Mapping[str, str] = field(default_factory=dict)
    """Party id to credit key."""
    latched: frozenset[str] = frozenset()
    """Paths of legs that are true from the start."""
    lapsed: frozenset[str] = frozenset()
    """Paths of legs that can come true no more."""
    counts: Mapping[str, float] = field(default_factory=dict)
    """Share key to shares outstanding."""
    spots: Mapping[str, float] = field(default_factory=dict)
    """Share key to the price at the market's date."""
    events: Mapping[tuple[str, str], Days] = field(default_factory=dict)
    """(kind of event, party) to the day on which it happens [path]; defaults are the world's."""


def vesting_day(condition: Leg | Group, watch: Watch, path: str = "") -> Days:
    """First day on which a condition holds [path]; the number of days where it never does.

    Raises:
        PricingError: the condition needs something the paths do not have.
    """
    found = _latched_day(condition, watch, path)
    return _first(_counts(condition, watch, path)) if found is None else found


def _latched_day(condition: Leg | Group, watch: Watch, path: str) -> Days | None:
    """First day by comparing days, without an array of truths by day; None where legs do not simply stay true.

    An `all` of latched legs comes true with its last leg, an `any` with its first: a ladder of hundreds of tranches costs a few numbers.
    """
    if isinstance(condition, Sequence):
        return None
    if isinstance(condition, AllOf | AnyOf):
        if any(leg.meet != "latched" for leg in condition.legs):
            return None
        days = [_latched_day(leg, watch, f"{path}.legs.{index}".removeprefix(".")) for index, leg in enumerate(condition.legs)]
        if any(found is None for found in days):
            return None
        joined = np.maximum if isinstance(condition, AllOf) else np.minimum
        return joined.reduce([found for found in days if found is not None])
    if path not in watch.latched and path not in watch.lapsed:
        if isinstance(condition, MilestoneReached):
            return watch.world.reached[f"milestone:{condition.milestone}"][level_index(watch.world, condition)]
        if isinstance(condition, DateReached):
            return np.full(paths_of(watch.world), int(np.searchsorted(watch.world.grid.ordinals, condition.on.toordinal())), dtype=np.int64)
        if isinstance(condition, EventHappened):
            return event_day(condition, watch)
    return _first(leg_truth(condition, watch, path))


def paths_of(world: World) -> int:
    """Number of paths of a world."""
    tables = (world.closes, world.reached, world.defaulted)
    return next((next(iter(table.values())).shape[-1] for table in tables if table), 1)


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
    shape = (world.grid.size, paths_of(world))
    if path in watch.latched or path in watch.lapsed:
        return np.full(shape, path in watch.latched)
    if isinstance(leg, PriceTarget | MarketCap | RelativePerformance):
        return _price_truth(leg, watch)
    if isinstance(leg, MilestoneReached):
        days = world.reached[f"milestone:{leg.milestone}"][level_index(world, leg)]
        return np.arange(world.grid.size)[:, None] >= days
    if isinstance(leg, DateReached):
        return np.broadcast_to((world.grid.ordinals >= leg.on.toordinal())[:, None], shape)
    if isinstance(leg, EventHappened):
        return np.broadcast_to(np.arange(shape[0])[:, None] >= event_day(leg, watch), shape)
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


def observed(leg: PriceLeg, watch: Watch) -> Array:
    """What a price leg compares with its target [day, path]; NaN before an averaging window is full."""
    if isinstance(leg.observation, Touch):
        world = watch.world
        return (world.highs if leg.at_least is not None else world.lows)[leg.of] * _count(leg, watch)
    if isinstance(leg.observation, Mean | Vwap):
        return _window_means(*_quantity(leg, watch), leg.observation)
    return _quantity(leg, watch)[0]


def _quantity(leg: PriceLeg, watch: Watch) -> tuple[Array, Array | None]:
    """What a leg looks at on each day [day, path], and on the days before the first [day], oldest first: price, capitalisation, ratio."""
    world = watch.world
    if not isinstance(leg, RelativePerformance):
        count, past = _count(leg, watch), world.history.get(leg.of)
        return world.closes[leg.of] * count, None if past is None else past * count
    base = {key: leg.base_usd.get(key, watch.spots.get(key, np.nan)) for key in keys_of(leg)}
    others = np.mean([world.closes[key] / base[key] for key in leg.against], axis=0)
    return world.closes[leg.of] / base[leg.of] / others, _past_ratio(leg, watch, base)


def _past_ratio(leg: RelativePerformance, watch: Watch, base: Mapping[str, float]) -> Array | None:
    """The ratio before the first day, as far back as every price is known."""
    history = watch.world.history
    days = min((history[key].size if key in history else 0) for key in keys_of(leg))
    if not days:
        return None
    return history[leg.of][-days:] / base[leg.of] / np.mean([history[key][-days:] / base[key] for key in leg.against], axis=0)


def _count(leg: PriceLeg, watch: Watch) -> float:
    """Shares by which a price is multiplied before it is compared: 1 but for a capitalisation."""
    if not isinstance(leg, MarketCap):
        return 1.0
    found = leg.share_count or watch.counts.get(leg.of)
    if found is None:
        why = f"a test of market capitalisation needs a share count, and the market has none for {leg.of}"
        raise PricingError(
            problem(
                "unsupported", subject=leg.of, field="share_count", why=why, remedy="give shares_outstanding there, or share_count here"
            )
        )
    return found


def _window_means(values: Array, history: Array | None, rule: Mean | Vwap) -> Array:
    """Mean of the last `days` values, weighted as the rule says [day, path]; NaN before the window is full."""
    before = np.zeros(0) if history is None else history[-rule.days :]
    run = np.vstack([np.broadcast_to(before[:, None], (before.size, values.shape[1])), values])
    full = (np.arange(values.shape[0]) + before.size + 1 >= rule.days)[:, None]
    if isinstance(rule, Vwap) and rule.volumes:
        weights = np.array(rule.volumes) / sum(rule.volumes)
        means = np.zeros(values.shape)
        for age, weight in enumerate(weights[::-1]):
            # the value of `age` days before each day; what lies before the record only reaches days whose window is not full
            source = np.clip(np.arange(values.shape[0]) + before.size - age, 0, None)
            means += weight * run[source]
        return np.where(full, means, np.nan)
    return np.where(full, _window_sums(values, history, rule.days) / rule.days, np.nan)


def _window_sums(values: Array, history: Array | None, days: int) -> Array:
    """Sum of the last `days` values on each day, of fewer where there are no more [day, path]."""
    before = np.zeros(0) if history is None else history[-days:]
    run = np.cumsum(
        np.vstack([np.zeros((1, values.shape[1])), np.broadcast_to(before[:, None], (before.size, values.shape[1])), values]), axis=0
    )
    ends = np.arange(values.shape[0]) + before.size + 1
    return run[ends] - run[np.maximum(ends - days, 0)]


def _price_truth(leg: PriceLeg, watch: Watch) -> Truth:
    if isinstance(leg.observation, DaysOut):
        return window_hits(leg, watch, leg.observation.days) >= leg.observation.hits
    return _meets(leg, observed(leg, watch))


def window_hits(leg: PriceLeg, watch: Watch, days: int) -> Array:
    """How many of the last `days` closes meet the target [day, path]: whole numbers."""
    values, history = _quantity(leg, watch)
    past = None if history is None else _meets(leg, history).astype(np.float64)
    return _window_sums(_meets(leg, values).astype(np.float64), past, days)


def _meets(leg: PriceLeg, prices: Array) -> Truth:
    upper = leg.at_least is not None
    target = np.float64(leg.at_least if upper else leg.at_most)
    with np.errstate(invalid="ignore"):
        return np.greater_equal(prices, target) if upper else np.less_equal(prices, target)


def event_day(leg: EventHappened, watch: Watch) -> Days:
    """Day of an event [path]. Raises PricingError where neither credits nor the market's events know it."""
    credit = watch.credit_of.get(leg.party)
    if leg.event == "default" and credit in watch.world.defaulted:
        return watch.world.defaulted[str(credit)]
    if (leg.event, leg.party) in watch.events:
        return watch.events[leg.event, leg.party]
    how = "give the party a credit in deal and market" if leg.event == "default" else f"add events.{leg.event}:{leg.party} to the market"
    why = f"the paths hold no {leg.event} of {leg.party}"
    raise PricingError(problem("unsupported", subject=leg.party, field=leg.event, why=why, remedy=how))


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
