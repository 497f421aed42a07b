"""Fees, interest in kind, margins, advance rules, tenors and amortisations, by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from instruments import Amortisation
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import CASH_CONSERVATION_ABS, PV_REL
from pricing.engines.facility_run import planned_run
from pricing.ledger import facility as k
from pricing.ledger.checks import check_ledger
from pricing.mechanics.rollforward import Rolled
from pricing.paths.facility import planned_drivers
from pricing.schedules.amortisation import amortisation_shares, draw_profile, sculpted_shares
from pricing.schedules.facility import Facility
from pricing.schedules.grid import month_ends
from pricing.schedules.loan import average_life, internal_rate
from tests.facilities import AS_OF, deal, plain_deal, setup

LENT = [k.DRAW_FLOATING, k.DRAW_FIXED]
RICH = {"price_usd_per_hour": 9.0}
DATES = month_ends(AS_OF, 36)


def planned(**terms: Any) -> tuple[Facility, Rolled]:
    """A facility's plan; its ledger is checked."""
    facility = setup(deal(**terms)).facility
    run = planned_run(facility)
    drivers = planned_drivers(facility.plan.months, len(facility.plan.fund))
    assert max(check.relative for check in check_ledger(facility.plan, drivers, run)) <= CASH_CONSERVATION_ABS
    return facility, run


def draws(**terms: Any) -> dict[str, Any]:
    base = deal().contracts["loan"].draws  # type: ignore[union-attr]
    assert base is not None
    return {"draws": base.model_dump() | terms, "hedge": None}


def balances(run: Rolled) -> np.ndarray:
    return run.states[:, k.FLOATING, 0] + run.states[:, k.FIXED, 0]


def test_fee_and_discount_are_paid_on_each_draw_and_raise_the_equity() -> None:
    _, without = planned(**draws(after_acceptance=0.9))
    _, run = planned(**draws(after_acceptance=0.9, upfront_fee=0.01, discount=0.02))
    lent = run.ledger[:, LENT, 0].sum(axis=1)
    assert run.ledger[:, k.LENDER_FEE, 0] == pytest.approx(0.03 * lent)
    more = run.ledger[:, k.EQUITY, 0] - without.ledger[:, k.EQUITY, 0]
    at_funding = [0, 2]  # both cohorts
    assert more[at_funding] == pytest.approx(0.03 * lent[at_funding])


def test_a_fee_is_a_yield() -> None:
    assert internal_rate(np.array([1.0]), np.array([110.0]), 100.0) == pytest.approx(0.10, abs=1e-12)
    assert internal_rate(np.array([0.0, 1.0]), np.array([2.0, 107.0]), 100.0) == pytest.approx(107 / 98 - 1, abs=1e-12)
    assert internal_rate(np.array([1.0]), np.array([-1.0]), 100.0) is None
    assert average_life(np.array([1.0, 2.0, 3.0]), np.array([50.0, 50.0, 0.0]), np.zeros(3)) == pytest.approx(1.5)


def test_interest_in_kind_joins_the_balance_before_its_principal() -> None:
    run = planned_run(setup(plain_deal(pik={"share": 0.5, "until": dt.date(2026, 5, 31)})).facility)
    assert run.ledger[0, [k.PIK_FIXED, k.INTEREST_FIXED, k.INTEREST_DUE], 0] == pytest.approx([120e3, 240e3, 240e3])
    assert run.states[0, k.FIXED, 0] == pytest.approx(24.12e6 * 23 / 24)
    assert run.ledger[1, k.PIK_FIXED, 0] == pytest.approx(0.5 * 0.01 * 24.12e6 * 23 / 24)
    assert run.ledger[2:, k.PIK_FIXED, 0].sum() == 0.0
    assert run.states[-1, k.FIXED, 0] == 0.0


def test_a_toggle_capitalises_only_what_income_does_not_cover() -> None:
    terms = {"pik": {"until": dt.date(2027, 3, 31), "toggle": True}, "amortisation": {"kind": "bullet", "start": dt.date(2028, 3, 31)}}
    short = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 200.0 / 730.5}
    assert planned_run(setup(plain_deal(**terms)).facility).ledger[:, k.PIK_FIXED].sum() == 0.0
    run = planned_run(setup(plain_deal(offtake=short, **terms)).facility)
    assert run.states[11, k.FIXED, 0] == pytest.approx(24e6 * 1.01**12)


def test_the_margin_follows_the_customers_class() -> None:
    floating = {"share": 1.0, "margin": 0.06, "margin_by_class": {"investment_grade": 0.065, "below": 0.13}}
    plans = {
        name: setup(deal(floating=floating, fixed=None, hedge=None, offtake={"customer_class": name})).facility.plan
        for name in (None, "investment_grade", "below")
    }
    for name, more in (("investment_grade", 0.005), ("below", 0.07)):
        found = plans[name].floating_interest - plans[None].floating_interest
        assert found == pytest.approx(more * plans[None].accrual)
    with pytest.raises(TermsError, match="no such customer class"):
        deal(floating=floating, fixed=None, hedge=None, offtake={"customer_class": "unknown"})


def test_a_late_payment_raises_the_rate_of_the_next_month() -> None:
    short = plain_deal().contracts["offtake"].model_dump() | {"price_usd_per_hour": 1100.0 / 730.5}
    run = planned_run(setup(plain_deal(offtake=short, late_margin=0.03)).facility)
    left = 24e6 - (1.1e6 - 0.24e6)
    assert run.ledger[1, k.INTEREST_DUE, 0] == pytest.approx(left * (0.01 + 0.03 * 31 / 360))


def test_the_least_of_the_advance_rules_that_apply_is_lent() -> None:
    base = draws(after_acceptance=0.9)
    _, run = planned(offtake=RICH, **base)
    assert run.ledger[[0, 2]][:, LENT, 0].sum(axis=1) == pytest.approx([18e6, 27e6])  # 90 % of cost
    facility, run = planned(offtake=RICH, **draws(after_acceptance=0.9, of_market_value=0.8))
    assert run.ledger[0, LENT, 0].sum() == pytest.approx(0.8 * facility.plan.market_value[0, 0])
    assert 0.8 * facility.plan.market_value[0, 0] < 18e6
    facility, run = planned(offtake={"price_usd_per_hour": 3.0}, **draws(after_acceptance=0.9, size_at_funding=True))
    assert run.ledger[0, LENT, 0].sum() == pytest.approx(min(18e6, facility.plan.top_up_capacity[0]))
    assert facility.plan.top_up_capacity[0] < 18e6


@pytest.mark.parametrize("continuous", [False, True])
def test_depreciated_cost_limits_draws_and_if_continuous_the_balance(continuous: bool) -> None:
    rule = {"share": 0.85, "life_years": 2.5, "continuous": continuous}
    facility, run = planned(offtake=RICH, **draws(of_depreciated=rule))
    limit = 0.85 * np.where(np.arange(facility.plan.months) >= facility.plan.fund[:, None], facility.plan.schedule_value, 0.0).sum(axis=0)
    drawn = np.flatnonzero(run.ledger[:, LENT, 0].sum(axis=1) > 0)
    assert (balances(run)[drawn] <= limit[drawn] * (1 + PV_REL)).all()
    inside = slice(0, facility.plan.maturity)
    above = balances(run)[inside] > limit[inside] * (1 + PV_REL)
    assert above.any() != continuous
    assert balances(run)[inside] == pytest.approx(facility.planned_balance[inside], rel=PV_REL, abs=1e-3)


def test_each_draw_is_repaid_over_its_own_tenor() -> None:
    facility, run = planned(offtake=RICH, amortisation={"kind": "straight", "start": dt.date(2026, 10, 31)}, **draws(tenor_months=24))
    lent = run.ledger[:, LENT, 0].sum(axis=1)
    due = sum(np.concatenate([np.zeros(t + 1), np.full(24, lent[t] / 24), np.zeros(60)])[: len(lent)] for t in np.flatnonzero(lent))
    paid = run.ledger[:, [k.PRINCIPAL_FLOATING, k.PRINCIPAL_FIXED], 0].sum(axis=1)
    assert paid == pytest.approx(due, abs=1e-3)
    assert balances(run) == pytest.approx(facility.planned_balance, abs=1e-3)


def test_sculpted_service_follows_cash_at_the_target() -> None:
    cash, interest = np.array([130.0, 117.0, 104.0]), np.full(3, 0.10)
    capacity = 100 / 1.1 + 90 / 1.21 + 80 / 1.331
    assert capacity == pytest.approx(225.39, abs=0.005)
    for target in (1.30, None):
        shares, cover = sculpted_shares(cash, interest, capacity, 0, 3, target)
        assert cover == pytest.approx(1.30)
        shares[2] = 1.0
        opening = capacity * np.cumprod(np.concatenate([[1.0], 1.0 - shares]))[:3]
        assert opening * (interest + shares) == pytest.approx([100.0, 90.0, 80.0])


def test_a_sculpted_facility_has_the_same_coverage_on_every_date() -> None:
    facility, run = planned(
        offtake={"price_usd_per_hour": 4.5}, amortisation={"kind": "sculpted", "start": dt.date(2026, 10, 31)}, management_fee_share=0.0,
        negative_income=None, **draws(),
    )  # fmt: skip
    paying = slice(facility.plan.window + 1, facility.plan.maturity)
    ratio = run.states[paying, k.CFADS, 0] / run.states[paying, k.SERVICE, 0]
    assert ratio == pytest.approx(np.full(len(ratio), ratio[0]), rel=1e-9)  # a solved target, through thirty divisions


def test_a_balloon_is_left_for_maturity() -> None:
    for kind in ("annuity", "straight"):
        terms = Amortisation.model_validate({"kind": kind, "start": DATES[0], "balloon": 0.3, "annuity_rate": 0.06})
        shares = amortisation_shares(terms, DATES, 24)
        opening = np.cumprod(np.concatenate([[1.0], 1.0 - shares[:24]]))[:24]
        service = opening * (shares[:24] + (0.005 if kind == "annuity" else 0.0))
        assert service[:23] == pytest.approx(np.full(23, service[0]))
        assert service[23] == pytest.approx(service[0] + 0.3)
        later = amortisation_shares(terms, DATES[6:], 18)
        assert later[:18] == pytest.approx(shares[6:24])  # wherever the grid starts


def test_depreciated_amortisation_keeps_the_balance_in_proportion() -> None:
    facility, run = planned(
        offtake=RICH, amortisation={"kind": "depreciated", "start": dt.date(2026, 10, 31), "life_years": 5.0}, **draws()
    )
    age = np.array([[(date - c.funding).days / 365.0 for date in facility.dates] for c in facility.fleet.cohorts])
    value = (facility.plan.cost[:, None] * (1.0 - age / 5.0)).sum(axis=0)
    inside = slice(facility.plan.window + 1, facility.plan.maturity - 1)
    ratio = balances(run)[inside] / value[inside]
    assert ratio == pytest.approx(np.full(len(ratio), ratio[0]))
    assert balances(run)[facility.plan.maturity - 1] == 0.0


@pytest.mark.parametrize("kind", ["annuity", "straight", "bullet"])
def test_a_draws_profile_adds_up(kind: str) -> None:
    profile = draw_profile(Amortisation.model_validate({"kind": kind, "start": DATES[0]}), 30)
    assert profile.sum() == pytest.approx(1.0)
    assert (profile >= 0).all()
