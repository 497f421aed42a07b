"""Valuation as a bet: odds of dominance, years paid ahead, a mark moved by a small sale, a runway paid by belief.

`pricing.clearing.implied_years` and `implied_revenue` are the scalar forms; here they are maps over growth and discount.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from instruments.ground.errors import InputError
from instruments.ground.messages import problem
from pricing.clearing.rows import Bools, Floats, floats

MinskyClass = Literal["hedge", "speculative", "ponzi"]
"""Income pays interest and principal; interest only; not even that."""


def dominance_value(*, odds: ArrayLike, win_usd: ArrayLike, lose_usd: ArrayLike, years: ArrayLike, discount: ArrayLike) -> Floats:
    """Price of a bet with two outcomes: (q W + (1 - q) L) / (1 + k)^T; shapes broadcast, odds in [0, 1]."""
    chance = floats(odds, "odds", low=0.0, high=1.0)
    grown = (1.0 + floats(discount, "discount", low=-0.99)) ** floats(years, "years", low=0.0)
    return (chance * floats(win_usd, "win_usd") + (1.0 - chance) * floats(lose_usd, "lose_usd")) / grown


def implied_odds(*, value_usd: ArrayLike, win_usd: ArrayLike, lose_usd: ArrayLike, years: ArrayLike, discount: ArrayLike) -> Floats:
    """Odds of dominance at which the bet is worth its price: q = (V (1 + k)^T - L) / (W - L); shapes broadcast.

    Above 1 the price is more than certainty of winning is worth, below 0 less than losing is: neither is an error, both are answers.

    Raises:
        InputError: winning is worth no more than losing.

    Example:
        >>> round(float(implied_odds(value_usd=500e9, win_usd=4000e9, lose_usd=50e9, years=10, discount=0.12)), 4)
        0.3805
    """
    win, lose = floats(win_usd, "win_usd"), floats(lose_usd, "lose_usd")
    if not (win > lose).all():
        raise InputError(problem("array_range", field="win_usd", expected="above lose_usd", index="?", value="at or below"))
    grown = (1.0 + floats(discount, "discount", low=-0.99)) ** floats(years, "years", low=0.0)
    return (floats(value_usd, "value_usd") * grown - lose) / (win - lose)


@dataclass(frozen=True, slots=True)
class PaidAhead:
    """Years of profit that a price pays ahead, over growth [row] and discount [column]."""

    growth: Floats
    discount: Floats
    years: Floats
    """Infinite where no number of years repays the price."""

    def at_least(self, years: float) -> Bools:
        """Where the price prepays this many years or more."""
        return self.years >= years


def paid_ahead(*, value_usd: float, margin: float, revenue_usd: float, growth: ArrayLike, discount: ArrayLike) -> PaidAhead:
    """Map of the years in V = m R sum_{t=1..n} x^t, x = (1 + g) / (1 + k).

    Args:
        value_usd, margin, revenue_usd: V, m, R, above 0. growth, discount: g and k, lists above -1.

    Limits: on the diagonal g = k, n = V / (m R). n falls with growth, rises with discount.

    Example:
        >>> paid_ahead(value_usd=500e9, margin=0.2, revenue_usd=125e9, growth=[0.08], discount=[0.08]).years
        array([[20.]])
    """
    if not (value_usd > 0 and margin > 0 and revenue_usd > 0):
        given = (value_usd, margin, revenue_usd)
        raise InputError(
            problem("bad_option", subject="value, margin, revenue", value=given, expected="above 0", hint="a loss prepays nothing")
        )
    g, k = np.atleast_1d(floats(growth, "growth", low=-0.99)), np.atleast_1d(floats(discount, "discount", low=-0.99))
    x = (1.0 + g)[:, None] / (1.0 + k)
    flat = np.abs(x - 1.0) < 1e-9
    safe = np.where(flat, 2.0, x)
    each = value_usd / (margin * revenue_usd)
    inside = 1.0 + each * (safe - 1.0) / safe
    with np.errstate(divide="ignore", invalid="ignore"):
        years = np.where(inside > 0.0, np.log(np.maximum(inside, 0.0)) / np.log(safe), np.inf)
    return PaidAhead(g, k, np.where(flat, each, years))


@dataclass(frozen=True, slots=True)
class Tender:
    """What a sale of old shares does to a mark."""

    mark_usd: float
    """All shares at the price of the sale."""
    mark_gain_usd: float
    """On the mark before."""
    cash_to_firm_usd: float
    """0: sellers are paid, not the firm."""
    cash_traded_usd: float
    gain_per_dollar: float
    """Mark gained per dollar that changed hands."""


def tender_mark(*, mark_before_usd: float, sold_usd: float, mark_at_sale_usd: float, new_money_usd: float = 0.0) -> Tender:
    """Mark-up by a small trade: every share is marked at the price at which a few were sold.

    Args:
        mark_before_usd: value of all shares before. sold_usd: paid for old shares, above 0 and at most the mark.
        mark_at_sale_usd: value of all shares at the price of the sale, new money included.
        new_money_usd: of it paid to the firm for new shares; 0 in a secondary sale.
    """
    if not (mark_before_usd > 0 and 0 < sold_usd + new_money_usd <= mark_at_sale_usd and min(sold_usd, new_money_usd) >= 0):
        given = (mark_before_usd, sold_usd, new_money_usd, mark_at_sale_usd)
        raise InputError(
            problem("bad_option", subject="tender", value=given, expected="amounts above 0, traded at most the mark", hint="USD")
        )
    gain = mark_at_sale_usd - new_money_usd - mark_before_usd
    traded = sold_usd + new_money_usd
    return Tender(mark_at_sale_usd, gain, new_money_usd, traded, gain / traded)


@dataclass(frozen=True, slots=True)
class Runway:
    """How long the money lasts."""

    years: Floats
    """Until cash is gone [scenario]; infinite where it never is within the dates."""
    cash: Floats
    """USD at each date [scenario, time]: below 0 is what is missing."""


def funded_runway(
    *, cash_usd: float, burn_usd_per_year: ArrayLike, funding_usd_per_year: ArrayLike, belief: ArrayLike, response: float, step_years: float
) -> Runway:
    """Time to ruin of a firm that burns cash and is funded as far as it is believed in.

    Model: each step cash changes by (funding x belief^response - burn) dt. Ruin is where it crosses 0, linear within the step.

    Args:
        cash_usd: at the start, at or above 0.
        burn_usd_per_year: cash out less cash in from business, (steps,) or one.
        funding_usd_per_year: what it raises at belief 1, (steps,) or one, at or above 0.
        belief: share of full belief, [step] or [scenario, step], in [0, 1].
        response: elasticity at or above 0; 0 is funding whatever is believed.
        step_years: dt, above 0.

    Limits: no funding and a constant burn: cash / burn. Funding at or above burn: never.
    """
    faith = np.atleast_2d(floats(belief, "belief", low=0.0, high=1.0))
    if response < 0.0 or not step_years > 0.0 or cash_usd < 0.0:
        given = (cash_usd, response, step_years)
        raise InputError(
            problem("bad_option", subject="runway", value=given, expected="at or above 0, steps above 0", hint="cash, response, step")
        )
    raised = floats(funding_usd_per_year, "funding_usd_per_year", low=0.0) * faith**response
    change = (raised - floats(burn_usd_per_year, "burn_usd_per_year")) * step_years
    cash = np.concatenate([np.full((len(faith), 1), cash_usd), cash_usd + np.cumsum(change, axis=1)], axis=1)
    broke = cash < 0.0
    first = np.argmax(broke, axis=1)
    row = np.arange(len(cash))
    last = np.maximum(first - 1, 0)
    spent = np.where(broke.any(axis=1), cash[row, last] - cash[row, first], 1.0)
    years = np.where(broke.any(axis=1), (last + cash[row, last] / spent) * step_years, np.inf)
    return Runway(years, cash)


def minsky_class(*, income_usd: float, interest_usd: float, principal_usd: float) -> MinskyClass:
    """How a firm meets what it has promised for a year, from its income before new money (Minsky 1992).

    Args:
        income_usd: cash from business. interest_usd: interest, rent and other running promises. principal_usd: repayments due.
    """
    if min(interest_usd, principal_usd) < 0:
        given = (interest_usd, principal_usd)
        raise InputError(problem("bad_option", subject="interest, principal", value=given, expected="at or above 0", hint="USD a year"))
    if income_usd >= interest_usd + principal_usd:
        return "hedge"
    return "speculative" if income_usd >= interest_usd else "ponzi"
