"""Bridges fill the time between days for what is watched continuously, and for nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments.conditions import AllOf, DateReached, PriceTarget
from instruments.observations import Close, DaysOut, Mean, Touch
from pricing.engines.warrant_ladder import as_ladder, run_ladder
from pricing.engines.warrant_paths import simulate_vesting
from pricing.paths.draws import Draws
from pricing.paths.streams import BLOCK
from tests.warrants import AS_OF, SHARE, deal, ladder_of, market, run_of

EXPIRY = dt.date(2025, 11, 21)


class OtherBridges(Draws):
    """The plain numbers, but others between the days, from one stream or for one key."""

    def __init__(self, *keys: str) -> None:
        super().__init__(0, 0)
        self.keys = keys
        self.asked: list[str] = []

    def uniforms(self, key: str) -> Any:
        self.asked.append(key)
        return super().uniforms(f"{key}/other" if key in self.keys else key)


def target(observation: Any, **bound: float) -> AllOf:
    # the date keeps it out of the compiled lane
    return AllOf(legs=(PriceTarget(of=SHARE, observation=observation, **(bound or {"at_least": 108.0})), DateReached(on=AS_OF)))


def vesting(condition: Any, draws: Draws) -> np.ndarray:
    run = run_of(deal([condition], expiry=EXPIRY), market())
    return simulate_vesting(run, None, ("share",), 0, 0, draws)["share"].vest


@pytest.mark.parametrize("bound", [{"at_least": 108.0}, {"at_most": 92.0}])
@pytest.mark.parametrize("observation", [Close(), Mean(days=4), DaysOut(hits=2, days=3)])
def test_days_do_not_see_what_happens_between_them(observation: Any, bound: dict[str, float]) -> None:
    plain, other = OtherBridges(), OtherBridges(SHARE)
    np.testing.assert_array_equal(vesting(target(observation, **bound), plain), vesting(target(observation, **bound), other))
    assert SHARE not in other.asked


def test_a_touch_does() -> None:
    first, second, third = (vesting(target(Touch()), draws) for draws in (OtherBridges(), OtherBridges(SHARE), Draws(0, 0)))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, third)
    close = vesting(target(Close()), Draws(0, 0))
    assert (first <= close).all()
    assert (first < close).sum() > BLOCK / 20


def test_the_ladder_asks_for_bridges_of_deliveries_and_defaults_alone() -> None:
    run = run_of(deal(ladder_of(5), expiry=EXPIRY, plan={dt.date(2025, 10, 20): 1.0, dt.date(2025, 11, 3): 3.0}), market())
    ladder = as_ladder(run)
    assert ladder is not None
    draws = OtherBridges(SHARE)
    walked = run_ladder(run, ladder, ("share",), 0, 0, controlled="share", draws=draws)["share"]
    assert draws.asked == ["milestone:deliveries"]
    np.testing.assert_array_equal(walked.vest, run_ladder(run, ladder, ("share",), 0, 0)["share"].vest)
