"""What a ledger must satisfy, as numbers that can be wrong: each check compares postings with something that was not read off them.

Debits equal credits by construction, so that is not checked. The engine's state is stepped on its own; interest, rent, cost and capital
spending are computed again here, from terms, drivers and balances.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pricing.ledger import facility as k
from pricing.mechanics.rates import on_paths
from pricing.mechanics.rollforward import Rolled
from pricing.mechanics.state import DEBT_TOL
from pricing.schedules.plan import AT_ACCEPTANCE, AT_FUNDING, NEVER, Drivers, FacilityPlan
from pricing.schedules.types import Floats

_CLAIMS = (
    ("operating_costs", (k.POWER, k.SITE, k.TRANSITION), k.OPEX_DUE, k.OPEX_ARREARS),
    ("fees", (k.AGENT_FEE, k.UNDRAWN_FEE, k.LENDER_FEE), k.FEES_DUE, k.FEE_ARREARS),
    ("interest", (k.INTEREST_FLOATING, k.INTEREST_FIXED), k.INTEREST_DUE, k.INTEREST_ARREARS),
    ("swap", (k.SWAP,), k.SWAP_DUE, k.SWAP_ARREARS),
    ("principal", (k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED), k.PRINCIPAL_DUE, k.PRINCIPAL_ARREARS),
    ("management_fee", (k.MANAGEMENT,), k.MANAGEMENT_DUE, k.MANAGEMENT_ARREARS),
    ("prepaid_capacity", (k.PREPAID_BACK,), k.PREPAID_DUE, k.PREPAID_ARREARS),
)
"""Claim, columns in which it is paid, first of its three claim columns, state item of what is put off."""


Worst = Callable[[str, Floats], "Check"]


@dataclass(frozen=True)
class Check:
    """One comparison: the largest difference over dates and paths, in units of `scale`."""

    name: str
    difference: float
    scale: float

    @property
    def relative(self) -> float:
        """Difference over scale."""
        return self.difference / self.scale


def _opening(plan: FacilityPlan, index: int) -> float:
    return float(plan.opening[index])


def before(states: Floats, item: int, start: float) -> Floats:
    """The state item at the start of each month: [time, path]."""
    return np.concatenate([np.full((1, states.shape[2]), start), states[:-1, item]])


def check_ledger(plan: FacilityPlan, drivers: Drivers, rolled: Rolled) -> tuple[Check, ...]:
    """Every check of one block of paths.

    Args:
        plan: the resolved facility.
        drivers: the block's drivers.
        rolled: its ledger [time, posting, path] and states [time, item, path].

    Returns:
        Checks scaled by the commitment; all relative differences are rounding where the engine is right.
    """
    ledger, states = rolled.ledger, rolled.states
    scale = plan.commitment

    def worst(name: str, difference: Floats) -> Check:
        return Check(name, float(np.max(np.abs(difference), initial=0.0)), scale)

    out = [*_balances(plan, ledger, states, worst), *_claims(ledger, states, worst)]
    out.append(worst("interest due", ledger[:, k.INTEREST_DUE] - sum(interest_parts(plan, drivers, states))))
    out.extend(_fees(plan, ledger, states, worst))
    out.append(worst("vehicle's cash is nought at month end", _vehicle_cash(ledger)))
    reserves = states[:, [k.LIQUIDITY, k.POWER_RESERVE, k.TRAP, k.FLOATING, k.FIXED, k.ADVANCE, k.UNEARNED, k.PREPAID_ARREARS]]
    out.append(worst("reserves and balances never negative", np.minimum(reserves, 0.0)))
    arrears = states[:, k.OPEX_ARREARS : k.MANAGEMENT_ARREARS + 1]
    out.append(worst("claims put off never negative", np.minimum(arrears, 0.0)))
    out.extend(_outside(plan, drivers, ledger, states, worst))
    if len(plan.prepaid):
        out.append(_paid_ahead(plan, drivers, ledger, worst))
    return tuple(out)


def _balances(plan: FacilityPlan, ledger: Floats, states: Floats, worst: Worst) -> list[Check]:
    out = []
    back = ledger[:, [k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED, k.PRINCIPAL_LOST]].sum(axis=1)
    lent = ledger[:, [k.DRAW_FLOATING, k.DRAW_FIXED, k.PIK_FLOATING, k.PIK_FIXED]].sum(axis=1)
    total = _opening(plan, 0) + _opening(plan, 1) + np.cumsum(lent - back, axis=0)
    out.append(worst("balance rebuilt from draws, principal and losses", total - states[:, k.FLOATING] - states[:, k.FIXED]))
    accounts = (
        (k.LIQUIDITY, k.TO_LIQUIDITY, 2), (k.POWER_RESERVE, k.TO_POWER_RESERVE, 3), (k.TRAP, k.TO_TRAP, 4), (k.ADVANCE, k.TO_ADVANCE, 9),
    )  # fmt: skip
    for item, column, start in accounts:
        rebuilt = _opening(plan, start) + np.cumsum(ledger[:, column], axis=0)
        out.append(worst(f"{k.STATE_NAMES[item]} rebuilt from postings", rebuilt - states[:, item]))
    drawn = _opening(plan, 5) + np.cumsum(ledger[:, k.DRAW_FLOATING] + ledger[:, k.DRAW_FIXED], axis=0)
    out.append(worst("drawn in total", drawn - states[:, k.DRAWN]))
    unearned = _opening(plan, 8) + np.cumsum(ledger[:, k.PREPAID] - ledger[:, k.PREPAID_DUE], axis=0)
    out.append(worst("unearned prepayment rebuilt from postings", unearned - states[:, k.UNEARNED]))
    return out


def _claims(ledger: Floats, states: Floats, worst: Worst) -> list[Check]:
    out = []
    for name, paid_columns, first, arrears in _CLAIMS:
        due, deferred, lost = ledger[:, first], ledger[:, first + 1], ledger[:, first + 2]
        paid = ledger[:, list(paid_columns)].sum(axis=1)
        out.append(worst(f"{name}: due = paid + deferred + lost", due - paid - deferred - lost))
        out.append(worst(f"{name}: put off, rebuilt", np.cumsum(deferred, axis=0) - states[:, arrears]))
    return out


def interest_parts(plan: FacilityPlan, drivers: Drivers, states: Floats) -> tuple[Floats, Floats]:
    """Interest of each month on the floating and on the fixed part, from the balances at its start and the fixings,
    the path's own where rates move: [time, path].
    """
    coupon = on_paths(plan, drivers).floating_interest
    floating, fixed = before(states, k.FLOATING, _opening(plan, 0)), before(states, k.FIXED, _opening(plan, 1))
    status = before(states, k.STATUS, float(k.PERFORMING))
    owed = sum(before(states, item, 0.0) for item in range(k.OPEX_ARREARS, k.MANAGEMENT_ARREARS))
    behind = (status == k.PERFORMING) & (owed > DEBT_TOL * plan.commitment)
    late = np.where(status == k.ENFORCEMENT, plan.default_margin, np.where(behind, plan.late_margin, 0.0))
    late = (late + before(states, k.MARGIN_STEP, _opening(plan, 7)) + before(states, k.TRANCHE_STEP, 0.0)) * plan.accrual[:, None]
    live = status < k.CLOSED
    due = floating * ((coupon if coupon.ndim == 2 else coupon[:, None]) + late), fixed * (plan.fixed_interest[:, None] + late)
    return np.where(live, due[0], 0.0), np.where(live, due[1], 0.0)


def _fees(plan: FacilityPlan, ledger: Floats, states: Floats, worst: Worst) -> list[Check]:
    """Fees on draws and waivers, and interest in kind, from draws, verdicts and terms."""
    status = before(states, k.STATUS, float(k.PERFORMING))
    drawn = ledger[:, k.DRAW_FLOATING] + ledger[:, k.DRAW_FIXED]
    short = np.minimum(ledger[:, k.LENDER_FEE] - plan.draw_fee * drawn, 0.0)
    kind = ledger[:, k.PIK_FLOATING] + ledger[:, k.PIK_FIXED]
    most = np.where(status == k.PERFORMING, plan.pik[:, None], 0.0) * ledger[:, k.INTEREST_DUE]
    gap = np.maximum(kind - most, 0.0) if plan.pik_toggle else kind - most
    return [worst("fee on each draw is paid with it", short), worst("interest in kind = its share of interest due", gap)]


def _vehicle_cash(ledger: Floats) -> Floats:
    """What comes in less what goes out: nothing stays in the operating account overnight."""
    came = [
        k.RENT, k.RELET, k.EQUITY, k.SUPPORT, k.DRAW_FLOATING, k.DRAW_FIXED, k.CURE, k.SALE, k.GUARANTEE, k.PIK_FLOATING, k.PIK_FIXED,
        k.PREPAID, k.REFINANCED,
    ]  # fmt: skip
    went = [
        k.POWER, k.SITE, k.TRANSITION, k.CAPEX, k.AGENT_FEE, k.UNDRAWN_FEE, k.INTEREST_FLOATING, k.INTEREST_FIXED, k.SWAP,
        k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED, k.TO_LIQUIDITY, k.TO_POWER_RESERVE, k.TO_TRAP, k.MANAGEMENT, k.DISTRIBUTION,
        k.LENDER_FEE, k.PREPAID_BACK, k.TO_ADVANCE, k.CALL_PREMIUM, k.NEW_LOAN_COST,
    ]  # fmt: skip
    return ledger[:, came].sum(axis=1) - ledger[:, went].sum(axis=1)


def _outside(plan: FacilityPlan, drivers: Drivers, ledger: Floats, states: Floats, worst: Worst) -> list[Check]:
    """Contract rent, operating cost and capital spending computed again: cohort by cohort, from terms and default dates."""
    months = np.arange(plan.months)[:, None]
    status = before(states, k.STATUS, float(k.PERFORMING))
    opened = status < k.CLOSED
    rent, capex, site, served = (np.zeros_like(status) for _ in range(4))
    operator = drivers.operator[None, :]
    interim = (months > operator) & (months <= operator + plan.substitute_delay)
    quits = np.where(drivers.substituted == 1, NEVER, np.minimum(drivers.operator, NEVER // 2) + plan.substitute_delay)
    paying = (months <= drivers.customer[None, :]) & (months <= quits[None, :]) & (plan.price[:, None] > 0)
    paying &= months < plan.maturity  # a loan past its maturity is repaid, or its fleet is being sold
    for c in range(len(plan.fund)):
        mine = np.ones_like(rent, dtype=np.bool_)
        if plan.fund[c] >= 0:
            paid = ledger[plan.fund[c], k.CAPEX] >= plan.cost[c] * (1.0 - 1e-12)  # rounding of a sum of cohorts bought in one month
            mine = paid[None, :] & (months >= plan.fund[c])
            capex[plan.fund[c]] += np.where(paid, plan.cost[c], 0.0)
        planned = plan.accept[c] + drivers.delay[c]
        accepted = planned + np.where(drivers.operator < planned, plan.substitute_delay, 0)
        on = mine & (months > (accepted[None, :] if plan.accept[c] >= 0 else -1))
        served += np.where(on, plan.units[c][:, None], 0.0)
        site += np.where(mine & (months > plan.accept[c]), plan.units[c][:, None], 0.0)
    share = np.where(interim, plan.interim_share, 1.0)
    rent = np.where(paying & opened, served * plan.hours[:, None] * plan.price[:, None] * share, 0.0)
    uplift = np.where(months > operator, 1.0 + plan.cost_uplift, 1.0)
    starts = (drivers.substituted[None, :] == 1) & (months == operator + plan.substitute_delay)
    cost = site * plan.site_cost[:, None] * uplift + served * share * plan.power_cost[:, None]
    cost += np.where(starts, site * plan.substitute_cost, 0.0)
    under_contract = paying & opened
    return [
        worst("rent = units x hours x price", ledger[:, k.RENT] - rent),
        worst("capital spending = cost of the cohorts delivered", ledger[:, k.CAPEX] - capex),
        worst("operating cost under contract = site, power and transition", np.where(under_contract, ledger[:, k.OPEX_DUE] - cost, 0.0)),
    ]


def _paid_ahead(plan: FacilityPlan, drivers: Drivers, ledger: Floats, worst: Worst) -> Check:
    """The customer's money, cohort by cohort, from terms, purchases and default dates."""
    paid = np.zeros(ledger.shape[::2])
    paid[0] += plan.prepaid_at_start
    quits = np.where(drivers.substituted == 1, NEVER, np.minimum(drivers.operator, NEVER // 2) + plan.substitute_delay)
    dead = np.minimum(np.minimum(drivers.customer, quits) + 1, plan.contract_end)
    for c in range(len(plan.fund)):
        bought = ledger[plan.fund[c], k.CAPEX] >= plan.cost[c] * (1.0 - 1e-12) if plan.fund[c] >= 0 else np.ones_like(dead, dtype=np.bool_)
        if plan.prepaid_when == AT_FUNDING and plan.fund[c] >= 0:
            paid[plan.fund[c]] += np.where(bought, plan.prepaid[c], 0.0)
        elif plan.prepaid_when == AT_ACCEPTANCE and plan.accept[c] >= 0:
            planned = plan.accept[c] + drivers.delay[c]
            at = planned + np.where(drivers.operator < planned, plan.substitute_delay, 0)
            for path in np.flatnonzero(bought & (at + 1 < dead)):
                paid[at[path], path] += plan.prepaid[c]
    return worst("prepayment = its share of the contract", ledger[:, k.PREPAID] - paid)
