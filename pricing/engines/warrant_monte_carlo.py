"""Warrants by daily Monte Carlo under the share measure: the default method.

**Model** value = sum over tranches of n S_0 E_share[ e^{-q t} (1 - K/S_t)^+ 1{vested by expiry} ], t the expiry or the day of vesting as
the terms say. The share measure takes the spread of S_T out of the estimate: what is left is an indicator. Exact means of touch and
delivery odds serve as control variates where the tranches form a ladder. Odds under the other measures come from the same draws.

**Not modelled** the issuer's own default; dilution of the observed share (a quoted share already contains it); early exercise of a
vested tranche on any day but vesting or expiry; stochastic rates and volatility.

**Source** share measure: Geman, El Karoui and Rochet (1995); the claim: `pricing.formulas.hurdle`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import MilestoneReached, legs_of
from instruments.contracts.warrant import Warrant
from pricing.conditions import Watch, vesting_day
from pricing.engines.warrant_ladder import Ladder, as_ladder, control_means, run_ladder
from pricing.engines.warrant_rows import TrancheNumbers, warrant_rows
from pricing.engines.warrant_setup import WarrantRun, prepare
from pricing.estimates import Moments
from pricing.measures import Probability
from pricing.paths.streams import BLOCK, blocks_for, check_seed, run_blocks
from pricing.paths.world import simulate_world
from pricing.registry import Outcome, Task, register_engine

Array = NDArray[np.float64]
MEASURES = (
    "value",
    "value_per_share",
    "share_of_spot",
    "share_of_hardware",
    "vesting_probability",
    "vesting_time",
    "dilution_full",
    "dilution_expected",
)


@dataclass(frozen=True)
class _Block:
    """What one block leaves behind: moments of payoffs (with controls), of vesting, and of vesting times."""

    payoff: Moments
    vested: dict[Probability, Moments]
    time: Array
    """Sum over vested paths of the vesting time under the pricing measure [tranche]."""
    sample: tuple[Array, ...] = ()
    """Payoffs and controls [item, path] of each block, where they are kept."""


@register_engine(Warrant, "monte_carlo", measures=MEASURES, default=True, note="daily paths, share measure, control variates")
def warrant_by_monte_carlo(task: Task) -> Outcome:
    """Price a warrant by simulation; see the module for the model."""
    run = prepare(task)
    ladder = as_ladder(run)
    settings = task.settings
    check_seed(settings.seed)
    probabilities: tuple[Probability, ...] = ("share",)
    if settings.wants("vesting_probability") or settings.wants("vesting_time") or settings.wants("dilution_expected"):
        probabilities = ("share", "pricing")
        if run.drivers.share(run.warrant.underlying).real_world_drift is not None:
            probabilities = ("share", "pricing", "real_world")
    count = blocks_for(settings.paths)
    total: _Block | None = None
    for block in run_blocks(lambda index: _simulate(run, ladder, probabilities, index), count, settings.threads):
        total = block if total is None else _joined(total, block)
    if total is None:  # blocks_for gives at least one
        raise AssertionError("no block was simulated")
    numbers = _numbers(run, ladder, total, probabilities)
    sample = None
    if total.sample:
        means, weights = _controls(run, ladder)
        sample = total.payoff.controlled_sample(np.concatenate(total.sample, axis=1), len(weights), means, weights)
    return Outcome(warrant_rows(run, numbers, "monte_carlo"), _remarks(run), sample)


def simulate_vesting(
    run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...], seed: int, block: int
) -> dict[Probability, tuple[NDArray[np.int64], Array, Array]]:
    """One block of paths: vesting days [tranche, path], payoffs [tranche, path] in shares, controls [control, path], by probability."""
    controlled: Probability | None = "share" if ladder is not None else None
    if ladder is not None:
        walked = run_ladder(run, ladder, probabilities, seed, block, controlled=controlled)
        return {p: (w.vest, run.payoff(w.vest, w.vest_log_price, w.last_log_price), w.controls) for p, w in walked.items()}
    found: dict[Probability, tuple[NDArray[np.int64], Array, Array]] = {}
    underlying = run.warrant.underlying
    history = {underlying: np.array(run.position.closes)} if run.position.closes else {}
    for probability in probabilities:
        world = simulate_world(run.drivers, probability, underlying, seed, block, history)
        watch = Watch(world, run.credit_of, frozenset(run.position.latched))
        vest = np.stack([vesting_day(tranche.condition, watch, str(i)) for i, tranche in enumerate(run.warrant.tranches)])
        log_price = np.log(world.closes[underlying])
        at_vest = np.take_along_axis(log_price, np.minimum(vest, world.grid.size - 1), axis=0)
        found[probability] = (vest, run.payoff(vest, at_vest, log_price[-1]), np.zeros((0, BLOCK)))
    return found


def _simulate(run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...], block: int) -> _Block:
    found = simulate_vesting(run, ladder, probabilities, run.task.settings.seed, block)
    never, times = run.drivers.grid.size, run.drivers.grid.times
    _, payoff, controls = found["share"]
    vested = {p: Moments.of((vest < never).astype(np.float64)) for p, (vest, _, _) in found.items()}
    vest = found["pricing"][0] if "pricing" in found else found["share"][0]
    waited = np.where(vest < never, times[np.minimum(vest, never - 1)], 0.0).sum(axis=1)
    values = np.concatenate([payoff, controls])
    return _Block(Moments.of(values), vested, waited, (values,) if run.task.settings.keep_sample else ())


def _joined(left: _Block, right: _Block) -> _Block:
    vested = {p: left.vested[p] + right.vested[p] for p in left.vested}
    return _Block(left.payoff + right.payoff, vested, left.time + right.time, left.sample + right.sample)


def _numbers(run: WarrantRun, ladder: Ladder | None, total: _Block, probabilities: tuple[Probability, ...]) -> TrancheNumbers:
    means, weights = _controls(run, ladder)
    tranches = len(weights)
    value, error = total.payoff.controlled(tranches, means, weights)
    whole, whole_error = total.payoff.controlled_sum(tranches, means, weights)
    odds = {p: (total.vested[p].mean(), total.vested[p].standard_error()) for p in probabilities}
    counts = total.vested["pricing" if "pricing" in total.vested else "share"]
    with np.errstate(invalid="ignore", divide="ignore"):
        waited = total.time / (counts.mean() * counts.count)
    return TrancheNumbers(value=value, error=error, whole=whole, whole_error=whole_error, odds=odds, waited=waited)


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
    stones = {leg.milestone for t in run.warrant.tranches for _, leg in legs_of(t.condition) if isinstance(leg, MilestoneReached)}
    for name in sorted(stones):
        buyer = run.deal.milestones[name].buyer
        if buyer is None or run.deal.parties[buyer].credit is None:
            found.append(f"milestones.{name}: no buyer with a credit, so no default stops deliveries")
    return tuple(found)
