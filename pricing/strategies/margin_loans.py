"""Margin loans of a few months: with and without triggers, marks that lag, sales that push, recourse."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from instruments.contracts.coupons import FixedCoupon, FloatingCoupon
from instruments.contracts.margin_loan import LtvTriggers, MarginLoan, Marking, ShareSale, TopUp
from instruments.deal import Deal, Party

AS_OF = dt.date(2026, 1, 2)
SHARES = 1e6
"""Pledged; an opening ratio is amount / (shares x 100 USD)."""


def triggers() -> SearchStrategy[LtvTriggers]:
    """Ratios above the opening ones of `margin_loans`, in their order."""
    return st.builds(
        _triggers,
        st.sampled_from([0.6, 0.7]),
        st.sampled_from([0.05, 0.0, 0.1]),
        st.sampled_from([0.1, 0.0, 0.3]),
        st.sampled_from([2, 0, 10]),
    )


def _triggers(restore: float, above: float, further: float, days: int) -> LtvTriggers:
    return LtvTriggers(restore=restore, call=restore + above, liquidation=restore + above + further, cure_days=days)


def _sale(lag: int, speed: float | None, push: float, cost: float) -> ShareSale:
    return ShareSale(lag_days=lag, shares_per_day=speed, depth_shares=SHARES if push else None, impact=push, cost=cost)


def margin_loans(*, watched: bool | None = None, impact: bool = True) -> SearchStrategy[MarginLoan]:
    """Loans of 0.3 to 0.6 of the value of a million shares at 100 USD; `watched` asks for triggers or for none.

    Args:
        watched: None draws both kinds.
        impact: whether sales may push the price.
    """
    none = st.none()
    watch = {True: triggers(), False: none, None: none | triggers()}[watched]
    sales = st.builds(
        _sale,
        st.sampled_from([1, 0, 5]),
        st.sampled_from([None, 0.3 * SHARES, 0.07 * SHARES]),
        st.sampled_from([0.0, 0.4]) if impact else st.just(0.0),
        st.sampled_from([0.0, 0.05]),
    )

    def build(
        ratio: float,
        floating: bool,
        months: int,
        watch: LtvTriggers | None,
        top_up: TopUp,
        marking: Marking,
        sale: ShareSale,
        recourse: bool,
    ) -> MarginLoan:
        return MarginLoan(
            lender="bank",
            borrower="owner",
            underlying="equity:SHR",
            shares=SHARES,
            amount_usd=ratio * SHARES * 100.0,
            coupon=FloatingCoupon(spread=0.02) if floating else FixedCoupon(rate=0.06),
            interest_months=3,
            maturity=AS_OF + dt.timedelta(days=31 * months),
            triggers=watch,
            top_up=top_up if watch else TopUp(),
            marking=marking,
            sale=sale,
            recourse=recourse,
        )

    return st.builds(
        build,
        st.sampled_from([0.5, 0.3, 0.6]),
        st.booleans(),
        st.integers(2, 7),
        watch,
        st.sampled_from([TopUp(), TopUp(source="cash"), TopUp(source="cash", most_usd=5e6), TopUp(source="shares", most_shares=2e5)]),
        st.sampled_from([Marking(), Marking(every_days=5, lag_days=3)]),
        sales,
        st.booleans(),
    )


def margin_deal(loan: MarginLoan) -> Deal:
    """The smallest deal around such a loan: the owner has the credit `credit:OWN`, the share is `equity:SHR`."""
    parties = {"bank": Party(roles=("lender",)), "owner": Party(roles=("borrower",), credit="credit:OWN")}
    return Deal(id="margin", as_of=AS_OF, parties=parties, contracts={"loan": loan})
