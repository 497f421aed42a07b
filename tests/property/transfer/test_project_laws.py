"""The shipped laws of projects hold on every project that the strategy draws, on wild paths as on simulated ones."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from instruments import Project
from pricing import PROJECT_LAWS
from pricing.laws import projects as laws
from pricing.laws.project_runs import Ran
from pricing.registry import Settings
from pricing.strategies.projects import projects
from tests.projects import market, wild_operations

MARKET = market(rate=0.04, growth=-0.2, decline=0.4, sale_cost=0.08, impact=0.5)


class Wild(Ran):
    """The same on drawn paths."""

    def __init__(self, project: Project, seed: int) -> None:
        super().__init__(project, MARKET, 0)
        self.operations = wild_operations(self.setup, seed)


@settings(max_examples=25, deadline=None)
@given(of=projects(), seed=st.integers(0, 1000))
def test_every_law_of_designs_holds_where_it_applies(of: Project, seed: int) -> None:
    on = Wild(of, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(laws, "ran", lambda *_: on)
        found = {law.name: law.check(of, MARKET, Settings(paths=1, seed=0)) for law in PROJECT_LAWS if law.applies(of)}
    assert {name: why for name, why in found.items() if why is not None} == {}
