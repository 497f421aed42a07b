"""Do the strategies of projects reach what the laws are about?"""

from __future__ import annotations

import numpy as np
from hypothesis import Phase, given, settings, strategies as st

from instruments import Project
from pricing.strategies import projects
from tests.projects import booked, market

MARKET = market(rate=0.04, growth=-0.2, decline=0.4, sale_cost=0.08, impact=0.5)
REACHED = {
    "a forced sale": lambda of, run: (run.rolled.seized < run.setup.months).any(),
    "creditors who do not sell": lambda of, run: run.column("senior", "interest", "deferred").any() and not (run.rolled.seized < 99).any(),
    "a loss of the junior beside a senior that is paid": lambda of, run: (
        (run.column("junior", "principal", "written_off").sum(axis=0) > 0.0)
        & (run.column("senior", "principal", "written_off").sum(axis=0) == 0.0)
    ).any(),
    "a guarantor that fails": lambda of, run: run.column("senior", "guarantee", "written_off").any(),
    "a cap that binds": lambda of, run: (
        (run.column("senior", "principal", "written_off").sum(axis=0) > run.column("senior", "guarantee", "due").sum(axis=0)).any()
        and run.column("senior", "guarantee").any()
    ),
    "a residual made up": lambda of, run: run.column("lease", "residual guarantee").any(),
    "a deposit kept": lambda of, run: (
        run.column("lease", "deposit").any()
        and (run.column("lease", "deposit returned").sum(axis=0) < run.column("lease", "deposit").sum(axis=0)).any()
    ),
    "a prepayment lost": lambda of, run: run.column("prepayment", "rent credit", "written_off").any(),
    "shares that vest": lambda of, run: run.column("warrants", "shares vested").any(),
    "pledged shares sold": lambda of, run: run.column("margin_loan", "sale of pledged shares").any(),
    "an advance given up": lambda of, run: run.column("senior", "advance repaid", "written_off").any(),
    "owners paid after a sale": lambda of, run: (
        (run.rolled.seized < run.setup.months) & (run.ledger[run.setup.months + 1 :].sum(axis=(0, 1)) > 0.0)
    ).any(),
}


def test_the_finder_reaches_every_end() -> None:
    seen: set[str] = set()

    @settings(max_examples=150, database=None, derandomize=True, deadline=None, phases=(Phase.generate,))
    @given(of=projects(), seed=st.integers(0, 1000))
    def look(of: Project, seed: int) -> None:
        run = booked(of, MARKET, seed)[1]
        seen.update(name for name, reached in REACHED.items() if name not in seen and bool(np.any(reached(of, run))))

    look()
    assert set(REACHED) - seen == set()
