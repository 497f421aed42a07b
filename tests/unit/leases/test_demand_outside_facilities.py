"""Demand that a break of belief leaves, in leases and offtakes: what is let by the day earns that share, path by path; the rest stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from curves import Market
from pricing.engines.lease_run import set_up_lease
from pricing.engines.offtake_run import set_up_offtake
from pricing.ledger import lease as k
from pricing.mechanics.offtake_settlement import nobody, settle
from pricing.mechanics.offtake_world import offtake_world
from pricing.paths.lease import lease_paths
from tests import leases, offtakes

KEPT = 0.6
BELIEF: dict[str, Any] = {"intensity": 0.8, "jumps": {"rent:GPU": -0.2}, "jump_volatility": 0.1}


def lease_market(kept: float) -> Market:
    credits = {"TENANT": {"kind": "hazard", "hazard": 0.6, "recovery": 0.3}, "MAKER": {"kind": "hazard", "hazard": 0.02}}
    return leases.market(credit=credits, belief=BELIEF | {"demand_kept": kept})


def relet(kept: float) -> tuple[np.ndarray, np.ndarray | None]:
    setup = set_up_lease(leases.deal(remarketing={"choice": "relet"}), "lease", lease_market(kept))
    paths = lease_paths(setup.model, 2, 0)
    return setup.rolled(paths)[0], paths.demand


def test_a_lease_let_again_earns_its_share_of_demand() -> None:
    (whole, none), (less, demand) = relet(1.0), relet(KEPT)
    assert none is None
    assert demand is not None
    assert float((demand < 1.0).mean()) > 0.3
    np.testing.assert_allclose(less[:, k.RELET], whole[:, k.RELET] * demand, rtol=1e-12)
    assert float(whole[:, k.RELET].sum()) > 0.0
    same = (k.RENT, k.RENT_DUE, k.SALE, k.RUNNING_LESSOR)  # not what is claimed of the lessee: letting again is taken off it
    assert np.array_equal(less[:, same], whole[:, same])


@pytest.mark.parametrize("choice", ["best", "relet", "sell"])
def test_less_demand_is_never_good_for_a_lessor(choice: str) -> None:
    """The choice between letting and selling looks at the demand of its day, and sees no further breaks: so on the mean only."""

    def lessor(kept: float) -> np.ndarray:
        setup = set_up_lease(leases.deal(remarketing={"choice": choice}), "lease", lease_market(kept))
        return setup.run(paths=4096, seed=3, threads=1)[0].of("spv")

    step = lessor(0.3) - lessor(1.0)
    assert float(step.mean()) <= 4.0 * float(step.std(ddof=1)) / np.sqrt(step.size)
    assert (step.std() == 0.0) == (choice == "sell")


def offtake_market(kept: float) -> Market:
    credits = {"PAYER": {"kind": "hazard", "hazard": 0.6}, "PARENT": {"kind": "hazard", "hazard": 0.0}}
    return offtakes.market(credit=credits, belief=BELIEF | {"demand_kept": kept})


@pytest.mark.parametrize("cost", [0.0, 1.5])
def test_an_offtake_let_again_and_rolled_over_earns_its_share(cost: float) -> None:
    """What earns less than its running cost is switched off: the share of demand counts there too."""
    given = offtakes.deal(capacity_cost_usd_per_hour=cost, rollover={"odds": 0.5, "months": 12, "rent_share": 0.9})

    def block(kept: float) -> Any:
        setup = set_up_offtake(given, "offtake", offtake_market(kept))
        world = offtake_world(setup.model, 2, 0)
        nobody_leaves = nobody(world.spot.shape[1])
        return settle(setup.plan, world, nobody_leaves, nobody_leaves), world

    (whole, before), (less, world) = block(1.0), block(KEPT)
    assert before.demand is None
    assert np.array_equal(before.spot, world.spot)
    np.testing.assert_allclose(less.rollover, whole.rollover * world.demand, rtol=1e-12)
    assert float(whole.rollover.sum()) > 0.0
    runs = 0.8 * world.spot * world.demand > cost
    np.testing.assert_allclose(less.relet, np.where(runs, whole.relet * world.demand, 0.0), rtol=1e-12)
    assert float(less.relet.sum()) < float(whole.relet.sum())
    assert (~runs).any() == (cost > 0.0)
    for field in ("rent_due", "rent_paid", "credits", "claim_due", "claim_paid", "delivered"):
        assert np.array_equal(getattr(less, field), getattr(whole, field))
