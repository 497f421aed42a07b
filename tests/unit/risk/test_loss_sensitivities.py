"""Sensitivities of odds, loss rate and tail: against bumps by hand and a closed form; errors against the spread over seeds."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from instruments import save
from instruments.ground.tolerances import MC_SIGMAS
from pricing import price, simulate
from pricing.cli.main import main
from pricing.ledger import facility as k
from pricing.measures import GROUPS, LOSS_MEASURES, MEASURES
from pricing.risk.loss_sensitivities import loss_slopes, readings
from pricing.risk.names import SENSITIVITIES
from pricing.risk.sensitivities import BP, Step, ends, steps
from tests.facilities import deal, market, plain_deal, setup

PATHS = 4096
PAYER = "credit:PAYER"


def hazard_step(base: Any, on: Any, part: str = PAYER) -> Step:
    return next(step for step in steps("value_per_hazard_bp", base, on) if step.part == part)


@pytest.fixture(scope="module")
def asked() -> Any:
    return price(deal(), market(), method="simulation", measures=["loss_sensitivities", "value_per_hazard_bp"], paths=PATHS)


def test_each_number_is_the_bump_by_hand(asked: Any) -> None:
    """The measures priced at both ends of the step, as the shipped rows give them."""
    from pricing.engines.facility_rows import facility_rows

    base, on = setup(), market()
    for driver, part in (("hazard_bp", PAYER), ("contract_rent_percent", None), ("resale_percent", None)):
        step = next(one for one in steps(f"value_per_{driver}", base, on) if part in (None, one.part))
        found: list[dict[tuple[str, float | None], float]] = []
        for size in (step.up, step.down):
            bumped = step.change(size)
            rows = facility_rows(bumped, bumped.run(paths=PATHS), on, wanted=frozenset(LOSS_MEASURES), threads=1)
            found.append({(row.measure, row.quantile): row.value or 0.0 for row in rows})
        for measure in LOSS_MEASURES:
            mine = [row for row in asked.rows if row.measure == f"{measure}_per_{driver}" and row.part == step.part]
            assert mine
            for row in mine:
                by_hand = (found[0][measure, row.quantile] - found[1][measure, row.quantile]) * step.unit / (step.up - step.down)
                scale = max(abs(found[0][measure, row.quantile]), 1e-12) * step.unit / (step.up - step.down)
                assert row.value == pytest.approx(by_hand, abs=1e-9 * scale)
                assert row.standard_error is not None


def test_odds_of_default_move_as_the_payer_survives() -> None:
    """Closed form: where the payer's default alone ends the loan, and always does, the slope is that of 1 - exp(-H)."""
    base, on = setup(plain_deal()).cut("credit:PARENT"), market()
    step = hazard_step(base, on)
    above, below = ends(step, base.run(paths=8 * PATHS))
    ((_, slope, error),) = loss_slopes("default_probability", step, above, below)
    # the first month whose default still ends the loan before its maturity, read off the run: every default until then is called
    called = above.outcomes[k.DEFAULT_MONTH] < above.facility.plan.months
    assert 0 < called.sum() < called.size
    survival = base.model.survival[base.model.credits.index(PAYER)]
    years = base.model.years
    odds = [float((run.outcomes[k.DEFAULT_MONTH] < run.facility.plan.months).mean()) for run in (above, below)]
    near = int(np.abs((1.0 - survival) - 0.5 * (odds[0] + odds[1])).argmin())
    exact = [1.0 - survival[near] * np.exp(-size * years[near]) for size in (step.up, step.down)]
    # which month is the last is known to one: a month of years moves the slope by its share
    assert slope == pytest.approx((exact[0] - exact[1]) * BP / (step.up - step.down), abs=MC_SIGMAS * error, rel=1.5 / (near + 1))
    assert slope > 10.0 * error


@pytest.mark.parametrize("measure", LOSS_MEASURES)
def test_errors_are_the_spread_of_blocks(measure: str) -> None:
    """The error of one block of paths is the spread over blocks, and far below that of two runs on other paths."""
    base, on = setup(), market()
    step = hazard_step(base, on)
    found = [list(loss_slopes(measure, step, *ends(step, base.run(paths=PATHS, seed=seed)))) for seed in range(12)]
    for level in range(len(found[0])):
        slopes, errors = (np.array([each[level][at] for each in found]) for at in (1, 2))
        # a spread of twelve is known to a fifth: within two and a half of that
        assert slopes.std(ddof=1) == pytest.approx(errors.mean(), rel=0.5)
        (one, *_), (other, *_) = (list(readings(measure, base.run(paths=PATHS, seed=seed))) for seed in (0, 1))
        apart = np.hypot(one.by_path.std(), other.by_path.std()) / np.sqrt(PATHS) * step.unit / (step.up - step.down)
        assert errors.mean() < 0.7 * apart


def test_every_driver_has_its_losses_by_name_unit_and_error(asked: Any) -> None:
    assert len(GROUPS["loss_sensitivities"]) == len(LOSS_MEASURES) * len(SENSITIVITIES)
    assert {row.measure for row in asked.rows} == {*GROUPS["loss_sensitivities"], "value_per_hazard_bp"}
    for row in asked.rows:
        assert row.unit == MEASURES[row.measure].unit
        assert row.standard_error is not None
        assert (row.error_note or "").startswith("same paths, ")
        assert (row.quantile is not None) == row.measure.startswith("shortfall_tail_mean")
    assert MEASURES["default_probability_per_hazard_bp"].unit == "probability/bp"
    assert MEASURES["shortfall_tail_mean_per_sofr_bp"].unit == "USD/bp"


def test_price_and_simulate_say_the_same_whoever_else_is_asked(asked: Any) -> None:
    name = "expected_loss_rate_per_hazard_bp"
    alone = simulate(deal(), market(), measures=[name], paths=PATHS)
    mine = [(row.part, row.value, row.standard_error) for row in alone.rows if row.measure == name]
    assert mine == [(row.part, row.value, row.standard_error) for row in asked.rows if row.measure == name]
    assert len(mine) == 2


def test_nobody_who_can_fail_is_no_slope() -> None:
    calm = setup(plain_deal()).cut("credit:PARENT", PAYER)
    step = next(steps("value_per_rent_percent", calm, market()))
    for measure in LOSS_MEASURES:
        for level, slope, error in loss_slopes(measure, step, *ends(step, calm.run(paths=PATHS))):
            assert (slope, error) == (0.0, 0.0), level


def test_the_terminal_shows_them_by_driver(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    save(deal(), tmp_path / "deal.toml")
    save(market(), tmp_path / "market.toml")
    names = "default_probability_per_hazard_bp,shortfall_tail_mean_per_hazard_bp"
    assert main(["simulate", str(tmp_path), "--paths", "4096", "--measures", names]) == 0
    shown = capsys.readouterr().out
    assert "Odds of an event of default, in bp of probability, per unit of each driver, on common paths" in shown
    assert "Mean write-off on the worst paths" in shown
    assert shown.count("hazard  credit:PAYER") == 3
    assert main(["price", str(tmp_path), "--paths", "4096", "--measures", names, "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert {row["measure"] for row in rows} == set(names.split(","))
