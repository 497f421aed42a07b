"""Guarantees of leases as strips of puts: the special case where nobody chooses and defaults are independent of rents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from curves import survival_curve
from instruments.contracts.support import FirstLoss, LeaseBackstop, LeaseGuarantee, ThresholdCover
from pricing.engines.contract_rows import ContractRows
from pricing.engines.support_run import SupportSetup, set_up_support
from pricing.formulas.support import black_put
from pricing.mechanics.support import threshold_at
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.lease import PhasePlan
from pricing.schedules.types import Floats, Ints

NOTE = (
    "special case: the lessee leaves at the first term's end if it lives, defaults are independent of rents and of each other, the "
    "asset is sold at once; no renewal, early exit, purchase, cap, escrow, deposit, release or condition"
)
Puts = Callable[[Floats, Floats, Floats, Floats], Floats]
"""(forward, strike, deviation, discount) to values, [row]."""


@dataclass(frozen=True)
class Strip:
    """Claims on dates that are certain or weighed by independent odds, [row]."""

    row: Ints
    """Date of the claim."""
    weight: Floats
    """Odds of it, times what the guarantor's credit leaves on the payment date."""
    strike: Floats
    forward: Floats
    deviation: Floats
    discount: Floats
    """To the payment date."""
    lower: Floats
    """Strike of the put given away: where a first loss ends."""
    sure: Floats
    """Part of the claim that is no option."""
    scale: float
    """Share of the shortfall that is owed."""


def strip_of(setup: SupportSetup, phase: PhasePlan, survival: Callable[[str | None], Callable[[Floats], Floats]]) -> Strip:
    """Claims of one phase: at the first term's end, and after a default in each month before it."""
    terms, plan = setup.terms, setup.lease.plan
    cover, lease, grid, model = terms.cover, plan.lease, plan.grid, setup.lease.model
    lives = survival(setup.lease.lessee)(grid.years)
    end, wait = phase.ends[0], lease.remarketing.repossession_months
    fails = np.arange(phase.start + 1, end + 1)
    rows = np.append(np.minimum(fails + wait, len(grid.dates) - 1), end)
    odds = np.append(lives[fails - 1] - lives[fails], lives[end])
    residual = isinstance(cover, ThresholdCover)
    if residual:
        on_end = bool({"end", "non_renewal"} & set(cover.triggers))
        odds = odds * np.append(np.full(len(fails), "default" in cover.triggers), on_end)
    else:
        odds[-1] = 0.0
    month = rows - phase.start
    odds = odds * (month >= terms.first_month) * (month <= (terms.last_month if terms.last_month is not None else np.inf))
    pays = np.minimum(rows + terms.payment_lag_months, len(grid.dates) - 1)
    alive = survival(setup.guarantor)(grid.years[pays])
    weight = odds * (alive + setup.recovery[terms.guarantor] * (1.0 - alive))
    elasticity, t = model.elasticity, grid.years[rows]
    drift = np.exp(0.5 * elasticity * (elasticity - 1.0) * model.volatility**2 * t)
    a = phase.asset
    net = np.append(a.forced[rows[:-1]], 1.0) * (1.0 - a.sale_cost)
    forward = a.value[rows] * drift * (1.0 if residual and cover.measured == "market_value" else net)
    owed, unpaid = _owed(phase, rows, fails, lease.timing)
    none = np.zeros(len(rows))
    strike, lower, sure, scale = phase.outstanding[0, rows], none, unpaid, 1.0
    if residual:
        strike, sure = threshold_at(cover, phase, rows), none
        lower = (1.0 - cover.share) * strike if isinstance(cover, FirstLoss) else none
    elif isinstance(cover, LeaseBackstop):
        strike, sure = cover.share * owed, none
    else:
        scale = 1.0 - (setup.lease.recovery if lease.remarketing.recourse == "full" else 0.0)
    return Strip(rows, weight, strike, forward, elasticity * model.volatility * np.sqrt(t), grid.discount[pays], lower, sure, scale)


def _owed(phase: PhasePlan, rows: Ints, fails: Ints, timing: str) -> tuple[Floats, Floats]:
    """Outstanding with unpaid rents, and unpaid rents alone, after a default in each month, [row]; the last entry is the term's end."""
    paid = np.cumsum(phase.rent)
    last = phase.ends[0] - (1 if timing == "advance" else 0)
    # in advance the rent of the repossession's own month is not due any more, unless the term has run out
    until = np.minimum(rows[:-1] - (1 if timing == "advance" else 0), last)
    arrears = np.append(np.maximum(paid[until] - paid[fails - 1], 0.0), 0.0)
    later = phase.outstanding[0, rows]
    return arrears + later, arrears


def strip_value(strip: Strip, puts: Puts) -> float:
    """Value of a strip: sum of weight x (put at the strike - put at the lower strike + sure part), discounted."""
    value = puts(strip.forward, strip.strike, strip.deviation, strip.discount)
    if strip.lower.any():
        value = value - puts(strip.forward, strip.lower, strip.deviation, strip.discount)
    return strip.scale * float((strip.weight * (value + strip.discount * strip.sure)).sum())


def _rows(task: Task, method: str, puts: Puts) -> Outcome:
    setup = set_up_support(task.deal, task.contract_id, task.market)

    def survival(key: str | None) -> Callable[[Floats], Floats]:
        return survival_curve(task.market, key).survival if key is not None else np.ones_like

    rows = ContractRows(task, method, setup.lease.plan.lease.lessor, note=NOTE)
    value = sum(strip_value(strip_of(setup, phase, survival), puts) for phase in setup.lease.plan.phases)
    rows.add_sides("value", value, other=setup.terms.guarantor)
    return Outcome(rows=rows.rows)


@register_engine(LeaseGuarantee, "closed_form", measures=("value",), note="strip of puts, nobody chooses, independent defaults, on arrays")
def guarantee_by_closed_form(task: Task) -> Outcome:
    """The guarantee as a strip of puts on arrays; see `strip_of`."""
    return _rows(task, "closed_form", lambda f, k, s, d: black_put(forward=f, strike=k, deviation=s, discount=d))


@register_engine(LeaseGuarantee, "quantlib", measures=("value",), note="as 'closed_form', by QuantLib's Black formula")
def guarantee_by_quantlib(task: Task) -> Outcome:
    """The guarantee as a strip of puts of QuantLib."""
    from pricing._quantlib.options import quantlib_puts  # QuantLib is loaded by those who ask for it

    def puts(forward: Floats, strike: Floats, deviation: Floats, discount: Floats) -> Floats:
        return quantlib_puts(forward=forward, strike=strike, deviation=deviation, discount=discount, subject=task.contract_id)

    return _rows(task, "quantlib", puts)
