"""Notes of about a year on small pools, in orders of every make: senior first, interest first, pro rata, tested, with reserve and call."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from instruments.conditions import RatioTest
from instruments.contracts.coupons import FixedCoupon, FloatingCoupon
from instruments.contracts.notes import NoteAccount, NoteClass, NoteFee, Notes, PoolAsset
from instruments.deal import Deal, Party
from instruments.priority import (
    AnyStep,
    CleanUpCall,
    CoverageTest,
    FillReserve,
    How,
    PayFees,
    PayInterest,
    PayPrincipal,
    Release,
    TrapCash,
    Turbo,
)

AS_OF = dt.date(2026, 1, 31)
Steps = tuple[AnyStep, ...]
FEES = PayFees(claims=("servicer",))


def senior_first() -> Steps:
    """Class by class: interest, then principal with all that is left."""
    each: Steps = (PayInterest(claims=("A",)), Turbo(claims=("A",)), PayInterest(claims=("B",)), Turbo(claims=("B",)))
    return (FEES, *each, Release())


def principal_second(how: How = "pro_rata") -> Steps:
    """Interest of the senior, principal of all, interest of the junior: what comes in of principal, and no more."""
    return (FEES, PayInterest(claims=("A",)), PayPrincipal(claims=("A", "B"), how=how), PayInterest(claims=("B",)), Release())


def interest_first(how: How = "sequential") -> Steps:
    """Interest of all, then principal as the pool declines."""
    return (FEES, PayInterest(claims=("A", "B")), PayPrincipal(claims=("A", "B"), how=how), Release())


def with_tests() -> Steps:
    """With coverage tests, a reserve, a trap while the pool is thin, a switch to turbo, and a call."""
    thin = RatioTest(measure="oc_B", at_most=1.02, meet="latched")
    return (
        FEES,
        PayInterest(claims=("A",), reserves=("reserve",)),
        CoverageTest(measure="ic", through="A", at_least=1.1, repay=("A",)),
        CoverageTest(measure="oc", through="A", at_least=1.15, repay=("A",)),
        PayInterest(claims=("B",)),
        Turbo(claims=("A", "B"), when=thin),
        CoverageTest(measure="oc", through="B", at_least=1.05, repay=("A", "B")),
        PayPrincipal(claims=("A", "B"), reserves=()),
        FillReserve(account="reserve"),
        TrapCash(account="trap", when=RatioTest(measure="oc_B", at_most=1.08)),
        CleanUpCall(at_most=0.2),
        Release(),
    )


def orders() -> SearchStrategy[Steps]:
    """Every make of order."""
    makes = (senior_first(), principal_second(), principal_second("sequential"), interest_first(), interest_first("pro_rata"), with_tests())
    return st.sampled_from(makes)


def pool_notes(order: Steps | None = None) -> SearchStrategy[Notes]:
    """Notes on two lines, with 60 to 80 % senior and 10 to 20 % junior; None draws the order."""
    return st.builds(
        _notes,
        st.just(order) if order is not None else orders(),
        st.sampled_from([0.7, 0.6, 0.8]),
        st.sampled_from([0.2, 0.1]),
        st.integers(2, 12),
        st.sampled_from(["level", "linear", "bullet"]),
        st.sampled_from([0, 4]),
        st.booleans(),
        st.sampled_from([0.08, 0.0, 0.15]),
    )


def _notes(order: Steps, senior: float, junior: float, months: int, shape: str, lag: int, floating: bool, coupon: float) -> Notes:
    first = {
        "label": "a",
        "balance_usd": 6e7,
        "count": 4,
        "coupon": coupon,
        "months": months,
        "amortisation": shape,
        "credit": "credit:OBL",
    }
    second = PoolAsset(label="b", balance_usd=4e7, count=2, coupon=0.1, months=12, credit="credit:OBL", recovery=0.6, recovery_slope=0.5)
    pool = (PoolAsset.model_validate(first), second)
    coupons = FloatingCoupon(spread=0.02) if floating else FixedCoupon(rate=0.06), FixedCoupon(rate=0.09)
    return Notes(
        issuer="vehicle",
        residual_holder="sponsor",
        pool=pool,
        recovery_lag_months=lag,
        classes=(
            NoteClass(label="A", balance_usd=senior * 1e8, coupon=coupons[0], holder="insurer"),
            NoteClass(label="B", balance_usd=junior * 1e8, coupon=coupons[1], holder="fund"),
        ),
        fees=(NoteFee(label="servicer", payee="servicer", rate=0.01, monthly_usd=5e3),),
        accounts=(NoteAccount(label="reserve", opening_usd=1e6, target_share=0.01, floor_usd=2e5), NoteAccount(label="trap")),
        order=order,
        legal_final=dt.date(2027, 5, 31),
    )


def notes_deal(notes: Notes) -> Deal:
    """The smallest deal around such notes; obligors have the credit `credit:OBL`."""
    parties = {name: Party() for name in ("vehicle", "sponsor", "insurer", "fund", "servicer")}
    return Deal(id="notes", as_of=AS_OF, parties=parties, contracts={"notes": notes})
