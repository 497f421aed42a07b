"""Offtakes by QuantLib: planned rents as zero-coupon bonds on the customer's credit, and rights to leave as Black options."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from curves import discount_curve, rent_curve, survival_curve
from curves.lookup import default_rates_key
from instruments.contracts.offtake import Offtake
from pricing.engines.contract_rows import ContractRows
from pricing.engines.facility_run import planned_run, set_up
from pricing.engines.offtake_simulation import facility_of
from pricing.ledger.facility import RENT
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.offtake import OfftakePlan, Right, burn, firm_usd, resolve_offtake
from pricing.schedules.types import Floats

MEASURES = ("value", "value_at_first_notice", "cancellation_option_lower_bound")


@register_engine(Offtake, "quantlib", measures=MEASURES, note="planned rents on the customer's credit, no recovery, by zero-coupon bonds")
def offtake_by_quantlib(task: Task) -> Outcome:
    """The special case of a plan that is kept: nobody leaves, the operator never fails, no outages; see `quantlib_claims`.

    A stand-alone offtake is also valued as if the customer gave the notice that costs it least (`firm_usd`), and each right to leave as the
    best of its European options, where one lognormal factor moves the rent: Black's formula at each date, defaults independent of rents.
    """
    from pricing._quantlib.loan import quantlib_claims  # QuantLib is loaded by those who ask for it

    offtake, as_of = task.contract, task.market.as_of
    assert isinstance(offtake, Offtake)  # the registry calls it for offtakes alone
    credit = task.deal.parties[offtake.customer].credit
    survival = survival_curve(task.market, credit).survival if credit else np.ones_like
    discount = discount_curve(task.market, default_rates_key(task.market)).discount
    on = f"on {credit}, no recovery" if credit else "the customer has no credit"

    def worth(flows: dict[dt.date, float], at_once: float = 0.0) -> float:
        later = {date: amount for date, amount in flows.items() if amount and date > as_of}
        return at_once + (quantlib_claims(as_of, later, discount, survival, subject=task.contract_id) if later else 0.0)

    loan_id = facility_of(task.deal, task.contract_id)
    if loan_id is not None:
        rows = ContractRows(task, "quantlib", offtake.provider, f"special case: planned rents, the operator never fails; {on}")
        facility = set_up(task.deal, loan_id, task.market).facility
        rents = planned_run(facility).ledger[:, RENT, 0]
        rows.add_sides("value", worth(dict(zip(facility.dates, rents.tolist(), strict=True))), other=offtake.customer)
        return Outcome(rows=rows.rows)
    rows = ContractRows(task, "quantlib", offtake.provider)
    plan = resolve_offtake(task.deal, task.contract_id, task.market)
    kept = "special case: planned rents, nobody leaves, no outage, the operator never fails"
    rows.add_sides("value", worth(planned_payments(plan, None), plan.prepaid_usd), other=offtake.customer, note=f"{kept}; {on}")
    notice = firm_usd(plan)[1]
    if notice is not None:
        value = worth(planned_payments(plan, notice), plan.prepaid_usd)
        rows.add("value_at_first_notice", value, note=f"as before, the customer gives notice on {notice}; {on}")
    if plan.rights and _lognormal(task, plan):
        for party, right in plan.rights:
            side = "customer" if right is plan.customer else "provider"
            best, when = max(_options(task, plan, right, side, survival(plan.years)), default=(0.0, as_of))
            note = f"best single date, {when}, by Black's formula; defaults independent of rents"
            rows.add("cancellation_option_lower_bound", best, party=party, note=note)
    return Outcome(rows=rows.rows)


def planned_payments(plan: OfftakePlan, notice: dt.date | None) -> dict[dt.date, float]:
    """Net cash from the customer by date on the plan: with the least it may take where it leaves, all of it where it stays."""
    from pricing.schedules.offtake import fee_usd, kept_share

    right = plan.offtake.customer_may_leave
    flows: dict[dt.date, float] = dict.fromkeys(plan.dates, 0.0)
    left, given_up = plan.prepaid_usd, 0.0
    for row in range(1, plan.end + 1):
        kept = 1.0
        if notice is not None and right is not None:
            kept = kept_share(plan, row, notice + dt.timedelta(days=right.notice_days))
            given_up += (1.0 - kept) * float(plan.full_rent_usd[row])
        rent = kept * float(plan.rent_usd[row])
        burned = float(burn(plan, rent, left))
        left -= burned
        flows[plan.dates[row]] = rent - burned
    if notice is not None and right is not None:
        day = next(date for date in plan.dates[1:] if date >= notice)
        flows[day] += fee_usd(right.termination, notice, given_up)
    if plan.offtake.prepayment is not None:
        flows[plan.dates[plan.end]] -= plan.offtake.prepayment.refund * left
    return flows


def _lognormal(task: Task, plan: OfftakePlan) -> bool:
    """Whether a right to leave is an option on one lognormal amount."""
    curve, offtake = rent_curve(task.market, plan.fleet.rent), plan.offtake
    one_factor = curve.factors.short_volatility == 0.0 and not curve.launches
    plain = offtake.minimum_take == 1.0 and offtake.prepayment is None and offtake.service is None
    return one_factor and plain and offtake.capacity_cost_usd_per_hour == 0.0


def _options(task: Task, plan: OfftakePlan, right: Right, side: str, survival: Floats) -> Iterator[tuple[float, dt.date]]:
    """European value of leaving on each date: what is given up and what takes its place, one of them times the lognormal rent ratio."""
    from pricing._quantlib.black import black_value

    curve = rent_curve(task.market, plan.fleet.rent)
    rows = np.arange(len(plan.dates)) <= plan.end
    weight = np.where(rows, plan.discount * survival * plan.hours, 0.0)
    for row in np.flatnonzero(right.allowed):
        given_up = weight * (1.0 - right.kept[row])
        rent = float(np.sum(given_up * plan.price)) * plan.offtake.availability
        cost = float(plan.discount[row] * survival[row] * (right.fee_usd[row] + right.switching_usd[row]))
        deviation = float(np.sqrt(curve.variance(plan.years[row])))
        if side == "customer":
            elsewhere = float(np.sum(given_up * curve.forward(plan.years))) * plan.offtake.availability
            strike, forward, call = rent - cost, elsewhere, False
        else:
            again = np.where(rows, plan.discount * plan.hours, 0.0) * right.relet[row] * survival[row]
            forward = float(np.sum(again * curve.forward(plan.years))) * plan.relet_utilisation
            strike, call = rent + cost, True
        if strike > 0.0 and forward > 0.0:
            value = black_value(forward=forward, strike=strike, standard_deviation=deviation, call=call, subject=task.contract_id)
            yield value, plan.dates[row]
