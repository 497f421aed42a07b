"""Leases with the support behind them: small deals in round numbers, every option present or absent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from instruments import Deal

AS_OF = dt.date(2026, 3, 31)
"""Date of the deals: price them on a market of this date with `rent:CAMPUS`, `resale:CAMPUS`, `credit:TENANT` and `credit:MAKER`."""


def _maybe(strategy: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | strategy


def choices() -> SearchStrategy[dict[str, Any]]:
    """How a tenant decides."""
    cheaper = {"kind": st.just("cheaper"), "switching_cost_usd": st.sampled_from([0.0, 2e6])}
    return st.fixed_dictionaries(cheaper) | st.fixed_dictionaries({"kind": st.just("odds"), "odds": st.sampled_from([0.0, 0.5, 1.0])})


@st.composite
def lease_terms(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of a lease of a site for 10 million USD; shrinks to a plain one of a year."""
    months = draw(st.sampled_from([12, 1, 36]))
    rent: dict[str, Any] = draw(
        st.sampled_from(
            [
                {"kind": "level", "usd_per_month": 150e3},
                {"kind": "escalator", "usd_per_month": 120e3, "yearly_increase": 0.05},
                {"kind": "stepped", "usd_per_month": {"0": 200e3, "6": 90e3}},
            ]
        )
    )
    renewal = st.fixed_dictionaries(
        {"count": st.integers(1, 3), "months": st.sampled_from([6, 12]), "rent": st.sampled_from(["same", "market"]), "choice": choices()}
    )
    early = st.fixed_dictionaries({"first_month": st.just(6), "fee_months": st.sampled_from([0.0, 3.0]), "choice": choices()})
    options = st.sampled_from([{"kind": "nominal"}, {"kind": "fixed", "price_usd": 9e6}, {"kind": "fair_market", "odds": 0.5}])
    return {
        "kind": "lease", "lessor": "spv", "lessee": "tenant", "price_usd": 10e6, "start": AS_OF, "term_months": months, "rent": rent,
        "asset": {"kind": "site", "units": 1000.0, "life_years": 30.0, "rent": "rent:CAMPUS", "resale": "resale:CAMPUS"},
        "timing": draw(st.sampled_from(["advance", "arrears"])),
        "running_costs": draw(st.sampled_from(["lessee", "lessor"])),
        "deposit_usd": draw(st.sampled_from([0.0, 1e6])),
        "renewal": draw(_maybe(renewal)),
        "early_termination": draw(_maybe(early)) if months > 6 else None,
        "purchase_option": draw(_maybe(options)),
        "remarketing": {
            "repossession_months": draw(st.integers(0, 4)),
            "choice": draw(st.sampled_from(["best", "relet", "sell"])),
            "recourse": draw(st.sampled_from(["full", "asset"])),
        },
    }  # fmt: skip


@st.composite
def lease_guarantees(draw: st.DrawFn) -> dict[str, Any]:
    """Fields of a guarantee of the contract `lease`, in any form."""
    triggers = draw(st.lists(st.sampled_from(["end", "non_renewal", "early_exit", "default"]), min_size=1, unique=True))
    threshold = {
        "threshold_usd": {"0": 12e6, "48": 6e6},
        "triggers": triggers,
        "measured": draw(st.sampled_from(["market_value", "recovery"])),
    }
    cover = draw(
        st.sampled_from(
            [
                {"form": "residual_value", **threshold},
                {"form": "first_loss", "share": 0.2, **threshold},
                {"form": "lease_backstop", "share": 0.85, "step_in": True},
                {"form": "payment"},
            ]
        )
    )
    cap = draw(st.sampled_from([None, 1e6]))
    return {
        "kind": "lease_guarantee", "guarantor": "maker", "lease": "lease", "cover": cover, "cap_usd": cap,
        "cap_falls_with_rent": draw(st.booleans()) if cap else False,
        "payment_lag_months": draw(st.integers(0, 6)),
        "escrow": draw(st.sampled_from([None, {"amount_usd": 5e5, "funded_by": "tenant"}])),
        "release_odds_per_year": draw(st.sampled_from([0.0, 0.3])),
        "needs_return_conditions": draw(st.booleans()),
    }  # fmt: skip


@st.composite
def lease_deals(draw: st.DrawFn, *, supported: bool | None = None) -> Deal:
    """A lease of a site, with a guarantee behind it (`supported`), without one, or either (None)."""
    contracts: dict[str, Any] = {"lease": draw(lease_terms())}
    if draw(st.booleans()) if supported is None else supported:
        contracts["support"] = draw(lease_guarantees())
    parties: dict[str, Any] = {"spv": {}, "tenant": {"credit": "credit:TENANT"}, "maker": {"credit": "credit:MAKER"}}
    return Deal.model_validate({"id": "drawn", "as_of": AS_OF, "parties": parties, "contracts": contracts})
