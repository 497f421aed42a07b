"""Shares: inputs of the lognormal model, and correlations between market keys."""

from curves.equity.correlation import correlation_between, correlation_matrix
from curves.equity.inputs import EquityInputs, equity_inputs

__all__ = ["EquityInputs", "correlation_between", "correlation_matrix", "equity_inputs"]
