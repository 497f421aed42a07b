"""Tests of a deal, as its lender's own: run with pytest. `STRESS_DEAL` names another deal file of the same parties."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, assume, given, settings

from curves import Scenario, load_market
from instruments import Loan, load_deal
from instruments.ground.errors import GpufinError
from pricing import simulate, strategies, stress

HERE = Path(__file__).resolve().parent
MARKET = load_market(HERE.parent / "coreweave_ddtl4")
DEAL = load_deal(os.environ.get("STRESS_DEAL", HERE.parent / "coreweave_ddtl4"))
PATHS = 4096
LAWS = ("ledger_adds_up", "draws_within_commitment", "losses_within_claims", "json_round_trip")
SILENT = 1 / 3
"""Of the paths with a loss, at most this share may come without a word from the coverage test."""
PHYSICAL = strategies.shocks(MARKET).filter(lambda shock: not any(move.key.startswith("credit") for move in shock.moves))
"""Rents and rates. A payer that fails overnight ends the loan before any ratio can speak: that is another test's business."""


def test_the_laws_that_a_lender_lives_by_hold() -> None:
    report = stress(DEAL, MARKET, scenarios=[], laws=LAWS, paths=PATHS)
    assert not report.broken, [(found.law, found.why, found.counterexample) for found in report.broken]


def test_no_single_failure_takes_more_than_it_may() -> None:
    most = {"base": 0.05, "coreweave defaults in a year": 0.15, "meta defaults in a year": 0.70}
    report = stress(DEAL, MARKET, laws=[], limits=["lender.expected_loss_rate > 0.05"], paths=PATHS)
    rates = {found.scenario: found.reading.value for found in report.limits}
    assert {name: rate for name, rate in rates.items() if name in most and rate > most[name]} == {}


# a look costs a second: `phases` without the shrinking; add it when a test has failed
@settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(PHYSICAL)
def test_the_coverage_test_speaks_before_the_lender_loses(shock: Scenario) -> None:
    try:
        moved = shock.apply(MARKET)
    except GpufinError:  # a spread below 0: no market
        assume(False)
        return
    loan = DEAL.contracts["facility"]
    assert isinstance(loan, Loan)
    assert loan.maintenance is not None
    run = simulate(DEAL, moved, measures=["value"], paths=PATHS)
    lost = run.losses > 0.01 * loan.commitment_usd
    silent = lost & (run.paths["facility.least_trailing_dscr"] >= loan.maintenance.threshold)
    assert silent.sum() <= SILENT * lost.sum() + 10
