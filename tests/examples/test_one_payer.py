"""One payer behind three contracts: its stored result, and what it says of itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from curves import load_market
from instruments import load_deal
from instruments.contracts.borrowing_base import BorrowingBase
from instruments.ground.tolerances import MC_SIGMAS
from pricing import simulate
from pricing.ledger.borrowing_base import INTEREST, LOST, PRINCIPAL
from pricing.mechanics.borrowing_base import roll_borrowing_base
from pricing.risk.switches import without_dependence
from pricing.schedules.borrowing_base import base_paths, resolve_borrowing_base
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


def test_the_bank_loses_less_since_the_base_has_shrunk_before_the_borrower_fails() -> None:
    """What the page says of the bank's ratio below one, on its 16,384 paths."""
    deal, quoted = load_deal(FOLDER), load_market(FOLDER)
    terms = deal.contracts["revolver"]
    assert isinstance(terms, BorrowingBase)
    found = {}
    for name, market in (("tied", quoted), ("cut", without_dependence(quoted))):
        plan = resolve_borrowing_base(deal, terms, market, "revolver")
        borrower, lab = plan.keys.index(str(plan.borrower)), plan.keys.index("credit:LAB")
        drawn, lost, before = [], [], []
        for block in range(4):
            paths = base_paths(plan, 0, block)
            rolled, month = roll_borrowing_base(plan, paths.ratio, paths.failed), paths.failed[borrower]
            before.append((paths.failed[lab] < month) & (month < len(plan.dates)))
            hit = np.flatnonzero((month > 0) & (month < len(plan.dates)))
            gone = rolled.ledger[:, PRINCIPAL + LOST] + rolled.ledger[:, INTEREST + LOST]
            drawn.append(rolled.drawn[month[hit] - 1, hit])
            lost.append(np.einsum("t,tp->p", plan.discount, gone)[hit])
        owed = np.concatenate(drawn)
        error = float(owed.std(ddof=1)) / np.sqrt(owed.size)
        found[name] = float(owed.mean()) / 1e6, error / 1e6, float(np.concatenate(lost).sum() / owed.sum()), float(np.mean(before))
    assert found["tied"][0] == pytest.approx(87.4, abs=0.5)
    assert found["cut"][0] == pytest.approx(95.5, abs=0.5)
    assert found["tied"][1] == pytest.approx(0.9, abs=0.05)
    assert [round(100 * found[name][2]) for name in ("tied", "cut")] == [23, 23]
    assert found["tied"][3] == pytest.approx(0.041, abs=0.001)
    assert found["cut"][3] == pytest.approx(0.020, abs=0.001)
