from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL, RATE_ABS
from pricing.engines.facility_run import FacilityRun, planned_run
from pricing.ledger import facility as k
from pricing.risk.dependence import unguaranteed
from pricing.risk.walks import Walk, walk
from pricing.risk.yields import lives, yearly_rates
from pricing.schedules.loan import average_life, internal_rate
from tests.facilities import deal, plain_deal, setup


@pytest.fixture(scope="module")
def run() -> FacilityRun:
    return setup().run(paths=4096, seed=1, threads=1)


@pytest.fixture(scope="module")
def found(run: FacilityRun) -> Walk:
    return walk(run, threads=1)


def test_the_walk_is_the_run(run: FacilityRun, found: Walk) -> None:
    scale = run.facility.plan.commitment
    of = dict(zip(found.parties, found.present, strict=True))
    assert np.abs(of["bank"] - run.net).max() <= PV_REL * 10 * scale  # the same postings in another order
    assert np.abs(of["spv"]).max() <= CASH_CONSERVATION_ABS * 1e3 * scale  # a vehicle passes everything on: hundreds of sums


def test_the_owner_is_the_run_too() -> None:
    alone = unguaranteed(setup()).run(paths=1)  # the operator guarantees as well
    found = walk(alone)
    owner = found.present[found.parties.index("parent")]
    assert np.abs(owner - alone.outcomes[k.EQUITY_VALUE]).max() <= PV_REL * 10 * alone.facility.plan.commitment


def test_two_threads_give_the_same_bytes() -> None:
    two = setup().run(paths=8192, seed=1, threads=1)
    one, other = walk(two, threads=1), walk(two, threads=2)
    for name in ("present", "coverage", "to_value", "life", "rate"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


@pytest.mark.parametrize("path", [0, 17, 4095])
def test_any_path_by_its_replay(run: FacilityRun, found: Walk, path: int) -> None:
    rolled = run.replay(path)[1]
    ledger, states, times = rolled.ledger[:, :, 0], rolled.states[:, :, 0], run.facility.times
    out = ledger[:, [k.DRAW_FLOATING, k.DRAW_FIXED]].sum(axis=1)
    back = ledger[:, [k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED]].sum(axis=1)
    paid = [k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED, k.INTEREST_FLOATING, k.INTEREST_FIXED, k.UNDRAWN_FEE, k.LENDER_FEE]
    rate = internal_rate(times, ledger[:, paid].sum(axis=1) - out, 0.0)
    assert found.rate[path] == pytest.approx(rate, abs=10 * RATE_ABS)  # two root finders
    life = float((times * back).sum() / back.sum() - (times * out).sum() / out.sum())
    assert found.life[path] == pytest.approx(life, rel=PV_REL)
    for row, t in enumerate(found.months):
        if not np.isnan(found.coverage[row, path]):
            assert states[t - 1, k.STATUS] == k.PERFORMING
            assert found.coverage[row, path] == states[t, k.TRAILING]
        if not np.isnan(found.to_value[row, path]):
            assert found.to_value[row, path] == (states[t, k.FLOATING] + states[t, k.FIXED]) / states[t, k.MARKET_VALUE]


def test_without_risk_every_quantile_is_the_plan() -> None:
    base = setup(deal(offtake={"delay_odds_per_month": 0.0})).cut("credit:PARENT", "credit:PAYER")
    calm = replace(base, model=replace(base.model, volatility=0.0)).run(paths=1)
    found, plan = walk(calm), planned_run(calm.facility)
    states, ledger, times = plan.states[:, :, 0], plan.ledger[:, :, 0], calm.facility.times
    for row, t in enumerate(found.months):
        if states[t, k.SERVICE] > 0:
            assert np.abs(found.coverage[row] - states[t, k.TRAILING]).max() <= PV_REL
        balance = states[t, k.FLOATING] + states[t, k.FIXED]
        if balance > 0:
            assert np.abs(found.to_value[row] - balance / states[t, k.MARKET_VALUE]).max() <= PV_REL * 10
    repaid = ledger[:, [k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED]].sum(axis=1)
    lent = ledger[:, [k.DRAW_FLOATING, k.DRAW_FIXED]].sum(axis=1)
    assert found.life == pytest.approx(average_life(times, repaid, lent), rel=1e-9)
    assert found.life.std() <= 1e-9
    assert found.rate.std() <= RATE_ABS


def test_fewer_and_fewer_paths_perform(found: Walk) -> None:
    odds = found.performing.mean(axis=1)
    assert (np.diff(odds) <= 0.0).all()
    assert odds[-1] < odds[0]
    # a path that no longer performs has neither ratio
    assert np.isnan(found.coverage[found.performing == 0.0]).all()
    assert np.isnan(found.to_value[found.performing == 0.0]).all()


def test_a_seasoned_loan_counts_what_is_lent() -> None:
    calm = setup(plain_deal()).cut("credit:PARENT", "credit:PAYER").run(paths=1)
    found = walk(calm)
    # 24 equal payments of principal at 12 % on 30/360: 1 % a month; months of different length move it by little
    assert found.rate == pytest.approx(1.01**12 - 1.0, abs=2e-4)
    assert found.life == pytest.approx(12.5 / 12.0, abs=2e-3)


def test_paths_without_a_rate_or_a_life() -> None:
    times = np.array([1.0, 2.0])
    nothing, lost, fair = [0.0, 0.0], [-100.0, 0.001], [-100.0, 110.0]
    rates = yearly_rates(times, np.array([nothing, lost, fair]).T, 0.0)
    assert np.isnan(rates[:2]).all()
    assert rates[2] == pytest.approx(0.1, abs=RATE_ABS)
    spans = lives(times, np.array([[0.0, 0.0], [0.0, 50.0]]).T, np.array([[100.0, 0.0], [100.0, 0.0]]).T, 0.0)
    assert np.isnan(spans[0])
    assert spans[1] == 1.0
