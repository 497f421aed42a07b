"""Credit: hazard rates from par spreads, and the survival curve. The legs and the bootstrap are plain array functions."""

from curves.credit.bootstrap import bootstrap_hazard
from curves.credit.build import survival_curve
from curves.credit.curve import SurvivalCurve
from curves.credit.legs import par_spreads
from curves.credit.schedule import CdsSchedule, cds_maturity, cds_schedule

__all__ = ["CdsSchedule", "SurvivalCurve", "bootstrap_hazard", "cds_maturity", "cds_schedule", "par_spreads", "survival_curve"]
