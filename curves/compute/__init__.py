"""Compute prices per accelerator-hour: two factors, launches, exact fit to forwards or term rates, estimation from rents."""

from curves.compute.build import rent_curve
from curves.compute.curve import LaunchMixture, RentCurve, month_average
from curves.compute.estimation import TwoFactorEstimate, estimate_two_factor
from curves.compute.factors import LaunchModel, TwoFactor
from curves.compute.means import mean_mixture
from curves.compute.paths import RentStates, rent_paths, rent_states
from curves.compute.series import RentSeries
from curves.compute.term_rates import TermRates, forward_from_term_rate

__all__ = [
    "LaunchMixture",
    "LaunchModel",
    "RentCurve",
    "RentSeries",
    "RentStates",
    "TermRates",
    "TwoFactor",
    "TwoFactorEstimate",
    "estimate_two_factor",
    "forward_from_term_rate",
    "mean_mixture",
    "month_average",
    "rent_curve",
    "rent_paths",
    "rent_states",
]
