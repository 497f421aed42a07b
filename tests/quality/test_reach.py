"""Do the searches and the small test deals reach what they are there to reach?"""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import HealthCheck, given, settings

from curves import Scenario
from pricing.conditions import Watch, vesting_day
from pricing.paths.world import simulate_world
from pricing.strategies import shocks
from tests.warrants import SHARE, both, coupled_market, deal, milestone_leg, run_of


def test_shocks_move_every_kind_of_quote_and_sometimes_none() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(shocks(coupled_market()))
    def collect(scenario: Scenario) -> None:
        seen.update({f"{move.key.split(':')[0]} {move.field}".strip() for move in scenario.moves} or {"none"})

    collect()
    assert set(seen) == {"none", "equity spot_usd", "equity volatility", "rates", "credit"}
    assert min(count for name, count in seen.items() if name != "none") >= 50


def test_the_coupled_deal_vests_lapses_defaults_and_is_cancelled() -> None:
    run = run_of(deal([milestone_leg(1.0), both(120.0, 3.0)], buyer=True), coupled_market())
    world = simulate_world(run.drivers, "pricing", SHARE, 0, 0)
    never = world.grid.size
    first, last = (vesting_day(tranche.condition, Watch(world, run.credit_of)) for tranche in run.warrant.tranches)
    for happened in (first < never, last < never, world.defaulted["credit:BUY"] < never):
        assert 0.02 < np.mean(happened) < 0.98
    reached = world.reached["milestone:deliveries"]
    stopped = (reached[0] < never) & (reached[2] == never)
    assert 0.02 < np.mean(stopped) < 0.98
