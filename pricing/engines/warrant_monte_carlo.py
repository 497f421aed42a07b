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
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import MilestoneReached, legs_of
from instruments.contracts.warrant import Warrant
from pricing.engines.warrant_accounting import MEASURES as ACCOUNTING, accounting_rows
from pricing.engines.warrant_ladder import Ladder, as_ladder, control_means, run_ladder
from pricing.engines.warrant_paths import walk, watch_of
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
    "value_per_milestone_unit",
    "value_less_price",
    "break_even_reaction",
    "observed_reaction",
    "observed_reaction_value",
    *ACCOUNTING,
)


@dataclass(frozen=True)
class Simulated:
    """One block of paths under one probability."""

    vest: NDArray[np.int64]
    """Day of vesting [tranche, path]; the number of days where never."""
    payoff: Array
    """In units of the numeraire share [tranche, path]."""
    controls: Array
    """[control, path]; none but for ladders under the share measure."""
    top_up: Array | None = None
    """Of the value floor, discounted, USD [path]; None without a floor."""


@dataclass(frozen=True)
class _Block:
    """What one block leaves behind: moments of values (with controls), of vesting, and of vesting times."""

    value: Moments
    """USD: each tranche, the whole, and the floor's top-up where there is one."""
    vested: dict[Probability, Moments]
    time: Array
    """Sum over vested paths of the vesting time under the pricing measure [tranche]."""
    sample: tuple[tuple[Array, Array], ...] = ()
    """The whole [path] and the controls [control, path] of each block, where they are kept."""


@register_engine(Warrant, "monte_carlo", measures=MEASURES, default=True, note="daily paths, share measure, control variates")
def warrant_by_monte_carlo(task: Task) -> Outcome:
    """Price a warrant by simulation; see the module for the model."""
    run = prepare(task)
    ladder = as_ladder(run)
    check_seed(task.settings.seed)
    probabilities = probabilities_for(run)
    total = _total(run, ladder, probabilities)
    means = control_means(run, ladder) if ladder is not None else np.zeros(0)
    sample = None
    if total.sample:
        wholes, controls = (np.concatenate(parts, axis=-1) for parts in zip(*total.sample, strict=True))
        sample = total.value.controlled_sample(len(run.open_shares), wholes, controls, means)
    rows = warrant_rows(run, _numbers(run, total, probabilities, means), "monte_carlo")
    return Outcome(rows + accounting_rows(task, warrant_by_monte_carlo, "monte_carlo"), _remarks(run), sample)


def probabilities_for(run: WarrantRun) -> tuple[Probability, ...]:
    """The share measure for values; the others where odds are asked for, or a floor pays cash rather than shares."""
    settings = run.task.settings
    if any(settings.wants(measure) for measure in ("vesting_probability", "vesting_time", "dilution_expected")):
        known = run.drivers.share(run.warrant.underlying).real_world_drift is not None
        return ("share", "pricing", "real_world") if known else ("share", "pricing")
    return ("share",) if run.warrant.floor is None else ("share", "pricing")


def simulate_vesting(
    run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...], seed: int, block: int
) -> dict[Probability, Simulated]:
    """One block of paths by probability, on the same draws."""
    if ladder is not None:
        walked = run_ladder(run, ladder, probabilities, seed, block, controlled="share")
        return {p: Simulated(w.vest, run.payoff(w.vest, w.vest_log_price, w.last_log_price), w.controls) for p, w in walked.items()}
    found: dict[Probability, Simulated] = {}
    for probability in probabilities:
        world = simulate_world(run.drivers, probability, run.warrant.underlying, seed, block, run.history)
        one = walk(run, watch_of(run, world, seed, block))
        top_up = one.top_up if run.warrant.floor is not None else None
        found[probability] = Simulated(one.vest, one.payoff, np.zeros((0, BLOCK)), top_up)
    return found


def _total(run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...]) -> _Block:
    settings = run.task.settings
    blocks = run_blocks(lambda index: _simulate(run, ladder, probabilities, index), blocks_for(settings.paths), settings.threads)
    return reduce(_joined, blocks)


def _simulate(run: WarrantRun, ladder: Ladder | None, probabilities: tuple[Probability, ...], block: int) -> _Block:
    found = simulate_vesting(run, ladder, probabilities, run.task.settings.seed, block)
    never, times = run.drivers.grid.size, run.drivers.grid.times
    share = found["share"]
    usd = share.payoff * (run.valued_shares * run.drivers.share(run.warrant.underlying).spot)[:, None]
    # shares are valued under the share measure, cash under the pricing measure: each where its payoff varies least
    top_up = found["pricing"].top_up if run.warrant.floor is not None else None
    whole = usd.sum(axis=0) if top_up is None else usd.sum(axis=0) + top_up
    values = np.vstack([usd, whole] if top_up is None else [usd, whole, top_up])
    vested = {p: Moments.of((one.vest < never).astype(np.float64)) for p, one in found.items()}
    vest = found["pricing" if "pricing" in found else "share"].vest
    waited = np.where(vest < never, times[np.minimum(vest, never - 1)], 0.0).sum(axis=1)
    kept = ((whole, share.controls),) if run.task.settings.keep_sample else ()
    return _Block(Moments.of(values, share.controls), vested, waited, kept)


def _joined(left: _Block, right: _Block) -> _Block:
    vested = {p: left.vested[p] + right.vested[p] for p in left.vested}
    return _Block(left.value + right.value, vested, left.time + right.time, left.sample + right.sample)


def _numbers(run: WarrantRun, total: _Block, probabilities: tuple[Probability, ...], means: Array) -> TrancheNumbers:
    tranches = len(run.open_shares)
    value, error = total.value.controlled(means)
    odds = {p: (total.vested[p].mean(), total.vested[p].standard_error()) for p in probabilities}
    counts = total.vested["pricing" if "pricing" in total.vested else "share"]
    with np.errstate(invalid="ignore", divide="ignore"):
        waited = total.time / (counts.mean() * counts.count)
    floor = (float(value[tranches + 1]), float(error[tranches + 1])) if run.warrant.floor is not None else None
    return TrancheNumbers(
        value=value[:tranches],
        error=error[:tranches],
        whole=float(value[tranches]),
        whole_error=float(error[tranches]),
        floor=floor,
        odds=odds,
        waited=waited,
    )


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
