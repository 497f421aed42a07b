"""The lane of each kind that has one."""

from __future__ import annotations

from pricing.books.lanes.base import Lane
from pricing.books.lanes.hurdle import HurdleLane
from pricing.books.lanes.loan import LoanLane

LANES: dict[str, Lane] = {"hurdle_warrant": HurdleLane(), "loan": LoanLane()}
"""Kind to lane."""
