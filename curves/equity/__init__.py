"""Shares: volatility, forwards, the belief that can break, and correlations between market keys."""

from curves.equity.belief import BeliefJump, belief_jump, belief_split
from curves.equity.correlation import correlation_between, correlation_matrix, correlation_repair, nearest_correlation
from curves.equity.forwards import equity_drift, equity_forward
from curves.equity.inputs import EquityInputs, equity_inputs
from curves.equity.volatility import VolatilitySurface, volatility_surface

__all__ = [
    "BeliefJump",
    "EquityInputs",
    "VolatilitySurface",
    "belief_jump",
    "belief_split",
    "correlation_between",
    "correlation_matrix",
    "correlation_repair",
    "equity_drift",
    "equity_forward",
    "equity_inputs",
    "nearest_correlation",
    "volatility_surface",
]
