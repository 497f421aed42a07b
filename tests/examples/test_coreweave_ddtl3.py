"""The DDTL 3.0 example: its stored result, its covenants, and the amendment of December 2025 as a second version of terms."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from curves import Market, load_market
from instruments import Basis, Deal, Loan, load_deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, MC_SIGMAS
from pricing import simulate
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.simulation import Ledger, Simulation
from tests.stored import words

FOLDER = Path(__file__).parents[2] / "examples" / "coreweave_ddtl3"
PATHS = 8192
ERRORS_ALLOWED = 0.05
"""Of a standard error: another libm may move a default by a month on a few paths."""


def loan_of(deal: Deal) -> Loan:
    loan = deal.contracts["facility"]
    assert isinstance(loan, Loan)
    return loan


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market(FOLDER / "market.toml")


@pytest.fixture(scope="module")
def signed(market: Market) -> Simulation:
    return simulate(load_deal(FOLDER), market, paths=PATHS)


@pytest.fixture(scope="module")
def amended(market: Market) -> Simulation:
    return simulate(load_deal(FOLDER / "deal.amended.toml"), market, paths=PATHS)


def test_the_stored_result_comes_out_again(signed: Simulation) -> None:
    fresh = json.loads(signed.to_json())
    stored = json.loads((FOLDER / "expected.json").read_text())
    assert stored["audit"] == fresh["audit"] | {"versions": stored["audit"]["versions"]}
    for old, new in zip(stored["results"], fresh["results"], strict=True):
        assert words(old) == words(new)
        allowed = 1.0 if old.get("quantile") else ERRORS_ALLOWED  # one path on the other side moves an order statistic by a rank
        slack = allowed * (old["standard_error"] or 0.0) + 1e-3 * abs(old["value"]) + 1e-15 * 2.6e9
        slack += 4.0 / PATHS * (old["unit"] == "probability")  # few paths breach on a date, and another machine moves one or two
        assert new["value"] == pytest.approx(old["value"], abs=slack)


def test_the_filed_terms_are_there() -> None:
    loan = loan_of(load_deal(FOLDER))
    assert loan.floating is not None
    assert loan.draws is not None
    assert (loan.commitment_usd, loan.floating.margin, loan.floating.floor, loan.draws.undrawn_fee) == (2.6e9, 0.04, 0.0, 0.005)
    coverage, realisation = loan.covenants["coverage"], loan.covenants["realisation"]
    assert (coverage.level, coverage.first_test) == (1.40, dt.date(2027, 4, 30))
    assert (realisation.level, realisation.months) == (0.85, 3)  # type: ignore[union-attr]


def test_the_amendment_changes_its_four_terms_and_no_other() -> None:
    before, after = loan_of(load_deal(FOLDER)), loan_of(load_deal(FOLDER / "deal.amended.toml"))
    assert after.evolve(covenants=before.covenants) == before
    old, new = before.covenants, after.covenants
    free = dt.date(2026, 10, 28)
    assert new["coverage"] == old["coverage"].evolve(first_test=dt.date(2027, 10, 31), free_cures_until=free)
    assert new["realisation"] == old["realisation"].evolve(first_test=dt.date(2026, 2, 28), free_cures_until=free)
    relief = new["liquidity"].holidays[0]
    assert (relief.first, relief.last, relief.level) == (dt.date(2026, 3, 1), dt.date(2026, 4, 30), 100e6)
    assert new["liquidity"].evolve(holidays=()) == old["liquidity"]


def test_what_is_not_public_is_assumed_with_what_it_could_be() -> None:
    for name in ("deal.toml", "deal.amended.toml"):
        deal = load_deal(FOLDER / name)
        for path in ("assets.fleet.cohorts.0.units", "contracts.offtake.price_usd_per_hour", "contracts.facility.covenants.liquidity"):
            entry = deal.provenance.of(path)
            assert entry.basis is Basis.ASSUMED
            assert entry.range or entry.alternatives


def test_realisation_is_the_covenant_that_goes_first(signed: Simulation, amended: Simulation) -> None:
    for found in (signed, amended):
        odds = {row.part: row.value or 0.0 for row in found.rows if row.measure == "first_breach_probability"}
        assert odds["realisation"] > 4 * max(odds["coverage"], odds["liquidity"])
    first = next(row for row in amended.rows if row.measure == "breach_probability" and row.part == "realisation")
    assert first.date == dt.date(2026, 2, 28)


def test_the_amendment_takes_little_from_the_lenders_and_gives_to_the_parent(signed: Simulation, amended: Simulation) -> None:
    was, now = signed.runs[0], amended.runs[0]
    lenders, parent = now.net - was.net, now.outcomes[k.EQUITY_VALUE] - was.outcomes[k.EQUITY_VALUE]
    root = np.sqrt(PATHS)
    assert abs(lenders.mean()) < 0.001 * 2.6e9
    assert parent.mean() > MC_SIGMAS * parent.std() / root
    assert now.mean_ledger[:, k.CURE].sum() < was.mean_ledger[:, k.CURE].sum()


def test_the_effective_rate_is_near_the_printed_nine_percent(signed: Simulation) -> None:
    rate = next(row.value for row in signed.rows if row.measure == "effective_rate")
    assert rate == pytest.approx(0.09, abs=0.005)  # printed without decimals


def test_the_ledger_of_any_path_holds_and_tells_its_tests(amended: Simulation) -> None:
    run, ledger = amended.runs[0], amended.ledger
    assert isinstance(ledger, Ledger)
    cured = int(np.argmax(run.outcomes[k.FIRST_BREACH_MONTH] < run.facility.plan.months))
    for path in (0, cured, int(np.argmax(amended.losses))):
        drivers, rolled = run.replay(path)
        assert max(c.relative for c in check_ledger(run.facility.plan, drivers, rolled)) <= CASH_CONSERVATION_ABS
    frame = ledger.covenants(path=cured)
    assert set(frame["verdict"]) - {"passed"}
    relieved = frame.filter((frame["covenant"] == "liquidity") & (frame["threshold"] == 100e6))
    assert relieved["date"].to_list() == [dt.date(2026, 3, 31), dt.date(2026, 4, 30)]
