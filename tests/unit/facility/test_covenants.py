"""Covenants on paths that can be followed by hand: 3 m USD a month in, 24 m USD at 1 % a month, 24 equal payments."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments import Deal, Loan
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL
from pricing.engines.facility_run import planned_run
from pricing.kernels.facility import roll_kept
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rollforward import Rolled, roll_forward
from pricing.schedules.facility import Facility
from tests.facilities import deal, drivers, plain_deal, setup

FIRST = dt.date(2026, 6, 30)
"""The third payment date: index 2."""


def rolled(given: Deal, **path: Any) -> tuple[Facility, Rolled]:
    """Statement of one path; its ledger is checked, and the kernel gives the same."""
    facility = setup(given).facility
    way = drivers(facility, **path)
    run = roll_forward(facility.plan, way)
    assert max(check.relative for check in check_ledger(facility.plan, way, run)) <= CASH_CONSERVATION_ABS
    for compiled, stated in zip(roll_kept(facility.plan, way), (run.ledger, run.states, run.outcomes, run.tests), strict=True):
        assert np.abs(compiled - stated).max(initial=0.0) <= PV_REL * facility.plan.commitment
    return facility, run


def covenant(kind: str, **terms: Any) -> dict[str, Any]:
    return {"covenants": {"test": {"kind": kind, "first_test": FIRST} | terms}}


def values(run: Rolled, item: int = k.TEST_VALUE) -> np.ndarray:
    return run.tests[0, :, item, 0]


def test_realisation_is_cash_received_over_cash_projected_in_the_window() -> None:
    # the operator defaults in month 3: half the rent in months 4, 5, 6
    _, run = rolled(plain_deal(**covenant("realisation", threshold=0.8, consequence="cash_trap")), operator=3)
    assert values(run)[:9] == pytest.approx([0, 0, 1, 1, 5 / 6, 4 / 6, 1 / 2, 4 / 6, 5 / 6], rel=1e-9)
    assert values(run, k.TEST_FAILED)[:9].tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 0]


def test_a_failed_realisation_test_is_an_event_of_default_after_its_grace() -> None:
    for grace in (0, 1, 2):
        facility, run = rolled(plain_deal(**covenant("realisation", threshold=0.8, grace_months=grace)), operator=3)
        assert run.outcomes[k.DEFAULT_MONTH, 0] == 5 + grace
        assert (run.outcomes[k.FIRST_BREACHED, 0], run.outcomes[k.FIRST_BREACH_MONTH, 0]) == (0, 5)
    _, run = rolled(plain_deal(**covenant("realisation", threshold=0.8, grace_months=3)), operator=3)
    assert run.outcomes[k.DEFAULT_MONTH, 0] == facility.plan.months


def test_a_cash_cure_pays_what_is_missing_and_is_spent_in_the_next_month() -> None:
    # delays of the customer's cash without an operator's default: the price is a fifth below the contract through service credits
    offtake = plain_deal().contracts["offtake"].model_dump() | {"availability": 0.8}
    _, run = rolled(plain_deal(offtake=offtake, **covenant("realisation", threshold=0.85, months=1, cures=2)))
    assert run.ledger[:5, k.CURE, 0] == pytest.approx([0, 0, 150_000, 150_000, 0], abs=1e-6)
    assert run.ledger[:5, k.TO_TRAP, 0] == pytest.approx([0, 0, 150_000, 0, -150_000], abs=1e-6)
    assert values(run, k.TEST_CURED)[:6].tolist() == [0, 0, 1, 1, 0, 0]
    assert run.outcomes[k.DEFAULT_MONTH, 0] == 4  # two cures, then an event of default


def test_free_cures_end_on_their_day_and_are_not_counted() -> None:
    offtake = plain_deal().contracts["offtake"].model_dump() | {"availability": 0.8}
    free = dt.date(2026, 10, 28)  # before the payment date of October, index 6
    given = plain_deal(offtake=offtake, **covenant("realisation", threshold=0.85, months=1, cures=1, free_cures_until=free))
    _, run = rolled(given)
    assert np.flatnonzero(values(run, k.TEST_CURED)).tolist() == [2, 3, 4, 5, 6]
    assert run.outcomes[k.DEFAULT_MONTH, 0] == 7


def test_an_insolvent_operator_cures_nothing() -> None:
    _, run = rolled(plain_deal(**covenant("realisation", threshold=0.8, cures=5)), operator=3)
    assert values(run, k.TEST_CURED).sum() == 0


def test_a_waiver_costs_its_fee_next_month_and_its_step_for_good() -> None:
    offtake = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 2000.0 / 730.5, "availability": 0.8}
    waivers = {"count": 1, "fee": 0.01, "margin_step": 0.012}
    _, run = rolled(plain_deal(offtake=offtake, **covenant("realisation", threshold=0.85, months=1, waivers=waivers, grace_months=24)))
    assert values(run, k.TEST_WAIVED)[:5].tolist() == [0, 0, 1, 0, 0]
    assert run.ledger[:5, k.LENDER_FEE, 0] == pytest.approx([0, 0, 0, 210_000, 0])  # 1 % of 21 m
    # 21 m at 1 % and, 31 days of 360, at 1.2 % more
    assert run.ledger[3, k.INTEREST_FIXED, 0] == pytest.approx(21e6 * (0.01 + 0.012 * 31 / 360))
    assert run.states[2:, k.MARGIN_STEP, 0] == pytest.approx(0.012)


def test_minimum_liquidity_fills_the_reserve_and_a_holiday_lets_it_go() -> None:
    offtake = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 2000.0 / 730.5}
    relief = {"first": dt.date(2026, 8, 1), "last": dt.date(2026, 9, 30), "level": 100_000.0}
    _, run = rolled(plain_deal(offtake=offtake, **covenant("minimum_liquidity", minimum_usd=500_000.0, holidays=[relief])))
    # 2 m come in, 1.22 m of service go out
    assert run.states[1:7, k.LIQUIDITY, 0] == pytest.approx([0, 500_000, 500_000, 500_000 - 400_000, 100_000, 500_000])
    assert values(run, k.TEST_FAILED).sum() == 0


def test_a_cure_of_liquidity_fills_the_reserve() -> None:
    offtake = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 1250.0 / 730.5}
    _, run = rolled(plain_deal(offtake=offtake, **covenant("minimum_liquidity", minimum_usd=500_000.0, cures=1, grace_months=24)))
    # 1.25 m come in, 1.22 m of service go out: 30,000 are left, the operator adds the rest
    assert run.ledger[2, [k.CURE, k.TO_LIQUIDITY], 0] == pytest.approx([470_000, 500_000])
    assert values(run)[2] == pytest.approx(30_000)


def test_loan_to_cost_over_its_cap_falls_due_on_the_next_date() -> None:
    offtake = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 9000.0 / 730.5}
    _, run = rolled(plain_deal(offtake=offtake, **covenant("loan_to_cost", cap=0.5)))
    # 21 m of 40 m after three payments: 1 m too much, due with the fourth
    assert values(run)[2] == pytest.approx(21 / 40)
    assert run.ledger[:5, k.PRINCIPAL_FIXED, 0] == pytest.approx([1e6, 1e6, 1e6, 2e6, 19e6 / 20])


def test_a_cure_of_a_cap_prepays_the_excess_at_once() -> None:
    offtake = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 9000.0 / 730.5}
    _, run = rolled(plain_deal(offtake=offtake, **covenant("loan_to_cost", cap=0.5, cures=1)))
    assert run.ledger[2, [k.CURE, k.PRINCIPAL_FIXED], 0] == pytest.approx([1e6, 2e6])


def test_lock_up_holds_distributions_until_the_test_is_passed() -> None:
    # 1.3 m a month against 1.24 m, 1.23 m, ...: coverage passes 1.1 later on
    offtake = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 1300.0 / 730.5}
    _, run = rolled(plain_deal(offtake=offtake, **covenant("dscr", threshold=1.1, months=1, consequence="lock_up")))
    ratio = 1.3e6 / (1e6 + 0.01 * (24e6 - 1e6 * np.arange(24)))
    failed = (ratio < 1.1) & (np.arange(24) >= 2)
    assert values(run, k.TEST_FAILED)[:23].tolist() == failed[:23].tolist()
    until = int(np.flatnonzero(failed)[-1])
    assert run.ledger[3 : until + 2, k.DISTRIBUTION, 0] == pytest.approx(0.0)
    held = 1.3e6 - (1e6 + 0.01 * (24e6 - 1e6 * np.arange(3, until + 2)))
    assert run.states[until + 1, k.TRAP, 0] == pytest.approx(held.sum())
    assert run.ledger[until + 2, k.TO_TRAP, 0] == pytest.approx(-held.sum())


def test_a_failed_test_stops_draws() -> None:
    given = deal(covenants={"cap": {"kind": "loan_to_cost", "cap": 0.01, "first_test": dt.date(2026, 4, 30), "consequence": "lock_up"}})
    _, run = rolled(given)
    assert run.ledger[:, k.CAPEX, 0].sum() == pytest.approx(20e6)  # the first cohort only


def test_the_sweep_follows_the_band_that_coverage_was_last_in() -> None:
    offtake = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 1500.0 / 730.5}
    bands = [{"below": 1.3, "share": 0.5}, {"below": 1.215, "share": 1.0}]
    run = planned_run(setup(plain_deal(offtake=offtake, sweep_bands=bands)).facility)
    # nothing tested yet; 1.5 / 1.24 = 1.2097: all of 0.27 m; then 1.5 / 1.23 = 1.2195: half
    assert run.ledger[0, k.PRINCIPAL_FIXED, 0] == pytest.approx(1e6)
    assert run.ledger[1, k.PRINCIPAL_FIXED, 0] == pytest.approx(1e6 + 270_000)
    balance = 24e6 - 1e6 - 1.27e6
    left = 1.5e6 - 0.01 * balance - balance / 22
    assert run.ledger[2, k.PRINCIPAL_FIXED, 0] == pytest.approx(balance / 22 + left / 2)


def test_covenants_want_a_projects_cash() -> None:
    cap = covenant("loan_to_cost", cap=0.5)
    with pytest.raises(TermsError, match="name collateral and offtake"):
        Loan.model_validate(plain_deal().contracts["loan"].model_dump() | {"collateral": None, "offtake": None} | cap)
    with pytest.raises(TermsError, match="the label 'maintenance' belongs to the field"):
        plain_deal(covenants={"maintenance": {"kind": "loan_to_cost", "first_test": FIRST, "cap": 0.5}})


def test_nothing_is_tested_once_a_cure_has_repaid_the_loan() -> None:
    test = {"threshold": 1e6, "months": 1, "first_test": FIRST, "cures": 1}
    more = {"cash": {"kind": "minimum_liquidity", "first_test": FIRST, "minimum_usd": 1e6, "consequence": "lock_up"}}
    _, run = rolled(plain_deal(maintenance=test, covenants=more))
    assert run.states[2, [k.FLOATING, k.FIXED], 0].tolist() == [0.0, 0.0]
    assert run.tests[0, 2, [k.TEST_MADE, k.TEST_CURED], 0].tolist() == [1.0, 1.0]
    assert run.tests[1, 2, k.TEST_MADE, 0] == 0.0
