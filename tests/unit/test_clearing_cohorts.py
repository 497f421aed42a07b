"""Cohorts, concentration, crowding out, capacity brought forward; control, tied sales, exclusivity, mark-ups: by hand, limits, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from instruments.ground.errors import InputError
from pricing.clearing.cohorts import capacity_years_gained, cohort_losses, concentration, crowded_out
from pricing.clearing.control import chain_mark_ups, controlled, lock_in, look_through_shares, mark_up_loss, tied_sales

TIMES = [0.0, 1.0, 2.0]


def test_cohorts_sell_when_they_may() -> None:
    found = cohort_losses(
        shares=[10.0, 5.0, 2.0],
        entry_price=[1.0, 8.0, 9.0],
        free_from_years=[0.0, 1.0, 3.0],
        react_years=0.5,
        times=TIMES,
        price=[10.0, 4.0, 3.0],
    )
    assert found.exit_price.tolist() == [7.0, 4.0, 3.0]
    assert found.loss.tolist() == [-60.0, 20.0, 12.0]
    assert float(found.total) == pytest.approx(float(found.paid.sum()) - (70 + 20 + 6))


def test_limits_of_cohorts() -> None:
    held = {"shares": [1.0, 1.0], "entry_price": [10.0, 10.0], "times": TIMES}
    assert (cohort_losses(free_from_years=[0.0, 2.0], react_years=0.0, price=[10.0] * 3, **held).loss == 0).all()
    both = cohort_losses(free_from_years=[0.0, 0.0], react_years=0.0, price=[[10.0, 1.0, 1.0], [8.0, 1.0, 1.0]], **held)
    assert both.loss.tolist() == [[0.0, 0.0], [2.0, 2.0]]
    locked = cohort_losses(free_from_years=[0.0, 2.0], react_years=0.0, price=[9.0, 5.0, 4.0], **held).loss
    assert locked[1] > locked[0]
    with pytest.raises(InputError, match="times"):
        cohort_losses(shares=[1], entry_price=[1], free_from_years=[0], react_years=0.0, times=[1.0, 2.0], price=[1.0, 1.0])
    with pytest.raises(InputError, match="shares"):
        cohort_losses(shares=[1], entry_price=[1, 2], free_from_years=[0], react_years=0.0, times=TIMES, price=[1.0] * 3)


def test_concentration_of_equal_shares() -> None:
    for n in (1, 2, 5):
        assert concentration(np.full(n, 3.0)) == pytest.approx(1 / n)
    assert concentration([3.0, 1.0]) == pytest.approx(0.625)
    with pytest.raises(InputError, match="amounts"):
        concentration([0.0, 0.0])


def test_crowding_out_between_its_limits() -> None:
    assert crowded_out(demand_usd=100.0, supply_elasticity=0.0, other_elasticity=1.0) == (100.0, 0.0)
    assert crowded_out(demand_usd=100.0, supply_elasticity=2.0, other_elasticity=0.0) == (0.0, 100.0)
    displaced, saved = crowded_out(demand_usd=100.0, supply_elasticity=0.5, other_elasticity=1.5)
    assert (displaced, saved) == (75.0, 25.0)
    # the same from a market that clears: supply S (1 + e_s r) meets others' demand S (1 - e_d r) plus D, to first order
    base, new = 1000.0, 1e-3
    rate = new / (base * 2.0)
    assert base * 1.5 * rate == pytest.approx(float(crowded_out(demand_usd=new, supply_elasticity=0.5, other_elasticity=1.5)[0]))
    with pytest.raises(InputError, match="elasticities"):
        crowded_out(demand_usd=1.0, supply_elasticity=0.0, other_elasticity=0.0)


def test_capacity_that_comes_earlier() -> None:
    assert capacity_years_gained(with_finance=[1, 2, 3], without_finance=[1, 2, 3], step_years=1.0) == 0.0
    assert capacity_years_gained(with_finance=[0, 4, 4, 4], without_finance=[0, 0, 0, 4], step_years=0.5) == 4.0
    with pytest.raises(InputError, match="capacity"):
        capacity_years_gained(with_finance=[1.0], without_finance=[1.0, 2.0], step_years=1.0)


def test_look_through_shares_are_sums_over_all_chains() -> None:
    held = np.array([[0, 0.5, 0.1], [0.2, 0, 0.4], [0, 0.1, 0]])
    total, power = np.zeros((3, 3)), np.eye(3)
    for _ in range(200):
        power = power @ held
        total += power
    assert look_through_shares(held) == pytest.approx(total, abs=1e-12)
    assert (look_through_shares(np.zeros((2, 2))) == 0).all()
    with pytest.raises(InputError, match="inside"):
        look_through_shares([[0, 1.0], [0, 0]])


def test_control_runs_through_majorities_only() -> None:
    votes = np.zeros((4, 4))
    votes[0, 1], votes[0, 3], votes[1, 2], votes[1, 3] = 0.6, 0.3, 0.5, 0.3
    found = controlled(votes)
    assert found[0].tolist() == [False, True, False, True]  # 0.3 + 0.3 of the fourth; half of the third is no majority
    assert not found[1:].any()
    assert controlled(votes, majority=0.49)[0].tolist() == [False, True, True, True]


def test_tied_sales_by_hand() -> None:
    found = tied_sales(invested=[10.0, 0.0, 5.0], bought=[40.0, 30.0, 2.0], other_sales=28.0)
    assert (found.tied_share, found.funded_share) == (0.42, 0.12)
    none = tied_sales(invested=[0.0], bought=[5.0])
    assert (none.tied_share, none.funded_share) == (0.0, 0.0)
    assert tied_sales(invested=[1.0], bought=[5.0]).tied_share == 1.0


def test_dropping_the_flag_returns_the_choice() -> None:
    costs = {"a": 35.0, "b": 30.0, "c": 50.0}
    tied = lock_in(unit_cost_usd=costs, units=10.0, exclusive=["a"], given_usd=20.0)
    assert (tied.open, tied.chosen, tied.cost_usd, tied.net_usd) == (("a",), "a", 50.0, 30.0)
    free = lock_in(unit_cost_usd=costs, units=10.0)
    assert (free.open, free.chosen, free.cost_usd) == (("a", "b", "c"), "b", 0.0)
    assert lock_in(unit_cost_usd=costs, units=10.0, exclusive=["a"], switching_usd=60.0).cost_usd == 0.0
    with pytest.raises(InputError, match="exclusive"):
        lock_in(unit_cost_usd=costs, units=1.0, exclusive=["d"])


def test_mark_ups_take_from_customers_and_none_takes_nothing() -> None:
    none = mark_up_loss([0.0, 0.0], elasticity=0.8)
    assert (none.consumer_loss, none.profit, none.dead_weight) == (0.0, 0.0, 0.0)
    one = mark_up_loss([0.5], elasticity=0.8)
    grid = np.linspace(1.0, 1.5, 200_001)
    area = float(np.trapezoid(1 - 0.8 * (grid - 1), grid))
    assert one.consumer_loss == pytest.approx(area)
    assert one.profit == pytest.approx(0.5 * 0.6)
    assert one.dead_weight == pytest.approx(0.5 * 0.8 * 0.25)
    chain = mark_up_loss([0.2, 0.25], elasticity=0.8)
    assert chain.price == pytest.approx(one.price)
    assert chain.consumer_loss == pytest.approx(one.consumer_loss)
    priced_out = mark_up_loss([3.0], elasticity=0.8)
    assert (priced_out.volume, priced_out.consumer_loss, priced_out.profit) == (0.0, 0.625, 0.0)


def test_a_joint_firm_asks_less_than_a_chain() -> None:
    joint, chain = chain_mark_ups(elasticity=0.8, stages=2)
    prices = np.linspace(1.0, 2.25, 100_001)
    best = prices[np.argmax((prices - 1.0) * (1 - 0.8 * (prices - 1)))]
    assert joint == pytest.approx(best, abs=1e-4)  # step of the grid
    assert chain > joint
    assert chain_mark_ups(elasticity=0.8, stages=1) == (joint, joint)
    assert mark_up_loss([joint - 1], elasticity=0.8).consumer_loss < mark_up_loss([chain - 1], elasticity=0.8).consumer_loss
