from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from instruments.ground.errors import InputError
from instruments.ground.tolerances import PV_REL
from pricing.formulas import (
    backstopped_rent,
    call_value,
    daily_watch,
    delivery_probability,
    large_pool_loss_probability,
    large_pool_loss_quantile,
    passage_probability,
    put_value,
    sculpted_debt,
    share_digital,
    share_or_nothing_touch,
    touch_call_value,
    touch_probability,
)

CLAIM = {"spot": 100.0, "volatility": 0.4, "years": 1.0}


def test_published_touch() -> None:
    assert float(touch_probability(target=120, measure="share", **CLAIM)) == pytest.approx(0.7062, abs=5e-5)  # four digits printed
    assert float(touch_probability(target=120, measure="pricing", **CLAIM)) == pytest.approx(0.5885, abs=5e-5)
    assert float(share_or_nothing_touch(target=120, **CLAIM)) == pytest.approx(70.62, abs=5e-3)


def test_published_large_pool() -> None:
    assert float(large_pool_loss_quantile(default_probability=0.02, correlation=0.2, level=0.999)) == pytest.approx(0.226, abs=5e-4)


def test_published_sculpting_and_backstop() -> None:
    service, capacity = sculpted_debt(cash_flow=[130, 117, 104], target_dscr=1.30, rate_per_period=0.10)
    np.testing.assert_allclose(service, [100, 90, 80], rtol=PV_REL)
    assert float(capacity) == pytest.approx(225.39, abs=5e-3)
    np.testing.assert_array_equal(backstopped_rent(rent=[1, 2, 3], floor=2, guarantor_share=0.5), [2.0, 2.0, 2.5])


def test_later_is_not_always_more() -> None:
    # a penny share without a hurdle
    np.testing.assert_allclose(
        share_or_nothing_touch(spot=100, target=100, volatility=0.4, years=[5, 10], dividend_yield=0.02), [90.5, 81.9], atol=0.05
    )


def test_limits_of_time_and_volatility() -> None:
    claim = {"spot": 100.0, "target": 120.0}
    assert float(touch_probability(volatility=0.4, years=0.0, **claim)) == 0.0
    assert float(share_or_nothing_touch(volatility=0.0, years=1.0, rate=0.1, **claim)) == 0.0
    assert float(share_or_nothing_touch(volatility=0.0, years=1.0, rate=0.2, **claim)) == 100.0
    assert float(touch_call_value(strike=90, volatility=0.0, years=1.0, rate=0.2, **claim)) == pytest.approx(
        100 - 90 * np.exp(-0.2), rel=PV_REL
    )
    assert float(touch_call_value(strike=90, volatility=0.0, years=1.0, **claim)) == 0.0
    assert float(touch_call_value(strike=90, volatility=0.4, years=0.0, **claim)) == 0.0


def test_a_target_below_spot_is_met_at_the_start() -> None:
    np.testing.assert_array_equal(touch_probability(target=[100, 99.9, 1e-9], **CLAIM), [1, 1, 1])
    claim = CLAIM | {"rate": 0.03}
    np.testing.assert_allclose(touch_call_value(target=95, strike=90, **claim), call_value(strike=90, **claim), rtol=PV_REL)


def test_a_lower_target_is_the_mirror_image() -> None:
    # under 1/S the same claim has an upper target
    lower = touch_probability(target=80, upper=False, measure="pricing", rate=0.03, **CLAIM)
    mirror = passage_probability(distance=np.log(100 / 80), drift=-(0.03 - 0.08), volatility=0.4, years=1)
    np.testing.assert_allclose(lower, mirror, rtol=PV_REL)
    assert float(touch_probability(target=110, upper=False, **CLAIM)) == 1.0


def test_touch_call_between_its_bounds_and_its_limit_without_strike() -> None:
    claim = CLAIM | {"rate": 0.03, "dividend_yield": 0.01}
    strikes = np.linspace(0, 120, 25)
    found = touch_call_value(target=120, strike=strikes, **claim)
    assert (np.diff(found) < 0).all()
    assert (found <= call_value(strike=strikes, **claim) * (1 + PV_REL)).all()
    np.testing.assert_allclose(found[0], share_or_nothing_touch(target=120, **claim), rtol=PV_REL)
    # a strike at the target: the hurdle adds nothing
    np.testing.assert_allclose(found[-1], call_value(strike=120, **claim), rtol=1e-10)  # two routes through Phi


def test_calls_puts_and_digitals_at_their_limits() -> None:
    np.testing.assert_allclose(
        call_value(spot=100, strike=[0, 90, 110], volatility=0.0, years=1.0, rate=0.05), [100, 100 - 90 * np.exp(-0.05), 0]
    )
    np.testing.assert_array_equal(call_value(spot=100, strike=[90, 100, 110], volatility=0.3, years=0.0), [10, 0, 0])
    np.testing.assert_array_equal(put_value(spot=100, strike=[90, 100, 110], volatility=0.3, years=0.0), [0, 0, 10])
    np.testing.assert_array_equal(share_digital(spot=100, target=[99, 100, 101], volatility=0.3, years=0.0), [100, 100, 0])
    assert float(call_value(spot=100, strike=0, volatility=0.3, years=2, dividend_yield=0.02)) == pytest.approx(
        100 * np.exp(-0.04), rel=PV_REL
    )


def test_daily_watch_moves_away_from_spot() -> None:
    assert float(daily_watch(target=120, volatility=0.4, step_years=1 / 252)) == pytest.approx(
        120 * np.exp(0.5826 * 0.4 / np.sqrt(252)), rel=1e-6
    )
    assert float(daily_watch(target=80, volatility=0.4, step_years=1 / 252, upper=False)) < 80
    assert float(daily_watch(target=120, volatility=0.4, step_years=0)) == 120


def test_delivery_date_is_inverse_gaussian() -> None:
    planned, v, tilt = 2.0, 0.5, 0.2
    mean, shape = planned / (1 + tilt), planned**2 / v**2

    def density(t: float) -> float:
        return float(np.sqrt(shape / (2 * np.pi * t**3)) * np.exp(-shape * (t - mean) ** 2 / (2 * mean**2 * t)))

    for horizon in (0.5, 1.5, 3.0):
        expected, _ = quad(density, 1e-9, horizon, epsabs=1e-13)
        found = delivery_probability(planned_years=planned, horizon_years=horizon, clock_volatility=v, tilt=tilt)
        assert float(found) == pytest.approx(expected, abs=1e-10)  # the quadrature's own accuracy


def test_delivery_limits() -> None:
    np.testing.assert_array_equal(
        delivery_probability(planned_years=[-1, 0, 1, 2, 2.001], horizon_years=2, clock_volatility=0), [1, 1, 1, 1, 0]
    )
    assert float(delivery_probability(planned_years=1, horizon_years=0, clock_volatility=0.3)) == 0.0


EXTREMES = [1e-300, 1e-200, 1e-20, 1e-3, 1.0, 50.0, 1e4, 1e150]


@pytest.mark.parametrize("volatility", [0.0, *EXTREMES])
@pytest.mark.parametrize("years", [0.0, *EXTREMES])
def test_passage_is_a_probability_whatever_the_arguments(volatility: float, years: float) -> None:
    distance, drift = np.meshgrid([-1e100, -1.0, 0.0, *EXTREMES], [0.0, *EXTREMES, *(-x for x in EXTREMES)])
    found = passage_probability(distance=distance, drift=drift, volatility=volatility, years=years)
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("volatility", [0.0, 1e-200, 1e-12, 1e-4, 0.5, 5.0, 50.0])
@pytest.mark.parametrize("rate", [-2.0, 0.0, 0.04, 5.0])
def test_values_are_numbers_within_their_bounds(volatility: float, rate: float) -> None:
    spot, years = np.meshgrid([1e-6, 1.0, 100.0, 1e9], [0.0, 1e-9, 1.0, 30.0])
    target, strike = 120.0, 90.0
    claim = {"spot": spot, "volatility": volatility, "years": years, "rate": rate}
    values = [
        touch_call_value(target=target, strike=strike, **claim),
        call_value(strike=strike, **claim),
        share_digital(target=target, **claim),
        share_or_nothing_touch(target=target, **claim),
    ]
    for found in values:
        assert np.isfinite(found).all()
        assert ((found >= 0) & (found <= spot * (1 + 1e-12))).all()
    assert np.isfinite(put_value(strike=strike, **claim)).all()


def test_a_barely_moving_share_behaves_as_a_still_one() -> None:
    still = touch_call_value(spot=100, target=120, strike=90, volatility=0.0, years=1, rate=[0.1, 0.3])
    np.testing.assert_allclose(
        touch_call_value(spot=100, target=120, strike=90, volatility=1e-8, years=1, rate=[0.1, 0.3]), still, rtol=PV_REL
    )


def test_shapes_broadcast() -> None:
    found = touch_probability(spot=np.full((3, 1), 100.0), target=np.array([110.0, 120, 130, 140]), volatility=0.4, years=1)
    assert found.shape == (3, 4)
    assert float(found[2, 1]) == float(touch_probability(target=120, **CLAIM))
    assert call_value(strike=[90, 100], **CLAIM).shape == (2,)
    assert large_pool_loss_quantile(default_probability=[0.01, 0.02], correlation=0.2, level=0.99).shape == (2,)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"spot": 0.0}, "spot"),
        ({"spot": -1.0}, "spot"),
        ({"target": 0.0}, "target"),
        ({"volatility": -0.1}, "volatility"),
        ({"years": -1.0}, "years"),
        ({"rate": np.nan}, "rate"),
        ({"rate": None}, "rate"),
        ({"spot": np.inf}, "spot"),
        ({"spot": "a lot"}, "spot"),
        ({"spot": 10**400}, "spot"),
        ({"spot": [1, 2], "target": [1, 2, 3]}, "shapes"),
        ({"measure": "physical"}, "measure"),
    ],
)
def test_refused_arguments_name_their_field(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InputError) as caught:
        touch_probability(**(CLAIM | {"target": 120.0} | changes))
    assert caught.value.problems[0].field == field


def test_a_strike_above_the_target_is_refused() -> None:
    with pytest.raises(InputError, match="target_less_strike"):
        touch_call_value(target=120, strike=121, **CLAIM)


def test_large_pool_inverse_and_certain_cases() -> None:
    levels = np.linspace(0.01, 0.99, 9)
    losses = large_pool_loss_quantile(default_probability=0.05, correlation=0.3, level=levels)
    np.testing.assert_allclose(
        large_pool_loss_probability(loss=losses, default_probability=0.05, correlation=0.3), levels, rtol=1e-9
    )  # ndtri
    np.testing.assert_array_equal(
        large_pool_loss_quantile(default_probability=[0, 0, 1, 1], correlation=0.3, level=[0, 1, 0, 1]), [0, 0, 1, 1]
    )
    np.testing.assert_array_equal(
        large_pool_loss_probability(loss=[0, 0.5, 1, 0.5], default_probability=[0, 0, 1, 1], correlation=0.3), [1, 1, 1, 0]
    )
    assert float(large_pool_loss_quantile(default_probability=0.05, correlation=0.0, level=0.7)) == pytest.approx(0.05, rel=PV_REL)
    with pytest.raises(InputError, match="correlation"):
        large_pool_loss_quantile(default_probability=0.05, correlation=1.0, level=0.7)


def test_large_pool_mean_is_the_default_probability() -> None:
    middle = (np.arange(200_000) + 0.5) / 200_000
    found = large_pool_loss_quantile(default_probability=0.03, correlation=0.2, level=middle)
    assert float(found.mean()) == pytest.approx(0.03, rel=1e-4)  # the midpoint rule's own error in the tail


@pytest.mark.parametrize(
    "changes",
    [
        {"target_dscr": 0.0},
        {"rate_per_period": -1.0},
        {"cash_flow": [-1.0]},
        {"cash_flow": 130.0, "target_dscr": 1.3, "rate_per_period": 0.1},
    ],
)
def test_sculpting_refuses(changes: dict[str, object]) -> None:
    with pytest.raises(InputError):
        sculpted_debt(**({"cash_flow": [130, 117], "target_dscr": 1.3, "rate_per_period": 0.1} | changes))
