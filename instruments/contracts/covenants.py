"""Financial covenants of a loan: what is tested, from when, how often, how a breach is cured or waived, and what follows it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import Many, Terms
from instruments.ground.keys import Name
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd, Spread, Usd

Months = Annotated[int, Field(ge=1, le=12)]
"""A window or an interval in payment dates."""


class Holiday(Terms):
    """Another level between two dates: a step, a relief agreed in an amendment, or no test at all."""

    first: dt.date
    """First payment date it holds."""
    last: dt.date
    """Last payment date it holds."""
    level: NonNegative | None = None
    """Level in that time; null is no test."""

    @model_validator(mode="after")
    def _ordered(self) -> Holiday:
        if self.last < self.first:
            raise PydanticCustomError("broken_rule", "a holiday ends before it starts", {"path": "last"})
        return self


class Waivers(Terms):
    """Breaches that the lenders let pass, for a price."""

    count: Annotated[int, Field(ge=1, le=100)] = 1
    """How many."""
    fee: Spread = 0.0
    """Share of the balance paid to the lenders on the next payment date."""
    margin_step: Spread = 0.0
    """Added to both coupons from the next month on, for good."""


class Covenant(Terms):
    """What all covenants share.

    On a test date a breach is cured by the operator if it is solvent and a cure is left, else waived if a waiver is left; else it
    stands: no draw is made, and the consequence follows.
    """

    first_test: dt.date
    """First payment date tested."""
    every_months: Months = 1
    """Payment dates from one test to the next."""
    grace_months: Annotated[int, Field(ge=0, le=24)] = 0
    """Failed tests in a row that are borne before they are an event of default."""
    cures: Annotated[int, Field(ge=0, le=100)] = 0
    """Times the operator may cure."""
    free_cures_until: dt.date | None = None
    """Cures on payment dates before this day are unlimited, and are not counted."""
    waivers: Waivers | None = None
    """Waivers; null is none."""
    holidays: Many[Holiday] = ()
    """Dates with another level."""


class DscrTest(Covenant):
    """Trailing coverage at or above a threshold: (revenue - operating cost) / (scheduled interest + principal + net swap)."""

    kind: Literal["dscr"] = "dscr"
    threshold: Positive
    """Least ratio."""
    months: Months = 3
    """Payment dates in the window."""
    cured_by: Literal["prepayment", "cash"] = "prepayment"
    """The operator prepays what the ratio lacks, or pays it in, as if it were revenue."""
    consequence: Literal["event_of_default", "cash_trap", "lock_up", "prepayment"] = "event_of_default"
    """What a breach that stands brings: an event of default after grace; all cash trapped, or distributions held back, until a test is
    passed; or what the ratio lacks falls due as principal on the next payment date."""

    @property
    def level(self) -> float:
        """What is compared."""
        return self.threshold


class RealisationTest(Covenant):
    """Contract realisation: cash received from the customer / contracted cash projected, at or above a threshold.

    Projected is what the contract pays for the cohorts accepted by their planned dates, every hour at the full price, before service
    credits. A cure is paid in and counts as received.
    """

    kind: Literal["realisation"] = "realisation"
    threshold: Positive
    """Least ratio."""
    months: Months = 3
    """Payment dates in the window."""
    consequence: Literal["event_of_default", "cash_trap", "lock_up"] = "event_of_default"
    """What a breach that stands brings."""

    @property
    def level(self) -> float:
        """What is compared."""
        return self.threshold


class LiquidityTest(Covenant):
    """Cash of the vehicle after the payments of the date, all reserves together, at or above an amount; a cure fills the reserve up.

    While it is tested the liquidity reserve is filled at least to the amount, in its rank.
    """

    kind: Literal["minimum_liquidity"] = "minimum_liquidity"
    minimum_usd: PositiveUsd
    """Least cash."""
    consequence: Literal["event_of_default", "cash_trap", "lock_up"] = "event_of_default"
    """What a breach that stands brings."""

    @property
    def level(self) -> float:
        """What is compared."""
        return self.minimum_usd


class LoanToCostTest(Covenant):
    """Balance / cost of the cohorts bought, at or below a cap; a cure prepays the excess."""

    kind: Literal["loan_to_cost"] = "loan_to_cost"
    cap: Positive
    """Most."""
    consequence: Literal["event_of_default", "cash_trap", "lock_up", "prepayment"] = "prepayment"
    """What a breach that stands brings."""

    @property
    def level(self) -> float:
        """What is compared."""
        return self.cap


class LoanToValueTest(Covenant):
    """Balance / market value of the units bought and unsold, at or below a cap; a cure prepays the excess."""

    kind: Literal["loan_to_value"] = "loan_to_value"
    cap: Positive
    """Most."""
    consequence: Literal["event_of_default", "cash_trap", "lock_up", "prepayment"] = "prepayment"
    """What a breach that stands brings."""

    @property
    def level(self) -> float:
        """What is compared."""
        return self.cap


AnyCovenant = Annotated[
    DscrTest | RealisationTest | LiquidityTest | LoanToCostTest | LoanToValueTest,
    Field(discriminator="kind"),
]
"""Any covenant."""


class CrossDefault(Terms):
    """The event of default of another loan of the deal is one of this loan, after a grace, if the other owes enough then."""

    contract: Name
    """The other loan: a facility of the deal."""
    grace_months: Annotated[int, Field(ge=0, le=24)] = 0
    """Months from the other's event of default to this loan's acceleration."""
    threshold_usd: Usd = 0.0
    """Least that the other owes at its event of default for it to count."""


class SweepBand(Terms):
    """A cash sweep that depends on coverage."""

    below: Positive
    """The band holds while coverage, as last tested over the maintenance window, is below this."""
    share: Fraction
    """Share of the cash at the sweep's rank that prepays the loan; where several bands hold, the one with the lowest `below`."""
