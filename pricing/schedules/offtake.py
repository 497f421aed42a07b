"""From a stand-alone offtake and a market to arrays on its monthly grid: capacity, price, notice periods, what leaving costs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from instruments.assets.fleet import GpuFleet
from instruments.contracts.offtake import Offtake
from instruments.contracts.offtake_parts import Cancellation, Termination
from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.schedules.facility import HOURS_PER_MONTH
from pricing.schedules.grid import month_ends, months_to
from pricing.schedules.types import Bools, Floats, Ints

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal

NEVER_ROW = 1 << 20
"""Row of what does not happen."""


@dataclass(frozen=True)
class Right:
    """One side's right to leave, by the row on which notice is given."""

    terms: Cancellation
    allowed: Bools
    """[row] whether notice may be given then, conditions apart."""
    kept: Floats
    """[notice row, row] share of the month still served."""
    last: Ints
    """[notice row] row of the last day of service."""
    relet: Floats
    """[notice row, row] share of the month let again afterwards."""
    fee_usd: Floats
    """[notice row] paid to the other side."""
    switching_usd: Floats
    """[notice row] paid to nobody in the deal."""


@dataclass(frozen=True)
class OfftakePlan:
    """One offtake on its grid. Row 0 is the valuation date, the others month ends; money falls due on rows. Axes are [row]."""

    contract_id: str
    offtake: Offtake
    fleet: GpuFleet
    as_of: dt.date
    dates: tuple[dt.date, ...]
    years: Floats
    discount: Floats
    end: int
    """Last row of the contract; rollover months come after it."""
    price: Floats
    """USD per unit-hour, steps and escalator included."""
    cohort_hours: Floats
    """[cohort, row] unit-hours of each cohort once accepted; one cohort where capacity is given by date."""
    accepted: Ints
    """[cohort] row after which it serves, as planned; delays come on top."""
    relet_months: int
    relet_utilisation: float
    customer_recovery: float
    """Of what the customer owes at its default."""
    operator_recovery: float
    """Of what was paid ahead, after the operator's failure."""
    customer: Right | None
    provider: Right | None

    @property
    def hours(self) -> Floats:
        """Unit-hours on the plan, without outages."""
        return hours_served(self, np.zeros((len(self.accepted), 1), dtype=np.int64))[:, 0]

    @property
    def rent_usd(self) -> Floats:
        """Rent on the plan: price x hours x availability, to the contract's end."""
        return self.full_rent_usd * self.offtake.availability

    @property
    def full_rent_usd(self) -> Floats:
        """Rent for every hour of the contract at its full price."""
        return np.where(np.arange(len(self.dates)) <= self.end, self.price * self.hours, 0.0)

    @property
    def prepaid_usd(self) -> float:
        """Money paid ahead."""
        prepayment = self.offtake.prepayment
        return prepayment.share * float(self.full_rent_usd.sum()) if prepayment else 0.0

    @property
    def rights(self) -> tuple[tuple[str, Right], ...]:
        """Who may leave, and how."""
        pairs = ((self.offtake.customer, self.customer), (self.offtake.provider, self.provider))
        return tuple((party, right) for party, right in pairs if right is not None)


def hours_served(plan: OfftakePlan, delay: Ints) -> Floats:
    """Unit-hours of the cohorts in service [row, path], each accepted `delay` months late [cohort, path]."""
    rows = np.arange(len(plan.dates))
    total = np.zeros((rows.size, delay.shape[1]))
    for cohort, hours in enumerate(plan.cohort_hours):
        total += np.where(rows[:, None] > plan.accepted[cohort] + delay[cohort], hours[:, None], 0.0)
    return total


def resolve_offtake(deal: Deal, contract_id: str, market: Market) -> OfftakePlan:
    """Resolve an offtake on the month ends after the market's date.

    Raises:
        InputError: the contract is over at the market's date.
        MarketError: a rate or rent quote is missing.
    """
    from curves import default_rates_key, discount_curve, survival_curve

    def recovery(party: str) -> float:
        key = deal.parties[party].credit
        return survival_curve(market, key).recovery if key is not None else 0.0

    offtake = deal.contracts[contract_id]
    assert isinstance(offtake, Offtake)  # the registry calls it for offtakes alone
    fleet, as_of = deal.assets[offtake.fleet], market.as_of
    end = months_to(as_of, offtake.end)
    if end < 1:
        why = f"no month end is left before the contract ends on {offtake.end}"
        raise InputError(
            problem("unsupported", subject=contract_id, field="as_of", value=as_of.isoformat(), why=why, remedy="use an earlier market")
        )
    dates = (as_of, *month_ends(as_of, end + (offtake.rollover.months if offtake.rollover else 0)))
    ordinals = np.array([date.toordinal() for date in dates], dtype=np.float64)
    years = (ordinals - ordinals[0]) / 365.0
    quotes = market.rent.get(fleet.rent.split(":", 1)[1]) or market.rent.get(fleet.rent.split(":")[1])
    after = offtake.after_default
    hours, accepted = _capacity(offtake, fleet, dates)
    plan = OfftakePlan(
        contract_id=contract_id,
        offtake=offtake,
        fleet=fleet,
        as_of=as_of,
        dates=dates,
        years=years,
        discount=discount_curve(market, default_rates_key(market)).discount(years),
        end=end,
        price=np.array([_price(offtake, deal.as_of, dates[max(row - 1, 0)] + dt.timedelta(days=1)) for row in range(len(dates))]),
        cohort_hours=hours,
        accepted=accepted,
        relet_months=getattr(quotes, "relet_months", 0) if after.relet_months is None else after.relet_months,
        relet_utilisation=getattr(quotes, "relet_utilisation", 1.0) if after.relet_utilisation is None else after.relet_utilisation,
        customer_recovery=recovery(offtake.customer),
        operator_recovery=recovery(fleet.operator),
        customer=None,
        provider=None,
    )
    return _with_rights(plan)


def _price(offtake: Offtake, signed: dt.date, day: dt.date) -> float:
    """Price on a day: the last step on or before it, escalated once for every full year since the deal's date."""
    steps = sorted(date for date in offtake.price_steps_usd_per_hour if date <= day)
    base = offtake.price_steps_usd_per_hour[steps[-1]] if steps else offtake.price_usd_per_hour
    first = signed + dt.timedelta(days=1)
    full_years = day.year - first.year - ((day.month, day.day) < (first.month, first.day))
    return base * (1.0 + offtake.escalator_per_year) ** max(full_years, 0)


def _capacity(offtake: Offtake, fleet: GpuFleet, dates: tuple[dt.date, ...]) -> tuple[Floats, Ints]:
    """Unit-hours [cohort, row] and planned acceptance rows [cohort]. A month counts what is contracted or in service on its first day."""
    starts = [dates[max(row - 1, 0)] + dt.timedelta(days=1) for row in range(len(dates))]
    if offtake.capacity_units:
        ramp = sorted(offtake.capacity_units)
        units = [offtake.capacity_units[max(d for d in ramp if d <= day)] if ramp[0] <= day else 0.0 for day in starts]
        found = np.array([units]) * HOURS_PER_MONTH
        found[:, 0] = 0.0
        return found, np.array([0], dtype=np.int64)
    served = np.array([[max((date - c.acceptance).days, 0) / 365.0 for date in dates] for c in fleet.cohorts])
    units = np.array([c.units for c in fleet.cohorts])[:, None] * (1.0 - fleet.attrition) ** served
    rows = [next((row for row, date in enumerate(dates) if date >= c.acceptance), NEVER_ROW) for c in fleet.cohorts]
    return units * HOURS_PER_MONTH, np.array(rows, dtype=np.int64)


def _with_rights(plan: OfftakePlan) -> OfftakePlan:
    offtake = plan.offtake
    found = {
        side: _right(plan, terms) if terms is not None else None
        for side, terms in (("customer", offtake.customer_may_leave), ("provider", offtake.provider_may_leave))
    }
    return replace(plan, customer=found["customer"], provider=found["provider"])


def _right(plan: OfftakePlan, terms: Cancellation) -> Right:
    rows = np.arange(len(plan.dates))
    last_day = terms.last_notice or plan.offtake.end
    allowed = np.array([terms.first_notice <= date <= last_day for date in plan.dates]) & (rows < plan.end)
    leave = [date + dt.timedelta(days=terms.notice_days) for date in plan.dates]
    kept = np.array([[kept_share(plan, row, day) for row in range(len(rows))] for day in leave])
    last = np.array([max(int(np.flatnonzero(kept[e] > 0.0).max(initial=0)), e) for e in rows], dtype=np.int64)
    gone = (kept < 1.0) & (rows[None, :] <= plan.end)
    relet = np.where(rows[None, :] > last[:, None] + plan.relet_months, 1.0, 1.0 - kept if plan.relet_months == 0 else 0.0)
    hours, remaining = plan.hours, ((1.0 - kept) * plan.full_rent_usd).sum(axis=1)
    units = np.array([hours[min(e + 1, plan.end)] for e in rows]) / HOURS_PER_MONTH
    return Right(
        terms=terms,
        allowed=allowed & gone.any(axis=1),
        kept=kept,
        last=last,
        relet=np.where(gone, relet, 0.0),
        fee_usd=np.array([fee_usd(terms.termination, date, left) for date, left in zip(plan.dates, remaining, strict=True)]),
        switching_usd=terms.switching_cost_usd_per_unit * units,
    )


def kept_share(plan: OfftakePlan, row: int, last_day: dt.date) -> float:
    """Share of the month up to `row` that is served where `last_day` is the last day of service."""
    if row == 0 or last_day >= plan.dates[row]:
        return 1.0
    start = plan.dates[row - 1]
    return max((last_day - start).days, 0) / (plan.dates[row] - start).days


def fee_usd(termination: Termination, notice: dt.date, remaining_usd: float) -> float:
    """What a notice on a day costs: its step of the schedule and the share of the rents that are given up."""
    steps = [date for date in termination.schedule_usd if date <= notice]
    return (termination.schedule_usd[max(steps)] if steps else 0.0) + termination.share_of_remaining * remaining_usd


def firm_usd(plan: OfftakePlan) -> tuple[float, dt.date | None]:
    """The least that the customer can pay, not discounted, over its rights to leave and to take less; and the notice that does it.

    **Model** the least, over no notice and over each day on which notice may be given, of prepayment + minimum take x rent to the last day
    of service - what burns off - refund + termination payment. The provider's own right, outages and defaults do not lower it; a right
    that outages must open first does not count.
    """
    best, when = _paid(plan, None), None
    right = plan.offtake.customer_may_leave
    if right is not None and right.after_outage_months == 0:
        # the termination payment steps on its own dates, so the least falls on the first day, on a step, or on a month end
        days = {max(right.first_notice, plan.as_of), *right.termination.schedule_usd, *plan.dates}
        for day in sorted(days):
            if max(right.first_notice, plan.as_of) <= day <= (right.last_notice or plan.offtake.end) and day < plan.dates[plan.end]:
                paid = _paid(plan, day)
                if paid < best:
                    best, when = paid, day
    return best, when


def _paid(plan: OfftakePlan, notice: dt.date | None) -> float:
    offtake, right = plan.offtake, plan.offtake.customer_may_leave
    rows = range(1, plan.end + 1)
    kept, fee = np.ones(plan.end), 0.0
    if notice is not None and right is not None:
        kept = np.array([kept_share(plan, row, notice + dt.timedelta(days=right.notice_days)) for row in rows])
        fee = fee_usd(right.termination, notice, float(np.sum((1.0 - kept) * plan.full_rent_usd[1 : plan.end + 1])))
    total = left = plan.prepaid_usd
    for rent in offtake.minimum_take * kept * plan.rent_usd[1 : plan.end + 1]:
        burned = burn(plan, rent, left)
        total, left = total + rent - burned, left - burned
    return float(total + fee - (offtake.prepayment.refund * left if offtake.prepayment else 0.0))


def burn(plan: OfftakePlan, due: Floats | float, left: Floats | float) -> Floats:
    """How much of a month's rent is paid by the prepayment."""
    prepayment = plan.offtake.prepayment
    if prepayment is None:
        return np.zeros_like(due)
    share = prepayment.share / plan.offtake.availability if prepayment.burn_off == "pro_rata" and plan.offtake.availability > 0 else 1.0
    return np.minimum(np.minimum(share, 1.0) * due, left)
