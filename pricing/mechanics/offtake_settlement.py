"""Who pays what under a stand-alone offtake on each path, given who leaves when."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pricing.mechanics.offtake_world import OfftakeWorld
from pricing.schedules.offtake import NEVER_ROW, OfftakePlan, Right, burn, hours_served
from pricing.schedules.types import Bools, Floats, Ints


class Settled(NamedTuple):
    """Amounts by row and path, USD; unit-hours where said. All [row, path]."""

    rent_due: Floats
    rent_paid: Floats
    """What is not paid is written off: the month of the customer's default."""
    credits: Floats
    prepaid: Floats
    burned: Floats
    prepaid_back: Floats
    """Paid back: on the end or a notice, or recovered from the operator."""
    prepaid_lost: Floats
    """Forfeited, or lost with the operator."""
    outstanding: Floats
    """Prepayment not yet burned off, at the end of the row."""
    fee_customer: Floats
    fee_provider: Floats
    claim_due: Floats
    claim_paid: Floats
    relet: Floats
    cost: Floats
    rollover: Floats
    delivered: Floats
    """Unit-hours that the customer gets under the contract."""

    def from_customer(self) -> Floats:
        """Cash of the customer, net of what the provider pays back."""
        paid = self.rent_paid + self.prepaid + self.fee_customer + self.claim_paid + self.rollover
        return paid - self.credits - self.burned - self.prepaid_back - self.fee_provider


class _Timing(NamedTuple):
    kept: Floats
    """[row, path] share of the month before somebody's leaving."""
    last: Ints
    """[path] last row of service, defaults apart."""
    quits: Ints
    """[path] last row before the operator's failure ends the contract."""
    relet: Floats
    """[row, path] share of the month let again after somebody's leaving."""


def nobody(paths: int) -> Ints:
    """Notice rows where nobody ever leaves: [path]."""
    return np.full(paths, NEVER_ROW, dtype=np.int64)


def settle(plan: OfftakePlan, world: OfftakeWorld, customer_notice: Ints, provider_notice: Ints) -> Settled:
    """Settle every row of one block.

    **Model** Rent falls due on month ends for the month behind them: price x hours x availability x the share of the month before the last
    day of service; less than that while a replacement of the operator is looked for, nothing while suspended. The rent of the month of the
    customer's default is lost. A notice counts only if nobody has left or failed before; both on one day: the customer's.

    Args:
        plan: the contract.
        world: a block of paths.
        customer_notice, provider_notice: row of each side's notice, `NEVER_ROW` for none [path].
    """
    offtake, paths = plan.offtake, world.spot.shape[1]
    rows = np.arange(len(plan.dates))[:, None]
    by_customer = customer_notice <= provider_notice
    chosen = (np.where(by_customer, customer_notice, NEVER_ROW), np.where(by_customer, NEVER_ROW, provider_notice))
    time = _timing(plan, world, chosen)
    hours = hours_served(plan, world.delay)
    in_term = (rows >= 1) & (rows <= plan.end) & (rows <= time.quits)
    alive = rows < world.customer
    availability, rent_share, hour_share = _service(plan, world, rows)
    taken = np.where(world.spot >= plan.price[:, None], 1.0, offtake.minimum_take)
    whole = np.where(in_term, hours * time.kept * offtake.availability, 0.0)
    due = np.where(rows <= world.customer, whole * plan.price[:, None] * taken * rent_share, 0.0)
    paid = np.where(alive, due, 0.0)
    credits = np.where(alive, _credit_share(plan, world) * due, 0.0)
    closing = np.minimum(np.minimum(time.last, time.quits), world.customer)
    burned, back, lost, outstanding = _prepayment(plan, world, paid - credits, closing, time.quits)
    claim_due = _claims(plan, world, time, rows)
    relet, relet_cost = _relet(plan, world, time, rows, hours)
    going_on = (rows > plan.end) & (time.kept[plan.end] == 1.0) & world.stays & alive & (rows <= time.quits)
    rolled = np.where(going_on, hours * offtake.availability, 0.0)
    served = np.where(in_term & alive, hours * time.kept * hour_share, 0.0) + np.where(going_on, hours, 0.0)
    prepaid = np.zeros_like(due)
    prepaid[0] = plan.prepaid_usd
    return Settled(
        rent_due=due,
        rent_paid=paid,
        credits=credits,
        prepaid=prepaid,
        burned=burned,
        prepaid_back=back,
        prepaid_lost=lost,
        outstanding=outstanding,
        fee_customer=_fees(plan.customer, chosen[0], rows),
        fee_provider=_fees(plan.provider, chosen[1], rows),
        claim_due=claim_due,
        claim_paid=plan.customer_recovery * claim_due,
        relet=relet,
        cost=served * offtake.capacity_cost_usd_per_hour + relet_cost,
        rollover=rolled * world.let * (offtake.rollover.rent_share if offtake.rollover else 0.0),
        delivered=np.where(alive, whole * taken * availability * hour_share, 0.0).reshape(len(rows), paths),
    )


def _timing(plan: OfftakePlan, world: OfftakeWorld, notices: tuple[Ints, Ints]) -> _Timing:
    paths, rows = world.spot.shape[1], len(plan.dates)
    kept, relet = np.ones((rows, paths)), np.zeros((rows, paths))
    last = np.full(paths, plan.end, dtype=np.int64)
    for right, notice in zip((plan.customer, plan.provider), notices, strict=True):
        gone = np.flatnonzero(notice < NEVER_ROW)
        if right is not None and gone.size:
            kept[:, gone] = right.kept[notice[gone]].T
            relet[:, gone] = right.relet[notice[gone]].T
            last[gone] = np.minimum(right.last[notice[gone]], plan.end)
    ends = (~world.substituted) & (plan.offtake.step_in is None)
    quits = np.where(ends, world.operator + plan.offtake.substitute.delay_months, NEVER_ROW)
    return _Timing(kept, last, quits, relet)


def _service(plan: OfftakePlan, world: OfftakeWorld, rows: Ints) -> tuple[Floats, Floats, Floats]:
    """Availability in outages; share of the rent due and of the hours delivered while the operator fails: each [row, path]."""
    offtake = plan.offtake
    since = rows - world.operator
    interim = (since > 0) & (since <= offtake.substitute.delay_months)
    stepped = (since > offtake.substitute.delay_months) & ~world.substituted & (offtake.step_in is not None)
    hour_share = np.where(interim, offtake.substitute.interim_share, 1.0)
    rent_share = np.where(stepped, offtake.step_in.rent_share if offtake.step_in else 1.0, hour_share)
    availability = np.ones_like(rent_share)
    if offtake.service is not None:
        availability = np.where(world.outages > 0, offtake.service.outage_availability, 1.0)
        if offtake.service.suspend_after_months is not None:
            rent_share = np.where(world.outages >= offtake.service.suspend_after_months, 0.0, rent_share)
    return availability, rent_share, hour_share


def _credit_share(plan: OfftakePlan, world: OfftakeWorld) -> Floats:
    service = plan.offtake.service
    if service is None:
        return np.zeros_like(world.spot)
    points = 100.0 * (service.promised - service.outage_availability)
    return np.where(world.outages > 0, min(service.cap, points * service.credit_per_point), 0.0)


def _prepayment(
    plan: OfftakePlan, world: OfftakeWorld, payable: Floats, closing: Ints, quits: Ints
) -> tuple[Floats, Floats, Floats, Floats]:
    """Burned off, paid back, lost, and outstanding: each [row, path]. What is left is settled on the contract's last row."""
    burned, back, lost, outstanding = (np.zeros_like(payable) for _ in range(4))
    prepayment = plan.offtake.prepayment
    if prepayment is None:
        return burned, back, lost, outstanding
    left = np.full(payable.shape[1], plan.prepaid_usd)
    failed = quits < world.customer
    share = np.where(world.customer <= closing, 0.0, np.where(failed & (quits <= closing), plan.operator_recovery, prepayment.refund))
    for row in range(len(plan.dates)):
        if row:
            burned[row] = burn(plan, payable[row], left)
            left = left - burned[row]
        over = row >= closing
        back[row] = np.where(over, share * left, 0.0)
        lost[row] = np.where(over, left - back[row], 0.0)
        left = np.where(over, 0.0, left)
        outstanding[row] = left
    return burned, back, lost, outstanding


def _claims(plan: OfftakePlan, world: OfftakeWorld, time: _Timing, rows: Ints) -> Floats:
    """Claimed at the customer's default: a share of the full rents after that month."""
    share = plan.offtake.after_default.claim_share
    if share == 0.0:
        return np.zeros_like(world.spot)
    rent = plan.full_rent_usd[:, None] * time.kept
    later = np.cumsum(rent[::-1], axis=0)[::-1] - rent
    now = (rows == world.customer) & (rows <= time.last) & (rows <= time.quits)
    return np.where(now, share * later, 0.0)


def _relet(plan: OfftakePlan, world: OfftakeWorld, time: _Timing, rows: Ints, hours: Floats) -> tuple[Floats, Floats]:
    """Rent of capacity let again after a notice or the customer's default, to the contract's end, and its running cost."""
    defaulted = (world.customer <= time.last) & (world.customer <= time.quits)
    after_default = (rows > world.customer + plan.relet_months) & (rows <= plan.end)
    share = np.where(defaulted, after_default, np.where(rows <= time.quits, time.relet, 0.0))
    return share * relet_income(plan, world.let) * hours, share * relet_runs(
        plan, world.let
    ) * hours * plan.offtake.capacity_cost_usd_per_hour


def relet_runs(plan: OfftakePlan, spot: Floats) -> Bools:
    """Whether capacity let again earns its running cost."""
    return plan.relet_utilisation * spot > plan.offtake.capacity_cost_usd_per_hour


def relet_income(plan: OfftakePlan, spot: Floats) -> Floats:
    """USD per unit-hour let again, before running cost; nothing where it is switched off."""
    return np.where(relet_runs(plan, spot), plan.relet_utilisation * spot, 0.0)


def _fees(right: Right | None, notice: Ints, rows: Ints) -> Floats:
    fees = np.zeros((len(rows), notice.size))
    if right is not None:
        gone = np.flatnonzero(notice < NEVER_ROW)
        fees[notice[gone], gone] = right.fee_usd[notice[gone]]
    return fees
