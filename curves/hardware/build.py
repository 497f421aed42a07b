"""From the market's hardware quotes to a resale curve and a power curve."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curves.arrays import DAYS_PER_YEAR, ArrayRecord, FloatArray, bad_argument, checked_times, read_only
from curves.compute.build import launch_models
from curves.compute.factors import LaunchModel
from curves.compute_quotes import ResaleQuotes
from curves.hardware_quotes import PowerForwards
from curves.lookup import block_of
from curves.market import Market
from curves.tenors import add_tenor


@dataclass(frozen=True, slots=True, eq=False)
class ResaleCurve(ArrayRecord):
    """Market value of one used unit by age and date.

    Model: new price x g(age) x product over launches of (1 - p(t) + p(t) E[e^J]) x (rent / forward rent)^elasticity, with ln g linear
    between quoted ages from ln 1 at age 0, and falling by `decline` a year beyond the last. The mean over launches is taken: what a
    launch does on one path belongs to a simulation. Not modelled: condition, batch, warranty.

    Raises:
        InputError: ages that do not rise from 0, or a share not above 0.
    """

    key: str
    """Market key: 'resale:H100'."""
    as_of: dt.date
    """Date of the prices."""
    new_usd: float
    """Price of a unit new."""
    ages_years: FloatArray
    """Quoted ages [node], the first 0."""
    shares: FloatArray
    """Share of new at them [node], the first 1."""
    decline: float
    """Yearly logarithmic decline beyond the last age."""
    launches: tuple[LaunchModel, ...]
    """Launches to come."""
    rent_elasticity: float
    """Power of the rent ratio."""
    sale_cost: float
    """Share of the price."""
    depth_units: float
    """Units at unit impact."""
    impact: float
    """a."""

    def __post_init__(self) -> None:
        ages, shares = read_only(self.ages_years), read_only(self.shares)
        if ages.shape != shares.shape or not ages.size or ages[0] != 0.0 or not bool((np.diff(ages) > 0.0).all()):
            raise bad_argument(self.key, "share_of_new", ages, "ages rising from 0, one share each", "two tenors of the same length?")
        if float(shares.min()) <= 0.0:
            raise bad_argument(self.key, "share_of_new", float(shares.min()), "above 0", "check the shares")
        object.__setattr__(self, "ages_years", ages)
        object.__setattr__(self, "shares", shares)

    def value(self, ages_years: npt.ArrayLike, at_years: npt.ArrayLike, *, rent_ratio: npt.ArrayLike = 1.0) -> FloatArray:
        """USD of one unit of an age at a time, broadcast.

        Args:
            ages_years: age then, at or above 0.
            at_years: ACT/365F years from `as_of`, at or above 0.
            rent_ratio: rent then over its forward, above 0.
        """
        ages, times = checked_times(self.key, "ages_years", ages_years), checked_times(self.key, "at_years", at_years)
        logs = np.interp(ages, self.ages_years, np.log(self.shares)) - self.decline * np.maximum(ages - self.ages_years[-1], 0.0)
        for launch in self.launches:
            logs = logs + launch.log_forward(times)
        return self.new_usd * np.exp(logs) * np.asarray(rent_ratio, dtype=np.float64) ** self.rent_elasticity + 0.0 * times


@dataclass(frozen=True, slots=True, eq=False)
class PowerCurve(ArrayRecord):
    """Price of a kilowatt-hour by date: straight lines between forwards, then growth."""

    key: str
    """Market key: 'power:US'."""
    times_years: FloatArray
    """Nodes [node], the first 0."""
    usd_per_kwh: FloatArray
    """Prices at them [node]."""
    growth: float
    """Yearly logarithmic growth beyond the last node."""

    def price(self, times_years: npt.ArrayLike) -> FloatArray:
        """USD per kWh, same shape as the times (at or above 0, else InputError)."""
        times = checked_times(self.key, "times_years", times_years)
        beyond = np.maximum(times - self.times_years[-1], 0.0)
        return np.interp(times, self.times_years, self.usd_per_kwh) * np.exp(self.growth * beyond)


def resale_curve(market: Market, key: str) -> ResaleCurve:
    """The resale curve behind a key such as `resale:H100`; a thin quote declines from age 0.

    Raises:
        InputError: another kind of key, a launch that is over, two ages of one length.
        MarketError: the market has no such key.
    """
    block = block_of(market, key, "resale", market.resale)
    quotes: dict[str, float] = {}
    if not isinstance(block, ResaleQuotes):
        quotes = {tenor: quote.value for tenor, quote in block.share_of_new.items()}
    ordered = sorted(quotes, key=lambda tenor: add_tenor(market.as_of, tenor))
    launches = () if isinstance(block, ResaleQuotes) else launch_models(market.as_of, block.launches)
    return ResaleCurve(
        key=key,
        as_of=market.as_of,
        new_usd=block.new_usd.value,
        ages_years=read_only([0.0, *(_years(market.as_of, tenor) for tenor in ordered)]),
        shares=read_only([1.0, *(quotes[tenor] for tenor in ordered)]),
        decline=block.decline.value,
        launches=launches,
        rent_elasticity=block.rent_elasticity.value,
        sale_cost=block.sale_cost,
        depth_units=block.depth_units.value,
        impact=block.impact.value,
    )


def power_curve(market: Market, key: str) -> PowerCurve:
    """The power curve behind a key such as `power:US`. Raises as `resale_curve`."""
    block = block_of(market, key, "power", market.power)
    quotes = {tenor: quote.value for tenor, quote in block.forwards.items()} if isinstance(block, PowerForwards) else {}
    ordered = sorted(quotes, key=lambda tenor: add_tenor(market.as_of, tenor))
    times = read_only([0.0, *(_years(market.as_of, tenor) for tenor in ordered)])
    return PowerCurve(key, times, read_only([block.usd_per_kwh.value, *(quotes[tenor] for tenor in ordered)]), block.growth.value)


def _years(as_of: dt.date, tenor: str) -> float:
    return (add_tenor(as_of, tenor) - as_of).days / DAYS_PER_YEAR
