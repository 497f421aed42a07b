"""Staged equity by Monte Carlo: the default method.

**Model** one lognormal share (or the whole firm as one share), the plan's random clock, defaults of issuer and investor by first passage,
correlated (`pricing.paths.drivers`); steps are month ends, business days where a trigger watches a price. Value to the investor = sum over
tranches of amount x E[(D(t') w - D(t)) 1{drawn}], w the worth of the shares of one USD when they are issued at t', t the draw. The option
of a side is the value to it with its right less the value without, the other side's right in force both times.

**Not modelled** preferences of the class, dividends on it, control; a fall of the share at default (the quote holds it); what earlier
tranches add to the firm (unless the rule states the round); stopping for good; the margin that the investor earns on hardware (a side's
`tolerance` stands for it); stochastic volatility. Where the market moves the short rate, money is discounted along its path, and sides
decide by the curve of the path's day.

**Source** the tranche as a gap option: `pricing.formulas.gap_claim_value`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import DateReached, MilestoneReached, legs_of
from instruments.contracts.staged import StagedEquity
from pricing.engines.staged_paths import Draws, simulate_draws
from pricing.engines.staged_rows import MEASURES, Figure, StagedNumbers, staged_rows
from pricing.engines.staged_setup import StagedRun, prepare
from pricing.estimates import Moments
from pricing.measures import Probability
from pricing.paths.daily_rates import MOVING
from pricing.paths.streams import blocks_for, run_blocks
from pricing.registry import Outcome, Task, register_engine

Array = NDArray[np.float64]
ODDS = ("release_probability", "stop_probability_investor", "stop_probability_issuer")
CONTROLS = 12
"""Most days whose share price serves as a control variate."""


@dataclass(frozen=True)
class _Block:
    """Moments of [gain, investor's option, issuer's option, drawn] in USD, each by tranche and whole, and of drawn itself, with controls;
    moments of odds; sums of draw times and shares.
    """

    main: Moments
    odds: Moments
    time: Array
    shares: float
    real: Moments | None
    """Drawn by tranche, and USD of all of them, in the real world."""
    sample: tuple[tuple[Array, Array], ...] = ()
    """Gain on the whole [path] and controls [control, path] of each block, where they are kept."""


@register_engine(StagedEquity, "monte_carlo", measures=MEASURES, default=True, note="joint paths, control variates")
def staged_by_monte_carlo(task: Task) -> Outcome:
    """Price a staged commitment by simulation; see the module for the model."""
    run = prepare(task)
    days = control_days(run)
    real = run.drivers.share(run.contract.underlying).real_world_drift is not None and task.settings.wants("expected")
    blocks = run_blocks(lambda index: _simulate(run, days, index, real), blocks_for(task.settings.paths), task.settings.threads)
    total = next(blocks)
    for block in blocks:
        total = _joined(total, block)
    numbers = _numbers(run, days, total)
    sample = None
    if total.sample:
        wholes, controls = (np.concatenate(parts, axis=-1) for parts in zip(*total.sample, strict=True))
        sample = total.main.controlled_sample(len(run.tranches), wholes, controls, np.ones(len(days)))
    return Outcome(staged_rows(run, numbers, "monte_carlo"), _remarks(run), sample)


def control_days(run: StagedRun) -> tuple[int, ...]:
    """Grid days whose share price, discounted, has a known mean: about where draws are planned, and the last."""
    grid = run.drivers.grid
    planned = {leg: float(years) for clock in run.drivers.clocks for leg, years in zip(clock.levels, clock.planned, strict=True)}
    wanted = [float(grid.times[run.triggers - 1])]
    for terms in run.tranches:
        for _, leg in legs_of(terms.stage.condition):
            if isinstance(leg, DateReached):
                wanted.append((leg.on - grid.start).days / 365.0)
            elif isinstance(leg, MilestoneReached):
                wanted.append(next((years for level, years in planned.items() if level >= leg.at_least), 0.0))
    indices = sorted({int(run.draw_at[min(int(np.searchsorted(grid.times, years)), run.triggers - 1)]) for years in wanted})
    step = -(-len(indices) // CONTROLS)
    return tuple(indices[::-1][::step][::-1])


def _simulate(run: StagedRun, days: tuple[int, ...], block: int, real: bool) -> _Block:
    draws = simulate_draws(run, "pricing", block)
    paid, grid = draws.paid, run.drivers.grid
    alive, mine, theirs = draws.alive, draws.investor_goes_on, draws.issuer_goes_on
    share = run.drivers.share(run.contract.underlying)
    chosen = np.array(days, dtype=np.int64)
    carried = np.exp(share.dividend_yield * grid.times[chosen]) / share.spot
    amounts = np.array([terms.open_usd for terms in run.tranches])
    families = (draws.gain * paid, -draws.gain * (alive & theirs & ~mine), draws.gain * (alive & mine & ~theirs), paid.astype(np.float64))
    main = np.concatenate([*(_with_whole(family, amounts) for family in families), families[3]])
    controls = draws.closes[chosen] * (carried[:, None] * draws.world.discounts[chosen])
    odds = np.concatenate([draws.released, alive & ~mine, alive & mine & ~theirs]).astype(np.float64)
    world = simulate_draws(run, "real_world", block) if real else None
    return _Block(
        main=Moments.of(main, controls),
        odds=Moments.of(odds),
        time=np.where(paid, grid.times[draws.draw], 0.0).sum(axis=1),
        shares=_shares(draws, amounts),
        real=None if world is None else Moments.of(np.vstack([world.paid, _with_whole(world.paid.astype(np.float64), amounts)[-1]])),
        sample=((main[len(amounts)], controls),) if run.task.settings.keep_sample else (),
    )


def _with_whole(rows: Array, amounts: Array) -> Array:
    """Rows by tranche in USD, and their sum [tranche and whole, path]."""
    usd = rows * amounts[:, None]
    return np.vstack([usd, usd.sum(axis=0)])


def _shares(draws: Draws, amounts: Array) -> float:
    return float((draws.shares * (draws.paid & draws.issued) * amounts[:, None]).sum())


def _joined(left: _Block, right: _Block) -> _Block:
    real = left.real + right.real if left.real is not None and right.real is not None else None
    return _Block(
        left.main + right.main, left.odds + right.odds, left.time + right.time, left.shares + right.shares, real, left.sample + right.sample
    )


def _numbers(run: StagedRun, days: tuple[int, ...], total: _Block) -> StagedNumbers:
    count = len(run.tranches)
    value, error = total.main.controlled(np.ones(len(days)))
    figures = [
        Figure(value[first : first + count], float(value[first + count]), error[first : first + count], float(error[first + count]))
        for first in range(0, 4 * (count + 1), count + 1)
    ]
    amounts = np.array([terms.open_usd for terms in run.tranches])
    # a control variate can push odds a hair outside what odds can be
    expected = min(max(figures[3].whole, 0.0), float(amounts.sum()))
    drawn = Figure(np.clip(value[-count:], 0.0, 1.0), expected, error[-count:], figures[3].whole_error)
    paths: dict[Probability, Figure] = {"pricing": drawn}
    if total.real is not None:
        mean, errors = total.real.mean(), total.real.standard_error()
        paths["real_world"] = Figure(mean[:count], float(mean[count]), errors[:count], float(errors[count]))
    mean, errors = total.odds.mean(), total.odds.standard_error()
    with np.errstate(invalid="ignore", divide="ignore"):
        waited = total.time / (total.main.mean()[-count:] * total.main.count)
    return StagedNumbers(
        value=figures[0],
        investor_option=figures[1],
        issuer_option=figures[2],
        paid=paths,
        odds={name: Figure(mean[i * count : (i + 1) * count], 0.0, errors[i * count : (i + 1) * count]) for i, name in enumerate(ODDS)},
        drawn_after=waited,
        shares=total.shares / total.main.count,
        note=MOVING if run.drivers.rate is not None else None,
    )


def _remarks(run: StagedRun) -> tuple[str, ...]:
    found: list[str] = []
    place = f"contracts.{run.task.contract_id}"
    if run.task.deal.parties[run.contract.issuer].credit is None:
        found.append(f"{place}: the issuer {run.contract.issuer} has no credit, so no default ends the draws")
    if any(run.bounds(terms)[0] > run.bounds(terms)[1] - 1e-9 for terms in run.tranches):
        found.append(f"{place}: both sides may stop and neither puts up with a loss on the shares: nothing is drawn but at the fair price")
    return tuple(found)
