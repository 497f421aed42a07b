"""Sensitivities of warrants on a short rate that moves, against differences of the closed form over the same steps."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from curves import Market
from instruments import Deal
from instruments.conditions import AllOf, DateReached
from instruments.contracts.warrant import ValueFloor
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price
from pricing.engines.warrant_sensitivities import CORRELATION_STEP, CORRELATION_UNIT, RATE_STEP, RATE_VOLATILITY_STEP, SPOT_STEP
from pricing.paths.grid import daily_grid
from pricing.paths.streams import BLOCK
from pricing.results import Row
from tests.warrants import AS_OF, SHARE, deal, market, price_leg, sigmas

RATE = "rates:USD"
END = dt.date(2026, 10, 2)
BASE = {"rate": 0.037, "rate_volatility": 0.04, "tie": 0.5, "spot": 100.0}
"""Rates that move four times as much as dollar rates do: their part is many standard errors."""


def moving(**moves: float) -> Market:
    at = {name: value + moves.get(name, 0.0) for name, value in BASE.items()}
    return market(
        rates={"USD": {"kind": "flat", "rate": at["rate"], "volatility": at["rate_volatility"], "mean_reversion": 0.1}},
        share={"spot_usd": at["spot"], "volatility": 0.25},
        correlation={f"{SHARE}|{RATE}": at["tie"]},
    )


def call(**terms: Any) -> Deal:
    return deal([DateReached(on=AS_OF)], strike_usd=110.0, expiry=END, shares=1.0, milestones={}, **terms)


def exact(**moves: float) -> float:
    return price(call(), moving(**moves), method="closed_form", measures=["value"]).row("value").value or 0.0


def rows(of: Deal, on: Market, *measures: str) -> dict[str, Row]:
    return {row.measure: row for row in price(of, on, method="monte_carlo", measures=measures, paths=2 * BLOCK).rows}


def off(row: Row, expected: float) -> float:
    return sigmas(row.value or 0.0, row.standard_error or 0.0, expected)


def step(name: str, size: float) -> float:
    """Half the difference of the closed form over a step up and a step down."""
    return (exact(**{name: size}) - exact(**{name: -size})) / 2.0


def test_a_call_s_are_those_of_the_closed_form() -> None:
    expected = {
        "delta": step("spot", SPOT_STEP * 100.0) / (SPOT_STEP * 100.0),
        "rho": step("rate", RATE_STEP),
        "rate_vega": step("rate_volatility", RATE_VOLATILITY_STEP),
        "correlation_sensitivity": step("tie", CORRELATION_STEP) * CORRELATION_UNIT / CORRELATION_STEP,
    }
    found = rows(call(), moving(), *expected)
    for measure, row in found.items():
        assert off(row, expected[measure]) <= MC_SIGMAS, measure
        assert (row.value or 0.0) > MC_SIGMAS * (row.standard_error or 0.0), measure
    assert found["rate_vega"].part == RATE
    assert "10 bp up and down" in (found["rate_vega"].error_note or "")
    assert found["correlation_sensitivity"].part == f"{SHARE}|{RATE}"


def test_a_rate_that_hardly_moves_steps_up_alone() -> None:
    low = 0.0005 - BASE["rate_volatility"]
    row = rows(call(), moving(rate_volatility=low), "rate_vega")["rate_vega"]
    assert "10 bp up," in (row.error_note or "")
    assert off(row, exact(rate_volatility=low + RATE_VOLATILITY_STEP) - exact(rate_volatility=low)) <= MC_SIGMAS


def test_a_call_that_is_kept_has_the_rho_of_one_that_waits() -> None:
    """`best` keeps a vested call where that is worth more, on bonds of the path: without dividends that is always."""
    kept = deal([DateReached(on=dt.date(2026, 4, 1))], strike_usd=110.0, expiry=END, shares=1.0, milestones={}, exercise="best")
    assert off(rows(kept, moving(), "rho")["rho"], step("rate", RATE_STEP)) <= MC_SIGMAS


def test_a_floor_s_rho_is_that_of_its_bond() -> None:
    never = [AllOf(legs=(price_leg(1e6), DateReached(on=AS_OF)))]
    floor = ValueFloor(amount_usd=50.0, on=dt.date(2026, 6, 30))
    of = deal(never, expiry=END, shares=1.0, milestones={}, terms={"floor": floor})
    grid = daily_grid(moving(), END)
    years = (floor.on - AS_OF).days / 365
    assert floor.on in grid.dates
    bond = [50.0 * float(np.exp(-(BASE["rate"] + bump) * years)) for bump in (RATE_STEP, -RATE_STEP)]
    assert off(rows(of, moving(), "rho")["rho"], (bond[0] - bond[1]) / 2.0) <= MC_SIGMAS


def test_rates_that_stand_still_have_none() -> None:
    found = price(call(), market(), method="monte_carlo", measures=["value", "rate_vega"], paths=1)
    assert {row.measure for row in found.rows} == {"value"}
    assert any("no rate_vega" in text for text in found.warnings)
