"""Leases and guarantees against closed forms, QuantLib and numbers done by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import discount_curve, survival_curve
from instruments import Deal
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL, PV_REL
from pricing import formulas, price
from pricing._quantlib.options import quantlib_puts
from pricing.registry import Settings, Task, find_engine
from pricing.results import Row
from pricing.schedules.lease import resolve_lease
from pricing.schedules.lease_rates import internal_rate, planned_flows
from tests.leases import deal, market

PATHS = 32_768
APART: dict[str, Any] = {"correlation": {}}
"""Everything independent: the special case of closed forms."""
ALONE: dict[str, Any] = {"remarketing": {"choice": "sell", "repossession_months": 3}}


def value(given: Deal, on: Any, contract: str, method: str, paths: int = PATHS) -> Row:
    terms = given.contracts[contract]
    how = Settings(paths=paths, threads=1, measures=frozenset({"value"}))
    task = Task(deal=given, contract_id=contract, contract=terms, market=on, settings=how)
    return find_engine(type(terms), method).engine(task).rows[0]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"timing": "arrears"},
        {"start": dt.date(2026, 3, 31)},
        {"rent": {"kind": "escalator", "usd_per_month": 1.2e6, "yearly_increase": 0.03}},
        {"rent": {"kind": "stepped", "usd_per_month": {"0": 0.8e6, "12": 1.4e6, "24": 1.6e6}}, "residual": {"kind": "share", "share": 0.3}},
        {"phases": ({"label": "a", "share": 0.4}, {"label": "b", "share": 0.6, "delay_months": 5})},
    ],
)
@pytest.mark.parametrize("hazard", [0.0, 0.05, 2.0])
def test_arrays_and_quantlib_agree_on_the_lease_as_a_bond(changes: dict[str, Any], hazard: float) -> None:
    on = market(credit={"TENANT": {"kind": "hazard", "hazard": hazard, "recovery": 0.3}, "MAKER": {"kind": "hazard", "hazard": 0.02}})
    given = deal(**changes)
    ours, theirs = value(given, on, "lease", "schedule").value, value(given, on, "lease", "quantlib").value
    assert ours == pytest.approx(theirs, rel=ORACLE_REL, abs=ORACLE_REL * 50e6)  # a small difference of large flows: relative to the price


def test_the_bond_is_the_discounted_rents_and_residual() -> None:
    plan = resolve_lease(deal(), "lease", market())
    phase, grid = plan.phases[0], plan.grid
    rents = phase.rent.copy()
    rents[phase.ends[0] :] = 0.0
    flows = rents.copy()
    flows[phase.ends[0]] += phase.residual[0]
    flows[phase.start] -= phase.price
    free = next(row.value for row in price(deal(), market(), method="schedule").rows if row.part == "default-free")
    assert free == pytest.approx(float((flows * grid.discount).sum()), rel=PV_REL * 1e3)  # a net of flows seven times as large


def test_the_implicit_rate_of_a_level_annuity_in_arrears() -> None:
    rate, months = 0.01, 36
    rent = 50e6 * rate / (1.0 - (1.0 + rate) ** -months)
    given = deal(rent={"kind": "level", "usd_per_month": rent}, timing="arrears", residual={"kind": "none"})
    phase = resolve_lease(given, "lease", market()).phases[0]
    assert phase.implicit_rate == pytest.approx(rate, rel=1e-12)
    balance = 50e6 * (1.0 + rate) ** 12 - rent * ((1.0 + rate) ** 12 - 1.0) / rate
    assert phase.outstanding[0, phase.start + 12] == pytest.approx(balance, rel=1e-11)
    plan = resolve_lease(given, "lease", market())
    assert planned_flows(plan.lease, phase, plan.grid).principal.sum() == pytest.approx(0.0, abs=1e-3)


def test_internal_rates_by_hand() -> None:
    assert internal_rate(np.array([-100.0, 0.0, 121.0])) == pytest.approx(0.1, rel=1e-12)
    assert internal_rate(np.array([100.0, 10.0])) is None


@pytest.mark.parametrize("elasticity", [1.0, 0.6])
@pytest.mark.parametrize(
    "cover",
    [
        {"form": "residual_value", "threshold_usd": {"0": 50e6, "36": 20e6}, "triggers": ["end"]},
        {"form": "residual_value", "threshold_usd": {"0": 50e6, "36": 20e6}, "triggers": ["end", "default"], "measured": "recovery"},
        {"form": "first_loss", "share": 0.25, "threshold_usd": {"0": 50e6, "40": 20e6}, "triggers": ["end", "default"]},
        {"form": "lease_backstop", "share": 0.85},
        {"form": "payment"},
    ],
    ids=["residual", "residual-recovery", "first-loss", "backstop", "payment"],
)
def test_simulation_closed_form_and_quantlib_agree_where_nobody_chooses(cover: dict[str, Any], elasticity: float) -> None:
    base = market().resale["GPU"].model_dump() | {"rent_elasticity": elasticity}
    on = market(correlation={}, resale={"GPU": base})
    given = deal(guarantee={"cover": cover, "payment_lag_months": 4}, **ALONE)
    closed, theirs = value(given, on, "support", "closed_form"), value(given, on, "support", "quantlib")
    assert closed.value == pytest.approx(theirs.value, rel=ORACLE_REL)
    found = value(given, on, "support", "simulation")
    assert found.standard_error
    assert abs((found.value or 0.0) - (closed.value or 0.0)) <= MC_SIGMAS * found.standard_error


@pytest.mark.parametrize("timing", ["advance", "arrears"])
def test_the_backstop_counts_unpaid_rents_in_either_timing(timing: str) -> None:
    on = market(**APART)
    given = deal(guarantee={"cover": {"form": "lease_backstop", "share": 1.0}}, timing=timing, **ALONE)
    found, closed = value(given, on, "support", "simulation"), value(given, on, "support", "closed_form")
    assert abs((found.value or 0.0) - (closed.value or 0.0)) <= MC_SIGMAS * (found.standard_error or 0.0)


def test_capacity_backstop_by_three_methods() -> None:
    on = market(**APART)
    given = deal(backstop={"floor_usd_per_hour": {"0": 3.5, "24": 1.5}, "guarantor_share": {"0": 0.6, "24": 0.4}})
    rows = {method: value(given, on, "floor", method, 65_536) for method in ("simulation", "closed_form", "quantlib")}
    assert rows["closed_form"].value == pytest.approx(rows["quantlib"].value, rel=ORACLE_REL)
    gap = abs((rows["simulation"].value or 0.0) - (rows["closed_form"].value or 0.0))
    assert gap <= MC_SIGMAS * (rows["simulation"].standard_error or 0.0)


def test_black_put_against_quantlib_on_a_grid() -> None:
    forward, strike, deviation = np.meshgrid([1e-3, 1.0, 80.0, 1e6], [0.5, 75.0, 2e6], [0.0, 1e-3, 0.3, 2.5])
    ours = formulas.black_put(forward=forward, strike=strike, deviation=deviation, discount=0.93)
    theirs = quantlib_puts(forward=forward, strike=strike, deviation=deviation, discount=np.array(0.93), subject="grid")
    np.testing.assert_allclose(ours, theirs, rtol=ORACLE_REL, atol=1e-9)


def test_backstop_payoffs_by_hand() -> None:
    assert float(formulas.lease_backstop_payment(outstanding=35e9, share=0.85, recovery=0.0)) == pytest.approx(29.75e9)
    kept = formulas.backstopped_rent(rent=[1.0, 3.0], floor=2.0, guarantor_share=0.5)
    assert kept.tolist() == [2.0, 2.5]
    sure = formulas.capacity_backstop_value(forward=[1.0, 3.0], floor=2.0, guarantor_share=0.5, deviation=0.0)
    np.testing.assert_allclose(kept, np.array([1.0, 3.0]) + sure, rtol=PV_REL)


def test_a_default_free_lease_that_is_sold_back_at_forwards_is_the_bond_less_costs() -> None:
    on = market(credit={"TENANT": {"kind": "hazard", "hazard": 0.0}, "MAKER": {"kind": "hazard", "hazard": 0.0}}, correlation={})
    found = value(deal(), on, "lease", "simulation")
    phase = resolve_lease(deal(), "lease", on).phases[0]
    d = discount_curve(on, "rates:USD-SOFR").discount(resolve_lease(deal(), "lease", on).grid.years)
    exact = float((d * phase.rent).sum()) - phase.price * d[phase.start] + 0.95 * phase.residual[0] * d[phase.ends[0]]
    assert abs((found.value or 0.0) - exact) <= MC_SIGMAS * (found.standard_error or 0.0)
    assert survival_curve(on, "credit:TENANT").survival(5.0) == 1.0
