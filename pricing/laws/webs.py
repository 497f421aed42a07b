"""Laws of webs: what must hold when the balance sheets of a web are cleared, sold and shocked.

The checks start from the sheets alone: cash, business and traded assets that each firm has, debts inside, debts to outsiders, stakes. What
a solver says of itself (its certificate) is not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from instruments.web import Web
from pricing.clearing import Cleared, DebtMethod, Rank, Which, clear_debts, clear_guarantees, clear_holdings, fire_sale
from pricing.clearing.rows import Floats
from pricing.laws.law import WebLaw
from pricing.web.dates import Sheets, Shocks, run_dates, shocks_for
from pricing.web.sheets import sheets_of

METHOD: DebtMethod = "active_set"
"""How debts are cleared."""
HOLDINGS_METHOD: Literal["sweeps", "iteration"] = "sweeps"
"""How stakes and claims are valued."""
CLOSE_REL = 1e-9
"""On all assets and debts of a web: a linear web passes its residual of 1e-12 on a few times."""
DATES = 3
"""Dates of a run of contagion."""
RANKS: tuple[Rank, ...] = ("first", "pro_rata")
WHICH: tuple[Which, ...] = ("greatest", "least")


def has_sheets(web: Web) -> bool:
    """Whether two firms of the web have balance sheets."""
    return sum(entity.balance is not None for entity in web.entities.values()) > 1


def own_assets(sheets: Sheets) -> Floats:
    """What each firm has beside claims and stakes in the web, USD [n]."""
    return sheets.cash + sheets.business + sheets.units.sum(axis=1)


def _scale(sheets: Sheets) -> float:
    return float(own_assets(sheets).sum() + sheets.debts.sum() + sheets.outside_debt.sum()) or 1.0


def _cleared(sheets: Sheets, rank: Rank, which: Which, keep: float, extra: Floats | float = 0.0) -> Cleared:
    assets = own_assets(sheets) + extra
    return clear_debts(
        assets=assets, debts=sheets.debts, external=sheets.outside_debt, rank=rank, which=which, alpha=keep, beta=keep, method=METHOD
    )


def _every(sheets: Sheets) -> Iterator[tuple[str, Rank, float, Cleared]]:
    """Both ranks of outsiders, both solutions, without default costs and with the web's."""
    for rank in RANKS:
        for which in WHICH:
            for keep in dict.fromkeys((1.0, 1.0 - sheets.default_cost)):
                if keep > 0.0:
                    words = f"with outsiders {'paid first' if rank == 'first' else 'in one class with the web'}, {which} payments"
                    yield words, rank, keep, _cleared(sheets, rank, which, keep)


def debts_come_before_owners(web: Web) -> str | None:
    """None where each firm pays all it owes or all it has, owners get what is left of a firm that pays in full, and nothing is made."""
    sheets = sheets_of(web)
    dust, assets, inside = CLOSE_REL * _scale(sheets), own_assets(sheets), sheets.debts.sum(axis=1)
    for words, rank, keep, found in _every(sheets):
        to_web = found.paid if rank == "first" else found.paid * inside / np.maximum(inside + sheets.outside_debt, 1e-300)
        have, must = assets + found.received, inside + sheets.outside_debt
        given, short = to_web + found.outside_paid, have < must - dust
        for i, node in enumerate(sheets.nodes):
            if given[i] > must[i] + dust or given[i] > have[i] + dust or min(to_web[i], found.outside_paid[i]) < -dust:
                return f"{node} pays {given[i]:,.2f} USD, owes {must[i]:,.2f} and has {have[i]:,.2f}, {words}"
            if short[i] and (not found.default[i] or abs(given[i] - min(keep * have[i], must[i])) > dust):
                return f"{node} falls short and keeps {keep * have[i] - given[i]:,.2f} USD from its creditors, {words}"
            if not short[i] and not found.default[i] and abs(given[i] - must[i]) > dust:
                return f"{node} has {have[i]:,.2f} USD and pays {given[i]:,.2f} of {must[i]:,.2f}, {words}"
            if abs(found.equity[i] - (have[i] - must[i])) > dust:
                return f"owners of {node} get {found.equity[i]:,.2f} USD of {have[i]:,.2f} less {must[i]:,.2f}, {words}"
        kept = float(np.where(found.default, 0.0, np.maximum(found.equity, 0.0)).sum() + found.outside_paid.sum())
        if abs(kept + float(found.dead_weight) - float(assets.sum())) > 10.0 * dust:
            return f"outsiders get {kept:,.2f} USD of {float(assets.sum()):,.2f} and {float(found.dead_weight):,.2f} of costs, {words}"
    return None


def one_class_shares_alike(web: Web) -> str | None:
    """None where creditors of one class get one share of what they are owed, and a class behind nothing before the one ahead is whole."""
    sheets = sheets_of(web)
    dust, inside, outside = CLOSE_REL * _scale(sheets), sheets.debts.sum(axis=1), sheets.outside_debt
    for words, rank, _, found in _every(sheets):
        if rank == "pro_rata":
            share = found.paid / np.maximum(inside + outside, 1e-300)
            if (np.abs(found.outside_paid - share * outside) > dust).any():
                node = sheets.nodes[int(np.abs(found.outside_paid - share * outside).argmax())]
                return f"creditors of {node} outside and inside the web get other shares of what they are owed, {words}"
        else:
            share = found.paid / np.maximum(inside, 1e-300)
            early = (found.paid > dust) & (found.outside_paid < outside - dust)
            if early.any():
                return f"{sheets.nodes[int(early.argmax())]} pays inside the web before its outside creditors are whole, {words}"
        if (np.abs(found.received - share @ sheets.debts) > dust).any():
            node = sheets.nodes[int(np.abs(found.received - share @ sheets.debts).argmax())]
            return f"{node} receives {found.received.max():,.2f} USD: not its share of what its debtors pay, {words}"
    return None


def least_below_greatest(web: Web) -> str | None:
    """None where the least solution pays nobody more than the greatest."""
    sheets = sheets_of(web)
    for rank in RANKS:
        most, least = (_cleared(sheets, rank, which, 1.0 - sheets.default_cost) for which in WHICH)
        if (least.paid > most.paid + CLOSE_REL * _scale(sheets)).any():
            return f"{sheets.nodes[int((least.paid - most.paid).argmax())]} pays more in the least solution than in the greatest"
    return None


def more_cash_never_hurts(web: Web) -> str | None:
    """None where a tenth of all debts, given to any firm in cash, lowers no payment in the web."""
    sheets = sheets_of(web)
    gift = 0.1 * float(sheets.debts.sum() + sheets.outside_debt.sum())
    for rank in RANKS:
        before = _cleared(sheets, rank, "greatest", 1.0 - sheets.default_cost)
        for i, node in enumerate(sheets.nodes):
            after = _cleared(sheets, rank, "greatest", 1.0 - sheets.default_cost, gift * np.eye(len(sheets.nodes))[i])
            if (after.paid < before.paid - CLOSE_REL * _scale(sheets)).any():
                return f"{sheets.nodes[int((before.paid - after.paid).argmax())]} pays less after {node} was given {gift:,.2f} USD"
    return None


def guarantees_within_promise(web: Web) -> str | None:
    """None where a guarantor is called for the shortfall that it covers, up to its cap, pays once, and no money is made on the way."""
    sheets = sheets_of(web)
    n, promises = len(sheets.nodes), len(sheets.cap)
    # lenders whose debt is covered stand in the web as firms of their own, so that what they get under the guarantee can be seen
    debtors, lender = sheets.debtor, n + np.arange(promises)
    debts = np.zeros((n + promises, n + promises))
    debts[:n, :n] = sheets.debts
    debts[debtors, lender] = sheets.outside_debt[debtors]
    outside = np.concatenate([np.where(np.isin(np.arange(n), debtors), 0.0, sheets.outside_debt), np.zeros(promises)])
    assets = np.concatenate([own_assets(sheets), np.zeros(promises)])
    dust = CLOSE_REL * _scale(sheets)
    for rank in RANKS:
        found = clear_guarantees(
            assets=assets, debts=debts, external=outside, guarantor=sheets.guarantor, debtor=debtors, creditor=lender, cap=sheets.cap,
            rank=rank,
        )  # fmt: skip
        promised = sheets.outside_debt[debtors]
        lacks = promised * (1.0 - found.share_paid[debtors])
        for q in range(promises):
            who, whom = sheets.nodes[sheets.guarantor[q]], sheets.nodes[debtors[q]]
            if abs(found.called[q] - min(sheets.cap[q], lacks[q])) > dust:
                return f"{who} is called for {found.called[q]:,.2f} USD; {whom} lacks {lacks[q]:,.2f} and the cap is {sheets.cap[q]:,.2f}"
            got = found.received[lender[q]] - promised[q] * found.share_paid[debtors[q]]
            if abs(got - found.called[q] * found.share_paid[sheets.guarantor[q]]) > dust:
                return f"lenders of {whom} get {got:,.2f} USD from {who}, which was called for {found.called[q]:,.2f}"
        kept = float(np.maximum(found.equity, 0.0).sum() + found.outside_paid.sum())
        if abs(kept - float(assets.sum())) > 10.0 * dust:
            return f"outsiders get {kept:,.2f} USD of {float(assets.sum()):,.2f} once guarantees are called"
    return None


def holdings_add_up(web: Web) -> str | None:
    """None where stakes and claims are worth what their issuers leave them, seniors first, and outsiders own what there is, once."""
    sheets = sheets_of(web)
    dust, assets, inside = CLOSE_REL * _scale(sheets), own_assets(sheets), sheets.debts.sum(axis=1)
    lent = (sheets.debts / np.maximum(inside, 1e-300)[:, None]).T
    layers, keep = np.stack([sheets.outside_debt, inside]), 1.0 - sheets.default_cost
    for cost in dict.fromkeys((1.0, keep)):
        found = clear_holdings(
            assets=assets, debts=layers, equity_held=sheets.equity_held, debt_held=np.stack([np.zeros_like(lent), lent]), alpha=cost,
            beta=cost, method=HOLDINGS_METHOD,
        )  # fmt: skip
        whole = assets + sheets.equity_held @ found.equity + lent @ found.debt[1]
        for i, node in enumerate(sheets.nodes):
            worth = cost * whole[i] if found.default[i] else whole[i]
            first = min(sheets.outside_debt[i], worth)
            second = min(inside[i], worth - first)
            if abs(found.value[i] - worth) > dust or found.default[i] != (whole[i] < inside[i] + sheets.outside_debt[i] - dust):
                if abs(whole[i] - inside[i] - sheets.outside_debt[i]) > dust:
                    return f"{node} is worth {found.value[i]:,.2f} USD; its assets, stakes and claims {worth:,.2f}"
                continue
            if abs(found.debt[0, i] - first) > dust or abs(found.debt[1, i] - second) > dust:
                return f"{node} pays its senior debt {found.debt[0, i]:,.2f} and its junior {found.debt[1, i]:,.2f} USD out of {worth:,.2f}"
            if abs(found.equity[i] - max(worth - inside[i] - sheets.outside_debt[i], 0.0)) > dust:
                return f"shares of {node} are worth {found.equity[i]:,.2f} USD with {worth:,.2f} behind its debts"
        outside = found.equity @ sheets.outside_share + found.debt[0].sum()
        if abs(float(outside) + float(found.dead_weight) - float(assets.sum())) > 10.0 * dust:
            return f"outsiders own {float(outside):,.2f} USD of {float(assets.sum()):,.2f}, {float(found.dead_weight):,.2f} of it costs"
    return None


def every_shock(sheets: Sheets) -> Shocks:
    """One batch of shocks: none, and to each firm a recall, a loss of business, a loss of cash; last a fall of all traded prices."""
    n, m = len(sheets.nodes), len(sheets.assets)
    rows = 2 + 3 * n
    recall, business, cash, price = np.zeros((rows, n)), np.ones((rows, n)), np.ones((rows, n)), np.ones((rows, m))
    for i in range(n):
        recall[1 + i, i] = 0.5
        business[1 + n + i, i] = 0.25
        cash[1 + 2 * n + i, i] = 0.0
    price[-1] = 0.7
    return shocks_for(sheets, dates=DATES, recall=recall, business=business, cash=cash, price=price)


def sales_press_prices(web: Web) -> str | None:
    """None where a traded price falls by its impact of the units sold and by nothing else, and nobody sells what he has not."""
    sheets = sheets_of(web)
    shocks = every_shock(sheets)
    run = run_dates(sheets, shocks)
    price = np.ones((len(run.rows), len(sheets.assets)))
    for t in range(DATES):
        start = price * shocks.price[run.rows, t]
        price = run.price[:, t]
        expected = start * np.exp(-sheets.impact * run.sold[:, t])
        if (run.sold[:, t] < -CLOSE_REL * _scale(sheets)).any() or (np.abs(price - expected) > CLOSE_REL * start).any():
            return f"a price moves from {start.max():.6f} to {price.min():.6f} at date {t}; the units sold move it to {expected.min():.6f}"
    if (run.sold.sum(axis=1) > sheets.units.sum(axis=0) * (1.0 + CLOSE_REL)).any():
        return "more units of a traded asset are sold than there are"
    return None


def two_ways_of_contagion(web: Web) -> str | None:
    """None where the compiled loop of contagion says of the web what its plain statement in numpy says."""
    sheets = sheets_of(web)
    shocks = every_shock(sheets)
    first, second = (run_dates(sheets, shocks, method=method) for method in ("compiled", "plain"))
    scale = _scale(sheets)
    if not np.array_equal(first.rows, second.rows):
        return "the two ways of running dates fail on different shocks"
    for name, unit in (("price", 1.0), ("value", scale), ("equity", scale), ("lenders", scale), ("sold", scale), ("terms", scale)):
        gap = float(np.abs(getattr(first, name) - getattr(second, name)).max(initial=0.0))
        if gap > CLOSE_REL * unit:
            return f"{name} differs by {gap:.3g} between the compiled and the plain run of dates"
    return None


def ratios_are_restored(web: Web) -> str | None:
    """None where, in a joint sale, each firm sells nothing, all it has, or just as much as brings it back to its required ratio."""
    sheets = sheets_of(web)
    chosen = np.flatnonzero((sheets.capital_ratio > 0.0) & (sheets.units.sum(axis=1) > 0.0))
    units, ratio = sheets.units[chosen], sheets.capital_ratio[chosen]
    cash = (sheets.cash + sheets.business)[chosen]
    debt = (sheets.outside_debt + sheets.debts.sum(axis=1))[chosen]
    found = fire_sale(units=units, cash=cash, debt=debt, ratio=ratio, impact=sheets.impact)
    dust = CLOSE_REL * _scale(sheets)
    if (np.abs(found.price - np.exp(-sheets.impact * found.sold.sum(axis=0))) > CLOSE_REL).any():
        return f"prices of {found.price.min():.6f} are not those at which the units were sold"
    for row, i in enumerate(chosen):
        held, sold = float(units[row] @ found.price), float(found.sold[row] @ found.price)
        over = cash[row] + held - debt[row] - ratio[row] * (held - sold)
        if sold < -dust or sold > held + dust:
            return f"{sheets.nodes[i]} sells {sold:,.2f} USD of {held:,.2f}"
        if (sold < held - dust and over < -dust) or (sold > dust and over > dust and held - sold > dust):
            return f"{sheets.nodes[i]} sells {sold:,.2f} USD and stands {over:,.2f} USD over its required capital"
    return None


def _has_guarantees(web: Web) -> bool:
    return has_sheets(web) and len(sheets_of(web).cap) > 0


def _has_traded(web: Web) -> bool:
    return has_sheets(web) and bool(sheets_of(web).units.any())


def _has_ratios(web: Web) -> bool:
    return _has_traded(web) and bool(((sheets_of(web).capital_ratio > 0.0) & (sheets_of(web).units.sum(axis=1) > 0.0)).any())


SHEETS = "webs with two balance sheets or more"
BOTH = f"{SHEETS}; outside creditors paid first and in one class with the web, greatest and least payments, with default costs and without"
LAWS: tuple[WebLaw, ...] = (
    WebLaw(
        "debts_come_before_owners",
        "a firm pays all it owes or all it has, its owners get what is left, and outsiders get all assets less default costs",
        BOTH,
        has_sheets,
        debts_come_before_owners,
    ),
    WebLaw(
        "one_class_shares_alike",
        "creditors of one class get one share of what they are owed, and a class behind nothing before the class ahead is whole",
        BOTH,
        has_sheets,
        one_class_shares_alike,
    ),
    WebLaw("least_below_greatest", "the least clearing payments are nowhere above the greatest", SHEETS, has_sheets, least_below_greatest),
    WebLaw(
        "more_cash_never_hurts",
        "cash given to a firm lowers no payment in the web",
        f"{SHEETS}; debts without guarantees, default costs in proportion",
        has_sheets,
        more_cash_never_hurts,
    ),
    WebLaw(
        "guarantees_within_promise",
        "a guarantor is called for what its debtor lacks, up to its cap, pays its lenders once, and no money is made on the way",
        "webs with an edge that covers an entity; no default costs",
        _has_guarantees,
        guarantees_within_promise,
    ),
    WebLaw(
        "holdings_add_up",
        "claims and stakes are worth what issuers leave them, senior debt first, and outsiders own all assets less default costs, once",
        f"{SHEETS}; outside debt senior to debts inside",
        has_sheets,
        holdings_add_up,
    ),
    WebLaw(
        "sales_press_prices",
        "a traded price falls by the impact of the units sold and by nothing else, and no more is sold than there is",
        f"{SHEETS} and traded assets; a recall, a loss of business and of cash of each, a fall of prices, {DATES} dates",
        _has_traded,
        sales_press_prices,
        states=12,
    ),
    WebLaw(
        "ratios_are_restored",
        "in a joint sale each firm sells nothing, all it has, or what brings it back to its required ratio",
        "webs in which firms with a required ratio of equity hold traded assets, by themselves",
        _has_ratios,
        ratios_are_restored,
    ),
    WebLaw(
        "two_ways_of_contagion",
        "the compiled loop of contagion and its plain statement say the same",
        f"{SHEETS}; the same shocks",
        has_sheets,
        two_ways_of_contagion,
        states=6,
    ),
)
"""Laws of webs."""
