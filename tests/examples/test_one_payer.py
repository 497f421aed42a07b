"""One payer behind three contracts: its stored result, and what it says of itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from curves import load_market
from instruments import load_deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing import simulate
from pricing.simulation import Simulation
from tests.stored import EXAMPLES, assert_comes_out_again

FOLDER = EXAMPLES / "one_payer"


@pytest.fixture(scope="module")
def found() -> Simulation:
    return simulate(load_deal(FOLDER), load_market(FOLDER), paths=4096, joint=True)


def test_the_stored_result_comes_out_again(found: Simulation) -> None:
    assert_comes_out_again(FOLDER / "expected.json", json.loads(found.to_json()))


def test_clouds_lose_more_with_dependence_and_the_tail_knows_the_shared_name(found: Simulation) -> None:
    rows = {(row.measure, row.party, row.part): row for row in found.rows if row.kind == "deal"}
    ratio = rows["wrong_way_ratio", "beta", None]
    assert (ratio.value or 0.0) - 1.0 > 2.0 * (ratio.standard_error or 0.0)
    tail = rows["joint_shortfall_part", None, "contracts"]
    assert (tail.value or 0.0) > MC_SIGMAS * (tail.standard_error or 0.0)
    parts = sum(row.value or 0.0 for (measure, _, _), row in rows.items() if measure == "joint_loss_part")
    assert parts == pytest.approx(rows["joint_loss", None, None].value)


def test_both_clouds_are_hit_on_the_same_paths(found: Simulation) -> None:
    losses = found.losses_by_party
    assert float(np.corrcoef(losses.of("alpha"), losses.of("beta"))[0, 1]) > 0.4
    assert np.abs(losses.losses.sum(axis=0)).max() <= 1e-9 * np.abs(losses.losses).max()
