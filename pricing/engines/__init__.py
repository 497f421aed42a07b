"""Engines: one file per family and method. Importing this package registers them all."""

from pricing.engines import (
    capacity,
    lease_schedule,
    lease_simulation,
    loan_schedule,
    loan_simulation,
    support_options,
    support_simulation,
    warrant_closed_form,
    warrant_monte_carlo,
    warrant_quantlib,
)

__all__ = [
    "capacity",
    "lease_schedule",
    "lease_simulation",
    "loan_schedule",
    "loan_simulation",
    "support_options",
    "support_simulation",
    "warrant_closed_form",
    "warrant_monte_carlo",
    "warrant_quantlib",
]
