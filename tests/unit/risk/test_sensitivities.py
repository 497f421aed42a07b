from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from curves import Market, Move, Scenario, discount_curve
from instruments import Deal
from instruments.ground.tolerances import PV_REL
from pricing import price
from pricing._quantlib.loan import quantlib_value
from pricing.engines.facility_run import Setup, planned_run, set_up
from pricing.measures import MEASURES
from pricing.risk.names import SENSITIVITIES
from pricing.risk.sensitivities import BP, Step, sensitivity, steps
from pricing.schedules.loan import facility_flows
from tests.facilities import deal, market, plain_deal, setup

PATHS = 4096
SMALL = 1e-9
"""Two ways of resolving the same facility: sums in another order."""


def moved(base: Market, *moves: tuple[str, str, str, float]) -> Market:
    made = tuple(Move(key=key, field=field, kind=kind, amount=amount) for key, field, kind, amount in moves)  # type: ignore[arg-type]
    return Scenario(label="moved", moves=made).apply(base)


def one(measure: str, base: Setup, on: Market, part: str | None = None) -> Step:
    return next(step for step in steps(measure, base, on) if part in (None, step.part))


@pytest.mark.parametrize(
    ("measure", "moves"),
    [
        ("value_per_rent_percent", [("rent:GPU", "spot_usd_per_hour", "scale")]),
        ("value_per_resale_percent", [("resale:GPU", "new_usd", "scale")]),
        ("value_per_rent_volatility_point", [("rent:GPU", "volatility", "shift")]),
    ],
)
def test_steps_of_paths_are_moves_of_the_market(measure: str, moves: list[Any]) -> None:
    base, on = setup(), market()
    step = one(measure, base, on)
    for size in (step.up, step.down):
        by_step = step.change(size).run(paths=PATHS)
        again = moved(on, *(((*move, 1.0 + size) if move[2] == "scale" else (*move, size)) for move in moves))
        by_market = set_up(deal(), "loan", again).run(paths=PATHS)
        scale = base.facility.plan.commitment
        assert np.abs(by_step.net - by_market.net).max() <= SMALL * scale
        assert np.abs(by_step.net - base.run(paths=PATHS).net).max() > 0.0


def test_hazard_and_correlation_are_moves_of_the_market_too() -> None:
    base, on = setup(), market()
    step = one("value_per_hazard_bp", base, on, "credit:PARENT")
    again = moved(on, ("credit:PARENT", "hazard", "shift", step.up))
    # the survival of both is the same to rounding; a path on the edge of a default would still show
    assert np.array_equal(step.change(step.up).run(paths=PATHS).net, set_up(deal(), "loan", again).run(paths=PATHS).net)
    step = one("value_per_correlation_tenth", base, on, "rent:GPU|credit:PARENT")
    again = moved(on, ("rent:GPU|credit:PARENT", "", "shift", step.down))
    assert np.array_equal(step.change(step.down).run(paths=PATHS).net, set_up(deal(), "loan", again).run(paths=PATHS).net)


def test_rates_without_default_move_the_value_as_quantlib_says() -> None:
    parts: dict[str, Any] = {"floating": {"share": 0.5, "margin": 0.03}, "fixed": {"share": 0.5, "rate": 0.08}}
    terms = plain_deal({"floating_usd": 12e6, "fixed_usd": 12e6}, **parts)
    base, on = setup(terms).cut("credit:PARENT", "credit:PAYER"), market()
    value, error = sensitivity(one("value_per_sofr_bp", base, on), base.run(paths=1))
    rolled = planned_run(base.facility)
    flows = facility_flows(base.facility, rolled.ledger[:, :, 0], rolled.states[:, :, 0])
    curve = discount_curve(on, "rates:USD-SOFR").discount

    def free(shift: float) -> float:
        def discount(years: Any) -> Any:
            return curve(years) * np.exp(-shift * np.asarray(years))

        return quantlib_value(flows, discount, np.ones_like, 0.0, subject="loan").default_free

    by_quantlib = (free(25 * BP) - free(-25 * BP)) / 50.0
    assert error <= PV_REL * base.facility.plan.commitment
    assert value == pytest.approx(by_quantlib, rel=1e-8)  # a difference of two values, each exact to 1e-12
    # the fixed half has a duration of about a year, the floating half carries its margin's alone
    assert -0.6 * 24e6 * BP < value < -0.4 * 24e6 * BP


def test_power_and_pue_are_one_cost() -> None:
    base, on = setup(), market()
    run = base.run(paths=PATHS)
    pue, power = one("value_per_pue_hundredth", base, on), one("value_per_power_cent", base, on)
    # 0.08 USD x PUE 1.2: half a cent at that PUE is a step of 0.075 in PUE
    by_pue = pue.change(0.075).run(paths=PATHS)
    by_power = power.change(0.005).run(paths=PATHS)
    assert np.abs(by_pue.net - by_power.net).max() <= SMALL * base.facility.plan.commitment
    assert np.abs(by_pue.net - run.net).max() > 0.0


@pytest.mark.parametrize("measure", SENSITIVITIES)
def test_every_sensitivity_is_a_slope_with_its_error(measure: str) -> None:
    base, on = setup(), market()
    run = base.run(paths=PATHS)
    found = list(steps(measure, base, on))
    assert found
    for step in found:
        value, error = sensitivity(step, run, threads=1)
        if measure == SENSITIVITIES[0]:
            assert (value, error) == sensitivity(step, run, threads=2)
        assert np.isfinite(value)
        assert error >= 0.0
        # by hand, from the values alone: common paths change the error, never the number
        ends = [run.value if size == 0.0 else step.change(size).run(paths=PATHS).value for size in (step.up, step.down)]
        slack = 1e-9 * abs(run.value) * step.unit / (step.up - step.down)
        assert value == pytest.approx((ends[0] - ends[1]) * step.unit / (step.up - step.down), abs=slack + 1e-9 * abs(value))


def test_common_paths_make_the_error_small() -> None:
    base, on = setup(), market()
    run = base.run(paths=PATHS)
    step = one("value_per_contract_rent_percent", base, on)
    apart = step.change(step.up).run(paths=PATHS, seed=5)
    independent = np.hypot(apart.standard_error, run.standard_error) / 2.0  # of a step of two units
    assert sensitivity(step, run)[1] < 0.5 * independent


@pytest.mark.slow
def test_errors_are_the_spread_over_seeds() -> None:
    base, on = setup(), market()
    step = one("value_per_hazard_bp", base, on, "credit:PAYER")
    found = np.array([sensitivity(step, base.run(paths=PATHS, seed=seed)) for seed in range(10)])
    # a spread of ten is known to a fifth: within two and a half of that
    assert found[:, 0].std(ddof=1) == pytest.approx(found[:, 1].mean(), rel=0.5)


def test_steps_stay_where_inputs_may_be() -> None:
    on = market(correlation={"rent:GPU|credit:PARENT": 1.0, "credit:PAYER|credit:PARENT": 0.0})
    base = setup(deal(offtake={"availability": 1.0}, fleet={"attrition": 0.0, "site": _site(pue=1.0)}), on)
    ends = {(step.measure, step.part): (step.up, step.down) for name in SENSITIVITIES for step in steps(name, base, on)}
    assert ends["value_per_utilisation_point", "hours paid by the contract"] == (0.0, -0.01)
    assert ends["value_per_attrition_point", None] == (0.01, 0.0)
    assert ends["value_per_pue_hundredth", None] == (0.05, 0.0)
    assert ends["value_per_correlation_tenth", "rent:GPU|credit:PARENT"] == (0.0, -0.05)
    safe = setup(on=market(credit={"PAYER": {"kind": "hazard", "hazard": 0.0}, "PARENT": {"kind": "hazard", "hazard": 0.1}}))
    step = one("value_per_hazard_bp", safe, market(), "credit:PAYER")
    assert (step.up, step.down) == (25 * BP, 0.0)


def _site(**changes: Any) -> dict[str, Any]:
    site = {"power": "power:US", "pue": 1.2, "colocation_usd_per_kw_month": 150.0, "upkeep_usd_per_unit_month": 100.0}
    return site | changes


def test_nothing_to_delay_is_no_row() -> None:
    seasoned = setup(plain_deal())
    assert list(steps("value_per_delay_month", seasoned, market())) == []


def test_a_later_acceptance_is_the_later_deal() -> None:
    base, on = setup(), market()
    step = one("value_per_delay_month", base, on)
    cohorts = [cohort.model_dump() for cohort in deal().assets["fleet"].cohorts]

    for cohort, date in zip(cohorts, (dt.date(2026, 7, 31), dt.date(2026, 9, 30)), strict=True):
        cohort["acceptance"] = date
    later: Deal = deal(fleet={"cohorts": cohorts})
    assert np.array_equal(step.change(1.0).run(paths=PATHS).net, set_up(later, "loan", on).run(paths=PATHS).net)


def test_they_come_when_asked_by_name_or_group() -> None:
    asked = price(deal(), market(), method="simulation", measures=["sensitivities"], paths=PATHS)
    assert {row.measure for row in asked.rows} == set(SENSITIVITIES)
    for row in asked.rows:
        assert row.unit == MEASURES[row.measure].unit
        assert row.unit.startswith("USD/")
        assert row.standard_error is not None
        assert row.error_note
        assert row.error_note.startswith("same paths, ")


def test_the_rent_of_an_empty_facility_matters_to_nobody() -> None:
    """Limit: a loan that never defaults, and is paid by its contract, does not see rents of the market or resale values."""
    calm = setup(plain_deal()).cut("credit:PARENT", "credit:PAYER")
    run = calm.run(paths=PATHS)
    for measure in ("value_per_rent_percent", "value_per_resale_percent", "value_per_rent_volatility_point"):
        for step in steps(measure, calm, market()):
            assert sensitivity(step, run) == (0.0, 0.0)
