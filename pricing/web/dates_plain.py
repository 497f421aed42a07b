"""The readable statement of contagion over dates: one date for all scenarios at a time, in numpy. Second opinion of the compiled loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pricing.clearing.rows import Bools, Floats

if TYPE_CHECKING:
    from pricing.web.dates import Sheets, Shocks

PRICE_REL = 1e-13
"""Prices are settled when a round moves none by more than this share."""


def run_plain(sheets: Sheets, shocks: Shocks, value0: Floats, equity0: float, most: int) -> tuple[Any, ...]:
    """The same outputs as the compiled loop."""
    rows, dates, m = shocks.price.shape
    n = len(sheets.nodes)
    keep = 1.0 - sheets.default_cost
    cash, business, outside, margin = (
        np.tile(v, (rows, 1)) for v in (sheets.cash, sheets.business, sheets.outside_debt, sheets.margin_debt)
    )
    units, price, down = np.tile(sheets.units, (rows, 1, 1)), np.ones((rows, m)), np.zeros((rows, n), dtype=bool)
    repaid, weight_before, echo, spill = np.zeros(rows), np.zeros(rows), np.ones(rows), np.ones((rows, n))
    all_equity, prior = np.full(rows, equity0), np.tile(value0, (rows, 1))
    prices, sold, terms = np.empty((rows, dates, m)), np.empty((rows, dates, m)), np.empty((rows, dates, 5))
    values, equities, lenders = (np.empty((rows, dates, n)) for _ in range(3))
    defaults, calls = (np.zeros((rows, dates, n), dtype=bool) for _ in range(2))
    audit, settled = np.zeros(rows), np.ones(rows, dtype=bool)
    for t in range(dates):
        start = price * shocks.price[:, t]
        shock = (units.sum(axis=1) * (price - start)).sum(axis=1) + (cash * (1 - shocks.cash[:, t])).sum(axis=1)
        cash = cash * shocks.cash[:, t]
        moved = business * shocks.business[:, t] * (1 - sheets.belief_share * (1 - shocks.belief[:, t, None]))
        felt = moved * (1 - sheets.belief_share * (1 - echo[:, None]))
        before, business = business, felt * spill
        shock += (before - moved).sum(axis=1)
        gap = outside * shocks.recall[:, t]
        gone = np.minimum(cash, gap)
        cash, outside, gap, repaid = cash - gone, outside - gone, gap - gone, repaid + gone.sum(axis=1)
        margin, left_with = np.minimum(margin, outside), gone
        called = _called(sheets, margin, np.einsum("snm,sm->sn", units, start))
        share, price, done = called.copy(), start.copy(), np.zeros(rows, dtype=bool)
        for _ in range(most):
            risky = np.einsum("snm,sm->sn", units, price)
            own = cash + business + risky
            owed = outside + sheets.debts.sum(axis=1)
            down = down | (gap > risky * (1 + 1e-13))  # solvent or not, it cannot pay what is asked for now
            value, received, due, down = _cleared(sheets, own, outside, keep, down, most)
            short = 1.0 - (own + received - due) / np.where(sheets.capital_ratio * risky > 0, sheets.capital_ratio * risky, 1.0)
            short = np.where(sheets.capital_ratio * risky > 0, np.clip(short, 0.0, 1.0), 0.0)
            asked = np.where(risky > 0, np.minimum(1.0, gap / np.where(risky > 0, risky, 1.0)), 0.0)
            wanted = np.where(down, 1.0, np.maximum(short, asked))
            share = np.maximum(share, wanted)
            fresh = np.minimum(price, start * np.exp(-sheets.impact * (units * share[..., None]).sum(axis=1)))
            done = (price - fresh <= PRICE_REL * start).all(axis=1)
            price = fresh
            if done.all():
                break
        settled &= done
        fire = (units.sum(axis=1) * (start - price)).sum(axis=1)
        amount = units * share[..., None]
        proceeds = np.einsum("snm,sm->sn", amount, price)
        gone = np.where(down, 0.0, np.minimum(np.minimum(np.maximum(margin, gap), proceeds), outside))
        units, margin, outside, cash = units - amount, np.maximum(0.0, margin - gone), outside - gone, cash + proceeds - gone
        value, owed, due, repaid, left_with = value - gone, owed - gone, due - gone, repaid + gone.sum(axis=1), left_with + gone
        equity = np.maximum(0.0, value - due)
        rate = np.where(due > 0, np.minimum(1.0, value / np.where(due > 0, due, 1.0)), 0.0)
        paid, under = rate * outside, (rate * (due - owed)).sum(axis=1)  # `under` guarantees, to the lenders they protect
        left = cash + business + np.einsum("snm,sm->sn", units, price)
        weight = np.where(down, (1 - keep) * (left + received), 0.0).sum(axis=1)
        claims, assets = paid.sum(axis=1) + under + equity @ sheets.outside_share + repaid, left.sum(axis=1) + repaid
        audit = np.maximum(audit, np.abs(claims - (assets - weight)) / np.maximum(assets, 1e-300))
        prices[:, t], values[:, t], equities[:, t], lenders[:, t], sold[:, t] = price, value, equity, paid, amount.sum(axis=1)
        defaults[:, t], calls[:, t] = down, (called > 0) | (gap > 0)
        lost = (shock, fire, weight - weight_before, (moved - felt).sum(axis=1), (felt - business).sum(axis=1))
        terms[:, t] = np.stack(lost, axis=1)
        fall = np.where(all_equity > 0, 1 - equity.sum(axis=1) / np.where(all_equity > 0, all_equity, 1.0), 0.0)
        echo = np.maximum(0.0, 1 - sheets.feedback * np.maximum(0.0, fall))
        all_equity, weight_before = equity.sum(axis=1), weight
        fell = np.maximum(0.0, 1 - (value + left_with) / np.where(prior > 0, prior, 1.0)) * (prior > 0)
        prior = value
        spill = np.maximum(0.0, 1 - sheets.effect * fell[..., None]).prod(axis=1)
    return prices, values, equities, lenders, defaults, calls, sold, terms, audit, settled


def _called(sheets: Sheets, margin: Floats, pledged: Floats) -> Floats:
    """Share of traded assets that a margin call makes each sell."""
    target = sheets.ltv_target
    need = (margin - target * pledged) / np.where(pledged > 0, pledged * (1 - target), 1.0)
    return np.where((margin > 0) & (margin > sheets.ltv_limit * pledged), np.where(pledged > 0, np.clip(need, 0.0, 1.0), 1.0), 0.0)


def _cleared(sheets: Sheets, own: Floats, outside: Floats, keep: float, down: Bools, most: int) -> tuple[Floats, Floats, Floats, Bools]:
    """Greatest values with these entities already in default: plain iteration of v = a + M s + L' share, guarantees called on the way."""
    owed = outside + sheets.debts.sum(axis=1)
    value = (own + sheets.debts.sum(axis=0)) @ np.linalg.inv(np.eye(len(sheets.nodes)) - sheets.equity_held).T
    calls = np.eye(len(sheets.nodes))[sheets.guarantor]
    part, due, received = np.ones_like(value), owed, np.zeros_like(value)
    for _ in range(most):
        due = owed + np.minimum(sheets.cap, outside[:, sheets.debtor] * (1 - part[:, sheets.debtor])) @ calls
        new_part = np.where(due > 0, np.minimum(1.0, value / np.where(due > 0, due, 1.0)), 1.0)
        received = new_part @ sheets.debts + np.maximum(0.0, value - due) @ sheets.equity_held.T
        have = own + received
        down = down | (have < due - 1e-13 * (due + have))
        new = np.where(down, keep * have, have)
        small = 1e-15 * own.sum(axis=1, keepdims=True) + 4e-16 * np.abs(value)
        if (np.abs(new - value) <= small).all() and (np.abs(new_part - part) * due <= small).all():
            return new, received, due, down
        value, part = new, new_part
    return value, received, due, down
