"""Engines: one file per family and method. Importing this package registers them all."""

from pricing.engines import (
    borrowing_base_quantlib,
    borrowing_base_simulation,
    loan_schedule,
    loan_simulation,
    margin_loan_quantlib,
    margin_loan_simulation,
    notes_quantlib,
    notes_simulation,
    warrant_closed_form,
    warrant_monte_carlo,
    warrant_quantlib,
)

__all__ = [
    "borrowing_base_quantlib",
    "borrowing_base_simulation",
    "loan_schedule",
    "loan_simulation",
    "margin_loan_quantlib",
    "margin_loan_simulation",
    "notes_quantlib",
    "notes_simulation",
    "warrant_closed_form",
    "warrant_monte_carlo",
    "warrant_quantlib",
]
