"""Random webs for property tests: small, readable when shrunk, with cycles, defaults and idle nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from instruments import Web, web_from_text
from pricing.clearing.rows import Floats

HEAD = """
schema = 1
id = "w"
as_of = 2026-06-30
period = {start = 2026-01-01, end = 2027-01-01}
[entities]
a = {}
b = {}
c = {}
out = {outside = "customers"}
"""
SOURCE = 'provenance = {basis = "press", source = "somewhere"}'


def edge(name: str = "e", extra: str = "", *, payer: str = "a", payee: str = "b", figures: str = "headline_usd = 12.0") -> str:
    """One edge as TOML."""
    lines = [f"[edges.{name}]", f'from = "{payer}"', f'to = "{payee}"', 'kind = "purchase"', 'layer = "cash"', figures, extra]
    lines += [] if "status" in extra else ['status = "closed"']
    lines += [] if "provenance" in extra else [SOURCE]
    lines += [] if "announced" in extra or "schedule" in extra else ["announced = 2026-03-01"]
    return "\n".join([*lines, ""])


def web(*edges: str, head: str = HEAD, tail: str = "") -> Web:
    """A web of such edges."""
    return web_from_text("\n".join([head, *edges, tail]), file="web.toml")


amounts = st.integers(0, 40).map(lambda quarter: quarter / 4)
"""Amounts in quarters: exact in binary, so that equalities can happen."""
shares = st.integers(0, 8)
"""Relative weights of holders."""


@dataclass(frozen=True)
class DebtWeb:
    """Outside assets, debts inside, outside debts."""

    assets: Floats
    debts: Floats
    external: Floats


@dataclass(frozen=True)
class HoldingsWeb:
    """External assets, faces by layer, shares held inside."""

    assets: Floats
    faces: Floats
    equity_held: Floats
    debt_held: Floats


def _table(draw: st.DrawFn, rows: int, columns: int, of: st.SearchStrategy[float]) -> Floats:
    flat = draw(st.lists(of, min_size=rows * columns, max_size=rows * columns))
    return np.array(flat, dtype=float).reshape(rows, columns)


@st.composite
def debt_webs(draw: st.DrawFn, most: int = 5) -> DebtWeb:
    """Two to `most` firms; any of them may have no assets or no debts."""
    n = draw(st.integers(2, most))
    debts = _table(draw, n, n, amounts)
    np.fill_diagonal(debts, 0.0)
    outside = _table(draw, 2, n, amounts)
    return DebtWeb(outside[0], debts, outside[1])


@st.composite
def holdings_webs(draw: st.DrawFn, most: int = 5) -> HoldingsWeb:
    """Two to `most` entities with one or two debt layers; 0 to 8/9 of each claim is held inside."""
    n, layers = draw(st.integers(2, most)), draw(st.integers(1, 2))
    held = []
    for _ in range(layers + 1):
        weight = _table(draw, n, n, shares)
        np.fill_diagonal(weight, 0.0)
        held.append(weight / (weight.sum(axis=0) + draw(st.integers(1, 8))))
    return HoldingsWeb(_table(draw, 1, n, amounts)[0], _table(draw, layers, n, amounts), held[0], np.stack(held[1:]))


@st.composite
def flow_webs(draw: st.DrawFn, most: int = 6) -> tuple[Floats, Floats, Floats]:
    """Balanced flows F, z, y in which every node that has flow reaches the outside: each pays some of what it takes in outwards."""
    n = draw(st.integers(2, most))
    flows = _table(draw, n, n, amounts)
    np.fill_diagonal(flows, 0.0)
    gap = flows.sum(axis=1) - flows.sum(axis=0)
    extra = np.array(draw(st.lists(st.integers(1, 40).map(lambda q: q / 4), min_size=n, max_size=n)))
    inflow, outflow = np.maximum(0.0, gap) + extra, np.maximum(0.0, -gap) + extra
    return flows, inflow, outflow


def permuted(web: Floats, order: Floats) -> Floats:
    """A matrix with rows and columns in another order."""
    return web[np.ix_(order, order)]
