"""Margin loans by QuantLib: the special cases and the bound that barrier and European claims can express.

The borrower neither defaults nor pays beyond the shares. With triggers: the share is watched continuously and the whole block is sold at
the touch of the price at which principal / value reaches the liquidation ratio, so the lender is short a payment at the touch of a lower
barrier: principal less what the block brings after impact and cost, nothing where that is enough. Without: the lender is short a put at
maturity, with a gap for the cost of the sale. No gap at all leaves the default-free value: the upper bound, while the coupon is not
below the market's rate (a loan repaid early at par loses nothing then).

**Not modelled** marks and lags, cures, sale over time, accrued interest in the ratio, the borrower's credit; term structure of rates
(its average to maturity is used for the share).
"""

from __future__ import annotations

import numpy as np

from curves import equity_inputs
from instruments.contracts.margin_loan import MarginLoan
from pricing._quantlib.share_claims import down_touch, gap_put
from pricing.engines.contract_rows import ContractRows
from pricing.engines.margin_loan_simulation import default_free_value, margin_loan_of
from pricing.mechanics.share_sale import average_factor
from pricing.paths.daily_rates import STILL
from pricing.registry import Outcome, Task, register_engine
from pricing.schedules.margin_loan import planned_interest, resolve_margin_loan

MEASURES = ("value", "value_upper_bound", "liquidation_probability", "gap_loss")


@register_engine(
    MarginLoan, "quantlib", measures=MEASURES, note="non-recourse: a barrier claim, watched continuously; without triggers a put"
)
def margin_loan_by_quantlib(task: Task) -> Outcome:
    """The continuous-trigger case, the no-trigger case and the bound; see the module."""
    loan = margin_loan_of(task)
    plan = resolve_margin_loan(task.deal, loan, task.market, task.contract_id)
    grid, share = plan.drivers.grid, equity_inputs(task.market, loan.underlying)
    end, last = grid.dates[plan.maturity], float(grid.times[plan.maturity])
    rate = -float(np.log(grid.discounts[plan.maturity])) / last
    world = {
        "as_of": task.market.as_of, "expiry": end, "spot": share.spot_usd, "volatility": share.volatility, "rate": rate,
        "dividend_yield": share.dividend_yield,
    }  # fmt: skip
    strength = loan.sale.impact / loan.sale.depth_shares if loan.sale.depth_shares is not None else 0.0
    kept = average_factor(loan.shares, strength) * (1.0 - loan.sale.cost)
    free = default_free_value(plan)
    claim = loan.amount_usd + float(planned_interest(plan)[plan.maturity])
    put = loan.shares * gap_put(strike=claim / loan.shares, kept=kept, **world)
    rows = ContractRows(task, "quantlib", loan.lender)
    left_out = "special case: no recourse, no default of the borrower" if plan.credit or loan.recourse else "special case: no recourse"
    if plan.drivers.belief is not None:
        left_out += ", no breaks of belief"
    if plan.drivers.rate is not None:
        left_out += f", {STILL}"
    at_maturity = f"{left_out}, nothing watched before maturity: a put with a gap"
    if loan.triggers is None:
        rows.add_sides("value", free - put, other=loan.borrower, note=at_maturity)
        rows.add("gap_loss", put, note=at_maturity)
    else:
        barrier = loan.amount_usd / (loan.shares * loan.triggers.liquidation)
        paid, odds = down_touch(barrier=barrier, **world)
        touched = min(barrier, share.spot_usd)
        gap = max(0.0, loan.amount_usd - loan.shares * touched * kept)
        note = f"{left_out}, watched continuously, the block sold at the touch of {touched:,.2f}"
        rows.add_sides("value", free - gap * paid, other=loan.borrower, note=note)
        rows.add("gap_loss", gap * paid, note=note)
        rows.add("liquidation_probability", odds, note=note)
        rows.add("value", free - put, part="no trigger", note=at_maturity)
    bound = "default-free: no gap at all; a bound while the coupon is not below the market's rate"
    rows.add("value_upper_bound", free, note=bound)
    return Outcome(rows.rows)
