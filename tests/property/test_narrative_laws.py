"""What must hold of every belief, bet, cohort and chain of owners, each law with its domain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from hypothesis.extra.numpy import arrays

from pricing.clearing.cohorts import cohort_losses, concentration, crowded_out
from pricing.clearing.common_factor import joint_default_odds
from pricing.clearing.control import controlled, lock_in, look_through_shares, mark_up_loss, tied_sales
from pricing.narrative.crowd import belief_loop, leaning, settled_crowd
from pricing.narrative.exits import exit_timing
from pricing.narrative.paid_ahead import dominance_value, funded_runway, implied_odds, paid_ahead
from pricing.narrative.process import counts_of
from pricing.narrative.story import story_path
from pricing.risk.shapley import shapley_parts

shares = st.floats(0.0, 1.0)
herds = st.floats(0.0, 3.0)
widths = st.floats(0.05, 1.0)
biases = st.floats(-1.0, 1.0)


@given(biases, herds, widths, shares)
def test_a_crowd_settles_at_an_equilibrium_between_the_least_and_the_greatest(bias, herding, width, start):
    least, here, greatest = settled_crowd(bias, herding=herding, width=width, start=[0.0, start, 1.0])
    assert least <= here + 1e-12
    assert here <= greatest + 1e-12
    for share in (least, here, greatest):
        # a root to 60 halvings; the map multiplies its error by at most herding / (4 width)
        assert float(leaning(share, bias, herding=herding, width=width)) == pytest.approx(share, abs=1e-12)


@given(biases, st.floats(0.0, 1.0), herds, widths, shares)
def test_better_news_never_makes_fewer_believe(bias, better, herding, width, start):
    worse, more = settled_crowd([bias, bias + better], herding=herding, width=width, start=start)
    assert worse <= more + 1e-12


@given(herds, widths)
def test_there_is_a_loop_exactly_above_four_widths_of_herding(herding, width):
    loop = belief_loop(herding=herding, width=width)
    assert (loop is not None) == (herding > 4 * width)
    if loop is not None:
        assert loop.down_bias <= loop.up_bias
        assert 0.0 <= loop.down_to <= loop.up_from + 1e-9
        assert loop.down_from <= loop.up_to + 1e-9
        assert loop.collapse >= 0.0


@given(st.floats(0.0, 4.0), st.floats(0.1, 3.0), st.floats(1e-4, 1.0), st.floats(0.02, 0.5))
def test_a_story_only_spreads_and_never_past_its_final_size(reproduction, telling, seed, step):
    heard = story_path(reproduction=reproduction, telling_years=telling, seed_share=seed, times=np.arange(0.0, 20.0, step))
    assert (np.diff(heard) >= -1e-15).all()
    assert heard[-1] <= 1.0 - (1.0 - seed) * np.exp(-reproduction * heard[-1]) + 1e-12


@given(st.floats(0.01, 1.0), st.floats(0.01, 3.0), st.floats(0.0, 5.0), shares, st.floats(0.1, 15.0))
def test_riders_wait_no_less_than_nothing_and_the_burst_has_an_end(growth, rate, awareness, trigger, longest):
    given_ = {"excess_growth": growth, "start_rate": rate, "longest_years": longest}
    found = exit_timing(awareness_years=awareness, trigger_share=trigger, **given_)
    assert found.wait_years >= 0.0
    assert 0.0 <= found.burst_years <= longest * (1 + 1e-12)
    assert 0.0 <= found.bubble_share <= 1.0 - np.exp(-growth * longest) + 1e-12
    # slower learning: never an earlier burst
    slower = exit_timing(awareness_years=awareness + 0.5, trigger_share=trigger, **given_)
    assert slower.burst_years >= found.burst_years - 1e-9


@given(arrays(float, 20, elements=st.floats(0.0, 0.999999)), st.floats(0.0, 20.0), st.floats(0.0, 5.0))
def test_counts_rise_with_their_rate(uniform, rate, more):
    low, high = counts_of(uniform, np.full(20, rate)), counts_of(uniform, np.full(20, rate + more))
    assert (low <= high).all()
    assert (low >= 0).all()


@given(arrays(float, 8, elements=st.floats(-10.0, 10.0)))
def test_parts_add_up(values):
    names = ("a", "b", "c")
    parts = shapley_parts(names, lambda on: values[sum(2**i for i, name in enumerate(names) if name in on)])
    assert sum(parts.values()) == pytest.approx(values[7] - values[0], abs=1e-9)


@given(shares, st.floats(1.0, 1e4), st.floats(0.0, 0.9), st.floats(0.0, 30.0), st.floats(0.0, 0.5))
def test_odds_are_recovered(odds, win, lost, years, discount):
    bet = {"win_usd": win, "lose_usd": lost * win, "years": years, "discount": discount}
    assert float(implied_odds(value_usd=dominance_value(odds=odds, **bet), **bet)) == pytest.approx(odds, abs=1e-9)


@given(st.floats(0.1, 1e3), st.floats(-0.2, 0.5), st.floats(0.0, 0.3), st.floats(0.001, 0.2))
def test_growth_shortens_and_discount_lengthens_what_is_paid_ahead(multiple, growth, discount, step):
    found = paid_ahead(
        value_usd=multiple, margin=1.0, revenue_usd=1.0, growth=[growth, growth + step], discount=[discount, discount + step]
    ).years
    assert (found[1] <= found[0] * (1 + 1e-9)).all()
    assert (found[:, 1] >= found[:, 0] * (1 - 1e-9)).all()


@given(st.floats(0.0, 100.0), st.floats(0.1, 100.0), st.floats(0.0, 100.0), arrays(float, 12, elements=shares), st.floats(0.0, 3.0))
def test_more_belief_never_shortens_a_runway(cash, burn, funding, belief, response):
    common = {"cash_usd": cash, "burn_usd_per_year": burn, "funding_usd_per_year": funding, "response": response, "step_years": 0.5}
    some, full, none = (funded_runway(belief=each, **common).years[0] for each in (belief, np.ones(12), np.zeros(12)))
    assert full >= some - 1e-9
    if response > 0.0:
        assert none <= some + 1e-9


@given(
    arrays(float, 4, elements=st.floats(0.0, 10.0)),
    arrays(float, 4, elements=st.floats(0.0, 10.0)),
    arrays(float, 4, elements=st.floats(0.0, 3.0)),
)
def test_cohorts_add_up_and_a_falling_price_spares_who_may_leave_first(count, entry, free):
    price = np.array([10.0, 4.0, 2.0])
    found = cohort_losses(shares=count, entry_price=entry, free_from_years=free, react_years=0.1, times=[0.0, 1.0, 2.0], price=price)
    assert float(found.total) == pytest.approx(float((count * entry).sum() - (count * found.exit_price).sum()), abs=1e-9)
    order = np.argsort(free)
    assert (np.diff(found.exit_price[order]) <= 1e-12).all()


@given(arrays(float, 5, elements=st.floats(0.01, 100.0)))
def test_concentration_lies_between_equal_shares_and_one(amounts):
    assert 1 / 5 - 1e-12 <= concentration(amounts) <= 1.0
    assert concentration(7.0 * amounts) == pytest.approx(concentration(amounts))


@given(st.floats(0.0, 100.0), st.floats(0.0, 5.0), st.floats(0.0, 5.0))
def test_a_demand_for_capital_is_met_by_savers_and_by_others(wanted, supply, other):
    assume(supply + other > 1e-6)
    displaced, saved = crowded_out(demand_usd=wanted, supply_elasticity=supply, other_elasticity=other)
    assert displaced >= 0.0
    assert saved >= -1e-12
    assert displaced + saved == pytest.approx(wanted)


@given(arrays(float, (4, 4), elements=st.floats(0.0, 0.3)))
def test_look_through_is_at_least_direct_and_outsiders_own_the_rest(held):
    held = held * (1 - np.eye(4))
    held = held / max(1.0, 1.1 * float(held.sum(axis=0).max()))
    through = look_through_shares(held)
    assert (through >= held - 1e-12).all()
    # what outside holders own through the web adds up to one for every firm (network note, 2.4)
    assert (1 - held.sum(axis=0)) @ (np.eye(4) + through) == pytest.approx(1.0)


@given(arrays(float, (4, 4), elements=st.floats(0.0, 0.5)), st.floats(0.1, 0.9), st.floats(0.0, 0.5))
def test_a_higher_hurdle_never_gives_more_control(votes, majority, more):
    votes = votes * (1 - np.eye(4))
    low, high = controlled(votes, majority=majority), controlled(votes, majority=min(0.99, majority + more))
    assert (high <= low).all()


@given(arrays(float, 4, elements=st.floats(0.0, 10.0)), arrays(float, 4, elements=st.floats(0.0, 10.0)), st.floats(0.1, 10.0))
def test_what_money_could_pay_for_is_part_of_what_is_tied(invested, bought, others):
    found = tied_sales(invested=invested, bought=bought, other_sales=others)
    assert 0.0 <= found.funded_share <= found.tied_share + 1e-12
    assert found.tied_share <= 1.0 + 1e-12


@given(st.lists(st.floats(1.0, 50.0), min_size=2, max_size=5), st.floats(0.0, 10.0), st.floats(0.0, 50.0))
def test_a_wider_choice_never_costs_more(costs, units, switching):
    named = {str(i): cost for i, cost in enumerate(costs)}
    tied = lock_in(unit_cost_usd=named, units=units, exclusive=["0"], switching_usd=switching)
    wider = lock_in(unit_cost_usd=named, units=units, exclusive=["0", "1"], switching_usd=switching)
    assert tied.cost_usd >= wider.cost_usd >= 0.0


@given(st.lists(st.floats(0.0, 2.0), min_size=1, max_size=3), st.floats(0.05, 3.0))
def test_customers_lose_at_least_what_sellers_gain(marks, elasticity):
    found = mark_up_loss(marks, elasticity=elasticity)
    assert found.dead_weight >= -1e-12
    assert found.consumer_loss <= 0.5 / elasticity + 1e-12
    assert mark_up_loss([*marks, 0.1], elasticity=elasticity).consumer_loss >= found.consumer_loss - 1e-12


@given(arrays(float, 3, elements=st.floats(0.01, 0.9)), st.floats(0.0, 0.8))
def test_a_common_factor_moves_odds_and_not_their_mean(odds, loading):
    found = joint_default_odds(default_probability=odds, loading=loading)
    assert found.sum() == pytest.approx(1.0)
    assert float(found @ np.arange(4)) == pytest.approx(float(odds.sum()), abs=1e-6)  # quadrature
    apart = joint_default_odds(default_probability=odds, loading=0.0)
    assert found[3] >= apart[3] - 1e-6
