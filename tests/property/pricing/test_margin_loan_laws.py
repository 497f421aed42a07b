"""Laws of margin loans, path by path, on wild paths; and the tempting law that is false."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from instruments.contracts.margin_loan import LtvTriggers, MarginLoan, ShareSale, TopUp
from instruments.deal import Deal
from instruments.files import dumps_json, model_from_text
from pricing.laws.margin_loans import LAWS, doubled, shortfall
from pricing.ledger.margin_loan import LOST, PAID, PRINCIPAL, SHARES_SOLD, margin_loan_postings
from pricing.ledger.runs import claim_gaps
from pricing.mechanics.margin_loan import MarginRolled, roll_margin_loan
from pricing.registry import Settings
from pricing.strategies import margin_deal, margin_loans
from tests.margins import by_hand, loan, market, plan_of, random_closes

seeds = st.integers(0, 999)


def rolled(of: MarginLoan, seed: int) -> MarginRolled:
    plan = plan_of(of, market(hazard=0.1))
    return roll_margin_loan(plan, *random_closes(plan, seed))


@given(of=margin_loans(), seed=seeds)
def test_claims_add_up_and_principal_comes_back_or_is_lost(of: MarginLoan, seed: int) -> None:
    found = rolled(of, seed)
    assert max(gap.difference for gap in claim_gaps(margin_loan_postings("loan", of), found.ledger)) <= 1e-12 * of.amount_usd
    back = (found.ledger[:, PRINCIPAL + PAID] + found.ledger[:, PRINCIPAL + LOST]).sum(axis=0)
    np.testing.assert_allclose(back, of.amount_usd, rtol=1e-12)
    assert (found.ledger[:, [PAID, PRINCIPAL + PAID, LOST, PRINCIPAL + LOST, SHARES_SOLD]] >= -1e-6).all()  # cents of 50 m
    assert (found.ledger[:, SHARES_SOLD].sum(axis=0) <= of.most_shares * (1.0 + 1e-12)).all()


@given(of=margin_loans(watched=True), seed=seeds)
def test_an_impossible_trigger_never_fires(of: MarginLoan, seed: int) -> None:
    never = of.evolve(triggers=LtvTriggers(restore=1e9, call=1e9, liquidation=1e9), top_up=TopUp())
    without = of.evolve(triggers=None, top_up=TopUp())
    found = rolled(never, seed)
    assert not found.called.any()
    np.testing.assert_array_equal(found.ledger, rolled(without, seed).ledger)


@given(of=margin_loans(watched=False, impact=False), seed=seeds, more=st.sampled_from([1.01, 1.5, 3.0]))
def test_more_shares_never_hurt_where_nothing_is_watched(of: MarginLoan, seed: int, more: float) -> None:
    at_once = of.evolve(sale=of.sale.evolve(shares_per_day=None))
    base, better = (shortfall(rolled(each, seed)) for each in (at_once, at_once.evolve(shares=more * of.shares)))
    assert (better <= base + 1e-12 * of.amount_usd).all()


def test_more_shares_can_hurt_where_a_ratio_is_watched() -> None:
    # a million shares are sold at 70 in time; a few more do not trigger, and meet the crash to 20
    triggers = LtvTriggers(restore=0.72, call=0.72, liquidation=0.72, cure_days=0)
    of = loan(triggers=triggers, sale=ShareSale(lag_days=0))
    prices = {10: 69.0, 20: 20.0}
    assert shortfall(by_hand(of, prices))[0] == 0.0
    assert shortfall(by_hand(of.evolve(shares=1.1e6), prices))[0] > 2e7


@given(of=margin_loans(), seed=seeds)
def test_twice_of_everything_and_two_halves(of: MarginLoan, seed: int) -> None:
    # two lenders of a half each, sold side by side with half the depth each: pari passu
    np.testing.assert_allclose(rolled(doubled(of), seed).ledger, 2.0 * rolled(of, seed).ledger, rtol=1e-9, atol=1e-3)


@settings(max_examples=15)
@given(of=margin_loans(), seed=seeds)
def test_json_out_and_in_has_the_same_ledger(of: MarginLoan, seed: int) -> None:
    again = model_from_text(dumps_json(margin_deal(of)), Deal, kind="deal", language="json")
    read = again.contracts["loan"]
    assert isinstance(read, MarginLoan)
    np.testing.assert_array_equal(rolled(read, seed).ledger, rolled(of, seed).ledger)


@given(of=margin_loans(), seed=seeds)
def test_recourse_never_loses_more(of: MarginLoan, seed: int) -> None:
    # a borrower who would walk away pays, a failed one its recovery of 40 %: more than the interest of waiting for it
    with_it, without = (shortfall(rolled(of.evolve(recourse=each), seed)) for each in (True, False))
    assert (with_it <= without + 1e-12 * of.amount_usd).all()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
@pytest.mark.parametrize("volatility", [0.05, 1.5])
def test_shipped_laws_hold(law: object, volatility: float) -> None:
    watched = loan(triggers=LtvTriggers(restore=0.6, call=0.65, liquidation=0.75), top_up=TopUp(source="cash"))
    for of in (watched, loan(recourse=True)):
        deal = margin_deal(of)
        if law.applies(deal):  # type: ignore[attr-defined]
            on = market(volatility=volatility, hazard=0.2)
            assert law.check(deal, on, Settings(paths=1)) is None  # type: ignore[attr-defined]
