"""What the events of a scenario do to the terms of a deal: later acceptance and starts, a letter withdrawn, refinancing shut."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from curves.tenors import add_months
from instruments.contracts.lease import Lease
from instruments.contracts.loan import Loan
from instruments.contracts.offtake import Offtake
from instruments.contracts.staged import StagedEquity
from instruments.deal import Deal
from instruments.events import LateAcceptance, LateStart, RefinancingShut, Withdrawal
from instruments.ground.errors import PricingError, TermsError
from instruments.ground.messages import problem

TermsEvent = LateAcceptance | LateStart | RefinancingShut | Withdrawal
"""An event that changes terms and no market."""
ONE_DAY = dt.timedelta(days=1)


def changed_terms(deal: Deal, event: TermsEvent, label: str) -> Deal:
    """The deal after one event.

    Raises:
        PricingError: the deal has no such fleet or contract, the event cannot happen to it, or the changed terms are not allowed.
    """
    subject = event.asset if isinstance(event, LateAcceptance) else event.contract
    table: Mapping[str, Any] = deal.assets if isinstance(event, LateAcceptance) else deal.contracts
    if subject not in table:
        what = "asset" if isinstance(event, LateAcceptance) else "contract"
        raise PricingError(problem("unknown_name", subject=label, field="events", value=subject, what=what, choices=tuple(table)))
    try:
        return _changed(deal, event, table[subject])
    except (OverflowError, ValueError) as error:  # a TermsError is a ValueError
        words = error.problems[0].allowed if isinstance(error, TermsError) else str(error)
        why = f"{subject}: a {event.kind} cannot happen to it: {words}"
        raise PricingError(problem("unsupported", subject=label, field="events", why=why, remedy="leave the event out")) from error


def _changed(deal: Deal, event: TermsEvent, terms: Any) -> Deal:
    if isinstance(event, LateAcceptance):
        after = event.after or deal.as_of
        cohorts = [
            cohort.evolve(acceptance=month_later(cohort.acceptance, event.months)) if cohort.acceptance > after else cohort
            for cohort in terms.cohorts
        ]
        return deal.evolve(assets=dict(deal.assets) | {event.asset: terms.evolve(cohorts=cohorts)})
    if isinstance(event, LateStart):
        return _replaced(deal, event.contract, _started_later(deal, terms, event))
    if isinstance(event, RefinancingShut):
        return _replaced(deal, event.contract, _kept_in(terms, event.until))
    return _withdrawn(deal, event.contract, terms)


def month_later(date: dt.date, months: int) -> dt.date:
    """So many months later; a month end stays one.

    Example:
        >>> month_later(dt.date(2026, 6, 30), 1)
        datetime.date(2026, 7, 31)
    """
    if (date + ONE_DAY).day == 1:
        return add_months(date + ONE_DAY, months) - ONE_DAY
    return add_months(date, months)


def _replaced(deal: Deal, name: str, contract: Any) -> Deal:
    return deal.evolve(contracts=dict(deal.contracts) | {name: contract})


def _started_later(deal: Deal, contract: Any, event: LateStart) -> Lease | Offtake:
    if isinstance(contract, Lease):
        if contract.start <= deal.as_of:
            raise ValueError(f"it started on {contract.start}")
        return contract.evolve(start=month_later(contract.start, event.months))
    if isinstance(contract, Offtake) and any(date > deal.as_of for date in contract.capacity_units):
        ahead = {date: units for date, units in contract.capacity_units.items() if date > deal.as_of}
        moved = {month_later(date, event.months): units for date, units in ahead.items()}
        kept = {date: units for date, units in contract.capacity_units.items() if date <= deal.as_of}
        return contract.evolve(capacity_units=kept | {date: units for date, units in moved.items() if date <= contract.end})
    raise ValueError("only a lease ahead of its start and an offtake with a ramp start later")


def _kept_in(contract: Any, until: dt.date) -> Loan:
    """The loan whose right to prepay opens on `until`, or never where it matures before."""
    if not isinstance(contract, Loan) or contract.prepayment is None:
        raise ValueError("only a loan with a right to prepay can be kept from using it")
    right = contract.prepayment
    if until >= contract.maturity:
        return contract.evolve(prepayment=right.evolve(exercise="never"))
    first = max(right.first, until)
    whole = right.make_whole if right.make_whole is not None and right.make_whole.until >= first else None
    return contract.evolve(prepayment=right.evolve(first=first, make_whole=whole))


def _withdrawn(deal: Deal, name: str, contract: Any) -> Deal:
    """The staged commitment with its firm tranches alone; without any it ends on the day after the deal's date."""
    if not isinstance(contract, StagedEquity):
        raise ValueError("only a staged equity commitment is withdrawn")
    firm = [index for index, tranche in enumerate(contract.tranches) if tranche.standing == "firm"]
    if not firm:
        return _replaced(deal, name, contract.evolve(end=deal.as_of + ONE_DAY))
    staged = dict(deal.position.staged)
    if name in staged:
        at = staged[name]
        drawn = {field: [getattr(at, field)[index] for index in firm] for field in ("drawn_usd", "drawn_shares") if getattr(at, field)}
        latched = [f"{firm.index(int(i))}.{rest}" for i, _, rest in (leg.partition(".") for leg in at.latched) if int(i) in firm]
        staged[name] = at.evolve(latched=[leg.rstrip(".") for leg in latched], **drawn)
    kept = contract.evolve(tranches=[contract.tranches[index] for index in firm])
    contracts = dict(deal.contracts) | {name: kept}
    return deal.evolve(contracts=contracts, position=deal.position.evolve(staged=staged))
