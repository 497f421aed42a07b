"""Staged equity on the ledger: claims add up, values are the price's, stops are recorded, any path is replayed."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from instruments import AllOf, Deal, EventHappened, MilestoneReached, NextRoundPrice, PriceTarget, StagedEquity, StopRight
from pricing import simulate
from pricing.ledger.plan import LedgerPlan
from pricing.ledger.runs import ContractRun, claim_gaps
from pricing.registry import find_engine
from pricing.simulation import ContractLedger
from tests.staged import AS_OF, deal, market, task, tranche

RIGHTS = {"investor_stop": StopRight(tolerance=0.1, notice_months=1), "issuer_stop": StopRight(tolerance=0.4, notice_months=2)}
WHOLE = deal(tranche(1.0), tranche(2.0, price=NextRoundPrice(months=3, discount=0.1)), closing_months=2, **RIGHTS)


def ledger(made: Deal, **options: int) -> ContractRun:
    found = simulate(made, market(), **({"paths": 4096, "threads": 1} | options)).ledger
    assert isinstance(found, ContractLedger)
    return found.run


def column(plan: LedgerPlan, reason: str, claim: str) -> int:
    return next(i for i, posting in enumerate(plan.postings) if posting.reason == reason and posting.claim == claim)


@pytest.fixture(scope="module")
def run() -> ContractRun:
    return ledger(WHOLE)


def test_every_claim_adds_up_on_every_path_and_date(run: ContractRun) -> None:
    gaps = claim_gaps(run.plan, run.roll(0))
    assert len(gaps) == 2
    assert all(gap.difference < 1e-9 for gap in gaps)


def test_sides_sum_to_nothing_and_are_the_price(run: ContractRun) -> None:
    assert run.present.sum(axis=0) == pytest.approx(np.zeros(run.paths), abs=1e-9)
    sample = find_engine(StagedEquity, "monte_carlo").engine(task(WHOLE, keep_sample=True))
    # the price's control variates move its mean, not its paths: an investor's gains differ by what they take out
    crude = run.of("maker")
    assert sample.sample is not None
    assert float(crude.mean()) == pytest.approx(float(sample.sample.mean()), abs=4.0 * float(crude.std()) / 64.0)
    assert float(np.corrcoef(crude, sample.sample)[0, 1]) > 0.5


def test_drawn_never_passes_the_headline_and_shares_are_what_was_paid_for(run: ContractRun) -> None:
    block = run.roll(0)
    paid = block[:, column(run.plan, "draw of tranche 1", "cash")].sum(axis=0)
    shares = block[:, column(run.plan, "shares for tranche 1", "cash")].sum(axis=0)
    assert set(np.unique(paid)) == {0.0, 1000.0}
    assert shares == pytest.approx(paid / 100.0)


def test_money_is_put_off_until_closing(run: ContractRun) -> None:
    block = run.roll(0)
    due, cash = (block[:, column(run.plan, "draw of tranche 1", claim)] for claim in ("due", "cash"))
    drawn = cash.sum(axis=0) > 0.0
    assert drawn.any()
    assert (cash.argmax(axis=0)[drawn] - due.argmax(axis=0)[drawn] == 2).all()


def test_a_stopped_tranche_is_written_off_and_brings_a_notice(run: ContractRun) -> None:
    block = run.roll(0)
    total = {claim: block[:, column(run.plan, "draw of tranche 1", claim)].sum(axis=0) for claim in ("due", "cash", "written_off")}
    total2 = {claim: block[:, column(run.plan, "draw of tranche 2", claim)].sum(axis=0) for claim in ("due", "cash", "written_off")}
    notices = sum(block[:, column(run.plan, reason, "cash")].sum(axis=0) for reason in ("stopped by the investor", "refused by the issuer"))
    lost = (total["written_off"] > 0.0).astype(float) + (total2["written_off"] > 0.0)
    assert (notices <= lost).all()
    assert (notices < lost).any()  # the rest went with the issuer's default between trigger and closing
    assert notices.max() > 0.0
    never = total["due"] == 0.0
    assert (total["cash"][never] == 0.0).all()
    assert never.any()


def test_shares_of_a_note_come_at_its_round(run: ContractRun) -> None:
    block = run.roll(0)
    cash, shares = block[:, column(run.plan, "draw of tranche 2", "cash")], block[:, column(run.plan, "shares for tranche 2", "cash")]
    both = (cash.sum(axis=0) > 0.0) & (shares.sum(axis=0) > 0.0)
    assert (shares.argmax(axis=0)[both] - cash.argmax(axis=0)[both] == 3).all()
    assert ((cash.sum(axis=0) > 0.0) & (shares.sum(axis=0) == 0.0)).any()  # paid, and the issuer failed before the round


def test_any_path_is_replayed_and_threads_change_nothing(run: ContractRun) -> None:
    many = ledger(WHOLE, paths=3 * 4096, threads=3)
    assert many.path(17).tobytes() == run.path(17).tobytes()
    assert many.mean_ledger.tobytes() == ledger(WHOLE, paths=3 * 4096).mean_ledger.tobytes()


def test_daily_triggers_are_gathered_by_month() -> None:
    condition = AllOf(legs=(MilestoneReached(milestone="sites", at_least=1.0), PriceTarget(of="equity:LAB", at_least=120.0)))
    found = ledger(deal(tranche(condition=condition), end=dt.date(2026, 6, 30)))
    assert found.dates[0] == dt.date(2025, 9, 30) > AS_OF
    assert all((date + dt.timedelta(days=1)).day == 1 for date in found.dates)
    assert max(gap.difference for gap in claim_gaps(found.plan, found.roll(0))) < 1e-9


def test_a_default_can_be_the_trigger_of_nothing_but_itself() -> None:
    """Released by the issuer's own default: nobody is left to issue shares, so nothing falls due."""
    found = ledger(deal(tranche(condition=EventHappened(event="default", party="lab"))))
    assert found.mean_ledger.sum() == 0.0
