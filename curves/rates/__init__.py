"""Interest rates: the discount curve, its builder, and par rates as plain arrays."""

from curves.rates.build import discount_curve
from curves.rates.curve import DiscountCurve
from curves.rates.par import discounts_from_par, par_from_discounts

__all__ = ["DiscountCurve", "discount_curve", "discounts_from_par", "par_from_discounts"]
