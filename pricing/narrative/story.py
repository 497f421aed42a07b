"""How far a story spreads: an epidemic in steps of time that keeps the final-size equation exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from instruments.ground.errors import InputError
from instruments.ground.messages import problem

Array = NDArray[np.float64]


def story_path(*, reproduction: float, telling_years: float, seed_share: float, times: Array) -> Array:
    """Share of a crowd that has heard a story by each date [time].

    Model: S' = S exp(-R0 p I), I' = (1 - p) I + S - S', p = 1 - e^(-dt / telling), heard = 1 - S, from S = 1 - seed, I = seed. Sums of I
    telescope, so that for any step the share reached in the end solves z = 1 - (1 - seed) exp(-R0 z): with a small seed the equation of
    `pricing.clearing.story_reach`. R0 at or below 1: little more than the seed hears it.

    Args:
        reproduction: R0 >= 0, how many one teller tells while the story is news to them.
        telling_years: mean time for which somebody tells it, above 0.
        seed_share: share that knows it at the start, in (0, 1].
        times: years, rising, from 0.
    """
    if reproduction < 0.0 or not telling_years > 0.0 or not 0.0 < seed_share <= 1.0:
        raise InputError(
            problem(
                "bad_option",
                subject="story",
                value=(reproduction, telling_years, seed_share),
                expected="R0 >= 0, telling years > 0, seed in (0, 1]",
                hint="order: reproduction, telling_years, seed_share",
            )
        )
    unheard, telling = 1.0 - seed_share, seed_share
    heard = np.empty(len(times))
    heard[0] = seed_share
    for step, dt in enumerate(np.diff(times), start=1):
        ends = -np.expm1(-dt / telling_years)
        left = unheard * np.exp(-reproduction * ends * telling)
        telling, unheard = (1.0 - ends) * telling + unheard - left, left
        heard[step] = 1.0 - unheard
    return heard
