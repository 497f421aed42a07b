"""A crowd, a story, riders: closed forms, limits, second opinions, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit

from instruments.ground.errors import InputError
from pricing import clearing
from pricing.clearing.belief import GRID
from pricing.narrative.crowd import belief_loop, leaning, settled_crowd, sweep_bias
from pricing.narrative.exits import exit_timing
from pricing.narrative.story import story_path

STEP = 2.0 / (GRID - 1)
"""Step of the grid on which `jump_biases` looks for folds."""


@pytest.mark.parametrize(("herding", "width"), [(1.0, 0.15), (1.0, 0.24), (2.0, 0.3), (0.6, 0.05)])
def test_folds_are_those_that_the_general_search_finds(herding: float, width: float) -> None:
    loop = belief_loop(herding=herding, width=width)
    assert loop is not None
    # x = L((h (x - 1/2) + b) / w) is x = Theta(x + b / h) with Theta(u) = L(h (u - 1/2) / w)
    found = clearing.jump_biases(lambda u: expit(herding * (u - 0.5) / width))
    assert found is not None
    assert np.array(found) * herding == pytest.approx([loop.up_bias, loop.down_bias], abs=herding * STEP)


def test_at_the_folds_the_crowd_stands_still_to_first_order() -> None:
    loop = belief_loop(herding=1.0, width=0.15)
    assert loop is not None
    for share, bias in ((loop.up_from, loop.up_bias), (loop.down_from, loop.down_bias)):
        assert float(leaning(share, bias, herding=1.0, width=0.15)) == pytest.approx(share, abs=1e-12)
        assert share * (1 - share) / 0.15 == pytest.approx(1.0)
    for landed, bias in ((loop.up_to, loop.up_bias), (loop.down_to, loop.down_bias)):
        root = brentq(lambda x, b=bias: float(leaning(x, b, herding=1.0, width=0.15)) - x, *((0.95, 1.0) if bias > 0 else (0.0, 0.05)))
        assert landed == pytest.approx(root, abs=1e-6)  # the landing is taken a hair past the fold


def test_up_and_down_paths_differ_with_herding_and_not_without() -> None:
    up = np.linspace(-0.2, 0.2, 81)
    rising, falling = (sweep_bias(biases, herding=1.0, width=0.15, start=start) for biases, start in ((up, 0.0), (up[::-1], 1.0)))
    loop = belief_loop(herding=1.0, width=0.15)
    assert loop is not None
    between = (up > loop.down_bias) & (up < loop.up_bias)
    assert (falling[::-1][between] - rising[between] > 0.5).all()
    assert rising[~between] == pytest.approx(falling[::-1][~between], abs=1e-9)
    assert np.diff(rising).max() > 0.7
    for herding in (0.0, 0.5):
        assert belief_loop(herding=herding, width=0.15) is None
        both = [sweep_bias(b, herding=herding, width=0.15, start=s) for b, s in ((up, 0.0), (up[::-1], 1.0))]
        assert both[0] == pytest.approx(both[1][::-1], abs=1e-9)
    assert sweep_bias(up, herding=0.0, width=0.15, start=0.0) == pytest.approx(expit(up / 0.15))


def test_a_settled_crowd_is_granovetters() -> None:
    share = clearing.settled_share(lambda u: float(expit((u - 0.5) / 0.15)), bias=0.05, start=0.0)
    assert float(settled_crowd(0.05, herding=1.0, width=0.15, start=0.0)) == pytest.approx(share, abs=1e-12)


def test_a_story_reaches_what_the_final_size_equation_says_at_any_step() -> None:
    for dt in (0.5, 0.1):
        heard = story_path(reproduction=2.0, telling_years=0.5, seed_share=1e-6, times=np.arange(0.0, 80.0, dt))
        assert heard[-1] == pytest.approx(clearing.story_reach(2.0), abs=1e-5)  # the seed is not nothing
        assert (np.diff(heard) >= 0).all()
    wide = story_path(reproduction=1.5, telling_years=0.5, seed_share=0.3, times=np.arange(0.0, 200.0, 0.25))[-1]
    assert wide == pytest.approx(1.0 - 0.7 * math.exp(-1.5 * wide), abs=1e-12)
    assert story_path(reproduction=0.0, telling_years=1.0, seed_share=0.2, times=np.arange(5.0))[-1] == pytest.approx(0.2)
    assert story_path(reproduction=0.9, telling_years=0.2, seed_share=1e-4, times=np.arange(0.0, 50.0, 0.1))[-1] < 0.002


def test_riders_leave_where_the_hazard_of_the_burst_takes_what_staying_earns() -> None:
    given = {"excess_growth": 0.3, "start_rate": 0.2, "awareness_years": 3.0, "trigger_share": 0.6, "longest_years": 20.0}
    found = exit_timing(**given)
    assert found.endogenous
    hazard = 0.2 / -math.expm1(-0.2 * 3.0 * 0.6)
    assert hazard * found.bubble_share == pytest.approx(0.3)
    assert found.burst_years == pytest.approx(found.wait_years + 1.8)
    assert found.bubble_share == pytest.approx(-math.expm1(-0.3 * found.burst_years))


def test_limits_of_the_riding_game() -> None:
    base = {"excess_growth": 0.3, "start_rate": 0.2, "awareness_years": 2.0, "trigger_share": 0.5, "longest_years": 20.0}
    for key in ("awareness_years", "trigger_share"):
        none = exit_timing(**(base | {key: 0.0}))
        assert none.bubble_share == pytest.approx(0.0, abs=1e-12)
        assert none.burst_years == pytest.approx(0.0, abs=1e-12)
    rare = exit_timing(**(base | {"start_rate": 1e-7}))
    assert rare.bubble_share == pytest.approx(0.3 * 1.0, rel=1e-6)  # (g - r) eta kappa
    late = exit_timing(**(base | {"start_rate": 0.01, "longest_years": 1.1}))
    assert not late.endogenous
    assert late.burst_years == 1.1
    # at the end the same condition holds with the posterior over those who became aware before
    hazard = 0.01 / -math.expm1(-0.01 * (1.1 - late.wait_years))
    assert hazard * late.bubble_share == pytest.approx(0.3)
    hurried = exit_timing(**(base | {"start_rate": 5.0}))
    assert hurried.wait_years == 0.0
    assert hurried.burst_years == pytest.approx(1.0)


def test_malformed_crowds_stories_and_riders_are_refused() -> None:
    with pytest.raises(InputError, match="width"):
        belief_loop(herding=1.0, width=0.0)
    with pytest.raises(InputError, match="herding"):
        settled_crowd(0.0, herding=-1.0, width=0.1, start=0.0)
    with pytest.raises(InputError, match="story"):
        story_path(reproduction=1.0, telling_years=1.0, seed_share=0.0, times=np.arange(3.0))
    with pytest.raises(InputError, match="exit timing"):
        exit_timing(excess_growth=0.0, start_rate=0.2, awareness_years=2.0, trigger_share=0.5, longest_years=6.0)
