"""Staged commitments and markets for them: one issuer, one plan, one to three tranches; shrinks to a fixed price and a certain date."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from curves import Market
from instruments.conditions import AllOf, DateReached, Group, Leg, MilestoneReached
from instruments.contracts.staged import StagedEquity
from instruments.contracts.staged_parts import (
    Amount,
    FixedAmount,
    FixedPrice,
    FixedValuation,
    MarketPrice,
    NextRoundPrice,
    PriceRule,
    ShareOfPrice,
    StagedTranche,
    Standing,
    StopRight,
    UnitsAmount,
    UsdPerUnit,
)
from instruments.deal import Deal, Milestone, Party

AS_OF = dt.date(2025, 9, 22)
PLAN = {dt.date(2026, 3, 31): 1.0, dt.date(2026, 12, 31): 2.0, dt.date(2027, 6, 30): 3.0}
END = dt.date(2027, 12, 31)
SHARE = "equity:LAB"


def staged_deals(*, options_on_options: bool = True) -> SearchStrategy[Deal]:
    """New deals with one staged commitment, contract id 'stake', on `equity:LAB` and a plan of 'sites' (see `staged_markets`).

    Args:
        options_on_options: whether a side may stop a tranche whose worth on the day of its decision is an option itself (a cap with notice
            or with conversion later): those have no closed form.
    """
    return st.builds(
        _deal, st.lists(_tranches(), min_size=1, max_size=3), _rights(), _rights(), st.sampled_from([0, 3]), st.booleans()
    ).map(lambda deal: deal if options_on_options else _plain(deal))


def staged_markets(*, correlated: bool = False) -> SearchStrategy[Market]:
    """Markets for those deals: volatilities from nothing to 120 %, hazards from nothing to certain failure within months."""
    pair = st.sampled_from([0.0, 0.5, -0.5]) if correlated else st.just(0.0)
    return st.builds(
        _market,
        st.sampled_from([100.0, 60.0, 250.0]),
        st.sampled_from([0.4, 0.0, 1.2]),
        st.sampled_from([0.0, 0.04]),
        st.sampled_from([0.2, 0.0, 0.8]),
        st.sampled_from([0.0, 0.3]),
        st.sampled_from([0.05, 0.0, 3.0]),
        pair,
    )


def _tranches() -> SearchStrategy[StagedTranche]:
    amounts = st.sampled_from(
        [
            FixedAmount(usd=1000.0),
            UnitsAmount(milestone="sites", units=1.0, per_unit=UsdPerUnit(usd=700.0)),
            UnitsAmount(milestone="sites", units=2.0, per_unit=ShareOfPrice(share=0.25)),
        ]
    )
    rules: SearchStrategy[PriceRule] = st.sampled_from(
        [
            FixedPrice(usd_per_share=100.0),
            FixedValuation(pre_money_usd=150_000.0),
            FixedPrice(usd_per_share=80.0, round_usd=5000.0),
            MarketPrice(),
            MarketPrice(discount=0.2),
            MarketPrice(discount=0.1, cap_usd_per_share=110.0),
            NextRoundPrice(months=6, discount=0.2),
            NextRoundPrice(months=3, cap_usd_per_share=120.0),
        ]
    )
    dates = st.sampled_from([dt.date(2026, 2, 28), dt.date(2026, 9, 10)]).map(lambda date: DateReached(on=date))
    levels = st.sampled_from([1.0, 2.0, 3.0]).map(lambda level: MilestoneReached(milestone="sites", at_least=level))
    both = st.builds(_both, levels, dates)
    standing: SearchStrategy[Standing] = st.sampled_from(["conditional", "firm"])
    return st.builds(_tranche, amounts, rules, st.one_of(dates, levels, both), standing)


def _both(first: MilestoneReached, second: DateReached) -> AllOf:
    return AllOf(legs=(first, second))


def _tranche(amount: Amount, rule: PriceRule, condition: Leg | Group, wanted: Standing) -> StagedTranche:
    standing: Standing = wanted if condition.kind == "date" else "conditional"
    return StagedTranche(amount=amount, price=rule, condition=condition, standing=standing)


def _rights() -> SearchStrategy[StopRight | None]:
    return st.none() | st.builds(StopRight, tolerance=st.sampled_from([0.0, 0.3, 0.9]), notice_months=st.sampled_from([0, 2]))


def _deal(tranches: list[StagedTranche], investor: StopRight | None, issuer: StopRight | None, closing: int, credit: bool) -> Deal:
    def fitting(right: StopRight | None) -> StopRight | None:
        return None if right is None else right.evolve(notice_months=min(right.notice_months, closing))

    stake = StagedEquity(
        investor="maker",
        issuer="lab",
        underlying=SHARE,
        end=END,
        closing_months=closing,
        investor_stop=fitting(investor),
        issuer_stop=fitting(issuer),
        tranches=tuple(tranches),
    )
    return Deal(
        id="staged",
        as_of=AS_OF,
        parties={"maker": Party(), "lab": Party(equity=SHARE, credit="credit:LAB" if credit else None)},
        milestones={"sites": Milestone(unit="GW", plan=PLAN, price_per_unit_usd=3500.0, buyer="lab")},
        contracts={"stake": stake},
    )


def _plain(deal: Deal) -> Deal:
    """The deal with rights that are used on the day of the draw, and without caps on notes that convert later."""
    stake = deal.contracts["stake"]
    if not isinstance(stake, StagedEquity):
        return deal
    rights = {
        side: None if right is None else StopRight(tolerance=right.tolerance)
        for side, right in (("investor_stop", stake.investor_stop), ("issuer_stop", stake.issuer_stop))
    }
    tranches = tuple(
        tranche.evolve(price=tranche.price.evolve(cap_usd_per_share=None)) if isinstance(tranche.price, NextRoundPrice) else tranche
        for tranche in stake.tranches
    )
    return deal.evolve(contracts={"stake": stake.evolve(**rights, tranches=tranches)})


def _market(spot: float, volatility: float, rate: float, clock: float, cancel: float, hazard: float, pair: float) -> Market:
    keys = (SHARE, "milestone:sites", "credit:LAB")
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD": {"kind": "flat", "rate": rate}},
            "equity": {"LAB": {"spot_usd": spot, "volatility": volatility, "shares_outstanding": 1000.0}},
            "milestones": {"sites": {"clock_volatility": clock, "cancellation_hazard": cancel}},
            "credit": {"LAB": {"kind": "hazard", "hazard": hazard}},
            "correlation": {f"{first}|{second}": pair for first, second in pairwise(keys) if pair},
        }
    )
