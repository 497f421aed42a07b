"""Do the strategies for webs reach what the laws are about: defaults, several solutions, cycles, priority, a binding cap?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import Phase, find, settings

from pricing import clearing
from tests.webs import DebtWeb, HoldingsWeb, debt_webs, flow_webs, holdings_webs

SEARCH = settings(max_examples=500, derandomize=True, database=None, phases=(Phase.generate,))


def cleared(web: DebtWeb, which: str = "greatest", **costs: float) -> clearing.Cleared:
    return clearing.clear_debts(assets=web.assets, debts=web.debts, external=web.external, rank="first", which=which, **costs)


@pytest.mark.parametrize(
    "wanted",
    [
        lambda web: cleared(web).default.sum() >= 2,
        lambda web: cleared(web).default.any() and not cleared(web).default.all() and (cleared(web).paid > 0).all(),
        lambda web: (cleared(web).equity == 0).any() and web.debts.any(),
        lambda web: cleared(web, alpha=0.5, beta=0.5).default.sum() > cleared(web).default.sum() > 0,
        lambda web: not np.allclose(cleared(web, "least", alpha=0.5, beta=0.5).paid, cleared(web, alpha=0.5, beta=0.5).paid),
        lambda web: clearing.max_circularity(flows=web.debts).amount > 0,
    ],
    ids=["two defaults", "part of them default", "solvent at equality", "a default by cost alone", "two solutions", "a cycle"],
)
def test_debt_webs_reach(wanted: Callable[[DebtWeb], bool]) -> None:
    find(debt_webs(), lambda web: bool(wanted(web)), settings=SEARCH)


def test_holdings_webs_reach_a_wiped_out_junior_layer() -> None:
    def wiped(web: HoldingsWeb) -> bool:
        found = clearing.clear_holdings(assets=web.assets, debts=web.faces, equity_held=web.equity_held, debt_held=web.debt_held)
        return len(web.faces) == 2 and bool(((found.debt[1] == 0) & (found.debt[0] > 0) & (web.faces[1] > 0)).any())

    find(holdings_webs(), wiped, settings=SEARCH)


def test_flow_webs_reach_strong_recycling() -> None:
    find(flow_webs(), lambda web: float(clearing.trace(flows=web[0], inflow=web[1], outflow=web[2]).finn) > 0.4, settings=SEARCH)
