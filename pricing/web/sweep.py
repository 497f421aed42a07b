"""Every node shocked in every way: first break, tipping size, multipliers with their frictions, superadditivity, what removal saves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from instruments.web import Web
from pricing.clearing.resonance import superadditivity
from pricing.clearing.rows import Floats
from pricing.web.dates import TERMS, Run, Sheets, Shocks, run_dates, shocks_for
from pricing.web.rows import WebRow, point
from pricing.web.sheets import End, links_of, sheets_of, without

KINDS = ("liquidity", "belief", "regulation")
"""Lenders want their money back; belief in the business is gone; a share of all dealings with others is forbidden."""
SIZES = np.linspace(0.02, 1.0, 50)
"""Sizes of shocks: shares of what they hit."""
REFERENCE = 0.5
"""Size at which multipliers, superadditivity and savings are given."""
LEAST_LOSS = 1e-12
"""A loss below this share of all business is rounding."""
DATES = 4
"""Dates of a sweep: the shock, and three rounds of what follows."""


def node_factors(sheets: Sheets, kind: str, node: int, size: Floats) -> tuple[Floats, Floats]:
    """Recalled debt and business factors [scenario, n] of shocks of these sizes to one node."""
    recall, business = np.zeros((len(size), len(sheets.nodes))), np.ones((len(size), len(sheets.nodes)))
    if kind == "liquidity":
        recall[:, node] = size
    elif kind == "belief":
        business[:, node] -= size * sheets.belief_share[node]
    else:
        business *= 1.0 - size[:, None] * sheets.effect[node]
        business[:, node] *= (1.0 - size[:, None] * sheets.effect[:, node]).prod(axis=1)
    return recall, business


def sweep_shocks(sheets: Sheets, sizes: Floats, dates: int = DATES) -> Shocks:
    """Shocks [kind x node x size] to every node, in that order."""
    made = [node_factors(sheets, kind, node, sizes) for kind in KINDS for node in range(len(sheets.nodes))]
    recall, business = (np.concatenate(parts) for parts in zip(*made, strict=True))
    return shocks_for(sheets, dates=dates, recall=recall, business=business)


@dataclass(frozen=True)
class Split:
    """What a dollar of shock costs, by scenario. A shock of nothing has zeros."""

    initial: Floats
    """USD lost to the shock itself."""
    frictions: Floats
    """[scenario, 4]: fire sale, default cost, belief, business, over the initial shock."""
    gross: Floats
    """Fall of all gross balance sheets over the initial shock."""

    @property
    def outside(self) -> Floats:
        """M_out: value lost by outsiders over the initial shock."""
        return np.where(self.initial > 0, 1.0 + self.frictions.sum(axis=1), 0.0)


def split_of(sheets: Sheets, run: Run) -> Split:
    """Gross and outside multipliers of every scenario, term by term, against the same web without a shock."""
    calm = run_dates(sheets, shocks_for(sheets, dates=run.terms.shape[1]))
    lost = run.terms.sum(axis=1) - calm.terms.sum(axis=1)
    initial = lost[:, 0]
    safe = np.where(initial > 0, initial, 1.0)
    # margin debt repaid shortens a balance sheet without a loss: part of the gross fall all the same
    gross = (calm.value[:, -1].sum(axis=1) - run.value[:, -1].sum(axis=1)) / safe
    hit = (initial > 0)[:, None]
    return Split(initial, np.where(hit, lost[:, 1:] / safe[:, None], 0.0), np.where(initial > 0, gross, 0.0))


def sweep_rows(web: Web, *, end: End = "middle") -> list[WebRow]:
    """Rows of the sweep of a web whose entities have balance sheets; none without at least two of them. `end` is of dependencies."""
    if sum(entity.balance is not None for entity in web.entities.values()) < 2:
        return []
    sheets = sheets_of(web, end=end)
    shape = (len(KINDS), len(sheets.nodes), len(SIZES))
    shocks = sweep_shocks(sheets, SIZES)
    run = run_dates(sheets, shocks)
    calm = run_dates(sheets, shocks_for(sheets, dates=DATES))
    rows = list(_breaks(web, sheets, run, calm, shape))
    at = int(np.argmin(np.abs(SIZES - REFERENCE)))
    split = split_of(sheets, run)
    for k, kind in enumerate(KINDS):
        for i, node in enumerate(sheets.nodes):
            row = (k * shape[1] + i) * shape[2] + at
            if split.initial[row] > 0:
                rows += _multipliers(web, kind, node, split, row)
            elif kind == "liquidity" and sheets.outside_debt[i] > 0:
                rows += _per_recalled(web, node, sheets, run, calm, i, row)
    rows += [*_pairs(web, sheets), *_savings(web, sheets)]
    return rows


def _breaks(web: Web, sheets: Sheets, run: Run, calm: Run, shape: tuple[int, int, int]) -> Iterator[WebRow]:
    hit = ((run.default | run.called) & ~(calm.default | calm.called)).reshape(*shape, DATES, -1)
    fails = (run.default & ~calm.default).reshape(*shape, DATES, -1)
    for k, kind in enumerate(KINDS):
        for i, node in enumerate(sheets.nodes):
            others = fails[k, i].copy()
            others[:, :, i] = False
            for measure, found in (("first_break", hit[k, i]), ("tipping_size", others)):
                common = {"deal": web.id, "kind": kind, "part": node, "measure": measure, "method": f"{len(SIZES)} sizes, {DATES} dates"}
                first = np.flatnonzero(found.any(axis=(1, 2)))
                if not len(first):
                    yield WebRow(error_note="never, up to a shock of everything", **common)
                    continue
                step, who = _earliest(found[first[0]])
                yield point(float(SIZES[first[0]]), party=sheets.nodes[who], error_note=f"at date {step}", **common)
                if measure == "first_break":
                    link, amount = _first_link(sheets, calm, who)
                    yield point(amount, party=sheets.nodes[who], source=link, **(common | {"measure": "first_link"}))


def _first_link(sheets: Sheets, calm: Run, who: int) -> tuple[str, float]:
    """The largest promise that breaks when an entity defaults, in USD at rest: a claim it owes, or a stake in it."""
    stakes = sheets.equity_held[:, who] * calm.equity[0, 0, who]
    broken = {f"debt to {sheets.nodes[j]}": float(owed) for j, owed in enumerate(sheets.debts[who])}
    broken |= {f"stake of {sheets.nodes[j]}": float(worth) for j, worth in enumerate(stakes)}
    broken |= {"debt to outside lenders": float(sheets.outside_debt[who] + sheets.margin_debt[who])}
    return max(broken.items(), key=lambda item: item[1])


def _earliest(found: NDArray[np.bool_]) -> tuple[int, int]:
    """First date, and first entity on it."""
    date = int(np.argmax(found.any(axis=1)))
    return date, int(np.argmax(found[date]))


def _multipliers(web: Web, kind: str, node: str, split: Split, row: int) -> Iterator[WebRow]:
    common = {"deal": web.id, "kind": kind, "part": node, "method": f"shock of {REFERENCE:g}, {DATES} dates"}
    yield point(float(split.outside[row]), measure="outside_multiplier", **common)
    yield point(float(split.gross[row]), measure="balance_multiplier", **common)
    for index, name in enumerate(TERMS[1:]):
        yield point(float(split.frictions[row, index]), measure="friction", source=name, **common)


def _per_recalled(web: Web, node: str, sheets: Sheets, run: Run, calm: Run, i: int, row: int) -> Iterator[WebRow]:
    """A recall is no loss in itself, so it has no multiplier: frictions are given per dollar recalled."""
    lost = (run.terms[row] - calm.terms[0]).sum(axis=0)[1:] / (REFERENCE * sheets.outside_debt[i])
    for index, name in enumerate(TERMS[1:]):
        method = f"recall of {REFERENCE:g} of outside debt, per dollar recalled, {DATES} dates"
        yield point(float(lost[index]), deal=web.id, kind="liquidity", part=node, source=name, measure="friction", method=method)


def class_losses(sheets: Sheets, run: Run, calm: Run) -> dict[str, Floats]:
    """Loss [scenario] of outside shareholders, of outside lenders, and of both, against no shock. Margin debt repaid is no loss."""
    share = sheets.outside_share
    equity = calm.equity[:, -1] @ share - run.equity[:, -1] @ share
    total = run.terms.sum(axis=(1, 2)) - calm.terms.sum(axis=(1, 2))
    return {"shareholders": equity, "lenders": total - equity, "all outsiders": total}


def _pairs(web: Web, sheets: Sheets) -> Iterator[WebRow]:
    """Superadditivity by holder class: of all pairs of nodes shocked alike, the one with the largest ratio."""
    n, size = len(sheets.nodes), np.array([REFERENCE])
    pairs = list(combinations(range(n), 2))
    calm = run_dates(sheets, shocks_for(sheets, dates=DATES))
    for kind in KINDS[:2]:
        recall, business = (np.concatenate(parts) for parts in zip(*(node_factors(sheets, kind, i, size) for i in range(n)), strict=True))
        recall = np.array([*recall, *(recall[i] + recall[j] for i, j in pairs)])
        business = np.array([*business, *(business[i] * business[j] for i, j in pairs)])
        run = run_dates(sheets, shocks_for(sheets, dates=DATES, recall=recall, business=business))
        for name, lost in class_losses(sheets, run, calm).items():
            clean = np.where(lost <= LEAST_LOSS * float(sheets.business.sum()), 0.0, lost)
            ratios = [superadditivity(together=clean[n + k], first=clean[i], second=clean[j]).ratio for k, (i, j) in enumerate(pairs)]
            known = [(ratio, k) for k, ratio in enumerate(ratios) if ratio is not None]
            common = {"deal": web.id, "kind": kind, "party": name, "measure": "superadditivity", "method": f"largest of {len(pairs)} pairs"}
            if not known:
                yield WebRow(error_note="no loss, alone or together", **common)
                continue
            ratio, k = max(known)
            pair = f"{sheets.nodes[pairs[k][0]]} and {sheets.nodes[pairs[k][1]]}"
            if np.isfinite(ratio):
                yield point(ratio, part=pair, **common)
            else:
                yield WebRow(part=pair, error_note="infinite: neither shock alone does harm", **common)


def frictions_of(sheets: Sheets) -> float:
    """USD lost to frictions, on average over reference shocks to every node in every way."""
    run = run_dates(sheets, sweep_shocks(sheets, np.array([REFERENCE])))
    calm = run_dates(sheets, shocks_for(sheets, dates=DATES))
    return float((run.terms[:, :, 1:].sum(axis=(1, 2)) - calm.terms[:, :, 1:].sum(axis=(1, 2))).mean())


def _savings(web: Web, sheets: Sheets) -> Iterator[WebRow]:
    """Nodes and links by what outside money in their place saves, largest first."""
    base = frictions_of(sheets)
    links = list(links_of(sheets))
    method = "mean over reference shocks to every node"
    nodes = []
    for i, node in enumerate(sheets.nodes):
        own = [link for link in links if i in link[1:]]
        nodes.append((base - frictions_of(without(sheets, own)), node))
    for saved, node in sorted(nodes, reverse=True):
        yield point(saved, deal=web.id, kind="node", part=node, measure="removal_saving", method=method)
    edges = [(base - frictions_of(without(sheets, [link])), link) for link in links]
    for saved, (kind, i, j) in sorted(edges, reverse=True):
        names = {"part": sheets.nodes[i], "party": sheets.nodes[j]}
        yield point(saved, deal=web.id, kind=kind, measure="removal_saving", method=method, **names)
