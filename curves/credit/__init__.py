"""Credit: hazard rates from swaps, upfronts, loan and bond spreads, or a rating; the survival curve. Bootstraps are array functions."""

from curves.credit.bootstrap import bootstrap_hazard
from curves.credit.build import survival_curve
from curves.credit.curve import SurvivalCurve
from curves.credit.debt import bootstrap_debt, note_values
from curves.credit.legs import par_spreads
from curves.credit.schedule import CdsSchedule, cds_maturity, cds_schedule
from curves.credit.upfront import bootstrap_upfronts, upfronts

__all__ = [
    "CdsSchedule",
    "SurvivalCurve",
    "bootstrap_debt",
    "bootstrap_hazard",
    "bootstrap_upfronts",
    "cds_maturity",
    "cds_schedule",
    "note_values",
    "par_spreads",
    "survival_curve",
    "upfronts",
]
