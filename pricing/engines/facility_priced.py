"""A facility simulated as its borrower uses it: with its right to prepay, beside the same facility held to maturity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pricing.engines.facility_default import set_up_as
from pricing.engines.facility_rows import Rows, facility_rows
from pricing.engines.facility_run import FacilityRun, Setup, run_facility
from pricing.engines.loan_prepayment import HELD
from pricing.engines.refinancing import Option, Refinancing
from pricing.ledger import facility as k
from pricing.paths.residual import DefaultModel
from pricing.paths.streams import BLOCK
from pricing.results import Row
from pricing.schedules.plan import Drivers, Events, no_events
from pricing.schedules.types import Floats

if TYPE_CHECKING:
    from curves.market import Market
    from instruments.deal import Deal

MEASURES = (
    "prepayment_option", "prepayment_option_lower_bound", "prepayment_option_upper_bound", "prepayment_probability", "refinancing_margin",
)  # fmt: skip
"""What is added where the borrower may prepay."""
YEAR = 12
"""Months between the rows of the odds."""


@dataclass(frozen=True)
class Priced:
    """A facility and its runs on the same paths."""

    setup: Setup
    held: FacilityRun
    """The right is not used."""
    run: FacilityRun
    """It is used by its rule; the same object as `held` where there is no right."""
    option: Option | None
    margin: float
    """Of a new loan on today's forwards."""


def priced(
    deal: Deal, loan_id: str, market: Market, paths: int, seed: int, threads: int | None, model: DefaultModel = "endogenous"
) -> Priced:
    """Simulate a facility, remembered by value: its loan, offtake and guarantee share one simulation."""
    return (_short if paths <= SHORT_PATHS else _long)(deal, loan_id, market, paths, seed, threads, model)


def _priced(deal: Deal, loan_id: str, market: Market, paths: int, seed: int, threads: int | None, model: DefaultModel) -> Priced:
    setup = set_up_as(deal, loan_id, market, model, paths=paths, seed=seed, threads=threads)
    held = setup.run(paths=paths, seed=seed, threads=threads)
    if setup.facility.loan.prepayment is None:
        return Priced(setup, held, held, None, 0.0)
    from curves import survival_curve

    follows = setup.model.customer or setup.model.operator
    right = Refinancing(setup, survival_curve(market, follows).recovery if follows else 0.0)
    rule = right.fitted(seed, threads)

    def decided(root: int, block: int, drivers: Drivers) -> Events:
        events = setup.events(root, block, drivers) or no_events(BLOCK)
        return events._replace(prepay=right.months(root, block, rule))

    run = run_facility(setup.facility, setup.model, paths=paths, seed=seed, threads=threads, decided=decided)
    return Priced(setup, held, run, right.option(seed, paths, rule, threads), right.margin)


SHORT_PATHS = 4096
"""Runs of exposure tables: many, small (a third of a megabyte each), asked for again by each contract of the deal."""
_short = lru_cache(maxsize=128)(_priced)
_long = lru_cache(maxsize=4)(_priced)


def priced_rows(found: Priced, market: Market, *, wanted: frozenset[str] | None, threads: int | None) -> tuple[Row, ...]:
    """Every asked measure of a facility, the value first; where the borrower may prepay, margins and losses are of the loan held."""
    rows = facility_rows(found.setup, found.held, market, wanted=wanted, threads=threads)
    if found.option is None:
        return rows
    headline = Rows(found.run, wanted)
    headline.add("value", found.run.value, found.run.standard_error)
    headline.add("value", -found.run.value, found.run.standard_error, party=found.run.facility.loan.borrower)
    headline.add("value", found.held.value, found.held.standard_error, part=HELD)
    _option_rows(headline, found, found.option)
    return (*headline.made, *(row for row in rows if row.measure != "value"))


def _option_rows(rows: Rows, found: Priced, option: Option) -> None:
    borrower, run = found.run.facility.loan.borrower, found.run
    for measure, worth in (
        ("prepayment_option", option.ruled),
        ("prepayment_option_lower_bound", option.fitted),
        ("prepayment_option_upper_bound", option.known),
    ):
        rows.add(measure, float(worth.mean()), mean_error(worth), party=borrower)
    month = run.outcomes[k.PREPAID_MONTH]
    for t in range(YEAR - 1, run.facility.plan.maturity, YEAR):
        done = (month <= t).astype(np.float64)
        rows.add("prepayment_probability", float(done.mean()), mean_error(done), party=borrower, date=run.facility.dates[t], part="by then")
    ever = (month < run.facility.plan.months).astype(np.float64)
    rows.add("prepayment_probability", float(ever.mean()), mean_error(ever), party=borrower)
    rows.add("refinancing_margin", found.margin, note="over the index, on today's forwards; on paths it moves with the credit it follows")


def mean_error(sample: Floats) -> float:
    """Standard error of a mean over paths."""
    return float(sample.std(ddof=1) / np.sqrt(sample.size))
