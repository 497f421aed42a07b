"""Stand-alone offtakes: small deals with every mechanic, and markets to price them on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from curves import Market
from instruments.deal import Deal

AS_OF = dt.date(2026, 3, 31)
MONTHS = 12
"""Of the contracts drawn."""
_SHARES = st.sampled_from([0.0, 0.25, 0.5, 1.0])


def _day(month: int) -> dt.date:
    return dt.date(2026 + (month + 2) // 12, (month + 2) % 12 + 1, 1)


@st.composite
def cancellations(draw: st.DrawFn, *, outages: bool = False) -> dict[str, Any]:
    """A right to leave: early and late, cheap and dear, used by any rule."""
    first = draw(st.integers(1, MONTHS - 1))
    termination: dict[str, Any] = {"share_of_remaining": draw(_SHARES)}
    if draw(st.booleans()):
        termination["schedule_usd"] = {_day(draw(st.integers(1, MONTHS))): draw(st.sampled_from([0.0, 1e5, 1e6]))}
    return {
        "first_notice": _day(first),
        "notice_days": draw(st.sampled_from([0, 15, 90, 365])),
        "after_outage_months": draw(st.integers(0, 2)) if outages else 0,
        "termination": termination,
        "switching_cost_usd_per_unit": draw(st.sampled_from([0.0, 500.0])),
        "exercise": draw(st.sampled_from(["economic", "first_date", "never", "optimal"])),
    }


@st.composite
def offtake_deals(draw: st.DrawFn) -> Deal:
    """A hundred units for a year between a customer and a cloud: ramps, steps, prepayment, outages, rights to leave, what follows."""
    optional: dict[str, SearchStrategy[Any]] = {
        "price_steps_usd_per_hour": st.just({_day(5): 2.0}),
        "escalator_per_year": st.sampled_from([-0.1, 0.05]),
        "capacity_units": st.sampled_from([{_day(1): 100.0}, {_day(2): 20.0, _day(4): 100.0}, {_day(1): 100.0, _day(8): 0.0}]),
        "minimum_take": _SHARES,
        "prepayment": st.fixed_dictionaries(
            {"share": st.sampled_from([0.1, 0.5, 1.0]), "burn_off": st.sampled_from(["pro_rata", "first_months"]), "refund": _SHARES}
        ),
        "step_in": st.fixed_dictionaries({"rent_share": _SHARES}),
        "rollover": st.fixed_dictionaries({"odds": _SHARES, "months": st.integers(1, 4), "rent_share": st.sampled_from([0.5, 1.0])}),
        "after_default": st.fixed_dictionaries({"claim_share": _SHARES, "relet_months": st.integers(0, 3), "relet_utilisation": _SHARES}),
        "capacity_cost_usd_per_hour": st.sampled_from([0.5, 3.0]),
    }
    offtake = {name: draw(strategy) for name, strategy in optional.items() if draw(st.booleans())}
    outages = draw(st.booleans())
    if outages:
        offtake["service"] = {
            "promised": 0.99, "credit_per_point": draw(st.sampled_from([0.0, 0.1])), "cap": draw(_SHARES), "outage_odds_per_month": 0.3,
            "repeat_odds": 0.6, "outage_availability": 0.9, "suspend_after_months": draw(st.sampled_from([None, 2])),
        }  # fmt: skip
    for side in ("customer_may_leave", "provider_may_leave"):
        if draw(st.booleans()):
            offtake[side] = draw(cancellations(outages=outages))
    substitute = {"odds": draw(_SHARES), "delay_months": draw(st.integers(0, 3)), "interim_share": 0.5, "cost_usd_per_unit": 0.0}
    fleet = {
        "owner": "cloud", "operator": "cloud", "vendor": "maker", "model": "GPU", "kw_per_unit": 1.5, "rent": "rent:GPU",
        "resale": "resale:GPU", "accounting": {"life_years": 6.0}, "attrition": draw(st.sampled_from([0.0, 0.1])),
        "site": {"power": "power:US", "pue": 1.2, "colocation_usd_per_kw_month": 150.0},
        "cohorts": [
            {"label": "a", "units": 60.0, "cost_usd": 2.4e6, "funding": AS_OF, "acceptance": AS_OF},
            {"label": "b", "units": 40.0, "cost_usd": 1.6e6, "funding": AS_OF, "acceptance": _day(3)},
        ],
    }  # fmt: skip
    contract = {
        "kind": "offtake", "customer": "payer", "provider": "cloud", "fleet": "fleet", "end": _day(MONTHS + 1) - dt.timedelta(days=1),
        "price_usd_per_hour": draw(st.sampled_from([3.0, 1.0, 6.0])), "availability": draw(st.sampled_from([1.0, 0.95])),
        "delay_odds_per_month": draw(st.sampled_from([0.0, 0.3])), "substitute": substitute,
    }  # fmt: skip
    parties: dict[str, dict[str, str]] = {"payer": {"credit": "credit:PAYER"}, "cloud": {"credit": "credit:CLOUD"}, "maker": {}}
    return Deal.model_validate(
        {"id": "offtake", "as_of": AS_OF, "parties": parties, "assets": {"fleet": fleet}, "contracts": {"offtake": contract | offtake}}
    )


@st.composite
def offtake_markets(draw: st.DrawFn) -> Market:
    """A market for them: one factor or two with a launch; safe and frail credits, tied to the rent or not."""
    again = {"relet_months": draw(st.integers(0, 2)), "relet_utilisation": 1.0}
    growth, volatility = draw(st.sampled_from([0.0, -0.3, 0.3])), draw(_SHARES)
    thin = {"kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": growth, "volatility": volatility, **again}
    launch = {"expected": _day(6), "window_years": 0.2, "jump_mean": -0.2, "jump_volatility": 0.1}
    two = {
        "kind": "two_factor", "index": "test", "spot_usd_per_hour": 3.0, "mean_reversion": 2.0, "short_volatility": 0.3,
        "long_volatility": 0.2, "factor_correlation": 0.2, "launches": {"next": launch}, **again,
    }  # fmt: skip
    hazards = st.sampled_from([0.0, 0.1, 2.0])
    return Market.model_validate(
        {
            "as_of": AS_OF,
            "rates": {"USD-SOFR": {"kind": "flat", "rate": draw(st.sampled_from([0.04, 0.0]))}},
            "credit": {name: {"kind": "hazard", "hazard": draw(hazards)} for name in ("PAYER", "CLOUD")},
            "rent": {"GPU": draw(st.sampled_from([thin, two]))},
            "correlation": {"rent:GPU|credit:PAYER": draw(st.sampled_from([0.0, 0.5, -0.5]))},
        }
    )
