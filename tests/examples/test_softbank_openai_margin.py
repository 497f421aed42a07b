"""The SoftBank margin loan: its stored result, and what it says of itself."""

from __future__ import annotations

import json

import pytest

from curves import Quote, load_market, short_rate
from instruments import Basis, Deal, load_deal
from instruments.variants import variants_of
from pricing import price
from pricing.engines.margin_loan_simulation import simulate_margin_loan
from pricing.registry import Settings, Task
from tests.stored import EXAMPLES, assert_comes_out_again

FOLDER = EXAMPLES / "softbank_openai_margin"


@pytest.fixture(scope="module")
def deal() -> Deal:
    return load_deal(FOLDER)


def test_the_stored_result_comes_out_again(deal: Deal) -> None:
    stored = json.loads((FOLDER / "expected.json").read_text())
    measures = tuple(dict.fromkeys(row["measure"] for row in stored["results"]))
    fresh = json.loads(price(deal, load_market(FOLDER), measures=measures, paths=4096).to_json())
    assert_comes_out_again(FOLDER / "expected.json", fresh)


def test_what_is_not_public_is_assumed(deal: Deal) -> None:
    for path in ("shares", "triggers.call", "marking.every_days", "sale.lag_days", "sale.impact", "top_up.source", "recourse_lag_days"):
        assert deal.provenance.of(f"contracts.loan.{path}").basis is Basis.ASSUMED
    for path in ("amount_usd", "coupon.spread", "recourse", "maturity"):
        assert deal.provenance.of(f"contracts.loan.{path}").basis is Basis.PRESS
    assert len(variants_of(deal)) >= 20


def test_the_opening_ratio_is_thirty_per_cent(deal: Deal) -> None:
    loan, market = deal.contracts["loan"], load_market(FOLDER)
    assert loan.amount_usd / (loan.shares * market.equity["OPENAI"].spot_usd.value) == pytest.approx(0.30, abs=0.002)


def test_rates_that_move_leave_the_loan_where_it_is(deal: Deal) -> None:
    """The same market but for the rate; the change of value by path, and the sizes that the page names."""
    moving, still = load_market(FOLDER / "market.rates.toml"), load_market(FOLDER)
    flat = moving.rates["USD-SOFR"].evolve(volatility=Quote(value=0.0), mean_reversion=Quote(value=0.0))
    kept = {pair: quote for pair, quote in moving.correlation.items() if "rates:" not in pair}
    assert moving.evolve(rates={"USD-SOFR": flat}, correlation=kept) == still
    name, loan = next(iter(deal.contracts.items()))
    one, two = (
        simulate_margin_loan(Task(deal=deal, contract_id=name, contract=loan, market=on, settings=Settings(paths=4096))).of("banks")
        for on in (moving, still)
    )
    step = one - two
    assert step.std() > 0.0
    assert abs(step.mean()) < 1e-3 * deal.contracts["loan"].amount_usd
    rate = short_rate(moving, "rates:USD-SOFR")
    assert rate is not None
    assert float(rate.integral_variance(2.0)) ** 0.5 == pytest.approx(0.014, abs=0.0005)
    assert moving.equity["OPENAI"].volatility.value * 2.0**0.5 == pytest.approx(0.85, abs=0.005)
