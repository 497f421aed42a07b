"""Project facilities: a fleet, its customer's contract, a delayed-draw loan on them, a guarantee; and markets from calm to rough."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from hypothesis import strategies as st

from curves import Market
from instruments.assets.fleet import GpuFleet
from instruments.deal import Deal

AS_OF = dt.date(2026, 3, 31)
MATURITY = dt.date(2029, 3, 31)
UNITS, UNIT_USD = 1000.0, 50_000.0
PARTIES: dict[str, dict[str, Any]] = {
    "bank": {"roles": ["lender"]},
    "spv": {"roles": ["borrower", "vehicle"]},
    "parent": {"roles": ["operator"], "credit": "credit:PARENT"},
    "payer": {"roles": ["customer"], "credit": "credit:PAYER"},
    "sponsor": {"roles": ["guarantor"], "credit": "credit:SPONSOR"},
    "maker": {"roles": ["vendor"]},
}
"""Who there is: a market for them needs these three credits, `rent:GPU`, `resale:GPU` and `power:US`."""


def month_end(months: int) -> dt.date:
    """The month end so many months after the deals' date.

    Example:
        >>> month_end(2)
        datetime.date(2026, 5, 31)
    """
    year, month = divmod(2026 * 12 + 3 + months, 12)
    return dt.date(year, month + 1, 1) - dt.timedelta(days=1)


@st.composite
def fleets(draw: st.DrawFn) -> GpuFleet:
    """A thousand units in one to three cohorts, accepted one to four months after they are paid for, retired young or old."""
    shares = draw(st.sampled_from([(1.0,), (0.4, 0.6), (0.2, 0.3, 0.5)]))
    lag = draw(st.integers(1, 4))
    cohorts = [
        {
            "label": label, "units": UNITS * share, "cost_usd": UNITS * UNIT_USD * share, "funding": month_end(2 * number + 1),
            "acceptance": month_end(2 * number + 1 + lag),
        }
        for number, (label, share) in enumerate(zip("abc", shares, strict=False))
    ]  # fmt: skip
    return GpuFleet.model_validate(
        {
            "owner": "spv", "operator": "parent", "vendor": "maker", "model": "GPU", "kw_per_unit": 1.5, "rent": "rent:GPU",
            "resale": "resale:GPU", "attrition": draw(st.sampled_from([0.0, 0.02, 0.1])), "accounting": {"life_years": 6.0},
            "retirement_years": draw(st.sampled_from([6.0, 4.0, 2.0])),
            "site": {"power": "power:US", "pue": 1.2, "colocation_usd_per_kw_month": 150.0, "upkeep_usd_per_unit_month": 100.0},
            "cohorts": cohorts,
        }
    )  # fmt: skip


@st.composite
def facility_deals(draw: st.DrawFn) -> Deal:
    """A three-year facility of 51 m USD at most on 50 m of hardware, with a coverage test, cures, reserves and a guarantee.

    The simplest draw is sound: rents cover the debt well. Thin prices, dear debt, tight tests and a frail guarantor come with the others.
    """
    start = month_end(draw(st.sampled_from([11, 13])))
    offtake = {
        "kind": "offtake", "customer": "payer", "provider": "spv", "fleet": "fleet", "availability": draw(st.sampled_from([1.0, 0.97])),
        "price_usd_per_hour": draw(st.sampled_from([3.6, 3.0, 2.6, 6.0])), "end": draw(st.sampled_from([MATURITY, month_end(30)])),
        "delay_odds_per_month": draw(st.sampled_from([0.0, 0.2])),
        "substitute": {"odds": draw(st.sampled_from([0.8, 0.0])), "delay_months": 3, "interim_share": 0.6, "cost_usd_per_unit": 1000.0},
    }  # fmt: skip
    share = draw(st.sampled_from([1.0, 0.5, 0.0]))
    loan = {
        "kind": "loan", "lender": "bank", "borrower": "spv", "commitment_usd": 51e6, "maturity": MATURITY, "collateral": "fleet",
        "offtake": "offtake", "agent_fee_usd_per_year": 60_000.0, "completion_support": draw(st.booleans()),
        "floating": {"share": share, "margin": draw(st.sampled_from([0.03, 0.09]))} if share else None,
        "fixed": {"share": 1.0 - share, "rate": 0.065} if share < 1.0 else None,
        "amortisation": {"kind": draw(st.sampled_from(["annuity", "straight", "bullet"])), "start": start},
        "draws": {
            "window_end": month_end(10), "at_funding": 0.9, "after_acceptance": draw(st.sampled_from([1.02, 0.9])),
            "initial_commitment_usd": 46e6, "sizing_dscr": draw(st.sampled_from([1.0, 1.3])),
        },
        "reserves": {"liquidity_months": draw(st.integers(0, 3))},
        "maintenance": {
            "threshold": draw(st.sampled_from([1.15, 1.5, 0.9])), "months": 3, "first_test": month_end(14),
            "grace_months": draw(st.integers(0, 2)), "cures": draw(st.integers(0, 2)),
        },
        "enforcement": {"grace_months": 1, "repossession_months": 2, "lots": draw(st.integers(1, 3))},
    }  # fmt: skip
    form = draw(st.sampled_from(["payment", "bad_acts"]))
    guarantee = {"kind": "guarantee", "guarantor": "sponsor", "loan": "loan", "form": form}
    contracts = {"loan": loan, "offtake": offtake, "support": guarantee | ({"bad_act_odds": 0.3} if form == "bad_acts" else {})}
    fleet = draw(fleets()).model_dump(mode="json")
    document = {"id": "facility", "as_of": AS_OF, "parties": PARTIES, "assets": {"fleet": fleet}, "contracts": contracts}
    return Deal.model_validate_json(_json(document))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, default=str)


@st.composite
def facility_markets(draw: st.DrawFn) -> Market:
    """A market for them: rents that rise or fall, safe and frail credits, tied to the rent or not, a deep or a thin used market."""
    hazards = st.sampled_from([0.01, 0.1, 0.4])
    tie = draw(st.sampled_from([0.0, 0.5]))
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD-SOFR": {"kind": "flat", "rate": draw(st.sampled_from([0.04, 0.0, 0.08]))}},
            "credit": {name: {"kind": "hazard", "hazard": draw(hazards)} for name in ("PAYER", "PARENT", "SPONSOR")},
            "rent": {
                "GPU": {
                    "kind": "thin_rent", "spot_usd_per_hour": draw(st.sampled_from([3.0, 1.5])),
                    "growth": draw(st.sampled_from([-0.1, -0.4, 0.1])), "volatility": draw(st.sampled_from([0.3, 0.6])),
                    "relet_months": 2, "relet_utilisation": 0.8,
                }
            },
            "resale": {
                "GPU": {
                    "kind": "thin_resale", "new_usd": draw(st.sampled_from([40_000.0, 20_000.0])), "decline": 0.3,
                    "depth_units": draw(st.sampled_from([10_000.0, 500.0])), "impact": 0.5,
                }
            },
            "power": {"US": {"kind": "thin_power", "usd_per_kwh": draw(st.sampled_from([0.08, 0.15]))}},
            "correlation": {"rent:GPU|credit:PARENT": tie, "credit:PAYER|credit:PARENT": tie},
        }
    )  # fmt: skip
