"""Local volatility, breaks of belief and Sobol numbers: each against an exact value, and against the default method where they meet."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from curves import Market, belief_jump, equity_forward, rent_curve, volatility_surface
from instruments.conditions import AllOf, DateReached
from instruments.ground.errors import PricingError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.formulas import call_value, forward_option_value, jump_call_value, touch_probability
from pricing.paths.drivers import with_belief, with_local_volatility
from pricing.paths.streams import BLOCK
from pricing.paths.world import World, simulate_world
from tests.warrants import AS_OF, EXPIRY, SHARE, deal, ladder_of, market, price_leg, run_of, sigmas

YEARS = (EXPIRY - AS_OF).days / 365
RENT = "rent:H100"
SMILE = {
    f"{tenor}@{strike}": {"value": volatility}
    for tenor, row in {"2M": (0.68, 0.55, 0.48, 0.46), "4M": (0.64, 0.54, 0.49, 0.47), "1Y": (0.60, 0.53, 0.50, 0.49)}.items()
    for strike, volatility in zip((70, 90, 110, 140), row, strict=True)
}
TERM = {"1M": 0.30, "3M": 0.60, "1Y": 0.50}
BELIEF = {"intensity": 0.8, "jumps": {SHARE: -0.4, RENT: -0.6}, "jump_volatility": 0.1}
THIN = {"kind": "thin_rent", "spot_usd_per_hour": 2.0, "growth": -0.1, "volatility": 0.7}
TIES = {f"{SHARE}|{RENT}": 0.5, f"{SHARE}|milestone:deliveries": 0.6}
OTHER = {"spot_usd": 50.0, "volatility": 0.4}
# far below any path: a plain call, and no ladder
ALWAYS = AllOf(legs=(price_leg(1e-3), DateReached(on=AS_OF)))
COUPLED = AllOf(legs=(price_leg(105.0, of="equity:NVDA"), *ladder_of()[1].legs, DateReached(on=AS_OF)))


def smiled(quotes: dict[str, Any] | None = None, **changes: Any) -> Market:
    return market(equity={"AMD": {"spot_usd": 100.0, "volatility": 0.5, **(quotes or {"surface": SMILE})}, "NVDA": OTHER}, **changes)


def breaking(**changes: Any) -> Market:
    equity = {"AMD": {"spot_usd": 100.0, "volatility": 0.6, "dividend_yield": 0.03}, "NVDA": OTHER}
    return market(**({"belief": BELIEF, "equity": equity, "rent": {"H100": THIN}, "correlation": TIES} | changes))


def mean_of(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


def call_worth(on: Market, method: str, strike: float, *, expiry: dt.date = EXPIRY, paths: int = 2 * BLOCK) -> tuple[float, float]:
    row = price(
        deal([ALWAYS], shares=1.0, strike_usd=strike, expiry=expiry, milestones={}), on, method=method, measures=["value"], paths=paths
    )
    return row.value, row.standard_error or 0.0


@pytest.mark.parametrize("tenor", [dt.date(2025, 12, 3), dt.date(2026, 2, 3)])
@pytest.mark.parametrize("strike", [70.0, 90.0, 110.0, 140.0])
def test_calls_on_these_paths_return_the_surface(tenor: dt.date, strike: float) -> None:
    on = smiled()
    years = (tenor - AS_OF).days / 365
    quoted = float(volatility_surface(on, SHARE).volatility(years, strike))
    expected = float(call_value(spot=100.0, strike=strike, volatility=quoted, years=years, rate=0.037))
    found, error = call_worth(on, "local_volatility", strike, expiry=tenor)
    assert sigmas(found, error, expected) <= MC_SIGMAS
    flat = float(call_value(spot=100.0, strike=strike, volatility=0.5, years=years, rate=0.037))
    assert abs(expected - flat) > 0.05 or strike == 110.0


@pytest.mark.parametrize("expiry", [dt.date(2025, 11, 3), dt.date(2025, 12, 15), EXPIRY])
def test_a_term_structure_is_exact_at_every_date(expiry: dt.date) -> None:
    on = smiled({"term_volatility": TERM})
    run = run_of(deal([ALWAYS], expiry=expiry, milestones={}), on)
    drivers = with_local_volatility(run.drivers, on)
    variance = sum(float(drivers.shares[0].smile.deviation(day, np.zeros(1))[0]) ** 2 for day in range(drivers.grid.size))
    years = float(drivers.grid.times[-1])
    assert variance == pytest.approx(float(volatility_surface(on, SHARE).total_variance(years, 100.0)), rel=1e-12)


def test_equal_quotes_are_the_default_method() -> None:
    same = {"surface": {point: {"value": 0.5} for point in SMILE}}
    conditions = [COUPLED, price_leg(110.0, days="touch")]
    of = deal(conditions)
    ties = {f"{SHARE}|milestone:deliveries": 0.6, f"{SHARE}|equity:NVDA": 0.5}
    flat = price(of, smiled(correlation=ties), method="monte_carlo", measures=["value", "vesting_probability"], paths=1)
    found = price(of, smiled(same, correlation=ties), method="local_volatility", measures=["value", "vesting_probability"], paths=1)
    # strikes stand still and moneyness moves, so that equal quotes are equal slices to rounding
    for mine, theirs in zip(found.rows, flat.rows, strict=True):
        assert mine.value == pytest.approx(theirs.value, rel=1e-9)


def worlds(on: Market, dress: Any, probability: Any, conditions: list[Any], blocks: int = 2) -> list[World]:
    drivers = dress(run_of(deal(conditions), on).drivers, on)
    return [simulate_world(drivers, probability, SHARE, 5, block) for block in range(blocks)]


RENTED = [COUPLED, AllOf(legs=(price_leg(2.0, of=RENT), price_leg(100.0, days="touch")))]
CASES = {"smile": (smiled(rent={"H100": THIN}, correlation=TIES), with_local_volatility), "belief": (breaking(), with_belief)}


@pytest.mark.parametrize("case", CASES)
def test_discounted_prices_are_martingales(case: str) -> None:
    on, dress = CASES[case]
    found = worlds(on, dress, "pricing", RENTED)
    grid = found[0].grid
    for day in (10, 60, grid.size - 1):
        for key in (SHARE, "equity:NVDA"):
            values = np.concatenate([world.closes[key][day] for world in found])
            assert sigmas(*mean_of(values), float(equity_forward(on, key, grid.times[day]))) <= MC_SIGMAS
        rents = np.concatenate([world.closes[RENT][day] for world in found])
        assert sigmas(*mean_of(rents), float(rent_curve(on, RENT).forward(grid.times[day]))) <= MC_SIGMAS


@pytest.mark.parametrize("case", CASES)
def test_share_measure_is_pricing_weighted_by_the_share(case: str) -> None:
    on, dress = CASES[case]
    pricing, share = (worlds(on, dress, probability, RENTED) for probability in ("pricing", "share"))
    grid = pricing[0].grid
    carried = float(equity_forward(on, SHARE, grid.times[-1]))
    facts = {
        "inverse": lambda world: 1.0 / world.closes[SHARE][-1],
        "log": lambda world: np.log(world.closes[SHARE][-1]),
        "other share": lambda world: world.closes["equity:NVDA"][-1],
        "rent": lambda world: world.closes[RENT][-1],
        "high": lambda world: (world.highs[SHARE].max(axis=0) > 120.0).astype(float),
        "low": lambda world: (world.lows[SHARE].min(axis=0) < 85.0).astype(float),
        "delivered": lambda world: (world.reached["milestone:deliveries"][2] < grid.size).astype(float),
    }
    for name, fact in facts.items():
        left = np.concatenate([fact(world) for world in share])
        right = np.concatenate([world.closes[SHARE][-1] / carried * fact(world) for world in pricing])
        (a, ea), (b, eb) = mean_of(left), mean_of(right)
        assert abs(a - b) <= MC_SIGMAS * np.hypot(ea, eb), name


def test_a_touch_on_local_volatility_without_a_smile_is_the_closed_form() -> None:
    on = smiled({"term_volatility": {"6M": 0.5, "1Y": 0.5}})
    (world,) = worlds(on, with_local_volatility, "share", [price_leg(115.0, days="touch")], 1)
    exact = float(touch_probability(spot=100.0, target=115.0, volatility=0.5, years=YEARS, rate=0.037, measure="share"))
    assert sigmas(float((world.highs[SHARE].max(axis=0) >= 115.0).mean()), np.sqrt(exact * (1 - exact) / BLOCK), exact) <= MC_SIGMAS


@pytest.mark.parametrize("strike", [60.0, 100.0, 130.0])
def test_calls_with_jumps_are_mertons(strike: float) -> None:
    on = breaking()
    found, error = call_worth(on, "jumps", strike)
    belief = belief_jump(on, SHARE)
    expected = jump_call_value(
        spot=100.0,
        strike=strike,
        diffusive_volatility=belief.diffusive_volatility,
        years=YEARS,
        intensity=belief.intensity,
        jump_mean=belief.jump_mean,
        jump_volatility=belief.jump_volatility,
        rate=0.037,
        dividend_yield=0.03,
    )
    assert sigmas(found, error, float(expected)) <= MC_SIGMAS
    plain = float(call_value(spot=100.0, strike=strike, volatility=0.6, years=YEARS, rate=0.037, dividend_yield=0.03))
    assert abs(float(expected) - plain) > 0.0


def test_options_on_a_rent_with_breaks_have_the_quoted_variance() -> None:
    found = np.concatenate([np.log(world.closes[RENT][-1]) for world in worlds(breaking(), with_belief, "pricing", RENTED)])
    kurtosis = float(((found - found.mean()) ** 4).mean() / found.var() ** 2)
    assert abs(found.var() / (0.7**2 * YEARS) - 1.0) <= MC_SIGMAS * np.sqrt((kurtosis - 1.0) / found.size)
    assert kurtosis > 3.2
    lognormal = float(forward_option_value(forward=2.0, strike=2.0, total_variance=0.49 * YEARS))
    assert lognormal > 0.0


@pytest.mark.parametrize("belief", [BELIEF | {"intensity": 0.0}, BELIEF | {"jumps": {"equity:ELSE": -0.5}}])
def test_without_breaks_the_method_is_the_default_one(belief: dict[str, Any]) -> None:
    for conditions in (ladder_of(30), [COUPLED]):
        first, second = (
            price(deal(conditions), breaking(belief=belief), method=method, paths=1).rows for method in ("monte_carlo", "jumps")
        )
        assert [replace(row, method="") for row in first] == [replace(row, method="") for row in second]


def test_sizeless_breaks_change_nothing_beyond_rounding() -> None:
    on = breaking(belief=BELIEF | {"jumps": {SHARE: 0.0}, "jump_volatility": 0.0})
    first, second = (price(deal([COUPLED]), on, method=method, measures=["value"], paths=1).value for method in ("monte_carlo", "jumps"))
    assert second == pytest.approx(first, rel=1e-9)


def test_what_a_market_must_hold() -> None:
    of = deal(ladder_of())
    with pytest.raises(PricingError, match="surface or term_volatility of equity:AMD"):
        price(of, market(), method="local_volatility", paths=1)
    with pytest.raises(PricingError, match="the market has no belief"):
        price(of, market(), method="jumps", paths=1)
    butterfly = {f"1Y@{strike}": {"value": volatility} for strike, volatility in ((80, 0.4), (100, 0.9), (120, 0.4))}
    with pytest.raises(PricingError, match="butterfly"):
        price(of, smiled({"surface": butterfly}), method="local_volatility", paths=1)
    with pytest.raises(PricingError, match="intensity"):
        price(of, breaking(belief=BELIEF | {"jumps": {SHARE: -2.0}}), method="jumps", paths=1)


@pytest.mark.parametrize("case", ["local_volatility", "jumps", "sobol"])
def test_the_same_bytes_for_any_number_of_threads(case: str) -> None:
    on = smiled(correlation=TIES) if case == "local_volatility" else breaking()
    of = deal(
        [COUPLED] if case != "sobol" else ladder_of(5),
        expiry=dt.date(2025, 11, 21),
        plan={dt.date(2025, 10, 20): 1.0, dt.date(2025, 11, 3): 3.0},
    )
    first, second = (price(of, on, method=case, paths=3 * BLOCK, threads=threads).to_json() for threads in (1, 2))
    assert first == second
