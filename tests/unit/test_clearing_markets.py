"""Forced sales, resonance, commitments, risk transfer, belief: worked examples, limits, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from instruments.ground.errors import InputError, NetworkError
from pricing import clearing


def test_fire_sale_of_one_firm():
    found = clearing.fire_sale(units=[10], cash=[0.8], debt=[10.2], ratio=0.07, impact=0.005)
    assert found.first_round[0, 0] == pytest.approx(1.428571, abs=5e-7)  # printed digits
    assert found.price[0] == pytest.approx(0.977997, abs=5e-7)
    assert found.sold[0, 0] == pytest.approx(4.449733, abs=5e-7)
    assert found.sold[0, 0] / found.first_round[0, 0] == pytest.approx(3.115, abs=5e-4)


def test_fire_sale_limits():
    calm = clearing.fire_sale(units=[10], cash=[5], debt=[2], ratio=0.07, impact=0.1)
    assert calm.price.tolist() == [1]
    assert calm.sold.sum() == 0
    broke = clearing.fire_sale(units=[10], cash=[0], debt=[12], ratio=0.07, impact=0.05)
    assert broke.sold[0, 0] == 10  # not solvent: all is sold
    assert broke.price[0] == pytest.approx(math.exp(-0.5))
    deep = clearing.fire_sale(units=[10], cash=[0.8], debt=[10.2], ratio=0.07, impact=0.0)
    assert deep.sold[0, 0] == pytest.approx(1.428571, abs=5e-7)


def test_fire_sale_spreads_through_a_common_asset():
    units = [[10.0, 0.0], [5.0, 5.0], [0.0, 10.0]]
    found = clearing.fire_sale(units=units, cash=[0.5, 0.5, 0.9], debt=[10.2, 9.8, 9.9], ratio=0.07, impact=[0.01, 0.01])
    assert (found.price < 1).all()
    assert found.sold[2].sum() > 0


def test_malformed_sales_are_refused():
    with pytest.raises(InputError, match="cash"):
        clearing.fire_sale(units=[10, 5], cash=[1, 2, 3], debt=[1, 1], ratio=0.07, impact=0.1)
    with pytest.raises(InputError, match="ratio"):
        clearing.fire_sale(units=[10], cash=[1], debt=[1], ratio=0.0, impact=0.1)
    with pytest.raises(InputError, match="shock"):
        clearing.leverage_round(weights=[[1], [1]], assets=[1, 1], leverage=[1, 1], equity=[1, 1], impact=[0], shock=[0.1, 0.1])


def test_fire_sale_batch_equals_loop():
    debts = np.array([[10.2], [9.0], [12.0]])
    batch = clearing.fire_sale(units=[10], cash=[0.8], debt=debts, ratio=0.07, impact=0.005)
    for row, debt in enumerate(debts):
        one = clearing.fire_sale(units=[10], cash=[0.8], debt=debt, ratio=0.07, impact=0.005)
        assert batch.price[row] == pytest.approx(one.price, rel=1e-12)


def test_depth_from_a_quote():
    assert clearing.depth_impact(share_sold=0.05, price_fall=0.05) == pytest.approx(-math.log(0.95) / 0.05)
    with pytest.raises(InputError, match="shares"):
        clearing.depth_impact(share_sold=5, price_fall=0.05)


def test_leverage_targets():
    found = clearing.leverage_round(weights=[[1], [1]], assets=[100, 50], leverage=[9, 4], equity=[10, 10], impact=[1e-4], shock=[-0.01])
    assert found.sales == pytest.approx([11])
    assert found.price_move == pytest.approx([-0.0011])
    assert found.second_loss.sum() == pytest.approx(0.165)
    assert found.vulnerability == pytest.approx(0.00825)


def test_margin_spiral_and_its_end():
    calm = {"margin": 0.2, "position_before": 0.0, "position_after": 1.0, "margin_slope": 0.0, "risk_aversion": 2.0, "volatility": 0.5}
    plain = clearing.margin_spiral(**calm)
    assert plain == pytest.approx(1 / (2 / (2 * 0.25) * 0.2))
    loss = clearing.margin_spiral(**(calm | {"position_before": 0.3}))
    both = clearing.margin_spiral(**(calm | {"position_before": 0.3, "margin_slope": -0.2}))
    assert plain < loss < both
    with pytest.raises(NetworkError, match="no stable illiquid equilibrium"):
        clearing.margin_spiral(**(calm | {"position_before": 0.8}))


def test_resonance_of_two():
    found = clearing.resonance(effect=[[0, 0.5], [0.4, 0]], shock=[1, 0], value=[1, 3])
    assert found.radius == pytest.approx(0.447214, abs=5e-7)  # printed digits
    assert found.fall == pytest.approx([1.25, 0.625])
    assert found.gross == pytest.approx(1.875)
    assert found.gross_value_weighted == pytest.approx(1.25 + 3 * 0.625)
    with pytest.raises(NetworkError, match="not below 1"):
        clearing.resonance(effect=[[0, 2], [0.5, 0]], shock=[1, 0])
    with pytest.raises(InputError, match="shock to somebody"):
        clearing.resonance(effect=[[0, 0.5], [0.4, 0]], shock=[0, 0])


def test_effects_are_measured_by_bumps():
    matrix = np.array([[0, 0.5], [0.4, 0]])
    found = clearing.finite_effect(lambda v: np.array([2.0, 3]) * (1 - (1 - v / [2, 3]) @ matrix), [2.0, 3.0])
    assert found == pytest.approx(matrix, abs=1e-9)  # linear: exact but for cancellation


def test_the_link_that_carries_the_loop():
    saved = clearing.critical_links([[0, 0.5, 0.3], [0.4, 0, 0], [0, 0, 0]])
    assert saved[0, 1] == pytest.approx(math.sqrt(0.2))
    assert saved[0, 2] == pytest.approx(0, abs=1e-12)


def test_outside_multiplier_names_its_terms():
    assert clearing.outside_multiplier(shock=10).total == 1
    found = clearing.outside_multiplier(shock=10, default_cost=2, fire_sale=3, belief=1)
    assert (found.total, found.default_cost, found.fire_sale, found.belief) == pytest.approx((1.6, 0.2, 0.3, 0.1))
    with pytest.raises(InputError, match="above 0"):
        clearing.outside_multiplier(shock=0)


def test_superadditivity_and_its_undefined_case():
    assert clearing.superadditivity(together=5, first=1, second=1).ratio == 2.5
    assert clearing.superadditivity(together=5, first=0, second=0).ratio == math.inf
    nothing = clearing.superadditivity(together=0, first=0, second=0)
    assert nothing.ratio is None
    assert nothing.reason


def test_loop_gain_grows_only_above_the_decays():
    below = clearing.loop_gain(decay_supplier=0.2, decay_customer=0.3, purchases=0.5, multiple=1, put_back=0.1)
    above = clearing.loop_gain(decay_supplier=0.2, decay_customer=0.3, purchases=0.5, multiple=1, put_back=0.2)
    assert below == (pytest.approx(np.linalg.eigvals([[0.8, 0.5], [0.1, 0.7]]).max()), False)
    assert above[0] > 1
    assert above[1]


@pytest.mark.parametrize(("odds", "expected"), [(0.9, 58.62), (1.0, 100.0)])
def test_staged_commitment(odds, expected):
    found = clearing.staged_commitment(firm=0, tranches=[10] * 10, odds=[odds] * 10)
    assert found.expected == pytest.approx(expected, abs=5e-3)  # printed digits
    assert found.headline == 100
    assert found.wedge == pytest.approx(100 - found.expected)


def test_promises_become_debts_when_their_trigger_comes() -> None:
    promised = {"n": 3, "payer": [0, 0], "payee": [1, 2], "amount": [5.0, 7.0]}
    debts = clearing.called_commitments(**promised, triggered=[[False, False], [True, False], [True, True]])
    assert debts.sum(axis=(1, 2)).tolist() == [0, 5, 12]
    cleared = clearing.clear_debts(assets=[6, 0, 0], debts=debts, rank="pro_rata")
    assert cleared.paid[:, 0].tolist() == [0, 5, 6]
    assert clearing.called_commitments(**promised, triggered=[True, True])[0].tolist() == [0, 5, 7]
    with pytest.raises(InputError, match="equal lists"):
        clearing.called_commitments(**promised, triggered=[True])


def test_ladder_order():
    clearing.check_ladder(headline=100, expected=60, firm=20, drawn=30, drawn_outside=30)  # drawn may exceed firm
    with pytest.raises(InputError, match="firm = 70"):
        clearing.check_ladder(headline=100, expected=60, firm=70, drawn=30, drawn_outside=10)
    with pytest.raises(InputError, match="drawn_outside"):
        clearing.check_ladder(headline=100, expected=60, firm=20, drawn=30, drawn_outside=31)


def test_contingent_equity_and_the_hurdle_paradox():
    found = clearing.contingent_equity(value=100, shares=10, vested=1, strike=0.01)
    assert found.price == pytest.approx(9.0918, abs=5e-5)  # printed digits
    assert found.transfer == pytest.approx(9.0818, abs=5e-5)
    caught = clearing.contingent_equity(value=100, shares=10, vested=1, strike=0.01, hurdle=[9.0, 9.5, 10.5])
    assert caught.paradox.tolist() == [False, True, False]


def test_years_paid_ahead():
    n = clearing.implied_years(value=100, margin=0.2, revenue=20, growth=0.05, discount=0.05)
    assert n == pytest.approx(25)
    for growth in (0.02, 0.15):
        years = clearing.implied_years(value=60, margin=0.2, revenue=20, growth=growth, discount=0.05)
        assert clearing.implied_revenue(value=60, margin=0.2, years=years, growth=growth, discount=0.05) == pytest.approx(20)
    with pytest.raises(NetworkError, match="no number of years"):
        clearing.implied_years(value=1000, margin=0.2, revenue=20, growth=0.0, discount=0.1)


def test_risk_transfer_matrix():
    losses = [[60, 42, 40, 40], [0, 0, 20, 0], [0, 18, 0, 20]]
    found = clearing.risk_transfer(losses=losses, ultimate=[[1, 0], [0.5, 0.5], [0, 1]])
    assert found.by_class.T.tolist() == [[0, 0, 0], [-18, 0, 18], [-20, 20, 0], [-20, 0, 20]]
    assert found.dead_weight.tolist() == [0, 0, 0, 0]
    assert found.ultimate.sum(axis=0) == pytest.approx([0, 0, 0, 0])
    with pytest.raises(InputError, match="adding up to 1"):
        clearing.risk_transfer(losses=losses, ultimate=[[1, 0.5], [0.5, 0.5], [0, 1]])


def test_the_two_crowds():
    assert clearing.joiners(range(100)) == 100
    assert clearing.joiners([0, 2, *range(2, 100)]) == 1
    assert clearing.joiners([1, 1]) == 0


def test_belief_has_hysteresis():
    def normal(u):
        return ndtr((np.asarray(u) - 0.5) / 0.1)

    up, down = clearing.jump_biases(normal)
    assert up > 0 > down
    between = 0.5 * (up + down)
    low = clearing.settled_share(lambda u: float(normal(u)), bias=between, start=0.0)
    high = clearing.settled_share(lambda u: float(normal(u)), bias=between, start=1.0)
    assert low < 0.2 < 0.8 < high
    assert clearing.settled_share(lambda u: float(normal(u)), bias=up + 0.01, start=0.0) > 0.8
    assert clearing.settled_share(lambda u: float(normal(u)), bias=down - 0.01, start=1.0) < 0.2
    assert clearing.jump_biases(lambda u: ndtr((u - 0.5) / 2.0)) is None  # a flat crowd never jumps


def test_stories_and_news():
    reach = clearing.story_reach(2.0)
    assert reach == pytest.approx(1 - math.exp(-2 * reach))
    assert reach == pytest.approx(0.7968, abs=5e-5)  # the textbook value for R0 = 2
    assert clearing.story_reach(1.0) == 0
    assert 0 < clearing.story_reach(1.001) < 0.01
    assert clearing.news_rate(base=2, branching=0.5) == 4
    with pytest.raises(NetworkError, match="not below 1"):
        clearing.news_rate(base=2, branching=1.0)
