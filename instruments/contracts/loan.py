"""Loans: delayed draw or term, against a fleet of hardware or on the borrower's credit alone."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.contracts.covenants import AnyCovenant, CrossDefault, SweepBand
from instruments.contracts.loan_parts import (
    FILED_ORDER,
    Account,
    Amortisation,
    CashTrap,
    DrawTerms,
    DscrCovenant,
    Enforcement,
    Fixed,
    Floating,
    Hedge,
    NegativeIncome,
    Pik,
    Reserves,
)
from instruments.contracts.loan_prepayment import VoluntaryPrepayment
from instruments.contracts.loan_tranches import LoanTranches
from instruments.ground.base import FrozenDict, FrozenMap, Many, Terms
from instruments.ground.keys import Name
from instruments.ground.units import Fraction, PositiveUsd, Spread, Usd

SHARES_ABS = 1e-9
"""Floating and fixed shares must add up to one within this."""


class Loan(Terms):
    """A loan to one borrower, paid monthly at month ends.

    With `collateral` and `offtake` it is a project facility: its cash comes from the fleet, through `waterfall`. Without them it is
    drawn in full at the deal's date and rests on the borrower's credit.
    """

    kind: Literal["loan"] = "loan"
    lender: Name
    """Who lends."""
    borrower: Name
    """Who owes: the vehicle."""
    commitment_usd: PositiveUsd
    """Most that can be drawn in total."""
    floating: Floating | None = None
    """Floating part."""
    fixed: Fixed | None = None
    """Fixed part."""
    maturity: dt.date
    """Last payment date: a month end."""
    amortisation: Amortisation
    """Scheduled principal."""
    draws: DrawTerms | None = None
    """Delayed draws; null is one draw at the deal's date."""
    collateral: Name | None = None
    """The fleet pledged."""
    offtake: Name | None = None
    """The contract whose cash pays the loan."""
    agent_fee_usd_per_year: Usd = 0.0
    """Agent and administration, USD a year."""
    management_fee_share: Fraction = 0.0
    """Operator's fee as a share of revenue, behind the loan."""
    upfront_fee: Spread = 0.0
    """Paid to the lender when the loan is drawn, as a share of it; a loan without collateral only (draws of a facility have their own)."""
    discount: Spread = 0.0
    """Original issue discount, likewise: share of the loan that the lender keeps."""
    hedge: Hedge | None = None
    """Swap of the floating part."""
    waterfall: Annotated[Many[Account], Field(min_length=4)] = FILED_ORDER
    """Monthly priority of payments, first paid first."""
    sweep: Fraction = 0.0
    """Share of the cash left at the rank `sweep` that prepays the loan."""
    sweep_bands: Many[SweepBand] = ()
    """Other shares while coverage is low."""
    pik: Pik | None = None
    """Interest paid in kind."""
    late_margin: Spread = 0.0
    """Added to both coupons for a month that starts with something due unpaid."""
    reserves: Reserves = Reserves()
    """Reserves."""
    completion_support: bool = False
    """Whether the operator, while solvent, covers shortfalls and fills reserves until every funded cohort is accepted."""
    maintenance: DscrCovenant | None = None
    """Trailing coverage test."""
    covenants: FrozenMap[str, AnyCovenant] = FrozenDict()
    """Label to covenant, tested in this order after the maintenance test."""
    cross_defaults: Many[CrossDefault] = ()
    """Other loans of the deal whose events of default are events of default of this one."""
    negative_income: NegativeIncome | None = None
    """Forward trigger."""
    cash_trap: CashTrap = CashTrap()
    """Cash trap."""
    tranches: LoanTranches | None = None
    """Tranches of the loan; null is one lender."""
    prepayment: VoluntaryPrepayment | None = None
    """The borrower's right to prepay; null is none."""
    customer_default_is_event_of_default: bool = True
    """Whether the end of the customer's contract accelerates the loan at once."""
    enforcement: Enforcement = Enforcement()
    """After an event of default."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        share = (self.floating.share if self.floating else 0.0) + (self.fixed.share if self.fixed else 0.0)
        if abs(share - 1.0) > SHARES_ABS:
            raise _rule("", f"the floating and fixed shares add up to {share:g}: they must add up to 1")
        if (self.collateral is None) != (self.offtake is None):
            raise _rule("collateral", "a project facility names both collateral and offtake; another loan neither")
        if self.collateral is None and self.draws is not None:
            raise _rule("draws", "delayed draws are made against a collateral: name collateral and offtake")
        if self.draws is not None and self.maturity <= self.draws.window_end:
            raise _rule("maturity", f"maturity {self.maturity} must come after the draw window ends on {self.draws.window_end}")
        if self.collateral is None:
            _check_plain(self)
        if self.amortisation.start > self.maturity:
            raise _rule("amortisation.start", f"amortisation starts on {self.amortisation.start}, after maturity {self.maturity}")
        tenor = self.draws.tenor_months if self.draws else None
        if tenor is not None and self.amortisation.kind not in ("annuity", "straight", "bullet"):
            raise _rule("draws.tenor_months", f"draws of their own tenor cannot amortise by kind '{self.amortisation.kind}'")
        if self.draws is not None and tenor is not None and _months_between(self.draws.window_end, self.maturity) < tenor:
            raise _rule("draws.tenor_months", f"{tenor} months from {self.draws.window_end} run beyond maturity {self.maturity}")
        if self.draws is not None and tenor is None and self.amortisation.start <= self.draws.window_end:
            raise _rule("amortisation.start", f"amortisation must start after the draw window ends on {self.draws.window_end}")
        if (self.maturity + dt.timedelta(days=1)).day != 1:
            raise _rule("maturity", f"maturity {self.maturity} must be a month end, as the payment dates are")
        _check_waterfall(self)
        _check_prepayment(self)
        return self


def _months_between(first: dt.date, last: dt.date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _check_plain(loan: Loan) -> None:
    """A loan on its borrower's credit alone has no cash to test, to sweep or to sculpt by."""
    if loan.covenants or loan.maintenance or loan.sweep_bands or loan.cross_defaults:
        raise _rule("covenants", "covenants test a project facility's cash: name collateral and offtake")
    if loan.tranches is not None:
        raise _rule("tranches", "tranches share a project's cash: name collateral and offtake")
    if loan.amortisation.kind == "sculpted":
        raise _rule("amortisation.kind", "sculpted service follows a project's cash: name collateral and offtake")
    if loan.pik is not None and (loan.floating is not None or loan.pik.toggle):
        raise _rule("pik", "without collateral only a fixed coupon can be capitalised, and without a toggle")


def _check_prepayment(loan: Loan) -> None:
    right = loan.prepayment
    if loan.collateral is not None and (loan.upfront_fee > 0 or loan.discount > 0):
        raise _rule("upfront_fee", "a facility pays its fee and discount on each draw: give them in `draws`")
    if right is None:
        return
    if loan.collateral is None and (loan.pik is not None or loan.amortisation.kind == "depreciated"):
        raise _rule("prepayment", "without collateral the right to prepay knows no interest in kind and no depreciated schedule")
    if loan.collateral is None and right.exercise == "first_date":
        raise _rule("prepayment.exercise", "without collateral nobody waits for a date: choose 'optimal', 'spread' or 'never'")
    if right.first >= loan.maturity:
        raise _rule("prepayment.first", f"the loan may be prepaid from {right.first} on, and matures on {loan.maturity}")
    if loan.draws is not None and right.first <= loan.draws.window_end:
        raise _rule("prepayment.first", f"draws end on {loan.draws.window_end}: the loan may be prepaid after that only")
    if right.make_whole is not None and right.make_whole.until >= loan.maturity:
        raise _rule("prepayment.make_whole.until", f"make-whole ends before maturity {loan.maturity}")


def _check_waterfall(loan: Loan) -> None:
    ranks = loan.waterfall
    for name in ("operating_costs", "interest", "principal", "distributions"):
        if name not in ranks:
            raise _rule("waterfall", f"the waterfall lacks '{name}'")
    if len(set(ranks)) != len(ranks):
        raise _rule("waterfall", "an account stands twice in the waterfall")
    if ranks[-1] != "distributions":
        raise _rule("waterfall", "distributions take what is left, so they stand last")
    if "sweep" in ranks and ranks.index("sweep") < ranks.index("principal"):
        raise _rule("waterfall", "a sweep prepays what is not due yet, so it stands after principal")
    if (loan.sweep > 0 or loan.sweep_bands) and "sweep" not in ranks:
        raise _rule("waterfall", "a sweep needs a rank: add 'sweep' to the waterfall")
    if loan.pik is not None and loan.tranches is not None and any(each.margin_step for each in loan.tranches.classes):
        raise _rule("tranches", "tranches of different margins know no interest in kind")
    if loan.pik is not None and loan.pik.until >= loan.maturity:
        raise _rule("pik.until", f"interest can be capitalised until before maturity {loan.maturity}, not until {loan.pik.until}")
    if "maintenance" in loan.covenants:
        raise _rule("covenants.maintenance", "the label 'maintenance' belongs to the field of that name: give another")
    if loan.hedge is not None and loan.floating is None:
        raise _rule("hedge", "a hedge needs a floating part")
    kinds = {covenant.kind for covenant in loan.covenants.values()}
    waived = any(covenant.waivers is not None and covenant.waivers.fee > 0 for covenant in loan.covenants.values())
    for name, needed in (
        ("fees", waived or loan.agent_fee_usd_per_year > 0 or (loan.draws is not None and loan.draws.undrawn_fee > 0)),
        ("liquidity_reserve", loan.reserves.liquidity_months > 0 or "minimum_liquidity" in kinds),
        ("power_reserve", loan.reserves.power_months > 0),
        ("subordinated", loan.management_fee_share > 0),
    ):
        if needed and name not in ranks:
            raise _rule("waterfall", f"the loan has {name.replace('_', ' ')}, but the waterfall no rank for it: add '{name}'")


def _rule(path: str, text: str) -> PydanticCustomError:
    return PydanticCustomError("broken_rule", "{text}", {"path": path, "text": text})
