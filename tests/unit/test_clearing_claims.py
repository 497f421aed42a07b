"""Network valuation, pledges, guarantees, DebtRank: worked examples, nesting, limits, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from instruments.ground.errors import InputError
from instruments.ground.tolerances import FIXED_POINT_RESIDUAL
from pricing import clearing

DEBTS = np.array([[0, 20.0, 10], [5, 0, 24], [10, 0, 0]])


@pytest.mark.parametrize("rank", ["first", "pro_rata"])
@pytest.mark.parametrize("which", ["greatest", "least"])
def test_network_valuation_gives_eisenberg_noe(rank, which):
    external = np.array([1.0, 2, 3])
    rule = clearing.eisenberg_noe_worth(claims=DEBTS.T, liabilities=external, rank=rank)
    found = clearing.value_network(claims=DEBTS.T, assets=[10, 10, 10], liabilities=external, valuation=rule, which=which)
    direct = clearing.clear_debts(assets=[10, 10, 10], debts=DEBTS, external=external, rank=rank, which=which)
    assert found.equity == pytest.approx(direct.equity, abs=1e-10)
    assert found.certificate.residual[0] <= FIXED_POINT_RESIDUAL


def test_network_valuation_gives_rogers_veraart():
    rule = clearing.eisenberg_noe_worth(claims=DEBTS.T, liabilities=[1, 2, 3], rank="pro_rata", beta=0.7)
    found = clearing.value_network(claims=DEBTS.T, assets=[10, 10, 10], liabilities=[1, 2, 3], valuation=rule)
    direct = clearing.clear_debts(assets=[10, 10, 10], debts=DEBTS, external=[1, 2, 3], rank="pro_rata", alpha=0.7, beta=0.7)
    assert found.equity == pytest.approx(direct.equity, abs=1e-10)


def test_network_valuation_gives_linear_debt_rank():
    claims, equity = np.array([[0, 0.5, 0], [0.5, 0, 0.2], [0.1, 0, 0]]), np.array([1.0, 1, 2])
    shock = np.array([0.2, 0, 0.1])
    own = equity - claims.sum(axis=1) + claims.sum(axis=0)  # external assets with which the start is a fixed point
    found = clearing.value_network(claims=claims, assets=own - shock * equity, liabilities=0, valuation=clearing.debt_rank_worth(equity))
    direct = clearing.debt_rank(claims=claims, equity=equity, shock=shock)
    assert 1 - found.equity / equity == pytest.approx(direct.loss, abs=1e-10)


def test_furfine_and_ex_ante_valuations():
    claims = np.array([[0, 5.0], [0, 0]])  # 0 holds 5 on 1
    broke = clearing.value_network(claims=claims, assets=[1, 3], liabilities=0, valuation=clearing.furfine_worth(0.4))
    assert broke.worth.tolist() == [1, 0.4]
    assert broke.equity.tolist() == [3, -2]
    calm = clearing.ex_ante_default(equity=[5, 0, -1], assets=[5, 5, 5], volatility=0.3, years=1.0)
    assert calm[0] == 0  # equity at least as large as the assets: nothing can fall below
    assert calm[1] == pytest.approx(0.559618, abs=5e-7)  # Phi(0.15)
    assert calm[2] > calm[1]
    assert clearing.ex_ante_default(equity=[-1, 1], assets=5, volatility=0, years=1.0).tolist() == [1, 0]
    soft = clearing.ex_ante_worth(assets=[1, 3], volatility=0.3, years=1.0, recovery=0.4)
    valued = clearing.value_network(claims=claims, assets=[1, 3], liabilities=0, valuation=soft)
    assert 0.4 < valued.worth[1] < 1


def test_a_valuation_outside_its_range_is_refused():
    with pytest.raises(InputError, match=r"in \[0, 1\]"):
        clearing.value_network(claims=DEBTS.T, assets=1, liabilities=0, valuation=lambda equity: equity)


def test_collateral_is_worth_less_when_price_and_default_share_a_factor():
    low, high = 0.5, 1.5
    fair = clearing.secured_worth(default_probability=0.1, cover_in_default=[low, high], weights=[0.5, 0.5], recovery=0.0)
    wrong_way = clearing.secured_worth(default_probability=0.1, cover_in_default=[low, high], weights=[0.9, 0.1], recovery=0.0)
    assert fair == pytest.approx(0.9 + 0.1 * 0.75)
    assert wrong_way == pytest.approx(0.9 + 0.1 * 0.55)


def test_wrong_way_loss():
    true, naive = clearing.expected_loss(default_probability=[0.4, 0.05], loss_given_default=[0.6, 0.1], weights=[0.3, 0.7])
    assert true == pytest.approx(0.0755)
    assert naive == pytest.approx(0.03875)
    assert true / naive == pytest.approx(1.948, abs=5e-4)  # printed digits


def test_a_guarantee_is_worth_what_the_joint_default_leaves():
    assert clearing.guaranteed_loss(tenant=0.1, both=0.0, loss=50, cap=40) == pytest.approx(1.0)
    assert clearing.guaranteed_loss(tenant=0.1, both=0.1, loss=50, cap=40) == pytest.approx(5.0)
    with pytest.raises(InputError, match="at most the tenant"):
        clearing.guaranteed_loss(tenant=0.1, both=0.2, loss=50, cap=40)


def test_double_pledge():
    ranked = clearing.pay_from_pool(value=40, claims=[60, 30], rank=[1, 2])
    shared = clearing.pay_from_pool(value=40, claims=[60, 30], rank=None)
    assert ranked.paid.tolist() == [40, 0]
    assert shared.paid == pytest.approx([26.666667, 13.333333], abs=5e-7)  # printed digits
    assert ranked.surprise[1] == 30
    assert shared.surprise[1] == pytest.approx(16.666667, abs=5e-7)
    assert shared.multiple == 2.25
    assert clearing.over_pledged(value=100, claims=[60, 30], haircut=0.2)
    assert not clearing.over_pledged(value=100, claims=[50, 30], haircut=0.2)


def test_secured_debts_come_off_the_top():
    debts, pledged = [[0, 6.0, 6], [0, 0, 0], [0, 0, 0]], [[0, 4.0, 0], [0, 0, 0], [0, 0, 0]]
    found = clearing.clear_secured(assets=[6, 0, 0], debts=debts, collateral=pledged, rank="pro_rata")
    assert found.paid[0] == pytest.approx([0, 4 + 2 * 2 / 8, 6 * 2 / 8])
    assert found.rest.equity[0] == -6
    with pytest.raises(InputError, match="outside assets of the pledger"):
        clearing.clear_secured(assets=[3, 0, 0], debts=debts, collateral=pledged, rank="pro_rata")


def test_an_over_secured_creditor_returns_the_surplus():
    found = clearing.clear_secured(assets=[6, 0], debts=[[0, 2.0], [0, 0]], collateral=[[0, 5.0], [0, 0]], external=[5, 0], rank="pro_rata")
    assert found.paid[0, 1] == 2
    assert found.rest.outside_paid[0] == 4


def test_guarantor_pays_up_to_the_cap_and_can_fail_with_the_debtor():
    web = {"debts": [[0, 0, 10.0], [0, 0, 2], [0, 0, 0]], "guarantor": [1], "debtor": [0], "creditor": [2], "rank": "pro_rata"}
    strong = clearing.clear_guarantees(assets=[4, 20, 0], cap=[8], **web)
    assert strong.called == pytest.approx([6])
    assert strong.equity == pytest.approx([-6, 12, 12])
    weak = clearing.clear_guarantees(assets=[0, 5, 1], cap=[8], **web)
    assert weak.paid_under == pytest.approx([4])
    assert weak.both_fail.tolist() == [True]
    capped = clearing.clear_guarantees(assets=[4, 20, 0], cap=[1], **web)
    assert capped.equity == pytest.approx([-6, 17, 7])
    none = clearing.clear_guarantees(assets=[4, 20, 0], cap=[0], **web)
    plain = clearing.clear_debts(assets=[4, 20, 0], debts=web["debts"], rank="pro_rata")
    assert none.equity == pytest.approx(plain.equity)


def test_a_guarantor_cannot_guarantee_itself():
    with pytest.raises(InputError, match="neither debtor nor creditor"):
        clearing.clear_guarantees(assets=[1, 1], debts=np.zeros((2, 2)), guarantor=[0], debtor=[0], creditor=[1], cap=[1], rank="first")


def test_debt_rank_of_both_years():
    pair = {"claims": [[0, 0.5], [0.5, 0]], "equity": [1, 1], "shock": [0.2, 0]}
    assert clearing.debt_rank(**pair, version="2012").loss == pytest.approx([0.25, 0.1])
    assert clearing.debt_rank(**pair).loss == pytest.approx([4 / 15, 2 / 15])


def test_debt_rank_limits():
    linear = clearing.debt_rank(claims=[[0, 0.5], [0.5, 0]], equity=[1, 1], shock=[[0, 0], [1, 1], [0.1, 0]])
    assert linear.loss[0].tolist() == [0, 0]
    assert linear.loss[1].tolist() == [1, 1]
    weights = np.array([[0, 0.5], [0.5, 0]])
    assert linear.loss[2] == pytest.approx(np.linalg.solve(np.eye(2) - weights.T, [0.1, 0]))
    runaway = clearing.debt_rank(claims=[[0, 2.0], [2, 0]], equity=[1, 1], shock=[0.01, 0])
    assert runaway.loss.tolist() == [1, 1]  # radius above 1: the whole group defaults
    with pytest.raises(InputError, match="equity"):
        clearing.debt_rank(claims=weights, equity=[0, 1], shock=[0, 0])


@pytest.mark.parametrize("rank", [None, [1, 2, 1]])
def test_many_pools_at_once_pay_as_each_alone(rank):
    values, claims = np.array([40.0, 25.0]), np.array([[60.0, 30.0, 10.0], [5.0, 15.0, 20.0]])
    together = clearing.pay_from_pool(value=values, claims=claims, rank=rank)
    for row in range(2):
        alone = clearing.pay_from_pool(value=values[row], claims=claims[row], rank=rank)
        assert together.paid[row] == pytest.approx(alone.paid)
        assert together.multiple[row] == pytest.approx(alone.multiple)


def test_a_batch_of_one_keeps_its_axis():
    terms = {"debts": [[0, 4, 0], [0, 0, 0], [0, 0, 0]], "guarantor": [2], "debtor": [0], "creditor": [1], "rank": "first"}
    one = clearing.clear_guarantees(assets=[1, 0, 9], cap=[2], **terms)
    assert one.called == pytest.approx([2])
    for batch in ({"assets": [[1, 0, 9]], "cap": [2]}, {"assets": [1, 0, 9], "cap": [[2]]}):
        assert clearing.clear_guarantees(**batch, **terms).called.shape == (1, 1)
