"""Margin loans by hand: each mechanic on one path whose numbers can be checked on paper; limits and messages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments import Deal, FloatingCoupon, MarketError, PricingError
from instruments.contracts.margin_loan import LtvTriggers, Marking, ShareSale, TopUp
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import PV_REL
from pricing import price, simulate
from pricing.engines.margin_loan_simulation import default_free_value
from pricing.ledger.margin_loan import DUE, INTEREST, LOST, PAID, PRINCIPAL, SALE, SALE_COST, SHARES_SOLD, VALUE_SOLD
from pricing.mechanics.share_sale import average_factor, sale_value, shares_needed
from pricing.strategies.margin_loans import AS_OF, margin_deal
from tests.margins import by_hand, loan, market, plan_of

TRIGGERS = LtvTriggers(restore=0.6, call=0.7, liquidation=0.8, cure_days=3)
SURE = ShareSale(lag_days=1)


def total(rolled: Any, column: int) -> float:
    return float(rolled.ledger[:, column, 0].sum())


def test_nothing_happens() -> None:
    rolled = by_hand(loan(triggers=TRIGGERS), {})
    assert total(rolled, PRINCIPAL + PAID) == 5e7
    days = plan_of(loan()).drivers.grid.dates[plan_of(loan()).maturity] - AS_OF
    assert total(rolled, INTEREST + PAID) == pytest.approx(5e7 * 0.06 * days.days / 360, rel=PV_REL)
    assert not rolled.called[0]
    assert total(rolled, SHARES_SOLD) == 0.0


def test_a_call_that_lapses_costs_nothing() -> None:
    rolled = by_hand(loan(triggers=TRIGGERS), {10: 70.0, 12: 100.0})
    assert rolled.called[0]
    assert total(rolled, PRINCIPAL + PAID) == 5e7
    assert rolled.liquidated[0] == plan_of(loan()).drivers.grid.size  # never


def test_a_call_answered_in_cash_restores_the_ratio() -> None:
    rolled = by_hand(loan(triggers=TRIGGERS, top_up=TopUp(source="cash")), {10: 70.0})
    plan = plan_of(loan(triggers=TRIGGERS))
    accrued = 5e7 * 0.06 * plan.day_share[:14].sum()
    assert rolled.restored[0] == pytest.approx(5e7 + accrued - 0.6 * 1e6 * 70.0, rel=PV_REL)
    assert total(rolled, PRINCIPAL + PAID) == pytest.approx(5e7, rel=PV_REL)
    assert total(rolled, PRINCIPAL + LOST) == 0.0


@pytest.mark.parametrize("top_up", [TopUp(), TopUp(source="cash", most_usd=1e6), TopUp(source="shares", most_shares=10.0)])
def test_a_call_that_is_not_answered_sells_after_the_cure(top_up: TopUp) -> None:
    rolled = by_hand(loan(triggers=TRIGGERS, top_up=top_up, sale=SURE), {10: 70.0})
    assert rolled.liquidated[0] == 13
    # sold on day 14 at 70: shares = claim / 70
    claim = total(rolled, PRINCIPAL + PAID) + total(rolled, INTEREST + PAID)
    assert total(rolled, SHARES_SOLD) == pytest.approx(claim / 70.0, rel=PV_REL)
    assert rolled.gap[0] == 0.0


def test_a_call_answered_in_shares() -> None:
    rolled = by_hand(loan(triggers=TRIGGERS, top_up=TopUp(source="shares", most_shares=1e6)), {10: 70.0, 60: 55.0})
    assert rolled.called[0]
    assert total(rolled, SHARES_SOLD) == 0.0
    # (50 m + interest) / 0.6 / 70 shares stand now, so 55 is a ratio of 0.76: another call, answered again
    assert rolled.ltv[0, 0] == pytest.approx(0.6, abs=0.03)  # interest accrues on top of the restored ratio


def test_a_failed_borrower_answers_no_call() -> None:
    rolled = by_hand(loan(triggers=TRIGGERS, top_up=TopUp(source="cash")), {10: 70.0}, default_day=12)
    assert rolled.liquidated[0] == 12
    assert rolled.restored[0] == 0.0


def test_a_crash_before_the_sale_is_a_gap() -> None:
    of = loan(triggers=TRIGGERS, sale=ShareSale(lag_days=2, cost=0.1))
    rolled = by_hand(of, {10: 60.0, 12: 40.0})
    assert rolled.liquidated[0] == 10
    assert total(rolled, SALE) == pytest.approx(4e7, rel=PV_REL)
    assert total(rolled, SALE_COST) == pytest.approx(4e6, rel=PV_REL)
    claim = total(rolled, PRINCIPAL + DUE) + total(rolled, INTEREST + DUE)
    assert rolled.gap[0] == pytest.approx(claim - 3.6e7, rel=PV_REL)
    assert total(rolled, PRINCIPAL + LOST) + total(rolled, INTEREST + LOST) == pytest.approx(rolled.gap[0], rel=PV_REL)


@pytest.mark.parametrize(("default_day", "share"), [(None, 1.0), (10, 0.4)])
def test_recourse_pays_the_gap_or_its_recovery(default_day: int | None, share: float) -> None:
    of = loan(triggers=TRIGGERS, sale=SURE, recourse=True, recourse_lag_days=0)
    rolled = by_hand(of, {10: 40.0}, default_day=default_day, on=market(hazard=0.01))
    lost = total(rolled, PRINCIPAL + LOST) + total(rolled, INTEREST + LOST)
    assert lost == pytest.approx((1.0 - share) * rolled.gap[0], rel=PV_REL)
    assert rolled.gap[0] > 0.0


def test_a_lagged_mark_is_blind_to_a_crash() -> None:
    rolled = by_hand(loan(triggers=TRIGGERS, marking=Marking(every_days=20, lag_days=5), sale=SURE), {3: 60.0})
    # known at the close of the 20th day: the 15th day's price
    assert rolled.liquidated[0] == 19


def test_a_slow_sale_sells_lots_at_a_falling_price() -> None:
    of = loan(triggers=TRIGGERS, sale=ShareSale(lag_days=1, shares_per_day=3e5, depth_shares=1e6, impact=0.5))
    rolled = by_hand(of, {10: 60.0})
    lots = rolled.ledger[:, SHARES_SOLD, 0]
    assert total(rolled, SHARES_SOLD) == pytest.approx(1e6)  # 60 m gross would be 47.2 m after impact: all is sold
    assert total(rolled, SALE) == pytest.approx(6e7 * average_factor(1e6, 0.5 / 1e6), rel=PV_REL)
    assert total(rolled, VALUE_SOLD) == pytest.approx(6e7, rel=PV_REL)
    assert lots.max() <= 5 * 3e5  # a row holds at most five days


def test_a_walk_away_at_maturity_without_recourse() -> None:
    plan = plan_of(loan(sale=ShareSale(lag_days=0)))
    low = by_hand(loan(sale=ShareSale(lag_days=0)), {50: 40.0})
    assert low.liquidated[0] == plan.maturity
    assert total(low, PRINCIPAL + PAID) + total(low, INTEREST + PAID) == pytest.approx(4e7)
    with_recourse = by_hand(loan(recourse=True), {50: 40.0})
    assert total(with_recourse, SHARES_SOLD) == 0.0
    assert total(with_recourse, PRINCIPAL + PAID) == 5e7


def test_shares_needed_is_the_inverse_of_the_sale() -> None:
    price_, sold, quantity = np.array([10.0, 50.0, 3.0]), np.array([0.0, 2.0, 5.0]), np.array([4.0, 0.0, 7.0])
    for strength in (0.0, 1e-12, 0.03):
        value = sale_value(price_, sold, quantity, strength)
        np.testing.assert_allclose(shares_needed(price_, sold, value, strength), quantity, rtol=1e-8, atol=1e-12)
    assert np.isinf(shares_needed(np.ones(1), np.zeros(1), np.array([2.0]), 1.0))[0]
    assert average_factor(2.0, 0.5) == pytest.approx((1 - np.exp(-1.0)) / 1.0)


def test_no_volatility_no_default_is_the_default_free_value() -> None:
    of = loan(triggers=TRIGGERS, coupon=FloatingCoupon(spread=0.01), interest_months=3)
    found = price(margin_deal(of), market(volatility=0.0), method="simulation", paths=1, threads=1)
    assert found.value == pytest.approx(default_free_value(plan_of(of)), rel=PV_REL)
    assert found.row("margin_call_probability").value == 0.0
    assert found.row("fair_margin").value == pytest.approx(0.0, abs=1e-9)  # a compounded index less its own discounting


def test_certain_default_sells_at_once_and_owes_nothing_more() -> None:
    found = price(margin_deal(loan(sale=SURE)), market(volatility=0.01, hazard=1e5), method="simulation", paths=1, threads=1)
    assert found.row("liquidation_probability").value == 1.0
    assert found.value == pytest.approx(5e7, rel=2e-3)  # a few days of interest
    assert found.row("expected_shortfall").value == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"borrower": "bank"}, "two parties"),
        ({"top_up": TopUp(source="cash")}, "give triggers"),
        ({"sale": ShareSale(shares_per_day=1.0)}, "at most 504"),
    ],
)
def test_impossible_terms_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        loan(**change)


def test_ratios_must_rise() -> None:
    with pytest.raises(TermsError, match="must rise"):
        LtvTriggers(restore=0.8, call=0.7, liquidation=0.9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lender": "nobody"}, "no such"),
        ({"maturity": AS_OF}, "must be after"),
        ({"underlying": "credit:OWN"}, "equity:AMD"),
    ],
)
def test_a_deal_checks_names_and_dates(change: dict[str, Any], words: str) -> None:
    with pytest.raises(TermsError, match=words):
        margin_deal(loan(**change))


def test_a_market_without_the_share_or_after_maturity_says_so() -> None:
    with pytest.raises(PricingError, match="market has no equity:OTHER"):
        price(margin_deal(loan(underlying="equity:OTHER")), market(), paths=1)
    with pytest.raises(MarketError, match="equity:OTHER"):
        simulate(margin_deal(loan(underlying="equity:OTHER")), market(), paths=1)
    late = market().evolve(as_of=dt.date(2027, 1, 4))
    with pytest.raises(PricingError, match="maturity"):
        price(margin_deal(loan()), late, paths=1)


def test_same_bytes_for_any_number_of_threads_and_replay() -> None:
    of: Deal = margin_deal(loan(triggers=TRIGGERS, top_up=TopUp(source="cash"), recourse=True))
    on = market(hazard=0.2)
    one, two = (price(of, on, method="simulation", measures=("value", "fair_margin"), paths=3 * 4096, threads=n).to_json() for n in (1, 3))
    assert one == two
    run = simulate(of, on, paths=2 * 4096, threads=1).contracts[0]
    whole = run.roll(1)
    np.testing.assert_array_equal(run.path(4096 + 7), whole[:, :, 7])
    assert np.abs(run.present.sum(axis=0)).max() < 1e-6
