"""A customer's prepayment inside a facility: a source of funds, a credit against rent, a claim where it is unearned."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments import Deal
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL
from pricing.engines.facility_run import planned_run
from pricing.kernels.facility import roll_kept
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rollforward import Rolled, roll_forward
from pricing.schedules.facility import Facility
from pricing.schedules.offtake import burn, resolve_offtake
from tests.facilities import deal, drivers, market, plain_deal, setup

LENT = [k.DRAW_FLOATING, k.DRAW_FIXED]
ONCE = {"window_end": dt.date(2026, 9, 30), "at_funding": 0.5, "after_acceptance": 0.5, "initial_commitment_usd": 45e6}
"""No draw after acceptance."""


def prepaid(**terms: Any) -> Facility:
    """The small facility, a fifth of its contract paid ahead."""
    return setup(deal(offtake={"prepayment": {"share": 0.2} | terms}, draws=ONCE)).facility


def rolled(facility: Facility, **path: Any) -> Rolled:
    """One path; its ledger is checked, and the kernel says the same."""
    given = drivers(facility, **path)
    run = roll_forward(facility.plan, given)
    for check in check_ledger(facility.plan, given, run):
        assert check.relative <= CASH_CONSERVATION_ABS, check
    assert np.abs(roll_kept(facility.plan, given)[0] - run.ledger).max() <= PV_REL * facility.plan.commitment
    return run


def test_it_is_a_share_of_every_hour_at_the_full_price() -> None:
    facility = prepaid(paid="at_funding")
    plan = facility.plan
    for c in range(2):
        months = np.arange(plan.accept[c] + 1, plan.contract_end)
        assert plan.prepaid[c] == pytest.approx(0.2 * float((plan.units[c, months] * 730.5 * 3.6).sum()))


@pytest.mark.parametrize("paid", ["at_signing", "at_funding"])
def test_equity_pays_what_prepayment_and_draw_leave_of_the_cost(paid: str) -> None:
    facility = prepaid(paid=paid)
    run = planned_run(facility)
    plan, ledger = facility.plan, run.ledger[:, :, 0]
    at = plan.fund
    lent = ledger[at][:, LENT].sum(axis=1)
    assert lent == pytest.approx(0.5 * plan.cost)
    assert ledger[at, k.EQUITY] == pytest.approx(plan.cost - plan.prepaid - lent)
    assert ledger[:, k.PREPAID].sum() == pytest.approx(plan.prepaid.sum())
    alone = planned_run(setup(deal(draws=ONCE)).facility).ledger[:, :, 0]
    assert ledger[at, k.EQUITY].sum() < alone[at, k.EQUITY].sum()


def test_no_draw_at_funding_exceeds_what_the_prepayment_leaves_of_the_cost() -> None:
    facility = setup(deal(offtake={"prepayment": {"share": 0.2, "paid": "at_funding"}})).facility
    first = planned_run(facility).ledger[0, :, 0]
    assert 0.9 * facility.plan.cost[0] > facility.plan.cost[0] - facility.plan.prepaid[0]
    assert first[LENT].sum() == pytest.approx(facility.plan.cost[0] - facility.plan.prepaid[0])
    assert first[k.EQUITY] == pytest.approx(0.0, abs=1e-6)


def test_at_signing_it_lies_on_an_account_until_the_hardware_is_bought() -> None:
    facility = prepaid()
    states = planned_run(facility).states[:, :, 0]
    first, second = facility.plan.prepaid
    assert states[0, k.ADVANCE] == pytest.approx(second)  # the first cohort is bought on the first date
    assert states[0, k.UNEARNED] == pytest.approx(first + second)
    assert states[facility.plan.fund[1], k.ADVANCE] == pytest.approx(0.0, abs=1e-6)


def test_at_acceptance_it_pays_the_owners_back() -> None:
    facility = prepaid(paid="at_acceptance")
    ledger = planned_run(facility).ledger[:, :, 0]
    plain = planned_run(setup(deal(draws=ONCE)).facility).ledger[:, :, 0]
    assert ledger[facility.plan.accept, k.PREPAID] == pytest.approx(facility.plan.prepaid)
    assert ledger[facility.plan.fund, k.EQUITY] == pytest.approx(plain[facility.plan.fund, k.EQUITY])
    assert ledger[:, k.DISTRIBUTION].sum() > 0.0


@pytest.mark.parametrize("rule", ["pro_rata", "first_months"])
def test_it_burns_off_to_nothing_and_coverage_is_of_the_cash_that_is_left(rule: str) -> None:
    facility = prepaid(paid="at_funding", burn_off=rule)
    run = rolled(facility)
    credit, rent = run.ledger[:, k.PREPAID_BACK, 0], run.ledger[:, k.RENT, 0]
    assert credit.sum() == pytest.approx(facility.plan.prepaid.sum())
    assert run.ledger[:, k.PREPAID_LOST].sum() == pytest.approx(0.0, abs=1e-3)
    serving = rent > 0
    share = credit[serving] / rent[serving]
    assert share == pytest.approx(0.2 / 0.99) if rule == "pro_rata" else share[0] == 1.0
    cost = run.ledger[:, k.OPEX_DUE, 0]
    inside = slice(0, facility.plan.maturity)
    assert run.states[inside, k.CFADS, 0] == pytest.approx((rent - credit - cost)[inside])


@pytest.mark.parametrize("rule", ["pro_rata", "first_months"])
def test_it_burns_as_it_does_in_the_same_contract_without_a_loan(rule: str) -> None:
    terms = {"share": 0.2, "burn_off": rule}
    base = plain_deal(offtake=plain_deal().contracts["offtake"].model_dump() | {"end": dt.date(2028, 3, 31)})
    contract = base.contracts["offtake"].model_dump() | {"prepayment": terms}
    document = base.model_dump(by_alias=True)
    alone = Deal.model_validate(
        document | {"contracts": {"offtake": contract}, "position": {}, "assets": base.model_dump(by_alias=True)["assets"]}
    )
    plan = resolve_offtake(alone, "offtake", market())
    facility = setup(plain_deal({"unearned_usd": plan.prepaid_usd}, offtake=contract)).facility
    run = planned_run(facility)
    left = plan.prepaid_usd
    for row in range(1, plan.end + 1):
        credit = float(burn(plan, plan.rent_usd[row], left))
        assert run.ledger[row - 1, k.PREPAID_BACK, 0] == pytest.approx(credit, rel=PV_REL, abs=1e-6)
        left -= credit
    assert run.ledger[: plan.end, k.RENT, 0] == pytest.approx(plan.rent_usd[1 : plan.end + 1])


def test_a_defaulting_customer_forfeits_what_is_unearned() -> None:
    facility = prepaid(paid="at_funding")
    run = rolled(facility, customer=12)
    before = run.states[11, k.UNEARNED, 0] - 0.2 / 0.99 * run.ledger[12, k.RENT, 0]
    assert run.ledger[12, k.PREPAID_LOST, 0] == pytest.approx(before)
    assert run.states[12, k.UNEARNED, 0] == 0.0
    assert run.ledger[:, k.PREPAID_DEFERRED].sum() == 0.0


@pytest.mark.parametrize("ratio", [0.2, 4.0])
def test_after_the_operators_failure_the_customer_claims_it_behind_the_loan(ratio: float) -> None:
    facility = prepaid(paid="at_funding")
    run = rolled(facility, operator=12, substituted=False, ratio=ratio)
    last = 12 + facility.plan.substitute_delay
    claimed = run.ledger[last, k.PREPAID_DUE, 0] - 0.2 / 0.99 * run.ledger[last, k.RENT, 0]
    assert claimed > 1e6
    lost, principal = run.ledger[:, k.PREPAID_LOST].sum(), run.ledger[:, k.PRINCIPAL_LOST].sum()
    if ratio < 1:
        assert lost == pytest.approx(claimed)
        assert principal > 0.0
    else:
        assert (lost, principal) == pytest.approx((0.0, 0.0), abs=1e-3)


def test_money_for_hardware_that_is_never_bought_goes_back() -> None:
    facility = prepaid()
    run = rolled(facility, operator=1)
    assert run.ledger[:, k.CAPEX].sum() == pytest.approx(facility.plan.cost[0])
    assert run.ledger[facility.plan.fund[1], k.PREPAID_BACK, 0] == pytest.approx(facility.plan.prepaid[1])


def test_what_a_delay_leaves_is_paid_back_as_far_as_it_was_agreed() -> None:
    for refund in (0.0, 0.25, 1.0):
        facility = prepaid(paid="at_funding", refund=refund)
        run = rolled(facility, delay=3)
        end = facility.plan.contract_end - 1
        left = facility.plan.prepaid.sum() - 0.2 / 0.99 * run.ledger[:, k.RENT].sum()
        assert run.ledger[end, k.PREPAID_LOST, 0] == pytest.approx((1.0 - refund) * left)


def test_no_share_is_no_prepayment() -> None:
    tiny, none = prepaid(share=1e-15, paid="at_funding"), setup(deal(draws=ONCE)).facility
    for path in ({}, {"customer": 9}, {"operator": 9, "substituted": False}):
        gap = rolled(tiny, **path).ledger - rolled(none, **path).ledger
        assert np.abs(gap).max() <= PV_REL * none.plan.commitment


def test_what_a_facility_or_a_lone_offtake_does_not_know_is_refused() -> None:
    with pytest.raises(TermsError, match="a prepayment must burn off by then"):
        deal(offtake={"prepayment": {"share": 0.2}, "end": market().as_of.replace(year=2030)})
    given = deal().model_dump(by_alias=True)
    offtake = given["contracts"]["offtake"] | {"prepayment": {"share": 0.2, "paid": "at_funding"}}
    with pytest.raises(TermsError, match="needs a facility that buys cohorts"):
        Deal.model_validate(given | {"contracts": {"offtake": offtake}})
    with pytest.raises(TermsError, match="advance_usd is part of unearned_usd"):
        plain_deal({"advance_usd": 1.0})
