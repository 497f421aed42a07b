"""Checks of compute derivatives across the parts of their deal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from instruments.checks.names import known, rule
from instruments.contracts.compute_derivatives import RentDerivative, RentFuture, RentOption, RentSwap, last_day

if TYPE_CHECKING:
    from instruments.deal import Deal

SIDES: dict[type[RentDerivative], tuple[str, str]] = {
    RentFuture: ("long", "short"),
    RentSwap: ("fixed_payer", "fixed_receiver"),
    RentOption: ("buyer", "seller"),
}
"""Fields that name the two parties."""


def check_rent_derivative(deal: Deal, place: str, contract: RentDerivative) -> None:
    """Parties exist; the last month is not over, unless its payment may still be due."""
    for side in SIDES[type(contract)]:
        known(getattr(contract, side), "party", f"{place}.{side}", deal.parties)
    last = last_day(contract.months[-1])
    if last < deal.as_of and not getattr(contract, "payment_lag_days", 0):
        field = "month" if isinstance(contract, RentFuture) else "end"
        raise rule(f"{place}.{field}", f"the month {contract.months[-1]} was over before the deal's date {deal.as_of}")


def check_fixings(deal: Deal) -> None:
    """Fixings of the position belong to an index that some contract uses, and none lies ahead."""
    indices = {contract.index: None for contract in deal.contracts.values() if isinstance(contract, RentDerivative)}
    for index, fixings in deal.position.fixings.items():
        known(index, "index of a contract", f"position.fixings.{index}", indices)
        late = [day for day in fixings if day > deal.as_of]
        if late:
            raise rule(f"position.fixings.{index}.{min(late)}", f"a fixing of {min(late)} lies after the deal's date {deal.as_of}")
