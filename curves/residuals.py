"""Every quote beside what the curve built from it gives back: the market, audited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from curves.compute.build import rent_curve
from curves.compute.curve import RentCurve
from curves.credit.build import own_quotes, survival_curve
from curves.credit.debt import debt_spread
from curves.credit.legs import par_spreads
from curves.credit.schedule import cds_schedule
from curves.credit.upfront import upfronts
from curves.credit_quotes import CdsQuotes, CdsUpfrontQuotes, DebtSpreadQuotes
from curves.disclosure import all_quotes, blocks
from curves.equity.volatility import volatility_surface
from curves.hardware.build import power_curve, resale_curve
from curves.hardware_quotes import PowerForwards, ResaleByAge
from curves.lookup import default_rates_key, market_keys
from curves.market import Market
from curves.rate_quotes import OisQuotes, TreasuryQuotes
from curves.rates.build import discount_curve
from curves.rates.swaps import par_swap_rates, swap_schedule
from curves.rates.treasury import treasury_yield
from curves.rent_quotes import TwoFactorRent
from curves.tenors import add_tenor, years_between
from instruments.ground.errors import GpufinError, Problem
from instruments.ground.keys import kind_of, name_of

READ_OFF = ("1Y", "3Y", "5Y")
"""Where curves without quotes of their own are shown."""
GAUSS_POINTS = 24
"""Of the quadrature, between one quoted term and the next."""


@dataclass(frozen=True, slots=True)
class MarketLine:
    """One quote of a market, or one number read off a curve."""

    key: str
    """Market key."""
    pillar: str
    """Path of the quote inside its block: 'quotes.5Y', 'spot_usd'."""
    years: float | None
    """Time of the pillar in ACT/365F years, where it has one."""
    quote: float | None
    """As quoted, shifts included; null where a curve is read between its quotes."""
    fitted: float | None
    """What the curve gives back; null for a quote from which no curve is built."""
    residual: float | None
    """Fitted less quote; not 0 where a policy gave a quote up."""
    curve: str | None
    """What `curve_value` is: 'discount', 'survival', 'forward'."""
    curve_value: float | None
    """The curve at the pillar."""
    basis: str
    """How good the quote is; 'curve' for a number read off a curve."""
    age_days: int
    """Days from its observation to the market's date."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a curve says at one quoted pillar."""

    years: float
    quote: float
    fitted: float
    curve: str
    curve_value: float


def market_lines(market: Market) -> tuple[tuple[MarketLine, ...], tuple[Problem, ...]]:
    """Every quote with its repriced value, and what could not be built; one bad key does not hide the others.

    Returns:
        Lines in the order of the market, and the problems of the keys whose curve cannot be built.
    """
    ages = {key: (market.as_of - block.observed).days if block.observed else 0 for _, key, block in blocks(market)}
    fits: dict[tuple[str, str], Fitted] = {}
    problems: list[Problem] = []
    for key in market_keys(market):
        build = _BUILDERS.get(kind_of(key))
        try:
            fits |= {(key, pillar): fit for pillar, fit in (build(market, key) if build else ())}
        except GpufinError as error:
            problems += error.problems
    kinds = {steps: key for steps, key, _ in blocks(market)}
    lines: list[MarketLine] = []
    for located in all_quotes(market):
        if not located.given:
            continue
        steps = next((steps for steps in kinds if located.steps[: len(steps)] == steps), ())
        key = kinds.get(steps) or located.steps[0]
        pillar = ".".join(located.steps[len(steps) :]) if steps else located.steps[-1]
        fit = fits.get((key, pillar))
        lines.append(
            MarketLine(
                key=key,
                pillar=pillar,
                years=fit.years if fit else None,
                quote=fit.quote if fit else located.quote.value,
                fitted=fit.fitted if fit else None,
                residual=fit.fitted - fit.quote if fit else None,
                curve=fit.curve if fit else None,
                curve_value=fit.curve_value if fit else None,
                basis=located.basis.value,
                age_days=ages.get(key, 0),
            )
        )
        if fit is None and pillar == _last_pillar(market, key):
            lines += _read_off(market, key, ages.get(key, 0), problems)
    return tuple(lines), tuple(problems)


def _last_pillar(market: Market, key: str) -> str:
    """The last quote of a block that was given: the curve's own lines stand after it."""
    found = [quote for quote in all_quotes(market) if quote.given and f"{kind_of(key)}:{'.'.join(quote.steps[1:2])}" == key]
    return ".".join(found[-1].steps[2:]) if found else ""


def _read_off(market: Market, key: str, age_days: int, problems: list[Problem]) -> Iterator[MarketLine]:
    """Curves that stand on a model more than on quotes: survival of proxies, ratings and hazards, forwards of rents."""
    for tenor in READ_OFF:
        time = years_between(market.as_of, add_tenor(market.as_of, tenor))
        try:
            if kind_of(key) == "credit":
                name, value = "survival", float(survival_curve(market, key).survival(time))
            elif kind_of(key) == "rent":
                name, value = "forward", float(rent_curve(market, key).forward(time))
            else:
                return
        except GpufinError as error:
            problems += [problem for problem in error.problems if problem not in problems]
            return
        yield MarketLine(key, f"curve.{tenor}", time, None, None, None, name, value, "curve", age_days)


def _rates(market: Market, key: str) -> Iterator[tuple[str, Fitted]]:
    block, curve = market.rates[name_of(key)], discount_curve(market, key)
    if isinstance(block, OisQuotes):
        rates = block.par_rates()
        schedule = swap_schedule(market.as_of, tuple(rates))
        last = np.append(schedule.firsts[1:], schedule.pays_years.size) - 1
        for tenor, fit, time in zip(rates, par_swap_rates(schedule, curve).tolist(), schedule.pays_years[last].tolist(), strict=True):
            yield f"quotes.{tenor}", Fitted(time, rates[tenor], fit, "discount", float(curve.discount(time)))
    elif isinstance(block, TreasuryQuotes):
        for tenor, quote in block.quotes.items():
            time = years_between(market.as_of, add_tenor(market.as_of, tenor))
            yield f"quotes.{tenor}", Fitted(time, quote.value, treasury_yield(curve, tenor), "discount", float(curve.discount(time)))
    else:
        yield "rate", Fitted(1.0, block.rate.value, float(curve.zero_rate(1.0)), "discount", float(curve.discount(1.0)))


def _credit(market: Market, key: str) -> Iterator[tuple[str, Fitted]]:
    block, curve = own_quotes(market, key), survival_curve(market, key)
    if not isinstance(block, CdsQuotes | CdsUpfrontQuotes | DebtSpreadQuotes) or block is not market.credit[name_of(key)]:
        return  # a proxy, a rating or a hazard has no quote of a curve to give back
    discount = discount_curve(market, default_rates_key(market))
    ordered = sorted(block.quotes, key=lambda tenor: add_tenor(market.as_of, tenor))
    nodes = {"hazard_times_years": curve.times_years, "hazards": curve.hazards}
    if isinstance(block, DebtSpreadQuotes):
        fits = [
            debt_spread(time, curve, form=block.form, discount=discount, price=block.price, coupon=block.coupon)
            for time in curve.times_years.tolist()
        ]
    elif isinstance(block, CdsQuotes):
        fits = par_spreads(cds_schedule(market.as_of, ordered), recovery=block.recovery, discount=discount, **nodes).tolist()
    else:
        schedule = cds_schedule(market.as_of, ordered)
        fits = upfronts(schedule, coupon=block.coupon, recovery=block.recovery, discount=discount, **nodes).tolist()
    for tenor, fit, time in zip(ordered, fits, curve.times_years.tolist(), strict=True):
        yield f"quotes.{tenor}", Fitted(time, block.quotes[tenor].value, fit, "survival", float(curve.survival(time)))


def _equity(market: Market, key: str) -> Iterator[tuple[str, Fitted]]:
    block, surface = market.equity[name_of(key)], volatility_surface(market, key)
    for table, quotes in (("term_volatility", block.term_volatility), ("surface", block.surface)):
        for label, quote in quotes.items():
            tenor, _, strike = label.partition("@")
            time = years_between(market.as_of, add_tenor(market.as_of, tenor))
            level = float(strike) if strike else block.spot_usd.value
            variance = float(surface.total_variance(time, level))
            yield f"{table}.{label}", Fitted(time, quote.value, float(np.sqrt(variance / time)), "total variance", variance)


def _rent(market: Market, key: str) -> Iterator[tuple[str, Fitted]]:
    block, curve = market.rent[name_of(key)], rent_curve(market, key)
    yield "spot_usd_per_hour", Fitted(0.0, block.spot_usd_per_hour.value, float(curve.forward(0.0)), "forward", float(curve.forward(0.0)))
    if not isinstance(block, TwoFactorRent):
        return
    for table, quotes in (("forwards", block.forwards), ("terms", block.terms)):
        for tenor, quote in quotes.items():
            time = years_between(market.as_of, add_tenor(market.as_of, tenor))
            ahead = float(curve.forward(time))
            yield f"{table}.{tenor}", Fitted(time, quote.value, ahead if table == "forwards" else _term_rate(curve, time), "forward", ahead)


def _term_rate(curve: RentCurve, years: float) -> float:
    """The term rate that the implied forwards add up to, by quadrature between the quoted terms."""
    terms = curve.terms
    if terms is None:
        return float("nan")
    points, weights = np.polynomial.legendre.leggauss(GAUSS_POINTS)
    inner = np.concatenate((terms.times_years, terms.discount.times_years))
    edges = np.unique(np.append(inner[inner < years], years))
    middle, half = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges)
    at = middle[:, None] + half[:, None] * points
    total = float((half[:, None] * weights * terms.forward(at) * terms.discount.discount(at)).sum())
    return total / (float(terms.discount.annuity(years)) if terms.payment == "even" else years)


def _resale(market: Market, key: str) -> Iterator[tuple[str, Fitted]]:
    block, curve = market.resale[name_of(key)], resale_curve(market, key)
    yield "new_usd", Fitted(0.0, block.new_usd.value, float(curve.value(0.0, 0.0)), "USD a unit", float(curve.value(0.0, 0.0)))
    if not isinstance(block, ResaleByAge):
        return
    for tenor, quote in block.share_of_new.items():
        age = years_between(market.as_of, add_tenor(market.as_of, tenor))
        found = float(curve.value(age, 0.0))
        yield f"share_of_new.{tenor}", Fitted(age, quote.value, found / block.new_usd.value, "USD a unit", found)


def _power(market: Market, key: str) -> Iterator[tuple[str, Fitted]]:
    block, curve = market.power[name_of(key)], power_curve(market, key)
    yield "usd_per_kwh", Fitted(0.0, block.usd_per_kwh.value, float(curve.price(0.0)), "USD a kWh", float(curve.price(0.0)))
    if not isinstance(block, PowerForwards):
        return
    for tenor, quote in block.forwards.items():
        time = years_between(market.as_of, add_tenor(market.as_of, tenor))
        yield f"forwards.{tenor}", Fitted(time, quote.value, float(curve.price(time)), "USD a kWh", float(curve.price(time)))


_BUILDERS: dict[str, Callable[[Market, str], Iterator[tuple[str, Fitted]]]] = {
    "rates": _rates,
    "credit": _credit,
    "equity": _equity,
    "rent": _rent,
    "resale": _resale,
    "power": _power,
}
