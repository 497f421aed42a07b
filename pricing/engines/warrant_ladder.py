"""The fast lane of a warrant: when its tranches form a ladder on one share and one milestone, the compiled step walks them.

A ladder: every tranche is a price leg, a milestone leg, or `all` of one of each; one share, one milestone, one kind of observation (close
or mean) and one way of meeting; targets and levels do not fall from tranche to tranche; nothing has latched yet. Exercised at expiry, a
tranche whose legs are latched may also wait for a date, and a date may end what has not vested.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import AllOf, DateReached, MilestoneReached, PriceTarget
from instruments.observations import Close, Mean
from pricing.engines.warrant_legs import plain_leg
from pricing.engines.warrant_setup import WarrantRun
from pricing.formulas.hurdle import passage_probability
from pricing.kernels.ladder import AT_DATE, LATCHED, MILESTONE_AT_DATE, SIMULTANEOUS, step_ladder
from pricing.measures import Probability
from pricing.paths.draws import Draws
from pricing.paths.shares import Share, real_world_carry
from pricing.paths.streams import BLOCK
from pricing.paths.world import cancellation_day

Array = NDArray[np.float64]
MOST_CONTROLLED = 16
"""Tranches that have controls of their own."""
CHUNK = 32
"""Days drawn at a time: the draws of a chunk stay in the processor's cache."""


@dataclass(frozen=True)
class Ladder:
    """The tranches as arrays."""

    log_target: Array
    needed_level: NDArray[np.int64]
    meet: int
    window: int
    earliest: NDArray[np.int64]
    """First day on which a tranche can vest [tranche]: 0 but for those that wait for a date."""
    last: int
    """Last day of vesting; the number of days where no date ends it."""

    def vested(self, vest: NDArray[np.int64], never: int) -> NDArray[np.int64]:
        """Days of vesting with the dates applied [tranche, path]."""
        waited = np.where(vest < never, np.maximum(vest, self.earliest[:, None]), never)
        return np.where(waited <= self.last, waited, never)


@dataclass(frozen=True)
class LadderBlock:
    """One block of results."""

    vest: NDArray[np.int64]
    """Day of vesting [tranche, path]; number of days where never."""
    vest_log_price: Array
    """ln S on that day [tranche, path]."""
    last_log_price: Array
    """ln S at expiry [path]."""
    controls: Array
    """[control, path]: odds of touch given the closes, independent delivery, and both, by tranche or pooled; empty without controls."""


class _Steps(NamedTuple):
    """Drift and standard deviation over each step [day], in the order of the compiled step's arguments."""

    share_drift: Array
    share_vol: Array
    control_shift: Array
    clock_drift: Array
    clock_vol: Array
    credit_drift: Array
    credit_vol: Array


class _State(NamedTuple):
    """What the compiled step changes in place, in the order of its arguments."""

    log_price: Array
    watched: Array
    clock: Array
    free_clock: Array
    credit: Array
    stop: NDArray[np.int64]
    level: NDArray[np.int64]
    free_level: NDArray[np.int64]
    touched: NDArray[np.int64]
    untouched_odds: Array
    best: Array
    window_sum: Array
    window_ring: Array
    next_tranche: NDArray[np.int64]
    next_target: Array
    vest: NDArray[np.int64]
    vest_log_price: Array


def _start(spot: float, stop: NDArray[np.int64], never: int, compared: Array, window: int) -> _State:
    tranches = len(compared)

    def count() -> NDArray[np.int64]:
        return np.zeros(BLOCK, dtype=np.int64)

    return _State(
        log_price=np.full(BLOCK, np.log(spot)),
        watched=np.full(BLOCK, np.log(spot)),
        clock=np.zeros(BLOCK),
        free_clock=np.zeros(BLOCK),
        credit=np.ones(BLOCK),
        stop=stop.copy(),
        level=count(),
        free_level=count(),
        touched=count(),
        untouched_odds=np.ones((tranches, BLOCK)),
        best=np.full(BLOCK, -np.inf),
        window_sum=np.zeros(BLOCK),
        window_ring=np.zeros((window, BLOCK)),
        next_tranche=count(),
        next_target=np.full(BLOCK, compared[0]),
        vest=np.full((tranches, BLOCK), never, dtype=np.int64),
        vest_log_price=np.zeros((tranches, BLOCK)),
    )


def as_ladder(run: WarrantRun) -> Ladder | None:
    """The warrant as a ladder, or None where its conditions need the general interpreter."""
    drivers = run.drivers
    if len(drivers.shares) != 1 or len(drivers.clocks) > 1 or len(drivers.credits) > 1 or run.position.latched or run.history:
        return None
    last = _last_day(run)
    if last is None:
        return None
    if drivers.belief is not None or drivers.shares[0].smile is not None or drivers.issuers or drivers.rate is not None:
        return None
    clock = drivers.clocks[0] if drivers.clocks else None
    if clock is not None and bool((clock.planned <= 0.0).any()):
        return None
    if drivers.credits and (clock is None or clock.buyer is None):
        return None
    targets: list[float] = []
    levels: list[int] = []
    earliest: list[int] = []
    shapes: set[tuple[int, int]] = set()
    for tranche in run.warrant.tranches:
        every = tranche.condition.legs if isinstance(tranche.condition, AllOf) else (tranche.condition,)
        legs = [leg for leg in (plain_leg(one, run) for one in every) if leg is not None]
        dates = [leg for leg in legs if isinstance(leg, DateReached)]
        if dates and (run.warrant.exercise != "at_expiry" or any(leg.meet != "latched" for leg in legs)):
            return None
        legs = [leg for leg in legs if leg not in dates]
        earliest.append(max((int(np.searchsorted(drivers.grid.ordinals, leg.on.toordinal())) for leg in dates), default=0))
        prices = [leg for leg in legs if isinstance(leg, PriceTarget)]
        stones = [leg for leg in legs if isinstance(leg, MilestoneReached)]
        if len(prices) + len(stones) != len(legs) or len(prices) > 1 or len(stones) > 1:
            return None
        meet, window = LATCHED, 1
        if prices:
            price = prices[0]
            if (
                price.of != drivers.shares[0].key
                or price.at_least is None
                or not isinstance(price.observation, Close | Mean)
                or (price.meet == "at_date" and not stones)
            ):
                return None
            window = price.observation.days if isinstance(price.observation, Mean) else 1
            meet = {"latched": LATCHED, "simultaneous": SIMULTANEOUS, "at_date": AT_DATE}[price.meet]
            if stones and stones[0].meet == "at_date":
                meet = MILESTONE_AT_DATE
            shapes.add((meet, window))
            targets.append(float(np.log(price.at_least)))
        else:
            targets.append(-np.inf)
        if stones:
            levels.append(next(i for i, level in enumerate(clock.levels) if level >= stones[0].at_least) if clock is not None else -1)
        else:
            levels.append(-1)
    rising = all(b >= a for a, b in pairwise(targets)) and all(b >= a for a, b in pairwise(levels))
    both = all(level >= 0 for level in levels) and all(np.isfinite(target) for target in targets)
    if not rising or len(shapes) > 1:
        return None
    meet, window = next(iter(shapes), (LATCHED, 1))
    if meet > SIMULTANEOUS and not both:
        return None
    return Ladder(np.array(targets), np.array(levels, dtype=np.int64), meet, window, np.array(earliest, dtype=np.int64), last)


def _last_day(run: WarrantRun) -> int | None:
    """Last day of vesting; None where the compiled step cannot tell what ends the warrant, or what is owed beside its shares."""
    warrant, grid = run.warrant, run.drivers.grid
    if run.is_plain:
        return grid.size
    if warrant.floor is not None or warrant.dilution != "in_spot" or run.position.lapsed or warrant.forfeiture is None:
        return None
    when = warrant.forfeiture.when
    if not isinstance(when, DateReached) or warrant.forfeiture.takes != "unvested" or warrant.exercise != "at_expiry":
        return None
    return int(np.searchsorted(grid.ordinals, when.on.toordinal()))


def _carry(share: Share, run: WarrantRun, probability: Probability) -> Array:
    return real_world_carry(share, run.drivers.grid) if probability == "real_world" else share.carry


def _steps(run: WarrantRun, probability: Probability) -> _Steps:
    drivers, grid, none = run.drivers, run.drivers.grid, np.zeros(1)
    share = drivers.shares[0]
    clock = drivers.clocks[0] if drivers.clocks else None
    credit = drivers.credits[0] if drivers.credits else None
    tilt = drivers.drift_per_root_year(probability, share.key)
    root = np.sqrt(grid.steps)
    drift = _carry(share, run, probability) - 0.5 * share.volatility**2 * grid.steps + share.volatility * tilt[0] * grid.steps
    return _Steps(
        share_drift=drift,
        share_vol=share.volatility * root,
        control_shift=drift.sum() * grid.times / grid.times[-1] - np.cumsum(drift),
        clock_drift=grid.steps * (1.0 + (clock.volatility * tilt[1] if clock is not None else 0.0)),
        clock_vol=clock.volatility * root if clock is not None else none,
        credit_drift=tilt[drivers.keys.index(credit.key)] * np.sqrt(credit.increments * grid.steps) if credit is not None else none,
        credit_vol=np.sqrt(credit.increments) if credit is not None else none,
    )


def run_ladder(
    run: WarrantRun,
    ladder: Ladder,
    probabilities: tuple[Probability, ...],
    seed: int,
    block: int,
    *,
    controlled: Probability | None = None,
    draws: Draws | None = None,
) -> dict[Probability, LadderBlock]:
    """Walk one block under each probability on the same draws; `controlled` names the one that also gets controls."""
    draws = draws or Draws(seed, block)
    drivers, grid = run.drivers, run.drivers.grid
    never = grid.size
    share = drivers.shares[0]
    clock = drivers.clocks[0] if drivers.clocks else None
    credit = drivers.credits[0] if drivers.credits else None
    # no target stays -inf: a tranche without one does not wait for the window to fill
    compared = ladder.log_target if ladder.window == 1 else np.where(np.isfinite(ladder.log_target), np.exp(ladder.log_target), -np.inf)
    level_clock = clock.planned if clock is not None else np.zeros(0)
    stop = cancellation_day(clock, grid, draws) if clock is not None else np.full(BLOCK, never, dtype=np.int64)
    states: dict[Probability, _State] = {}
    steps: dict[Probability, _Steps] = {}
    for probability in probabilities:
        steps[probability] = _steps(run, probability)
        states[probability] = _start(share.spot, stop, never, compared, ladder.window)
    # rents come last and move nothing here
    keys = drivers.keys[: len(drivers.keys) - len(drivers.rents)]
    factor = np.ascontiguousarray(drivers.factor[: len(keys), : len(keys)])
    own = [draws.normals(key) for key in keys]
    bridges = [draws.uniforms(key) for key in keys[1:]]
    room = np.empty((len(own), CHUNK, BLOCK))
    empty = np.ones((0, BLOCK))
    for first in range(0, never, CHUNK):
        days = min(CHUNK, never - first)
        # whole arrays: a part of one would be another type to the compiler
        normals = room if days == CHUNK else np.empty((len(own), days, BLOCK))
        for fill, part in zip(own, normals, strict=True):
            fill(part)
        uniforms = [take(days) for take in bridges]
        for probability in probabilities:
            step_ladder(
                first,
                normals,
                uniforms[0] if clock is not None else empty,
                uniforms[-1] if credit is not None else empty,
                factor,
                clock is not None,
                credit is not None,
                probability == controlled,
                *steps[probability],
                level_clock,
                ladder.needed_level,
                ladder.log_target,
                compared,
                ladder.meet,
                ladder.window,
                0,
                *states[probability],
            )
    results: dict[Probability, LadderBlock] = {}
    for probability, state in states.items():
        controls = np.zeros((0, BLOCK))
        if probability == controlled:
            touch = 1.0 - state.untouched_odds
            delivered = (state.free_level[None, :] > ladder.needed_level[:, None]).astype(np.float64)
            controls = np.concatenate([_pooled(run, rows) for rows in (touch, delivered, touch * delivered)])
        results[probability] = LadderBlock(
            ladder.vested(np.minimum(state.vest, never), never), state.vest_log_price, state.log_price, controls
        )
    return results


def control_means(run: WarrantRun, ladder: Ladder) -> Array:
    """Exact means of the controls under the share measure, in the order of `LadderBlock.controls`.

    Touch: constant drift, watched continuously. Delivery: the plan clock driven by the part of its noise that is independent of the share,
    so that the product of the two has the product of the odds as its mean.
    """
    drivers, grid = run.drivers, run.drivers.grid
    share = drivers.shares[0]
    horizon = float(grid.times[-1])
    drift = float((share.carry.sum() + 0.5 * share.volatility**2 * horizon) / horizon)
    finite = np.where(np.isfinite(ladder.log_target), ladder.log_target, -1e300)
    touch = passage_probability(distance=finite - np.log(share.spot), drift=drift, volatility=share.volatility, years=horizon)
    if not drivers.clocks:
        delivered = np.ones(len(finite))
    else:
        clock = drivers.clocks[0]
        tilt = clock.volatility * drivers.drift_per_root_year("share", share.key)[1]
        planned = np.where(ladder.needed_level >= 0, clock.planned[np.maximum(ladder.needed_level, 0)], -1.0)
        delivered = passage_probability(distance=planned, drift=1.0 + tilt, volatility=clock.volatility, years=horizon)
    return np.concatenate([_pooled(run, rows) for rows in (touch, delivered, touch * delivered)])


def _pooled(run: WarrantRun, rows: Array) -> Array:
    """Rows by tranche as they are, or for a long ladder their mean by shares: three controls instead of hundreds [control, ...]."""
    if len(rows) <= MOST_CONTROLLED:
        return rows
    shares = run.open_shares / max(float(run.open_shares.sum()), 1e-300)
    return np.einsum("t,t...->...", shares, rows)[None]
