"""The borrower's right to prepay: when, at what price, and how it is used."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import FrozenDict, FrozenMap, Terms
from instruments.ground.keys import MarketKey
from instruments.ground.units import Spread


class MakeWhole(Terms):
    """Until a date the price is what is still scheduled, discounted at a Treasury curve plus a spread: at least par."""

    until: dt.date
    """Last payment date with that price."""
    spread: Spread
    """Added to the curve, a year, continuously compounded: 0.005 is T + 50."""
    key: MarketKey | None = None
    """Curve that discounts: a Treasury curve of the market; null is the loan's own discount curve."""


class VoluntaryPrepayment(Terms):
    """The borrower may prepay on payment dates, out of a new loan at the spread of the day.

    Before `first` it is locked out. Then the price of what is prepaid is the make-whole amount, afterwards the step of `schedule` that
    holds, else par; accrued interest is paid beside it.
    """

    first: dt.date
    """First payment date on which it may be prepaid; delayed draws must be over by then."""
    make_whole: MakeWhole | None = None
    """Price of the first dates; null is none."""
    schedule: FrozenMap[dt.date, Annotated[float, Field(ge=1, le=1.5)]] = FrozenDict()
    """Date to price from that date on, as a share of what is prepaid: 1.02 is 102. Before the first date, make-whole apart, par."""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of the balance that is prepaid, once; 1 is in full. The rest keeps its schedule."""
    cost: Spread = 0.0
    """Cost of the new loan as a share of what is prepaid, paid to others than the lender."""
    market_margin: Spread | None = None
    """Margin over the loan's index at which the market would lend on the same terms today; null is the loan's own. On paths it moves with
    the default odds of whom the loan rests on (the borrower; of a facility the customer, else the operator), never below nought."""
    exercise: Literal["optimal", "spread", "first_date", "never"] = "optimal"
    """How it is used. `optimal`: where least squares on simulated paths, fitted on one set of paths and used on another, say so;
    `spread`: on the first date on which the old payments, at the margin of the day, are worth more than price and cost; `first_date`, of a
    facility: as soon as it may and can, as who has a balloon to refinance; `never`."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.make_whole is not None and self.make_whole.until < self.first:
            text = f"make-whole until {self.make_whole.until} ends before the first prepayment on {self.first}"
            raise PydanticCustomError("broken_rule", "{text}", {"path": "make_whole.until", "text": text})
        prices = [self.schedule[date] for date in sorted(self.schedule)]
        if any(later > earlier for earlier, later in pairwise(prices)):
            raise PydanticCustomError("broken_rule", "the prices of the schedule step down", {"path": "schedule"})
        return self
