"""From the market's credit quotes to a survival curve."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from curves.arrays import DAYS_PER_YEAR
from curves.credit.bootstrap import bootstrap_hazard
from curves.credit.curve import SurvivalCurve
from curves.credit.debt import bootstrap_debt
from curves.credit.ratings import rating_hazards
from curves.credit.schedule import cds_maturity, cds_schedule
from curves.credit.upfront import bootstrap_upfronts
from curves.credit_quotes import CdsQuotes, CdsUpfrontQuotes, DatedDefault, DebtSpreadQuotes, FlatHazard, ProxyCredit, RatingCredit
from curves.lookup import block_of, default_rates_key
from curves.market import Market
from curves.rates.build import discount_curve
from curves.rates.curve import DiscountCurve
from curves.tenors import add_tenor
from instruments.ground.errors import MarketError
from instruments.ground.keys import name_of
from instruments.ground.messages import problem
from instruments.ground.units import bps

SpreadCredit: TypeAlias = CdsQuotes | CdsUpfrontQuotes | DebtSpreadQuotes
"""Quotes that are bootstrapped."""
QuotedCredit: TypeAlias = SpreadCredit | RatingCredit | FlatHazard | DatedDefault
"""Everything but a proxy."""
FLAT_NODE_YEARS = 1.0
"""Where the only piece of a flat hazard ends; it goes on beyond."""
CERTAIN_HAZARD = 1e6
"""Hazard of a default that is certain: survival after a day is below 1e-1000."""


def survival_curve(market: Market, key: str, *, rates: str | None = None) -> SurvivalCurve:
    """The survival curve behind a key such as `credit:META`.

    Model: par spreads are bootstrapped (`bootstrap_hazard`, conventions of `cds_schedule`), upfronts by `bootstrap_upfronts`, spreads of
    loans and bonds by `bootstrap_debt`; a rating gives historical hazards times a multiple; a flat hazard h gives exp(-h t); a dated
    default is certain on its day; a proxy takes
    the curve of another name with an add-on (`own_quotes`). Remembered by the value of quotes, discount curve and date.

    Args:
        market: the snapshot.
        key: whose credit.
        rates: market key of the discount curve for par spreads; by default the market's only one, else `rates:USD-SOFR`.

    Raises:
        InputError: a key of another kind, or a tenor without a standard maturity.
        MarketError: the market has no such key, or the add-on makes a spread negative.
        CalibrationError: no hazard fits a quote; entity, pillar, quote and the possible spreads are named.

    Example:
        >>> blocks = {"rates": {"USD-SOFR": {"kind": "flat", "rate": 0.04}}, "credit": {"X": {"kind": "hazard", "hazard": 0.02}}}
        >>> round(float(survival_curve(Market(as_of=dt.date(2025, 10, 3), **blocks), "credit:X").survival(5.0)), 6)
        0.904837
    """
    block = own_quotes(market, key)
    if isinstance(block, RatingCredit):
        times, hazards = rating_hazards(block.rating)
        return SurvivalCurve(key, market.as_of, times, block.risk_multiple.value * hazards, block.recovery)
    if isinstance(block, FlatHazard):
        return SurvivalCurve(key, market.as_of, np.array([FLAT_NODE_YEARS]), np.array([block.hazard.value]), block.recovery)
    if isinstance(block, DatedDefault):
        days = max((block.on - market.as_of).days - 1, 0)
        # survival falls within the day that ends on the date: whoever looks at that date finds the default
        nodes, hazards = ([days, days + 1.0], [0.0, CERTAIN_HAZARD]) if days else ([1.0], [CERTAIN_HAZARD])
        return SurvivalCurve(key, market.as_of, np.array(nodes) / DAYS_PER_YEAR, np.array(hazards), block.recovery)
    return _build(key, market.as_of, block, discount_curve(market, rates or default_rates_key(market)))


def own_quotes(market: Market, key: str) -> QuotedCredit:
    """The quotes of one name with proxies resolved.

    Model: the add-on is added to every par spread of the proxied name. A proxied flat hazard has no spread: its hazard moves by
    add-on / (1 - recovery), the credit triangle. Recovery is the proxied name's.

    Raises:
        InputError, MarketError: as `survival_curve`.
    """
    block = block_of(market, key, "credit", market.credit)
    if not isinstance(block, ProxyCredit):
        return block
    target = market.credit[name_of(block.proxy)]
    add = bps(block.spread_add_bps.value)
    if isinstance(target, FlatHazard):
        if add and target.recovery == 1.0:
            raise _refused(key, add, "a recovery of 1 turns no spread into a hazard")
        hazard = target.hazard.value + (add / (1.0 - target.recovery) if add else 0.0)
        if hazard < 0.0:
            raise _refused(key, add, f"the hazard would be {hazard:g}")
        return target.evolve(hazard=target.hazard.evolve(value=hazard))
    if isinstance(target, CdsQuotes | DebtSpreadQuotes):
        least = min(quote.value for quote in target.quotes.values()) + add
        if least < 0.0:
            raise _refused(key, add, f"a spread would be {least:g}")
        return target.evolve(quotes={tenor: quote.evolve(value=quote.value + add) for tenor, quote in target.quotes.items()})
    if not add and not isinstance(target, ProxyCredit):
        return target
    raise _refused(key, add, f"{block.proxy} has no spreads to add to")


def _refused(key: str, add: float, why: str) -> MarketError:
    found = problem("bad_quote", subject=key, field="spread_add_bps", value=add * 1e4, why=why, remedy="choose a smaller add-on")
    return MarketError(found)


@lru_cache(maxsize=512)
def _build(key: str, as_of: dt.date, block: SpreadCredit, discount: DiscountCurve) -> SurvivalCurve:
    tenors = sorted(block.quotes, key=lambda tenor: cds_maturity(as_of, tenor))
    schedule = cds_schedule(as_of, tenors)
    quotes = [block.quotes[tenor].value for tenor in tenors]
    ends, policy, recovery = schedule.maturities_years, block.policy, block.recovery
    if isinstance(block, CdsQuotes):
        hazards = bootstrap_hazard(quotes, schedule, recovery=recovery, discount=discount, policy=policy, subject=key, pillars=tenors)
    elif isinstance(block, CdsUpfrontQuotes):
        hazards = bootstrap_upfronts(
            quotes, schedule, coupon=block.coupon, recovery=recovery, discount=discount, policy=policy, subject=key, pillars=tenors
        )
    else:
        ends = np.array([(add_tenor(as_of, tenor) - as_of).days / DAYS_PER_YEAR for tenor in tenors])
        hazards = bootstrap_debt(
            quotes,
            ends,
            form=block.form,
            recovery=recovery,
            discount=discount,
            price=block.price,
            coupon=block.coupon,
            policy=policy,
            subject=key,
            pillars=tenors,
        )
    return SurvivalCurve(key, as_of, ends, hazards, block.recovery, block.policy == "keep")
