"""What happens to every tranche on every path of a block: released, stopped by whom, drawn when, and what its shares are worth.

Order of events: the trigger comes; each side that has a right decides (`decide_at`) by what the shares are expected to be worth at the draw
less what they cost, both seen from the day of the decision; then default; then the draw. Each tranche is decided by itself: stopping one
leaves the later ones as they are, so that the value is that of a strip of options.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instruments.conditions import Group, Leg, MilestoneReached
from pricing.conditions import Watch, level_index, vesting_day
from pricing.engines.staged_setup import Days, Resolved, StagedRun
from pricing.formulas import call_value
from pricing.measures import Probability
from pricing.paths.month_days import simulate_in_deal
from pricing.paths.streams import BLOCK
from pricing.paths.world import World

Array = NDArray[np.float64]
Truth = NDArray[np.bool_]
TINY = 1e-300
"""Odds of survival are not divided by less."""


@dataclass(frozen=True)
class Draws:
    """One block; arrays are [tranche, path]."""

    released: Truth
    """The trigger came by the long-stop date, with investor and issuer alive."""
    trigger: Days
    """Grid index of the trigger, where released."""
    draw: Days
    """Grid index of the draw, where released."""
    convert: Days
    """Grid index of the day on which shares are issued, where released."""
    alive: Truth
    """Released, and both sides alive at the draw."""
    investor_goes_on: Truth
    issuer_goes_on: Truth
    issued: Truth
    """Alive when shares are issued."""
    gain: Array
    """Discounted worth of the shares less the money per USD of the tranche, if it is drawn; only where alive."""
    worth: Array
    """Worth of the shares per USD on the day of issue, if they are issued."""
    shares: Array
    """Shares per USD."""
    closes: Array
    """Closes of the share [time, path]."""
    world: World
    """Where it happened."""

    @property
    def paid(self) -> Truth:
        """Drawn."""
        return self.alive & self.investor_goes_on & self.issuer_goes_on


def simulate_draws(run: StagedRun, probability: Probability, block: int) -> Draws:
    """One block of paths under a probability.

    Raises:
        MarketError: real-world odds without a real-world drift of the share.
    """
    return draws_in(run, simulate_in_deal(run.drivers, run.days, run.task.settings.seed, block, probability))


def draws_in(run: StagedRun, world: World) -> Draws:
    """What happens to every tranche in a world: the run's own, or a wider one whose days begin with those of the run's grid."""
    watch = Watch(world, run.credit_of, frozenset(run.position.latched))
    stop = np.full(BLOCK, world.grid.size, dtype=np.int64)
    for key in run.stoppers:
        stop = np.minimum(stop, world.defaulted[key])
    parts = [_tranche(run, world, watch, stop, index, terms) for index, terms in enumerate(run.tranches)]
    return Draws(*(np.stack(field) for field in zip(*parts, strict=True)), closes=world.closes[run.contract.underlying], world=world)  # type: ignore[arg-type]


def _tranche(run: StagedRun, world: World, watch: Watch, stop: Days, index: int, terms: Resolved) -> tuple[NDArray[np.generic], ...]:
    last = world.grid.size - 1
    came = _came(terms.stage.condition, watch, str(index))
    released = (came < run.triggers) & (stop > came)
    trigger = np.where(released, came, 0)
    draw = np.minimum(run.draw_at[trigger], last)
    convert = np.minimum(terms.convert_at[trigger], last)
    alive, issued = released & (stop > draw), released & (stop > convert)
    low, high = run.bounds(terms)

    def seen(side: str) -> Array:
        return expected_worth(run, world, terms, np.minimum(run.decide_at[side][trigger], last), draw, convert)

    mine = seen("investor_stop") >= low if np.isfinite(low) else np.ones(BLOCK, dtype=bool)
    theirs = seen("issuer_stop") <= high if np.isfinite(high) else np.ones(BLOCK, dtype=bool)
    close = np.take_along_axis(world.closes[run.contract.underlying], convert[None, :], axis=0)[0]
    ratio = np.maximum(terms.floor, close / terms.price) if terms.capped else np.full(BLOCK, terms.floor)
    worth = 1.0 - terms.mix + terms.mix * ratio
    gain = np.where(alive, world.discount_on(convert) * worth * issued - world.discount_on(draw), 0.0)
    return released, trigger, draw, convert, alive, mine, theirs, issued, gain, worth, ratio / close


def _came(condition: Leg | Group, watch: Watch, path: str) -> Days:
    """Day of the trigger; a milestone alone needs no truth of every day."""
    if isinstance(condition, MilestoneReached) and path not in watch.latched:
        return watch.world.reached[f"milestone:{condition.milestone}"][level_index(watch.world, condition)]
    return vesting_day(condition, watch, path)


def expected_worth(run: StagedRun, world: World, terms: Resolved, decided: Days, draw: Days, convert: Days) -> Array:
    """What the shares of one USD are worth at the draw, as expected on the day of the decision and seen from the day of the draw [path].

    A note converts only if nobody has failed by then: the sides weigh that by the quoted odds, not by what the paths know of the credit.
    """
    grid = world.grid
    to_issue = world.bonds(decided, convert)
    stays = run.survival[convert] / np.maximum(run.survival[draw], TINY)
    to_draw = world.bonds(decided, draw)
    if not terms.capped:
        return terms.floor * stays * to_issue / to_draw
    share = run.drivers.share(run.contract.underlying)
    years = grid.times[convert] - grid.times[decided]
    close = np.take_along_axis(world.closes[run.contract.underlying], decided[None, :], axis=0)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(years > 0.0, -np.log(to_issue) / years, 0.0)
    spot, carried = close / terms.price, share.dividend_yield
    volatility = run.drivers.forward_volatility(share, years)
    call = call_value(spot=spot, strike=terms.floor, volatility=volatility, years=years, rate=rate, dividend_yield=carried)
    return (1.0 - terms.mix) + terms.mix * stays * (terms.floor * to_issue + call) / to_draw
