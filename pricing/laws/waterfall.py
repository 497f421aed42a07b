"""Laws of a facility's priority of payments: who waits for whom, claims of one rank alike, promises of a guarantor, prices of forced sales.

They read the ledger and the terms only, so an engine that pays in another order cannot agree with them.
"""

from __future__ import annotations

import numpy as np

from curves import Market
from instruments.contracts.loan import Loan
from instruments.deal import Deal
from instruments.ground.tolerances import PV_REL
from pricing.laws.facility import DUST, PATHS, facilities, has_facilities, kept
from pricing.laws.law import Law
from pricing.ledger import facility as k
from pricing.ledger.checks import before, interest_parts
from pricing.mechanics.rollforward import Rolled
from pricing.registry import Settings
from pricing.schedules import plan as p
from pricing.schedules.plan import FacilityPlan
from pricing.schedules.types import Bools, Floats

ALIKE_REL = 1e-9
"""Shares of two claims of one rank, in units of the larger claim: sums of many months."""
_WAITS = {
    p.RANK_OPEX: ("operating cost", k.OPEX_ARREARS),
    p.RANK_FEES: ("fees", k.FEE_ARREARS),
    p.RANK_INTEREST: ("interest", k.INTEREST_ARREARS),
    p.RANK_PRINCIPAL: ("principal", k.PRINCIPAL_ARREARS),
    p.RANK_SUBORDINATED: ("the management fee", k.MANAGEMENT_ARREARS),
}
"""Claims by rank: name, and what of them is put off at the month's end."""
_RESERVES = (p.RANK_LIQUIDITY, p.RANK_POWER)
"""Ranks that give cash back where more is held than their target."""


def payments_in_order(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where, in every month and on every path, a claim left unpaid leaves no cash to what ranks behind it.

    Reserves give cash in their own rank, where they hold more than their target, and pay operating cost, interest and principal directly.
    """
    for name in facilities(deal):
        setup, _, rolled = kept(deal, market, settings, name)
        plan = setup.facility.plan
        dust, none = DUST * plan.commitment, np.zeros(rolled.ledger.shape[::2])
        taken, looked = _taken(plan, rolled), _months_of_order(plan, rolled)
        order = [int(rank) for rank in plan.waterfall]
        for place, rank in enumerate(order):
            if rank not in _WAITS:
                continue
            claim, arrears = _WAITS[rank]
            waits, behind = looked & (rolled.states[:, arrears] > dust), order[place + 1 :]
            freed = sum((np.maximum(-taken[each], 0.0) for each in behind if each in _RESERVES), none)
            lent = [each for each in behind if each in (p.RANK_INTEREST, p.RANK_PRINCIPAL)]
            rest = sum((np.maximum(taken[each], 0.0) for each in behind if each not in lent), none)
            if (waits & (rest > freed + dust)).any():
                return f"{name}: {claim} is put off on some path, and others than the lender take cash behind it"
            # a reserve filled ahead of this claim may help by what it got this month: its net change says too little
            if p.RANK_LIQUIDITY in order[:place]:
                continue
            if (waits & (sum((taken[each] for each in lent), rest) > freed + dust)).any():
                return f"{name}: {claim} is put off on some path, and the lender is paid behind it from more than the reserves"
    return None


def _taken(plan: FacilityPlan, rolled: Rolled) -> dict[int, Floats]:
    """Cash that each rank took, [time, path]: payments, and what reserves and the trap gained. The swap is left out."""
    ledger = rolled.ledger
    kind = ledger[:, k.PIK_FLOATING] + ledger[:, k.PIK_FIXED]
    drawn = ledger[:, k.DRAW_FLOATING] + ledger[:, k.DRAW_FIXED]
    principal = ledger[:, k.PRINCIPAL_FLOATING] + ledger[:, k.PRINCIPAL_FIXED]
    return {
        p.RANK_OPEX: ledger[:, k.POWER] + ledger[:, k.SITE] + ledger[:, k.TRANSITION],
        p.RANK_FEES: ledger[:, k.AGENT_FEE] + ledger[:, k.UNDRAWN_FEE] + ledger[:, k.LENDER_FEE] - plan.draw_fee * drawn,
        p.RANK_INTEREST: ledger[:, k.INTEREST_FLOATING] + ledger[:, k.INTEREST_FIXED] - kind,
        p.RANK_PRINCIPAL: principal,
        p.RANK_LIQUIDITY: ledger[:, k.TO_LIQUIDITY],
        p.RANK_POWER: ledger[:, k.TO_POWER_RESERVE],
        p.RANK_TRAP: ledger[:, k.TO_TRAP],
        p.RANK_SWEEP: np.zeros_like(principal),  # in principal
        p.RANK_SUBORDINATED: ledger[:, k.MANAGEMENT],
        p.RANK_DISTRIBUTIONS: ledger[:, k.DISTRIBUTION],
    }


def _months_of_order(plan: FacilityPlan, rolled: Rolled) -> Bools:
    """Months in which nothing but the order of payments moved cash: no cure, no closing; [time, path]."""
    closing = rolled.states[:, k.STATUS] >= k.CLOSED
    return ~closing & (rolled.ledger[:, k.CURE] == 0.0)


def claims_of_one_rank_alike(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where interest on both parts is paid in one proportion of what fell due, and principal in one proportion of the balances."""
    for name in facilities(deal):
        setup, drivers, rolled = kept(deal, market, settings, name)
        plan, ledger, states = setup.facility.plan, rolled.ledger, rolled.states
        floating, fixed = interest_parts(plan, drivers, states)
        new = before(states, k.INTEREST_ARREARS, 0.0) == 0.0
        paid = ledger[:, k.INTEREST_FLOATING], ledger[:, k.INTEREST_FIXED]
        if _uneven(paid, (floating, fixed), new, plan.commitment):
            return f"{name}: interest on the two parts is not paid in proportion to what fell due on some path"
        repaid = ledger[:, k.PRINCIPAL_FLOATING], ledger[:, k.PRINCIPAL_FIXED]
        stood = states[:, k.FLOATING] + repaid[0], states[:, k.FIXED] + repaid[1]
        whole = ledger[:, k.PRINCIPAL_LOST] == 0.0
        if _uneven(repaid, stood, whole, plan.commitment):
            return f"{name}: principal is not applied to the two parts in proportion to their balances on some path"
    return None


def _uneven(paid: tuple[Floats, Floats], claims: tuple[Floats, Floats], where: Bools, scale: float) -> bool:
    gap = paid[0] * claims[1] - paid[1] * claims[0]
    return bool((np.where(where, np.abs(gap), 0.0) > ALIKE_REL * scale * np.maximum(np.maximum(*claims), DUST * scale)).any())


def guarantor_within_cap(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where the guarantor pays once, what the loan still lacks and no more than its cap, in default its recovery of that."""
    for name in facilities(deal):
        setup, drivers, rolled = kept(deal, market, settings, name)
        plan, paid = setup.facility.plan, rolled.ledger[:, k.GUARANTEE]
        terms = setup.facility.guarantee
        dust = DUST * plan.commitment
        if terms is None:
            if np.abs(paid).max(initial=0.0) > 0.0:
                return f"{name}: a guarantee is paid, and there is none"
            continue
        cap = np.inf if terms.cap_usd is None else terms.cap_usd
        late = np.arange(plan.months)[:, None] >= drivers.guarantor[None, :]
        owed = sum(before(rolled.states, item, 0.0) for item in (k.FLOATING, k.FIXED, k.INTEREST_ARREARS))
        owed += sum(interest_parts(plan, drivers, rolled.states))
        most = np.minimum(cap, owed) * np.where(late, plan.guarantor_recovery, 1.0)
        if terms.form == "bad_acts":
            most = np.where((drivers.bad_act == 1) & (np.arange(plan.months)[:, None] >= drivers.operator[None, :]), most, 0.0)
        if (paid < -dust).any() or (paid > most + dust).any() or (paid.sum(axis=0) > cap + dust).any():
            return (
                f"{name}: the guarantor pays {paid.sum(axis=0).max():,.0f} USD on some path, more than its promise, or without being bound"
            )
        if ((paid > dust).sum(axis=0) > 1).any():
            return f"{name}: the guarantor pays more than once on some path"
    return None


def forced_sale_below_market(deal: Deal, market: Market, settings: Settings) -> str | None:
    """None where no lot fetches more than the market value of its units less the cost of selling, nor the second more than the first."""
    for name in facilities(deal):
        setup, _, rolled = kept(deal, market, settings, name)
        plan = setup.facility.plan
        sold, sale = rolled.ledger[:, k.SOLD], rolled.ledger[:, k.SALE]
        left, worth = rolled.states[:, k.UNITS], rolled.states[:, k.MARKET_VALUE]
        lots = (sold > 0.0) & (left > DUST * np.maximum(left.max(), 1.0))
        unit = np.where(lots, worth / np.where(lots, left, 1.0), 0.0)
        if (lots & (sale > sold * unit * (1.0 - plan.sale_cost) * (1.0 + PV_REL) + DUST * plan.commitment)).any():
            return f"{name}: a lot of the fleet is sold above its market value on some path"
    return None


def _guaranteed(deal: Deal) -> bool:
    return any(contract.kind == "guarantee" for contract in deal.contracts.values()) and has_facilities(deal)


def _two_parts(deal: Deal) -> bool:
    loans = [deal.contracts[name] for name in facilities(deal)]
    return any(isinstance(loan, Loan) and loan.floating is not None and loan.fixed is not None for loan in loans)


LAWS: tuple[Law, ...] = (
    Law(
        "payments_in_order",
        "where a claim is put off, what ranks behind it takes no more than the reserves behind it give",
        f"facilities, the net swap payment left out, in months without a cure or a closing; on {PATHS} paths of every market tried",
        has_facilities,
        payments_in_order,
    ),
    Law(
        "claims_of_one_rank_alike",
        "interest on both parts of a loan is paid in proportion to what fell due, principal in proportion to their balances",
        "facilities with a floating and a fixed part; interest in months that no arrears came into; on the same paths",
        _two_parts,
        claims_of_one_rank_alike,
    ),
    Law(
        "guarantor_within_cap",
        "a guarantor pays once, at most its cap and what is owed, in default its recovery of that, and for bad acts only after one",
        "facilities of a deal with a guarantee of a loan; on the same paths",
        _guaranteed,
        guarantor_within_cap,
    ),
    Law(
        "forced_sale_below_market",
        "no lot of a fleet that is sold by force fetches more than its market value less the cost of selling",
        "facilities; all lots but the last, behind which no unit is left to show the market's value; on the same paths",
        has_facilities,
        forced_sale_below_market,
    ),
)
"""Laws of the priority of payments."""
