"""The lane of each kind that has one."""

from __future__ import annotations

from pricing.books.lanes.backstop import BackstopLane
from pricing.books.lanes.base import Lane
from pricing.books.lanes.hurdle import HurdleLane
from pricing.books.lanes.lease import LeaseLane
from pricing.books.lanes.loan import LoanLane
from pricing.books.lanes.offtake import OfftakeLane

LANES: dict[str, Lane] = {
    "hurdle_warrant": HurdleLane(),
    "loan": LoanLane(),
    "lease": LeaseLane(),
    "offtake": OfftakeLane(),
    "capacity_backstop": BackstopLane(),
}
"""Kind to lane."""
