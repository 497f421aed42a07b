"""From a deal and a market to the resolved facility: one pure function."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from instruments.assets.fleet import GpuFleet
from instruments.contracts.guarantee import Guarantee
from instruments.contracts.loan import Loan
from instruments.contracts.loan_parts import LoanPosition
from instruments.contracts.offtake import Offtake
from pricing.ledger.facility import facility_plan
from pricing.ledger.plan import LedgerPlan
from pricing.schedules.amortisation import amortisation_shares, draw_profile, sculpted_shares, service_ahead, window_sum
from pricing.schedules.call import UnitLoan, call_prices
from pricing.schedules.covenants import liquidity_floor, longest_window, test_plan
from pricing.schedules.facility_arrays import (
    DrawRules,
    draws_before,
    fair_swap_rate,
    fleet_arrays,
    last,
    no_draws,
    planned_balance,
    relet_estimate,
    sale_estimate,
    schedule_value,
    swap_unit,
    top_up_capacity,
)
from pricing.schedules.facility_terms import check_dates, contiguous, facility_terms, month_indices, quotes_behind
from pricing.schedules.grid import day_counts, month_ends, month_index, months_to, thirty_360
from pricing.schedules.plan import RANKS, FacilityPlan
from pricing.schedules.prepaid import resolve_prepayment
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal

HOURS_PER_MONTH = 730.5
"""Every month counts a twelfth of a year's hours, as monthly fees do."""
SWAP_ROUNDS = 4
"""Rounds of the fixed point between swap rate and planned balance; it moves the balance only where coverage binds."""
Discount = Callable[[Floats], Floats]
"""Years (ACT/365F) to discount factors."""


@dataclass(frozen=True)
class Facility:
    """One facility of a deal, resolved: its terms, dates, plan of postings and plan of the roll-forward."""

    deal: Deal
    as_of: dt.date
    """The market's date: the grid starts after it."""
    loan_id: str
    loan: Loan
    fleet_id: str
    fleet: GpuFleet
    offtake: Offtake
    guarantee_id: str | None
    guarantee: Guarantee | None
    dates: tuple[dt.date, ...]
    times: Floats
    """Years (ACT/365F) of `dates` from the market's date."""
    swap_rate: float
    """Fixed rate of the hedge."""
    planned_balance: Floats
    """[time] balance after each date if everything goes to plan."""
    unit_service: Floats
    """[time] planned service per unit of balance at the month's start, net swap included."""
    unit: UnitLoan
    """What is scheduled on a unit of balance, without the swap."""
    plan: FacilityPlan
    postings: LedgerPlan

    @property
    def guarantor(self) -> str:
        """Party that guarantees, or the operator where nobody does."""
        return self.guarantee.guarantor if self.guarantee else self.fleet.operator


def resolve_facility(deal: Deal, loan_id: str, market: Market, discount: Discount, guarantor_recovery: float = 0.4) -> Facility:
    """Resolve the facility of loan `loan_id`.

    Args:
        deal: holds the loan, its fleet, offtake, guarantee and position.
        loan_id: a loan with collateral and offtake.
        market: rent, resale and power quotes.
        discount: discount factors of the loan's index, years ACT/365F; the same curve projects the overnight rate.
        guarantor_recovery: what a claim on the guarantor recovers after its default.

    Raises:
        PricingError: the contract is no project facility.
        InputError: the market's date is past the maturity, or past what should have happened by then according to the position.
        MarketError: a rent, resale or power quote is missing.
    """
    loan, fleet, offtake = facility_terms(deal, loan_id)
    check_dates(deal, loan_id, market.as_of)
    pair = next(((name, c) for name, c in deal.contracts.items() if isinstance(c, Guarantee) and c.loan == loan_id), (None, None))
    guarantee_id, guarantee = pair
    position = deal.position.facilities.get(loan_id, LoanPosition())
    from curves import power_curve, rent_curve, resale_curve

    rent = quotes_behind(market.rent, fleet.rent, "rent")
    resale = quotes_behind(market.resale, fleet.resale, "resale")

    e = loan.enforcement
    maturity = months_to(market.as_of, loan.maturity)
    tail = e.repossession_months + e.lots + (guarantee.payment_lag_months if guarantee else 0) + 2
    dates = month_ends(market.as_of, maturity + tail)
    times, days = day_counts(market.as_of, dates)
    months = len(dates)
    hours = np.full(months, HOURS_PER_MONTH)
    accrual = days / 360.0
    df = discount(times)
    compounded = np.concatenate([[1.0], df[:-1]]) / df - 1.0
    margin = loan.floating.margin_for(offtake.customer_class) if loan.floating else 0.0
    floating = np.maximum(compounded, loan.floating.floor * accrual) + margin * accrual if loan.floating else np.zeros(months)
    fixed = loan.fixed.rate * thirty_360(market.as_of, dates) if loan.fixed else np.zeros(months)
    floating_share = loan.floating.share if loan.floating else 0.0

    ends = np.array([date <= offtake.end for date in dates])
    price = np.where(ends, offtake.price_usd_per_hour * offtake.availability, 0.0)
    forward = rent_curve(market, fleet.rent).forward(times)
    kw = fleet.kw_per_unit
    power_cost = kw * fleet.site.pue * hours * power_curve(market, fleet.site.power).price(times)
    site_cost = np.full(months, kw * fleet.site.colocation_usd_per_kw_month + fleet.site.upkeep_usd_per_unit_month)

    fund = month_indices(market.as_of, [(c.label, c.funding) for c in fleet.cohorts], position.funded)
    accept = month_indices(market.as_of, [(c.label, c.acceptance) for c in fleet.cohorts], position.accepted)
    cost = np.array([c.cost_usd for c in fleet.cohorts])
    cohort_drawn = np.array([position.cohort_drawn_usd.get(c.label, 0.0) for c in fleet.cohorts])
    used = resale_curve(market, fleet.resale)
    units, value = fleet_arrays(fleet, dates, used)

    draws = loan.draws or no_draws(loan, market.as_of)
    written = schedule_value(cost, fleet, dates, draws.of_depreciated.life_years if draws.of_depreciated else 6.0)
    of_fleet = schedule_value(cost, fleet, dates, loan.amortisation.life_years).sum(axis=0)
    shares = amortisation_shares(loan.amortisation, dates, maturity, depreciated=of_fleet)
    tenor = draw_profile(loan.amortisation, draws.tenor_months) if draws.tenor_months else np.zeros(0)
    prior_due = draws_before(fleet, cohort_drawn, tenor, dates)
    served = np.where(accept[:, None] < np.arange(months)[None, :], units, 0.0)
    prepaid = resolve_prepayment(
        offtake, deal.position.facilities.get(loan_id), fund, accept, cost, units * np.where(ends, hours, 0.0), price
    )  # fmt: skip
    income = units * (hours * price - power_cost - site_cost) - prepaid.credits

    hedge = loan.hedge
    swap_share, start = (hedge.share, hedge.start) if hedge else (0.0, loan.maturity)
    swap_rate = hedge.rate if hedge and hedge.rate is not None else 0.0
    swap = swap_unit(swap_rate, dates, start, compounded, accrual, maturity)
    now = (position.floating_usd, position.floating_usd + position.fixed_usd, position.drawn_usd, position.drawn_at_funding_usd)
    limit = draws.of_depreciated
    capacity = planned = opened = unit_interest = np.zeros(0)
    sculpted = loan.amortisation.kind == "sculpted"
    # the fair swap rate rests on the planned balance, the balance on what coverage allows, coverage on the swap rate
    for _ in range(SWAP_ROUNDS if hedge and hedge.rate is None else 1):
        unit_interest = floating_share * (floating + swap_share * swap) + (1.0 - floating_share) * fixed
        capacity = top_up_capacity(loan, income, shares, unit_interest, accept, maturity, tenor)
        most = np.full((len(cost), months), np.inf)
        if draws.size_at_funding:
            most = np.minimum(most, capacity[:, None])
        if draws.of_market_value is not None:
            most = np.minimum(most, draws.of_market_value * value)
        if offtake.prepayment is not None:
            most = np.minimum(most, (cost - prepaid.spent)[:, None])
        scheduled = limit.share * written if limit else None
        rules = DrawRules(
            fund, accept, cost, cohort_drawn, most, scheduled, limit is not None and limit.continuous, tenor, prior_due
        )  # fmt: skip
        if sculpted:
            first = max(month_index(market.as_of, loan.amortisation.start), 0)
            shares = amortisation_shares(loan.amortisation, dates, maturity)
            before = planned_balance(loan, rules, capacity, shares, now, maturity)[0]
            debt = float(before[first - 1]) if first > 0 else now[1]
            plan_cash = (served * (hours * price - power_cost - site_cost) - prepaid.credits).sum(axis=0)
            service, _ = sculpted_shares(plan_cash, unit_interest, debt, first, maturity, loan.amortisation.target_dscr)
            shares = amortisation_shares(loan.amortisation, dates, maturity, service=service)
        planned, planned_floating, shares = planned_balance(loan, rules, capacity, shares, now, maturity)
        opened = np.concatenate([[now[0]], planned_floating[:-1]])
        if hedge and hedge.rate is None:
            swap_rate = fair_swap_rate(opened, dates, start, compounded, accrual, df, maturity)
            swap = swap_unit(swap_rate, dates, start, compounded, accrual, maturity)
    swapped = np.array([start <= date for date in dates]) & (np.arange(months) < maturity)
    swap_due = swap_share * opened * swap
    swap_close = np.cumsum((swap_due * df)[::-1])[::-1] / df

    reserve, fleet_units, fleet_value = loan.reserves, units.sum(axis=0), value.sum(axis=0)
    impact = resale.impact.value / resale.depth_units.value
    keep = 1.0 - resale.sale_cost
    relet_hours = hours * rent.relet_utilisation
    relet = relet_estimate(fleet_units, relet_hours * forward, power_cost, site_cost, df, maturity, rent.relet_months)
    forced, idle = sale_estimate(fleet_units, fleet_value * keep, site_cost * e.idle_cost_share, df, e.repossession_months, e.lots, impact)
    rest = np.where(np.arange(months) < maturity - 1, forced[maturity - 1] * df[maturity - 1] / df, 0.0)

    trap, test, sub = loan.cash_trap, loan.maintenance, offtake.substitute
    window = months_to(market.as_of, draws.window_end) - 1
    past = longest_window(loan)
    projected = served.sum(axis=0) * hours * np.where(ends, offtake.price_usd_per_hour, 0.0)
    tests = test_plan(loan, position, market.as_of, dates, maturity, projected)
    pik = np.zeros(months)
    if loan.pik:
        pik = np.where([date <= loan.pik.until for date in dates], loan.pik.share, 0.0)
    bands = sorted(loan.sweep_bands, key=lambda band: band.below)
    unit = UnitLoan(floating_share * floating + (1.0 - floating_share) * fixed, shares, compounded, accrual, maturity)
    right = loan.prepayment
    curve = discount if right is None or right.make_whole is None or right.make_whole.key is None else _curve(market, right.make_whole.key)
    classes = loan.tranches.classes if loan.tranches else ()
    ways = (loan.tranches.principal, loan.tranches.enforcement) if loan.tranches else ("pro_rata", "pro_rata")
    plan = FacilityPlan(
        months=months,
        maturity=maturity,
        window=window,
        support=int(loan.completion_support),
        waterfall=np.array([RANKS.index(name) for name in loan.waterfall], dtype=np.int64),
        hours=hours,
        accrual=accrual,
        fixed_interest=fixed,
        floating_interest=floating,
        discount=df,
        price=price,
        contract_end=int(np.count_nonzero(ends)),
        forward_rent=forward,
        relet_share=rent.relet_utilisation,
        relet_months=rent.relet_months,
        power_cost=power_cost,
        site_cost=site_cost,
        amortisation=shares,
        swap_due=swap_due,
        swap_close=swap_close,
        floating_next=service_ahead(floating, shares, reserve.liquidity_months, maturity),
        fixed_next=service_ahead(fixed, shares, reserve.liquidity_months, maturity),
        swap_next=window_sum(np.maximum(swap_due, 0.0), reserve.liquidity_months, maturity),
        operating_next=window_sum(power_cost + site_cost, reserve.liquidity_months, maturity),
        power_next=window_sum(power_cost, reserve.power_months, maturity),
        relet_income=relet[0],
        relet_cost=relet[1],
        relet_rest=rest,
        sale_estimate=forced,
        sale_idle=idle,
        sale_cost=resale.sale_cost,
        impact=impact,
        fund=fund,
        accept=accept,
        cost=cost,
        top_up_capacity=capacity,
        units=units,
        market_value=value,
        opening_units=np.where(fund < 0, fleet_arrays(fleet, (market.as_of,), used)[0][:, 0], 0.0),
        fleet_units=fleet_units,
        fleet_value=fleet_value,
        floating_share=floating_share,
        at_funding=draws.at_funding,
        after_acceptance=draws.after_acceptance,
        commitment=loan.commitment_usd,
        initial_commitment=draws.initial_commitment_usd or loan.commitment_usd,
        undrawn_fee=draws.undrawn_fee,
        agent_fee=loan.agent_fee_usd_per_year / 12.0,
        management_share=loan.management_fee_share,
        sweep=loan.sweep,
        default_margin=e.default_margin,
        interim_share=sub.interim_share,
        substitute_delay=sub.delay_months,
        substitute_cost=sub.cost_usd_per_unit,
        cost_uplift=sub.cost_uplift,
        negative_lead=loan.negative_income.lead_months if loan.negative_income else 0,
        trap_operator=int(trap.on_operator_default),
        trap_customer=int(trap.on_customer_breach),
        release_months=trap.release_months,
        release_dscr=trap.release_dscr,
        threshold=test.threshold if test else 0.0,
        test_months=test.months if test else 1,
        tests=tests,
        customer_event=int(loan.customer_default_is_event_of_default),
        grace=e.grace_months,
        repossession=e.repossession_months,
        lots=e.lots,
        idle_share=e.idle_cost_share,
        guarantee_cap=(guarantee.cap_usd or loan.commitment_usd * 10.0) if guarantee else 0.0,
        guarantee_bad_acts=int(guarantee is not None and guarantee.form == "bad_acts"),
        guarantee_lag=guarantee.payment_lag_months if guarantee else 0,
        guarantor_recovery=guarantor_recovery,
        opening=np.array(
            [
                position.floating_usd,
                position.fixed_usd,
                position.liquidity_reserve_usd,
                position.power_reserve_usd,
                position.trapped_usd,
                position.drawn_usd,
                position.drawn_at_funding_usd,
                position.margin_step,
                position.unearned_usd,
                position.advance_usd,
            ]
        ),
        cohort_drawn=cohort_drawn,
        past_cfads=last(position.cfads_usd, past),
        past_service=last(position.service_usd, past),
        past_received=last(position.received_usd, past),
        draw_fee=draws.upfront_fee + draws.discount,
        pik=pik,
        pik_toggle=int(loan.pik is not None and loan.pik.toggle),
        late_margin=loan.late_margin,
        liquidity_floor=liquidity_floor(tests),
        sweep_below=np.array([band.below for band in bands]),
        sweep_share=np.array([band.share for band in bands]),
        market_share=draws.of_market_value or 0.0,
        size_at_funding=int(draws.size_at_funding),
        schedule_share=limit.share if limit else 0.0,
        schedule_continuous=int(limit is not None and limit.continuous),
        schedule_value=written,
        fleet_schedule=written.sum(axis=0),
        tenor=tenor,
        prior_due=prior_due,
        prepaid=prepaid.amounts,
        prepaid_at_start=prepaid.at_start,
        prepaid_when=prepaid.when,
        burn_rate=prepaid.rate,
        prepaid_refund=prepaid.refund,
        call_price=call_prices(right, unit, dates, times, curve) if right else np.zeros(0),
        call_share=right.share if right else 0.0,
        call_cost=right.cost if right else 0.0,
        swap_junior=int(hedge is not None and hedge.close_out == "junior"),
        tranche_share=np.array([each.share for each in classes]),
        tranche_step=np.array([each.margin_step for each in classes]),
        tranche_how=np.array([int(how == "pro_rata") for how in ways], dtype=np.int64),
        floor=loan.floating.floor if loan.floating else 0.0,
        swap_notional=np.where(swapped, swap_share * opened, 0.0),
    )
    ledger = facility_plan(
        lender=loan.lender, vehicle=loan.borrower, operator=fleet.operator, customer=offtake.customer, vendor=fleet.vendor,
        guarantor=guarantee.guarantor if guarantee else fleet.operator, fleet=loan.collateral or "", loan=loan_id,
        offtake=loan.offtake or "", guarantee=guarantee_id or loan_id,
    )  # fmt: skip
    return Facility(
        deal, market.as_of, loan_id, loan, loan.collateral or "", fleet, offtake, guarantee_id, guarantee, dates, times, swap_rate, planned,
        unit_interest + shares, unit, FacilityPlan._make(contiguous(item) for item in plan), ledger,
    )  # fmt: skip


def _curve(market: Market, key: str) -> Discount:
    from curves import discount_curve

    return discount_curve(market, key).discount
