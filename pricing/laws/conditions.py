"""Laws of conditions and of what they earn: the interpreter against a plain walk day by day, and what one way of counting says of another.

They look at the first block of a warrant's paths with its share as numeraire, as its price does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curves import Market
from instruments.conditions import AllOf, AnyOf, Group, Leg, Sequence, legs_of
from instruments.deal import Deal
from pricing.conditions import Watch, vesting_day
from pricing.engines.warrant_walk import walk, watch_of
from pricing.laws.law import Law
from pricing.laws.plain_warrants import follows, plain_warrant
from pricing.laws.warrants import has_warrants, warrants, world_of
from pricing.registry import Settings
from pricing.verdict_table import verdicts

FOLLOWED = "warrants without conditions of a user's own, diluted from the day after vesting if at all, exercised at vesting or at expiry"
WALKED = 8
"""Paths that are followed day by day."""
STRIDE = 157
"""They are this many paths apart in the block."""
SHOWN = 16
"""Paths whose table of verdicts is read."""
PAYOFF_ABS = 1e-9
"""Payoffs per share, and top-ups over the floor: logarithms there and back."""


def agrees_day_by_day(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where every tranche vests on the day on which a plain walk along the path says it does."""
    for name in warrants(deal):
        run, world = world_of(deal, market, name, settings.seed)
        if not follows(run.warrant):
            continue
        watch = watch_of(run, world, settings.seed, 0)
        vest = walk(run, watch).vest
        for number in range(0, WALKED * STRIDE, STRIDE):
            plain = plain_warrant(run, watch, number)
            for index, day in enumerate(plain.vest):
                if vest[index, number] != day and not plain.unsure:
                    dates = [*map(str, world.grid.dates), "never"]
                    found, said = dates[vest[index, number]], dates[day]
                    return f"{name}: tranche {index + 1} vests on {found} of path {number}, followed day by day on {said}"
    return None


def pays_by_hand(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where a vested share pays its price less the strike on the day of exercise, and the floor what the package lacks."""
    for name in warrants(deal):
        run, world = world_of(deal, market, name, settings.seed)
        if not follows(run.warrant):
            continue
        watch = watch_of(run, world, settings.seed, 0)
        walked = walk(run, watch)
        for number in range(0, WALKED * STRIDE, STRIDE):
            plain = plain_warrant(run, watch, number)
            if plain.unsure:
                continue
            gap = np.abs(walked.payoff[:, number] - plain.payoff)
            if (gap > PAYOFF_ABS * np.maximum(np.abs(plain.payoff), 1.0)).any():
                index = int(gap.argmax())
                found = f"{walked.payoff[index, number]:.9f} of a share on path {number}, by hand {plain.payoff[index]:.9f}"
                return f"{name}: a share of tranche {index + 1} pays {found}"
            if abs(walked.top_up[number] - plain.top_up) > PAYOFF_ABS * max(plain.top_up, 1.0):
                return f"{name}: the floor tops up {walked.top_up[number]:,.2f} USD on path {number}, by hand {plain.top_up:,.2f}"
    return None


def latched_stays_true(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where the table of verdicts shows every latched leg as counting from its first true day on, others while they are true."""
    for name in warrants(deal):
        run, world = world_of(deal, market, name, settings.seed)
        watch = _narrowed(watch_of(run, world, settings.seed, 0), np.arange(0, SHOWN * STRIDE, STRIDE))
        for index, tranche in enumerate(run.warrant.tranches):
            meets = {where: leg.meet for where, leg in legs_of(tranche.condition)}
            for number in range(SHOWN):
                ever = dict.fromkeys(meets, False)
                for verdict in verdicts(tranche.condition, watch, number, place=str(index)):
                    ever[verdict.leg] |= verdict.holds
                    if verdict.counts != (ever[verdict.leg] if meets[verdict.leg] == "latched" else verdict.holds):
                        where = f"leg {verdict.leg} of tranche {index + 1} on {verdict.date} of path {STRIDE * number}"
                        return f"{name}: {where} counts otherwise than it is met"
    return None


def _narrowed(watch: Watch, paths: NDArray[np.int64]) -> Watch:
    """The same on some paths only: a table of verdicts looks at all that there are."""
    world = watch.world

    def some(table: Mapping[Any, Any]) -> dict[Any, Any]:
        return {key: found[..., paths] for key, found in table.items()}

    cut = replace(
        world,
        closes=some(world.closes),
        highs=some(world.highs),
        lows=some(world.lows),
        reached=some(world.reached),
        defaulted=some(world.defaulted),
        weight=None if world.weight is None else world.weight[paths],
        demand=None if world.demand is None else world.demand[:, paths],
        refinancing_open=None if world.refinancing_open is None else world.refinancing_open[:, paths],
    )
    return replace(watch, world=cut, events=some(watch.events))


def latched_is_never_later(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where a leg that only has to be true once never makes a tranche vest later than one that has to be true on the day."""
    return _never_later(deal, market, settings, _latched, "with every leg latched")


def _latched(condition: Leg | Group) -> Leg | Group:
    if isinstance(condition, AllOf | AnyOf | Sequence):
        condition = condition.evolve(legs=tuple(_latched(leg) for leg in condition.legs))
    return condition.evolve(meet="latched")


def any_order_is_never_later(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where legs that may come in any order never make a tranche vest later than the same legs in order."""
    return _never_later(deal, market, settings, _unordered, "with its sequences in any order")


def _unordered(condition: Leg | Group) -> Leg | Group:
    if not isinstance(condition, AllOf | AnyOf | Sequence):
        return condition
    legs = tuple(_unordered(leg) for leg in condition.legs)
    if isinstance(condition, Sequence):
        return AllOf(legs=tuple(leg.evolve(meet="latched") for leg in legs), meet=condition.meet)
    return condition.evolve(legs=legs)


def _never_later(deal: Deal, market: Market, settings: Settings, change: Callable[[Leg | Group], Leg | Group], words: str) -> str | None:
    for name in warrants(deal):
        run, world = world_of(deal, market, name, settings.seed)
        watch = watch_of(run, world, settings.seed, 0)
        for index, tranche in enumerate(run.warrant.tranches):
            if not _without_test_dates(tranche.condition):
                continue
            first, second = (vesting_day(each, watch, str(index)) for each in (tranche.condition, change(tranche.condition)))
            if (second > first).any():
                return f"{name}: tranche {index + 1} vests later on {int((second > first).sum())} of {first.size} paths {words}"
    return None


def _without_test_dates(condition: Leg | Group) -> bool:
    """No leg that is tested once: its date moves with the others."""
    if condition.meet == "at_date":
        return False
    return all(map(_without_test_dates, condition.legs)) if isinstance(condition, AllOf | AnyOf | Sequence) else True


def _has_sequence(condition: Leg | Group) -> bool:
    if not isinstance(condition, AllOf | AnyOf | Sequence):
        return False
    return isinstance(condition, Sequence) or any(map(_has_sequence, condition.legs))


def _some(deal: Deal, fits: Callable[[Leg | Group], bool]) -> bool:
    return any(fits(tranche.condition) for warrant in warrants(deal).values() for tranche in warrant.every_tranche)


def _followed(deal: Deal) -> bool:
    return any(follows(warrant) for warrant in warrants(deal).values())


LAWS: tuple[Law, ...] = (
    Law(
        "vests_day_by_day",
        "a tranche vests on the day on which a plain walk along the path, from what is known by then, says it does",
        f"{FOLLOWED}; {WALKED} paths of every market tried",
        _followed,
        agrees_day_by_day,
        markets=2,
    ),
    Law(
        "pays_by_hand",
        "a vested share pays its price less the strike on the day of exercise, and a floor what the package lacks on its date",
        f"{FOLLOWED}; {WALKED} paths of every market tried",
        _followed,
        pays_by_hand,
        markets=2,
    ),
    Law(
        "latched_stays_true",
        "a latched leg counts from its first true day on, another while it is true",
        f"warrants, as the table of verdicts shows {SHOWN} paths of every market tried",
        has_warrants,
        latched_stays_true,
        markets=2,
    ),
    Law(
        "latched_is_never_later",
        "a tranche whose legs only have to be true once never vests later than one whose legs have to be true on the day",
        "warrants, tranches without at_date legs; on every path of a block",
        lambda deal: _some(deal, _without_test_dates),
        latched_is_never_later,
        markets=2,
    ),
    Law(
        "any_order_is_never_later",
        "a tranche whose legs may come in any order never vests later than one whose legs come in sequence",
        "warrants with a sequence and without at_date legs; on every path of a block",
        lambda deal: _some(deal, lambda condition: _has_sequence(condition) and _without_test_dates(condition)),
        any_order_is_never_later,
        markets=2,
    ),
)
"""Laws of conditions."""
