"""Engines: one file per family and method. Importing this package registers them all."""

from pricing.engines import (
    loan_schedule,
    loan_simulation,
    warrant_closed_form,
    warrant_jumps,
    warrant_local_volatility,
    warrant_monte_carlo,
    warrant_quantlib,
    warrant_sobol,
)

__all__ = [
    "loan_schedule",
    "loan_simulation",
    "warrant_closed_form",
    "warrant_jumps",
    "warrant_local_volatility",
    "warrant_monte_carlo",
    "warrant_quantlib",
    "warrant_sobol",
]
