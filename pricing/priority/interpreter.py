"""Takes the steps of an order, one after the other, on every path at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from instruments.conditions import AllOf, AnyOf, DateReached, Group, Leg, RatioTest
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from instruments.priority import (
    AnyStep,
    CleanUpCall,
    CoverageTest,
    FillReserve,
    How,
    PayFees,
    PayInterest,
    PayPrincipal,
    Release,
    TrapCash,
    Turbo,
)
from pricing.priority.state import Claim, Pot
from pricing.schedules.types import Bools, Floats


def run_order(order: Sequence[AnyStep], pot: Pot) -> None:
    """Pay one period; the pot is changed in place. Raises PricingError where a condition asks for a measure that the pot does not know."""
    for index, step in enumerate(order):
        open_ = np.ones(pot.paths, dtype=np.bool_) if step.when is None else holds(step.when, pot, str(index))
        if isinstance(step, PayFees):
            _pay([pot.fees[name] for name in step.claims], step.how, pot, (), open_)
        elif isinstance(step, PayInterest):
            _pay([pot.interest[name] for name in step.claims], step.how, pot, step.reserves, open_)
        elif isinstance(step, PayPrincipal):
            _pay_principal(step, pot, open_)
        elif isinstance(step, Turbo):
            _repay(step.claims, step.how, np.where(open_, pot.cash, 0.0), pot)
        elif isinstance(step, FillReserve):
            _move(step.account, np.where(open_, np.minimum(pot.targets[step.account] - pot.accounts[step.account], pot.cash), 0.0), pot)
        elif isinstance(step, CoverageTest):
            _test(index, step, pot, open_)
        elif isinstance(step, TrapCash):
            _move(step.account, np.where(open_ & (not pot.final), pot.cash, -pot.accounts[step.account]), pot)
        elif isinstance(step, CleanUpCall):
            _call(step, pot, open_)
        elif isinstance(step, Release):
            out = np.where(open_, pot.cash, 0.0)
            pot.released = out if pot.released is None else pot.released + out
            pot.cash = pot.cash - out
        else:
            raise TypeError(f"no interpreter for {type(step).__name__}")


def holds(condition: Leg | Group, pot: Pot, place: str) -> Bools:
    """Truth of a condition in this period [path]; a latched leg that has come true stays true in later periods."""
    if isinstance(condition, AllOf | AnyOf):
        legs = [holds(leg, pot, f"{place}.{number}") for number, leg in enumerate(condition.legs)]
        now: Bools = np.logical_and.reduce(legs) if isinstance(condition, AllOf) else np.logical_or.reduce(legs)
    elif isinstance(condition, DateReached):
        now = np.full(pot.paths, pot.date >= condition.on)
    elif isinstance(condition, RatioTest) and pot.knows(condition.measure):
        ratio = pot.ratio(condition.measure)
        low, high = condition.at_least, condition.at_most
        now = ratio >= low if low is not None else ratio <= (high if high is not None else np.inf)
    else:
        field = getattr(condition, "measure", condition.kind)
        why = f"no such measure on a payment date: oc_CLASS, ic_CLASS, reserve_ACCOUNT, pool_factor{''.join(f', {n}' for n in pot.ratios)}"
        raise PricingError(problem("unsupported", subject=f"order.{place}", field=str(field), why=why, remedy="use one of them"))
    if condition.meet == "latched":
        now = now | pot.latched.get(place, np.zeros(pot.paths, dtype=np.bool_))
        pot.latched[place] = now
    return now


def _shares(owed: list[Floats], how: How, cash: Floats) -> list[Floats]:
    """Cash split over what is owed."""
    if how == "pro_rata":
        total = sum(owed, np.zeros_like(cash))
        share = np.where(total > 0.0, np.minimum(cash, total) / np.where(total > 0.0, total, 1.0), 0.0)
        return [each * share for each in owed]
    paid = []
    for each in owed:
        paid.append(np.minimum(each, cash))
        cash = cash - paid[-1]
    return paid


def _pay(claims: list[Claim], how: How, pot: Pot, reserves: tuple[str, ...], open_: Bools) -> None:
    """Pay what is owed from the pot, then from accounts."""
    for source in (None, *reserves):
        cash = np.where(open_, pot.cash if source is None else pot.accounts[source], 0.0)
        paid = _shares([claim.owed for claim in claims], how, cash)
        spent = sum(paid, np.zeros_like(cash))
        if source is None:
            pot.cash = pot.cash - spent
        else:
            pot.accounts[source] = pot.accounts[source] - spent
        for claim, amount in zip(claims, paid, strict=True):
            claim.pay(amount)


def _pay_principal(step: PayPrincipal, pot: Pot, open_: Bools) -> None:
    if step.amount == "due" and not pot.final:
        owed = [pot.principal[name].owed for name in step.claims]
        wanted = sum(owed, np.zeros(pot.paths))
    else:
        wanted = np.full(pot.paths, np.inf) if pot.final else pot.amounts[step.amount]
        owed = [pot.balance[name] for name in step.claims]
    for source in (None, *step.reserves):
        have = pot.cash if source is None else pot.accounts[source]
        before = sum((pot.balance[name] for name in step.claims), np.zeros(pot.paths))
        _repay(step.claims, step.how, np.where(open_, np.minimum(have, wanted), 0.0), pot, source, owed)
        done = before - sum((pot.balance[name] for name in step.claims), np.zeros(pot.paths))
        wanted = wanted - done
        owed = [pot.principal[name].owed if step.amount == "due" and not pot.final else pot.balance[name] for name in step.claims]


def _repay(names: Sequence[str], how: How, cash: Floats, pot: Pot, source: str | None = None, owed: list[Floats] | None = None) -> None:
    """Principal of classes from the pot or an account: of what is owed, else of the balances."""
    paid = _shares([pot.balance[name] for name in names] if owed is None else owed, how, cash)
    spent = sum(paid, np.zeros(pot.paths))
    for name, amount in zip(names, paid, strict=True):
        pot.principal[name].pay(amount)
        pot.balance[name] = np.maximum(pot.balance[name] - amount, 0.0)
    pot.amounts = {rule: np.maximum(left - spent, 0.0) for rule, left in pot.amounts.items()}
    if source is None:
        pot.cash = pot.cash - spent
        pot.principal_in = np.maximum(pot.principal_in - spent, 0.0)
    else:
        pot.accounts[source] = pot.accounts[source] - spent


def _move(account: str, amount: Floats, pot: Pot) -> None:
    """Into an account, or out of it where negative."""
    pot.accounts[account] = pot.accounts[account] + amount
    pot.cash = pot.cash - amount


def _test(index: int, step: CoverageTest, pot: Pot, open_: Bools) -> None:
    """Repay as far as the test needs where it fails."""
    fails = open_ & (pot.ratio(f"{step.measure}_{step.through}") < step.at_least)
    pot.failed[index] = fails
    if step.measure == "ic":
        need = pot.cash
    else:
        notes = sum((pot.balance[name] for name in pot.senior_to(step.through)), np.zeros(pot.paths))
        inside, floor = np.minimum(pot.principal_in, pot.cash), step.at_least
        # repayment takes the principal in the pot first, which leaves the covered side with it; spread does not
        first = (floor * notes - pot.covered()) / (floor - 1.0) if floor > 1.0 else np.full(pot.paths, np.inf)
        need = np.where(first <= inside, first, np.maximum(notes - (pot.covered() - inside) / floor, 0.0))
    _repay(step.repay, "sequential", np.where(fails, np.minimum(need, pot.cash), 0.0), pot)


def _call(step: CleanUpCall, pot: Pot, open_: Bools) -> None:
    """Redeem everything where the pool is small, and pool and pot pay all that is owed."""
    claims = [*pot.fees.values(), *pot.interest.values()]
    owed = sum((claim.owed for claim in claims), np.zeros(pot.paths)) + sum(pot.balance.values(), np.zeros(pot.paths))
    takes = open_ & (pot.pool > 0.0) & (pot.pool <= step.at_most * pot.opening_pool) & (pot.cash + pot.pool >= owed)
    price = np.where(takes, pot.pool, 0.0)
    pot.called, pot.call_price = takes, price
    pot.cash, pot.pool = pot.cash + price, pot.pool - price
    for claim in claims:
        amount = np.where(takes, claim.owed, 0.0)
        claim.pay(amount)
        pot.cash = pot.cash - amount
    _repay(list(pot.balance), "sequential", np.where(takes, pot.cash, 0.0), pot)
