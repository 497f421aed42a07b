"""A facility simulated: blocks of paths rolled forward, reduced as they come, any path replayable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from instruments.contracts.loan import Loan
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.engines.cross_default import Member, crossed_months, linked
from pricing.kernels.facility import roll_kept, roll_summed
from pricing.ledger import facility as k
from pricing.mechanics.rollforward import Rolled, roll_forward
from pricing.paths.deal_world import shared_world
from pricing.paths.facility import FacilityModel, drivers_of, planned_drivers
from pricing.paths.month_days import month_days
from pricing.paths.monthly_belief import monthly_belief
from pricing.paths.rates import RateModel, rate_model
from pricing.paths.streams import BLOCK, blocks_for, run_blocks
from pricing.schedules.facility import Facility, resolve_facility
from pricing.schedules.plan import Drivers, Events, no_events
from pricing.schedules.types import Floats, Ints

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal


class Vehicle(Protocol):
    """Defaults of a vehicle that its cash does not explain."""

    def months(self, model: FacilityModel, seed: int, block: int) -> Ints:
        """Month of the default [path], `NEVER` where none."""
        ...


Decide = Callable[[int, int, Drivers], Events | None]
"""Seed, block and its drivers to what is decided outside the facility's months."""


@dataclass(frozen=True)
class FacilityRun:
    """A simulated facility: means of every posting and state, outcomes of every path.

    Memory while running: threads x 4,096 paths x months x (2 numbers per credit + 3) x 8 bytes; kept: 10 numbers per path.
    """

    facility: Facility
    model: FacilityModel
    seed: int
    paths: int
    mean_ledger: Floats
    """[time, posting] mean over paths."""
    mean_states: Floats
    """[time, state item]"""
    outcomes: Floats
    """[outcome, path] of `pricing.ledger.facility`."""
    mean_tests: Floats
    """[covenant, time, item] mean over paths."""
    decided: Decide | None = None
    """Events of a block from (seed, block, its drivers); None where nothing is decided."""
    discounted: Floats | None = None
    """[time, posting] mean of postings discounted along their paths; None where rates stay at their forwards."""

    @property
    def present_ledger(self) -> Floats:
        """[time, posting] mean of every posting's present value, each posting's dates side by side in memory."""
        return np.asfortranarray(self.mean_ledger * self.facility.plan.discount[:, None] if self.discounted is None else self.discounted)

    @property
    def net(self) -> Floats:
        """Discounted receipts less draws of the lender, [path]."""
        return self.outcomes[k.RECEIVED] - self.outcomes[k.PAID_IN]

    @property
    def value(self) -> float:
        """Value to the lender, USD, before what it has lent already."""
        return float(self.net.mean())

    @property
    def standard_error(self) -> float:
        """Standard error of `value`."""
        return float(self.net.std(ddof=1) / np.sqrt(self.paths))

    def replay(self, path: int) -> tuple[Drivers, Rolled]:
        """Drivers and every posting of one path [.., 1], by running its block again.

        Raises:
            InputError: no such path.
        """
        if not 0 <= path < self.paths:
            raise InputError(
                problem("bad_option", subject="path", value=path, expected=f"between 0 and {self.paths - 1}", hint="count from 0")
            )
        block, column = divmod(path, BLOCK)
        whole = drivers_of(self.model, self.seed, block)
        one = Drivers._make(np.ascontiguousarray(item[..., column : column + 1]) for item in whole)
        events = self.decided(self.seed, block, whole) if self.decided else None
        mine = None if events is None else Events._make(np.ascontiguousarray(item[column : column + 1]) for item in events)
        return one, Rolled(*roll_kept(self.facility.plan, one, mine))


def run_facility(
    facility: Facility, model: FacilityModel, *, paths: int, seed: int = 0, threads: int | None = None, decided: Decide | None = None
) -> FacilityRun:
    """Simulate a facility on whole blocks of 4,096 paths.

    Args:
        facility: resolved terms.
        model: rents and credits on the same grid.
        paths: at least this many; rounded up to whole blocks.
        seed: root of every stream.
        threads: changes speed, never bytes: blocks are added in their order.
        decided: events of each block; None is none.
    """
    count = blocks_for(paths)

    def work(block: int) -> tuple[Floats, Floats, Floats, Floats]:
        drivers = drivers_of(model, seed, block)
        return roll_summed(facility.plan, drivers, decided(seed, block, drivers) if decided else None)

    total = np.zeros((facility.plan.months, k.POSTINGS + k.STATES))
    outcomes = np.empty((k.OUTCOMES, count * BLOCK))
    tests = np.zeros((len(facility.plan.tests.codes), facility.plan.months, k.TEST_ITEMS))
    present = np.zeros((facility.plan.months, k.POSTINGS)) if model.rates is not None else None
    for block, (sums, out, made, discounted) in enumerate(run_blocks(work, count, threads)):
        total += sums
        if present is not None:
            present += discounted / (count * BLOCK)
        tests += made
        outcomes[:, block * BLOCK : (block + 1) * BLOCK] = out
    mean = total / (count * BLOCK)
    return FacilityRun(
        facility, model, seed, count * BLOCK, mean[:, : k.POSTINGS], mean[:, k.POSTINGS :], outcomes, tests / (count * BLOCK), decided,
        present,
    )  # fmt: skip


def planned_run(facility: Facility) -> Rolled:
    """The one path on which everything goes to plan."""
    return roll_forward(facility.plan, planned_drivers(facility.plan.months, len(facility.plan.fund)))


@dataclass(frozen=True)
class Setup:
    """A facility and its model, made from a deal and a market."""

    facility: Facility
    model: FacilityModel
    others: tuple[Setup, ...] = ()
    """Facilities whose defaults reach this one."""
    known: dict[tuple[int, int], Ints] = field(default_factory=dict, compare=False, repr=False)
    """Months of cross-default by seed and block, where this facility's own terms have no part in them."""
    vehicle: Vehicle | None = None
    """Defaults of the vehicle that its cash does not explain; None has none."""

    def run(self, *, paths: int, seed: int = 0, threads: int | None = None) -> FacilityRun:
        """Simulate it."""
        return run_facility(self.facility, self.model, paths=paths, seed=seed, threads=threads, decided=self.events)

    def events(self, seed: int, block: int, drivers: Drivers) -> Events | None:
        """What is decided outside the facility on a block: None where no other loan and no cause outside its cash reaches it."""
        if self.vehicle is not None:
            return no_events(drivers.ratio.shape[1])._replace(crossed=self.vehicle.months(self.model, seed, block))
        if not self.others:
            return None
        crossed = self.known.get((seed, block))
        if crossed is None:
            members = [Member(each.facility.loan_id, each.facility.loan, each.facility.plan, each.model) for each in (self, *self.others)]
            crossed = crossed_months(members, self.facility.loan_id, seed, block)
            if not any(cross.contract == self.facility.loan_id for each in self.others for cross in each.facility.loan.cross_defaults):
                self.known[seed, block] = crossed
        return no_events(drivers.ratio.shape[1])._replace(crossed=crossed)

    def cut(self, *keys: str | None) -> Setup:
        """The same without the named credits' defaults; a vehicle's of causes outside its cash stay."""
        return replace(self, model=self.model.without(*keys), others=tuple(each.cut(*keys) for each in self.others), known={})

    def free(self) -> Setup:
        """The same where neither vehicle nor customer, operator and guarantor default; the lender still may."""
        return replace(self.cut(*self.model.counterparties), vehicle=None)


def set_up(deal: Deal, loan_id: str, market: Market) -> Setup:
    """Resolve a facility and fit its credits, and those of the facilities whose defaults reach it.

    Raises:
        As `set_up_alone`.
    """
    others = tuple(set_up_alone(deal, other, market) for other in linked(deal, loan_id))
    return replace(set_up_alone(deal, loan_id, market), others=others)


def with_bonds(facility: Facility, rates: RateModel) -> Facility:
    """The facility with what bonds are worth on each date, at every level of the short rate: for what is left of its swap."""
    level, loading = (np.ascontiguousarray(part) for part in rates.bonds())
    return replace(facility, plan=facility.plan._replace(bond_level=level, bond_loading=loading))


def set_up_alone(deal: Deal, loan_id: str, market: Market, also: tuple[str, ...] = ()) -> Setup:
    """Resolve a facility and fit its credits.

    Args:
        deal, loan_id, market: as in `set_up`.
        also: market keys of further credits, which come last and move nobody else's numbers.

    Raises:
        PricingError: the loan is no facility.
        MarketError: a rate, rent, resale, power or credit quote is missing, or correlations contradict each other.
    """
    from curves import correlation_matrix, default_rates_key, discount_curve, rent_curve, survival_curve

    loan = deal.contracts[loan_id]
    index = getattr(getattr(loan, "floating", None), "index", None)
    curve = discount_curve(market, index or default_rates_key(market))
    draft = resolve_facility(deal, loan_id, market, curve.discount)
    party = deal.parties
    customer, operator = party[draft.offtake.customer].credit, party[draft.fleet.operator].credit
    guarantor = party[draft.guarantor].credit
    # who cannot draw any more does not ask whether its lender lives
    lender = party[loan.lender].credit if isinstance(loan, Loan) and draft.plan.window >= 0 and loan.draws is not None else None
    credits = tuple(dict.fromkeys(key for key in (customer, operator, guarantor, lender, *also) if key is not None))
    curves = {key: survival_curve(market, key) for key in credits}
    facility = draft
    if guarantor is not None:
        facility = replace(draft, plan=draft.plan._replace(guarantor_recovery=curves[guarantor].recovery))
    own = (draft.fleet.rent, *credits)
    rates = rate_model(deal, market, curve.key, own, facility.times)
    facility = facility if rates is None else with_bonds(facility, rates)
    rent = rent_curve(market, draft.fleet.rent)
    resale = market.resale[draft.fleet.resale.split(":")[1]]
    times = facility.times
    # one lognormal: the spread of the whole law at the end, launches included; a thin quote gives its own volatility back
    volatility = rent.standard_deviation(float(times[-1])) / float(np.sqrt(times[-1]))
    model = FacilityModel(
        rent_key=draft.fleet.rent,
        volatility=volatility,
        elasticity=resale.rent_elasticity.value,
        years=times,
        credits=credits,
        survival=np.array([curves[key].survival(times) for key in credits]).reshape(len(credits), len(times)),
        correlation=np.asarray(correlation_matrix(market, own)),
        customer=customer,
        operator=operator,
        guarantor=guarantor,
        contract_id=loan_id,
        cohorts=len(draft.fleet.cohorts),
        substitute_odds=draft.offtake.substitute.odds,
        bad_act_odds=draft.guarantee.bad_act_odds if draft.guarantee else 0.0,
        delay_odds=draft.offtake.delay_odds_per_month,
        shared=shared_world(deal, market, own),
        days=month_days(deal, market),
        lender=lender,
        rates=rates,
        belief=monthly_belief(market, {draft.fleet.rent: volatility}, credits),
    )
    return Setup(facility, model)
