"""Webs of two to five firms: money round in circles, stakes, debts and guarantees, each firm with a balance sheet; all figures made up."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from hypothesis import strategies as st

from instruments.web import Web

AS_OF = dt.date(2026, 6, 30)
FIRMS = ("lab", "cloud", "maker", "fund", "utility")
_WHY = {"basis": "derived", "why": "made up"}
_AMOUNTS = st.integers(1, 40).map(float)


@st.composite
def webs(draw: st.DrawFn, *, most: int = 5) -> Web:
    """Firms that buy from, invest in, hold, lend to and vouch for one another, beside customers and suppliers outside.

    Args:
        most: firms at most, from 2 to 5.

    The simplest draw is two firms and no edge between them; each firm sells to customers outside, so that every web can be traced. Two in
    three have a ring of purchases or of debts.
    """
    firms = FIRMS[: draw(st.integers(2, most))]
    edges: dict[str, dict[str, Any]] = {}
    for firm in firms:
        edges[f"sales-{firm}"] = _edge("customers", firm, "sales", "cash", draw(_AMOUNTS))
        edges[f"costs-{firm}"] = _edge(firm, "suppliers", "costs", "cash", draw(_AMOUNTS))
    pairs = [(payer, payee) for payer in firms for payee in firms if payer != payee]
    ring = draw(st.sampled_from([None, "purchase", "debt"]))
    chosen = [(payer, payee, ring) for payer, payee in zip(firms, (*firms[1:], firms[0]), strict=True)] if ring else []
    kinds = st.sampled_from(["purchase", "equity_investment", "debt", "guarantee", "equity_holding"])
    chosen += draw(st.lists(st.tuples(st.sampled_from(pairs), kinds).map(lambda drawn: (*drawn[0], drawn[1])), max_size=8, unique=True))
    for payer, payee, kind in dict.fromkeys(chosen):
        edges[f"{kind.replace('_', '-')}-{payer}-{payee}"] = _inside(draw, payer, payee, kind)
    entities = {firm: {"balance": draw(_balances())} for firm in firms}
    document = {
        "id": "small", "as_of": AS_OF, "period": {"start": dt.date(2026, 1, 1), "end": dt.date(2027, 1, 1)}, "provenance": _WHY,
        "entities": entities | {"customers": {"outside": "customers"}, "suppliers": {"outside": "suppliers"}}, "edges": edges,
        "default_cost": draw(st.sampled_from([0.0, 0.2])),
        "perimeters": {"joined": {"why": "two firms as one", "consolidate": {firms[1]: firms[0]}}},
    }  # fmt: skip
    return Web.model_validate_json(_json(document))


def _edge(payer: str, payee: str, kind: str, layer: str, usd: float, **more: Any) -> dict[str, Any]:
    figures = {"headline_usd": usd, "status": "closed", "announced": dt.date(2026, 3, 1)}
    return {"from": payer, "to": payee, "kind": kind, "layer": layer} | figures | more


def _inside(draw: st.DrawFn, payer: str, payee: str, kind: str) -> dict[str, Any]:
    usd = draw(_AMOUNTS)
    if kind == "equity_holding":
        stake = draw(st.sampled_from([0.1, 0.2]))
        return _edge(payer, payee, kind, "equity", usd, stake=stake)
    if kind == "guarantee":
        return _edge(payer, payee, kind, "contingent", usd, covers=payee)
    return _edge(payer, payee, kind, "claim" if kind == "debt" else "cash", usd)


@st.composite
def _balances(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "cash_usd": draw(_AMOUNTS), "franchise_usd": draw(_AMOUNTS), "outside_debt_usd": draw(st.sampled_from([0.0, 10.0, 40.0])),
        "provenance": _WHY,
    }  # fmt: skip


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, default=str)
