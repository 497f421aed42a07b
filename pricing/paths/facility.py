"""Paths of a facility: rents, credits and luck, block by block, each from a stream of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from pricing.kernels.drivers import drive
from pricing.paths.credit import default_clock
from pricing.paths.deal_world import Shared, mixing, own_normals
from pricing.paths.month_days import MonthDays
from pricing.paths.monthly_belief import Broken, MonthlyBelief
from pricing.paths.rates import RateModel, rate_paths
from pricing.paths.streams import BLOCK, generator
from pricing.paths.widening import Widening
from pricing.schedules.plan import NEVER, NO_PATHS, NOBODY, Drivers
from pricing.schedules.types import Floats, Ints


@dataclass(frozen=True)
class FacilityModel:
    """What is needed to simulate one facility: T months, credits by market key."""

    rent_key: str
    """Stream and correlation of the rent."""
    volatility: float
    elasticity: float
    years: Floats
    """[time]"""
    credits: tuple[str, ...]
    """Distinct market keys of entities that can default."""
    survival: Floats
    """[credit, time]"""
    correlation: Floats
    """[rent and credits, rent and credits]"""
    customer: str | None
    operator: str | None
    guarantor: str | None
    """Market keys, among `credits`; None never defaults."""
    contract_id: str
    """Owner of the luck: substitution, bad acts, delays."""
    cohorts: int
    substitute_odds: float
    bad_act_odds: float
    delay_odds: float
    shared: Shared | None = None
    """The deal's own mixing, where the contract's would differ from it."""
    lender: str | None = None
    """Market key of the lender's credit, among `credits`, where something is still to be drawn from it."""
    rates: RateModel | None = None
    """The short rate; None keeps rates at their forwards."""
    belief: MonthlyBelief | None = None
    """Breaks of the market's belief; None has none."""
    days: MonthDays | None = None
    """How daily contracts of the deal see its months; None: there are none that share anything."""

    @property
    def counterparties(self) -> tuple[str, ...]:
        """Credits of customer, operator and guarantor, each once."""
        return tuple(dict.fromkeys(key for key in (self.customer, self.operator, self.guarantor) if key is not None))

    @property
    def mix(self) -> Floats:
        """Root that correlates the normals of `random_numbers` [factor, factor]."""
        return mixing(self.correlation) if self.shared is None else np.eye(1 + len(self.credits))

    @property
    def diffusion(self) -> tuple[Floats, tuple[Widening | None, ...]]:
        """Survival of each credit's own diffusion [credit, time], and what breaks do to its hazard: the curves' where there are none.

        Raises:
            CalibrationError: breaks alone have more hazard than a curve.
        """
        if self.belief is None:
            return self.survival, (None,) * len(self.credits)
        found = [self.belief.credit(key, row, self.years) for key, row in zip(self.credits, self.survival, strict=True)]
        return np.array([row for row, _ in found]).reshape(self.survival.shape), tuple(wide for _, wide in found)

    def with_correlation(self, correlation: Floats) -> FacilityModel:
        """The same marginals with another correlation of rent and credits, in this model's order [factor, factor]."""
        own = (self.rent_key, *self.credits)
        shared = self.shared.moved(own, correlation) if self.shared is not None else None
        return replace(self, correlation=correlation, shared=shared, rates=self.rates.moved(own, correlation) if self.rates else None)

    def without(self, *keys: str | None) -> FacilityModel:
        """The same, where the named credits never default; the other numbers keep their streams."""
        gone = np.array([key in keys for key in self.credits], dtype=np.bool_)
        return replace(self, survival=np.where(gone[:, None], 1.0, self.survival))


def random_numbers(model: FacilityModel, seed: int, block: int, paths: int = BLOCK) -> tuple[Floats, Floats]:
    """Normals [factor, time, path], to be mixed by `model.mix`, and uniforms [credit, time, path] of one block."""
    months, credits = len(model.years), len(model.credits)
    normals = own_normals((model.rent_key, *model.credits), model.shared, months, seed, block, paths)
    uniforms = np.empty((credits, months, paths))
    for index, key in enumerate(model.credits):
        generator(seed, f"{key}/bridge", block).random(out=uniforms[index])
    return normals, uniforms


@dataclass(frozen=True)
class Shocks:
    """Rent and defaults of one block of paths."""

    ratio: Floats
    """[time, path] rent over its forward."""
    linked: Floats
    """[time, path] that to the power of the elasticity."""
    months: Ints
    """[credit, path] month of default."""
    broken: Broken | None
    """Breaks of the belief."""


def shocks_of(model: FacilityModel, seed: int, block: int, numbers: tuple[Floats, Floats] | None = None) -> Shocks:
    """Rent and defaults of one block: the diffusions, and where the market has a belief its breaks (`pricing.paths.monthly_belief`)."""
    normals, uniforms = numbers if numbers is not None else random_numbers(model, seed, block)
    survival, widening = model.diffusion
    clocks = np.array([default_clock(row) for row in survival]).reshape(len(model.credits), len(model.years))
    volatility = model.volatility if model.belief is None else model.belief.diffusive(model.rent_key, model.volatility)
    ratio, linked, months = drive(normals, uniforms, model.mix, clocks, volatility, model.years, model.elasticity)
    for index, key in enumerate(model.credits):
        if model.days is not None and key in model.days.both:
            shocks = np.einsum("f,ftp->tp", model.mix[1 + index], normals)
            months[index] = model.days.default_months(key, shocks, np.diff(clocks[index], prepend=0.0), seed, block)
    if model.belief is None:
        return Shocks(ratio, linked, months, None)
    broken = model.belief.broken(model.years, seed, block)
    factor = broken.rent_factor(model.rent_key)
    if factor is not None:
        ratio, linked = ratio * factor, linked * factor**model.elasticity
    for index, key in enumerate(model.credits):
        if bool((model.survival[index] < 1.0).any()):
            months[index] = broken.default(key, months[index], widening[index])
    return Shocks(ratio, linked, months, broken)


def drivers_of(model: FacilityModel, seed: int, block: int, numbers: tuple[Floats, Floats] | None = None) -> Drivers:
    """Drivers of one block of paths: the same bytes whoever asks, in whatever order.

    **Model**: the rent is lognormal around its forward; each credit defaults at the first passage of its driver (`default_clock`);
    drivers are correlated month by month. A replacement after the operator's default, a bad act and each month of delay are decided by
    independent draws; the short rate, where it moves, follows `pricing.paths.rates`. Where a belief breaks, what is let again earns its
    share of the demand that is left: `ratio` carries it, `linked` does not. Not modelled: jumps of rents at launches, contagion from one
    default to another other than at breaks.
    """
    shocks = shocks_of(model, seed, block, numbers)
    ratio, linked, months = shocks.ratio, shocks.linked, shocks.months
    demand = shocks.broken.demand() if shocks.broken is not None else None
    ratio, paths = ratio if demand is None else ratio * demand, ratio.shape[1]

    def default(key: str | None) -> Ints:
        return months[model.credits.index(key)] if key is not None else np.full(paths, NEVER, dtype=np.int64)

    def luck(name: str) -> np.random.Generator:
        return generator(seed, f"{model.contract_id}/{name}", block)

    delay = np.zeros((model.cohorts, paths), dtype=np.int64)
    if model.delay_odds > 0:
        delay = luck("delay").geometric(1.0 - model.delay_odds, size=(model.cohorts, paths)) - 1
    discount, short = rate_paths(model.rates, seed, block, paths) if model.rates is not None else (NO_PATHS, NO_PATHS)
    return Drivers(
        ratio=ratio,
        linked=linked,
        customer=default(model.customer),
        operator=default(model.operator),
        guarantor=default(model.guarantor),
        substituted=(luck("substitute").random(paths) < model.substitute_odds).astype(np.int64),
        bad_act=(luck("bad_act").random(paths) < model.bad_act_odds).astype(np.int64),
        delay=delay,
        lender=default(model.lender) if model.lender is not None else NOBODY,
        discount=discount,
        short=short,
    )


def planned_drivers(months: int, cohorts: int, paths: int = 1) -> Drivers:
    """Drivers on which everything goes to plan: forward rents, no default, no delay."""
    never, no = np.full(paths, NEVER, dtype=np.int64), np.zeros(paths, dtype=np.int64)
    return Drivers(
        np.ones((months, paths)), np.ones((months, paths)), never, never, never, no + 1, no, np.zeros((cohorts, paths), dtype=np.int64)
    )
