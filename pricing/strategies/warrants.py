"""Warrants and the deals and markets around them: short lives, so that a block of paths costs milliseconds; they shrink to one
tranche behind one close at a round price.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from curves import Market
from instruments.conditions import AllOf, AnyOf, DateReached, EventHappened, MarketCap, Meet, MilestoneReached, PriceTarget, Sequence
from instruments.contracts.warrant import Forfeiture, Tranche, ValueFloor, Warrant
from instruments.deal import Deal, Milestone, Party
from instruments.observations import Close, DaysOut, Mean, Touch, Vwap

AS_OF = dt.date(2025, 10, 3)
EXPIRY = dt.date(2026, 3, 31)
SHARE = "equity:VEND"
PLAN = {dt.date(2025, 12, 1): 1.0, dt.date(2026, 1, 20): 2.0, dt.date(2026, 3, 2): 3.0}


def observations() -> SearchStrategy[Any]:
    """Ways of watching a price; the simplest is the close."""
    return st.one_of(
        st.just(Close()),
        st.just(Touch()),
        st.sampled_from((5, 10, 30)).map(lambda days: Mean(days=days)),
        st.lists(st.sampled_from((1.0, 2.0, 4.0)), min_size=3, max_size=3).map(lambda found: Vwap(days=3, volumes=tuple(found))),
        st.sampled_from(((3, 5), (5, 5), (10, 20))).map(lambda pair: DaysOut(hits=pair[0], days=pair[1])),
    )


def legs(*, meets: tuple[Meet, ...] = ("latched", "simultaneous")) -> SearchStrategy[Any]:
    """Single legs on the deal of `warrant_deals`: prices, capitalisations, deliveries, dates, the customer's default."""
    meet = st.sampled_from(meets)
    targets = st.sampled_from((110.0, 100.0, 130.0, 180.0, 90.0))
    levels = st.sampled_from((1.0, 2.0, 3.0))
    watched = {"of": st.just(SHARE), "observation": observations(), "meet": meet}
    return st.one_of(
        st.builds(PriceTarget, at_least=targets, **watched),
        st.builds(MarketCap, at_least=targets.map(lambda usd: usd * 1e6), **watched),
        st.builds(MilestoneReached, milestone=st.just("deliveries"), at_least=levels, meet=meet),
        st.sampled_from((AS_OF, dt.date(2026, 1, 1))).map(lambda day: DateReached(on=day)),
        st.just(EventHappened(event="default", party="customer")),
    )


def conditions(*, groups: tuple[str, ...] = ("all", "any", "sequence")) -> SearchStrategy[Any]:
    """Conditions of up to two levels on the deal of `warrant_deals`."""
    kinds = {"all": AllOf, "any": AnyOf, "sequence": Sequence}

    def joined(inner: SearchStrategy[Any]) -> SearchStrategy[Any]:
        several = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return st.one_of(*(st.builds(kinds[group], legs=several) for group in groups))

    return st.recursive(legs(), joined, max_leaves=4)


@st.composite
def warrants(draw: st.DrawFn, *, plain: bool = False) -> Warrant:
    """Warrants on `equity:VEND`, given by `vendor` to `customer`; `plain` ones have conditions and a strike, nothing more."""
    tranches = tuple(Tranche(shares=10.0, condition=condition) for condition in draw(st.lists(conditions(), min_size=1, max_size=3)))
    more: dict[str, Any] = {}
    if not plain:
        more["exercise"] = draw(st.sampled_from(("at_expiry", "at_vesting", "best")))
        more["dilution"] = draw(st.sampled_from(("in_spot", "after_vesting")))
        more["settlement"] = draw(st.sampled_from(("gross", "net")))
        if draw(st.booleans()):
            ends = (EventHappened(event="default", party="customer"), DateReached(on=EXPIRY))
            more["forfeiture"] = Forfeiture(when=draw(st.sampled_from(ends)))
        if draw(st.booleans()):
            more["floor"] = ValueFloor(amount_usd=draw(st.sampled_from((500.0, 3000.0))), on=dt.date(2026, 2, 2))
    return Warrant(
        issuer="vendor",
        holder="customer",
        underlying=SHARE,
        shares=10.0 * len(tranches),
        strike_usd=draw(st.sampled_from((0.0, 0.01, 80.0))),
        expiry=EXPIRY,
        tranches=tranches,
        **more,
    )


@st.composite
def warrant_deals(draw: st.DrawFn, *, plain: bool = False) -> Deal:
    """Deals with one warrant, its deliveries and its customer's credit; `warrant_market()` prices every one of them."""
    return Deal(
        id="warrant-deal",
        as_of=AS_OF,
        parties={"vendor": Party(equity=SHARE), "customer": Party(credit="credit:CUST")},
        milestones={"deliveries": Milestone(unit="GW", plan=PLAN, buyer=draw(st.sampled_from((None, "customer"))))},
        contracts={"warrant": draw(warrants(plain=plain))},
    )


@st.composite
def warrant_markets(draw: st.DrawFn) -> Market:
    """Markets on which every deal of `warrant_deals` can be priced; the simplest has a share at 100 and nothing correlated."""
    tied = draw(st.sampled_from((0.0, 0.5, -0.5)))
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD": {"kind": "flat", "rate": draw(st.sampled_from((0.0, 0.037)))}},
            "equity": {
                "VEND": {
                    "spot_usd": 100.0,
                    "volatility": draw(st.sampled_from((0.5, 0.2, 1.0))),
                    "dividend_yield": draw(st.sampled_from((0.0, 0.05))),
                    "shares_outstanding": 1e6,
                }
            },
            "credit": {"CUST": {"kind": "hazard", "hazard": draw(st.sampled_from((0.1, 0.0, 1.0)))}},
            "milestones": {"deliveries": {"clock_volatility": 0.25, "cancellation_hazard": draw(st.sampled_from((0.0, 0.3)))}},
            "correlation": {f"{SHARE}|milestone:deliveries": tied, f"{SHARE}|credit:CUST": tied},
        }
    )
