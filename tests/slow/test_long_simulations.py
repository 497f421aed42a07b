"""Long Monte Carlo: errors small enough to see what the gate's short runs cannot. Run with `python -m pytest -m slow`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curves import Market, load_market
from instruments import load_deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing import Settings, Task, Watch, price
from pricing.conditions import vesting_day
from pricing.engines.warrant_paths import simulate_vesting
from pricing.engines.warrant_setup import prepare
from pricing.paths.world import simulate_world

pytestmark = pytest.mark.slow
FOLDER = Path(__file__).parents[2] / "examples" / "amd_openai"


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market(FOLDER)


def test_two_seeds_agree_on_the_real_warrant(market: Market) -> None:
    deal = load_deal(FOLDER)
    one, two = (price(deal, market, method="monte_carlo", measures=["value"], paths=131_072, seed=seed) for seed in (1, 2))
    error = np.hypot(one.standard_error or 0.0, two.standard_error or 0.0)
    assert error < 0.003 * one.value
    assert abs(one.value - two.value) < MC_SIGMAS * error


def test_the_share_measure_agrees_with_the_pricing_measure_on_the_real_warrant(market: Market) -> None:
    """Discounted shares of vested tranches, averaged under the pricing measure: no change of measure, no controls, no compiled step."""
    deal = load_deal(FOLDER)
    task = Task(
        deal=deal,
        contract_id="warrant",
        contract=deal.contracts["warrant"],
        market=market,
        settings=Settings(measures=frozenset({"value"})),
    )
    run = prepare(task)
    share, grid = run.drivers.share(run.warrant.underlying), run.drivers.grid
    totals: list[np.ndarray] = []
    for block in range(24):
        world = simulate_world(run.drivers, "pricing", None, 7, block)
        watch = Watch(world, run.credit_of)
        vested = np.stack([vesting_day(tranche.condition, watch) < grid.size for tranche in run.warrant.tranches])
        gain = np.maximum(world.closes[share.key][-1] - run.warrant.strike_usd, 0.0) * grid.discounts[-1]
        totals.append((run.open_shares[:, None] * vested * gain).sum(axis=0))
    crude = np.concatenate(totals)
    fine = price(deal, market, method="monte_carlo", measures=["value"], paths=65_536)
    error = np.hypot(crude.std(ddof=1) / np.sqrt(crude.size), fine.standard_error or 0.0)
    assert abs(crude.mean() - fine.value) < MC_SIGMAS * error


def test_blocks_do_not_resemble_each_other(market: Market) -> None:
    deal = load_deal(FOLDER)
    run = prepare(Task(deal=deal, contract_id="warrant", contract=deal.contracts["warrant"], market=market, settings=Settings()))
    means = [simulate_vesting(run, None, ("share",), 0, block)["share"].payoff.mean() for block in range(6)]
    assert len(set(means)) == 6
