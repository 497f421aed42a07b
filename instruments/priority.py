"""A priority of payments as data: a small closed set of steps, taken in order on every payment date.

The money of the period lies in one pot. Each step takes from it, or puts into it, and passes on the rest. The interpreter is
`pricing.priority`; the same steps write the order of a tranched pool and the filed monthly order of a loan facility.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from instruments.conditions import AllOf, AnyOf, Condition, DateReached, Group, Leg, RatioTest, Sequence, legs_of
from instruments.ground.base import Many, Terms
from instruments.ground.keys import Name
from instruments.ground.units import Fraction, Positive

How = Literal["sequential", "pro_rata"]
"""`sequential`: the first of the list in full, then the next; `pro_rata`: all by the same share of what is owed (of balances)."""
Names = Annotated[Many[Name], Field(min_length=1)]


class Step(Terms):
    """What all steps share."""

    when: Condition | None = None
    """The step is taken where this holds; null is always. Ratio tests, dates, `all` and `any` of them; `latched` stays on for good."""


class PayFees(Step):
    """Pay fees and costs, old ones included."""

    kind: Literal["pay_fees"] = "pay_fees"
    claims: Names
    """Names of fees."""
    how: How = "sequential"
    """Among them."""


class PayInterest(Step):
    """Pay interest, what was put off before included."""

    kind: Literal["pay_interest"] = "pay_interest"
    claims: Names
    """Names of classes."""
    how: How = "sequential"
    """Among them."""
    reserves: Many[Name] = ()
    """Accounts that make up what the pot lacks, in order."""


class PayPrincipal(Step):
    """Pay principal: no more than the period's amount, of which later steps find what is left."""

    kind: Literal["pay_principal"] = "pay_principal"
    claims: Names
    """Names of classes."""
    how: How = "sequential"
    """Among them."""
    amount: Literal["due", "collected", "pool_decline"] = "pool_decline"
    """`due`: what the schedule asks, and what was put off; `collected`: principal and recoveries that came in; `pool_decline`: principal
    that came in and balances that defaulted, so that spread makes losses good."""
    reserves: Many[Name] = ()
    """Accounts that make up what the pot lacks, in order."""


class Turbo(Step):
    """Pay principal with all that is left."""

    kind: Literal["turbo"] = "turbo"
    claims: Names
    """Names of classes."""
    how: How = "sequential"
    """Among them."""


class FillReserve(Step):
    """Fill an account to its target; what lies above the target returns to the pot."""

    kind: Literal["fill_reserve"] = "fill_reserve"
    account: Name
    """Which."""


class CoverageTest(Step):
    """A coverage test: where it fails, the rest of the pot repays principal in order, as far as the test needs.

    `oc`: (performing pool + principal in the pot) / (balance of the class and of all ranking before it); repays until it passes. `ic`:
    interest that came in / interest due on those classes; repays with all that is left.
    """

    kind: Literal["test"] = "test"
    measure: Literal["oc", "ic"]
    """Overcollateralisation or interest cover."""
    through: Name
    """The class down to which is tested."""
    at_least: Positive
    """Passes at or above this."""
    repay: Names
    """Classes repaid, in order."""


class TrapCash(Step):
    """While `when` holds all that is left goes into an account; when it does not, the account returns to the pot."""

    kind: Literal["trap_cash"] = "trap_cash"
    account: Name
    """Which."""


class CleanUpCall(Step):
    """The holder of the rest may buy a small pool at its balance and redeem everything: done where pool and pot cover all that is owed."""

    kind: Literal["clean_up_call"] = "clean_up_call"
    at_most: Fraction
    """Performing pool over the opening pool, at or below."""


class Release(Step):
    """All that is left goes to the holder of the rest."""

    kind: Literal["release"] = "release"


AnyStep = PayFees | PayInterest | PayPrincipal | Turbo | FillReserve | CoverageTest | TrapCash | CleanUpCall | Release
"""The closed set."""
Order = Annotated[Many[Annotated[AnyStep, Field(discriminator="kind")]], Field(min_length=1, max_length=100)]
"""A priority of payments."""


def classes_of(step: AnyStep) -> tuple[str, ...]:
    """The classes that a step pays by name."""
    if isinstance(step, PayInterest | PayPrincipal | Turbo):
        return step.claims
    return step.repay if isinstance(step, CoverageTest) else ()


def accounts_of(step: AnyStep) -> tuple[str, ...]:
    """The accounts that a step moves."""
    if isinstance(step, FillReserve | TrapCash):
        return (step.account,)
    return step.reserves if isinstance(step, PayInterest | PayPrincipal) else ()


def unsupported_legs(step: AnyStep) -> tuple[str, ...]:
    """Kinds of conditions on a step that no month of payments can test."""
    if step.when is None:
        return ()
    return tuple(leg.kind for _, leg in legs_of(step.when) if not isinstance(leg, RatioTest | DateReached)) + _groups(step.when)


def _groups(condition: Leg | Group) -> tuple[str, ...]:
    if isinstance(condition, Sequence):
        return (condition.kind,)
    return sum((_groups(leg) for leg in condition.legs), ()) if isinstance(condition, AllOf | AnyOf) else ()
