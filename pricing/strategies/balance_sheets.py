"""Webs of firms with balance sheets, and hits on them: what a search tries on a web."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from instruments.ground.provenance import Basis, Provenance
from instruments.hits import Hit as Hit, Part
from instruments.web import Web
from pricing.strategies.picks import picked

AS_OF = dt.date(2026, 6, 30)
FIRMS = ("maker", "cloud", "lab", "fund")
FACTORS: dict[Part, tuple[float, ...]] = {
    "cash_usd": (0.0, 0.25, 4.0),
    "franchise_usd": (0.5, 0.0, 0.1, 2.0),
    "outside_debt_usd": (2.0, 10.0, 1.25),
    "traded_usd": (0.5, 0.1, 3.0),
}
"""Part of a balance sheet to what it is multiplied by."""
MOST_HITS = 4
"""Balance sheets that are hit at once, at most."""
_SOURCE = Provenance(basis=Basis.ASSUMED, why="drawn", range=(0.0, 100.0))


def web_hits(web: Web) -> SearchStrategy[tuple[Hit, ...]]:
    """Hits on the balance sheets of a web: at most one per part of a sheet; shrinks to none. Depends on the seed alone."""
    choices = [
        (name, part, factors)
        for name, entity in web.entities.items()
        if entity.balance is not None
        for part, factors in FACTORS.items()
        if getattr(entity.balance, part)
    ]
    if not choices:
        return st.just(())
    one = picked(choices).flatmap(lambda found: picked(found[2]).map(lambda factor: Hit(entity=found[0], part=found[1], factor=factor)))
    return st.lists(st.tuples(st.booleans(), one), min_size=MOST_HITS, max_size=MOST_HITS).map(_hits)


def _hits(drawn: list[tuple[bool, Hit]]) -> tuple[Hit, ...]:
    found = {(hit.entity, hit.part): hit for made, hit in reversed(drawn) if made}
    return tuple(reversed(found.values()))


@st.composite
def balance_webs(draw: st.DrawFn) -> Web:
    """Webs of four firms with cash, business, a traded asset, outside and margin debt, debts to one another, stakes and a guarantee.

    Amounts are small round numbers, so that a shrunk web reads; it shrinks to firms that have cash and owe nothing.
    """
    amount = picked((10.0, 0.0, 20.0, 5.0, 40.0, 2.5, 100.0))
    owed = picked((0.0, 10.0, 0.0, 40.0, 20.0, 0.0))
    entities: dict[str, Any] = {"lenders": {"outside": "lenders"}}
    for name in FIRMS:
        traded, outside = draw(amount), draw(owed)
        entities[name] = {
            "balance": {
                "cash_usd": draw(amount),
                "franchise_usd": draw(amount),
                "belief_share": draw(picked((1.0, 0.5, 0.0))),
                "traded_usd": {"shares": traded},
                "outside_debt_usd": outside,
                "margin_debt_usd": draw(picked((0.0, 0.5))) * min(outside, traded),
                "ltv_limit": draw(picked((1.0, 0.7))),
                "ltv_target": draw(picked((0.0, 0.4))),
                "capital_ratio": draw(picked((0.0, 0.1))),
                "provenance": _SOURCE,
            }
        }
    edges: dict[str, Any] = {}
    for payer in FIRMS:
        for payee in FIRMS:
            if payer != payee and (usd := draw(picked((0.0, 10.0, 0.0, 40.0, 2.5, 20.0)))):
                edges[f"{payer}-owes-{payee}"] = _edge(payer, payee, kind="debt", layer="claim", headline_usd=usd)
            if payer != payee and (stake := draw(picked((0.0, 0.0, 0.1, 0.3)))):
                edges[f"{payer}-holds-{payee}"] = _edge(payer, payee, kind="equity_holding", layer="mark", stake=stake)
    if draw(st.booleans()):
        cap = draw(picked((5.0, 20.0, 100.0)))
        edges["promise"] = _edge("maker", "lenders", kind="guarantee", layer="contingent", headline_usd=cap, covers="cloud")
    return Web.model_validate(
        {
            "id": "drawn",
            "as_of": AS_OF,
            "period": {"start": dt.date(2026, 1, 1), "end": dt.date(2027, 1, 1)},
            "entities": entities,
            "edges": edges,
            "assets": {
                "shares": {"name": "shares", "outstanding_usd": 1000.0, "share_sold": 0.05, "price_fall": 0.1, "provenance": _SOURCE}
            },
            "default_cost": draw(picked((0.0, 0.2))),
            "belief_feedback": draw(picked((0.0, 0.5))),
        }
    )


def _edge(payer: str, payee: str, **more: Any) -> dict[str, Any]:
    return {"from": payer, "to": payee, "status": "outstanding", "provenance": _SOURCE} | more
