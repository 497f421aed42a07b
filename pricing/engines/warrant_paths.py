"""Warrants on simulated paths: one reduction for every method that walks days.

A `PathMethod` says what is different: the world (one volatility, a surface, breaks of belief) or the random numbers (plain, Sobol). The
estimate is the same: value = sum over tranches of n S_0 E_share[ e^{-q t} (1 - K/S_t)^+ 1{vested by expiry} ], see
`pricing.engines.warrant_monte_carlo`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from curves import correlation_between
from instruments.conditions import Leg, MarketCap, MilestoneReached, PriceTarget, legs_of
from instruments.observations import Touch
from pricing.engines.warrant_ladder import Ladder, as_ladder, control_means, run_ladder
from pricing.engines.warrant_rows import TrancheNumbers, warrant_rows
from pricing.engines.warrant_setup import WarrantRun
from pricing.engines.warrant_walk import walk, watch_of
from pricing.estimates import Moments, Replicates
from pricing.measures import Probability
from pricing.paths.daily_rates import MOVING
from pricing.paths.draws import Draws
from pricing.paths.streams import BLOCK, blocks_for, check_seed, run_blocks
from pricing.paths.world import simulate_world
from pricing.registry import Outcome

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PathMethod:
    """One way of simulating a warrant."""

    name: str
    dress: Callable[[WarrantRun], WarrantRun] = lambda run: run
    """Puts the drivers on another model."""
    draws: Callable[[WarrantRun, int], Draws] | None = None
    """(run, block) to random numbers that are not independent between the paths of a block: each block is then one replicate, and
    errors are those between replicates. None is plain Monte Carlo."""
    least_blocks: int = 1
    """Blocks at least: replicates that an error needs."""
    note: str | None = None
    """Said on every row."""


@dataclass(frozen=True)
class Simulated:
    """One block of paths under one probability."""

    vest: NDArray[np.int64]
    """Day of vesting [tranche, path]; the number of days where never."""
    payoff: Array
    """In units of the numeraire share [tranche, path], weighted as `World.weight` says."""
    controls: Array
    """[control, path]; none but for ladders under the share measure."""
    top_up: Array | None = None
    """Of the value floor, discounted, USD [path]; None without a floor."""
    weight: Array | None = None
    """`World.weight` [path]."""

    def vested(self, never: int) -> Array:
        """One where vested, zero where not, weighted [tranche, path]."""
        truth = (self.vest < never).astype(np.float64)
        return truth if self.weight is None else truth * self.weight


@dataclass(frozen=True)
class _Block:
    """What one block leaves behind: moments of values (with controls), of vesting, and of vesting times."""

    value: Moments
    """USD: each tranche, the whole, and the floor's top-up where there is one."""
    vested: dict[Probability, Moments]
    time: Array
    """Sum over vested paths of the vesting time under the pricing measure [tranche]."""
    sample: tuple[Array, Array] | None
    """The whole [path] and the controls [control, path], where they are kept."""


def priced_by_paths(run: WarrantRun, method: PathMethod) -> Outcome:
    """Simulate a resolved warrant, block by block, and reduce."""
    settings = run.task.settings
    ladder = as_ladder(run)
    check_seed(settings.seed)
    probabilities = _probabilities(run)
    count = max(blocks_for(settings.paths), method.least_blocks)

    def work(block: int) -> _Block:
        draws = method.draws(run, block) if method.draws else None
        return _simulate(run, ladder, probabilities, block, draws)

    blocks = tuple(run_blocks(work, count, settings.threads))
    total = reduce(_joined, blocks)
    means = control_means(run, ladder) if ladder is not None else np.zeros(0)
    numbers = _numbers(run, total, blocks, probabilities, means, method)
    sample = None
    if settings.keep_sample:
        kept = [block.sample for block in blocks if block.sample is not None]
        wholes, controls = (np.concatenate(parts, axis=-1) for parts in zip(*kept, strict=True))
        sample = total.value.controlled_sample(len(run.open_shares), wholes, controls, means)
    return Outcome(warrant_rows(run, numbers, method.name), _remarks(run), sample)


def _probabilities(run: WarrantRun) -> tuple[Probability, ...]:
    """The share measure for values; the others where odds are asked for, or a floor pays cash rather than shares."""
    settings = run.task.settings
    if any(settings.wants(measure) for measure in ("vesting_probability", "vesting_time", "dilution_expected")):
        return ("share", "pricing", "real_world") if run.drivers.knows_real_world else ("share", "pricing")
    return ("share",) if run.warrant.floor is None else ("share", "pricing")


def simulate_vesting(
    run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...], seed: int, block: int, draws: Draws | None = None
) -> dict[Probability, Simulated]:
    """One block of paths by probability, on the same draws."""
    if ladder is not None:
        walked = run_ladder(run, ladder, probabilities, seed, block, controlled="share", draws=draws)
        return {p: Simulated(w.vest, run.payoff(w.vest, w.vest_log_price, w.last_log_price), w.controls) for p, w in walked.items()}
    found: dict[Probability, Simulated] = {}
    touched = frozenset(leg.of for leg in legs_in(run) if isinstance(leg, PriceTarget | MarketCap) and isinstance(leg.observation, Touch))
    for probability in probabilities:
        world = simulate_world(run.drivers, probability, run.warrant.underlying, seed, block, run.history, draws=draws, touched=touched)
        one = walk(run, watch_of(run, world, seed, block))
        top_up = one.top_up if run.warrant.floor is not None else None
        found[probability] = Simulated(one.vest, world.weighted(one.payoff), np.zeros((0, BLOCK)), top_up, world.weight)
    return found


def _simulate(run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...], block: int, draws: Draws | None) -> _Block:
    found = simulate_vesting(run, ladder, probabilities, run.task.settings.seed, block, draws)
    never, times = run.drivers.grid.size, run.drivers.grid.times
    share = found["share"]
    usd = share.payoff * (run.valued_shares * run.drivers.share(run.warrant.underlying).spot)[:, None]
    # shares are valued under the share measure, cash under the pricing measure: each where its payoff varies least
    top_up = found["pricing"].top_up if run.warrant.floor is not None else None
    whole = usd.sum(axis=0) if top_up is None else usd.sum(axis=0) + top_up
    values = np.vstack([usd, whole] if top_up is None else [usd, whole, top_up])
    vested = {p: Moments.of(one.vested(never)) for p, one in found.items()}
    vest = found["pricing" if "pricing" in found else "share"].vest
    waited = np.where(vest < never, times[np.minimum(vest, never - 1)], 0.0).sum(axis=1)
    kept = (whole, share.controls) if run.task.settings.keep_sample else None
    return _Block(Moments.of(values, share.controls), vested, waited, kept)


def _joined(left: _Block, right: _Block) -> _Block:
    vested = {p: left.vested[p] + right.vested[p] for p in left.vested}
    return _Block(left.value + right.value, vested, left.time + right.time, None)


def _numbers(
    run: WarrantRun, total: _Block, blocks: tuple[_Block, ...], probabilities: tuple[Probability, ...], means: Array, method: PathMethod
) -> TrancheNumbers:
    tranches = len(run.open_shares)
    value, error = total.value.controlled(means)
    odds = {p: (total.vested[p].mean(), total.vested[p].standard_error()) for p in probabilities}
    if method.draws is not None:
        error = Replicates(tuple(block.value for block in blocks)).controlled_errors(means)
        odds = {p: (odds[p][0], Replicates(tuple(block.vested[p] for block in blocks)).standard_error()) for p in probabilities}
    counts = total.vested["pricing" if "pricing" in total.vested else "share"]
    with np.errstate(invalid="ignore", divide="ignore"):
        waited = total.time / (counts.mean() * counts.count)
    return TrancheNumbers(
        value=value[:tranches],
        error=error[:tranches],
        whole=float(value[tranches]),
        whole_error=float(error[tranches]),
        floor=(float(value[tranches + 1]), float(error[tranches + 1])) if run.warrant.floor is not None else None,
        odds=odds,
        waited=waited,
        note="; ".join(said for said in (method.note, MOVING if run.drivers.rate is not None else None) if said) or None,
    )


def _remarks(run: WarrantRun) -> tuple[str, ...]:
    found: list[str] = []
    issuer = run.deal.parties[run.warrant.issuer]
    if issuer.credit is not None and run.warrant.underlying not in run.drivers.issuers:
        found.append(f"contracts.{run.task.contract_id}: the default of the issuer {run.warrant.issuer} is not modelled")
    if run.warrant.exercise == "at_expiry" and run.drivers.share(run.warrant.underlying).dividend_yield > 0.0:
        found.append(
            f"contracts.{run.task.contract_id}: exercised at expiry although the share pays dividends; at_vesting may be worth more"
        )
    stones = {leg.milestone for leg in legs_in(run) if isinstance(leg, MilestoneReached)}
    for name in sorted(stones):
        milestone = run.deal.milestones[name]
        if milestone.buyer is None or run.deal.parties[milestone.buyer].credit is None:
            found.append(f"milestones.{name}: no buyer with a credit, so no default stops deliveries")
        if milestone.rent is not None and correlation_between(run.task.market, f"milestone:{name}", milestone.rent) == 0.0:
            found.append(f"milestones.{name}: moves with {milestone.rent} by its terms, but the market gives no correlation of the two")
    return tuple(found)


def legs_in(run: WarrantRun) -> list[Leg]:
    """Every leg of every condition."""
    return [leg for _, condition in run.warrant.conditions for _, leg in legs_of(condition)]
