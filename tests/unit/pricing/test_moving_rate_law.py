"""The law of shares on moving rates: it holds on sound deals and markets, and sees each planted fault."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from curves import Market
from instruments.deal import Deal, Party
from pricing import strategies
from pricing.laws import moving_rates as laws
from pricing.paths.daily_rates import DailyRate
from pricing.paths.world import simulate_world
from pricing.registry import Settings
from pricing.strategies.margin_loans import margin_deal
from tests import margins, staged, warrants
from tests.warrants import SHARE

ONE = Settings(paths=1, threads=1)
(LAW,) = laws.LAWS
MOVING = {"USD": {"kind": "flat", "rate": 0.037, "volatility": 0.03, "mean_reversion": 0.1}}


def issued() -> Deal:
    """A warrant whose share ends with its issuer."""
    made = warrants.deal([warrants.price_leg(110.0)])
    return made.evolve(parties={**made.parties, "vendor": Party(equity=SHARE, credit="credit:VND")})


def risky(**changes: Any) -> Market:
    credit = {"VND": {"kind": "hazard", "hazard": 0.3}}
    return warrants.market(credit=credit, correlation={f"{SHARE}|credit:VND": 0.6}, **changes)


SOUND = {
    "rates to which the market gives none": (issued(), risky()),
    "rates of the market": (issued(), risky(rates=MOVING)),
    "staged": (staged.deal(staged.tranche()), staged.market()),
    "margin loan": (margin_deal(margins.loan()), margins.market(hazard=0.1)),
    "breaks": (
        margin_deal(margins.loan()),
        margins.market().evolve(belief={"intensity": 0.3, "jumps": {"equity:SHR": -0.4}, "jump_volatility": 0.1}),
    ),
}


@pytest.mark.parametrize("case", SOUND)
def test_it_holds_on_sound_deals(case: str) -> None:
    of, on = SOUND[case]
    assert LAW.applies(of)
    assert LAW.check(of, on, ONE) is None


@settings(max_examples=5)
@given(of=strategies.warrant_deals(), on=strategies.warrant_markets(), seed=st.integers(0, 100))
def test_it_holds_for_warrants_of_all_kinds(of: Deal, on: Market, seed: int) -> None:
    assert LAW.check(of, on, Settings(paths=1, threads=1, seed=seed)) is None


def half_lost(self: DailyRate) -> Any:
    return np.zeros(self.grid.size)


def test_bonds_off_their_curve_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The convexity of the discount factor left out."""
    of = warrants.deal([warrants.price_leg(110.0)], expiry=dt.date(2029, 10, 1))
    on = warrants.market(rates={"USD": {**MOVING["USD"], "volatility": 0.05}})
    assert LAW.check(of, on, ONE) is None
    monkeypatch.setattr(DailyRate, "half_variance", property(half_lost))
    assert "the curve" in (LAW.check(of, on, ONE) or "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda world: {"closes": {key: closes * np.exp(-world.rates.gained) for key, closes in world.closes.items()}}, "runs another way"),
        (lambda world: {"defaulted": {key: days - 1 for key, days in world.defaulted.items()}}, "on other days"),
    ],
    ids=["a share that does not gain the rate", "a default that moves with rates"],
)
def test_a_fault_on_the_moving_paths_is_seen(change: Any, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any, **options: Any) -> Any:
        world = simulate_world(*arguments, **options)
        return world if world.rates is None else replace(world, **change(world))

    monkeypatch.setattr(laws, "simulate_world", wrong)
    assert said in (LAW.check(issued(), risky(), ONE) or "")


def test_a_share_that_outlives_its_issuer_on_all_paths_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """On still rates too, so that only the mean can tell."""

    def wrong(*arguments: Any, **options: Any) -> Any:
        world = simulate_world(*arguments, **options)
        return replace(world, closes={key: np.maximum(closes, 100.0) for key, closes in world.closes.items()})

    monkeypatch.setattr(laws, "simulate_world", wrong)
    monkeypatch.setattr(laws, "_same", lambda *_: None)
    assert "has a mean of" in (LAW.check(issued(), risky(), ONE) or "")


def test_paths_without_the_rate_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = laws.drivers_of
    monkeypatch.setattr(laws, "drivers_of", lambda *arguments: replace(real(*arguments), rate=None))
    assert "no short rate" in (LAW.check(issued(), risky(), ONE) or "")
