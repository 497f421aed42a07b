"""The vehicle, month by month: operations, payments by rank, the test of arrears, seizure and sale, guarantees.

Order of a month: prices and rents, defaults, payments, test of arrears, decision of the creditors; a seizure begins in the next month.
Creditors wait while the contract lives: a good customer pays under whoever runs the hardware. The owners pay what idle months cost until a
seizure, the first rank advances it afterwards, first out of the sale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from instruments.financing import Design
from pricing.ledger.plan import LedgerPlan
from pricing.risk.transfer import guarantee as guarantees, hardware, lease as leases, owners, prepayment as prepayments, shares
from pricing.risk.transfer.book import Book, Columns
from pricing.risk.transfer.debt import Debt, DebtColumns, debt_columns, plan_tranche
from pricing.risk.transfer.hardware import VEHICLE, SaleMonth
from pricing.risk.transfer.operations import Operations
from pricing.risk.transfer.setup import NEVER, Setup
from pricing.schedules.types import Floats, Ints


@dataclass(frozen=True)
class DesignPlan:
    """The columns of one design."""

    design: Design
    plan: LedgerPlan
    hardware: hardware.HardwareColumns
    owners: owners.OwnerColumns
    debt: DebtColumns
    guarantee: guarantees.GuaranteeColumns
    lease: leases.LeaseColumns | None
    prepayment: prepayments.PrepaymentColumns | None
    warrants: shares.WarrantColumns | None
    margin_loan: shares.MarginLoanColumns | None


def plan_design(setup: Setup, design: Design) -> DesignPlan:
    """Draw up the ledger of a design: every posting is known before the run."""
    columns = Columns()
    owner = design.lease.lessor if design.lease else VEHICLE
    found = DesignPlan(
        design=design,
        plan=LedgerPlan(()),
        hardware=hardware.hardware_columns(columns, setup, owner),
        owners=owners.owner_columns(columns, design),
        debt=debt_columns(columns, design),
        guarantee=guarantees.guarantee_columns(columns, design),
        lease=leases.lease_columns(columns, design, design.lease) if design.lease else None,
        prepayment=prepayments.prepayment_columns(columns, setup.project.plant.customer) if design.prepayment else None,
        warrants=shares.warrant_columns(columns, design.warrants) if design.warrants else None,
        margin_loan=shares.margin_loan_columns(columns, design.margin_loan) if design.margin_loan else None,
    )
    return replace(found, plan=columns.plan())


@dataclass(frozen=True)
class Rolled:
    """What a design leaves on a block besides its postings."""

    seized: Ints
    """Month of the decision to sell [path]; `NEVER` where there is none."""
    share_brokers: Floats
    """Discounted cost of selling pledged shares [path]."""


def roll_design(setup: Setup, planned: DesignPlan, margins: Mapping[str, float], operations: Operations, book: Book) -> Rolled:
    """One design on one block of paths.

    Args:
        setup, operations: the project and its paths. planned: the columns.
        margins: margin of each part (`tranches.NAME`, `lease`, `prepayment`, `margin_loan`), fair ones found already.
        book: where everything is posted.
    """
    brokers = roll_shares(setup, planned, margins, operations, book)
    return Rolled(roll_vehicle(setup, planned, margins, operations, book), brokers)


def roll_shares(setup: Setup, planned: DesignPlan, margins: Mapping[str, float], operations: Operations, book: Book) -> Floats:
    """What is done with shares, apart from the vehicle; discounted cost of selling pledged ones [path]."""
    design = planned.design
    if design.warrants is not None and planned.warrants is not None:
        shares.post_warrants(setup, design.warrants, operations, planned.warrants, book)
    if design.margin_loan is None or planned.margin_loan is None:
        return np.zeros(operations.paths)
    return shares.post_margin_loan(setup, design.margin_loan, margins["margin_loan"], operations, planned.margin_loan, book)


def roll_vehicle(setup: Setup, planned: DesignPlan, margins: Mapping[str, float], operations: Operations, book: Book) -> Ints:
    """The vehicle and its debt, lease and prepayment; month of the decision to sell [path]."""
    design, paths, rules = planned.design, operations.paths, setup.project.enforcement
    plans = {name: plan_tranche(setup, name, design.tranches[name], margins[f"tranches.{name}"]) for name in design.ranked}
    credits = np.zeros_like(operations.contract_rent)
    if design.prepayment is not None and planned.prepayment is not None:
        terms = design.prepayment
        credits = prepayments.post_prepayment(setup, terms, margins["prepayment"], operations, planned.prepayment, book)
    debt = Debt(setup, design, plans, planned.debt, paths)
    promise = guarantees.Guarantee(setup, design, plans, planned.guarantee, operations)
    lease = None
    if design.lease is not None and planned.lease is not None:
        lease = leases.Lease(setup, design.lease, margins["lease"], planned.lease, operations)
        lease.start(book)
    _open(setup, planned, debt, book)
    promise.start(book)
    creditors = bool(plans) or lease is not None
    seized: Ints = np.full(paths, NEVER, dtype=np.int64)
    decided, misses = np.zeros(paths, dtype=np.bool_), np.zeros(paths, dtype=np.int64)
    for t in range(setup.total):
        if t >= setup.months and not ((seized < NEVER).any() or promise.waits or (lease is not None and lease.waits)):
            break  # nothing is left to sell or to pay
        performing = (seized >= t) & (t < setup.months)
        ending = performing & (t == setup.months - 1)
        over = ending | (t == seized + rules.repossession_months + rules.lots)
        net = hardware.post_operations(planned.hardware, operations, t, performing, book) - np.where(performing, credits[t], 0.0)
        orderly = hardware.last_sale(setup, operations, t, ending)
        forced = hardware.sale_month(setup, operations, t, seized)
        value = _value_sold(setup, operations, t, orderly, forced)
        sale = SaleMonth(orderly.price + forced.price, orderly.cost + forced.cost, forced.idle, forced.removal)
        hardware.post_sale(planned.hardware, setup, t, sale, value, book)
        planned.owners.post(planned.owners.support, t + 1, np.maximum(-net, 0.0), book)
        cash = np.maximum(net, 0.0)
        if lease is not None:
            left = lease.pay(t, cash, performing, over, book)
            run = (np.minimum(seized, setup.months - 1) + 1.0) / setup.months
            lease.sold(t, sale, over, run, book)
            unpaid = lease.unpaid
        elif creditors:
            proceeds = sale.price - sale.cost
            left, lost = debt.pay(t, cash + proceeds, sale.idle + sale.removal, decided | ending, over, book)
            promise.step(t, lost, book)
            unpaid = debt.unpaid
        else:
            left, unpaid = cash + sale.price - sale.cost, np.zeros(paths, dtype=np.bool_)
        planned.owners.post(planned.owners.distribution, t + 1, left, book)
        if creditors and t < setup.months - 1:
            misses = np.where(unpaid, misses + 1, 0)
            called = (misses > rules.grace_months) & ~operations.contract[t] & ~decided
            if called.any():
                at = np.flatnonzero(called)
                claim = np.full(at.size, np.inf) if lease is not None else debt.owed[at]
                seized[at[hardware.sells(setup, operations, t, at, claim)]] = t
                decided = decided | called
    return seized


def _open(setup: Setup, planned: DesignPlan, debt: Debt, book: Book) -> None:
    """Today: the hardware is bought with what is lent, paid ahead and paid in."""
    design = planned.design
    book.post(planned.hardware.purchase, 0, setup.cost)
    lent = debt.draw(book)
    ahead = design.prepayment.share_of_cost * setup.cost if design.prepayment else 0.0
    if design.lease is None:
        planned.owners.post(planned.owners.capital, 0, setup.cost - lent - ahead, book)
    else:
        planned.owners.post(planned.owners.distribution, 0, ahead, book)  # the hardware is the lessor's to pay for


def _value_sold(setup: Setup, operations: Operations, t: int, orderly: SaleMonth, forced: SaleMonth) -> Floats:
    """Market value of what is sold in a month [path]."""
    return orderly.price + np.where(forced.price > 0.0, operations.value[t] / setup.project.enforcement.lots, 0.0)
