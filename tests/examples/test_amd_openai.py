"""The AMD - OpenAI example: its stored result, and what the deal file says of itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from curves import Market, Move, Quote, Scenario, load_market
from instruments import Basis, Deal, load_deal
from instruments.variants import variants_of
from pricing import price
from pricing.engines.warrant_monte_carlo import MONTE_CARLO
from pricing.engines.warrant_paths import priced_by_paths
from pricing.engines.warrant_setup import prepare
from pricing.paths.daily_rates import MOVING
from pricing.registry import Settings, Task
from tests.stored import EXAMPLES, PATHS, assert_comes_out_again

FOLDER = EXAMPLES / "amd_openai"
STEP_M, ERROR_M = -18.5, 7.5
"""What rates that move do to the value, millions of USD, and its error."""


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


@pytest.fixture(scope="module")
def fresh(deal: Deal) -> dict[str, object]:
    document: dict[str, object] = json.loads(price(deal, load_market(FOLDER), paths=PATHS).to_json())
    return document


def test_the_stored_result_comes_out_again(fresh: dict[str, object]) -> None:
    assert_comes_out_again(FOLDER / "expected.json", fresh)


def test_public_terms_are_plain_and_redacted_ones_assumed(deal: Deal) -> None:
    warrant = deal.contracts["warrant"]
    assert (warrant.shares, warrant.strike_usd, warrant.expiry.isoformat()) == (160e6, 0.01, "2030-10-05")
    assert sum(tranche.shares for tranche in warrant.tranches) == 160e6
    for path in ("shares", "condition.legs.1.at_least", "condition.legs.1.observation", "condition.legs.1.meet"):
        assert deal.provenance.of(f"contracts.warrant.tranches.3.{path}").basis is Basis.ASSUMED
    assert deal.provenance.of("contracts.warrant.strike_usd").basis is Basis.FILING


def test_every_alternative_keeps_the_sum_and_the_last_target(deal: Deal) -> None:
    variants = variants_of(deal)
    assert len(variants) >= 11
    for variant in variants:
        warrant = variant.deal.contracts["warrant"]
        assert sum(tranche.shares for tranche in warrant.tranches) == 160e6
        assert warrant.tranches[-1].condition.legs[1].at_least == 600.0  # type: ignore[union-attr]


def test_the_announcement_moved_the_value(deal: Deal) -> None:
    before, after = (
        price(deal, load_market(FOLDER / name), measures=("value",), paths=PATHS, method="monte_carlo").value
        for name in ("market.toml", "market.announcement.toml")
    )
    assert after > 1.2 * before


def test_what_rates_that_move_do_is_what_the_page_says(deal: Deal) -> None:
    """The same paths with rates that move and with rates that all but stand still, on a quarter of those of the page."""
    moving, still = load_market(FOLDER / "market.rates.toml"), load_market(FOLDER)
    flat = moving.rates["USD-SOFR"].evolve(volatility=Quote(value=0.0), mean_reversion=Quote(value=0.0))
    kept = {pair: quote for pair, quote in moving.correlation.items() if "rates:" not in pair}
    assert moving.evolve(rates={"USD-SOFR": flat}, correlation=kept) == still
    hardly = Move(key="rates:USD-SOFR", field="volatility", kind="set", amount=1e-9)
    one, two = (paths_of(deal, on) for on in (moving, Scenario(label="still", moves=(hardly,)).apply(moving)))
    step = (one - two) / 1e6
    error = float(step.std(ddof=1)) / np.sqrt(step.size)
    assert error / 2.0 == pytest.approx(ERROR_M, rel=0.15)
    assert abs(float(step.mean()) - STEP_M) <= 2.0 * error
    assert f"by {-STEP_M} ± {ERROR_M} m" in (FOLDER / "README.md").read_text()


def paths_of(deal: Deal, on: Market) -> np.ndarray:
    settings = Settings(paths=PATHS, keep_sample=True, measures=frozenset({"value"}))
    run = prepare(Task(deal=deal, contract_id="warrant", contract=deal.contracts["warrant"], market=on, settings=settings))
    found = priced_by_paths(run, MONTE_CARLO)
    assert found.rows[0].error_note == MOVING
    assert found.sample is not None
    return found.sample
