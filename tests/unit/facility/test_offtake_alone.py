"""A stand-alone offtake: limits, one mechanic at a time, errors that say what to do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import discount_curve, rent_curve, survival_curve
from instruments import Deal, PricingError, deal_from_text, dumps_json
from instruments.ground.errors import TermsError
from instruments.ground.tolerances import MC_SIGMAS, PV_REL
from pricing import price, simulate
from pricing.engines.offtake_run import OfftakeSetup, set_up_offtake
from pricing.engines.offtake_simulation import offtake_by_simulation
from pricing.mechanics.offtake_settlement import Settled, nobody, settle
from pricing.mechanics.offtake_world import OfftakeWorld, offtake_world
from pricing.registry import Outcome
from pricing.results import Row
from pricing.schedules.offtake import NEVER_ROW, firm_usd
from tests import facilities
from tests.offtakes import AS_OF, END, HOURS, UNITS, deal, market, task, thin_rent

MONTHS = 18
RENT = 3.0 * UNITS * HOURS
"""Of one month, USD."""
SURE = {"PAYER": {"kind": "hazard", "hazard": 0.0}, "PARENT": {"kind": "hazard", "hazard": 0.0}}
JUNE = dt.date(2026, 6, 30)


def row(found: Outcome, measure: str, party: str | None = None, part: str | None = None) -> Row:
    return next(r for r in found.rows if r.measure == measure and r.part == part and party in (None, r.party))


def value(found: Outcome, measure: str = "value", party: str | None = None) -> float:
    return row(found, measure, party).value or 0.0


def settled(given: Deal, customer: int = NEVER_ROW, provider: int = NEVER_ROW, **world: Any) -> tuple[OfftakeSetup, Settled]:
    """One block by hand: forward rents unless `world` says other; only the first path is looked at."""
    setup = set_up_offtake(given, "offtake", market(rent=thin_rent(volatility=0.0), credit=SURE))
    paths = offtake_world(setup.model, 0, 0)
    paths = OfftakeWorld(**(paths._asdict() | world))
    size = paths.spot.shape[1]
    return setup, settle(setup.plan, paths, np.full(size, customer), np.full(size, provider))


def test_without_rights_it_is_the_sum_of_discounted_surviving_rents() -> None:
    found = offtake_by_simulation(task(deal(), measures=("value",), paths=16_384))
    setup = set_up_offtake(deal(), "offtake", market())
    years = setup.plan.years[1:]
    weights = discount_curve(market(), "rates:USD-SOFR").discount(years) * survival_curve(market(), "credit:PAYER").survival(years)
    exact = float(np.sum(weights) * RENT)
    assert len(years) == MONTHS
    assert abs(value(found) - exact) <= MC_SIGMAS * (row(found, "value").standard_error or 0.0)
    assert value(found, party="payer") == -value(found, party="cloud")


def test_nothing_can_fail_and_nothing_moves() -> None:
    found = offtake_by_simulation(task(deal(), market(credit=SURE, rent=thin_rent(volatility=0.0))))
    assert value(found, "expected_received") == pytest.approx(MONTHS * RENT, rel=PV_REL)
    assert value(found, "headline") == pytest.approx(MONTHS * RENT, rel=PV_REL)
    assert value(found, "firm") == pytest.approx(MONTHS * RENT, rel=PV_REL)
    assert value(found, "effective_rent") == pytest.approx(3.0, rel=PV_REL)
    assert value(found, "loss_from_customer") == value(found, "relet_value") == 0.0
    assert row(found, "value").standard_error == pytest.approx(0.0, abs=1e-6)


def test_certain_default_pays_nothing_and_lets_again() -> None:
    gone = {**SURE, "PAYER": {"kind": "hazard", "hazard": 1e5}}
    on = market(credit=gone, rent=thin_rent(volatility=0.0))
    found = offtake_by_simulation(task(deal(after_default={"relet_months": 1, "relet_utilisation": 0.5}), on))
    assert value(found) == 0.0
    setup = set_up_offtake(deal(), "offtake", on)
    later = slice(3, MONTHS + 1)  # default in the first month, one month empty
    rents = rent_curve(on, "rent:GPU").forward(setup.plan.years[later])
    again = float(np.sum(setup.plan.discount[later] * rents) * 0.5 * UNITS * HOURS)
    assert value(found, "relet_value") == pytest.approx(again, rel=PV_REL)
    assert value(found, "loss_from_customer") == pytest.approx(float(setup.plan.discount[1:].sum()) * RENT, rel=PV_REL)


def test_leaves_at_once_when_rents_elsewhere_are_far_lower() -> None:
    right = {"first_notice": AS_OF, "notice_days": 0}
    for exercise in ("economic", "optimal"):
        given = deal(price_usd_per_hour=30.0, customer_may_leave=right | {"exercise": exercise})
        found = offtake_by_simulation(task(given, market(credit=SURE)))
        assert value(found) == value(found, "firm") == 0.0
        assert value(found, "cancellation_probability") == 1.0


def test_a_right_that_is_never_used_changes_nothing() -> None:
    plain = offtake_by_simulation(task(deal(), measures=("value",)))
    unused = offtake_by_simulation(task(deal(customer_may_leave={"first_notice": JUNE, "exercise": "never"})))
    assert value(plain) == value(unused)
    assert value(unused, "cancellation_option", "payer") == value(unused, "cancellation_probability") == 0.0
    assert value(unused, "firm") == pytest.approx(3 * RENT, rel=PV_REL)


def test_the_first_date_pays_the_notice_period_by_the_day() -> None:
    given = deal(customer_may_leave={"first_notice": JUNE, "notice_days": 90, "exercise": "first_date"})
    found = offtake_by_simulation(task(given, market(credit=SURE)))
    # notice on 30 June, last day of service 28 September: five whole months and 28 days of 30
    assert value(found, "firm") == pytest.approx((5 + 28 / 30) * RENT, rel=PV_REL)
    assert value(found, "expected_received") == pytest.approx(value(found, "firm"), rel=PV_REL)


def test_firm_finds_the_cheapest_day_and_counts_what_leaving_costs() -> None:
    def firm(**terms: Any) -> float:
        right = {"first_notice": dt.date(2026, 6, 15), "notice_days": 10} | terms.pop("right", {})
        return firm_usd(set_up_offtake(deal(customer_may_leave=right, **terms), "offtake", market()).plan)[0]

    assert firm() == pytest.approx((2 + 25 / 30) * RENT, rel=PV_REL)
    half = {"termination": {"share_of_remaining": 0.5}}
    assert firm(right=half) == pytest.approx((2 + 25 / 30 + 0.5 * (15 + 5 / 30)) * RENT, rel=PV_REL)
    dear_then_free = {"termination": {"schedule_usd": {dt.date(2026, 6, 1): 9e9, dt.date(2026, 8, 21): 0.0}}}
    assert firm(right=dear_then_free) == pytest.approx(5 * RENT, rel=PV_REL)
    assert firm(right={"termination": {"share_of_remaining": 1.0}}) == pytest.approx(MONTHS * RENT, rel=PV_REL)
    assert firm(minimum_take=0.6) == pytest.approx(0.6 * (2 + 25 / 30) * RENT, rel=PV_REL)


def test_price_and_capacity_follow_their_dates() -> None:
    given = deal(
        price_steps_usd_per_hour={dt.date(2026, 7, 1): 2.5},
        escalator_per_year=0.1,
        capacity_units={dt.date(2026, 4, 1): 25.0, dt.date(2026, 6, 1): 100.0},
    )
    plan = set_up_offtake(given, "offtake", market()).plan
    assert plan.price[[1, 3, 4, 12, 13]] == pytest.approx([3.0, 3.0, 2.5, 2.5, 2.75])
    assert plan.hours[[0, 1, 2, 3, 18]] / HOURS == pytest.approx([0.0, 25.0, 25.0, 100.0, 100.0])


def test_less_is_taken_when_it_is_cheaper_elsewhere() -> None:
    _, found = settled(deal(minimum_take=0.4, price_usd_per_hour=2.8))
    paid = found.rent_due[1:, 0] / (2.8 * UNITS * HOURS)
    assert paid[0] == pytest.approx(1.0)  # the rent of the day is above the price
    assert paid[-1] == pytest.approx(0.4)


@pytest.mark.parametrize("rule", ["pro_rata", "first_months"])
def test_a_prepayment_burns_off(rule: str) -> None:
    setup, found = settled(deal(prepayment={"share": 0.2, "burn_off": rule}))
    assert found.prepaid[0, 0] == pytest.approx(0.2 * MONTHS * RENT)
    assert found.burned[:, 0].sum() == pytest.approx(found.prepaid[0, 0])
    assert found.outstanding[-1, 0] == pytest.approx(0.0, abs=1e-6)
    first = found.burned[1:4, 0] / RENT
    assert first == pytest.approx([0.2] * 3 if rule == "pro_rata" else [1.0] * 3)
    assert found.from_customer()[:, 0].sum() == pytest.approx(MONTHS * RENT)
    assert firm_usd(setup.plan)[0] == pytest.approx(MONTHS * RENT)


def test_what_is_left_of_a_prepayment_comes_back_or_is_lost() -> None:
    terms = {"prepayment": {"share": 0.5, "refund": 0.25}, "customer_may_leave": {"first_notice": JUNE}}
    setup, found = settled(deal(**terms), customer=3)
    left = 0.5 * (MONTHS - 3) * RENT
    assert found.prepaid_back[3, 0] == pytest.approx(0.25 * left)
    assert found.prepaid_lost[3, 0] == pytest.approx(0.75 * left)
    assert firm_usd(setup.plan)[0] == pytest.approx(found.from_customer()[:, 0].sum())
    paths = found.rent_due.shape[1]
    failing = offtake_world(setup.model, 0, 0)._replace(operator=np.full(paths, 5), substituted=np.zeros(paths, dtype=np.bool_))
    failed = settle(setup.plan, failing, nobody(paths), nobody(paths))
    owed = 0.5 * (MONTHS - 5) * RENT
    assert failed.prepaid_back[5, 0] == pytest.approx(setup.plan.operator_recovery * owed)
    assert failed.prepaid_lost[5, 0] == pytest.approx((1.0 - setup.plan.operator_recovery) * owed)


def test_the_customers_default_loses_the_month_and_gives_a_claim() -> None:
    given = deal(after_default={"claim_share": 0.5, "relet_months": 0, "relet_utilisation": 1.0}, prepayment={"share": 0.1})
    _, whole = settled(given)
    paths = whole.rent_due.shape[1]
    setup = set_up_offtake(given, "offtake", market(rent=thin_rent(volatility=0.0), credit=SURE))
    world = offtake_world(setup.model, 0, 0)._replace(customer=np.full(paths, 4))
    found = settle(setup.plan, world, nobody(paths), nobody(paths))
    assert found.rent_due[1:6, 0] == pytest.approx([RENT] * 4 + [0.0])
    assert found.rent_paid[1:6, 0] == pytest.approx([RENT] * 3 + [0.0] * 2)
    assert found.claim_due[4, 0] == pytest.approx(0.5 * (MONTHS - 4) * RENT)
    assert found.claim_paid[4, 0] == pytest.approx(setup.plan.customer_recovery * found.claim_due[4, 0])
    assert found.prepaid_lost[4, 0] == pytest.approx(0.1 * (MONTHS - 3) * RENT)
    assert found.relet[4, 0] == 0.0
    assert found.relet[5, 0] == pytest.approx(world.spot[5, 0] * UNITS * HOURS)


def test_outages_give_credits_and_then_suspend() -> None:
    service = {"promised": 0.99, "credit_per_point": 0.05, "cap": 0.3, "outage_odds_per_month": 0.5, "outage_availability": 0.95}
    setup, base = settled(deal(service=service | {"suspend_after_months": 3}))
    outages = np.zeros(base.rent_due.shape, dtype=np.int64)
    outages[2:6] = np.arange(1, 5)[:, None]
    world = offtake_world(setup.model, 0, 0)._replace(outages=outages)
    paths = base.rent_due.shape[1]
    found = settle(setup.plan, world, nobody(paths), nobody(paths))
    assert found.rent_paid[1:7, 0] / RENT == pytest.approx([1.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    assert found.credits[1:7, 0] / RENT == pytest.approx([0.0, 0.2, 0.2, 0.0, 0.0, 0.0])
    assert found.delivered[1:4, 0] / (UNITS * HOURS) == pytest.approx([1.0, 0.95, 0.95])


def test_outages_come_in_runs_of_the_stated_length() -> None:
    service = {
        "promised": 0.99, "credit_per_point": 0.0, "outage_odds_per_month": 0.1, "repeat_odds": 0.6, "outage_availability": 0.5,
    }  # fmt: skip
    setup = set_up_offtake(deal(service=service), "offtake", market())
    outages = offtake_world(setup.model, 0, 0).outages[1:]
    before, now = outages[:-1], outages[1:]
    for given, odds in ((before > 0, 0.6), (before == 0, 0.1)):
        share = float((now[given] > 0).mean())
        assert abs(share - odds) <= MC_SIGMAS * np.sqrt(odds * (1 - odds) / given.sum())


def test_the_operators_failure_ends_it_unless_replaced_or_stepped_in() -> None:
    def rents(substituted: bool, **terms: Any) -> np.ndarray:
        given = deal(substitute={"odds": 0.5, "delay_months": 2, "interim_share": 0.5, "cost_usd_per_unit": 0.0}, **terms)
        setup, base = settled(given)
        paths = base.rent_due.shape[1]
        failed = {"operator": np.full(paths, 3), "substituted": np.full(paths, substituted)}
        world = offtake_world(setup.model, 0, 0)._replace(**failed)
        return settle(setup.plan, world, nobody(paths), nobody(paths)).rent_paid[2:8, 0] / RENT

    assert rents(True) == pytest.approx([1, 1, 0.5, 0.5, 1, 1])
    assert rents(False) == pytest.approx([1, 1, 0.5, 0.5, 0, 0])
    assert rents(False, step_in={"rent_share": 0.7}) == pytest.approx([1, 1, 0.5, 0.5, 0.7, 0.7])


def test_it_may_go_on_at_the_rent_of_the_day() -> None:
    given = deal(rollover={"odds": 1.0, "months": 6, "rent_share": 0.9})
    setup, found = settled(given)
    assert found.rollover[: MONTHS + 1].sum() == 0.0
    forward = rent_curve(market(), "rent:GPU").forward(setup.plan.years[MONTHS + 1 :])
    assert found.rollover[MONTHS + 1 :, 0] == pytest.approx(0.9 * UNITS * HOURS * forward)
    assert setup.plan.full_rent_usd.sum() == pytest.approx(MONTHS * RENT)


def test_capacity_let_again_is_switched_off_below_its_cost() -> None:
    right = {"first_notice": JUNE, "exercise": "first_date"}
    _, cheap = settled(deal(capacity_cost_usd_per_hour=1.0, provider_may_leave=right), provider=3)
    _, dear = settled(deal(capacity_cost_usd_per_hour=2.9, provider_may_leave=right), provider=3)
    assert cheap.relet[6:, 0].min() > 0.0
    assert cheap.cost[10, 0] == pytest.approx(UNITS * HOURS)
    assert dear.relet.sum() == 0.0
    assert dear.cost[4:].sum() == 0.0


def test_a_right_may_wait_for_outages() -> None:
    service = {"promised": 0.99, "credit_per_point": 0.0, "outage_odds_per_month": 0.0, "outage_availability": 0.5}
    right = {"first_notice": AS_OF, "after_outage_months": 2, "exercise": "first_date"}
    none = offtake_by_simulation(task(deal(service=service, customer_may_leave=right)))
    assert value(none, "cancellation_probability") == 0.0
    assert value(none, "firm") == value(none, "headline")
    often = offtake_by_simulation(task(deal(service=service | {"outage_odds_per_month": 0.9}, customer_may_leave=right)))
    assert value(often, "cancellation_probability") > 0.9


def test_the_same_bytes_for_any_number_of_threads() -> None:
    right = {"first_notice": JUNE, "notice_days": 90, "exercise": "optimal"}
    given = deal(customer_may_leave=right, provider_may_leave={"first_notice": JUNE})
    rows = [offtake_by_simulation(task(given, paths=8_192, threads=threads)).rows for threads in (1, 3)]
    assert rows[0] == rows[1]


def test_json_out_and_in_gives_the_same_ledger() -> None:
    given = deal(customer_may_leave={"first_notice": JUNE, "notice_days": 30}, prepayment={"share": 0.1})
    again = deal_from_text(dumps_json(given), language="json")
    first, second = (simulate(each, market(), paths=4096, threads=1).contracts[0] for each in (given, again))
    assert again == given
    assert np.array_equal(first.mean_ledger, second.mean_ledger)
    assert np.array_equal(first.present, second.present)


def test_inside_a_facility_it_is_simulated_once() -> None:
    found = simulate(facilities.deal(), facilities.market(), paths=4096, threads=1)
    assert found.contracts == ()
    rows = price(facilities.deal(), facilities.market(), measures=["value"], paths=4096).rows
    assert [r.party for r in rows if r.contract == "offtake" and r.method == "simulation"] == ["spv", "payer"]
    with pytest.raises(PricingError, match="inside the facility 'loan'"):
        price(facilities.deal(), facilities.market(), measures=["firm"], paths=4096)


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"customer_may_leave": {"first_notice": END}}, "comes after the contract's end"),
        ({"customer_may_leave": {"first_notice": JUNE, "last_notice": AS_OF}}, "comes before the first"),
        ({"customer_may_leave": {"first_notice": JUNE, "after_outage_months": 1}}, "needs service terms"),
        ({"customer_may_leave": {"first_notice": JUNE, "exercise": "sometimes"}}, "first_date"),
        ({"capacity_units": {AS_OF: 101.0}}, "has 100"),
        ({"capacity_units": {AS_OF: 0.0}}, "no unit is contracted"),
        ({"price_steps_usd_per_hour": {dt.date(2030, 1, 1): 1.0}}, "after the contract's end"),
        ({"minimum_take": 1.5}, "must be at or below 1.0"),
        (
            {"service": {"promised": 0.9, "credit_per_point": 0.1, "outage_odds_per_month": 0.1, "outage_availability": 0.95}},
            "keeps the promise",
        ),
    ],
)
def test_terms_that_do_not_fit_are_refused_by_name(terms: dict[str, Any], said: str) -> None:
    with pytest.raises(TermsError, match=said):
        deal(**terms)


def test_a_facility_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TermsError, match="'customer_may_leave' is known to offtakes that stand alone, but the loan 'loan' rests on"):
        facilities.deal(offtake={"customer_may_leave": {"first_notice": dt.date(2027, 1, 1)}})


def test_a_contract_that_is_over_is_said_to_be() -> None:
    with pytest.raises(PricingError, match="no month end is left"):
        price(deal(), market(as_of=dt.date(2027, 9, 30)), measures=["value"])
