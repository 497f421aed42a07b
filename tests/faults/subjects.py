"""What faults are planted under: small deals and webs on which every clause of the table bites."""

from __future__ import annotations

import datetime as dt
from typing import Any

from curves import Market
from instruments import (
    Deal,
    DebtGuarantee,
    DebtTranche,
    Design,
    ForcedSale,
    LeaseFinancing,
    Project,
    ShareMarginLoan,
    VendorWarrants,
    WarrantStep,
    Web,
)
from instruments.conditions import AllOf, AnyOf, DateReached, EventHappened, PriceTarget, Sequence
from instruments.contracts.warrant import Forfeiture, ValueFloor
from pricing.strategies.notes import notes_deal
from tests import facilities, leases, projects, warrants
from tests.pools import market as pool_market, notes as pool_notes

PLAN = {dt.date(2025, 10, 20): 1.0, dt.date(2025, 11, 3): 2.0}
EXPIRY = dt.date(2025, 11, 21)
Subject = tuple[Deal | Project, Market] | Web


def rough() -> Market:
    """Rents that double and halve within the year, a weak parent and a weak payer."""
    credit = {"PAYER": {"kind": "hazard", "hazard": 0.15}, "PARENT": {"kind": "hazard", "hazard": 0.3}}
    rent = {"kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": -0.1, "volatility": 0.9, "relet_months": 2, "relet_utilisation": 0.8}
    return facilities.market(credit=credit, rent={"GPU": rent})


def facility(**changes: Any) -> Subject:
    return facilities.deal(**changes), rough()


def tested(**covenants: dict[str, Any]) -> Subject:
    """A facility without a maintenance test, with these covenants."""
    first = {"first_test": dt.date(2026, 12, 31)}
    return facility(maintenance=None, covenants={label: first | terms for label, terms in covenants.items()})


def warrant(*conditions: Any, market: dict[str, Any] | None = None, **terms: Any) -> Subject:
    given = {name: terms.pop(name) for name in ("strike_usd", "exercise") if name in terms}
    of = warrants.deal(conditions, plan=PLAN, expiry=EXPIRY, buyer=True, terms=terms, **given)
    on = warrants.coupled_market(**{"credit": {"BUY": {"kind": "hazard", "hazard": 4.0}}} | (market or {}))
    return of, on


def price(target: float, days: int = 1, meet: str = "latched") -> PriceTarget:
    return warrants.price_leg(target, days=days, meet=meet)


def below(target: float, meet: str = "latched") -> PriceTarget:
    return PriceTarget(of=warrants.SHARE, at_most=target, meet=meet)


LIQUID = {"kind": "minimum_liquidity", "minimum_usd": 2e6, "consequence": "lock_up", "first_test": dt.date(2026, 12, 31)}
LATE = DateReached(on=dt.date(2025, 11, 3))
ENDED = Forfeiture(when=EventHappened(event="default", party="buyer"))
DILUTED = {"share": {"shares_outstanding": 100.0}}

HEAD = """
schema = 1
id = "web"
as_of = 2026-06-30
period = {start = 2026-01-01, end = 2027-01-01}
default_cost = 0.2
[assets.shares]
outstanding_usd = 400.0
share_sold = 0.05
price_fall = 0.1
provenance = {basis = "derived", source = "by hand"}
[entities.lenders]
outside = "lenders"
"""


def web(**firms: dict[str, float]) -> Web:
    """Firms by what they have and owe: cash, traded, outside, ratio; `owes_NAME` debts, `holds_NAME` stakes, `covers_NAME` guarantees."""
    from instruments import web_from_text

    parts, edges = [HEAD], list[str]()
    for name, has in firms.items():
        parts.append(
            f"[entities.{name}.balance]\ncash_usd = {has.get('cash', 0.0)}\nfranchise_usd = 0.0\n"
            f"traded_usd = {{shares = {has.get('traded', 0.0)}}}\n"
            f"outside_debt_usd = {has.get('outside', 0.0)}\ncapital_ratio = {has.get('ratio', 0.0)}\n"
            'provenance = {basis = "derived", source = "by hand"}'
        )
        for key, amount in has.items():
            verb, _, other = key.partition("_")
            if verb in ("owes", "holds", "covers"):
                kind = {"owes": "debt", "holds": "equity_holding", "covers": "guarantee"}[verb]
                layer = {"owes": "claim", "holds": "mark", "covers": "contingent"}[verb]
                figure = f"stake = {amount}" if verb == "holds" else f"headline_usd = {amount}"
                to, more = ("lenders", f'covers = "{other}"') if verb == "covers" else (other, "")
                edges.append(
                    f'[edges.{name}_{key}]\nfrom = "{name}"\nto = "{to}"\nkind = "{kind}"\nlayer = "{layer}"\n{figure}\n{more}\n'
                    'status = "outstanding"\nprovenance = {basis = "derived", source = "by hand"}'
                )
    return web_from_text("\n".join([*parts, *edges, ""]), file="web.toml")


def project() -> Subject:
    """A year of hardware under debt of two ranks with a capped guarantee, a lease, warrants above the spot, and pledged shares."""
    owners = {"owners": 1.0}
    senior = DebtTranche(holder="lender", share_of_cost=0.5, margin=0.03, months=10)
    steps = (WarrantStep(month=1, hurdle_usd=0.0, shares=0.2),)
    designs = {
        "promised": Design(
            equity=owners,
            tranches={"senior": senior, "junior": senior.evolve(holder="junior", share_of_cost=0.3, rank=2)},
            guarantee=DebtGuarantee(guarantor="vendor", cap_share=0.1, lag_months=2),
        ),
        "leased": Design(
            equity=owners,
            lease=LeaseFinancing(
                lessor="lessor", margin=0.03, rent_months=10, planned_residual_share=0.2, guarantor="vendor", guaranteed_start_share=0.9
            ),
        ),
        "pledged": Design(
            equity=owners,
            tranches={"senior": senior.evolve(margin="fair")},
            warrants=VendorWarrants(issuer="vendor", holder="owners", strike_usd=120.0, steps=steps, months=12),
            margin_loan=ShareMarginLoan(
                lender="bank", borrower="owners", share_of_cost=0.1, opening_ltv=0.5, liquidation_ltv=0.6, margin=0.05, months=12
            ),
        ),
    }
    rules = ForcedSale(grace_months=0, repossession_months=1, lots=3, cost_usd_per_unit=1.0, choice="sell", discount_lost_share=0.5)
    of = projects.project(designs, rules, running_usd_per_unit_hour=0.01)
    hazards = {"TEN": 0.8, "OPR": 0.3, "VND": 0.6}
    of = of.evolve(ownership={"lender": {"banks": 0.5, "funds": 0.5}})
    return of, projects.market(hazards=hazards, rate=0.1, rent=0.012, volatility=0.8, decline=0.5, sale_cost=0.05, impact=0.6)


SUBJECTS = {
    "project": lambda: project(),
    "facility": lambda: facility(),
    "swept": lambda: facility(sweep=1.0, reserves={}, management_fee_share=0.2),
    "guaranteed": lambda: facility(
        guarantee={"form": "payment", "guarantor": "parent", "cap_usd": 1e6, "payment_lag_months": 3}, reserves={}
    ),
    "liquid": lambda: facility(maintenance=None, reserves={}, covenants={"liquid": LIQUID}),
    "locked": lambda: tested(covered={"kind": "dscr", "threshold": 1.4, "consequence": "lock_up"}),
    "curable": lambda: tested(covered={"kind": "dscr", "threshold": 1.4, "months": 3, "cures": 1, "grace_months": 3}),
    "two windows": lambda: tested(
        short={"kind": "dscr", "threshold": 1.1, "months": 2, "grace_months": 6},
        long={"kind": "dscr", "threshold": 1.2, "months": 6, "grace_months": 6},
    ),
    "quarterly": lambda: tested(covered={"kind": "dscr", "threshold": 1.2, "months": 3, "every_months": 3, "grace_months": 6}),
    "holiday": lambda: tested(
        covered={
            "kind": "dscr", "threshold": 1.4, "grace_months": 6,
            "holidays": [{"first": dt.date(2027, 1, 31), "last": dt.date(2027, 6, 30), "level": 1.0}],
        }
    ),
    "graced": lambda: tested(covered={"kind": "dscr", "threshold": 1.4, "grace_months": 2}),
    "capped": lambda: tested(to_cost={"kind": "loan_to_cost", "cap": 0.7, "consequence": "prepayment"}),
    "early cap": lambda: tested(
        to_cost={"kind": "loan_to_cost", "cap": 0.5, "consequence": "lock_up", "first_test": dt.date(2026, 4, 30)}
    ),
    "waived": lambda: tested(
        covered={"kind": "dscr", "threshold": 1.4, "grace_months": 6, "waivers": {"count": 1, "fee": 0.01, "margin_step": 0.005}}
    ),
    "leased": lambda: (
        leases.deal(
            guarantee={
                "cap_usd": 2e6,
                "cover": {"form": "residual_value", "threshold_usd": {"0": 50e6, "36": 25e6}, "triggers": ["end", "default"]},
            }
        ),
        leases.market(),
    ),
    "notes": lambda: (notes_deal(pool_notes()), pool_market(hazard=0.6)),
    "up and now down": lambda: warrant(AllOf(legs=(price(102.0), below(99.0, meet="simultaneous")))),
    "any of two now": lambda: warrant(AnyOf(legs=(price(104.0, meet="simultaneous"), price(108.0, meet="simultaneous")))),
    "near the spot": lambda: warrant(AllOf(legs=(price(99.0), below(101.0)))),
    "up then down": lambda: warrant(
        Sequence(legs=(price(104.0, meet="simultaneous"), below(98.0, meet="simultaneous")))
    ),
    "averaged": lambda: warrant(price(104.0, days=5), price(106.0, days=10)),
    "at a date": lambda: warrant(AllOf(legs=(LATE, price(101.0, meet="at_date")))),
    "a date": lambda: warrant(AllOf(legs=(LATE, price(99.0, meet="simultaneous")))),
    "struck": lambda: warrant(price(104.0), LATE, strike_usd=80.0),
    "forfeited": lambda: warrant(price(104.0), LATE, strike_usd=10.0, forfeiture=ENDED),
    "floored": lambda: warrant(price(104.0), strike_usd=10.0, floor=ValueFloor(amount_usd=2000.0, on=dt.date(2025, 11, 10))),
    "diluted": lambda: warrant(price(102.0), price(104.0), strike_usd=50.0, dilution="after_vesting", market=DILUTED),
    "dividends": lambda: warrant(
        price(104.0), strike_usd=10.0, exercise="at_vesting", market={"share": {"dividend_yield": 0.1}}
    ),
    "chain": lambda: web(
        a={"cash": 4.0, "outside": 6.0, "owes_b": 10.0}, b={"cash": 2.0, "outside": 3.0, "owes_c": 8.0},
        c={"cash": 1.0, "outside": 5.0, "owes_a": 2.0},
    ),
    "ring": lambda: web(a={"cash": 1.0, "owes_b": 10.0}, b={"cash": 1.0, "owes_c": 10.0}, c={"cash": 1.0, "owes_a": 10.0}),
    "pair": lambda: web(a={"cash": 4.0, "owes_b": 10.0}, b={"cash": 2.0, "owes_a": 6.0}),
    "promise": lambda: web(
        maker={"cash": 9.0, "outside": 4.0, "covers_cloud": 5.0}, cloud={"cash": 6.0, "outside": 20.0, "owes_lab": 3.0}, lab={"cash": 1.0}
    ),
    "holders": lambda: web(
        a={"cash": 20.0, "outside": 5.0, "holds_b": 0.3}, b={"cash": 12.0, "outside": 10.0, "owes_a": 8.0}, c={"cash": 3.0, "holds_a": 0.2}
    ),
    "sellers": lambda: web(
        a={"cash": 1.0, "traded": 50.0, "outside": 49.0, "ratio": 0.1, "owes_b": 1.0},
        b={"cash": 1.0, "traded": 20.0, "outside": 15.0, "ratio": 0.1},
    ),
}  # fmt: skip
"""Name to what is looked at: a deal with its market, or a web."""
