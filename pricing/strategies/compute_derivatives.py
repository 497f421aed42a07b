"""Compute derivatives and markets of rents: what their laws are tried on."""

from __future__ import annotations

import datetime as dt

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from curves import Market
from instruments.contracts.compute_derivatives import RentOption, months_between

AS_OF = dt.date(2026, 10, 5)
"""Date of the markets."""
MONTHS = months_between("2026-11", "2029-10")
"""The months that would be listed then."""


@st.composite
def rent_markets(draw: DrawFn) -> Market:
    """Markets of `rent:H100` at 5 October 2026: one or two factors, forwards that rise or fall, none to two launches, up or down."""
    volatility = st.sampled_from([0.0, 0.1, 0.3, 0.8])
    launches = {
        name: {
            "expected": draw(st.sampled_from([dt.date(2026, 12, 15), dt.date(2027, 2, 1), dt.date(2028, 1, 1)])),
            "window_years": draw(st.sampled_from([0.0, 0.02, 0.5])),
            "jump_mean": draw(st.sampled_from([-0.22, -0.6, 0.3])),
            "jump_volatility": draw(st.sampled_from([0.0, 0.2])),
        }
        for name in draw(st.lists(st.sampled_from(["first", "second"]), max_size=2, unique=True))
    }
    rent = {
        "kind": "two_factor",
        "index": "drawn",
        "spot_usd_per_hour": draw(st.sampled_from([3.0, 0.5, 12.0])),
        "growth": draw(st.sampled_from([0.0, -0.2, 0.3])),
        "mean_reversion": draw(st.sampled_from([1.0, 0.1, 8.0])),
        "short_volatility": draw(volatility),
        "long_volatility": draw(volatility),
        "factor_correlation": draw(st.sampled_from([0.0, -0.9, 0.5])),
        "launches": launches,
    }
    rates = {"USD-SOFR": {"kind": "flat", "rate": draw(st.sampled_from([0.0, 0.04, 0.12]))}}
    return Market.model_validate({"as_of": AS_OF, "rates": rates, "rent": {"H100": rent}})


@st.composite
def rent_options(draw: DrawFn) -> RentOption:
    """Options of `buyer` and `seller` on `rent:H100`: calls and puts, one month to twelve, strikes from nothing to far out."""
    start = draw(st.integers(0, len(MONTHS) - 1))
    return RentOption(
        buyer="buyer",
        seller="seller",
        index="rent:H100",
        option=draw(st.sampled_from(["call", "put"])),
        start=MONTHS[start],
        end=MONTHS[min(start + draw(st.integers(0, 11)), len(MONTHS) - 1)],
        hours_per_month=draw(st.sampled_from([730.0, 5840.0])),
        strike_usd_per_hour=draw(st.sampled_from([2.5, 0.0, 1.0, 4.0, 9.0])),
    )
