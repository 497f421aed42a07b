"""Stand-alone offtakes against closed forms, QuantLib, numerical integration and reported figures."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from curves import Market, discount_curve, rent_curve, survival_curve
from instruments import Deal
from instruments.ground.tolerances import MC_SIGMAS, ORACLE_REL
from pricing.engines.offtake_quantlib import offtake_by_quantlib
from pricing.engines.offtake_run import set_up_offtake
from pricing.engines.offtake_simulation import offtake_by_simulation
from pricing.formulas import forward_option_value, mixture_option_value
from pricing.mechanics.offtake_leaving import choice_of, decide
from pricing.mechanics.offtake_settlement import nobody, settle
from pricing.mechanics.offtake_world import offtake_world
from pricing.paths.facility import drivers_of
from pricing.paths.monthly_rents import RentPaths, rent_state_paths
from pricing.paths.streams import generator
from pricing.registry import Outcome
from pricing.schedules.offtake import OfftakePlan
from tests.offtakes import deal, market, task, thin_rent

SAFE: dict[str, Any] = {"cloud": {}, "payer": {}, "maker": {}}
PATHS = 16_384
WORST_REL = 0.015
"""What a fit on four functions of the saving may leave on the table, as a share of the right's worth."""


def number(found: Outcome, measure: str, party: str | None = None) -> tuple[float, float]:
    row = next(r for r in found.rows if r.measure == measure and r.part is None and party in (None, r.party))
    return row.value or 0.0, row.standard_error or 0.0


def test_planned_rents_by_quantlib_are_the_closed_form() -> None:
    setup = set_up_offtake(deal(), "offtake", market())
    years = setup.plan.years
    weights = discount_curve(market(), "rates:USD-SOFR").discount(years) * survival_curve(market(), "credit:PAYER").survival(years)
    exact = float(np.sum(weights * setup.plan.rent_usd))
    assert number(offtake_by_quantlib(task(deal())), "value")[0] == pytest.approx(exact, rel=ORACLE_REL)


def test_planned_flows_with_prepayment_and_notice_by_quantlib_meet_the_simulation() -> None:
    right = {"first_notice": dt.date(2026, 6, 30), "notice_days": 45, "termination": {"share_of_remaining": 0.1}}
    on = market(credit={"PAYER": {"kind": "hazard", "hazard": 0.0}, "PARENT": {"kind": "hazard", "hazard": 0.0}})
    given = deal(prepayment={"share": 0.2, "refund": 0.5}, customer_may_leave=right)
    planned = offtake_by_quantlib(task(given, on))
    for exercise, measure in (("never", "value"), ("first_date", "value_at_first_notice")):
        used = deal(prepayment={"share": 0.2, "refund": 0.5}, customer_may_leave=right | {"exercise": exercise})
        simulated = number(offtake_by_simulation(task(used, on, measures=("value",))), "value")[0]
        # the refund is paid on the last day of service in the simulation, at the contract's end on the plan; a fifth of a year of interest
        slack = 0.0 if measure == "value" else 0.1 * 3.9e6 * 0.06
        assert number(planned, measure)[0] == pytest.approx(simulated, abs=slack + ORACLE_REL * simulated)


@pytest.mark.parametrize(("hazard", "volatility"), [(0.0, 0.4), (0.1, 0.4), (0.0, 0.0)])
def test_a_right_of_one_date_is_a_black_option(hazard: float, volatility: float) -> None:
    day = dt.date(2026, 12, 31)
    right = {"first_notice": day, "last_notice": day, "notice_days": 31, "switching_cost_usd_per_unit": 300.0}
    given = deal(customer_may_leave=right, provider_may_leave=right)
    credit = {"PAYER": {"kind": "hazard", "hazard": hazard}, "PARENT": {"kind": "hazard", "hazard": 0.0}}
    on = market(rent=thin_rent(volatility=volatility), credit=credit)
    simulated, black = offtake_by_simulation(task(given, on, paths=PATHS)), offtake_by_quantlib(task(given, on))
    for party in ("payer", "cloud"):
        exact, _ = number(black, "cancellation_option_lower_bound", party)
        if party == "cloud" and hazard > 0.0:
            continue  # after the customer's default the provider lets again either way, which the option of the plan does not know
        value, error = number(simulated, "cancellation_option", party)
        assert abs(value - exact) <= MC_SIGMAS * error + ORACLE_REL * 1e6


def test_quantlibs_option_is_blacks_formula() -> None:
    from pricing._quantlib.black import black_value

    for call in (True, False):
        mine = forward_option_value(forward=2.0, strike=2.5, total_variance=0.09, call=call)
        theirs = black_value(forward=2.0, strike=2.5, standard_deviation=0.3, call=call, subject="test")
        assert theirs == pytest.approx(float(mine), rel=ORACLE_REL)


def _grid_value(plan: OfftakePlan, on: Market) -> float:
    """The customer's right by backward induction on a fine grid of ln ratio, transitions by Gauss and Hermite: no simulation."""
    curve, right = rent_curve(on, "rent:GPU"), plan.customer
    assert right is not None
    forward, weight = curve.forward(plan.years), plan.discount * plan.hours
    volatility = float(np.sqrt(curve.variance(1.0)))
    nodes, odds = np.polynomial.hermite_e.hermegauss(40)
    odds = odds / odds.sum()
    grid = np.linspace(-4.0, 4.0, 4001) * volatility
    waiting, best = np.zeros_like(grid), np.zeros_like(grid)
    rows = np.flatnonzero(right.allowed)
    for index in reversed(range(rows.size)):
        row = int(rows[index])
        if index < rows.size - 1:
            step = plan.years[rows[index + 1]] - plan.years[row]
            after = grid[:, None] - 0.5 * volatility**2 * step + volatility * np.sqrt(step) * nodes
            waiting = (np.interp(after, grid, best) * odds).sum(axis=1)
        gone = weight * (1.0 - right.kept[row])
        cost = plan.discount[row] * (right.fee_usd[row] + right.switching_usd[row])
        best = np.maximum(np.sum(gone * plan.price) - np.exp(grid) * np.sum(gone * forward) - cost, waiting)
    first = plan.years[rows[0]]
    start = -0.5 * volatility**2 * first + volatility * np.sqrt(first) * nodes
    return float(np.sum(np.interp(start, grid, best) * odds))


def test_optimal_exercise_is_what_a_grid_finds() -> None:
    right = {"first_notice": dt.date(2026, 6, 30), "notice_days": 60, "switching_cost_usd_per_unit": 1500.0, "exercise": "optimal"}
    given = deal(customer_may_leave=right, parties=SAFE)
    plan = set_up_offtake(given, "offtake", market()).plan
    exact = _grid_value(plan, market())
    found = offtake_by_simulation(task(given, paths=PATHS))
    lower, error = number(found, "cancellation_option_lower_bound", "payer")
    upper, _ = number(found, "cancellation_option_upper_bound", "payer")
    ruled = deal(customer_may_leave=right | {"exercise": "economic"}, parties=SAFE)
    rule, _ = number(offtake_by_simulation(task(ruled, paths=PATHS)), "cancellation_option", "payer")
    single, _ = number(offtake_by_quantlib(task(given)), "cancellation_option_lower_bound", "payer")
    assert exact * (1.0 - WORST_REL) - MC_SIGMAS * error <= lower <= exact + MC_SIGMAS * error
    assert single < exact < upper
    assert rule < exact + MC_SIGMAS * error


def _two_factor() -> Market:
    launch = {"expected": dt.date(2026, 10, 1), "window_years": 0.3, "jump_mean": -0.3, "jump_volatility": 0.1}
    rent = {
        "kind": "two_factor", "index": "test", "spot_usd_per_hour": 3.0, "mean_reversion": 2.0, "short_volatility": 0.4,
        "long_volatility": 0.2, "factor_correlation": -0.3, "short_deviation": 0.1, "launches": {"next": launch},
        "forwards": {"6M": 2.7, "1Y": 2.4},
    }  # fmt: skip
    return market(rent={"GPU": rent})


def _paths(block: int) -> RentPaths:
    curve = rent_curve(_two_factor(), "rent:GPU")
    years = np.linspace(0.0, 1.5, 19)
    return rent_state_paths(curve, years, generator(0, "test", block).standard_normal((18, 4096)), 0, block)


def test_forwards_seen_on_paths_are_martingales_and_end_at_the_rent() -> None:
    blocks = [_paths(block) for block in range(8)]
    for row in (1, 6, 12):
        seen = np.concatenate([paths.seen(row, row, 18) for paths in blocks], axis=1)
        error = seen.std(axis=1, ddof=1) / np.sqrt(seen.shape[1])
        assert (np.abs(seen.mean(axis=1) - blocks[0].forward[row:]) <= MC_SIGMAS * error).all()
    # seen from row 6: the mean over what follows, given what is known, is the forward of then
    early, late = (np.concatenate([paths.seen(row, 12, 12)[0] for paths in blocks]) for row in (6, 12))
    for known in (early < np.median(early), early >= np.median(early)):
        gap = (late - early)[known]
        assert abs(gap.mean()) <= MC_SIGMAS * gap.std(ddof=1) / np.sqrt(gap.size)


def test_options_on_the_simulated_rent_are_the_mixtures() -> None:
    curve = rent_curve(_two_factor(), "rent:GPU")
    spot = np.concatenate([_paths(block).spot()[12] for block in range(8)])
    law = curve.mixture(1.0)
    for strike in (1.8, 2.4, 3.0):
        exact = float(mixture_option_value(weights=law.weights, forwards=law.forwards, total_variances=law.variances, strike=strike))
        paid = np.maximum(spot - strike, 0.0)
        assert abs(paid.mean() - exact) <= MC_SIGMAS * paid.std(ddof=1) / np.sqrt(paid.size)


def test_one_factor_rents_are_those_of_a_facility() -> None:
    setup = set_up_offtake(deal(), "offtake", market())
    spot = offtake_world(setup.model, 0, 0).spot[1:]
    ratio = drivers_of(replace(setup.model.facility, volatility=0.4), 0, 0).ratio
    forward = rent_curve(market(), "rent:GPU").forward(setup.plan.years[1:])
    assert spot == pytest.approx(ratio * forward[:, None], rel=ORACLE_REL)


def test_what_is_seen_ahead_is_what_comes_on_average() -> None:
    """Domain: nobody fails. The saving of a date, at that day's forwards, is the mean of what leaving on it brings."""
    right = {"first_notice": dt.date(2026, 6, 30), "notice_days": 45}
    given: Deal = deal(customer_may_leave=right, provider_may_leave=right, parties=SAFE, capacity_cost_usd_per_hour=0.0)
    setup = set_up_offtake(given, "offtake", _two_factor())
    world = offtake_world(setup.model, 0, 0)
    stay = settle(setup.plan, world, nobody(4096), nobody(4096))
    for side in ("customer", "provider"):
        choice = choice_of(setup.plan, world, side, stay)
        gap = choice.payoff - setup.plan.discount[choice.rows][:, None] * choice.saving
        error = gap.std(axis=1, ddof=1) / np.sqrt(gap.shape[1])
        assert (np.abs(gap.mean(axis=1)) <= MC_SIGMAS * error + ORACLE_REL * 1e6).all()
    assert set(decide(setup.plan, world, {}).saved) == {"customer", "provider"}
