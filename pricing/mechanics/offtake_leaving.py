"""When each side of an offtake leaves: what leaving saves on each date, and the rules that use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from instruments.contracts.offtake_parts import Exercise
from pricing.mechanics.offtake_settlement import Settled, nobody, relet_income, settle
from pricing.mechanics.offtake_world import OfftakeWorld
from pricing.schedules.offtake import NEVER_ROW, OfftakePlan, Right
from pricing.schedules.types import Bools, Floats, Ints

Side = Literal["customer", "provider"]
SIDES: tuple[Side, Side] = ("customer", "provider")
RIDGE = 1e-10
"""Of the trace, added to the normal equations: on the first date every path is the same."""


class Choice(NamedTuple):
    """What one side looks at, on each date on which it may leave; dates [choice] are the rows `rows`."""

    rows: Ints
    saving: Floats
    """[choice, path] what leaving saves at that day's forward rents, USD of that day, all costs taken off."""
    payoff: Floats
    """[choice, path] what leaving on that day turns out to save, defaults included, discounted to today."""
    open: Bools
    """[choice, path] whether the right is there: nobody has failed, and its condition holds."""


Views = dict[int, Floats]
"""Forwards seen at a row for the rows after it, kept for the other side."""


def choice_of(plan: OfftakePlan, world: OfftakeWorld, side: Side, stay: Settled | None, views: Views | None = None) -> Choice:
    """Savings and payoffs of one side, as if the other never left.

    **Model** The customer saves the rents after its notice period and goes without capacity that it must rent elsewhere at the rent of the
    day; the provider gives up the rents and lets the capacity again after the idle months, at the share of hours let, if that earns its
    running cost. What is prepaid and not refunded is lost to the customer. `saving` takes the forwards and the demand of the day for
    rents to come and counts no default, outage or delay; `payoff` is what the path brings.

    Args:
        plan, world: of the block. side: whose right.
        stay: the block settled with nobody leaving; without it no payoff is made, and nothing may be prepaid.
        views: filled with what is seen; the other side of the same block need not look again.
    """
    right = _right(plan, side)
    rows = np.flatnonzero(right.allowed)
    paths = world.spot.shape[1]
    saving, payoff = np.zeros((rows.size, paths)), np.zeros((rows.size, paths))
    views = {} if views is None else views
    for index, row in enumerate(rows):
        saving[index] = _saving(plan, world, side, right, int(row), stay, views)
    if stay is not None:
        payoff = _payoffs(plan, world, side, right, rows, stay)
    past = (world.customer > rows[:, None]) & (_quits(plan, world) > rows[:, None])
    return Choice(rows, saving, payoff, past & (world.outages[rows] >= right.terms.after_outage_months))


def _payoffs(plan: OfftakePlan, world: OfftakeWorld, side: Side, right: Right, rows: Ints, stay: Settled) -> Floats:
    payoff = np.empty((rows.size, world.spot.shape[1]))
    flows = plan.discount[:, None] * (_customer_cost(world, stay) if side == "customer" else -_provider_gain(stay))
    term = np.arange(len(plan.dates)) <= plan.end
    flows[~term] = 0.0
    again = plan.discount[:, None] * np.maximum(_margin(plan, world.let), 0.0) * plan.hours[:, None] if side == "provider" else None
    refund = plan.offtake.prepayment.refund if plan.offtake.prepayment else 0.0
    sign = 1.0 if side == "customer" else -1.0
    for index, row in enumerate(rows):
        cost = plan.discount[row] * (right.fee_usd[row] + right.switching_usd[row])
        last = min(int(right.last[row]), plan.end)
        back = sign * refund * plan.discount[last] * stay.outstanding[last]
        given_up = 1.0 - right.kept[row]
        payoff[index] = np.einsum("t,tp->p", given_up, flows) + back - cost
        if again is not None:
            payoff[index] += np.einsum("t,tp->p", right.relet[row], again)
    return payoff


def _right(plan: OfftakePlan, side: Side) -> Right:
    right = plan.customer if side == "customer" else plan.provider
    assert right is not None  # callers ask for a side that may leave
    return right


def _quits(plan: OfftakePlan, world: OfftakeWorld) -> Ints:
    ends = ~world.substituted & (plan.offtake.step_in is None)
    return np.where(ends, world.operator + plan.offtake.substitute.delay_months, NEVER_ROW)


def _customer_cost(world: OfftakeWorld, stay: Settled) -> Floats:
    """Cash paid less what the capacity would cost elsewhere, [row, path]."""
    return stay.rent_paid - stay.credits - stay.burned - stay.prepaid_back - world.spot * stay.delivered


def _provider_gain(stay: Settled) -> Floats:
    return stay.rent_paid - stay.credits - stay.burned - stay.prepaid_back + stay.relet - stay.cost


def _margin(plan: OfftakePlan, rent: Floats) -> Floats:
    return relet_income(plan, rent) - np.where(relet_income(plan, rent) > 0.0, plan.offtake.capacity_cost_usd_per_hour, 0.0)


def _saving(plan: OfftakePlan, world: OfftakeWorld, side: Side, right: Right, row: int, stay: Settled | None, views: Views) -> Floats:
    offtake, first = plan.offtake, row + 1
    later = slice(first, plan.end + 1)
    if row not in views:
        views[row] = world.rent.seen(row, first, plan.end)
    seen = views[row]
    weight = (plan.discount[later] / plan.discount[row] * plan.hours[later])[:, None]
    over = plan.price[later, None] - seen
    given_up = (1.0 - right.kept[row, later])[:, None]
    refund = offtake.prepayment.refund if offtake.prepayment else 0.0
    lost = (1.0 - refund) * stay.outstanding[row] if stay is not None else 0.0
    cost = right.fee_usd[row] + right.switching_usd[row]
    if side == "customer":
        excess = np.where(over > 0.0, offtake.minimum_take * over, over) * offtake.availability
        return np.sum(weight * given_up * excess, axis=0) - lost - cost
    rent = plan.price[later, None] * np.where(over > 0.0, offtake.minimum_take, 1.0) * offtake.availability
    margin = rent - offtake.capacity_cost_usd_per_hour
    let = seen if world.demand is None else seen * world.demand[row]
    again = right.relet[row, later][:, None] * _margin(plan, let)
    return np.sum(weight * (again - given_up * margin), axis=0) + lost - cost


class Fitted(NamedTuple):
    """Least squares of one right: coefficients [choice, basis] of what leaving and what waiting is worth, and the scale of the saving."""

    leave: Floats
    wait: Floats
    scale: Floats
    """[choice]"""


def _basis(saving: Floats, scale: float) -> Floats:
    """[basis, path]: the saving, its square and its positive part, over its scale."""
    z = saving / scale
    return np.stack([np.ones_like(z), z, z * z, np.maximum(z, 0.0)])


def _regress(basis: Floats, target: Floats) -> Floats:
    """Least squares by normal equations: sums in a fixed order, whatever the linear algebra library does with threads."""
    moments = np.einsum("ip,jp->ij", basis, basis)
    moments = moments + RIDGE * np.trace(moments) * np.eye(len(moments))
    return np.linalg.solve(moments, np.einsum("ip,p->i", basis, target))


def fit(choices: list[Choice]) -> Fitted:
    """Fit exercise by least squares, backwards over the dates, on the paths of some blocks.

    Source: Longstaff and Schwartz (2001), Valuing American options by simulation, Review of Financial Studies 14(1); here the value of
    leaving is regressed too, as it depends on rents to come.
    """
    saving, payoff, open_ = (np.concatenate([getattr(one, name) for one in choices], axis=1) for name in ("saving", "payoff", "open"))
    count = saving.shape[0]
    leave, wait, scale = np.zeros((count, 4)), np.zeros((count, 4)), np.ones(count)
    future = np.zeros(saving.shape[1])
    for index in reversed(range(count)):
        here = open_[index]
        if not here.any():
            continue
        scale[index] = max(float(np.sqrt(np.mean(saving[index, here] ** 2))), 1e-300)
        basis = _basis(saving[index, here], float(scale[index]))
        leave[index], wait[index] = _regress(basis, payoff[index, here]), _regress(basis, future[here])
        worth, patience = _weighed(basis, leave[index]), _weighed(basis, wait[index])
        goes = np.zeros(saving.shape[1], dtype=np.bool_)
        goes[here] = (worth > np.maximum(patience, 0.0)) if index < count - 1 else worth > 0.0
        future = np.where(goes, payoff[index], future)
    return Fitted(leave, wait, scale)


def _weighed(basis: Floats, coefficients: Floats) -> Floats:
    return np.einsum("i,ip->p", coefficients, basis)


def decided(choice: Choice, exercise: Exercise, fitted: Fitted | None) -> Bools:
    """On which dates and paths the rule says leave, [choice, path]; the right itself may not be open."""
    if exercise == "never":
        return np.zeros_like(choice.open)
    if exercise == "first_date":
        return np.ones_like(choice.open)
    if exercise == "economic" or fitted is None:
        return choice.saving > 0.0
    found = np.zeros_like(choice.open)
    for index in range(len(choice.rows)):
        basis = _basis(choice.saving[index], float(fitted.scale[index]))
        found[index] = _weighed(basis, fitted.leave[index]) > np.maximum(_weighed(basis, fitted.wait[index]), 0.0)
    return found


def notice_of(choice: Choice, goes: Bools, paths: int) -> tuple[Ints, Floats]:
    """First row on which a side leaves [path], `NEVER_ROW` for none, and what it saves by it, discounted [path]."""
    take = goes & choice.open
    if not take.shape[0]:
        return nobody(paths), np.zeros(paths)
    first = np.argmax(take, axis=0)
    any_ = take.any(axis=0)
    saved = np.take_along_axis(choice.payoff, first[None, :], axis=0)[0]
    return np.where(any_, choice.rows[first], NEVER_ROW), np.where(any_, saved, 0.0)


def foresight(choice: Choice, paths: int) -> Floats:
    """What a side saves that knows its path: the best open date, or staying; discounted [path]. No rule does better on any path."""
    if not choice.rows.size:
        return np.zeros(paths)
    return np.maximum(np.where(choice.open, choice.payoff, -np.inf).max(axis=0), 0.0)


@dataclass(frozen=True)
class Decisions:
    """One block decided: notices of both sides, and for each side what its right saves by rule and by foresight [path]."""

    notices: dict[Side, Ints]
    choices: dict[Side, Choice]
    saved: dict[Side, Floats]
    stay: Settled | None
    """The block with nobody leaving, where it was needed."""


def decide(plan: OfftakePlan, world: OfftakeWorld, fitted: dict[Side, Fitted], *, payoffs: bool = True) -> Decisions:
    """Both sides' notices on one block, each as if the other never left; `settle` lets the earlier count.

    Without `payoffs` what a right saves is left at nothing, which is faster.
    """
    paths = world.spot.shape[1]
    needed = payoffs or (plan.offtake.prepayment is not None and bool(plan.rights))
    stay = settle(plan, world, nobody(paths), nobody(paths)) if needed else None
    views: Views = {}
    notices: dict[Side, Ints] = {side: nobody(paths) for side in SIDES}
    choices: dict[Side, Choice] = {}
    saved: dict[Side, Floats] = {}
    for side in SIDES:
        if (plan.customer if side == "customer" else plan.provider) is None:
            continue
        choice = choice_of(plan, world, side, stay, views)
        exercise = _right(plan, side).terms.exercise
        notices[side], saved[side] = notice_of(choice, decided(choice, exercise, fitted.get(side)), paths)
        choices[side] = choice
    return Decisions(notices, choices, saved, stay)
