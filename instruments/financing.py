"""How one project is paid for: who owns it, who lends, who guarantees, who gives shares, who leases, who pays ahead.

A `Design` is a financing of a whole project. Every part is small and can stand alone; designs of one project are compared on the same
paths (`pricing.compare_financings`). A margin is a number, or "fair": the one at which its holder lends at par.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import Name
from instruments.ground.units import Fraction, NonNegative, Plausible, Positive, PositiveUsd

SHARES_ABS = 1e-9
"""Shares of a whole add up to one within this."""
FAIR = "fair"
_PLAUSIBLE = Plausible(-0.05, 1.0, "a year")


def _number_or_fair(value: float | str) -> float | str:
    if not isinstance(value, str):
        return _PLAUSIBLE(value)
    if value != FAIR:
        raise PydanticCustomError("bad_text", 'a yearly margin such as 0.025, or the word "fair"')
    return value


Margin = Annotated[float | str, AfterValidator(_number_or_fair)]
"""Yearly margin over the discount curve, as a decimal; "fair" is solved for, so that the holder's claim is worth what it paid."""
Months = Annotated[int, Field(ge=1, le=240)]


class DebtTranche(Terms):
    """A loan to the project's vehicle, without recourse to its owners, secured on everything the vehicle has."""

    holder: Name
    """Who lends."""
    share_of_cost: Annotated[float, Field(gt=0, le=1)]
    """Amount lent over the cost of the project."""
    rank: Annotated[int, Field(ge=1, le=20)] = 1
    """1 is paid first; tranches of one rank share pro rata."""
    margin: Margin = "fair"
    """Over the one-month forward rate."""
    amortisation: Literal["level", "straight", "bullet"] = "level"
    """`level`: equal payments on the plan; `straight`: equal principal; `bullet`: all at the end."""
    months: Months
    """Months to the last payment."""


class DebtGuarantee(Terms):
    """A guarantor pays what the sale of everything leaves unpaid on the debt."""

    guarantor: Name
    """Who promises. Its default leaves the recovery of its credit."""
    cap_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Most it pays, over the principal first lent under what is covered; null has no cap."""
    covers: Many[Name] = ()
    """Tranches covered, in order of rank; empty covers all."""
    lag_months: Annotated[int, Field(ge=0, le=24)] = 3
    """Months from the loss to the payment, in which interest runs on; the guarantor must live until then."""
    fee_share: Fraction = 0.0
    """Paid by the owners at the start, over the principal covered."""


class WarrantStep(Terms):
    """Shares that vest on the first month end from a date on at which the price stands at or above a target."""

    month: Months
    """Months from the start: the purchases of this step are accepted."""
    hurdle_usd: NonNegative
    """Price target per share, tested at month ends, latched."""
    shares: Positive
    """Shares of the issuer."""


class VendorWarrants(Terms):
    """A vendor pays its customer with warrants on its own shares: they vest with accepted purchases and with its share price."""

    issuer: Name
    """The vendor; its `equity` is the share."""
    holder: Name
    """Who receives them."""
    strike_usd: NonNegative = 0.01
    """Paid per share at exercise, which follows vesting at once."""
    steps: Annotated[Many[WarrantStep], Field(min_length=1, max_length=24)]
    """The tranches."""
    months: Months = 60
    """Months to expiry."""


class LeaseFinancing(Terms):
    """A lessor buys the hardware and lets it to the vehicle for the life of the project; a residual may be guaranteed."""

    lessor: Name
    """Who owns it."""
    margin: Margin = "fair"
    """Implicit rate of the rent over the forward rate: rents and the planned residual, discounted at it, are worth the cost less the
    deposit."""
    rent_months: Months
    """Months in which rent is paid, from the start; for the rest of the project's life the vehicle has the hardware free."""
    planned_residual_share: Fraction
    """Residual that the rent counts on, over cost."""
    deposit_share: Fraction = 0.0
    """Paid by the owners at the start, over cost; kept where rent was missed, else given back at the end."""
    guarantor: Name | None = None
    """Who guarantees the residual, if anybody."""
    guaranteed_start_share: Fraction = 0.0
    """Guaranteed value at the start, over cost; it falls on a straight line."""
    guaranteed_end_share: Fraction = 0.0
    """Guaranteed value at the end."""
    lag_months: Annotated[int, Field(ge=0, le=24)] = 3
    """Months from the sale to the guarantor's payment."""


class PrepaidOfftake(Terms):
    """The customer pays ahead, and its rent is credited until the prepayment and its return are used up.

    Its default, or its leaving, ends the credits: what is not yet used is lost to it.
    """

    share_of_cost: Annotated[float, Field(gt=0, lt=1)]
    """Paid at the start, over cost."""
    margin: Margin = "fair"
    """Return on what is not yet used, over the forward rate."""
    months: Months
    """Months over which it burns off in equal credits, on the plan."""


class ShareMarginLoan(Terms):
    """An owner borrows against shares of the operator that it holds already, to pay for its equity. Without recourse."""

    lender: Name
    """Who lends."""
    borrower: Name
    """The owner who pledges."""
    share_of_cost: Annotated[float, Field(gt=0, lt=1)]
    """Amount lent over the cost of the project."""
    opening_ltv: Annotated[float, Field(gt=0, lt=1)]
    """Amount over the pledged shares at today's price."""
    liquidation_ltv: Positive
    """Loan to value at a month end from which the shares are sold."""
    margin: Margin = "fair"
    """Over the forward rate."""
    months: Months
    """Months to repayment, all at the end."""
    sale_cost: Fraction = 0.02
    """Brokers' cost, as a share of the price."""
    discount: Fraction = 0.1
    """Fall of the price by the sale of the block: what its buyers gain."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.liquidation_ltv <= self.opening_ltv:
            raise PydanticCustomError("broken_rule", "liquidation starts above the opening loan to value", {"path": "liquidation_ltv"})
        return self


class Design(Terms):
    """One financing of a project."""

    title: str = ""
    """For tables."""
    equity: Annotated[FrozenMap[Name, Fraction], Field(min_length=1)]
    """Who owns the vehicle, in what shares; they add up to one."""
    tranches: FrozenMap[Name, DebtTranche] = FrozenDict()
    """Debt of the vehicle by name."""
    guarantee: DebtGuarantee | None = None
    """Of the debt."""
    warrants: VendorWarrants | None = None
    """Given by the vendor."""
    lease: LeaseFinancing | None = None
    """In place of debt and of owning the hardware."""
    prepayment: PrepaidOfftake | None = None
    """By the customer."""
    margin_loan: ShareMarginLoan | None = None
    """Against the operator's shares."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if abs(sum(self.equity.values()) - 1.0) > SHARES_ABS:
            raise PydanticCustomError("broken_rule", "the owners' shares must add up to 1", {"path": "equity"})
        borrowed = sum(tranche.share_of_cost for tranche in self.tranches.values())
        borrowed += self.prepayment.share_of_cost if self.prepayment else 0.0
        if borrowed > 1.0 + SHARES_ABS:
            raise PydanticCustomError("broken_rule", "debt and prepayment exceed the cost", {"path": "tranches"})
        if self.lease is not None and (self.tranches or self.guarantee):
            raise PydanticCustomError(
                "broken_rule", "a leased project has no debt: its lease has a guarantor of its own", {"path": "lease"}
            )
        if self.guarantee is not None:
            self._check_guarantee(self.guarantee)
        if self.margin_loan is not None and self.margin_loan.borrower not in self.equity:
            raise PydanticCustomError("broken_rule", "the margin loan's borrower must own equity", {"path": "margin_loan.borrower"})
        return self

    def _check_guarantee(self, guarantee: DebtGuarantee) -> None:
        covered = guarantee.covers or tuple(self.tranches)
        if not covered:
            raise PydanticCustomError("broken_rule", "there is no debt to guarantee", {"path": "guarantee"})
        for name in covered:
            if name not in self.tranches:
                raise PydanticCustomError(
                    "unknown_name",
                    "{value} is no such {what}",
                    {"path": "guarantee.covers", "value": name, "what": "tranche", "choices": tuple(self.tranches)},
                )
            if self.tranches[name].holder == guarantee.guarantor:
                raise PydanticCustomError("broken_rule", "nobody guarantees a loan of its own", {"path": "guarantee.guarantor"})

    @property
    def ranked(self) -> tuple[str, ...]:
        """Names of the tranches, first paid first."""
        return tuple(sorted(self.tranches, key=lambda name: self.tranches[name].rank))

    @property
    def covered(self) -> tuple[str, ...]:
        """Names of the tranches under the guarantee, first paid first."""
        if self.guarantee is None:
            return ()
        return tuple(name for name in self.ranked if not self.guarantee.covers or name in self.guarantee.covers)

    @property
    def equity_share(self) -> float:
        """What the owners pay, over cost, margin loan included; below 0 where a customer's prepayment exceeds a lessee's deposit."""
        ahead = self.prepayment.share_of_cost if self.prepayment else 0.0
        if self.lease is not None:
            return self.lease.deposit_share - ahead
        return 1.0 - sum(tranche.share_of_cost for tranche in self.tranches.values()) - ahead

    def named(self) -> tuple[tuple[str, str], ...]:
        """Place in the design and party, wherever it names one."""
        found = [*((f"equity.{name}", name) for name in self.equity)]
        found += [(f"tranches.{name}.holder", tranche.holder) for name, tranche in self.tranches.items()]
        for part, fields in (
            ("guarantee", ("guarantor",)),
            ("warrants", ("issuer", "holder")),
            ("lease", ("lessor", "guarantor")),
            ("margin_loan", ("lender", "borrower")),
        ):
            terms = getattr(self, part)
            found += [(f"{part}.{field}", name) for field in fields if terms is not None and (name := getattr(terms, field)) is not None]
        return tuple(found)

    def holders(self) -> tuple[str, ...]:
        """Every party that the design names, each once."""
        return tuple(dict.fromkeys(name for _, name in self.named()))

    def fair_parts(self) -> tuple[str, ...]:
        """Parts whose margin is to be found: tranches by rank, then lease, prepayment, margin loan."""
        parts = [f"tranches.{name}" for name in self.ranked if self.tranches[name].margin == FAIR]
        for part in ("lease", "prepayment", "margin_loan"):
            found = getattr(self, part)
            if found is not None and found.margin == FAIR:
                parts.append(part)
        return tuple(parts)


class InvestorCohort(Terms):
    """Investors who came in at one price."""

    company: Name
    """Party whose shares they hold; its `equity` gives the price today."""
    entry_usd: PositiveUsd
    """Price per share that they paid."""


class Funding(Terms):
    """What the benefit side needs: the return that owners ask, and how fast they can pay in."""

    required_equity_return: Annotated[float, Field(gt=0, lt=1)]
    """Yearly return that owners of an unlevered project ask."""
    equity_budget_usd_per_year: PositiveUsd
    """Equity that the owners can put in, in a year."""
    hardware_price_growth: Annotated[float, Field(gt=-1, lt=1)] = 0.0
    """Yearly logarithmic growth of the price of the same capacity."""
