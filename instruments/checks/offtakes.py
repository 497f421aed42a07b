"""Checks of an offtake across the parts of its deal: names, dates, and terms that a facility does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruments.checks.names import known, rule
from instruments.contracts.loan import Loan
from instruments.contracts.offtake import Offtake, alone_only

if TYPE_CHECKING:
    from instruments.deal import Deal


def check_offtake(deal: Deal, place: str, offtake: Offtake) -> None:
    """Names and dates of an offtake; a loan may rest on it only if it keeps to what the facility's simulation knows."""
    known(offtake.customer, "party", f"{place}.customer", deal.parties)
    known(offtake.provider, "party", f"{place}.provider", deal.parties)
    known(offtake.fleet, "asset", f"{place}.fleet", deal.assets)
    if offtake.end <= deal.as_of:
        raise rule(f"{place}.end", f"the contract ends on {offtake.end}, not after the deal's date {deal.as_of}")
    if deal.assets[offtake.fleet].owner != offtake.provider:
        raise rule(f"{place}.provider", f"'{offtake.provider}' does not own the fleet '{offtake.fleet}'")
    own = alone_only(offtake)
    loans = [name for name, c in deal.contracts.items() if isinstance(c, Loan) and f"contracts.{c.offtake}" == place]
    if own and loans:
        text = (
            f"'{own[0]}' is known to offtakes that stand alone, but the loan '{loans[0]}' rests on this one: leave it out, or drop the loan"
        )
        raise rule(f"{place}.{own[0]}", text)
    for name in loans if offtake.prepayment is not None else ():
        loan = deal.contracts[name]
        if isinstance(loan, Loan) and loan.maturity < offtake.end:
            text = f"the contract ends on {offtake.end}, the loan '{name}' on {loan.maturity}: a prepayment must burn off by then"
            raise rule(f"{place}.prepayment", text)
    if offtake.prepayment is not None and offtake.prepayment.paid != "at_signing" and not loans:
        text = f"'{offtake.prepayment.paid}' needs a facility that buys cohorts: an offtake on its own is prepaid 'at_signing'"
        raise rule(f"{place}.prepayment.paid", text)
    needed = max(offtake.capacity_units.values(), default=0.0)
    there = sum(cohort.units for cohort in deal.assets[offtake.fleet].cohorts)
    if needed > there:
        raise rule(f"{place}.capacity_units", f"{needed:,.0f} units are contracted, the fleet '{offtake.fleet}' has {there:,.0f}")
