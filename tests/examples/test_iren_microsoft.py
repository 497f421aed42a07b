"""The IREN and Microsoft example: the identities of its reported figures, its stored result, its ledger."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from curves import Market, load_market
from instruments import Basis, Deal, Loan, Offtake, load_deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS
from pricing import simulate
from pricing.engines.facility_run import planned_run
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.simulation import Simulation
from tests.stored import assert_comes_out_again

FOLDER = Path(__file__).parents[2] / "examples" / "iren_microsoft"
PATHS = 8192


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market(FOLDER / "market.toml")


@pytest.fixture(scope="module")
def found(deal: Deal, market: Market) -> Simulation:
    return simulate(deal, market, paths=PATHS)


def loan_of(deal: Deal) -> Loan:
    loan = deal.contracts["facility"]
    assert isinstance(loan, Loan)
    return loan


def test_the_stored_result_comes_out_again(found: Simulation) -> None:
    assert_comes_out_again(FOLDER / "expected.json", json.loads(found.to_json()))


def test_debt_and_prepayment_pay_the_reported_shares_of_the_cost(deal: Deal, found: Simulation) -> None:
    cost = sum(cohort.cost_usd for cohort in deal.assets["fleet"].cohorts)
    assert cost == pytest.approx(5.81e9)
    shares = {row.part: row.value for row in found.rows if row.measure == "funding_share"}
    assert shares["draws"] == pytest.approx(3.65 / 5.81)
    assert shares["draws"] == pytest.approx(0.628, abs=5e-4)  # as printed
    assert shares["prepayment"] == pytest.approx(0.2 * 9.7 / 5.81)
    assert shares["prepayment"] == pytest.approx(0.334, abs=5e-4)
    assert sum(value or 0.0 for value in shares.values()) == pytest.approx(0.962, abs=5e-4)


def test_the_contract_is_9_7_bn_over_five_years_on_average(deal: Deal, found: Simulation) -> None:
    offtake = deal.contracts["offtake"]
    assert isinstance(offtake, Offtake)
    run = found.runs[0]
    plan = run.facility.plan
    months = plan.contract_end - 1 - plan.accept
    assert months.mean() == 60.0
    assert float(plan.prepaid.sum()) == pytest.approx(1.94e9)
    rents = planned_run(run.facility).ledger[:, k.RENT].sum() / offtake.availability
    assert rents == pytest.approx(9.7e9)


def test_the_weighted_cost_of_six_percent_implies_the_swap_rate(deal: Deal) -> None:
    loan = loan_of(deal)
    assert loan.floating is not None
    assert loan.fixed is not None
    assert loan.hedge is not None
    assert loan.hedge.rate is not None
    weighted = loan.floating.share * (loan.hedge.rate + loan.floating.margin) + loan.fixed.share * loan.fixed.rate
    assert weighted == pytest.approx(0.0600, abs=5e-5)
    implied = (0.06 * 3.65 - 0.0596 * 2.1) / 1.55 - loan.floating.margin
    assert implied == pytest.approx(0.0380, abs=5e-5)


def test_the_reported_terms_are_there(deal: Deal) -> None:
    loan = loan_of(deal)
    assert loan.draws is not None
    assert loan.maintenance is not None
    assert (loan.commitment_usd, loan.draws.undrawn_fee, loan.maintenance.threshold) == (3.65e9, 0.004, 1.05)
    assert (loan.covenants["cost_cap"].level, loan.covenants["cost_cap"].consequence) == (0.65, "prepayment")
    for path in ("contracts.offtake.prepayment.paid", "contracts.parent.cap_usd", "assets.fleet.cohorts.0.units"):
        entry = deal.provenance.of(path)
        assert entry.basis is Basis.ASSUMED
        assert entry.range or entry.alternatives


def test_the_ledger_holds_where_the_customer_loses_most(found: Simulation) -> None:
    run = found.runs[0]
    first = [run.replay(path)[1].ledger[:, k.PREPAID_LOST].sum() for path in range(24)]
    for path in (0, int(np.argmax(first)), int(np.argmax(found.losses))):
        drivers, rolled = run.replay(path)
        assert max(c.relative for c in check_ledger(run.facility.plan, drivers, rolled)) <= CASH_CONSERVATION_ABS


def test_what_is_prepaid_is_credited_forfeited_or_claimed(found: Simulation) -> None:
    mean = found.runs[0].mean_ledger
    settled = mean[:, k.PREPAID_BACK].sum() + mean[:, k.PREPAID_LOST].sum()
    assert settled == pytest.approx(mean[:, k.PREPAID].sum())
    sides = {row.party: row.value for row in found.rows if row.measure == "value" and row.kind == "facility"}
    assert sum(value or 0.0 for value in sides.values()) == pytest.approx(0.0, abs=1.0)
