"""Hardware: book schedules, resale by age and launch, sales in lots, attrition and spares, running cost, income value."""

from curves.hardware.accounting import declining_balance, macrs, straight_line, sum_of_years, units_of_use
from curves.hardware.attrition import FailureRate, failure_rate, job_mttf_hours, spares_needed, units_in_service
from curves.hardware.build import PowerCurve, ResaleCurve, power_curve, resale_curve
from curves.hardware.income import IncomeValue, income_value
from curves.hardware.running import RunningCost, parity_value, running_cost
from curves.hardware.sale import LotSale, even_lots, lender_choice, lot_sale

__all__ = [
    "FailureRate",
    "IncomeValue",
    "LotSale",
    "PowerCurve",
    "ResaleCurve",
    "RunningCost",
    "declining_balance",
    "even_lots",
    "failure_rate",
    "income_value",
    "job_mttf_hours",
    "lender_choice",
    "lot_sale",
    "macrs",
    "parity_value",
    "power_curve",
    "resale_curve",
    "running_cost",
    "spares_needed",
    "straight_line",
    "sum_of_years",
    "units_in_service",
    "units_of_use",
]
