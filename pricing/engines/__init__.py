"""Engines: one file per family and method. Importing this package registers them all."""

from pricing.engines import (
    loan_schedule,
    loan_simulation,
    offtake_quantlib,
    offtake_simulation,
    rent_forward,
    rent_moments,
    rent_monte_carlo,
    rent_quantlib,
    rent_simulation,
    staged_closed_form,
    staged_monte_carlo,
    staged_quantlib,
    staged_simulation,
    warrant_closed_form,
    warrant_monte_carlo,
    warrant_quantlib,
)

__all__ = [
    "loan_schedule",
    "loan_simulation",
    "staged_closed_form",
    "staged_monte_carlo",
    "staged_quantlib",
    "staged_simulation",
    "rent_forward",
    "rent_moments",
    "rent_monte_carlo",
    "rent_quantlib",
    "rent_simulation",
    "offtake_quantlib",
    "offtake_simulation",
    "warrant_closed_form",
    "warrant_monte_carlo",
    "warrant_quantlib",
]
