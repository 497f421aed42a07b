"""Rows of a simulated facility: the same measures from `price` and `simulate`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from pricing.collateral.values import fleet_values
from pricing.engines.facility_features import feature_rows
from pricing.engines.facility_measures import break_even_rent, lent, losses, margin_ladder
from pricing.engines.facility_run import FacilityRun, Setup, planned_run
from pricing.ledger import facility as k
from pricing.results import Row
from pricing.risk.names import RISK_MEASURES
from pricing.risk.quantiles import Quantile
from pricing.schedules.covenants import MAINTENANCE, covenants_of
from pricing.schedules.loan import average_life, internal_rate

if TYPE_CHECKING:
    from curves import Market

METHOD = "simulation"
MARGIN_PATHS = 16_384
"""Paths of each round of the fair margin: rounds share their paths, so few are enough."""
MEASURES = (
    "value", "fair_margin", "loss_against_default_free", "expected_shortfall_discounted", "expected_shortfall", "expected_loss_rate",
    "default_probability", "recovery_rate", "break_even_rent", "dscr", "trailing_dscr", "ltv", "breach_probability", "balance",
    "book_value", "income_value", "orderly_value", "forced_value", "implied_cost", "effective_rate", "irr", "wal_years",
    "first_breach_probability", *RISK_MEASURES,
)  # fmt: skip
"""What the simulation gives for a facility."""


@dataclass
class Rows:
    """Makes rows of one facility and keeps the asked ones."""

    run: FacilityRun
    wanted: frozenset[str] | None
    made: list[Row] = field(default_factory=list)

    def wants(self, *measures: str) -> bool:
        """Whether one of them is asked for."""
        return self.wanted is None or not self.wanted.isdisjoint(measures)

    def add(
        self, measure: str, value: float | None, error: float | None = None, *, part: str | None = None, party: str | None = None,
        date: dt.date | None = None, note: str | None = None, quantile: Quantile | None = None, level: float | None = None,
    ) -> None:  # fmt: skip
        """One row, if it is asked for; None is void, and the note must say why. `level` is that of a tail, `quantile` has its own."""
        facility = self.run.facility
        if self.wants(measure):
            self.made.append(
                Row(
                    deal=facility.deal.id,
                    contract=facility.loan_id,
                    kind="loan",
                    part=part,
                    party=party or facility.loan.lender,
                    date=date or facility.as_of,
                    measure=measure,
                    probability="pricing",
                    value=None if value is None else float(value),
                    standard_error=error,
                    error_note=note or (None if error is not None else "exact for the plan"),
                    method=METHOD,
                    quantile=quantile.level if quantile else level,
                    interval_low=quantile.low if quantile else None,
                    interval_high=quantile.high if quantile else None,
                )
            )


def facility_rows(setup: Setup, run: FacilityRun, market: Market, *, wanted: frozenset[str] | None, threads: int | None) -> tuple[Row, ...]:
    """Every asked measure of a facility, the value first; risk measures that need more runs only where they are named."""
    from pricing.risk.report import risk_rows  # that room stands on this one's runs

    rows = Rows(run, wanted)
    rows.add("value", run.value, run.standard_error)
    rows.add("value", -run.value, run.standard_error, party=run.facility.loan.borrower)
    if rows.wants("fair_margin"):
        _margins(rows, setup, run, threads)
    if rows.wants("loss_against_default_free", "expected_shortfall_discounted", "expected_shortfall", "expected_loss_rate"):
        _losses(rows, setup, run, threads)
    _defaults(rows, run)
    _plan(rows, setup)
    _covenants(rows, run)
    _yields(rows, setup, run)
    _fleet(rows, setup)
    feature_rows(rows, setup, run)
    risk_rows(rows, setup, run, market, threads)
    return tuple(rows.made)


def _margins(rows: Rows, setup: Setup, run: FacilityRun, threads: int | None) -> None:
    loan = setup.facility.loan
    base = loan.floating.margin_for(setup.facility.offtake.customer_class) if loan.floating else 0.0
    ladder = margin_ladder(setup, paths=min(MARGIN_PATHS, run.paths), seed=run.seed, threads=threads)
    for name, (add, error) in ladder.items():
        note = "margin of the floating part at which the loan prices at par; the fixed coupon moves with it"
        rows.add("fair_margin", base + add, error, part=None if name == "all" else name, note=note)


def _losses(rows: Rows, setup: Setup, run: FacilityRun, threads: int | None) -> None:
    free = setup.free().run(paths=run.paths, seed=run.seed, threads=threads)
    found = losses(run, free)
    net = run.net - free.net
    rows.add("loss_against_default_free", found.against_default_free, float(net.std(ddof=1) / np.sqrt(run.paths)))
    rows.add("expected_shortfall_discounted", found.discounted, found.error)
    shortfall = run.outcomes[k.SHORTFALL]
    rows.add("expected_shortfall", found.undiscounted, float(shortfall.std(ddof=1) / np.sqrt(run.paths)))
    paid_in = float(run.outcomes[k.PAID_IN].mean()) + lent(setup)
    if paid_in > 0:
        rows.add("expected_loss_rate", found.discounted / paid_in, found.error / paid_in)


def _defaults(rows: Rows, run: FacilityRun) -> None:
    called = run.outcomes[k.DEFAULT_MONTH] < run.facility.plan.months
    odds = float(called.mean())
    rows.add("default_probability", odds, float(np.sqrt(odds * (1.0 - odds) / run.paths)))
    exposure = run.outcomes[k.EXPOSURE_AT_DEFAULT][called]
    if exposure.size > 1:
        month = run.outcomes[k.DEFAULT_MONTH][called].astype(np.int64)
        recovered = run.outcomes[k.RECOVERED][called] / run.facility.plan.discount[month]
        rate = float(recovered.sum() / exposure.sum())
        spread = recovered - rate * exposure
        rows.add("recovery_rate", rate, float(spread.std(ddof=1) * np.sqrt(spread.size) / exposure.sum()))


def _plan(rows: Rows, setup: Setup) -> None:
    """Coverage, loan to value and break-even rent by month on the plan, and breach odds over the paths."""
    facility, plan = setup.facility, setup.facility.plan
    if not rows.wants("dscr", "trailing_dscr", "ltv", "balance", "break_even_rent", "breach_probability", "implied_cost"):
        return
    states = planned_run(facility).states[:, :, 0]
    even = break_even_rent(setup)
    for t in range(plan.maturity):
        s, date = states[t], facility.dates[t]
        balance = s[k.FLOATING] + s[k.FIXED]
        rows.add("balance", balance, date=date)
        if s[k.SERVICE] > 0:
            rows.add("dscr", s[k.CFADS] / s[k.SERVICE], date=date)
        if s[k.TESTED] > 0:
            rows.add("trailing_dscr", s[k.TRAILING], date=date)
        if s[k.MARKET_VALUE] > 0:
            rows.add("ltv", balance / s[k.MARKET_VALUE], date=date)
        if np.isfinite(even[t]):
            rows.add("break_even_rent", even[t], date=date)
        tested = rows.run.mean_states[t, k.TESTED]
        if tested > 0:
            odds = float(rows.run.mean_states[t, k.BREACHED] / tested)
            error = float(np.sqrt(odds * (1.0 - odds) / (tested * rows.run.paths)))
            rows.add("breach_probability", odds, error, date=date, note="of the paths still tested, before cures")
    draws = facility.loan.draws
    if draws is not None and draws.initial_commitment_usd is not None and draws.at_funding > 0:
        rows.add("implied_cost", draws.initial_commitment_usd / draws.at_funding, part="commitment at funding / advance at funding")
        rows.add("implied_cost", facility.loan.commitment_usd / draws.after_acceptance, part="whole commitment / advance after acceptance")


def _covenants(rows: Rows, run: FacilityRun) -> None:
    """Odds of each covenant by date, and that it is the first to be breached: loans with covenants beside the maintenance test."""
    facility = run.facility
    if not facility.loan.covenants:
        return
    for number, label in enumerate(covenants_of(facility.loan)):
        odds = float((run.outcomes[k.FIRST_BREACHED] == number).mean())
        error = float(np.sqrt(odds * (1.0 - odds) / run.paths))
        rows.add("first_breach_probability", odds, error, part=label, note="of all paths: no covenant was breached before it, cured or not")
        for t in range(facility.plan.maturity if label != MAINTENANCE else 0):
            made, failed = (float(run.mean_tests[number, t, item]) for item in (k.TEST_MADE, k.TEST_FAILED))
            if made > 0:
                share = failed / made
                spread = float(np.sqrt(share * (1.0 - share) / (made * run.paths)))
                note = "of the paths still tested, before cures"
                rows.add("breach_probability", share, spread, part=label, date=facility.dates[t], note=note)


def _yields(rows: Rows, setup: Setup, run: FacilityRun) -> None:
    """What the lender earns on the plan, fees and discount on draws included, and on the mean of the paths."""
    facility, asked = setup.facility, rows.wanted is not None
    if not (asked or facility.loan.covenants or facility.plan.draw_fee) or not rows.wants("effective_rate", "irr", "wal_years"):
        return
    times = facility.times
    out = [k.DRAW_FLOATING, k.DRAW_FIXED, k.PIK_FLOATING, k.PIK_FIXED]
    back = [k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED]
    paid = [*back, k.INTEREST_FLOATING, k.INTEREST_FIXED, k.UNDRAWN_FEE, k.LENDER_FEE]
    plan = planned_run(facility).ledger[:, :, 0]
    for measure, ledger, note in (
        ("effective_rate", plan, "planned flows, floating interest at its forwards; deferred cost as a yield"),
        ("irr", run.mean_ledger, "of mean flows over the paths: losses and delays are in it; no error is kept"),
    ):
        rate = internal_rate(times, ledger[:, paid].sum(axis=1) - ledger[:, out].sum(axis=1), lent(setup))
        if rate is not None:
            rows.add(measure, rate, note=note)
    rows.add("wal_years", average_life(times, plan[:, back].sum(axis=1), plan[:, out].sum(axis=1)), note="planned principal")


def _fleet(rows: Rows, setup: Setup) -> None:
    """The four values of the fleet a year apart, from the first payment date on."""
    facility = setup.facility
    if not rows.wants("book_value", "income_value", "orderly_value", "forced_value"):
        return
    for t in range(0, facility.plan.maturity, 12):
        found = fleet_values(facility, t)
        for name, value in (("book", found.book), ("income", found.income), ("orderly", found.orderly), ("forced", found.forced)):
            rows.add(f"{name}_value", value, part=facility.fleet_id, party=facility.loan.borrower, date=found.date)
