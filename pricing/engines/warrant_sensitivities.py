"""Sensitivities of a simulated warrant, each with its standard error: the same paths at base and after a small step.

**Model** differences on common random numbers: every valuation keeps its value on each path (controls taken out), the error is that of the
path-wise difference. Steps are finite, since what vests jumps: a difference over a step has variance of order 1 / step. Spot, volatility
and correlation step both ways (an error of order step^2), a correlation at the edge of what is possible one way; hazard and delay up only,
by what the measure says; the volatility of a short rate that moves both ways, or up where it is below its step. Rates of all dates step
with the short rate, whose noise stays. Steps stand in the note of each row.

**Not modelled** moves of several inputs at once, of a surface with the spot (quotes stay at their strikes), of a rent's forwards with
rates.

They cost one or two valuations each and are given only where they are asked for by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from curves import Market, all_quotes, survival_curve, with_quote
from instruments.conditions import PriceTarget
from instruments.ground.keys import name_of
from pricing.engines.contract_rows import ContractRows
from pricing.engines.warrant_paths import PathMethod, legs_in, priced_by_paths
from pricing.engines.warrant_setup import WarrantRun, prepare
from pricing.paths.drivers import Drivers, correlation_factor, credit_clock
from pricing.paths.streams import BLOCK
from pricing.registry import Outcome, Task

Array = NDArray[np.float64]
SENSITIVITIES = (
    "delta", "gamma", "vega", "correlation_sensitivity", "hazard_sensitivity", "delay_sensitivity", "rho", "rate_vega",
)  # fmt: skip
SPOT_STEP, GAMMA_STEP = 0.01, 0.1
"""Of the spot."""
POINT = 0.01
CORRELATION_STEP, CORRELATION_UNIT = 0.05, 0.1
HAZARD_STEP = 0.01
DELAY_STEP_YEARS = 0.25
RATE_STEP = 0.01
RATE_VOLATILITY_STEP = 0.001


@dataclass(frozen=True)
class _Step:
    """Weighted valuations: sum of weight x V(change); a change sees the task, or the resolved run."""

    measure: str
    part: str | None
    terms: tuple[tuple[float, Callable[[Task], Task] | None, Callable[[Drivers], Drivers] | None], ...]
    note: str


def with_sensitivities(task: Task, method: PathMethod, outcome: Outcome) -> Outcome:
    """The outcome with the sensitivities that the task asks for by name."""
    asked = task.settings.measures or frozenset()
    wanted = [name for name in SENSITIVITIES if name in asked]
    if not wanted:
        return outcome
    plain = replace(task, settings=replace(task.settings, measures=frozenset({"value"}), keep_sample=True))
    run = prepare(plain)
    maker = ContractRows(task, method.name, run.warrant.holder)
    samples: dict[tuple[object, object], Array] = {}

    def sample(change: Callable[[Task], Task] | None, shift: Callable[[Drivers], Drivers] | None) -> Array:
        if (change, shift) not in samples:
            samples[change, shift] = _sample(plain, method, change, shift)
        return samples[change, shift]

    found: set[str] = set()
    for step in _steps(run, wanted):
        moved = sum((weight * sample(change, shift) for weight, change, shift in step.terms), np.zeros(1))
        if method.draws is not None:  # paths of a replicate depend on each other
            moved = moved.reshape(-1, BLOCK).mean(axis=1)
        error = float(moved.std(ddof=1) / np.sqrt(moved.size))
        maker.add(step.measure, float(moved.mean()), error, part=step.part, note=step.note)
        found.add(step.measure)
    missing = tuple(
        f"contracts.{task.contract_id}: no {name}: the warrant hangs on nothing of the kind" for name in wanted if name not in found
    )
    return replace(outcome, rows=(*outcome.rows, *maker.made), warnings=(*outcome.warnings, *missing))


def _sample(task: Task, method: PathMethod, change: Callable[[Task], Task] | None, shift: Callable[[Drivers], Drivers] | None) -> Array:
    run = method.dress(prepare(change(task) if change else task))
    if shift is not None:
        run = replace(run, drivers=shift(run.drivers))
    kept = priced_by_paths(run, method).sample
    if kept is None:  # keep_sample is set above
        raise AssertionError("no sample was kept")
    return kept


def _steps(run: WarrantRun, wanted: list[str]) -> Iterator[_Step]:
    share = run.drivers.share(run.warrant.underlying)
    if "delta" in wanted:
        step = SPOT_STEP * share.spot
        terms = tuple((sign / (2.0 * step), _spot(run, sign * step), None) for sign in (1.0, -1.0))
        yield _Step("delta", None, terms, f"same paths, spot {SPOT_STEP:.0%} up and down, quoted volatilities kept at their strikes")
    if "gamma" in wanted:
        step = GAMMA_STEP * share.spot
        ends = tuple((1.0 / step**2, _spot(run, sign * step), None) for sign in (1.0, -1.0))
        yield _Step("gamma", None, (*ends, (-2.0 / step**2, None, None)), f"same paths, spot {GAMMA_STEP:.0%} up and down")
    if "vega" in wanted:
        terms = tuple((sign / 2.0, _volatility(run, sign * POINT), None) for sign in (1.0, -1.0))
        yield _Step("vega", None, terms, "same paths, every quoted volatility of the share one point up and down")
    if "correlation_sensitivity" in wanted:
        yield from _correlations(run)
    if "hazard_sensitivity" in wanted:
        for credit in run.drivers.credits:
            more = _hazard(run.task.market, credit.key, HAZARD_STEP)
            yield _Step("hazard_sensitivity", credit.key, ((1.0, None, more), (-1.0, None, None)), "same paths, hazard 100 bp up")
    if "delay_sensitivity" in wanted:
        for clock in run.drivers.clocks:
            later = _delay(clock.key, DELAY_STEP_YEARS)
            terms = ((1.0 / DELAY_STEP_YEARS, None, later), (-1.0 / DELAY_STEP_YEARS, None, None))
            yield _Step("delay_sensitivity", clock.key, terms, f"same paths, deliveries to come {DELAY_STEP_YEARS:g} years later")
    if "rho" in wanted:
        terms = tuple((sign / 2.0, None, _rate(sign * RATE_STEP)) for sign in (1.0, -1.0))
        yield _Step("rho", None, terms, "same paths, rates of all dates 100 bp up and down")
    if "rate_vega" in wanted and run.drivers.rate is not None:
        both = run.drivers.rate.rate.volatility > RATE_VOLATILITY_STEP
        up, down = _rate_volatility(RATE_VOLATILITY_STEP), _rate_volatility(-RATE_VOLATILITY_STEP) if both else None
        terms = tuple((sign / (2.0 if both else 1.0), None, shift) for sign, shift in ((1.0, up), (-1.0, down)))
        ways = "up and down" if both else "up"
        yield _Step("rate_vega", run.drivers.rate.key, terms, f"same paths, volatility of the short rate 10 bp {ways}, its curve kept")


def _correlations(run: WarrantRun) -> Iterator[_Step]:
    drivers = run.drivers
    watched = {leg.of for leg in legs_in(run) if isinstance(leg, PriceTarget)}
    # a rent that no target looks at only moves along
    matters = [key for key in drivers.keys if key in watched or key not in {rent.key for rent in drivers.rents}]
    for first, second in combinations(matters, 2):
        ends = [sign * CORRELATION_STEP for sign in (1.0, -1.0) if _possible(_correlated(drivers, first, second, sign * CORRELATION_STEP))]
        if not ends:
            continue
        other = ends[1] if len(ends) == 2 else 0.0
        scale = CORRELATION_UNIT / (ends[0] - other)
        up = (scale, None, _tie(first, second, ends[0]))
        down = (-scale, None, _tie(first, second, other) if other else None)
        ways = "up and down" if other else ("up" if ends[0] > 0.0 else "down")
        yield _Step("correlation_sensitivity", f"{first}|{second}", (up, down), f"same paths, correlation {CORRELATION_STEP:g} {ways}")


def _correlated(drivers: Drivers, first: str, second: str, amount: float) -> Array:
    matrix = drivers.correlation.copy()
    i, j = drivers.keys.index(first), drivers.keys.index(second)
    matrix[i, j] += amount
    matrix[j, i] += amount
    return matrix


def _possible(matrix: Array) -> bool:
    return float(np.abs(matrix).max()) <= 1.0 and float(np.linalg.eigvalsh(matrix)[0]) >= 0.0


def _tie(first: str, second: str, amount: float) -> Callable[[Drivers], Drivers]:
    def shift(drivers: Drivers) -> Drivers:
        matrix = _correlated(drivers, first, second, amount)
        return replace(drivers, correlation=matrix, factor=correlation_factor(matrix))

    return shift


def _spot(run: WarrantRun, amount: float) -> Callable[[Task], Task]:
    path = f"equity.{name_of(run.warrant.underlying)}.spot_usd"
    spot = run.drivers.share(run.warrant.underlying).spot

    def change(task: Task) -> Task:
        return replace(task, market=with_quote(task.market, path, spot + amount))

    return change


def _volatility(run: WarrantRun, amount: float) -> Callable[[Task], Task]:
    start = f"equity.{name_of(run.warrant.underlying)}."
    fields = ("volatility", "term_volatility", "surface")

    def change(task: Task) -> Task:
        moved = task.market
        for quote in all_quotes(task.market):
            if quote.path.startswith(start) and quote.path.removeprefix(start).split(".")[0] in fields:
                moved = with_quote(moved, quote.path, quote.quote.value + amount)
        return replace(task, market=moved)

    return change


def _hazard(market: Market, key: str, amount: float) -> Callable[[Drivers], Drivers]:
    def shift(drivers: Drivers) -> Drivers:
        times = drivers.grid.times
        survival = survival_curve(market, key).survival(times) * np.exp(-amount * times)
        moved = tuple(replace(one, increments=credit_clock(survival)) if one.key == key else one for one in drivers.credits)
        return replace(drivers, credits=moved)

    return shift


def _delay(key: str, years: float) -> Callable[[Drivers], Drivers]:
    def shift(drivers: Drivers) -> Drivers:
        moved = tuple(
            replace(clock, planned=np.where(clock.planned > 0.0, clock.planned + years, clock.planned)) if clock.key == key else clock
            for clock in drivers.clocks
        )
        return replace(drivers, clocks=moved)

    return shift


def _rate(amount: float) -> Callable[[Drivers], Drivers]:
    def shift(drivers: Drivers) -> Drivers:
        grid = replace(drivers.grid, discounts=drivers.grid.discounts * np.exp(-amount * drivers.grid.times))
        shares = tuple(replace(share, carry=share.carry + amount * grid.steps) for share in drivers.shares)
        # bonds along the paths are those of the curve that moved
        rate = replace(drivers.rate, grid=grid) if drivers.rate is not None else None
        return replace(drivers, grid=grid, shares=shares, rate=rate)

    return shift


def _rate_volatility(amount: float) -> Callable[[Drivers], Drivers]:
    def shift(drivers: Drivers) -> Drivers:
        if drivers.rate is None:
            return drivers
        moved = replace(drivers.rate.rate, volatility=drivers.rate.rate.volatility + amount)
        return replace(drivers, rate=replace(drivers.rate, rate=moved))

    return shift
