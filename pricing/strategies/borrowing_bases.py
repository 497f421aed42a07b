"""Borrowing bases of about a year on a few assets, with limits, ages, grace, and rents that move them."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from instruments.contracts.borrowing_base import BaseAsset, BaseClass, BaseEnforcement, BorrowingBase, ConcentrationLimit
from instruments.contracts.coupons import FixedCoupon, FloatingCoupon
from instruments.deal import Deal, Party

AS_OF = dt.date(2026, 1, 31)
CLASSES = (BaseClass(label="leases", advance_rate=0.8), BaseClass(label="machines", advance_rate=0.5, most_age_months=30))
ASSETS = (
    BaseAsset(label="one", asset_class="leases", obligor="first", investment_grade=True, value_usd=5e7, months=24),
    BaseAsset(label="two", asset_class="leases", obligor="second", group="labs", value_usd=3e7, months=12),
    BaseAsset(
        label="three",
        asset_class="machines",
        obligor="third",
        group="labs",
        value_usd=4e7,
        age_months=25,
        months=36,
        rent_elasticity=1.0,
    ),
)


def borrowing_bases(*, grace: bool = True) -> SearchStrategy[BorrowingBase]:
    """Revolvers on three assets of 120 m; `grace` allows deficiencies to stand for a while."""
    return st.builds(
        _base,
        st.sampled_from([6e7, 1e8]),
        st.sampled_from([3e7, 0.0, 5.5e7]),
        st.sampled_from([1.0, 0.5, 0.0]),
        st.sampled_from([1, 3]),
        st.sampled_from([0, 2]) if grace else st.just(0),
        st.sampled_from(["prepay", "enforce"]),
        st.lists(limits(), max_size=3),
        st.sampled_from([0.0, 2e6]),
        st.booleans(),
        st.sampled_from([BaseEnforcement(), BaseEnforcement(liquidation=0.2, lag_months=0)]),
    )


def limits() -> SearchStrategy[ConcentrationLimit]:
    """Concentration limits of every kind."""
    return st.builds(
        ConcentrationLimit, by=st.sampled_from(["obligor", "group", "sub_investment_grade"]), most=st.sampled_from([0.4, 0.25, 0.6])
    )


def _base(
    commitment: float,
    drawn: float,
    usage: float,
    every: int,
    grace: int,
    deficiency: Literal["prepay", "enforce"],
    limits: list[ConcentrationLimit],
    reserves: float,
    floating: bool,
    enforcement: BaseEnforcement,
) -> BorrowingBase:
    return BorrowingBase(
        lender="bank",
        borrower="cloud",
        commitment_usd=commitment,
        drawn_usd=drawn,
        coupon=FloatingCoupon(spread=0.03) if floating else FixedCoupon(rate=0.08),
        undrawn_fee=0.005,
        maturity=dt.date(2026, 12, 31),
        classes=CLASSES,
        assets=ASSETS,
        limits=tuple(limits),
        reserves_usd=reserves,
        rent="rent:GPU",
        test_months=every,
        grace_months=grace,
        deficiency=deficiency,
        usage=usage,
        enforcement=enforcement,
    )


def base_deal(base: BorrowingBase) -> Deal:
    """The smallest deal around such a revolver: `credit:CLD` is the borrower's, `credit:ONE` and `credit:TWO` the first obligors'."""
    credits = {"cloud": "credit:CLD", "first": "credit:ONE", "second": "credit:TWO"}
    parties = {"bank": Party(), "third": Party()} | {name: Party(credit=key) for name, key in credits.items()}
    return Deal(id="base", as_of=AS_OF, parties=parties, contracts={"revolver": base})
