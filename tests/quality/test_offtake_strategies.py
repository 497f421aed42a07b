"""Do the strategies of stand-alone offtakes reach every mechanic?"""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import HealthCheck, given, settings

from curves import Market
from instruments import Deal
from pricing.engines.offtake_run import set_up_offtake
from pricing.mechanics.offtake_leaving import decide
from pricing.mechanics.offtake_settlement import Settled, settle
from pricing.mechanics.offtake_world import offtake_world
from pricing.strategies import offtake_deals, offtake_markets

REACHED: Counter[str] = Counter()
AMOUNTS = tuple(name for name in Settled._fields if name != "outstanding")


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(offtake_deals(), offtake_markets())
def collect(given_deal: Deal, on: Market) -> None:
    setup = set_up_offtake(given_deal, "offtake", on)
    world = offtake_world(setup.model, 0, 0)
    found = decide(setup.plan, world, setup.fitted(0, 1, only_used=True), payoffs=False).notices
    settled = settle(setup.plan, world, found["customer"], found["provider"])
    REACHED.update(name for name in AMOUNTS if np.any(getattr(settled, name) > 0.0))
    REACHED.update(f"left by the {side}" for side, rows in found.items() if np.any(rows <= setup.plan.end))
    REACHED.update(["month lost"] if np.any(settled.rent_due > settled.rent_paid) else [])
    service = setup.plan.offtake.service
    suspended = service is not None and service.suspend_after_months and np.any(world.outages >= service.suspend_after_months)
    REACHED.update(["suspended"] if suspended else [])


def test_every_amount_and_every_end_is_reached() -> None:
    REACHED.clear()
    collect()
    wanted = {*AMOUNTS, "left by the customer", "left by the provider", "month lost", "suspended"}
    assert sorted(wanted - set(REACHED)) == []
