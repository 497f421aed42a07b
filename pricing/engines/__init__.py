"""Engines: one file per family and method. Importing this package registers them all."""

from pricing.engines import warrant_closed_form, warrant_monte_carlo, warrant_quantlib

__all__ = ["warrant_closed_form", "warrant_monte_carlo", "warrant_quantlib"]
