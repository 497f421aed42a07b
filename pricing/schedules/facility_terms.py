"""What a facility is made of: its contracts and quotes found by name, its dates checked against the market's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from instruments.assets.fleet import GpuFleet
from instruments.contracts.loan import Loan
from instruments.contracts.loan_parts import LoanPosition
from instruments.contracts.offtake import Offtake
from instruments.ground.errors import InputError, MarketError, PricingError
from instruments.ground.keys import name_of
from instruments.ground.messages import problem
from pricing.schedules.grid import month_index
from pricing.schedules.plan import TestPlan
from pricing.schedules.types import Ints

if TYPE_CHECKING:
    from instruments.deal import Deal

T = TypeVar("T")


def facility_terms(deal: Deal, loan_id: str) -> tuple[Loan, GpuFleet, Offtake]:
    """Loan, fleet and offtake of a facility. Raises PricingError where the contract is none."""
    loan = deal.contracts[loan_id]
    if isinstance(loan, Loan) and loan.collateral is not None and loan.offtake is not None:
        offtake = deal.contracts[loan.offtake]
        if isinstance(offtake, Offtake):
            return loan, deal.assets[loan.collateral], offtake
    raise PricingError(
        problem("unsupported", subject=loan_id, why="no collateral and offtake: no facility", remedy="price it by another method")
    )


def quotes_behind(block: Mapping[str, T], key: str, kind: str) -> T:
    """The quotes behind a market key such as `rent:GB300`; `rent:GB300:1y` falls back to `rent:GB300`."""
    name = name_of(key)
    for candidate in (name, name.split(":", 1)[0]):
        if candidate in block:
            return block[candidate]
    raise MarketError(problem("missing_key", subject="market", field=kind, key=key, choices=[f"{kind}:{each}" for each in block]))


def contiguous(item: Any) -> Any:
    """One memory layout for every array, in groups too: the kernel is compiled once."""
    if isinstance(item, TestPlan):
        return TestPlan._make(contiguous(part) for part in item)
    return np.ascontiguousarray(item) if isinstance(item, np.ndarray) else item


def month_indices(as_of: dt.date, dates: list[tuple[str, dt.date]], done: tuple[str, ...]) -> Ints:
    """Month index of each label's date; -1 where it is done."""
    return np.array([-1 if label in done else month_index(as_of, date) for label, date in dates], dtype=np.int64)


def check_dates(deal: Deal, loan_id: str, as_of: dt.date) -> None:
    """A new deal starts at the market's date: nothing of its plan may lie before it, unless the position says that it happened."""
    loan, fleet, _ = facility_terms(deal, loan_id)
    position = deal.position.facilities.get(loan_id, LoanPosition())
    late = [c.label for c in fleet.cohorts if c.label not in position.funded and c.funding <= as_of]
    if loan.maturity <= as_of or late:
        what = f"cohort {late[0]} was to be funded by then" if late else f"the loan matured on {loan.maturity}"
        raise InputError(
            problem(
                "unsupported",
                subject=loan_id,
                field="as_of",
                value=as_of.isoformat(),
                why=f"{what}, and the position does not say so",
                remedy="use an earlier market, or give the position at that date",
            )
        )
