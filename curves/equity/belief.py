"""A belief that can break: one jump of many prices, taken out of their diffusion so that total variance stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curves.arrays import bad_argument
from curves.compute.build import rent_curve
from curves.equity.inputs import equity_inputs
from curves.market import Market
from instruments.ground.errors import CalibrationError, MarketError
from instruments.ground.keys import kind_of
from instruments.ground.messages import problem


@dataclass(frozen=True, slots=True)
class BeliefJump:
    """How one price diffuses and jumps."""

    key: str
    """Market key of the price."""
    intensity: float
    """Breaks of the belief per year."""
    jump_mean: float
    """Mean log jump of this price."""
    jump_volatility: float
    """Standard deviation of the log jump."""
    total_volatility: float
    """As quoted: root of the yearly variance of the logarithm, jumps included."""
    diffusive_volatility: float
    """What is left for the diffusion."""
    compensator: float
    """Yearly drift that keeps the mean: -intensity x (E[e^J] - 1)."""


def belief_split(*, volatility: float, intensity: float, jump_mean: float, jump_volatility: float = 0.0, key: str = "belief") -> BeliefJump:
    """Take a jump out of a quoted volatility: diffusive variance = total variance - intensity x (m^2 + v^2).

    Model: breaks come as a Poisson stream of constant intensity; the log price jumps by N(m, v^2) at each. The variance of the
    logarithm over any time is then exactly the quoted one.

    Args:
        volatility: total, yearly, at or above 0.
        intensity: breaks per year, at or above 0.
        jump_mean, jump_volatility: m and v.
        key: for messages.

    Raises:
        InputError: a negative argument.
        CalibrationError: the jump alone has more variance than the quote; the largest possible intensity is named.

    Limits: intensity 0 or a jump of 0 leaves the volatility as it is.

    Example:
        >>> round(belief_split(volatility=0.5, intensity=0.2, jump_mean=-0.7).diffusive_volatility, 4)
        0.3899
    """
    if min(volatility, intensity, jump_volatility) < 0.0:
        raise bad_argument(key, "belief", min(volatility, intensity, jump_volatility), "at or above 0", "check volatility and intensity")
    each = jump_mean**2 + jump_volatility**2
    left = volatility**2 - intensity * each
    if left < 0.0:
        why = f"jumps of {jump_mean:g} at {intensity:g} a year have a volatility of {np.sqrt(intensity * each):.3f} alone"
        raise CalibrationError(
            problem(
                "not_calibrated",
                subject=key,
                field="volatility",
                value=volatility,
                why=why,
                allowed_range=f"intensity to {volatility**2 / each:.4g}",
            )
        )
    compensator = -intensity * float(np.expm1(jump_mean + 0.5 * jump_volatility**2))
    return BeliefJump(key, intensity, jump_mean, jump_volatility, volatility, float(np.sqrt(left)), compensator)


def belief_jump(market: Market, key: str) -> BeliefJump:
    """How the share or rent behind `key` diffuses and jumps in this market; no jump where the belief does not name it.

    Model: `belief_split` of the share's flat volatility, or of the long-term volatility of a rent.

    Raises:
        MarketError: the market has no `belief`.
        InputError: a key that is neither a share nor a rent.
        CalibrationError: the jump has more variance than the quote.
    """
    if market.belief is None:
        raise MarketError(problem("missing_key", subject="market", field="belief", key="belief", choices=("no belief",)))
    if kind_of(key) not in ("equity", "rent"):
        raise bad_argument("belief", "key", key, "a share or a rent", "write equity:NAME or rent:NAME")
    volatility = equity_inputs(market, key).volatility if kind_of(key) == "equity" else rent_curve(market, key).factors.long_volatility
    quote = market.belief.jumps.get(key)
    return belief_split(
        volatility=volatility,
        intensity=market.belief.intensity.value if quote else 0.0,
        jump_mean=quote.value if quote else 0.0,
        jump_volatility=market.belief.jump_volatility.value if quote else 0.0,
        key=key,
    )
