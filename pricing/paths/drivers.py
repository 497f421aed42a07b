"""The random drivers of one contract, resolved to arrays: what the world's paths are stepped with, under each probability.

**Model** One Brownian motion per share, milestone, credit and rent, correlated by the market's table. Under the share measure every
Brownian motion W_i gains the drift rho_i s dt, where s is the volatility of the numeraire share and rho_i its correlation with it.

- share: `pricing.paths.shares`.
- milestone: the plan's clock c_t = t + v W_t; level k is reached when c first passes its planned time (watched continuously).
- credit: default is the first passage to zero of 1 + W_A, W run on the deterministic clock A(t) = (1 / Phi^{-1}((1 - S(t))/2))^2, so that
  the odds equal the survival curve S exactly under the pricing measure (Overbeck and Schmidt 2005).
- rent: two factors, the long-term one of which is the correlated driver (`pricing.paths.rents`). Deliveries and rents depend on each other
  both ways by that correlation, of either sign: paths with high rents are paths with early deliveries where it is above 0.
- belief: breaks that move shares and rents together, where a method asks for them (`pricing.paths.belief`).
- rate: the short rate of the curve that discounts, where a contract asks for it and the market moves it (`pricing.paths.daily_rates`).
- issuer: a share that is linked to a credit is worth nothing from its default on (`pricing.paths.issuers`).

Not modelled here: volatility that moves by itself; a clock whose speed is a function of the rent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from curves import Market, belief_jump, correlation_matrix, survival_curve
from instruments.deal import Deal
from instruments.ground.errors import CalibrationError, MarketError, PricingError
from instruments.ground.keys import key_of_kind
from instruments.ground.messages import problem
from pricing.measures import Probability
from pricing.paths.belief import Belief
from pricing.paths.daily_rates import DailyRate, daily_rate
from pricing.paths.grid import Grid
from pricing.paths.issuers import Issuer, resolve_issuer
from pricing.paths.local_volatility import smile_of
from pricing.paths.rents import Rent, resolve_rent
from pricing.paths.shares import Share, no_share, resolve_share
from pricing.paths.widening import widened

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Clock:
    """A milestone's clock: `planned` are planned times in years of each level, rising."""

    key: str
    levels: tuple[float, ...]
    planned: Array
    volatility: float
    cancellation_hazard: float
    buyer: str | None
    """Credit key of the buyer, whose default stops deliveries."""


@dataclass(frozen=True)
class Credit:
    """A credit's own clock on a grid: `increments` of A over each step; zero where default is impossible."""

    key: str
    increments: Array


@dataclass(frozen=True)
class Drivers:
    """Everything that moves, with the lower triangular factor that correlates the normals (in the order of `keys`)."""

    grid: Grid
    keys: tuple[str, ...]
    shares: tuple[Share, ...]
    clocks: tuple[Clock, ...]
    credits: tuple[Credit, ...]
    correlation: Array
    factor: Array
    rents: tuple[Rent, ...] = ()
    """They come last in `keys`, before the rate: a rent moves nobody else's numbers."""
    belief: Belief | None = None
    """Breaks, for the method that has them."""
    issuers: Mapping[str, str] = field(default_factory=dict)
    """Share key to the credit key of its issuer, for shares that end with it; the others know no default."""
    rate: DailyRate | None = None
    """The last of `keys`; None: rates stay at their forwards."""

    @cached_property
    def issued(self) -> Mapping[str, Issuer]:
        """Share key to its issuer's odds of survival, for the shares of `issuers`.

        Raises:
            PricingError: a share on local volatility. CalibrationError: an issuer that is all but sure to default.
        """
        found: dict[str, Issuer] = {}
        for share in self.shares:
            key = self.issuers.get(share.key)
            if key is None:
                continue
            if share.smile is not None:
                why = "a share on local volatility has no model of its issuer's default"
                raise PricingError(problem("unsupported", subject=share.key, why=why, remedy="use one volatility, or leave the credit out"))
            credit = next(credit for credit in self.credits if credit.key == key)
            tie = self.correlation[self.keys.index(share.key), self.keys.index(key)]
            drifts = tie * share.volatility * np.sqrt(self.grid.steps * credit.increments)
            found[share.key] = resolve_issuer(share.key, key, credit.increments, drifts)
        return found

    def drift_per_root_year(self, probability: Probability, numeraire: str | None) -> Array:
        """Drift that each Brownian motion gains, per year: rho_i s under the share measure, zero otherwise."""
        if probability != "share":
            return np.zeros(len(self.keys))
        share = next(share for share in self.shares if share.key == numeraire)
        column: Array = self.correlation[:, self.keys.index(share.key)]
        return column * share.volatility

    def share(self, key: str) -> Share:
        """The share of a key. Raises PricingError where it is no share of these."""
        for share in self.shares:
            if share.key == key:
                return share
        raise no_share(key)

    def forward_volatility(self, share: Share, years: Array) -> Array | float:
        """Volatility of the share's forward to a date, as an option to it sees: with that of a rate that moves; same shape as `years`."""
        if self.rate is None:
            return share.volatility
        tie = float(self.correlation[self.keys.index(share.key), -1])
        variance = self.rate.rate.forward_variance(share.volatility, tie, years)
        return np.sqrt(variance / np.where(years > 0.0, years, 1.0))

    @property
    def knows_real_world(self) -> bool:
        """Whether the market gives real-world drifts for everything that needs one."""
        return all(share.real_world_drift is not None for share in self.shares) and all(rent.premium is not None for rent in self.rents)


def credit_clock(survival: Array) -> Array:
    """Increments of A(t) over each step from survival at the end of each step [time]; see the model above.

    Certain default at a step (S = 0) needs A = infinity: it is cut at 1e12, where the odds of survival are below 1e-6.
    """
    with np.errstate(divide="ignore"):
        clock = np.minimum((1.0 / ndtri(np.clip((1.0 - survival) / 2.0, 0.0, 0.5))) ** 2, 1e12)
    return np.diff(np.maximum.accumulate(clock), prepend=0.0)


def resolve_drivers(
    market: Market,
    grid: Grid,
    *,
    prices: Sequence[str],
    clocks: Sequence[Clock],
    credits: Sequence[str],
    rents: Sequence[str] = (),
    issuers: Mapping[str, str] | None = None,
    moving_rate: bool = False,
) -> Drivers:
    """Read every driver off the market and factor the correlation.

    Args:
        market, grid: the snapshot and the days.
        prices: keys of shares and rents that are looked at. rents: further rents that move along.
        clocks, credits: milestones, and credits by key.
        issuers: share key to the credit key of its issuer, whose default ends the share (`issuers_of` a deal). Shares that are not looked
            at are left out; a credit that is not among `credits` joins them. None: no share knows its issuer's default.
        moving_rate: whether the contract follows the short rate where the market moves it.

    Raises:
        MarketError: the market lacks a key. PricingError: a price is neither a share nor a rent.
    """
    seen = tuple(dict.fromkeys(key for key in (*prices, *rents) if key_of_kind("rent", key)))
    shares = tuple(dict.fromkeys(key for key in prices if key not in seen))
    linked = {share: credit for share, credit in (issuers or {}).items() if share in shares}
    credits = tuple(dict.fromkeys((*credits, *linked.values())))
    rate = daily_rate(market, grid) if moving_rate else None
    keys = (*shares, *(clock.key for clock in clocks), *credits, *seen, *((rate.key,) if rate else ()))
    matrix = np.asarray(correlation_matrix(market, keys), dtype=np.float64)
    return Drivers(
        grid=grid,
        keys=keys,
        shares=tuple(resolve_share(market, key, grid) for key in shares),
        clocks=tuple(clocks),
        credits=tuple(Credit(key, credit_clock(survival_curve(market, key).survival(grid.times))) for key in credits),
        correlation=matrix,
        factor=correlation_factor(matrix),
        rents=tuple(resolve_rent(market, key, grid) for key in seen),
        issuers=linked,
        rate=rate,
    )


def issuers_of(deal: Deal) -> dict[str, str]:
    """Share key to credit key of every party that has both: whose default ends which share."""
    return {party.equity: party.credit for party in deal.parties.values() if party.equity is not None and party.credit is not None}


def correlation_factor(matrix: Array) -> Array:
    """Lower triangular factor; a tiny ridge lets a perfectly correlated pair factor, and moves no correlation by more than 1e-12."""
    return np.asarray(np.linalg.cholesky(matrix + 1e-12 * np.eye(len(matrix))), dtype=np.float64)


def with_local_volatility(drivers: Drivers, market: Market) -> Drivers:
    """The same, every share that has a surface or a term structure of volatility on it.

    Raises:
        MarketError: the first share, the warrant's own, has neither. CalibrationError: a surface with arbitrage.
    """
    first, *others = drivers.shares
    shares = [replace(first, smile=smile_of(market, first.key, drivers.grid))]
    for share in others:
        quotes = market.equity[share.key.removeprefix("equity:")]
        smile = smile_of(market, share.key, drivers.grid) if quotes.surface or quotes.term_volatility else None
        shares.append(replace(share, smile=smile))
    return replace(drivers, shares=tuple(shares))


def with_belief(drivers: Drivers, market: Market) -> Drivers:
    """The same with the market's breaks of belief; one that names none of the prices and credits, or never breaks, changes nothing.

    Raises:
        MarketError: the market has no belief. CalibrationError: jumps with more variance than a quote, or defaults at breaks with more
            hazard than a curve. PricingError: a share ends with an issuer whose hazard breaks multiply.
    """
    if market.belief is None:
        raise MarketError(problem("missing_key", subject="market", field="belief", key="belief", choices=("no belief",)))
    quotes = market.belief
    prices = (*(share.key for share in drivers.shares), *(rent.key for rent in drivers.rents))
    means = {key: quotes.jumps[key].value for key in prices if key in quotes.jumps}
    odds = {credit.key: quotes.defaults[credit.key].value for credit in drivers.credits if credit.key in quotes.defaults}
    intensity = quotes.intensity.value
    wide = {credit.key for credit in drivers.credits if hazard_multiple(market, credit.key) > 1.0}
    state = quotes.demand_kept.value != 1.0 or quotes.refinancing_shut_years.value > 0.0
    if intensity == 0.0 or not (means or odds or wide or state):
        return drivers
    for share, credit in drivers.issuers.items():
        if credit in wide:
            why = f"it ends with {credit}, whose hazard breaks multiply: no compensation of its drift is known for that"
            remedy = f"leave belief.hazard_multiples.{credit} out, or the issuer's credit"
            raise PricingError(problem("unsupported", subject=share, field="belief.hazard_multiples", why=why, remedy=remedy))
    shares = [replace(share, volatility=belief_jump(market, share.key).diffusive_volatility) for share in drivers.shares]
    rents = [
        resolve_rent(market, rent.key, drivers.grid, long_volatility=belief_jump(market, rent.key).diffusive_volatility)
        for rent in drivers.rents
    ]
    curves = {key: survival_curve(market, key).survival(drivers.grid.times) for key in wide}
    widening = {
        key: widened(key, curves[key], drivers.grid.times, intensity, odds.get(key, 0.0), hazard_multiple(market, key))
        for key in sorted(wide)
    }
    credits = [
        replace(credit, increments=credit_clock(widening[credit.key].survival))
        if credit.key in wide
        else _diffusive(market, drivers.grid, credit, intensity * odds.get(credit.key, 0.0))
        for credit in drivers.credits
    ]
    belief = Belief(
        intensity,
        quotes.jump_volatility.value,
        means,
        default_odds=odds,
        issuers=drivers.issuers,
        demand_kept=quotes.demand_kept.value,
        shut_years=quotes.refinancing_shut_years.value,
        widening=widening,
    )
    return replace(drivers, shares=tuple(shares), rents=tuple(rents), credits=tuple(credits), belief=belief)


def hazard_multiple(market: Market, key: str) -> float:
    """What a break multiplies the hazard of a credit by; 1 where no belief says."""
    quote = market.belief.hazard_multiples.get(key) if market.belief is not None else None
    return quote.value if quote is not None else 1.0


def _diffusive(market: Market, grid: Grid, credit: Credit, at_breaks: float) -> Credit:
    """The clock of what breaks leave of a survival curve: S(t) e^{t x hazard at breaks}.

    Raises:
        CalibrationError: the curve has less hazard somewhere than breaks alone bring.
    """
    if at_breaks == 0.0:
        return credit
    survival = survival_curve(market, credit.key).survival(grid.times)
    left = survival * np.exp(at_breaks * grid.times)
    hazard = -np.diff(np.log(np.maximum(survival, 1e-300)), prepend=0.0) / grid.steps
    if bool((hazard < at_breaks * (1.0 - 1e-9)).any()):
        why = f"breaks of the belief alone default it at a hazard of {at_breaks:.4g} a year, its curve has {float(hazard.min()):.4g}"
        rule = f"intensity x odds at most {float(hazard.min()):.4g}"
        raise CalibrationError(problem("not_calibrated", subject=credit.key, field="belief.defaults", why=why, allowed_range=rule))
    return replace(credit, increments=credit_clock(np.minimum(np.minimum.accumulate(left), 1.0)))
