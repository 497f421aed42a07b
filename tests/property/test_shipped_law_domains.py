"""Shipped laws hold on all of the domain that they state: a law stated too widely is a defect of the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from curves import Market
from instruments import Deal, Web
from pricing import strategies
from pricing.kernels.facility import roll_kept
from pricing.laws import conditions, covenants, warrants, waterfall, webs
from pricing.mechanics.rollforward import Rolled
from pricing.registry import Settings
from tests.facilities import deals, market, rough_drivers, setup

SEEDS = st.integers(0, 1000)
ONE = Settings(paths=1)


@settings(max_examples=20)
@given(of=deals(), seed=SEEDS)
def test_laws_of_facilities(of: Deal, seed: int) -> None:
    made = setup(of)
    drivers = rough_drivers(made.facility, seed, 128)
    rolled = Rolled(*roll_kept(made.facility.plan, drivers))
    with pytest.MonkeyPatch.context() as patch:
        for room in (waterfall, covenants):

            def kept(*_: Any) -> Any:
                return made, drivers, rolled

            patch.setattr(room, "kept", kept)
        broken = {law.name: law.check(of, market(), ONE) for law in (*waterfall.LAWS, *covenants.LAWS) if law.applies(of)}
    assert {name: why for name, why in broken.items() if why is not None} == {}


OF_WARRANTS = (*conditions.LAWS, *(law for law in warrants.LAWS if law.name == "higher_strike_never_raises"))


@settings(max_examples=10)
@given(of=strategies.warrant_deals(), on=strategies.warrant_markets())
def test_laws_of_conditions(of: Deal, on: Market) -> None:
    broken = {law.name: law.check(of, on, ONE) for law in OF_WARRANTS if law.applies(of)}
    assert {name: why for name, why in broken.items() if why is not None} == {}


@settings(max_examples=15)
@given(of=strategies.balance_webs())
def test_laws_of_webs(of: Web) -> None:
    broken = {law.name: law.check(of) for law in webs.LAWS if law.applies(of)}
    assert {name: why for name, why in broken.items() if why is not None} == {}
