"""Tranches of a simulated facility: what its lender receives on every path, divided by the priority of payments."""

from __future__ import annotations

import numpy as np

from instruments.contracts.loan_tranches import ACCELERATED, PRINCIPAL, LoanTranches, tranche_order
from instruments.ground.errors import PricingError
from instruments.ground.messages import problem
from pricing.engines.facility_run import FacilityRun
from pricing.kernels.facility import roll_columns
from pricing.ledger import facility as k, tranches as c
from pricing.ledger.runs import ContractRun, run_contract
from pricing.paths.facility import drivers_of
from pricing.paths.rates import rate_paths
from pricing.priority.interpreter import run_order
from pricing.priority.state import Claim, Pot
from pricing.schedules.facility import Facility
from pricing.schedules.plan import Drivers, Events
from pricing.schedules.types import Floats

TAKEN = (
    k.DRAW_FLOATING, k.DRAW_FIXED, k.UNDRAWN_FEE, k.LENDER_FEE, k.CALL_PREMIUM, k.INTEREST_DUE, k.INTEREST_FLOATING, k.INTEREST_FIXED,
    k.PIK_FLOATING, k.PIK_FIXED, k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED, k.INTEREST_LOST, k.PRINCIPAL_LOST, k.POSTINGS + k.STATUS,
)  # fmt: skip
"""Columns of the facility that its tranches divide."""


def tranche_ledger(facility: Facility, drivers: Drivers, events: Events | None) -> Floats:
    """Divide one block of paths: postings of `pricing.ledger.tranches` [time, posting, path].

    **Model**: a tranche earns the facility's rate and its own step on its balance. What the facility pays as interest and as principal is
    divided by `tranche_order`, sequentially or pro rata, from the month after the event of default by the rule of enforcement. Undrawn
    fees and fees on draws go by share, a call premium by balance. What the facility writes off each tranche loses as it is still owed.

    Args:
        facility: with tranches.
        drivers, events: of the block.
    """
    terms, plan = _terms(facility), facility.plan
    order, labels = tranche_order(terms), [each.label for each in terms.classes]
    share, step = np.array([each.share for each in terms.classes]), np.array([each.margin_step for each in terms.classes])
    found = dict(zip(TAKEN, roll_columns(plan, drivers, TAKEN, events), strict=True))
    paths = drivers.ratio.shape[1]
    balance = np.repeat(share[:, None] * (plan.opening[0] + plan.opening[1]), paths, axis=1)
    interest = [Claim.none(paths) for _ in labels]
    out = np.zeros((plan.months, c.COLUMNS * len(labels), paths))
    accelerated = np.zeros(paths)
    for t in range(plan.months):
        row = {column: values[t] for column, values in found.items()}
        lent, kind = row[k.DRAW_FLOATING] + row[k.DRAW_FIXED], row[k.PIK_FLOATING] + row[k.PIK_FIXED]
        total = balance.sum(axis=0)
        part = balance / np.where(total > 0, total, 1.0)
        extra = balance * (step[:, None] - (part * step[:, None]).sum(axis=0)) * plan.accrual[t]
        grown = balance + part * kind
        principal = Pot(
            date=facility.dates[t],
            cash=row[k.INTEREST_FLOATING] + row[k.INTEREST_FIXED] - kind,
            fees={},
            interest=dict(zip(labels, interest, strict=True)),
            principal={label: Claim.none(paths) for label in labels},
            balance=dict(zip(labels, grown + share[:, None] * lent, strict=True)),
            accounts={PRINCIPAL: row[k.PRINCIPAL_FLOATING] + row[k.PRINCIPAL_FIXED]},
            targets={},
            pool=total,
            opening_pool=plan.commitment,
            interest_in=row[k.INTEREST_FLOATING],
            principal_in=np.zeros(paths),
            amounts={"collected": row[k.PRINCIPAL_FLOATING] + row[k.PRINCIPAL_FIXED]},
            ratios={ACCELERATED: lambda _, now=accelerated: now},
        )
        owed = [claim.owed for claim in interest]
        for i, claim in enumerate(interest):
            # a closed facility owes nothing: its rounding is no interest
            claim.accrue(np.where(row[k.INTEREST_DUE] > 0, part[i] * row[k.INTEREST_DUE] + extra[i], 0.0))
            claim.pay(part[i] * kind)
        run_order(order, principal)
        gone = row[k.PRINCIPAL_LOST] + row[k.INTEREST_LOST] > 0
        for i, label in enumerate(labels):
            lost, left = np.where(gone, interest[i].owed, 0.0), np.where(gone, principal.balance[label], 0.0)
            interest[i].owed = interest[i].owed - lost
            paid = principal.principal[label].paid
            a = c.COLUMNS * i
            out[t, a + c.DRAW], out[t, a + c.CAPITALISED] = share[i] * lent, part[i] * kind
            out[t, a + c.FEES] = share[i] * (row[k.UNDRAWN_FEE] + row[k.LENDER_FEE]) + part[i] * row[k.CALL_PREMIUM]
            out[t, a + c.INTEREST], out[t, a + c.INTEREST_DUE] = interest[i].paid, interest[i].due
            out[t, a + c.INTEREST_DEFERRED], out[t, a + c.INTEREST_LOST] = interest[i].owed - owed[i], lost
            out[t, a + c.PRINCIPAL], out[t, a + c.PRINCIPAL_DUE], out[t, a + c.PRINCIPAL_LOST] = paid, paid + left, left
            balance[i] = principal.balance[label] - left
        accelerated = np.where(row[k.POSTINGS + k.STATUS] == k.PERFORMING, 0.0, 1.0)
    return out


def run_tranches(run: FacilityRun, threads: int | None = None) -> ContractRun:
    """The tranches of a simulated facility on its own paths: means, present values by holder, any path replayable."""
    facility = run.facility

    def roll(block: int) -> Floats:
        drivers = drivers_of(run.model, run.seed, block)
        return tranche_ledger(facility, drivers, run.decided(run.seed, block, drivers) if run.decided else None)

    postings = c.tranche_postings(facility.loan_id, facility.loan.lender, _terms(facility))
    name, rates = f"{facility.loan_id}/tranches", run.model.rates

    def along(block: int) -> Floats:
        return rate_paths(rates, run.seed, block)[0] if rates is not None else facility.plan.discount[:, None]

    return run_contract(
        name, postings, facility.dates, facility.plan.discount, roll, paths=run.paths, threads=threads, along=along if rates else None
    )


def _terms(facility: Facility) -> LoanTranches:
    if facility.loan.tranches is None:
        raise PricingError(problem("unsupported", subject=facility.loan_id, why="no tranches", remedy="name them in the loan"))
    return facility.loan.tranches
