"""Small facilities for tests: one deal in round numbers, its market, drivers by hand and by chance."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import strategies as st

from curves import Market
from instruments import Deal
from pricing.engines.facility_run import Setup, set_up
from pricing.schedules.facility import Facility
from pricing.schedules.plan import NEVER, Drivers, Events

AS_OF = dt.date(2026, 3, 31)
WATERFALL = (
    "operating_costs", "fees", "interest", "principal", "liquidity_reserve", "power_reserve", "cash_trap", "sweep", "subordinated",
    "distributions",
)  # fmt: skip


def market(**changes: Any) -> Market:
    """Flat curves; rents fall by 10 % a year; `changes` replace whole tables."""
    tables: dict[str, Any] = {
        "rates": {"USD-SOFR": {"kind": "flat", "rate": 0.04}},
        "credit": {"PAYER": {"kind": "hazard", "hazard": 0.02}, "PARENT": {"kind": "hazard", "hazard": 0.10}},
        "rent": {
            "GPU": {
                "kind": "thin_rent",
                "spot_usd_per_hour": 3.0,
                "growth": -0.1,
                "volatility": 0.4,
                "relet_months": 2,
                "relet_utilisation": 0.8,
            }
        },
        "resale": {
            "GPU": {"kind": "thin_resale", "new_usd": 40_000.0, "decline": 0.3, "depth_units": 1000.0, "impact": 0.5, "sale_cost": 0.05}
        },
        "power": {"US": {"kind": "thin_power", "usd_per_kwh": 0.08}},
        "correlation": {"rent:GPU|credit:PARENT": 0.5, "credit:PAYER|credit:PARENT": 0.3},
    }
    return Market.model_validate({"as_of": AS_OF} | tables | changes)


def deal(**changes: Any) -> Deal:
    """A facility of two cohorts, 1,000 units, 50 million of cost; `changes` to the loan, and to other parts under their names."""
    loan: dict[str, Any] = {
        "kind": "loan", "lender": "bank", "borrower": "spv", "commitment_usd": 51e6, "maturity": dt.date(2029, 3, 31),
        "collateral": "fleet", "offtake": "offtake", "agent_fee_usd_per_year": 60_000.0, "management_fee_share": 0.02,
        "completion_support": True,
        "floating": {"share": 0.6, "margin": 0.03}, "fixed": {"share": 0.4, "rate": 0.065},
        "amortisation": {"kind": "annuity", "start": dt.date(2026, 10, 31), "annuity_rate": 0.06},
        "draws": {
            "window_end": dt.date(2026, 9, 30), "at_funding": 0.9, "after_acceptance": 1.02, "initial_commitment_usd": 45e6,
            "sizing_dscr": 1.2, "undrawn_fee": 0.005,
        },
        "hedge": {"share": 0.9, "start": dt.date(2026, 10, 31)},
        "waterfall": WATERFALL, "reserves": {"liquidity_months": 3, "power_months": 1},
        "maintenance": {"threshold": 1.15, "months": 3, "first_test": dt.date(2026, 12, 31), "grace_months": 1, "cures": 1},
        "negative_income": {"lead_months": 2}, "cash_trap": {"release_months": 3, "release_dscr": 1.1},
        "enforcement": {"grace_months": 1, "repossession_months": 2, "lots": 3, "default_margin": 0.02},
    }  # fmt: skip
    offtake: dict[str, Any] = {
        "kind": "offtake", "customer": "payer", "provider": "spv", "fleet": "fleet", "price_usd_per_hour": 3.6, "availability": 0.99,
        "end": dt.date(2029, 3, 31), "delay_odds_per_month": 0.2,
        "substitute": {"odds": 0.7, "delay_months": 3, "interim_share": 0.6, "cost_usd_per_unit": 1000.0, "cost_uplift": 0.1},
    }  # fmt: skip
    fleet: dict[str, Any] = {
        "owner": "spv", "operator": "parent", "vendor": "maker", "model": "GPU", "kw_per_unit": 1.5, "rent": "rent:GPU",
        "resale": "resale:GPU", "attrition": 0.02, "accounting": {"life_years": 6.0},
        "site": {"power": "power:US", "pue": 1.2, "colocation_usd_per_kw_month": 150.0, "upkeep_usd_per_unit_month": 100.0},
        "cohorts": [
            {"label": "a", "units": 400.0, "cost_usd": 20e6, "funding": dt.date(2026, 4, 30), "acceptance": dt.date(2026, 6, 30)},
            {"label": "b", "units": 600.0, "cost_usd": 30e6, "funding": dt.date(2026, 6, 30), "acceptance": dt.date(2026, 8, 31)},
        ],
    }  # fmt: skip
    guarantee = {"kind": "guarantee", "guarantor": "parent", "loan": "loan", "form": "bad_acts", "bad_act_odds": 0.3}
    parts = {name: changes.pop(name, {}) for name in ("offtake", "fleet", "guarantee", "deal")}
    document = {
        "id": "small",
        "as_of": AS_OF,
        "parties": {
            "bank": {}, "spv": {}, "parent": {"credit": "credit:PARENT"}, "payer": {"credit": "credit:PAYER"}, "maker": {},
        },
        "assets": {"fleet": fleet | parts["fleet"]},
        "contracts": {"loan": loan | changes, "offtake": offtake | parts["offtake"], "support": guarantee | parts["guarantee"]},
    }  # fmt: skip
    return Deal.model_validate(document | parts["deal"])


def plain_deal(position: dict[str, Any] | None = None, **changes: Any) -> Deal:
    """Round numbers by hand: 1,000 units earn 3 m USD a month and cost nothing; 24 m USD at 1 % a month, 24 equal payments, no window."""
    cohorts = [{"label": "a", "units": 1000.0, "cost_usd": 40e6, "funding": dt.date(2025, 9, 30), "acceptance": dt.date(2025, 10, 31)}]
    place = {"funded": ["a"], "accepted": ["a"], "fixed_usd": 24e6, "drawn_usd": 24e6, "cohort_drawn_usd": {"a": 24e6}} | (position or {})
    site = {"power": "power:US", "pue": 1.0, "colocation_usd_per_kw_month": 0.0, "upkeep_usd_per_unit_month": 0.0}
    substitute = {"odds": 1.0, "delay_months": 3, "interim_share": 0.5, "cost_usd_per_unit": 0.0}
    terms: dict[str, Any] = {
        "commitment_usd": 24e6, "maturity": dt.date(2028, 3, 31), "floating": None, "fixed": {"share": 1.0, "rate": 0.12}, "hedge": None,
        "amortisation": {"kind": "straight", "start": dt.date(2026, 4, 30)}, "draws": None, "reserves": {}, "maintenance": None,
        "agent_fee_usd_per_year": 0.0, "management_fee_share": 0.0, "negative_income": None, "completion_support": False,
        "fleet": {"cohorts": cohorts, "site": site, "kw_per_unit": 1e-12, "attrition": 0.0},
        "offtake": {
            "price_usd_per_hour": 3000.0 / 730.5, "availability": 1.0, "delay_odds_per_month": 0.0, "substitute": substitute,
        },
        "deal": {"position": {"facilities": {"loan": place}}},
    }  # fmt: skip
    return deal(**terms | changes)


def setup(given: Deal | None = None, on: Market | None = None) -> Setup:
    """The small facility, resolved."""
    return set_up(given or deal(), "loan", on or market())


def drivers(
    facility: Facility, *, ratio: Any = 1.0, customer: int = NEVER, operator: int = NEVER, substituted: bool = True, bad_act: bool = False,
    delay: Any = 0,
) -> Drivers:  # fmt: skip
    """One path by hand: `ratio` a number or [time], `delay` a number or [cohort]."""
    months, cohorts = facility.plan.months, len(facility.plan.fund)
    rents = np.broadcast_to(np.asarray(ratio, dtype=np.float64), (months,))[:, None].copy()

    def whole(number: int) -> Any:
        return np.array([number], dtype=np.int64)

    slips = np.broadcast_to(np.asarray(delay, dtype=np.int64), (cohorts,))[:, None].copy()
    return Drivers(rents, rents**0.8, whole(customer), whole(operator), whole(operator), whole(substituted), whole(bad_act), slips)


def rough_drivers(facility: Facility, seed: int, paths: int = 64) -> Drivers:
    """Many paths with frequent defaults and wild rents: every branch of the month is taken."""
    rng = np.random.default_rng(seed)
    months, cohorts = facility.plan.months, len(facility.plan.fund)

    def strikes() -> Any:
        month = rng.integers(0, facility.plan.maturity, paths)
        return np.where(rng.random(paths) < 0.5, month, NEVER).astype(np.int64)

    ratio = np.exp(np.cumsum(rng.normal(-0.01, 0.15, (months, paths)), axis=0))
    return Drivers(
        ratio, ratio**0.8, strikes(), strikes(), strikes(), rng.integers(0, 2, paths), rng.integers(0, 2, paths),
        rng.integers(0, 4, (cohorts, paths)),
    )  # fmt: skip


def rough_events(facility: Facility, seed: int, paths: int = 64) -> Events:
    """Prepayments by choice and defaults of other loans on some paths."""
    rng = np.random.default_rng(seed + 1)

    def strikes() -> Any:
        month = rng.integers(0, facility.plan.maturity, paths)
        return np.where(rng.random(paths) < 0.4, month, NEVER).astype(np.int64)

    return Events(strikes(), strikes())


def covenants(draw: st.DrawFn) -> dict[str, Any]:
    """Some covenants of every kind, each cured, waived, borne or not."""

    def common() -> dict[str, Any]:
        waivers = draw(st.sampled_from([None, {"count": 2, "fee": 0.01, "margin_step": 0.005}]))
        return {
            "first_test": draw(st.sampled_from([dt.date(2026, 10, 31), dt.date(2027, 6, 30)])),
            "every_months": draw(st.sampled_from([1, 3])),
            "grace_months": draw(st.integers(0, 2)), "cures": draw(st.integers(0, 2)), "waivers": waivers,
            "free_cures_until": draw(st.sampled_from([None, dt.date(2027, 1, 15)])),
        }  # fmt: skip

    every = {
        "realised": lambda: {
            "kind": "realisation", "threshold": 0.9, "consequence": draw(st.sampled_from(["cash_trap", "event_of_default"])),
        },
        "covered": lambda: {
            "kind": "dscr", "threshold": 1.3, "months": 6, "cured_by": draw(st.sampled_from(["cash", "prepayment"])),
            "consequence": draw(st.sampled_from(["lock_up", "prepayment"])),
        },
        "liquid": lambda: {"kind": "minimum_liquidity", "minimum_usd": 2e6, "consequence": "cash_trap"},
        "to_cost": lambda: {"kind": "loan_to_cost", "cap": 0.8},
        "to_value": lambda: {"kind": "loan_to_value", "cap": 1.4},
    }  # fmt: skip
    chosen = draw(st.sets(st.sampled_from(sorted(every)), max_size=3))
    return {label: every[label]() | common() for label in sorted(chosen)}


def tranches(draw: st.DrawFn, one_margin: bool) -> dict[str, Any] | None:
    """Often none; else two, at one margin or at two, in any order."""
    if draw(st.booleans()):
        return None
    ways = st.sampled_from(["sequential", "pro_rata"])
    step = 0.0 if one_margin else draw(st.sampled_from([0.0, 0.01]))
    classes = [
        {"label": "a", "holder": "bank", "share": 0.75, "margin_step": -step},
        {"label": "b", "holder": "maker", "share": 0.25, "margin_step": 3 * step},
    ]
    return {"classes": classes, "interest": draw(ways), "principal": draw(ways), "enforcement": draw(ways)}


def prepayments(draw: st.DrawFn) -> dict[str, Any] | None:
    """Often none; else small or large, whenever it is paid, however it burns off."""
    if draw(st.integers(0, 2)) == 0:
        return None
    return {
        "share": draw(st.sampled_from([0.05, 0.2, 0.7])), "paid": draw(st.sampled_from(["at_signing", "at_funding", "at_acceptance"])),
        "burn_off": draw(st.sampled_from(["pro_rata", "first_months"])), "refund": draw(st.sampled_from([0.0, 0.5])),
    }  # fmt: skip


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    """Valid facilities: ranks in any allowed order, kinds of amortisation, tight and loose tests, few and many lots."""
    middle = list(draw(st.permutations(WATERFALL[1:-1])))
    first, second = sorted((middle.index("principal"), middle.index("sweep")))
    middle[first], middle[second] = "principal", "sweep"
    draws = deal().contracts["loan"].draws.model_dump()  # type: ignore[union-attr]
    draws |= draw(
        st.sampled_from([
            {}, {"upfront_fee": 0.01, "discount": 0.02}, {"of_depreciated": {"share": 0.85, "life_years": 4.0}}, {"tenor_months": 24},
            {"of_market_value": 0.8, "size_at_funding": True},
        ])
    )  # fmt: skip
    kinds = ["annuity", "straight", "bullet"] + (["sculpted", "depreciated"] if draws["tenor_months"] is None else [])
    bands = [{"below": 1.3, "share": 1.0}, {"below": 1.6, "share": 0.5}]
    pik = draw(st.sampled_from([None, {"share": 0.5, "until": dt.date(2027, 3, 31)}, {"until": dt.date(2027, 3, 31), "toggle": True}]))
    hedge = {"share": 0.95, "start": dt.date(2026, 10, 31), "close_out": draw(st.sampled_from(["senior", "junior"]))}
    share = draw(st.sampled_from([0.0, 0.5, 1.0]))
    floating = {"share": share, "margin": draw(st.sampled_from([0.0, 0.0225, 0.09]))} if share else None
    return deal(
        waterfall=(WATERFALL[0], *middle, WATERFALL[-1]),
        sweep=draw(st.sampled_from([0.0, 0.5, 1.0])),
        floating=floating,
        fixed={"share": 1.0 - share, "rate": 0.06} if share < 1 else None,
        hedge=hedge if floating else None,
        amortisation={"kind": draw(st.sampled_from(kinds)), "start": dt.date(2026, 10, 31)},
        draws=draws,
        covenants=covenants(draw),
        pik=pik,
        late_margin=draw(st.sampled_from([0.0, 0.03])),
        tranches=tranches(draw, pik is not None),
        prepayment=draw(
            st.sampled_from([None, {"first": dt.date(2027, 1, 31), "schedule": {dt.date(2027, 1, 31): 1.02}, "share": 0.6, "cost": 0.01}])
        ),
        sweep_bands=draw(st.sampled_from([[], bands])),
        completion_support=draw(st.booleans()),
        customer_default_is_event_of_default=draw(st.booleans()),
        reserves={"liquidity_months": draw(st.integers(0, 6)), "power_months": draw(st.integers(0, 3))},
        maintenance={
            "threshold": draw(st.sampled_from([0.9, 1.15, 1.5])), "months": draw(st.integers(1, 4)), "first_test": dt.date(2026, 12, 31),
            "grace_months": draw(st.integers(0, 3)), "cures": draw(st.integers(0, 3)),
        },
        negative_income=draw(st.sampled_from([None, {"lead_months": 1}, {"lead_months": 6}])),
        enforcement={
            "grace_months": draw(st.integers(0, 3)), "repossession_months": draw(st.integers(0, 4)), "lots": draw(st.integers(1, 4)),
            "idle_cost_share": draw(st.sampled_from([0.0, 0.5, 1.0])),
        },
        offtake={"price_usd_per_hour": draw(st.sampled_from([0.5, 2.5, 3.6, 6.0])), "prepayment": prepayments(draw)},
        guarantee={"form": draw(st.sampled_from(["bad_acts", "payment"])), "payment_lag_months": draw(st.integers(0, 5))},
    )  # fmt: skip
