from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from instruments import InputError, PricingError
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price, simulate, solve_advance, solve_rent
from pricing.engines.facility_measures import lent
from pricing.engines.facility_run import planned_run
from pricing.ledger import facility as k
from pricing.risk.break_evens import (
    advance_for_loss,
    loss_rate,
    planned_advance,
    rent_at_par,
    rent_for_loss,
    scaled_advance,
    scaled_rent,
    solve,
)
from tests.facilities import deal, market, plain_deal, setup

PATHS = 4096


def test_solve_finds_a_crossing_with_the_error_of_its_slope() -> None:
    scale, error = solve(lambda x: (4.0 * (x - 1.3), 0.02), 0.1, 4.0, subject="s", wish="w")
    assert scale == pytest.approx(1.3, abs=2e-4)
    assert error == pytest.approx(0.02 / 4.0)
    with pytest.raises(PricingError, match="w is not reached between 10 % and 400 %"):
        solve(lambda x: (x, 0.1), 0.1, 4.0, subject="s", wish="w")


def test_the_advance_found_loses_what_was_asked() -> None:
    base, on = setup(), market()
    target = 0.8 * loss_rate(base, base.run(paths=PATHS))[0]
    found = advance_for_loss(base, on, target, paths=PATHS)
    there = scaled_advance(base, on, found.scale)
    rate, error = loss_rate(there, there.run(paths=PATHS))
    assert rate == pytest.approx(target, abs=0.1 * error)  # the estimate is a step function: a path or two
    assert found.value == planned_advance(there)
    assert found.value < planned_advance(base)
    assert 0.0 < found.error < found.value
    other = there.run(paths=PATHS, seed=9)
    assert abs(loss_rate(there, other)[0] - target) <= MC_SIGMAS * np.hypot(error, loss_rate(there, other)[1])


def test_the_loss_rate_rises_with_the_advance() -> None:
    base, on = setup(), market()
    rates = [loss_rate(there, there.run(paths=PATHS))[0] for there in (scaled_advance(base, on, s) for s in (0.3, 0.6, 0.9))]
    assert rates == sorted(rates)
    assert rates[0] < rates[-1]


def test_the_advance_of_the_terms_is_found_again() -> None:
    base, on = setup(), market()
    run = base.run(paths=PATHS)
    again = scaled_advance(base, on, 1.0).run(paths=PATHS)
    assert np.array_equal(again.outcomes, run.outcomes)
    drawn = planned_run(base.facility).states[base.facility.plan.maturity - 1, k.DRAWN, 0]
    assert planned_advance(base) == drawn / 50e6


def test_a_loss_that_no_advance_reaches_is_said() -> None:
    base, on = setup(), market()
    with pytest.raises(PricingError, match=r"advance rate.*an expected loss of 95 % is not reached between 2 % and"):
        advance_for_loss(base, on, 0.95, paths=PATHS)
    with pytest.raises(PricingError, match="draws nothing more"):
        advance_for_loss(setup(plain_deal()), on, 0.01, paths=PATHS)


def test_the_rent_found_is_at_par_and_loses_what_was_asked() -> None:
    base = setup()
    found = rent_at_par(base, paths=PATHS)
    run = scaled_rent(base, found.scale).run(paths=PATHS)
    assert abs(run.value - lent(base)) <= 0.1 * run.standard_error  # a path or two
    assert found.value == pytest.approx(3.6 * found.scale)
    target = 1.3 * loss_rate(base, base.run(paths=PATHS))[0]
    lower = rent_for_loss(base, target, paths=PATHS)
    rate, error = loss_rate(base, scaled_rent(base, lower.scale).run(paths=PATHS))
    assert rate == pytest.approx(target, abs=0.1 * error)
    assert lower.scale < 1.0


@pytest.mark.slow
def test_the_error_of_a_rent_is_its_spread_over_seeds() -> None:
    base = setup()
    found = [rent_at_par(base, paths=PATHS, seed=seed) for seed in range(8)]
    spread = float(np.std([each.value for each in found], ddof=1))
    assert spread == pytest.approx(float(np.mean([each.error for each in found])), rel=0.6)  # of eight: known to a quarter


def test_a_certain_loan_breaks_even_where_its_plan_just_pays() -> None:
    """Limit: nobody defaults, the fleet is worth nothing and nothing is let again: below the cash break-even principal is lost."""
    on = market(
        rent={"GPU": {**_rent(), "relet_utilisation": 0.0}},
        resale={"GPU": {"kind": "thin_resale", "new_usd": 1.0, "decline": 0.3, "depth_units": 1e9, "impact": 0.0, "sale_cost": 0.0}},
    )
    terms = plain_deal(fixed={"share": 1.0, "rate": 0.04}, enforcement={"default_margin": 0.0, "grace_months": 1})
    base = setup(terms, on).cut("credit:PARENT", "credit:PAYER")
    rent = rent_for_loss(base, 0.01, paths=1)
    rows = price(terms, on, method="simulation", measures=["break_even_rent"], paths=1).rows
    cash = max(row.value or 0.0 for row in rows)
    mean = np.mean([row.value for row in rows])
    # by then rents of later months have caught up with what was put off: below the worst month, near the mean of all
    assert 0.9 * mean < rent.value < cash


def _rent() -> dict[str, object]:
    return {"kind": "thin_rent", "spot_usd_per_hour": 3.0, "growth": -0.1, "volatility": 0.4, "relet_months": 2}


def test_any_target_by_deal_and_market() -> None:
    target = 1.2 * loss_rate(setup(), setup().run(paths=PATHS))[0]
    of_setup = rent_for_loss(setup(), target, paths=PATHS, threads=1)
    assert solve_rent(deal(), market(), "loan", loss_rate=target, paths=PATHS, threads=2) == of_setup


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"loss_rate": 2.0}, "between 0 and 1; 2 % of what is lent is 0.02"),
        ({"loss_rate": 0.02, "paths": 0}, "between 1 and"),
        ({"loss_rate": 0.02, "seed": -1}, "at or above 0"),
        ({"loss_rate": 0.02, "loan": "lone"}, "no such contract"),
        ({"loss_rate": 0.02, "threads": 0}, "1 or more"),
    ],
)
def test_unusable_options_are_told(options: dict[str, Any], says: str) -> None:
    asked = {"loan": "loan"} | options
    for solver in (solve_advance, solve_rent):
        with pytest.raises(InputError, match=says):
            solver(deal(), market(), **asked)


def test_rows_say_so_where_nothing_is_reached() -> None:
    found = simulate(plain_deal(), market(), measures=["break_evens"], paths=PATHS)
    rows = {(row.measure, row.part): row for row in found.rows}
    void = rows["advance_rate_for_loss", "expected loss of 1 %"]
    assert void.value is None
    assert void.error_note == "the loan draws nothing more: there is no advance to choose"
    at_par = rows["break_even_rent_at_par", None]
    assert at_par.value is not None
    assert at_par.standard_error is not None
    assert at_par.unit == "USD/unit-hour"
