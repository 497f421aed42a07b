from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments import Deal
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL
from pricing.engines.facility_run import planned_run
from pricing.ledger import facility as k
from pricing.mechanics.rollforward import Rolled, roll_forward
from pricing.schedules.facility import Facility
from pricing.schedules.loan import scheduled_value, term_flows
from tests.facilities import deal, drivers, market, setup

LENT = [k.DRAW_FLOATING, k.DRAW_FIXED]
PAID = [k.INTEREST_FLOATING, k.INTEREST_FIXED, k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED, k.UNDRAWN_FEE]


def seasoned(position: dict[str, Any], **changes: Any) -> Deal:
    """The small facility with its window closed and both cohorts in service."""
    cohorts = [
        {"label": "a", "units": 400.0, "cost_usd": 20e6, "funding": dt.date(2025, 9, 30), "acceptance": dt.date(2025, 10, 31)},
        {"label": "b", "units": 600.0, "cost_usd": 30e6, "funding": dt.date(2025, 9, 30), "acceptance": dt.date(2025, 10, 31)},
    ]
    place = {"facilities": {"loan": {"funded": ["a", "b"], "accepted": ["a", "b"]} | position}}
    return deal(draws=None, fleet={"cohorts": cohorts}, deal={"position": place}, **changes)


def rolled(facility: Facility, **path: Any) -> Rolled:
    return roll_forward(facility.plan, drivers(facility, **path))


def test_without_defaults_the_lender_gets_what_it_is_owed() -> None:
    run = planned_run(setup().facility)
    assert run.outcomes[k.SHORTFALL, 0] == 0.0
    assert run.outcomes[k.DEFAULT_MONTH, 0] == setup().facility.plan.months
    lent, back = run.ledger[:, LENT].sum(), run.ledger[:, [k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED]].sum()
    assert back == pytest.approx(lent, rel=PV_REL)


def test_without_defaults_a_seasoned_facility_is_a_plain_loan() -> None:
    given = seasoned({"floating_usd": 18e6, "fixed_usd": 12e6, "drawn_usd": 30e6}, hedge=None, agent_fee_usd_per_year=0.0)
    facility = setup(given).facility
    run = planned_run(facility)
    loan = given.contracts["loan"]
    plain = term_flows(loan, given.as_of, given.position.facilities["loan"])  # type: ignore[arg-type]
    exact = scheduled_value(plain, lambda t: np.exp(-0.04 * t), np.ones_like, 0.0)
    assert run.outcomes[k.RECEIVED, 0] == pytest.approx(exact.default_free, rel=PV_REL)


def test_the_customers_default_at_once_stops_draws_and_rent() -> None:
    facility = setup().facility
    run = rolled(facility, customer=0)
    assert run.ledger[:, LENT].sum() == 0.0
    assert run.ledger[:, k.RENT].sum() == 0.0


def test_certain_default_with_worthless_hardware_returns_cash_and_reserves_only() -> None:
    position = {"floating_usd": 18e6, "fixed_usd": 12e6, "drawn_usd": 30e6, "liquidity_reserve_usd": 2e6, "trapped_usd": 1e6}
    facility = setup(seasoned(position), market()).facility
    run = rolled(facility, customer=0, operator=0, ratio=1e-12)
    received = run.ledger[:, PAID].sum()
    assert run.ledger[:, k.RELET].sum() == 0.0
    assert received <= 3e6 + run.ledger[0, k.RENT, 0]
    lost = run.ledger[:, [k.PRINCIPAL_LOST, k.INTEREST_LOST]].sum()
    due = 30e6 + run.ledger[:, k.INTEREST_DUE].sum()
    assert received + lost == pytest.approx(due, rel=CASH_CONSERVATION_ABS)


def test_a_zero_balance_owes_nothing_and_the_owner_takes_all() -> None:
    facility = setup(seasoned({}, agent_fee_usd_per_year=0.0, reserves={"liquidity_months": 0, "power_months": 0}, hedge=None)).facility
    run = planned_run(facility)
    assert run.ledger[:, PAID].sum() == 0.0
    earned = run.ledger[:, k.RENT].sum() - run.ledger[:, [k.POWER, k.SITE, k.TRANSITION]].sum()
    assert run.ledger[:, [k.DISTRIBUTION, k.MANAGEMENT]].sum() == pytest.approx(earned, rel=PV_REL)


def test_a_zero_balance_is_not_accelerated_when_the_customer_goes() -> None:
    facility = setup(seasoned({}, agent_fee_usd_per_year=0.0)).facility
    run = rolled(facility, customer=3)
    assert run.outcomes[k.DEFAULT_MONTH, 0] == facility.plan.months


def test_once_repaid_nothing_more_flows_to_the_lender() -> None:
    given = seasoned({"floating_usd": 0.6e6, "fixed_usd": 0.4e6, "drawn_usd": 30e6}, sweep=1.0)
    facility = setup(given).facility
    run = planned_run(facility)
    balance = run.states[:, k.FLOATING, 0] + run.states[:, k.FIXED, 0]
    gone = int(np.argmax(balance < 1.0))
    assert gone < 6
    assert run.ledger[gone + 1 :, PAID].sum() < 1.0
    assert run.ledger[gone + 1 :, k.DISTRIBUTION].sum() > 0.0


def test_without_rent_the_loan_defaults_after_its_grace_and_the_fleet_is_sold() -> None:
    position = {"floating_usd": 18e6, "fixed_usd": 12e6, "drawn_usd": 30e6}
    facility = setup(seasoned(position, offtake={"price_usd_per_hour": 1e-9})).facility
    run = rolled(facility, ratio=1e-6)
    assert run.outcomes[k.DEFAULT_MONTH, 0] == facility.plan.grace
    assert run.ledger[:, k.PRINCIPAL_LOST].sum() > 0.0
    assert run.states[-1, k.STATUS, 0] == k.CLOSED


def test_the_swap_pays_the_difference_and_is_fair_on_the_plan() -> None:
    facility = setup().facility
    run = planned_run(facility)
    assert abs(run.outcomes[k.HEDGE_VALUE, 0]) <= CASH_CONSERVATION_ABS * facility.plan.commitment
    assert np.abs(run.ledger[:, k.SWAP]).max() >= 0.0


def test_top_ups_stop_where_projected_coverage_would_fall_below_the_sizing_ratio() -> None:
    facility = setup().facility
    states = planned_run(facility).states[:, :, 0]
    paying = (states[:, k.SERVICE] > 0) & (np.arange(facility.plan.months) > facility.plan.window)
    paying &= np.arange(facility.plan.months) < facility.plan.maturity
    ratio = states[paying, k.CFADS] / states[paying, k.SERVICE]
    assert ratio.min() >= facility.loan.draws.sizing_dscr - 1e-3  # type: ignore[union-attr]  # fees and cohorts' own dates are not in it
    drawn, cost = states[-1, k.DRAWN], facility.plan.cost.sum()
    assert facility.plan.at_funding * cost < drawn < facility.plan.after_acceptance * cost


@pytest.mark.parametrize("bad_act", [False, True])
def test_the_bad_acts_guarantee_pays_on_bad_acts_only(bad_act: bool) -> None:
    position = {"floating_usd": 18e6, "fixed_usd": 12e6, "drawn_usd": 30e6}
    facility = setup(seasoned(position)).facility
    run = rolled(facility, operator=2, substituted=False, bad_act=bad_act, ratio=0.2)
    assert (run.ledger[:, k.GUARANTEE].sum() > 0.0) == bad_act
    if bad_act:
        month = int(np.argmax(run.ledger[:, k.GUARANTEE, 0]))
        owed = run.ledger[month, [k.GUARANTEE, k.PRINCIPAL_LOST, k.INTEREST_LOST], 0].sum()
        assert run.ledger[month, k.GUARANTEE, 0] == pytest.approx(facility.plan.guarantor_recovery * owed, rel=PV_REL)


def test_an_operator_default_with_a_replacement_leaves_the_contract_alive() -> None:
    facility = setup().facility
    run, plan = rolled(facility, operator=12), planned_run(facility)
    later = 12 + facility.plan.substitute_delay + 1
    assert run.ledger[later, k.RENT, 0] == pytest.approx(plan.ledger[later, k.RENT, 0], rel=PV_REL)
    assert run.ledger[13, k.RENT, 0] == pytest.approx(plan.ledger[13, k.RENT, 0] * facility.plan.interim_share, rel=PV_REL)
    assert run.ledger[:, k.TRANSITION].sum() > 0.0
    assert run.ledger[13:, k.TO_TRAP].max() > 0.0


def test_receipts_after_default_come_from_cash_then_hardware_then_reserves_then_guarantee() -> None:
    position = {"floating_usd": 24e6, "fixed_usd": 16e6, "drawn_usd": 40e6, "liquidity_reserve_usd": 1e6}
    facility = setup(seasoned(position, guarantee={"form": "payment", "payment_lag_months": 2})).facility
    ledger = rolled(facility, customer=5, operator=6, ratio=0.3).ledger[:, :, 0]
    rent, sale = np.flatnonzero(ledger[:, k.RENT]), np.flatnonzero(ledger[:, k.SALE])
    reserves, guarantee = np.flatnonzero(ledger[:, k.TO_LIQUIDITY] < 0), np.flatnonzero(ledger[:, k.GUARANTEE])
    lost = np.flatnonzero(ledger[:, k.PRINCIPAL_LOST])
    assert rent[-1] < sale[0] <= sale[-1] <= guarantee[0] == lost[-1]
    assert reserves[-1] == sale[-1]
