"""The resolved facility: every term and curve as arrays on the monthly grid, ready for the roll-forward and its kernel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pricing.schedules.types import Floats, Ints

NEVER = 1 << 30
"""Month index of what does not happen."""
NO_PATHS: Floats = np.zeros((0, 0))
"""Stands for numbers by path where there are none."""
NOBODY: Ints = np.zeros(0, dtype=np.int64)
"""Stands for defaults of somebody who cannot default."""
RANKS = (
    "operating_costs", "fees", "interest", "principal", "liquidity_reserve", "power_reserve", "cash_trap", "sweep", "subordinated",
    "distributions",
)  # fmt: skip
"""Codes of the waterfall's accounts: position in this tuple."""
(RANK_OPEX, RANK_FEES, RANK_INTEREST, RANK_PRINCIPAL, RANK_LIQUIDITY, RANK_POWER, RANK_TRAP, RANK_SWEEP, RANK_SUBORDINATED,
 RANK_DISTRIBUTIONS) = range(10)  # fmt: skip


KINDS = ("dscr", "realisation", "minimum_liquidity", "loan_to_cost", "loan_to_value")
"""Codes of covenants: position in this tuple; the last two are caps."""
DSCR, REALISATION, MINIMUM_LIQUIDITY, LOAN_TO_COST, LOAN_TO_VALUE = range(5)
CONSEQUENCES = ("event_of_default", "cash_trap", "lock_up", "prepayment")
"""Codes of what follows a breach that stands."""
CALL, TRAP, LOCK_UP, PREPAY = range(4)


AT_SIGNING, AT_FUNDING, AT_ACCEPTANCE = range(3)
"""When a customer pays ahead."""


CODES = ("kind", "window", "cures", "free_until", "in_cash", "grace", "consequence", "waivers")
"""Whole numbers of a covenant, in this order; few arrays keep the compiled call cheap."""
KIND, WINDOW, CURES, FREE_UNTIL, IN_CASH, GRACE, CONSEQUENCE, WAIVERS = range(8)


class TestPlan(NamedTuple):
    """The covenants of a facility, K of them, the maintenance test first where there is one."""

    codes: Ints
    """[covenant, code] of `CODES`: kind and consequence by their position in the tuples above; window in payment dates; month index
    before which cures are unlimited; 1 where a cure is paid in, 0 where it prepays."""
    level: Floats
    """[covenant, time] threshold or cap; below 0 where there is no test."""
    base: Floats
    """[covenant, time] contracted cash projected over the window, USD: realisation only."""
    waiver: Floats
    """[covenant, 2] fee as a share of the balance, step of both coupons."""
    used: Floats
    """[2, covenant] cures and waivers used before the grid."""


class FacilityPlan(NamedTuple):
    """One facility on its grid of T months (payments at month ends), C cohorts. USD, units, decimals.

    Axes are [time] unless said. `maturity` is the index after the last payment date; the months behind it are for enforcement. A
    NamedTuple of arrays and numbers, so the compiled kernel reads the very same object as the numpy statement.
    """

    months: int
    maturity: int
    window: int
    """Last index at which draws are allowed; -1 is none."""
    support: int
    """1 where the operator supports completion."""
    waterfall: Ints
    """[rank] codes of `RANKS`."""
    hours: Floats
    accrual: Floats
    """ACT/360 fraction of the month."""
    fixed_interest: Floats
    """Coupon of the month per unit of fixed balance."""
    floating_interest: Floats
    """Compounded rate with floor plus margin, per unit of floating balance."""
    discount: Floats
    price: Floats
    """Contract price x availability, USD per unit-hour; 0 after its end."""
    contract_end: int
    """First month without the contract even if nobody defaults."""
    forward_rent: Floats
    relet_share: float
    relet_months: int
    power_cost: Floats
    """USD per unit running, a month."""
    site_cost: Floats
    """USD per unit standing, a month."""
    amortisation: Floats
    """Share of the balance not yet due that falls due; 1 at maturity."""
    swap_due: Floats
    """Net payment to the swap counterparty while the loan performs."""
    swap_close: Floats
    """Close-out paid to it in a month if the swap ends there."""
    floating_next: Floats
    """Service of the reserve's months ahead per unit of floating balance at the month's end."""
    fixed_next: Floats
    swap_next: Floats
    operating_next: Floats
    """Power and site cost of the reserve's months ahead per unit standing."""
    power_next: Floats
    relet_income: Floats
    """Lender's estimate at the month's end of letting the whole fleet again until maturity, at a rent ratio of one, discounted to then."""
    relet_cost: Floats
    relet_rest: Floats
    """Forced value at maturity of the whole fleet, discounted to the month's end."""
    sale_estimate: Floats
    """Forced value of the whole fleet if the sale is decided at the month's end, discounted to then."""
    sale_idle: Floats
    """Idle cost until then."""
    sale_cost: float
    impact: float
    """Per unit sold: a / depth."""
    fund: Ints
    """[cohort] month index of funding; -1 is funded already."""
    accept: Ints
    """[cohort] planned month index of acceptance; -1 is accepted already."""
    cost: Floats
    """[cohort]"""
    top_up_capacity: Floats
    """[cohort] most that its own projected cash carries at the sizing ratio."""
    units: Floats
    """[cohort, time] surviving units."""
    market_value: Floats
    """[cohort, time] market value of its surviving units at a rent ratio of one."""
    opening_units: Floats
    """[cohort] surviving units at the grid's start, of those funded by then."""
    fleet_units: Floats
    """[time] of all cohorts."""
    fleet_value: Floats
    floating_share: float
    at_funding: float
    after_acceptance: float
    commitment: float
    initial_commitment: float
    undrawn_fee: float
    agent_fee: float
    """USD a month."""
    management_share: float
    sweep: float
    default_margin: float
    interim_share: float
    substitute_delay: int
    substitute_cost: float
    cost_uplift: float
    negative_lead: int
    """Months ahead of the forward trigger; 0 is none."""
    trap_operator: int
    trap_customer: int
    release_months: int
    release_dscr: float
    threshold: float
    """Of the maintenance test; 0 is none."""
    test_months: int
    """Its window: coverage that triggers look at."""
    tests: TestPlan
    customer_event: int
    grace: int
    repossession: int
    lots: int
    idle_share: float
    guarantee_cap: float
    """0 is no guarantee."""
    guarantee_bad_acts: int
    guarantee_lag: int
    guarantor_recovery: float
    opening: Floats
    """[floating, fixed, liquidity, power reserve, trapped, drawn in total, drawn at funding, margin step, unearned, advance]"""
    cohort_drawn: Floats
    """[cohort] drawn on it before the grid."""
    past_cfads: Floats
    """[window] of the months before the grid, oldest first, as long as the longest window; 0 where there was none."""
    past_service: Floats
    past_received: Floats
    """The same of cash received from the customer."""
    draw_fee: float
    """Fee and discount of a draw, as a share of it."""
    pik: Floats
    """[time] share of interest capitalised; 0 is none."""
    pik_toggle: int
    late_margin: float
    liquidity_floor: Floats
    """[time] least target of the liquidity reserve."""
    sweep_below: Floats
    """[band] rising; empty is none."""
    sweep_share: Floats
    market_share: float
    """Most of a cohort's market value at funding; 0 is no limit."""
    size_at_funding: int
    schedule_share: float
    """Most of depreciated cost; 0 is no limit."""
    schedule_continuous: int
    schedule_value: Floats
    """[cohort, time] depreciated cost."""
    fleet_schedule: Floats
    """[time] of all cohorts."""
    tenor: Floats
    """[month after the draw] share of a draw that falls due; empty: all draws share `amortisation`."""
    prior_due: Floats
    """[time] scheduled principal of draws before the grid, where draws have a tenor."""
    prepaid: Floats
    """[cohort] what the customer pays ahead for hardware still to be bought, or accepted; empty: nothing was or is paid ahead."""
    prepaid_at_start: float
    """Paid in on the first date."""
    prepaid_when: int
    """`AT_SIGNING`, `AT_FUNDING` or `AT_ACCEPTANCE`."""
    burn_rate: float
    """Share of a month's rent that is paid by what is unearned."""
    prepaid_refund: float
    """Share of what is unearned at the contract's agreed end that is paid back."""
    call_price: Floats
    """[time] of a unit prepaid by choice; empty is no right to."""
    call_share: float
    """Of the balance, prepaid once."""
    call_cost: float
    """Paid to others, as a share of what is prepaid."""
    swap_junior: int
    """1 where a close-out owed to the hedge provider ranks behind principal."""
    tranche_share: Floats
    """[tranche] of every draw, senior first; empty is no tranches."""
    tranche_step: Floats
    """[tranche] added to both coupons."""
    tranche_how: Ints
    """[2] 1 where principal is divided pro rata, 0 sequentially: while the loan performs, and afterwards."""
    floor: float = 0.0
    """Least rate of the floating index, a year."""
    swap_notional: Floats = np.zeros(0)
    """[time] balance that the swap covers."""
    bond_level: Floats = NO_PATHS
    """[time, time] price on one date of a bond that pays on another, at a short rate on its curve; empty: rates stay at their forwards."""
    bond_loading: Floats = NO_PATHS
    """[time, time] how far its logarithm falls for each unit of the short rate's factor."""


class Drivers(NamedTuple):
    """What differs by path: rents, defaults, luck. Month indices; `NEVER` (or beyond the grid) is no default."""

    ratio: Floats
    """[time, path] rent over its forward."""
    linked: Floats
    """[time, path] resale value over its value at the forward rent: ratio ^ elasticity."""
    customer: Ints
    """[path] month of the customer's default."""
    operator: Ints
    """[path] month of the operator's default."""
    guarantor: Ints
    """[path] month of the guarantor's default."""
    substituted: Ints
    """[path] 1 where a replacement is found."""
    bad_act: Ints
    """[path] 1 where an operator default comes with a bad act."""
    delay: Ints
    """[cohort, path] months by which acceptance slips."""
    lender: Ints = NOBODY
    """[path] month of the lender's default; empty: it cannot default."""
    discount: Floats = NO_PATHS
    """[time, path] discount factors along the path; empty: rates stay at their forwards."""
    short: Floats = NO_PATHS
    """[time, path] factor of the short rate."""


class Events(NamedTuple):
    """What is decided outside the facility's own months, by path: month indices; `NEVER` (or beyond the grid) is not."""

    prepay: Ints
    """[path] month at whose end the borrower prepays, if the loan performs then."""
    crossed: Ints
    """[path] month from whose end on the lender accelerates because another loan has defaulted."""


def path_discount(plan: FacilityPlan, drivers: Drivers) -> Floats:
    """Discount factors of every path [time, path], or [time, 1] where rates stay at their forwards."""
    return drivers.discount if len(drivers.discount) else plan.discount[:, None]


def present_by_path(plan: FacilityPlan, drivers: Drivers, ledger: Floats) -> Floats:
    """Postings [time, posting, path] discounted along their paths and added up: [posting, path]."""
    if len(drivers.discount):
        return np.einsum("tp,tkp->kp", drivers.discount, ledger)
    return np.einsum("t,tkp->kp", plan.discount, ledger)


def no_events(paths: int) -> Events:
    """Nothing is decided."""
    never = np.full(paths, NEVER, dtype=np.int64)
    return Events(never, never)
