"""Staged equity where share, deliveries and defaults are independent: sums over the grid's days of odds of a trigger times a closed form.

The grid, the order of events and every convention are those of the simulation, so that the two agree to its noise. What a day's draw is
worth and how likely a delivery is are handed in: `staged_closed_form` brings formulas, `staged_quantlib` QuantLib's engines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curves import survival_curve
from instruments.conditions import AllOf, DateReached, Group, Leg, MilestoneReached
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.staged_rows import Figure, StagedNumbers
from pricing.engines.staged_setup import Days, Resolved, StagedRun
from pricing.formulas.staged import UNBOUNDED

Array = NDArray[np.float64]
TINY_ODDS = 1e-15
"""Days on which a trigger is less likely are left out."""
STILL = 1e-12
"""Forward that stands for a share whose price does not matter: far below any floor."""


@dataclass(frozen=True)
class Gap:
    """What is asked of a day's draw: `days` are the grid indices of the decisions, the rest as in `pricing.formulas.gap_claim_value`."""

    days: Days
    forward: Array
    low: float
    high: float
    floor: float


Reach = Callable[[float, float], Array]
"""(planned years, clock volatility) to odds that the delivery has come by each day of the grid [day]."""
GapValue = Callable[[Gap], tuple[Array, Array]]
"""Expected gain per USD, not discounted, and odds of the draw [day]."""


def independent_numbers(run: StagedRun, reach: Reach, gap: GapValue, note: str | None) -> StagedNumbers:
    """Every number of the contract.

    Raises:
        PricingError: a trigger watches a price or an event, or a side decides on a worth that has no closed form.
    """
    remembered: dict[tuple[object, ...], tuple[Array, Array]] = {}

    def once(asked: Gap) -> tuple[Array, Array]:
        key = (asked.days.tobytes(), asked.forward.tobytes(), asked.low, asked.high, asked.floor)
        if key not in remembered:
            remembered[key] = gap(asked)
        return remembered[key]

    found = [_tranche(run, index, terms, reach, once) for index, terms in enumerate(run.tranches)]
    amounts = np.array([terms.open_usd for terms in run.tranches])
    columns = np.array([[part[name] for part in found] for name in found[0]])
    by_name = dict(zip(found[0], columns, strict=True))

    def figure(name: str) -> Figure:
        return Figure(by_name[name] * amounts, float((by_name[name] * amounts).sum()))

    paid = by_name["paid"]
    fixed = all(terms.capped and terms.floor == 0.0 for terms in run.tranches)
    with np.errstate(invalid="ignore", divide="ignore"):
        waited = by_name["time"] / paid
    return StagedNumbers(
        value=figure("value"),
        investor_option=figure("investor"),
        issuer_option=figure("issuer"),
        paid={"pricing": Figure(paid, float((paid * amounts).sum()))},
        odds={
            "release_probability": Figure(by_name["released"], 0.0),
            "stop_probability_investor": Figure(by_name["investor_stops"], 0.0),
            "stop_probability_issuer": Figure(by_name["issuer_stops"], 0.0),
        },
        drawn_after=waited,
        shares=sum(float(p) * t.open_usd / t.price for p, t in zip(paid, run.tranches, strict=True)) if fixed else None,
        note=note,
    )


def _tranche(run: StagedRun, index: int, terms: Resolved, reach: Reach, gap: GapValue) -> dict[str, float]:
    grid = run.drivers.grid
    odds = release_odds(run, terms.stage.condition, str(index), reach)
    chosen = np.flatnonzero(odds > TINY_ODDS)
    odds, draw = odds[chosen], run.draw_at[chosen]
    alive = run.survival
    at_draw = odds * alive[draw]

    def gain(*, investor: bool = True, issuer: bool = True) -> tuple[Array, Array]:
        return _gain(run, terms, chosen, gap, run.bounds(terms, investor=investor, issuer=issuer))

    (both, drawn), (without_investor, _), (without_issuer, wanted) = gain(), gain(investor=False), gain(issuer=False)
    return {
        "value": float((at_draw * both).sum()),
        "investor": float((at_draw * (both - without_investor)).sum()),
        "issuer": float((at_draw * (without_issuer - both)).sum()),
        "paid": float((at_draw * drawn).sum()),
        "time": float((at_draw * drawn * grid.times[draw]).sum()),
        "released": float((odds * alive[chosen]).sum()),
        "investor_stops": float((at_draw * (1.0 - wanted)).sum()),
        "issuer_stops": float((at_draw * (wanted - drawn)).sum()),
    }


def _gain(run: StagedRun, terms: Resolved, chosen: Days, gap: GapValue, bounds: tuple[float, float]) -> tuple[Array, Array]:
    """Discounted gain per USD for a trigger on each chosen day, given that both sides live at the draw, and odds of the draw [day]."""
    grid, (low, high) = run.drivers.grid, bounds
    draw, convert = run.draw_at[chosen], terms.convert_at[chosen]
    if terms.waits:
        stays = grid.discounts[convert] * run.survival[convert] / np.maximum(run.survival[draw], TINY_ODDS)
        if not terms.capped:
            worth = terms.floor * stays / grid.discounts[draw]
            goes = ((worth >= low) & (worth <= high)).astype(np.float64)
            return goes * (terms.floor * stays - grid.discounts[draw]), goes
        if np.isfinite(low) or np.isfinite(high):
            raise _refused(run, "a note with a cap that a side may stop is an option on an option")
        forward = _forward(run, terms, convert)
        rise, _ = gap(Gap(convert, forward, 0.0, UNBOUNDED, terms.floor))
        return stays * (1.0 + rise) - grid.discounts[draw], np.ones(chosen.size)
    days = _decisions(run, terms, chosen, bounds)
    forward = _forward(run, terms, draw) if terms.capped else np.full(chosen.size, STILL * terms.floor)
    flat = 1.0 - terms.mix
    clip = [min(max((bound - flat) / terms.mix, -UNBOUNDED), UNBOUNDED) for bound in (low, high)]
    value, odds = gap(Gap(days, forward, clip[0], clip[1], terms.floor))
    return grid.discounts[draw] * terms.mix * value, odds


def _forward(run: StagedRun, terms: Resolved, days: Days) -> Array:
    grid, share = run.drivers.grid, run.drivers.share(run.contract.underlying)
    return share.spot * np.exp(-share.dividend_yield * grid.times[days]) / (grid.discounts[days] * terms.price)


def _decisions(run: StagedRun, terms: Resolved, chosen: Days, bounds: tuple[float, float]) -> Days:
    """Grid index of the decision: one for both sides, or the draw where nobody decides."""
    draw = run.draw_at[chosen]
    deciding = [side for side, bound in zip(("investor_stop", "issuer_stop"), bounds, strict=True) if np.isfinite(bound)]
    sides = [run.decide_at[side][chosen] for side in deciding]
    if not sides or not terms.capped:
        return draw
    if any((side != sides[0]).any() for side in sides):
        raise _refused(run, "investor and issuer decide on different days")
    if terms.floor > 0.0 and (sides[0] != draw).any():
        raise _refused(run, "a price of the day with a cap that a side may stop on notice is an option on an option")
    return sides[0]


def release_odds(run: StagedRun, condition: Leg | Group, path: str, reach: Reach) -> Array:
    """Odds that the trigger comes on each grid day up to the long-stop date, whoever of the two sides is alive [day]."""
    legs = condition.legs if isinstance(condition, AllOf) else (condition,)
    names = [f"{path}.legs.{i}" for i in range(len(legs))] if isinstance(condition, AllOf) else [path]
    odds = np.zeros(run.drivers.grid.size)
    odds[0] = 1.0
    first, stones = 0, 0
    for leg, name in zip(legs, names, strict=True):
        if name in run.position.latched:
            continue
        if leg.meet == "at_date" or not isinstance(leg, DateReached | MilestoneReached):
            raise _refused(run, f"a trigger of kind '{leg.kind}' ({leg.meet}) has no closed form here")
        if isinstance(leg, DateReached):
            first = max(first, sum(date < leg.on for date in run.drivers.grid.dates))
            continue
        stones += 1
        odds = _delivered(run, leg, reach)
    if stones > 1:
        raise _refused(run, "deliveries of several milestones have no joint closed form here")
    if first:
        odds = np.concatenate([np.zeros(first), [odds[: first + 1].sum()], odds[first + 1 :]])[: odds.size]
    return odds[: run.triggers]


def _delivered(run: StagedRun, leg: MilestoneReached, reach: Reach) -> Array:
    """Odds that a level is reached on each grid day, neither cancelled nor ended by its buyer's default before [day]."""
    times = run.drivers.grid.times
    clock = next(clock for clock in run.drivers.clocks if clock.key == f"milestone:{leg.milestone}")
    planned = next(float(years) for level, years in zip(clock.levels, clock.planned, strict=True) if level >= leg.at_least)
    if planned <= 0.0:
        return np.concatenate([[1.0], np.zeros(times.size - 1)])
    odds = np.diff(reach(planned, clock.volatility), prepend=0.0)
    before = np.concatenate([[0.0], times[:-1]])
    odds = odds * np.exp(-clock.cancellation_hazard * before)
    if clock.buyer is not None and clock.buyer not in run.stoppers:
        odds = odds * survival_curve(run.task.market, clock.buyer).survival(before)
    return odds


def _refused(run: StagedRun, why: str) -> PricingError:
    return PricingError(problem("unsupported", subject=run.task.contract_id, field="method", why=why, remedy="use method 'monte_carlo'"))
