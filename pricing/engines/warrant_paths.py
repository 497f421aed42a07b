"""Warrants on simulated paths: one reduction for every method that walks days.

A `PathMethod` says what is different: the world (one volatility, a surface, breaks of belief) or the random numbers (plain, Sobol). The
estimate is the same: value = sum over tranches of n S_0 E_share[ e^{-q t} (1 - K/S_t)^+ 1{vested by expiry} ], see
`pricing.engines.warrant_monte_carlo`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curves import correlation_between
from instruments.conditions import Leg, MilestoneReached, PriceTarget, Touch, legs_of
from pricing.conditions import Watch, vesting_day
from pricing.engines.warrant_ladder import Ladder, as_ladder, control_means, run_ladder
from pricing.engines.warrant_rows import TrancheNumbers, warrant_rows
from pricing.engines.warrant_setup import WarrantRun
from pricing.estimates import Moments, Replicates
from pricing.measures import Probability
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
class _Block:
    """What one block leaves behind: moments of payoffs (with controls), of vesting, and of vesting times."""

    payoff: Moments
    vested: dict[Probability, Moments]
    time: Array
    """Sum over vested paths of the vesting time under the pricing measure [tranche]."""
    sample: Array
    """Payoffs and controls [item, path], where they are kept."""


def priced_by_paths(run: WarrantRun, method: PathMethod) -> Outcome:
    """Simulate a resolved warrant, block by block, and reduce."""
    settings = run.task.settings
    ladder = as_ladder(run)
    check_seed(settings.seed)
    probabilities: tuple[Probability, ...] = ("share",)
    if settings.wants("vesting_probability") or settings.wants("vesting_time") or settings.wants("dilution_expected"):
        probabilities = ("share", "pricing", "real_world") if run.drivers.knows_real_world else ("share", "pricing")
    count = max(blocks_for(settings.paths), method.least_blocks)

    def work(block: int) -> _Block:
        draws = method.draws(run, block) if method.draws else None
        return _simulate(run, ladder, probabilities, block, draws)

    blocks = tuple(run_blocks(work, count, settings.threads))
    numbers = _numbers(run, ladder, blocks, probabilities, method)
    sample = None
    if settings.keep_sample:
        means, weights = _controls(run, ladder)
        payoff = _pooled(blocks).payoff
        sample = payoff.controlled_sample(np.concatenate([block.sample for block in blocks], axis=1), len(weights), means, weights)
    return Outcome(warrant_rows(run, numbers, method.name), _remarks(run), sample)


def simulate_vesting(
    run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...], seed: int, block: int, draws: Draws | None = None
) -> dict[Probability, tuple[NDArray[np.int64], Array, Array]]:
    """One block of paths: vesting days [tranche, path], payoffs [tranche, path] in shares, controls [control, path], by probability."""
    controlled: Probability | None = "share" if ladder is not None else None
    if ladder is not None:
        walked = run_ladder(run, ladder, probabilities, seed, block, controlled=controlled, draws=draws)
        return {p: (w.vest, run.payoff(w.vest, w.vest_log_price, w.last_log_price), w.controls) for p, w in walked.items()}
    found: dict[Probability, tuple[NDArray[np.int64], Array, Array]] = {}
    underlying = run.warrant.underlying
    touched = frozenset(leg.of for leg in legs_in(run) if isinstance(leg, PriceTarget) and isinstance(leg.observation, Touch))
    history = {underlying: np.array(run.position.closes)} if run.position.closes else {}
    for probability in probabilities:
        world = simulate_world(run.drivers, probability, underlying, seed, block, history, draws=draws, touched=touched)
        watch = Watch(world, run.credit_of, frozenset(run.position.latched))
        vest = np.stack([vesting_day(tranche.condition, watch, str(i)) for i, tranche in enumerate(run.warrant.tranches)])
        log_price = np.log(world.closes[underlying])
        at_vest = np.take_along_axis(log_price, np.minimum(vest, world.grid.size - 1), axis=0)
        found[probability] = (vest, run.payoff(vest, at_vest, log_price[-1]), np.zeros((0, BLOCK)))
    return found


def _simulate(run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...], block: int, draws: Draws | None) -> _Block:
    found = simulate_vesting(run, ladder, probabilities, run.task.settings.seed, block, draws)
    never, times = run.drivers.grid.size, run.drivers.grid.times
    _, payoff, controls = found["share"]
    vested = {p: Moments.of((vest < never).astype(np.float64)) for p, (vest, _, _) in found.items()}
    vest = found["pricing"][0] if "pricing" in found else found["share"][0]
    waited = np.where(vest < never, times[np.minimum(vest, never - 1)], 0.0).sum(axis=1)
    values = np.concatenate([payoff, controls])
    return _Block(Moments.of(values), vested, waited, values if run.task.settings.keep_sample else np.zeros((0, 0)))


def _pooled(blocks: tuple[_Block, ...]) -> _Block:
    """Sums over all blocks, in their order."""
    total = blocks[0]
    for block in blocks[1:]:
        vested = {p: total.vested[p] + block.vested[p] for p in total.vested}
        total = _Block(total.payoff + block.payoff, vested, total.time + block.time, total.sample)
    return total


def _numbers(
    run: WarrantRun, ladder: Ladder | None, blocks: tuple[_Block, ...], probabilities: tuple[Probability, ...], method: PathMethod
) -> TrancheNumbers:
    total = _pooled(blocks)
    means, weights = _controls(run, ladder)
    tranches = len(weights)
    value, error = total.payoff.controlled(tranches, means, weights)
    whole, whole_error = total.payoff.controlled_sum(tranches, means, weights)
    odds = {p: (total.vested[p].mean(), total.vested[p].standard_error()) for p in probabilities}
    if method.draws is not None:
        payoffs = Replicates(tuple(block.payoff for block in blocks))
        error, whole_error = payoffs.controlled_errors(tranches, means, weights)
        odds = {p: (odds[p][0], Replicates(tuple(block.vested[p] for block in blocks)).standard_error()) for p in probabilities}
    counts = total.vested["pricing" if "pricing" in total.vested else "share"]
    with np.errstate(invalid="ignore", divide="ignore"):
        waited = total.time / (counts.mean() * counts.count)
    return TrancheNumbers(value=value, error=error, whole=whole, whole_error=whole_error, odds=odds, waited=waited, note=method.note)


def _controls(run: WarrantRun, ladder: Ladder | None) -> tuple[Array, Array]:
    """Exact means of the controls, and USD per unit of payoff [tranche]."""
    means = control_means(run, ladder) if ladder is not None else np.zeros(0)
    return means, run.open_shares * run.drivers.share(run.warrant.underlying).spot


def _remarks(run: WarrantRun) -> tuple[str, ...]:
    found: list[str] = []
    issuer = run.deal.parties[run.warrant.issuer]
    if issuer.credit is not None:
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
    """Every leg of every tranche."""
    return [leg for tranche in run.warrant.tranches for _, leg in legs_of(tranche.condition)]
