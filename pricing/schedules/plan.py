"""The resolved facility: every term and curve as arrays on the monthly grid, ready for the roll-forward and its kernel."""

from __future__ import annotations

from typing import NamedTuple

from pricing.schedules.types import Floats, Ints

NEVER = 1 << 30
"""Month index of what does not happen."""
RANKS = (
    "operating_costs", "fees", "interest", "principal", "liquidity_reserve", "power_reserve", "cash_trap", "sweep", "subordinated",
    "distributions",
)  # fmt: skip
"""Codes of the waterfall's accounts: position in this tuple."""
(RANK_OPEX, RANK_FEES, RANK_INTEREST, RANK_PRINCIPAL, RANK_LIQUIDITY, RANK_POWER, RANK_TRAP, RANK_SWEEP, RANK_SUBORDINATED,
 RANK_DISTRIBUTIONS) = range(10)  # fmt: skip


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
    first_test: int
    test_grace: int
    cures: int
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
    """[floating, fixed, liquidity, power reserve, trapped, drawn in total, cures used, drawn at funding]"""
    cohort_drawn: Floats
    """[cohort] drawn on it before the grid."""
    past_cfads: Floats
    """[test_months] of the months before the grid, oldest first; 0 where there was none."""
    past_service: Floats


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
