"""Capacity backstops: by simulation on the ledger, in closed form, and by QuantLib as a strip of options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from curves import default_rates_key, discount_curve, rent_curve, survival_curve
from instruments.contracts.lease_parts import by_month
from instruments.contracts.support import CapacityBackstop
from instruments.ground.errors import InputError, PricingError
from instruments.ground.messages import problem
from pricing.engines.contract_rows import ContractRows
from pricing.formulas.support import black_put
from pricing.ledger.plan import LedgerPlan, Posting
from pricing.ledger.runs import ContractRun, run_contract
from pricing.paths.facility import FacilityModel
from pricing.paths.lease import independent, lease_model, lease_paths
from pricing.paths.rates import discounts_along
from pricing.registry import Outcome, Task, register_engine, register_simulator
from pricing.schedules.grid import day_counts, month_ends, months_to
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    import datetime as dt

NOTE = "special case: guarantor and operator independent of rents and of each other; no close-out"
MEASURES = ("value", "guarantor_default_cost", "wrong_way_cost", "expected_payment")


@dataclass(frozen=True)
class CapacitySetup:
    """A backstop resolved on month ends, row 0 the market's date; USD, [row]."""

    contract_id: str
    terms: CapacityBackstop
    dates: tuple[dt.date, ...]
    years: Floats
    discount: Floats
    forward: Floats
    floor: Floats
    share: Floats
    hours: Floats
    """Unit-hours settled for the month that ends there; nothing outside the contract."""
    model: FacilityModel
    guarantor: str | None
    operator: str | None

    def run(self, *, paths: int, seed: int, threads: int | None) -> ContractRun:
        """Both legs on the ledger: each settled after the lag, while both sides are alive on that date; a default ends the contract."""
        terms, lag = self.terms, self.terms.payment_lag_months
        last = len(self.dates)

        def cash(payer: str, payee: str, reason: str) -> Posting:
            return Posting(payer, payee, self.contract_id, reason, "USD", "cash")

        plan = LedgerPlan((cash(terms.guarantor, terms.operator, "floor"), cash(terms.operator, terms.guarantor, "revenue share")))

        def roll(block: int) -> Floats:
            drawn = lease_paths(self.model, seed, block)
            over = drawn.ratio * self.forward[:, None] - self.floor[:, None]
            alive = (np.minimum(drawn.row_of(self.guarantor), drawn.row_of(self.operator)) > np.arange(last)[:, None])[lag:]
            ledger = np.zeros((last, 2, drawn.ratio.shape[1]))
            hours = self.hours[: last - lag, None]
            ledger[lag:, 0] = np.where(alive, hours * np.maximum(-over[: last - lag], 0.0), 0.0)
            ledger[lag:, 1] = np.where(alive, hours * self.share[: last - lag, None] * np.maximum(over[: last - lag], 0.0), 0.0)
            return ledger

        along = discounts_along(self.model.rates, seed)
        return run_contract(self.contract_id, plan, self.dates, self.discount, roll, paths=paths, threads=threads, along=along)


def set_up_capacity(task: Task) -> CapacitySetup:
    """Terms and market to arrays. Raises InputError where the contract began before the market's date, MarketError for missing quotes."""
    terms, market = task.contract, task.market
    if not isinstance(terms, CapacityBackstop):
        raise PricingError(problem("unsupported", subject=task.contract_id, why="not a capacity backstop", remedy="name one"))
    if terms.start < market.as_of:
        why = f"it starts on {terms.start}, before the market's date: contracts under way are not valued"
        raise InputError(problem("unsupported", subject=task.contract_id, field="start", why=why, remedy="use an earlier market"))
    start = months_to(market.as_of, terms.start)
    ends = month_ends(market.as_of, start + terms.months + terms.payment_lag_months)
    years, days = day_counts(market.as_of, ends)
    times = np.concatenate([[0.0], years])
    row = np.arange(len(times))
    inside = (row > start) & (row <= start + terms.months)
    hours = np.where(inside, terms.units * terms.utilisation * np.concatenate([[0.0], days * 24.0]), 0.0)
    party = task.deal.parties
    guarantor, operator = party[terms.guarantor].credit, party[terms.operator].credit
    return CapacitySetup(
        contract_id=task.contract_id,
        terms=terms,
        dates=(market.as_of, *ends),
        years=times,
        discount=discount_curve(market, default_rates_key(market)).discount(times),
        forward=rent_curve(market, terms.rent).forward(times),
        floor=np.interp(row - start, *by_month(terms.floor_usd_per_hour)),
        share=np.interp(row - start, *by_month(terms.guarantor_share)),
        hours=hours,
        model=lease_model(
            task.deal, market, owner=task.contract_id, rent=terms.rent, elasticity=1.0, years=years, credits=(guarantor, operator)
        ),
        guarantor=guarantor,
        operator=operator,
    )


def _run(task: Task, setup: CapacitySetup) -> ContractRun:
    return setup.run(paths=task.settings.paths, seed=task.settings.seed, threads=task.settings.threads)


@register_engine(
    CapacityBackstop, "simulation", measures=MEASURES, default=True, note="monthly paths of rent and both credits, on the ledger"
)
def backstop_by_simulation(task: Task) -> Outcome:
    """Value to the operator of a floor less the guarantor's share of what is above.

    **Model**: `CapacitySetup.run`. **Not modelled**: which hours are left unsold: all stated units count; volume moved to the guarantor.
    """
    setup = set_up_capacity(task)
    run, terms = _run(task, setup), setup.terms
    rows = ContractRows(task, "simulation", terms.operator)
    value, error = run.value(terms.operator)
    rows.add_sides("value", value, error, other=terms.guarantor, note="floor received less revenue shared")
    if task.settings.wants("expected_payment"):
        rows.add("expected_payment", float(run.mean_ledger[:, 0].sum()), note="by the guarantor, not discounted; no error is kept")
    if setup.guarantor is not None:
        for measure, model in (
            ("guarantor_default_cost", setup.model.without(setup.guarantor)),
            ("wrong_way_cost", independent(setup.model, setup.guarantor)),
        ):
            if task.settings.wants(measure):
                step = _run(task, replace(setup, model=model)).of(terms.operator) - run.of(terms.operator)
                rows.add(measure, step.mean(), step.std(ddof=1) / np.sqrt(run.paths), note="same paths; both legs end with the guarantor")
    return Outcome(rows=rows.rows, sample=run.of(terms.operator).astype(np.float64) if task.settings.keep_sample else None)


@register_simulator(CapacityBackstop)
def backstop_on_the_ledger(task: Task) -> ContractRun:
    """The backstop's ledger."""
    return _run(task, set_up_capacity(task))


def _strip(task: Task, method: str, puts: Callable[[Floats, Floats, Floats, Floats], Floats]) -> Outcome:
    """Strip of puts less the guarantor's share of calls (by parity), weighed by both survivals on the settlement date."""
    setup = set_up_capacity(task)
    rows_, lag = np.flatnonzero(setup.hours), setup.terms.payment_lag_months
    pays = rows_ + lag
    alive = np.ones(len(rows_))
    for key in dict.fromkeys((setup.guarantor, setup.operator)):
        alive = alive * (survival_curve(task.market, key).survival(setup.years[pays]) if key is not None else 1.0)
    forward, floor, theta, d = setup.forward[rows_], setup.floor[rows_], setup.share[rows_], setup.discount[pays]
    put = puts(forward, floor, setup.model.volatility * np.sqrt(setup.years[rows_]), d)
    value = float((setup.hours[rows_] * alive * (put - theta * (put + d * (forward - floor)))).sum())
    rows = ContractRows(task, method, setup.terms.operator, note=NOTE)
    rows.add_sides("value", value, other=setup.terms.guarantor)
    return Outcome(rows=rows.rows)


@register_engine(CapacityBackstop, "closed_form", measures=("value",), note="strip of options, independent credits, on arrays")
def backstop_by_closed_form(task: Task) -> Outcome:
    """The strip on arrays."""
    return _strip(task, "closed_form", lambda f, k, s, d: black_put(forward=f, strike=k, deviation=s, discount=d))


@register_engine(CapacityBackstop, "quantlib", measures=("value",), note="as 'closed_form', by QuantLib's Black formula")
def backstop_by_quantlib(task: Task) -> Outcome:
    """The strip by QuantLib."""
    from pricing._quantlib.options import quantlib_puts  # QuantLib is loaded by those who ask for it

    def puts(forward: Floats, strike: Floats, deviation: Floats, discount: Floats) -> Floats:
        return quantlib_puts(forward=forward, strike=strike, deviation=deviation, discount=discount, subject=task.contract_id)

    return _strip(task, "quantlib", puts)
