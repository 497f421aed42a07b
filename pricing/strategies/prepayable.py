"""Loans on their borrower's credit that may be prepaid: every kind of price, schedule and rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st

from curves import Market
from instruments.deal import Deal

AS_OF = dt.date(2026, 3, 31)


@st.composite
def prepayment_rights(draw: st.DrawFn) -> dict[str, Any]:
    """A right to prepay: locked out or not, make-whole, steps, in part or in full, free or dear."""
    first = draw(st.sampled_from([dt.date(2026, 4, 30), dt.date(2026, 12, 31), dt.date(2027, 6, 30)]))
    until = draw(st.sampled_from([None, dt.date(2027, 6, 30)]))
    none: dict[dt.date, float] = {}
    steps = draw(st.sampled_from([none, {first: 1.02}, {first: 1.03, dt.date(2027, 9, 30): 1.0}]))
    return {
        "first": first,
        "make_whole": {"until": until, "spread": draw(st.sampled_from([0.0, 0.005, 0.03]))} if until else None,
        "schedule": steps,
        "share": draw(st.sampled_from([0.3, 1.0])),
        "cost": draw(st.sampled_from([0.0, 0.01])),
        "market_margin": draw(st.sampled_from([None, 0.01, 0.05])),
        "exercise": draw(st.sampled_from(["optimal", "optimal", "spread", "never"])),
    }


@st.composite
def prepayable_deals(draw: st.DrawFn) -> Deal:
    """A three-year loan of 100 m to one firm, floating or fixed, bullet or level, with a right to prepay."""
    share = draw(st.sampled_from([0.0, 0.5, 1.0]))
    loan = {
        "kind": "loan", "lender": "bank", "borrower": "firm", "commitment_usd": 100e6, "maturity": dt.date(2029, 3, 31),
        "floating": {"share": share, "margin": draw(st.sampled_from([0.0, 0.03, 0.09]))} if share else None,
        "fixed": {"share": 1.0 - share, "rate": draw(st.sampled_from([0.02, 0.06, 0.12]))} if share < 1 else None,
        "amortisation": {"kind": draw(st.sampled_from(["bullet", "annuity", "straight"])), "start": dt.date(2026, 9, 30)},
        "upfront_fee": draw(st.sampled_from([0.0, 0.01])), "discount": draw(st.sampled_from([0.0, 0.02])),
        "prepayment": draw(prepayment_rights()),
    }  # fmt: skip
    parties: dict[str, dict[str, str]] = {"bank": {}, "firm": {"credit": "credit:FIRM"}}
    return Deal.model_validate({"id": "prepayable", "as_of": AS_OF, "parties": parties, "contracts": {"loan": loan}})


@st.composite
def prepayable_markets(draw: st.DrawFn) -> Market:
    """Flat rates, and a borrower that is good, poor, or nearly lost."""
    tables = {
        "rates": {"USD-SOFR": {"kind": "flat", "rate": draw(st.sampled_from([0.0, 0.04, 0.08]))}},
        "credit": {"FIRM": {"kind": "hazard", "hazard": draw(st.sampled_from([0.001, 0.03, 0.3]))}},
    }
    return Market.model_validate({"as_of": AS_OF} | tables)
