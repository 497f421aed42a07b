"""Interest rates: discount curves from swaps or Treasuries, forwards and compounding, Jacobian to quotes, par rates as plain arrays."""

from curves.rates.build import discount_curve
from curves.rates.curve import DiscountCurve
from curves.rates.forwards import Compounded, compounded_from_market, compounded_rate, simple_forward, term_sofr
from curves.rates.gaussian import ShortRate, short_rate
from curves.rates.par import discounts_from_par, par_from_discounts
from curves.rates.swaps import SwapSchedule, discount_jacobian, par_swap_rates, swap_quotes, swap_schedule
from curves.rates.treasury import bootstrap_treasury, par_yield, treasury_coupon

__all__ = [
    "Compounded",
    "DiscountCurve",
    "ShortRate",
    "SwapSchedule",
    "bootstrap_treasury",
    "compounded_from_market",
    "compounded_rate",
    "discount_curve",
    "discount_jacobian",
    "discounts_from_par",
    "par_from_discounts",
    "par_swap_rates",
    "par_yield",
    "short_rate",
    "simple_forward",
    "swap_quotes",
    "swap_schedule",
    "term_sofr",
    "treasury_coupon",
]
