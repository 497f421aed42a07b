"""Laws of a borrower's right to prepay: what it can never give the lender."""

from __future__ import annotations

import numpy as np

from curves import Market, discount_curve, survival_curve
from curves.lookup import default_rates_key
from instruments.contracts.loan import Loan
from instruments.deal import Deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.facility_priced import priced
from pricing.engines.loan_prepayment import call_terms
from pricing.engines.prepayment_lattice import prepayable_value
from pricing.laws.law import Law
from pricing.registry import Settings
from pricing.schedules.call import open_dates
from pricing.schedules.grid import day_counts
from pricing.schedules.loan import planned_cash, scheduled_value, term_flows, unit_loan

LATTICE_REL = 5e-5
"""Of what is lent: what the cells of the distance to default cost in accuracy."""


def _optimal(deal: Deal) -> dict[str, Loan]:
    """Loans whose right to prepay is used at the borrower's optimum."""
    loans = {name: contract for name, contract in deal.contracts.items() if isinstance(contract, Loan)}
    return {name: loan for name, loan in loans.items() if loan.prepayment is not None and loan.prepayment.exercise == "optimal"}


def _free(deal: Deal) -> dict[str, Loan]:
    """Loans without collateral that may be prepaid in full from the first payment date on, at no cost of a new loan."""

    def at_once(loan: Loan) -> bool:
        right = loan.prepayment
        if right is None or loan.collateral is not None or right.cost > 0 or right.share < 1.0:
            return False
        flows = term_flows(loan, deal.as_of)
        return len(flows.dates) > 1 and bool(open_dates(right, flows.dates, len(flows.dates))[0])

    return {name: loan for name, loan in _optimal(deal).items() if at_once(loan)}


def has_optimal(deal: Deal) -> bool:
    """Whether there are any."""
    return bool(_optimal(deal))


def has_free(deal: Deal) -> bool:
    """Whether there are any."""
    return bool(_free(deal))


def _never_helps(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, loan in _optimal(deal).items():
        if loan.collateral is not None:
            found = priced(deal, name, market, 1, settings.seed, settings.threads)
            gain = found.run.net - found.held.net
            error = float(gain.std(ddof=1) / np.sqrt(gain.size))
            if gain.mean() > MC_SIGMAS * error + LATTICE_REL * loan.commitment_usd:
                return f"{name}: the right to prepay is worth {gain.mean():,.0f} ± {error:,.0f} USD to the lender"
            continue
        found_values = _values(deal, market, name, loan)
        if found_values[0] > found_values[1] + LATTICE_REL * loan.commitment_usd:
            return f"{name}: worth {found_values[0]:,.0f} with the right to prepay, {found_values[1]:,.0f} USD without it"
    return None


def _capped(deal: Deal, market: Market, settings: Settings) -> str | None:
    for name, loan in _free(deal).items():
        value, _, cap = _values(deal, market, name, loan)
        if value > cap + LATTICE_REL * loan.commitment_usd:
            return f"{name}: worth {value:,.0f} USD, while prepaying on the first date leaves {cap:,.0f}"
    return None


def _values(deal: Deal, market: Market, name: str, loan: Loan) -> tuple[float, float, float]:
    """With the right, without it, and prepaid on the first date, on the borrower's credit."""
    discount = discount_curve(market, loan.floating.index if loan.floating else default_rates_key(market)).discount
    flows = term_flows(loan, market.as_of, deal.position.facilities.get(name))
    key = deal.parties[loan.borrower].credit
    curve = survival_curve(market, key) if key else None
    survival, recovery = (curve.survival, curve.recovery) if curve else (np.ones_like, 1.0)
    right = loan.prepayment
    years, days = day_counts(flows.as_of, flows.dates)
    if right is None:
        value = scheduled_value(flows, discount, survival, recovery).risky
        return value, value, np.inf
    make_whole = right.make_whole.key if right.make_whole else None
    terms = call_terms(right, flows, unit_loan(flows, discount), discount_curve(market, make_whole).discount if make_whole else discount)
    d, s = float(discount(years)[0]), float(survival(years)[0])
    after = float(flows.floating[1] + flows.fixed[1]) if len(years) > 1 else 0.0
    back = recovery * float(flows.floating[0] + flows.fixed[0]) * (1.0 - s) * float(discount(np.floor(days[:1] / 2.0) / 365.0)[0])
    at_once = d * s * (float(planned_cash(flows, discount)[0]) + float(terms.price[0]) * after) + back
    held = scheduled_value(flows, discount, survival, recovery).risky
    return prepayable_value(flows, discount, survival, recovery, terms).lender, held, at_once


LAWS: tuple[Law, ...] = (
    Law(
        "prepayment_never_helps_the_lender",
        "a loan is worth at most as much with the borrower's right to prepay as without it",
        "loans whose right is used at the borrower's optimum; facilities within four standard errors of the same paths (fitted exercise)",
        has_optimal,
        _never_helps,
        markets=40,
    ),
    Law(
        "call_price_caps_the_loan",
        "a loan is worth at most what prepaying it on the first payment date leaves: price and accrued interest",
        "loans without collateral, in full, at no cost of a new loan, from the first date on, used at the borrower's optimum",
        has_free,
        _capped,
        markets=40,
    ),
)
"""Laws of the right to prepay."""
