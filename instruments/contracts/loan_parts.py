"""Parts of a loan: what it draws, pays, reserves, tests, and does when it is not paid."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import MarketKey
from instruments.ground.units import Fraction, NonNegative, Positive, PositiveUsd, Rate, SignedUsd, Spread, Usd

Account = Literal[
    "operating_costs",
    "fees",
    "interest",
    "principal",
    "liquidity_reserve",
    "power_reserve",
    "cash_trap",
    "sweep",
    "subordinated",
    "distributions",
]  # fmt: skip
"""Ranks of a monthly priority of payments. `fees`: agent, administration and undrawn; `interest` holds the net swap payment;
`subordinated`: management fee."""
FILED_ORDER: tuple[Account, ...] = (
    "operating_costs", "fees", "interest", "principal", "liquidity_reserve", "power_reserve", "cash_trap", "subordinated", "distributions",
)  # fmt: skip
"""The order filed for DDTL 4.0."""


class Floating(Terms):
    """The part that pays the overnight rate, compounded daily over each month, and a margin."""

    share: Fraction
    """Share of every draw."""
    index: MarketKey = "rates:USD-SOFR"
    """The rate."""
    margin: Spread
    """Added to the compounded rate, a year, ACT/360."""
    floor: Rate = 0.0
    """Least compounded rate, a year, before the margin."""
    margin_by_class: FrozenMap[str, Spread] = FrozenDict()
    """Margin by the offtake's `customer_class`, where the loan is priced by who pays; other classes pay `margin`."""

    def margin_for(self, customer_class: str | None) -> float:
        """The margin paid while a customer of this class pays."""
        return self.margin if customer_class is None else self.margin_by_class.get(customer_class, self.margin)


class Fixed(Terms):
    """The part that pays a coupon struck at draw: 30/360."""

    share: Fraction
    """Share of every draw."""
    rate: Rate
    """The coupon, a year."""


class Depreciated(Terms):
    """Advance against depreciated cost: straight line to nothing over the schedule's life, by cohort, from its funding."""

    share: Annotated[float, Field(gt=0, le=1.5)]
    """Most that may be owed, over the depreciated cost of the cohorts bought."""
    life_years: Annotated[float, Field(ge=1, le=15)] = 6.0
    """Life of the schedule."""
    continuous: bool = True
    """Whether it holds on every payment date, what exceeds it falling due; else it only limits draws."""


class DrawTerms(Terms):
    """Delayed draws: when, and how much: the least of the advance rules that are given."""

    window_end: dt.date
    """Last day of the commitment; what is undrawn then lapses."""
    at_funding: Annotated[float, Field(ge=0, le=1.5)]
    """Share of a cohort's cost lent when it is paid for: tested once."""
    after_acceptance: Annotated[float, Field(ge=0, le=1.5)]
    """Share of its cost lent in total once the customer has accepted it."""
    initial_commitment_usd: PositiveUsd | None = None
    """Limit of all draws at funding together; null is the whole commitment."""
    sizing_dscr: Positive = 1.0
    """Draws after acceptance keep projected coverage at or above this on every payment date to maturity."""
    size_at_funding: bool = False
    """Whether `sizing_dscr` limits draws at funding too."""
    of_depreciated: Depreciated | None = None
    """Limit against depreciated cost, tested after each draw."""
    of_market_value: Annotated[float, Field(gt=0, le=1.5)] | None = None
    """Limit of a draw at funding against the market value of the cohort on that day."""
    tenor_months: Annotated[int, Field(ge=1, le=120)] | None = None
    """Each draw is repaid over this many payment dates after it, in the way of `amortisation`; null: all draws share its dates."""
    undrawn_fee: Spread = 0.0
    """Paid on what is undrawn, a year, ACT/360, until the window ends."""
    upfront_fee: Spread = 0.0
    """Paid to the lender on each draw, as a share of it."""
    discount: Spread = 0.0
    """Original issue discount: share of each draw that the lender keeps."""

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if self.after_acceptance < self.at_funding:
            raise PydanticCustomError("broken_rule", "after_acceptance must not be below at_funding")
        return self


class Amortisation(Terms):
    """How scheduled principal falls due, from `start`, monthly; what is left is due at maturity."""

    kind: Literal["annuity", "straight", "bullet", "schedule", "sculpted", "depreciated"] = "annuity"
    """Equal service at `annuity_rate`; equal principal; all at maturity; the shares in `schedule`; service that follows planned cash at
    `target_dscr`; or the balance follows straight-line depreciated cost over `life_years`."""
    start: dt.date
    """First payment date with principal."""
    annuity_rate: Rate = 0.06
    """Rate of the level schedule, a year; it shapes the schedule and is not what the loan pays."""
    schedule: FrozenMap[dt.date, Fraction] = FrozenDict()
    """Month end to share of the balance then outstanding: kind 'schedule'."""
    balloon: Fraction = 0.0
    """Share of the balance at the start left for maturity: kinds 'annuity' and 'straight'."""
    target_dscr: Positive | None = None
    """Planned cash over service on every date: kind 'sculpted'; null is the ratio that repays the planned balance at maturity."""
    life_years: Annotated[float, Field(ge=1, le=15)] = 6.0
    """Life of the schedule: kind 'depreciated'."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.balloon > 0 and self.kind not in ("annuity", "straight"):
            raise PydanticCustomError("broken_rule", "a balloon is left by kinds 'annuity' and 'straight' only", {"path": "balloon"})
        if self.target_dscr is not None and self.kind != "sculpted":
            raise PydanticCustomError("broken_rule", "a target is given with kind = 'sculpted' only", {"path": "target_dscr"})
        if (self.kind == "schedule") != bool(self.schedule):
            raise PydanticCustomError("broken_rule", "a schedule is given with kind = 'schedule', and only then", {"path": "schedule"})
        return self


class Reserves(Terms):
    """Cash held back for the months to come."""

    liquidity_months: Annotated[int, Field(ge=0, le=24)] = 0
    """Months of interest, principal, net swap payments and operating cost held."""
    power_months: Annotated[int, Field(ge=0, le=24)] = 0
    """Months of power cost held."""


class DscrCovenant(Terms):
    """Maintenance test: trailing coverage at or above a threshold.

    DSCR = (revenue - operating cost) / (scheduled interest + principal + net swap), summed over the last `months` payment dates;
    reserve top-ups do not count as cost.
    """

    threshold: Positive
    """Least ratio."""
    months: Annotated[int, Field(ge=1, le=12)] = 3
    """Payment dates in the window."""
    first_test: dt.date
    """First payment date tested."""
    grace_months: Annotated[int, Field(ge=0, le=24)] = 0
    """Breaches in a row that are borne before it is an event of default."""
    cures: Annotated[int, Field(ge=0, le=100)] = 0
    """Times the operator, while solvent, may prepay enough to restore the ratio."""


class Pik(Terms):
    """Interest paid in kind: added to the balance instead of being paid."""

    share: Fraction = 1.0
    """Share of each month's interest that is capitalised."""
    until: dt.date
    """Last payment date on which it may be."""
    toggle: bool = False
    """Whether only in months whose revenue less operating cost does not cover interest; else in every month."""


class NegativeIncome(Terms):
    """Prepayment ahead of a delayed site's first month of negative net operating income.

    The income tested is contract revenue less operating cost less the site's share of interest, projected `lead_months` ahead; the
    prepayment brings it to zero, limited to what the site has drawn.
    """

    lead_months: Annotated[int, Field(ge=1, le=12)] = 2
    """How long before the first negative month it is due."""


class CashTrap(Terms):
    """When cash is kept from the owners, and when it is let go."""

    on_operator_default: bool = True
    """Bankruptcy of the parent."""
    on_customer_breach: bool = True
    """Default of the customer, or a breach that ends the contract."""
    release_months: Annotated[int, Field(ge=0, le=120)] = 6
    """Months for which a replacement must have run the contract before trapped cash is released."""
    release_dscr: NonNegative = 1.0
    """Least trailing coverage for release."""


class Enforcement(Terms):
    """What follows an event of default: contract cash, then hardware, reserves, guarantees, loss."""

    grace_months: Annotated[int, Field(ge=0, le=12)] = 1
    """Months for which something due may stay unpaid."""
    default_margin: Spread = 0.02
    """Added to every rate after acceleration."""
    repossession_months: Annotated[int, Field(ge=0, le=24)] = 3
    """Months from the decision to sell to the first lot."""
    lots: Annotated[int, Field(ge=1, le=24)] = 1
    """Monthly lots of equal size."""
    idle_cost_share: Fraction = 0.5
    """Share of site costs borne for unsold units until they are sold."""
    orderly_months: Annotated[int, Field(ge=1, le=36)] = 6
    """Months over which an owner in no hurry sells."""


class Hedge(Terms):
    """Interest-rate swap of the floating part: it pays fixed, monthly, on the planned balance."""

    share: Fraction
    """Share of the planned floating balance swapped."""
    start: dt.date
    """First payment date swapped."""
    rate: Rate | None = None
    """Fixed rate paid, ACT/360; null is the fair rate on the market's date."""
    close_out: Literal["senior", "junior"] = "senior"
    """Rank of what the vehicle owes the provider when the swap ends in an event of default: with interest, or behind principal, as where
    the provider caused the end. What the vehicle is owed is paid in any case."""


class LoanPosition(Terms):
    """Where a loan and its fleet stand at the deal's date."""

    floating_usd: Usd = 0.0
    """Floating part outstanding."""
    fixed_usd: Usd = 0.0
    """Fixed part outstanding."""
    drawn_usd: Usd = 0.0
    """Drawn in total so far, repaid or not."""
    drawn_at_funding_usd: Usd = 0.0
    """Of it, at funding: what counts against the initial commitment."""
    liquidity_reserve_usd: Usd = 0.0
    """Liquidity reserve."""
    power_reserve_usd: Usd = 0.0
    """Power reserve."""
    trapped_usd: Usd = 0.0
    """Trapped cash."""
    funded: Many[str] = ()
    """Labels of the cohorts paid for."""
    accepted: Many[str] = ()
    """Labels of the cohorts accepted."""
    cohort_drawn_usd: FrozenMap[str, Usd] = FrozenDict()
    """Cohort label to what was drawn on it."""
    cfads_usd: Many[SignedUsd] = ()
    """Revenue less operating cost of past payment dates, oldest first: what trailing tests look back on."""
    service_usd: Many[SignedUsd] = ()
    """Scheduled service on the same dates."""
    received_usd: Many[SignedUsd] = ()
    """Cash received from the customer on past payment dates, oldest first."""
    projected_usd: Many[SignedUsd] = ()
    """Contracted cash projected for the same dates."""
    cures_used: Annotated[int, Field(ge=0)] = 0
    """Cures of the maintenance test already used."""
    covenant_cures_used: FrozenMap[str, Annotated[int, Field(ge=0)]] = FrozenDict()
    """Covenant label to counted cures already used."""
    covenant_waivers_used: FrozenMap[str, Annotated[int, Field(ge=0)]] = FrozenDict()
    """Covenant label to waivers already used."""
    margin_step: Spread = 0.0
    """Added to both coupons by waivers so far."""
    unearned_usd: Usd = 0.0
    """Of the customer's prepayment, what was paid and has not burned off."""
    advance_usd: Usd = 0.0
    """Of it, what still lies on the account for cohorts to be bought."""

    @model_validator(mode="after")
    def _lengths(self) -> Self:
        if len(self.cfads_usd) != len(self.service_usd):
            raise PydanticCustomError("broken_rule", "cfads_usd and service_usd must hold the same dates")
        if self.advance_usd > self.unearned_usd:
            raise PydanticCustomError("broken_rule", "advance_usd is part of unearned_usd, so it is not larger")
        if len(self.received_usd) != len(self.projected_usd):
            raise PydanticCustomError("broken_rule", "received_usd and projected_usd must hold the same dates")
        return self
