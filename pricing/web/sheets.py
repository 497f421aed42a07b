"""From a web's terms to balance sheets as arrays; edges and nodes taken out of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from instruments.web import Web
from pricing.clearing.sales import depth_impact
from pricing.web.amounts import whole_amount
from pricing.web.dates import Sheets, run_dates, shocks_for

End = Literal["low", "middle", "high"]
"""Which end of every range of a dependency."""


def sheets_of(web: Web, *, end: End = "middle") -> Sheets:
    """Balance sheets of the entities that have one.

    Stakes and claims between them come from current edges: `stake` is a share of the payee held by the payer, a `claim` is owed by the
    payer to the payee (to an outsider: outside debt; by an outsider: as good as cash). Claims whose amount is a range count at its middle.
    Revenue and supply dependencies move business; stakes act through holdings. An edge that `covers` an entity guarantees its outside debt.

    Raises:
        InputError: no entity has a balance sheet.
    """
    nodes = tuple(name for name, entity in web.entities.items() if entity.balance is not None)
    if not nodes:
        hint = "add [entities.NAME.balance]"
        raise InputError(problem("bad_option", subject=web.id, field="entities", expected="a web with balance sheets", hint=hint))
    number = {name: index for index, name in enumerate(nodes)}
    assets = tuple(web.assets)
    sheets = [balance for name in nodes if (balance := web.entities[name].balance) is not None]
    n = len(nodes)
    cash, outside = np.array([b.cash_usd for b in sheets]), np.array([b.outside_debt_usd for b in sheets])
    debts, held, effect = np.zeros((3, n, n))
    promises: list[tuple[int, int, float]] = []
    for name, edge in web.edges.items():
        i, j = number.get(edge.payer), number.get(edge.payee)
        if not edge.is_current or (i is None and j is None and edge.covers is None):
            continue
        if edge.stake is not None and i is not None and j is not None:
            held[i, j] += edge.stake
        if edge.covers is not None and i is not None and edge.covers in number:
            whole = whole_amount(web, name)
            promises.append((i, number[edge.covers], 0.5 * (whole.low + whole.high)))
        if edge.layer == "claim":
            whole = whole_amount(web, name)
            amount = 0.5 * (whole.low + whole.high)
            if i is None:
                cash[j] += amount
            elif j is None:
                outside[i] += amount
            else:
                debts[i, j] += amount
    for link in web.dependencies:
        i, j = number.get(link.on), number.get(link.of)
        if link.channel != "stake" and i is not None and j is not None:
            low, high = link.share[0] * link.multiple[0], link.share[1] * link.multiple[1]
            effect[i, j] += {"low": low, "middle": 0.5 * (low + high), "high": high}[end]
    quotes = [web.assets[name] for name in assets]
    return Sheets(
        nodes=nodes,
        assets=assets,
        cash=cash,
        business=np.array([b.franchise_usd for b in sheets]),
        belief_share=np.array([b.belief_share for b in sheets]),
        units=np.array([[b.traded_usd.get(name, 0.0) for name in assets] for b in sheets]).reshape(n, len(assets)),
        outside_debt=outside,
        margin_debt=np.array([b.margin_debt_usd for b in sheets]),
        ltv_limit=np.array([b.ltv_limit for b in sheets]),
        ltv_target=np.array([b.ltv_target for b in sheets]),
        capital_ratio=np.array([b.capital_ratio for b in sheets]),
        debts=debts,
        equity_held=held,
        effect=np.minimum(effect, 1.0),
        impact=np.array([depth_impact(share_sold=q.share_sold, price_fall=q.price_fall) / q.outstanding_usd for q in quotes]),
        guarantor=np.array([g for g, _, _ in promises], dtype=np.int64),
        debtor=np.array([k for _, k, _ in promises], dtype=np.int64),
        cap=np.array([c for _, _, c in promises], dtype=float),
        default_cost=web.default_cost,
        feedback=web.belief_feedback,
    )


def links_of(sheets: Sheets) -> Iterator[tuple[str, int, int]]:
    """Every link between entities: ('stake', holder, issuer), ('claim', creditor, debtor), ('business', on, of)."""
    for kind, matrix in (("stake", sheets.equity_held), ("claim", sheets.debts.T), ("business", sheets.effect)):
        for i, j in np.argwhere(matrix > 0):
            yield kind, int(i), int(j)


def without(sheets: Sheets, links: list[tuple[str, int, int]]) -> Sheets:
    """The sheets with links replaced by outside money: a holder gets today's worth in cash, outsiders take over the claim."""
    calm = run_dates(sheets, shocks_for(sheets, dates=1))
    equity, value = calm.equity[0, 0], calm.value[0, 0]
    owed = sheets.outside_debt + sheets.debts.sum(axis=1)
    share = np.minimum(1.0, value / np.where(owed > 0, owed, 1.0))
    cash, outside = sheets.cash.copy(), sheets.outside_debt.copy()
    held, debts, effect = sheets.equity_held.copy(), sheets.debts.copy(), sheets.effect.copy()
    for kind, i, j in links:
        if kind == "stake":
            cash[i] += held[i, j] * equity[j]
            held[i, j] = 0.0
        elif kind == "claim":
            cash[i] += debts[j, i] * share[j]
            outside[j] += debts[j, i]
            debts[j, i] = 0.0
        else:
            effect[i, j] = 0.0
    return replace(sheets, cash=cash, outside_debt=outside, equity_held=held, debts=debts, effect=effect)
