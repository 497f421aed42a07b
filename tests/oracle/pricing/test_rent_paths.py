"""Rents on the daily paths of warrants: their curve comes back, deliveries depend on them both ways, every measure change is right."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import Market, rent_curve, rent_paths
from instruments import Deal
from instruments.conditions import AllOf, PriceTarget
from instruments.deal import Milestone
from instruments.ground.errors import MarketError, PricingError
from instruments.ground.tolerances import MC_SIGMAS, PV_REL
from instruments.observations import Close, DaysOut, Mean, Touch
from pricing import price, simulate_paths
from pricing.engines.warrant_ladder import as_ladder
from pricing.paths.streams import BLOCK, generator
from pricing.paths.world import World, simulate_world
from tests.warrants import AS_OF, PLAN, SHARE, deal, ladder_of, market, milestone_leg, price_leg, run_of, sigmas

RENT = "rent:H100"
STONE = "milestone:deliveries"
TWO_FACTORS: dict[str, Any] = {
    "kind": "two_factor",
    "index": "spot",
    "spot_usd_per_hour": 2.0,
    "forwards": {"3M": 2.1, "1Y": 1.5},
    "growth": -0.1,
    "mean_reversion": 1.5,
    "short_volatility": 0.6,
    "long_volatility": 0.3,
    "factor_correlation": -0.4,
    "short_deviation": 0.1,
    "short_premium": 0.05,
    "real_world_growth": 0.2,
    "launches": {"Rubin": {"expected": dt.date(2026, 1, 15), "window_years": 0.1, "jump_mean": -0.22, "jump_volatility": 0.1}},
}
TIES = {f"{SHARE}|{RENT}": 0.6, f"{RENT}|{STONE}": 0.7, f"{SHARE}|{STONE}": 0.4, f"{RENT}|credit:BUY": 0.3}
STONES = {"deliveries": Milestone(unit="GW", plan=PLAN, rent=RENT, buyer="buyer")}


def tied(**changes: Any) -> Market:
    base: dict[str, Any] = {
        "rent": {"H100": TWO_FACTORS},
        "correlation": TIES,
        "credit": {"BUY": {"kind": "hazard", "hazard": 0.4}},
        "milestones": {"deliveries": {"clock_volatility": 0.4}},
        "real_world": {"equity_drift": {"AMD": 0.12}},
    }
    return market(**(base | changes))


def on_rent(target: float = 2.2, **observed: Any) -> PriceTarget:
    return PriceTarget(of=RENT, at_least=target, **observed)


def coupled(conditions: list[Any] | None = None, **changes: Any) -> Deal:
    return deal(conditions or ladder_of(), milestones=STONES, buyer=True, **changes)


def worlds(of: Deal, on: Market, probability: Any, blocks: int = 2) -> list[World]:
    drivers = run_of(of, on).drivers
    return [simulate_world(drivers, probability, SHARE, 3, block) for block in range(blocks)]


def mean_of(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


@pytest.mark.parametrize("thin", [False, True])
def test_the_forward_comes_back_under_pricing(thin: bool) -> None:
    quotes = {"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": -0.3, "volatility": 0.5} if thin else TWO_FACTORS
    on = tied(rent={"H100": quotes}, real_world=None)
    found = np.concatenate([world.closes[RENT] for world in worlds(coupled(), on, "pricing")], axis=1)
    times = run_of(coupled(), on).drivers.grid.times
    for day in (0, 20, 75, 121):
        assert sigmas(*mean_of(found[day]), float(rent_curve(on, RENT).forward(times[day]))) <= MC_SIGMAS


def test_exact_transitions_are_those_of_the_curve() -> None:
    # the same normals through the curve's own paths: its short-term normal is ours, its long-term one the rest
    on = tied()
    run = run_of(coupled(), on)
    grid, curve = run.drivers.grid, rent_curve(on, RENT)
    mine = simulate_world(run.drivers, "pricing", SHARE, 3, 0).closes[RENT]
    normals = np.stack([generator(9, name, 0).standard_normal((grid.size, BLOCK)) for name in ("a", "b")])
    launch = generator(9, "c", 0)
    theirs = rent_paths(
        curve,
        grid.times,
        normals=normals,
        launch_uniforms=launch.random((1, BLOCK)),
        launch_normals=launch.standard_normal((1, BLOCK)),
    )
    for day in (10, 70, grid.size - 1):
        for back in (0, 5):
            found, other = (np.log(p[day]) - (np.log(p[day - back]) if back else 0.0) for p in (mine, theirs))
            # standard error of a standard deviation, fat tails of launches allowed for
            assert abs(found.std() / other.std() - 1.0) <= MC_SIGMAS * 1.5 / np.sqrt(BLOCK)
            assert abs(found.mean() - other.mean()) <= MC_SIGMAS * np.hypot(found.std(), other.std()) / np.sqrt(BLOCK)


def test_the_real_world_mean_is_the_curves() -> None:
    on = tied()
    found = np.concatenate([world.closes[RENT] for world in worlds(coupled(), on, "real_world")], axis=1)
    years = float(run_of(coupled(), on).drivers.grid.times[-1])
    assert sigmas(*mean_of(found[-1]), float(rent_curve(on, RENT).expected(years))) <= MC_SIGMAS
    with pytest.raises(MarketError, match="real_world"):
        worlds(coupled(), tied(rent={"H100": {k: v for k, v in TWO_FACTORS.items() if k != "real_world_growth"}}), "real_world", 1)


@pytest.mark.parametrize("launches", [False, True])
def test_share_measure_is_pricing_weighted_by_the_share(launches: bool) -> None:
    on = tied(rent={"H100": TWO_FACTORS if launches else TWO_FACTORS | {"launches": {}}})
    grid = run_of(coupled(), on).drivers.grid
    pricing, share = (worlds(coupled(), on, probability, 3) for probability in ("pricing", "share"))
    facts = {
        "rent": lambda world: world.closes[RENT][-1],
        "rent above 2": lambda world: (world.closes[RENT][-1] > 2.0).astype(float),
        "delivered": lambda world: (world.reached[STONE][2] < grid.size).astype(float),
        "both": lambda world: ((world.reached[STONE][2] < grid.size) & (world.closes[RENT][-1] > 1.8)).astype(float),
        "default": lambda world: (world.defaulted["credit:BUY"] < grid.size).astype(float),
        "mean of rents": lambda world: world.closes[RENT][60:].mean(axis=0),
    }
    for name, fact in facts.items():
        left = np.concatenate([fact(world) for world in share])
        weight = np.concatenate([world.closes[SHARE][-1] * grid.discounts[-1] / 100.0 for world in pricing])
        right = weight * np.concatenate([fact(world) for world in pricing])
        (a, ea), (b, eb) = mean_of(left), mean_of(right)
        assert abs(a - b) <= MC_SIGMAS * np.hypot(ea, eb), name


def test_under_the_share_measure_the_long_factor_gains_rho_s() -> None:
    # one factor alone: E_share[P_t] = F(t) exp(rho s v t)
    thin = {"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": 0.1, "volatility": 0.5}
    on = tied(rent={"H100": thin}, real_world=None)
    found = np.concatenate([world.closes[RENT][-1] for world in worlds(coupled(), on, "share")])
    years = float(run_of(coupled(), on).drivers.grid.times[-1])
    assert sigmas(*mean_of(found), 2.0 * float(np.exp((0.1 + 0.6 * 0.5 * 0.5) * years))) <= MC_SIGMAS


def test_odds_of_delivery_given_high_rents_move_with_the_correlation() -> None:
    found: list[float] = []
    for tie in (-0.7, 0.0, 0.7):
        on = tied(correlation={f"{RENT}|{STONE}": tie}, credit={"BUY": {"kind": "hazard", "hazard": 0.0}})
        (world,) = worlds(coupled(), on, "pricing", 1)
        high = world.closes[RENT][-1] > np.median(world.closes[RENT][-1])
        delivered = world.reached[STONE][2] < world.grid.size
        found.append(float(delivered[high].mean() - delivered[~high].mean()))
    noise = MC_SIGMAS * np.sqrt(0.25 / (BLOCK / 2) * 2)
    assert found[0] < -noise
    assert abs(found[1]) < noise
    assert found[2] > noise


def test_a_rent_leg_prices_and_depends_on_the_tie_with_deliveries() -> None:
    conditions = [AllOf(legs=(milestone_leg(3.0), on_rent(2.1, observation=Mean(days=5))))]
    values = [
        price(coupled(conditions), tied(correlation={f"{RENT}|{STONE}": tie}), method="monte_carlo", measures=["value"], paths=1).value
        for tie in (-0.6, 0.0, 0.6)
    ]
    assert values[0] < values[1] < values[2]
    assert price(coupled(conditions), tied(), method="monte_carlo", paths=1).row("vesting_probability", part="tranche 1").value


def test_a_rent_that_only_moves_along_changes_no_price() -> None:
    with_rent = coupled()
    without = deal(ladder_of(), milestones={"deliveries": STONES["deliveries"].evolve(rent=None)}, buyer=True)
    on = tied()
    assert as_ladder(run_of(with_rent, on)) is not None
    first, second = (price(of, on, method="monte_carlo", paths=1).to_json() for of in (with_rent, without))
    assert first.split('"results"')[1] == second.split('"results"')[1]
    general = [price_leg(110.0, days="touch"), AllOf(legs=(milestone_leg(1.0), price_leg(105.0, days="touch")))]
    values = [
        price(deal(general, milestones=stones, buyer=True), on, method="monte_carlo", paths=1).value
        for stones in (STONES, without.milestones)
    ]
    assert values[0] == values[1]


def test_simulated_paths_show_the_rent() -> None:
    world = simulate_paths(coupled(), tied(), "warrant", probability="share")
    assert world.closes[RENT].shape == (world.grid.size, BLOCK)
    assert set(world.highs) == {SHARE}


def test_two_bases_of_one_model_are_two_drivers() -> None:
    on = tied(rent={"H100": TWO_FACTORS, "B200": TWO_FACTORS}, correlation={f"{RENT}|rent:B200": 0.9})
    of = deal([on_rent(2.5), PriceTarget(of="rent:B200", at_most=1.9, observation=DaysOut(hits=2, days=4))], milestones={})
    (world,) = worlds(of, on, "pricing", 1)
    moves = [np.log(world.closes[key][-1]) for key in (RENT, "rent:B200")]
    # launches and short-term noise are each index's own: less than the 0.9 of the long-term factors
    assert 0.1 < np.corrcoef(moves)[0, 1] < 0.9


@pytest.mark.parametrize("observation", [Close(), Mean(days=3), DaysOut(hits=1, days=2)])
def test_every_observation_but_touch(observation: Any) -> None:
    assert (
        price(deal([on_rent(observation=observation)], milestones={}), tied(), method="monte_carlo", measures=["value"], paths=1).value
        > 0.0
    )


def test_what_a_rent_cannot_be() -> None:
    with pytest.raises(Exception, match="published once a day"):
        deal([on_rent(observation=Touch())], milestones={})
    with pytest.raises(Exception, match="deliveries move with a rent"):
        Milestone(unit="GW", plan=PLAN, rent="equity:AMD")
    of = deal([price_leg(110.0)], milestones={})
    odd = of.evolve(contracts={"warrant": of.contracts["warrant"].evolve(underlying=RENT)})
    with pytest.raises(PricingError, match="a warrant is on a share"):
        price(odd, tied(), measures=["value"], paths=1)
    with pytest.raises(PricingError, match="equity:NAME"):
        price(deal([price_leg(110.0, of="resale:H100")], milestones={}), tied(), measures=["value"], paths=1)
    with pytest.raises(PricingError, match="rent:GB300"):
        price(deal([price_leg(110.0, of="rent:GB300")], milestones={}), tied(), measures=["value"], paths=1)


def test_a_rent_without_a_tie_is_said() -> None:
    found = price(coupled(), tied(correlation={}), measures=["value"], method="monte_carlo", paths=1)
    assert any("moves with rent:H100" in text and "no correlation" in text for text in found.warnings)
    assert not any(
        "no correlation" in text for text in price(coupled(), tied(), measures=["value"], method="monte_carlo", paths=1).warnings
    )


def test_a_longer_deal_sees_the_same_rents_first() -> None:
    short, long = (worlds(coupled(expiry=AS_OF + dt.timedelta(days=days)), tied(), "pricing", 1)[0] for days in (160, 178))
    same = short.grid.size - 1
    np.testing.assert_allclose(short.closes[RENT][:same], long.closes[RENT][:same], rtol=PV_REL)
