"""How long those who know better stay in: the bubble-riding game of Abreu and Brunnermeier (2003).

**Model** From an unknown date t0 (exponential, rate lambda) the price, which grows at g, is above its fundamental value, which grows at r:
the bubble is the share beta(t) = 1 - e^(-(g - r) t) of the price. Riders become aware one after another over eta years. The bubble bursts
when the share kappa of them has sold, or by itself `longest` years after t0. A rider leaves when the hazard of the burst, times what it
takes, equals what staying earns: h beta = g - r. In the symmetric equilibrium all wait the same time:

    endogenous burst   beta* = (g - r) (1 - e^(-lambda eta kappa)) / lambda,   at t0 + beta^-1(beta*),   wait = that - eta kappa
    exogenous burst    if lambda / (1 - e^(-lambda eta kappa)) <= (g - r) / beta(longest): nobody's selling ends it,
                       wait = longest - ln((g - r) / (g - r - lambda beta(longest))) / lambda

Limits: all aware at once (eta = 0), or one seller enough (kappa = 0): no bubble; lambda to 0: beta* = (g - r) eta kappa.

Source: Abreu and Brunnermeier 2003, https://doi.org/10.1111/1468-0262.00393, propositions 2 and 3. Not modelled: riders who buy back, news
at which all can sell together (the paper's section 5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from instruments.ground.errors import InputError
from instruments.ground.messages import problem


@dataclass(frozen=True, slots=True)
class ExitTiming:
    """When riders leave."""

    wait_years: float
    """From a rider's awareness to his exit, at or above 0."""
    burst_years: float
    """From t0 to the burst."""
    bubble_share: float
    """Share of the price that is bubble at the burst."""
    endogenous: bool
    """Whether the riders' own selling ends it."""


def exit_timing(
    *, excess_growth: float, start_rate: float, awareness_years: float, trigger_share: float, longest_years: float
) -> ExitTiming:
    """Waiting time, burst and size of the bubble in equilibrium.

    Args:
        excess_growth: g - r, yearly, above 0.
        start_rate: lambda, per year, above 0.
        awareness_years: eta, at or above 0. trigger_share: kappa in [0, 1]. longest_years: above 0.

    Example:
        >>> found = exit_timing(excess_growth=0.3, start_rate=0.1, awareness_years=2.0, trigger_share=0.5, longest_years=6.0)
        >>> round(found.bubble_share, 4), round(found.burst_years, 4), round(found.wait_years, 4)
        (0.2855, 1.1205, 0.1205)
    """
    given = (excess_growth, start_rate, awareness_years, trigger_share, longest_years)
    if not (excess_growth > 0 and start_rate > 0 and awareness_years >= 0 and 0 <= trigger_share <= 1 and longest_years > 0):
        raise InputError(
            problem(
                "bad_option",
                subject="exit timing",
                value=given,
                expected="growth, rate, longest above 0; awareness at or above 0; trigger in [0, 1]",
                hint="order: excess_growth, start_rate, awareness_years, trigger_share, longest_years",
            )
        )
    spread = awareness_years * trigger_share
    largest = -float(np.expm1(-excess_growth * longest_years))
    sold_out = -float(np.expm1(-start_rate * spread))
    if spread >= longest_years or start_rate * largest <= excess_growth * sold_out:
        # fewer than the trigger share have sold when it ends by itself
        left = 1.0 - start_rate * largest / excess_growth
        wait = longest_years + float(np.log(left)) / start_rate if left > 0.0 else 0.0
        return ExitTiming(max(0.0, wait), longest_years, largest, False)
    size = excess_growth * sold_out / start_rate
    # nobody leaves before he is aware: where all would, the bubble bursts when the last one needed is
    burst = max(-float(np.log1p(-size)) / excess_growth, spread)
    return ExitTiming(burst - spread, burst, -float(np.expm1(-excess_growth * burst)), True)
