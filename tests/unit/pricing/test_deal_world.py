"""One world for a deal: the same entity defaults in the same month, and rents run the same way, in every monthly contract on one path."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import QuantLib as ql

from curves import survival_curve
from curves._quantlib.session import session, to_ql
from instruments import Deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing.engines.capacity import set_up_capacity
from pricing.engines.facility_run import set_up
from pricing.mechanics.offtake_world import offtake_model, offtake_world
from pricing.paths.deal_world import shared_keys, shared_world
from pricing.paths.facility import drivers_of
from pricing.paths.lease import independent, lease_paths
from pricing.registry import Settings, Task
from pricing.schedules.borrowing_base import base_paths, resolve_borrowing_base
from pricing.schedules.offtake import resolve_offtake
from tests.facilities import AS_OF, deal, market

PAYER, PARENT, RENT = "credit:PAYER", "credit:PARENT", "rent:GPU"
ON = market(credit={"PAYER": {"kind": "hazard", "hazard": 0.15}, "PARENT": {"kind": "hazard", "hazard": 0.25}})


def joint_deal() -> Deal:
    """A facility, an offtake in which payer and operator change places, a backstop and a revolver on the same names."""
    base = deal()
    fleet = base.assets["fleet"].evolve(operator="payer", owner="payer")
    extra = {
        "second": {
            "kind": "offtake", "customer": "parent", "provider": "payer", "fleet": "other", "price_usd_per_hour": 3.0,
            "end": dt.date(2028, 3, 31),
            "substitute": {"odds": 0.0, "delay_months": 0, "interim_share": 0.0, "cost_usd_per_unit": 0.0},
        },
        "floor": {
            "kind": "capacity_backstop", "guarantor": "parent", "operator": "payer", "rent": RENT, "units": 100.0,
            "start": dt.date(2026, 4, 30), "months": 24, "floor_usd_per_hour": {"0": 2.0}, "guarantor_share": {"0": 0.5},
        },
        "revolver": {
            "kind": "borrowing_base", "lender": "bank", "borrower": "parent", "commitment_usd": 1e8, "drawn_usd": 4e7,
            "coupon": {"kind": "fixed", "rate": 0.06}, "maturity": dt.date(2028, 3, 31), "rent": RENT, "usage": 0.0,
            "classes": [{"label": "leases", "advance_rate": 0.8, "most_age_months": 60}],
            "assets": [{"label": "one", "asset_class": "leases", "obligor": "payer", "value_usd": 6e7, "months": 480}],
            "enforcement": {"liquidation": 0.5, "lag_months": 1},
        },
    }  # fmt: skip
    document = base.model_dump(mode="python", by_alias=True)
    document["assets"]["other"] = fleet.model_dump(mode="python")
    document["contracts"] |= extra
    return Deal.model_validate(document)


def floor_task(of: Deal) -> Task:
    return Task(deal=of, contract_id="floor", contract=of.contracts["floor"], market=ON, settings=Settings())


@pytest.fixture(scope="module")
def months() -> dict[str, dict[str, np.ndarray]]:
    """Contract to credit key to month of default on the paths of one block; 10^6 where there is none."""
    of = joint_deal()
    facility = drivers_of(set_up(of, "loan", ON).model, 5, 0)
    second = offtake_world(offtake_model(of, resolve_offtake(of, "second", ON), ON), 5, 0)
    floor = lease_paths(set_up_capacity(floor_task(of)).model, 5, 0)
    plan = resolve_borrowing_base(of, of.contracts["revolver"], ON, "revolver")
    failed = base_paths(plan, 5, 0).failed
    found = {
        "loan": {PAYER: facility.customer, PARENT: facility.operator},
        "second": {PARENT: second.customer - 1, PAYER: second.operator - 1},
        "floor": {key: floor.default[key] - 1 for key in (PAYER, PARENT)},
        "revolver": {key: failed[plan.keys.index(key)] for key in (PAYER, PARENT)},
    }
    return {name: {key: np.minimum(month, 10**6) for key, month in table.items()} for name, table in found.items()}


@pytest.mark.parametrize("other", ["second", "floor", "revolver"])
def test_an_entity_defaults_in_the_same_month_in_every_contract(months: dict[str, dict[str, np.ndarray]], other: str) -> None:
    for key in (PAYER, PARENT):
        one, two = months["loan"][key], months[other][key]
        both = 20  # months that every contract sees
        assert np.array_equal(np.where(one < both, one, -1), np.where(two < both, two, -1))
        assert (one < both).mean() > 0.1


def test_rents_run_the_same_way() -> None:
    of = joint_deal()
    ratio = drivers_of(set_up(of, "loan", ON).model, 5, 0).ratio
    rows = base_paths(resolve_borrowing_base(of, of.contracts["revolver"], ON, "revolver"), 5, 0).ratio
    np.testing.assert_allclose(rows[:20], ratio[:20], rtol=1e-12)
    spot = offtake_world(offtake_model(of, resolve_offtake(of, "second", ON), ON), 5, 0).rent
    np.testing.assert_allclose(spot.spot()[1:20] / spot.forward[1:20, None], ratio[:19], rtol=1e-9)


def test_odds_stay_those_of_the_curves(months: dict[str, dict[str, np.ndarray]]) -> None:
    for table in months.values():
        for key, month in table.items():
            years = (dt.date(2027, 11, 30) - AS_OF).days / 365
            odds = 1.0 - float(survival_curve(ON, key).survival(years))
            assert abs(float((month < 20).mean()) - odds) <= MC_SIGMAS * np.sqrt(odds * (1 - odds) / month.size)


def test_cds_legs_on_the_joint_paths_are_quantlibs(months: dict[str, dict[str, np.ndarray]]) -> None:
    """Premium of one and protection of one less recovery, month by month, whoever else defaults on the path."""
    hazard, rate, recovery, count = 0.25, 0.04, 0.4, 20
    ends = [dt.date(2026 + (3 + i) // 12, (3 + i) % 12 + 1, 1) for i in range(count + 1)]  # the first of the month after each month end
    with session(AS_OF):
        today, act = to_ql(AS_OF), ql.Actual365Fixed()
        alive = ql.DefaultProbabilityTermStructureHandle(ql.FlatHazardRate(today, ql.QuoteHandle(ql.SimpleQuote(hazard)), act))
        discount = ql.YieldTermStructureHandle(ql.FlatForward(today, rate, act))
        schedule = ql.Schedule([today, *(to_ql(end) for end in ends[1:])])
        swap = ql.CreditDefaultSwap(ql.Protection.Buyer, 1.0, 1.0, schedule, ql.Following, act, False, True)
        swap.setPricingEngine(ql.MidPointCdsEngine(alive, recovery, discount))
        protection, premium = swap.defaultLegNPV(), -swap.couponLegNPV()
    years = np.array([(end - AS_OF).days / 365 for end in ends[1:]])
    weights, steps = np.exp(-rate * years), np.diff(years, prepend=0.0)
    for table in (months["loan"], months["revolver"]):
        month = table[PARENT]
        paid = (1.0 - recovery) * np.where(month < count, weights[np.minimum(month, count - 1)], 0.0)
        kept = np.einsum("t,tp->p", weights * steps, month > np.arange(count)[:, None])
        for found, exact in ((paid, protection), (kept, premium)):
            # half a month of discounting, and a day between month ends and the first
            slack = 0.004 * exact
            assert abs(float(found.mean()) - exact) <= MC_SIGMAS * float(found.std()) / np.sqrt(found.size) + slack


def test_who_leads_the_deal_mixes_alone() -> None:
    of = joint_deal()
    assert shared_keys(of) == (RENT, PAYER, PARENT)
    assert shared_world(of, ON, (RENT, PAYER, PARENT)) is None
    assert shared_world(of, ON, (RENT, PAYER)) is None
    found = shared_world(of, ON, (RENT, PARENT, PAYER))
    assert found is not None
    assert found.keys == (RENT, PAYER, PARENT)
    assert set_up(deal(), "loan", ON).model.shared is None


def test_a_key_of_a_shared_world_can_be_set_apart() -> None:
    of = joint_deal()
    model = set_up_capacity(floor_task(of)).model
    apart = independent(model, PARENT)
    assert apart.shared is not None
    assert np.array_equal(apart.shared.correlation[2], [0.0, 0.0, 1.0])
    same = model.with_correlation(model.correlation)
    assert np.array_equal(lease_paths(same, 5, 0).ratio, lease_paths(model, 5, 0).ratio)
    loose = lease_paths(model.with_correlation(np.eye(3)), 5, 0)
    both = (loose.default[PAYER] < 20) & (loose.default[PARENT] < 20)
    odds = (loose.default[PAYER] < 20).mean() * (loose.default[PARENT] < 20).mean()
    assert abs(float(both.mean()) - odds) <= MC_SIGMAS * np.sqrt(odds / both.size)
    one, two = lease_paths(model, 5, 0), lease_paths(apart, 5, 0)
    assert np.array_equal(one.ratio, two.ratio)
    assert np.array_equal(one.default[PAYER], two.default[PAYER])
    assert not np.array_equal(one.default[PARENT], two.default[PARENT])
