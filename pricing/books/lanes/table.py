"""The lane of each kind that has one."""

from __future__ import annotations

from pricing.books.lanes.backstop import BackstopLane
from pricing.books.lanes.base import Lane
from pricing.books.lanes.hurdle import HurdleLane
from pricing.books.lanes.lease import LeaseLane
from pricing.books.lanes.loan import LoanLane
from pricing.books.lanes.offtake import OfftakeLane
from pricing.books.lanes.support import SupportLane
from pricing.books.lanes.warrant import WarrantLane

LANES: dict[str, Lane] = {
    "hurdle_warrant": HurdleLane(),
    "loan": LoanLane(),
    "lease": LeaseLane(),
    "offtake": OfftakeLane(),
    "capacity_backstop": BackstopLane(),
    "lease_guarantee": SupportLane(),
    "warrant": WarrantLane(),
}
"""Kind to lane."""
JUDGED: dict[str, frozenset[str]] = {"lease_guarantee": frozenset(("deal",)), "warrant": frozenset(("tranches",))}
"""Kind to its columns of JSON text that the lane itself judges; every other such text is for the models."""
