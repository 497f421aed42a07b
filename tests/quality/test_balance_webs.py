"""Do webs with balance sheets reach what laws are about: defaults, called guarantees, forced sales, margin calls?"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase, find, settings

from instruments import Web
from pricing.laws.webs import every_shock
from pricing.strategies import balance_webs
from pricing.web.dates import Run, Sheets, run_dates
from pricing.web.sheets import sheets_of

SEARCH = settings(max_examples=300, derandomize=True, database=None, deadline=None, phases=(Phase.generate,))


def ran(sheets: Sheets) -> Run:
    return run_dates(sheets, every_shock(sheets))


REACHED: dict[str, Callable[[Sheets], bool]] = {
    "some default": lambda sheets: bool(0 < ran(sheets).default[0, 0].sum() < len(sheets.nodes)),
    "a default that follows a shock": lambda sheets: bool((ran(sheets).default[:, -1] & ~ran(sheets).default[:1, 0]).any()),
    "a forced sale of the solvent": lambda sheets: bool(
        ((ran(sheets).sold[:, 0] > 0).any(axis=1) & ~ran(sheets).default[:, 0].any(axis=1)).any()
    ),
    "a margin call": lambda sheets: bool(ran(sheets).called[-1, 0].any() and sheets.margin_debt.any()),
    "a cross holding": lambda sheets: bool((sheets.equity_held * sheets.equity_held.T).any()),
    "a guarantee that is called": lambda sheets: len(sheets.cap) > 0 and bool(ran(sheets).default[0, 0, sheets.debtor].all()),
}


@pytest.mark.parametrize("name", REACHED)
def test_the_finder_reaches(name: str) -> None:
    def wanted(web: Web) -> bool:
        return REACHED[name](sheets_of(web))

    find(balance_webs(), wanted, settings=SEARCH)
