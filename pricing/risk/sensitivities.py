"""Sensitivities of a facility's value to its lender, of odds and losses, each with its error: common random numbers on both ends.

**Model** differences over finite steps, both ways where both are possible, divided by the step in the unit of the measure. Defaults and
breaches jump, so a difference over a step has variance of order 1 / step: steps are wide (25 bp of hazard, say) and stand in the note, and
the number is the mean slope over them, not a limit. Steps of quotes and terms resolve the facility again: draws, tests and reserves see
them. Steps of rents, resale values, hazards, volatility and correlation act on the paths alone.

**Not modelled** moves of several inputs at once; a reaction of resale quotes to the level of rents; curves of credits with rates.

They cost one or two runs each, whatever is read off them, and are given only where they are asked for by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from curves import Market, Move, Scenario, discount_curve
from curves.lookup import default_rates_key
from instruments.assets.fleet import GpuFleet
from instruments.contracts.offtake import Offtake
from instruments.deal import Deal
from pricing.engines.facility_run import FacilityRun, Setup, set_up, with_bonds
from pricing.measures import LOSS_MEASURES
from pricing.progress import follow
from pricing.risk.continuation import with_hazard
from pricing.risk.dependence import mean_and_error, with_correlation
from pricing.risk.loss_sensitivities import loss_slopes
from pricing.risk.names import SENSITIVITIES
from pricing.schedules.facility import resolve_facility
from pricing.schedules.grid import month_end
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from pricing.engines.facility_rows import Rows

PERCENT = POINT = 0.01
BP = 1e-4
RENT_STEP, RESALE_STEP, COST_STEP = 0.05, 0.05, 0.05
"""Relative."""
HAZARD_STEP, SOFR_STEP = 25 * BP, 25 * BP
POWER_STEP_USD_PER_KWH, CENT = 0.005, 0.01
CORRELATION_STEP, CORRELATION_UNIT = 0.05, 0.1
UTILISATION_STEP, ATTRITION_STEP, VOLATILITY_STEP = 0.01, 0.01, 0.02
PUE_STEP, PUE_UNIT = 0.05, 0.01
Change = Callable[[float], Setup]
"""A step to the facility after it."""


@dataclass(frozen=True)
class Step:
    """One number: value per `unit` of what `change` moves, over steps `up` and `down` (0 is none)."""

    measure: str
    part: str | None
    change: Change
    up: float
    down: float
    unit: float
    note: str


def sensitivity(step: Step, base: FacilityRun, threads: int | None = None) -> tuple[float, float]:
    """Value per unit and its standard error, USD: path-wise differences over the step."""

    return _of_value(step, *ends(step, base, threads))


def ends(step: Step, base: FacilityRun, threads: int | None = None) -> tuple[FacilityRun, FacilityRun]:
    """The facility above and below a step, on the paths of `base`."""

    def run(size: float) -> FacilityRun:
        return base if size == 0.0 else step.change(size).run(paths=base.paths, seed=base.seed, threads=threads)

    return run(step.up), run(step.down)


def _of_value(step: Step, above: FacilityRun, below: FacilityRun) -> tuple[float, float]:
    return mean_and_error((above.net - below.net) * (step.unit / (step.up - step.down)))


def sensitivity_rows(rows: Rows, setup: Setup, run: FacilityRun, market: Market, threads: int | None) -> None:
    """The sensitivities that are asked for by name; what is read off the same step shares its runs."""
    drivers = {name: tuple(f"{measure}_{name.removeprefix('value_')}" for measure in LOSS_MEASURES) for name in SENSITIVITIES}
    wanted = [name for name, losses in drivers.items() if rows.wants(name, *losses)]
    for name in follow(wanted, "sensitivities", len(wanted)):
        for step in steps(name, setup, market):
            above, below = ends(step, run, threads)
            note = f"same paths, {step.note}"
            rows.add(name, *_of_value(step, above, below), part=step.part, note=note)
            for measure, asked in zip(LOSS_MEASURES, drivers[name], strict=True):
                if rows.wants(asked):
                    for level, slope, error in loss_slopes(measure, step, above, below):
                        rows.add(asked, slope, error, part=step.part, level=level, note=note)


def steps(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    """The steps of one measure: one for each credit or pair where there are several."""
    yield from {**_OF_PATHS, **_OF_TERMS}[measure](measure, setup, market)


def _ways(
    measure: str, part: str | None, change: Change, size: float, unit: float, what: str, *, below: float = np.inf, above: float = np.inf
) -> Step:  # fmt: skip
    """A step both ways; one way alone where there is no room for it `below` or `above`."""
    up, down = (size if above >= size else 0.0), (-size if below >= size else 0.0)
    ways = "up and down" if up and down else "up" if up else "down"
    return Step(measure, part, change, up, down, unit, f"{what} {ways}")


# --- steps of the paths


def _plan_scaled(setup: Setup, *names: str) -> Change:
    plan = setup.facility.plan

    def change(size: float) -> Setup:
        moved = plan._replace(**{name: getattr(plan, name) * (1.0 + size) for name in names})
        return replace(setup, facility=replace(setup.facility, plan=moved))

    return change


def _rent(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    change = _plan_scaled(setup, "forward_rent", "relet_income")
    yield _ways(measure, setup.facility.fleet.rent, change, RENT_STEP, PERCENT, f"forward rents {100 * RENT_STEP:g} %")


def _resale(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    change = _plan_scaled(setup, "market_value", "fleet_value", "sale_estimate", "relet_rest")
    yield _ways(measure, setup.facility.fleet.resale, change, RESALE_STEP, PERCENT, f"resale values {100 * RESALE_STEP:g} %")


def _volatility(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    def change(size: float) -> Setup:
        return replace(setup, model=replace(setup.model, volatility=setup.model.volatility + size))

    yield _ways(measure, setup.model.rent_key, change, VOLATILITY_STEP, POINT, "volatility 2 points", below=setup.model.volatility)


def _hazards(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    model = setup.model
    for index, key in enumerate(model.credits):

        def change(size: float, of: str = key) -> Setup:
            return with_hazard(setup, of, size)

        totals = -np.log(np.maximum(np.append(1.0, model.survival[index]), 1e-300))
        least = float((np.diff(totals) / np.diff(np.append(0.0, model.years))).min())
        if model.belief is not None:
            least -= model.belief.belief.intensity * model.belief.belief.default_odds.get(key, 0.0)
        yield _ways(measure, key, change, HAZARD_STEP, BP, f"hazard {HAZARD_STEP / BP:.0f} bp", below=least)


def _correlations(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    model = setup.model
    names = (model.rent_key, *model.credits)
    for i, j in combinations(range(len(names)), 2):

        def change(size: float, at: int = i, other: int = j) -> Setup:
            matrix = model.correlation.copy()
            matrix[at, other] += size
            matrix[other, at] += size
            return with_correlation(setup, matrix)

        ends = [size for size in (CORRELATION_STEP, -CORRELATION_STEP) if _possible(change(size).model.correlation)]
        if ends:
            up, down = (ends[0], ends[1]) if len(ends) == 2 else (max(ends[0], 0.0), min(ends[0], 0.0))
            ways = "up and down" if len(ends) == 2 else "up" if up else "down"
            part = f"{names[i]}|{names[j]}"
            yield Step(measure, part, change, up, down, CORRELATION_UNIT, f"correlation {CORRELATION_STEP:g} {ways}")


def _possible(matrix: Floats) -> bool:
    return float(np.abs(matrix).max()) <= 1.0 and float(np.linalg.eigvalsh(matrix)[0]) >= 0.0


# --- steps of quotes and terms: the facility is resolved again


def _sofr(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    facility = setup.facility
    key = facility.loan.floating.index if facility.loan.floating else default_rates_key(market)
    curve = discount_curve(market, key)

    def change(size: float) -> Setup:
        def moved(times: Floats) -> Floats:
            return curve.discount(times) * np.exp(-size * np.asarray(times))

        again = resolve_facility(facility.deal, facility.loan_id, market, moved, facility.plan.guarantor_recovery)
        rates = setup.model.rates
        if rates is None:
            return replace(setup, facility=again)
        rates = replace(rates, discount=moved(rates.years))
        return replace(setup, facility=with_bonds(again, rates), model=replace(setup.model, rates=rates))

    yield _ways(measure, key, change, SOFR_STEP, BP, f"continuous rates {SOFR_STEP / BP:.0f} bp, a hedge at the fair rate struck again")


def _power(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    facility = setup.facility
    key = facility.fleet.site.power

    def change(size: float) -> Setup:
        move = Move(key=key, kind="shift", amount=size)
        return set_up(facility.deal, facility.loan_id, Scenario(label="power", moves=(move,)).apply(market))

    least = float(facility.plan.power_cost.min() / (facility.fleet.kw_per_unit * facility.fleet.site.pue * facility.plan.hours[0]))
    yield _ways(measure, key, change, POWER_STEP_USD_PER_KWH, CENT, "quoted prices of power half a cent", below=least)


def _of_offtake(setup: Setup, market: Market, change: Callable[[Offtake, float], Offtake]) -> Change:
    facility = setup.facility
    name = facility.loan.offtake or ""

    def moved(size: float) -> Setup:
        contracts = {**facility.deal.contracts, name: change(facility.offtake, size)}
        return set_up(facility.deal.evolve(contracts=contracts), facility.loan_id, market)

    return moved


def _of_fleet(setup: Setup, market: Market, change: Callable[[GpuFleet, float], GpuFleet]) -> Change:
    facility = setup.facility

    def moved(size: float) -> Setup:
        assets = {**facility.deal.assets, facility.fleet_id: change(facility.fleet, size)}
        deal: Deal = facility.deal.evolve(assets=assets)
        return set_up(deal, facility.loan_id, market)

    return moved


def _contract_rent(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    change = _of_offtake(setup, market, lambda offtake, size: offtake.evolve(price_usd_per_hour=offtake.price_usd_per_hour * (1.0 + size)))
    yield _ways(measure, setup.facility.loan.offtake, change, PERCENT, PERCENT, "contract rent 1 %")


def _utilisation(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    offtake, plan = setup.facility.offtake, setup.facility.plan
    change = _of_offtake(setup, market, lambda terms, size: terms.evolve(availability=terms.availability + size))
    what, room = "a point of availability", {"below": offtake.availability, "above": 1.0 - offtake.availability}
    yield _ways(measure, "hours paid by the contract", change, UTILISATION_STEP, POINT, what, **room)
    share = plan.relet_share

    def let(size: float) -> Setup:
        moved = plan._replace(relet_share=share + size, relet_income=plan.relet_income * (1.0 + size / share))
        return replace(setup, facility=replace(setup.facility, plan=moved))

    if share > 0.0:
        what, room = "a point of utilisation", {"below": share, "above": 1.0 - share}
        yield _ways(measure, "hours let again", let, UTILISATION_STEP, POINT, what, **room)


def _delay(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    facility = setup.facility
    if not (facility.plan.accept >= 0).any():
        return

    def later(date: dt.date, months: int) -> dt.date:
        return month_end(date.year, date.month + months) if date > facility.as_of else date

    def change(fleet: GpuFleet, size: float) -> GpuFleet:
        late = facility.plan.accept >= 0
        cohorts = tuple(
            cohort.evolve(acceptance=later(cohort.acceptance, round(size))) if moved else cohort
            for cohort, moved in zip(fleet.cohorts, late, strict=True)
        )
        return fleet.evolve(cohorts=cohorts)

    yield Step(measure, None, _of_fleet(setup, market, change), 1.0, 0.0, 1.0, "acceptances to come planned one month later")


def _attrition(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    change = _of_fleet(setup, market, lambda fleet, size: fleet.evolve(attrition=fleet.attrition + size))
    yield _ways(measure, None, change, ATTRITION_STEP, POINT, "attrition a point a year", below=setup.facility.fleet.attrition)


def _pue(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    change = _of_fleet(setup, market, lambda fleet, size: fleet.evolve(site=fleet.site.evolve(pue=fleet.site.pue + size)))
    yield _ways(measure, None, change, PUE_STEP, PUE_UNIT, "PUE 0.05", below=setup.facility.fleet.site.pue - 1.0)


def _running_cost(measure: str, setup: Setup, market: Market) -> Iterator[Step]:
    def change(fleet: GpuFleet, size: float) -> GpuFleet:
        site, factor = fleet.site, 1.0 + size
        return fleet.evolve(
            site=site.evolve(
                colocation_usd_per_kw_month=site.colocation_usd_per_kw_month * factor,
                upkeep_usd_per_unit_month=site.upkeep_usd_per_unit_month * factor,
            )
        )

    yield _ways(measure, None, _of_fleet(setup, market, change), COST_STEP, PERCENT, f"colocation and upkeep {100 * COST_STEP:g} %")


Maker = Callable[[str, Setup, Market], Iterator[Step]]
_OF_PATHS: dict[str, Maker] = {
    "value_per_rent_percent": _rent,
    "value_per_rent_volatility_point": _volatility,
    "value_per_resale_percent": _resale,
    "value_per_hazard_bp": _hazards,
    "value_per_correlation_tenth": _correlations,
}
_OF_TERMS: dict[str, Maker] = {
    "value_per_sofr_bp": _sofr,
    "value_per_power_cent": _power,
    "value_per_contract_rent_percent": _contract_rent,
    "value_per_utilisation_point": _utilisation,
    "value_per_delay_month": _delay,
    "value_per_attrition_point": _attrition,
    "value_per_pue_hundredth": _pue,
    "value_per_running_cost_percent": _running_cost,
}
