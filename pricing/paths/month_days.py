"""The days inside the months of a deal: contracts that are watched daily see the shocks and defaults of the deal's monthly contracts.

**Model** a monthly contract draws one shock Z of each key a month (`pricing.paths.deal_world`). Where a deal also has contracts that are
watched daily, the days of a month take independent shocks e, correlated like the months', and are then put right for the month: with v the
variance of the key's driver on each day, of which w^2 is the share of the month's,

    z_d = e_d + w_d (Z - sum_d w_d e_d):

independent standard normals again, whose sum over the month, weighed by w, is Z. So a daily driver stands at every month's end where the
monthly one stands. Shocks of two keys on one day keep their correlation exactly where both run evenly over the month, which all do but
credits, whose clocks bend: there it is off by at most the difference of their w.

A credit that contracts of both kinds look at defaults once: at the first passage of its driver seen through the days, with a bridge from
day to day. Its survival is that of its curve on every day, as in either world alone; daily contracts take the day, monthly ones its month.

Days are calendar days, so that any date of a contract is one of them. A deal of one kind of contract only draws what each contract would
draw alone, whatever the correlations, so that two markets are compared on the same numbers. So does a deal whose market has breaks of
belief: they reach both kinds at the same times, but defaults are drawn by each.

Not in it: warrants, which are valued with the share as unit of account and have no paths of the pricing measure to share; pools of notes
and derivatives on rents; a short-term factor of a rent. What the account gains inside a month beyond the month's shock of the rate.

Source: the bridge is the Gaussian vector given its sum; Glasserman (2003), "Monte Carlo methods in financial engineering", section 3.1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from curves import correlation_matrix, default_rates_key, short_rate, survival_curve
from instruments.conditions import EventHappened, MilestoneReached, PriceTarget, legs_of
from instruments.contracts.margin_loan import MarginLoan
from instruments.contracts.staged import StagedEquity, stages_of
from instruments.ground.keys import key_of_kind
from pricing.measures import Probability
from pricing.paths.credit import crossing_odds, default_clock
from pricing.paths.deal_world import Shared, mixing, own_normals, shared_keys
from pricing.paths.draws import LEAST_UNIFORM, Draws, Fill
from pricing.paths.drivers import Drivers
from pricing.paths.grid import Grid
from pricing.paths.streams import BLOCK, generator
from pricing.paths.world import World, simulate_world
from pricing.schedules.grid import month_ends, months_to
from pricing.schedules.plan import NEVER
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from curves import Market
    from instruments.deal import Deal

Days = NDArray[np.int64]


@dataclass(frozen=True)
class MonthDays:
    """What a deal's daily contracts need to follow its monthly ones."""

    market: Market
    keys: tuple[str, ...]
    """Of the monthly contracts, the rate's, then those of the daily ones."""
    correlation: Floats
    """[key, key]"""
    both: frozenset[str]
    """Credits that contracts of both kinds look at."""

    @cached_property
    def root(self) -> Floats:
        """Mixes the days' own shocks [key, factor]."""
        return mixing(self.correlation)

    def variances(self, key: str, days: int) -> Floats:
        """Of the key's driver on each of the first calendar days [day]: time, or what its curve adds to a credit's clock."""
        years = np.arange(1, days + 1) / 365.0
        if not key_of_kind("credit", key):
            return np.full(days, 1.0 / 365.0)
        return np.diff(default_clock(survival_curve(self.market, key).survival(years)), prepend=0.0)

    def months(self, last: int) -> tuple[tuple[dt.date, ...], Days]:
        """Month ends up to the one on or after an ordinal, and how many calendar days each is from the market's date."""
        as_of, end = self.market.as_of, dt.date.fromordinal(last)
        ends = month_ends(as_of, months_to(as_of, end) + 1)
        ends = ends[:-1] if len(ends) > 1 and ends[-2] >= end else ends
        return ends, np.array([(date - as_of).days for date in ends], dtype=np.int64)

    def apart(self, keys: Sequence[str], counts: Days, seed: int, block: int) -> Iterator[Floats]:
        """The days' own shocks, month after month [key, day of the month, path]; `counts` are days of each month."""
        rows = np.array([self.root[self.keys.index(key)] for key in keys])
        used = [at for at in range(len(self.keys)) if bool((rows[:, at] != 0.0).any())]
        streams = {at: generator(seed, f"{self.keys[at]}/days", block) for at in used}
        for count in counts:
            drawn = {at: stream.standard_normal((int(count), BLOCK)) for at, stream in streams.items()}
            yield np.stack([sum((row[at] * drawn[at] for at in used if row[at] != 0.0), np.zeros((int(count), BLOCK))) for row in rows])

    def normals(self, grid: Grid, keys: Sequence[str], seed: int, block: int) -> Floats:
        """Correlated shocks of a daily contract's keys over the steps of its grid [key, step, path]."""
        ends, offsets = self.months(int(grid.ordinals[-1]))
        monthly = own_normals(keys, Shared(self.keys, self.correlation), len(ends), seed, block)
        at = grid.ordinals - self.market.as_of.toordinal()
        variance = np.array([self.variances(key, int(offsets[-1])) for key in keys])
        levels = np.zeros((len(keys), grid.size, BLOCK))
        reached, start = np.zeros((len(keys), BLOCK)), 0
        for month, own in enumerate(self.apart(keys, np.diff(offsets, prepend=0), seed, block)):
            stop = int(offsets[month])
            chosen = np.flatnonzero((at > start) & (at <= stop))
            for index, shocks in enumerate(own):
                moved = reached[index] + _moves(shocks, variance[index, start:stop], monthly[index, month])
                levels[index, chosen], reached[index] = moved[at[chosen] - start - 1], moved[-1]
            start = stop
        steps = np.add.reduceat(variance, np.concatenate([[0], at[:-1]]), axis=1)
        steps[:, -1] = variance[:, at[-2] if grid.size > 1 else 0 : at[-1]].sum(axis=1)
        moves = np.diff(levels, axis=1, prepend=0.0)
        return np.divide(moves, np.sqrt(steps)[:, :, None], out=np.zeros_like(moves), where=steps[:, :, None] > 0.0)

    def default_months(self, key: str, shocks: Floats, variance: Floats, seed: int, block: int) -> Days:
        """Month of a credit's default [path], never the number `NEVER`; arguments as in `default_ordinals`."""
        ends = np.array([date.toordinal() for date in month_ends(self.market.as_of, len(shocks))], dtype=np.int64)
        when = self.default_ordinals(key, shocks, variance, seed, block)
        return np.where(when == NEVER, NEVER, np.searchsorted(ends, when)).astype(np.int64)

    def default_ordinals(self, key: str, shocks: Floats, variance: Floats, seed: int, block: int) -> Days:
        """Ordinal of a credit's default [path], `NEVER` where it does not come.

        Args:
            key: the credit. shocks: of its months, correlated [month, path].
            variance: of each month, from whatever survival the contract has [month]; the curve says how it lies within the month.
            seed, block: which random numbers.
        """
        ends = month_ends(self.market.as_of, len(shocks))
        offsets = np.array([(date - self.market.as_of).days for date in ends], dtype=np.int64)
        within = self.variances(key, int(offsets[-1]))
        uniforms = generator(seed, f"{key}/days/bridge", block)
        level, found, start = np.ones(BLOCK), np.full(BLOCK, NEVER, dtype=np.int64), 0
        for month, own in enumerate(self.apart((key,), np.diff(offsets, prepend=0), seed, block)):
            stop = int(offsets[month])
            days = _within(within[start:stop]) * variance[month]
            after = level + _moves(own[0], days, shocks[month])
            odds = crossing_odds(np.vstack([level, after[:-1]]), after, days)
            crossed = np.maximum(uniforms.random((stop - start, BLOCK)), LEAST_UNIFORM) <= odds
            day = self.market.as_of.toordinal() + start + 1 + crossed.argmax(axis=0)
            found = np.where(crossed.any(axis=0) & (found == NEVER), day, found)
            level, start = after[-1], stop
        return found


def _within(variance: Floats) -> Floats:
    """Shares of a month's variance by day; even where the curve has none."""
    total = float(variance.sum())
    return variance / total if total > 0.0 else np.full(variance.size, 1.0 / variance.size)


def _moves(own: Floats, variance: Floats, shock: Floats) -> Floats:
    """What a driver has moved by each day of a month [day, path], the month's shock given."""
    weights = np.sqrt(_within(variance))[:, None]
    put_right = own + weights * (shock - (weights * own).sum(axis=0))
    return np.cumsum(np.sqrt(variance)[:, None] * put_right, axis=0)


class DealDraws(Draws):
    """Random numbers of a daily contract in its deal: its shocks, and defaults that monthly contracts see too."""

    def __init__(self, seed: int, block: int, normals: Mapping[str, Floats], defaults: Mapping[str, Days]) -> None:
        super().__init__(seed, block)
        self._normals, self._defaults = normals, defaults

    def normals(self, key: str) -> Fill:
        """The shocks of a driver, correlated already: each call fills the next days."""
        found, done = self._normals[key], 0

        def fill(out: Floats) -> None:
            nonlocal done
            out[:] = found[done : done + len(out)]
            done += len(out)

        return fill

    def default_day(self, key: str, ordinals: Days) -> Days | None:
        """Index of the first day on or after the default [path]."""
        when = self._defaults.get(key)
        return None if when is None else np.searchsorted(ordinals, when).astype(np.int64)


def simulate_in_deal(drivers: Drivers, days: MonthDays | None, seed: int, block: int, probability: Probability = "pricing") -> World:
    """One block of a daily contract, under pricing or in the real world: in its deal's world, or alone where there is nothing to share."""
    if days is None or any(key not in days.keys for key in drivers.keys):
        return simulate_world(drivers, probability, None, seed, block)
    normals = dict(zip(drivers.keys, days.normals(drivers.grid, drivers.keys, seed, block), strict=True))
    ends, _ = days.months(int(drivers.grid.ordinals[-1]))
    years = np.array([(date - drivers.grid.start).days / 365.0 for date in ends])
    defaults: dict[str, Days] = {}
    for credit in drivers.credits:
        if credit.key in days.both:
            shocks = own_normals((credit.key,), Shared(days.keys, days.correlation), len(ends), seed, block)[0]
            clock = np.diff(default_clock(survival_curve(days.market, credit.key).survival(years)), prepend=0.0)
            defaults[credit.key] = days.default_ordinals(credit.key, shocks, clock, seed, block)
    mixed = replace(drivers, factor=np.eye(len(drivers.keys)))
    return simulate_world(mixed, probability, None, seed, block, draws=DealDraws(seed, block, normals, defaults))


def month_days(deal: Deal, market: Market) -> MonthDays | None:
    """How the daily contracts of a deal follow its monthly ones; None where it lacks one kind, or the market's belief breaks.

    Raises:
        MarketError: the correlations of the deal's keys contradict each other, or a key is missing.
    """
    monthly = shared_keys(deal)
    daily = tuple(dict.fromkeys(key for name in deal.contracts for key in _daily_keys(deal, name)))
    if not monthly or not daily or market.belief is not None:
        return None
    rates = default_rates_key(market)
    moving = (rates,) if short_rate(market, rates) is not None else ()
    keys = tuple(dict.fromkeys((*monthly, *moving, *daily)))
    matrix = np.asarray(correlation_matrix(market, keys), dtype=np.float64)
    return MonthDays(market, keys, matrix, frozenset(key for key in set(daily) & set(monthly) if key_of_kind("credit", key)))


def _daily_keys(deal: Deal, name: str) -> list[str]:
    """Shares, milestones and credits of a contract that is watched daily, as its engine names them."""
    contract = deal.contracts[name]

    def credits(*parties: str) -> list[str]:
        return [key for party in parties if (key := deal.parties[party].credit) is not None]

    if isinstance(contract, MarginLoan):
        return [contract.underlying, *credits(contract.borrower)]
    if not isinstance(contract, StagedEquity):
        return []
    legs = [leg for stage in stages_of(contract, deal.milestones) for _, leg in legs_of(stage.condition)]
    stones = [leg.milestone for leg in legs if isinstance(leg, MilestoneReached)]
    buyers = [buyer for stone in stones if (buyer := deal.milestones[stone].buyer) is not None]
    watched = [leg.party for leg in legs if isinstance(leg, EventHappened)]
    prices = [leg.of for leg in legs if isinstance(leg, PriceTarget)]
    return [
        contract.underlying,
        *prices,
        *(f"milestone:{stone}" for stone in stones),
        *credits(contract.issuer, contract.investor, *watched, *buyers),
    ]
