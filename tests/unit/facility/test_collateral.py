from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, strategies as st

from instruments.ground.tolerances import PV_REL
from pricing.collateral.lots import lot_factors
from pricing.collateral.values import book_value, fleet_values
from tests.facilities import deal, market, setup

FLEET = deal().assets["fleet"]


def test_book_is_cost_at_acceptance_and_salvage_at_the_end() -> None:
    assert book_value(FLEET, dt.date(2026, 4, 29)) == 0.0
    assert book_value(FLEET, dt.date(2026, 6, 30)) == 50e6
    assert book_value(FLEET, dt.date(2040, 1, 1)) == 0.0
    salvage = FLEET.evolve(accounting={"life_years": 6.0, "salvage": 0.1})
    assert book_value(salvage, dt.date(2040, 1, 1)) == pytest.approx(5e6, rel=PV_REL)


def test_one_lot_without_impact_fetches_the_market() -> None:
    assert lot_factors(1000.0, 1, 0.0) == pytest.approx([1.0])
    assert lot_factors(1000.0, 1, 0.001)[0] == pytest.approx(1.0 - np.exp(-1.0), rel=PV_REL)


@given(st.floats(0.0, 5000.0), st.integers(1, 12), st.floats(0.0, 0.01))
def test_lots_together_fetch_what_one_lot_does(units: float, lots: int, impact: float) -> None:
    # the price does not recover between lots, so cutting a sale up changes when it is paid, not how much
    assert lot_factors(units, lots, impact).mean() == pytest.approx(lot_factors(units, 1, impact)[0], rel=1e-9)  # sums of exponentials


def test_later_lots_fetch_less() -> None:
    assert (np.diff(lot_factors(1000.0, 5, 0.001)) < 0).all()


def test_forced_is_at_most_orderly_on_equal_dates_costs_and_market() -> None:
    for impact in (0.0, 0.3, 2.0):
        resale = {
            "GPU": {"kind": "thin_resale", "new_usd": 40_000.0, "decline": 0.3, "depth_units": 1000.0, "impact": impact, "sale_cost": 0.05}
        }
        terms = {"repossession_months": 0, "lots": 4, "orderly_months": 4, "idle_cost_share": 0.0}
        facility = setup(deal(enforcement=terms), market(resale=resale)).facility
        for t in (3, 12, 30):
            found = fleet_values(facility, t)
            assert found.forced <= found.orderly * (1.0 + PV_REL)
            assert (impact > 0.0) or found.forced == pytest.approx(found.orderly, rel=PV_REL)


def test_the_four_values_differ_and_none_is_a_blend() -> None:
    found = fleet_values(setup().facility, 12)
    four = (found.book, found.income, found.orderly, found.forced)
    assert len({round(value) for value in four}) == 4
    assert all(value > 0 for value in four)


def test_income_of_a_fleet_nobody_pays_for_is_its_resale() -> None:
    facility = setup(
        deal(offtake={"price_usd_per_hour": 1e-9}),
        market(rent={"GPU": {"kind": "thin_rent", "spot_usd_per_hour": 1e-9, "growth": 0.0, "volatility": 0.1}}),
    ).facility
    plan = facility.plan
    scrap = plan.fleet_value[12] * (1.0 - plan.sale_cost)
    assert fleet_values(facility, 12).income == pytest.approx(scrap, rel=PV_REL)
