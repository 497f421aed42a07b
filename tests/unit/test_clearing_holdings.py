"""Cross-held equity and debt, warrants, failure cascades, marks: worked examples, limits, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from instruments.ground.errors import InputError
from pricing import clearing

PAIR = {"debts": [60, 50], "equity_held": [[0, 0.2], [0.3, 0]], "debt_held": [[0, 0.1], [0, 0]]}
HALF = [[0, 0.5], [0.5, 0]]


@pytest.mark.parametrize("method", ["sweeps", "iteration"])
@pytest.mark.parametrize("which", ["greatest", "least"])
def test_two_firms_hold_each_other(method, which):
    found = clearing.clear_holdings(assets=[100, 80], **PAIR, method=method, which=which)
    assert found.equity == pytest.approx([51 / 0.94, 46.276596], abs=5e-7)  # printed digits
    assert found.outside[1] == pytest.approx([37.978723, 37.021277], abs=5e-7)
    assert found.outside[0] == pytest.approx([60, 45])
    assert found.outside.sum() == pytest.approx(180, rel=1e-13)
    assert found.value.sum() == pytest.approx(210.531915, abs=5e-7)
    assert found.double_counted == pytest.approx(30.531915, abs=5e-7)
    poor = clearing.clear_holdings(assets=[40, 80], **PAIR, method=method, which=which)
    assert poor.debt[0] == pytest.approx([51, 50], rel=1e-12)
    assert poor.equity == pytest.approx([0, 30], abs=1e-12)
    assert poor.outside.sum() == pytest.approx(120, rel=1e-13)
    assert poor.outside[0] == pytest.approx([51, 45], rel=1e-12)


def test_senior_before_junior():
    found = clearing.clear_holdings(assets=[70, 10], debts=[[50, 0], [40, 5]], equity_held=np.zeros((2, 2)))
    assert found.debt.tolist() == [[50, 0], [20, 5]]
    assert found.equity.tolist() == [0, 5]


def test_all_debt_held_inside_is_plain_clearing():
    debts = np.array([[0, 30.0, 0], [5, 0, 20], [10, 0, 0]])
    owed = debts.sum(axis=1)
    for alpha in (1.0, 0.4):
        plain = clearing.clear_debts(assets=[10, 5, 5], debts=debts, rank="pro_rata", alpha=alpha)
        held = clearing.clear_holdings(
            assets=[10, 5, 5], debts=owed, equity_held=np.zeros((3, 3)), debt_held=(debts / owed[:, None]).T, alpha=alpha
        )
        assert held.debt[0] == pytest.approx(plain.paid, rel=1e-12)
        assert held.dead_weight == pytest.approx(plain.dead_weight)
        assert not held.certificate.unique.any()


def test_vested_warrants_dilute_and_pay():
    found = clearing.clear_holdings(
        assets=[100, 0], debts=[0, 0], equity_held=np.zeros((2, 2)), warrants_held=[[0, 0], [0.1, 0]], warrant_floor=0.1
    )
    direct = clearing.contingent_equity(value=100, shares=10, vested=1, strike=0.01)
    assert found.warrants[0] == pytest.approx(direct.transfer)
    assert found.equity[0] == pytest.approx(10 * direct.price)
    assert found.value[1] == pytest.approx(direct.transfer)
    out_of_money = clearing.clear_holdings(
        assets=[100, 0], debts=[0, 0], equity_held=np.zeros((2, 2)), warrants_held=[[0, 0], [0.1, 0]], warrant_floor=100
    )
    assert out_of_money.warrants[0] == 0


def test_default_costs_are_dead_weight():
    found = clearing.clear_holdings(assets=[40, 80], **PAIR, alpha=0.5, beta=0.5)
    assert found.default.tolist() == [True, False]
    assert found.dead_weight > 20
    assert found.outside.sum() == pytest.approx(120 - found.dead_weight, rel=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"equity_held": [[0, 1.2], [0.3, 0]]}, "1.2 of 1 is held inside"),
        ({"equity_held": [[0, 1.0], [0.3, 0]]}, "1 of 1 is held inside"),
        ({"debt_held": [[0, 1.5], [0, 0]]}, "1.5 of 1 is held inside"),
        ({"equity_held": [[0.1, 0.2], [0.3, 0]]}, "diagonal"),
        ({"assets": [-1, 80]}, "assets"),
        ({"debts": [1, 2, 3]}, "debts"),
        ({"debt_held": np.zeros((3, 2, 2))}, "debt_held"),
        ({"alpha": 0}, "above 0"),
    ],
)
def test_malformed_holdings_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        clearing.clear_holdings(**({"assets": [100, 80], **PAIR} | change))


def test_book_and_look_through():
    assert clearing.owned_through(HALF) == pytest.approx(np.array([[2 / 3, 1 / 3], [1 / 3, 2 / 3]]))
    calm = clearing.failure_cascade(holdings=HALF, primitive=[1, 1], threshold=0, penalty=0)
    assert calm.look_through == pytest.approx([1, 1])
    assert calm.book.sum() == pytest.approx(4)
    fall = clearing.failure_cascade(holdings=HALF, primitive=[0.5, 1], threshold=0.7, penalty=0)
    assert fall.look_through == pytest.approx([2 / 3, 5 / 6])
    cost = clearing.failure_cascade(holdings=HALF, primitive=[0.5, 1], threshold=0.7, penalty=0.3)
    assert cost.look_through == pytest.approx([0.466667, 0.733333], abs=5e-7)  # printed digits
    assert cost.failed.tolist() == [True, False]
    assert cost.wave.tolist() == [1, 0]
    assert cost.look_through.sum() == pytest.approx(1.5 - cost.dead_weight)


def test_a_cascade_goes_in_waves_and_the_worst_case_is_worse():
    chain = {"holdings": HALF, "primitive": [0.5, 1], "threshold": [0.7, 0.8], "penalty": 0.3}
    best = clearing.failure_cascade(**chain)
    assert best.wave.tolist() == [1, 2]
    tie = {"holdings": HALF, "primitive": [1, 1], "threshold": 0.9, "penalty": 0.3}
    assert not clearing.failure_cascade(**tie).failed.any()
    assert clearing.failure_cascade(**tie, which="least").failed.all()


def test_a_cascade_refuses_full_ownership():
    with pytest.raises(InputError, match="held inside"):
        clearing.failure_cascade(holdings=[[0, 1.0], [0, 0]], primitive=[1, 1], threshold=0, penalty=0)


def test_marks_count_twice_and_look_through_does_not():
    found = clearing.mark_up(holdings=HALF, primitive_change=[1, 0])
    assert found.look_through_gain.sum() == pytest.approx(1)
    assert found.reported_gain == pytest.approx([1 / 3, 2 / 3])
    assert found.double_counted == pytest.approx(1)


def test_distance_to_a_margin_call():
    assert clearing.ltv_distance(ltv=0.3, limit=0.5) == pytest.approx(0.4)
    assert clearing.ltv_distance(ltv=0.3, limit=0.5, weight=0.25) == pytest.approx(1.6)  # cannot breach alone
    with pytest.raises(InputError, match="weight"):
        clearing.ltv_distance(ltv=0.3, limit=0.5, weight=0)


CHAIN = {"debts": [30, 10, 0], "equity_held": [[0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]], "warrants_held": [[0, 0, 0], [0, 0, 1.0], [0, 0, 0]]}
"""a holds half of b, which owes 10 and holds half of c and warrants on as many shares of c as there are; c is worth 100, a owes 30."""


@pytest.mark.parametrize("method", ["sweeps", "iteration"])
@pytest.mark.parametrize(("floor", "shares"), [(0, 50), (10, 55), (1000, 100)], ids=["exercised", "for a price", "far from exercise"])
def test_warrants_beside_shares_fail_nobody_whom_they_do_not(method, floor, shares):
    found = clearing.clear_holdings(assets=[0, 0, 100], **CHAIN, warrant_floor=[0, 0, floor], alpha=0.5, beta=0.5, method=method)
    b = 0.5 * shares + (100 - shares) - 10
    expected = [0.5 * b - 30, b, shares] if b >= 60 else [0, b, shares]
    assert found.default.tolist() == [b < 60, False, False]
    assert found.equity == pytest.approx(expected)


def test_one_solution_only_without_costs_and_with_something_of_every_claim_outside():
    loose, costly = (clearing.clear_holdings(assets=[100, 80], **PAIR, **costs) for costs in ({}, {"beta": 0.5}))
    assert loose.certificate.unique.tolist() == [True]
    assert costly.certificate.unique.tolist() == [False]
    whole = clearing.clear_holdings(assets=[100, 80], debts=[60, 50], equity_held=np.zeros((2, 2)), debt_held=[[0, 1.0], [0, 0]])
    assert whole.certificate.unique.tolist() == [False]
