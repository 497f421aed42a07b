"""Tranches of one facility: who lends which share, at what margin, and in which order they are paid."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from instruments.conditions import RatioTest
from instruments.ground.base import Many, Terms
from instruments.ground.keys import Name
from instruments.ground.units import Rate
from instruments.priority import AnyStep, How, PayInterest, PayPrincipal

SHARES_ABS = 1e-9
"""Shares must add up to one, and the margin be the average of the tranches', within this."""
ACCELERATED = "accelerated"
"""Measure of the steps' conditions: 1 from the month after the event of default on, else 0."""


PRINCIPAL = "principal"
"""Account that holds the principal received on a date, apart from interest."""


class LoanTranche(Terms):
    """One tranche."""

    label: Name
    """Its name."""
    holder: Name
    """Party that lends it."""
    share: Annotated[float, Field(gt=0, le=1)]
    """Of every draw."""
    margin_step: Rate = 0.0
    """Added to both coupons of the loan for this tranche; below nought for a senior one."""


class LoanTranches(Terms):
    """The tranches, senior to junior, and how what the lenders receive is divided. Tests, draws and enforcement are the facility's."""

    classes: Annotated[Many[LoanTranche], Field(min_length=2, max_length=10)]
    """Senior first."""
    interest: How = "sequential"
    """How interest is divided while the loan performs; it differs only where interest falls short."""
    principal: How = "pro_rata"
    """How principal is divided while the loan performs."""
    enforcement: How = "sequential"
    """How both are divided after the event of default. Interest of all ranks before principal of any, as in the facility itself."""

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        labels = [each.label for each in self.classes]
        if len(set(labels)) != len(labels):
            raise PydanticCustomError("broken_rule", "two tranches carry the same label", {"path": "classes"})
        total = sum(each.share for each in self.classes)
        if abs(total - 1.0) > SHARES_ABS:
            text = f"the shares of the tranches add up to {total:g}: they must add up to 1"
            raise PydanticCustomError("broken_rule", "{text}", {"path": "classes", "text": text})
        step = sum(each.share * each.margin_step for each in self.classes)
        if abs(step) > SHARES_ABS:
            text = f"the margin steps average {step:g}: the loan's own margin is the average, so their average must be 0"
            raise PydanticCustomError("broken_rule", "{text}", {"path": "classes", "text": text})
        return self


def tranche_order(terms: LoanTranches) -> tuple[AnyStep, ...]:
    """The priority of payments that the terms mean, as steps."""
    labels = tuple(each.label for each in terms.classes)
    before, after = RatioTest(measure=ACCELERATED, at_most=0.5), RatioTest(measure=ACCELERATED, at_least=0.5)
    return (
        PayInterest(claims=labels, how=terms.interest, when=before),
        PayInterest(claims=labels, how=terms.enforcement, when=after),
        PayPrincipal(claims=labels, how=terms.principal, amount="collected", reserves=(PRINCIPAL,), when=before),
        PayPrincipal(claims=labels, how=terms.enforcement, amount="collected", reserves=(PRINCIPAL,), when=after),
    )
