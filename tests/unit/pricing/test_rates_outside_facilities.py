"""Leases, guarantees, backstops and stand-alone offtakes discounted along paths of the short rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from curves import Market
from instruments import Deal
from instruments.ground.tolerances import MC_SIGMAS
from pricing.ledger.runs import ContractRun
from pricing.registry import Settings, Task, simulator_for
from tests import leases, offtakes

CASES: dict[str, tuple[Any, Deal, str]] = {
    "offtake": (offtakes.market, offtakes.deal(), "offtake"),
    "lease": (leases.market, leases.deal(), "lease"),
    "floor": (leases.market, leases.deal(backstop={}), "floor"),
}


def run(case: str, volatility: float, **ties: float) -> ContractRun:
    market, deal, name = CASES[case]
    rates = {"USD-SOFR": {"kind": "flat", "rate": 0.04, "volatility": volatility, "mean_reversion": 0.1}}
    base: Market = market()
    on = market(rates=rates, correlation=dict(base.correlation) | {f"rates:USD-SOFR|{key}": value for key, value in ties.items()})
    contract = deal.contracts[name]
    simulator = simulator_for(type(contract))
    assert simulator is not None
    return simulator(Task(deal=deal, contract_id=name, contract=contract, market=on, settings=Settings(paths=8192, seed=2, threads=1)))


@pytest.mark.parametrize("case", CASES)
def test_an_independent_rate_moves_no_mean(case: str) -> None:
    """The very same postings; their present values move path by path, and not in the mean."""
    still, moving = run(case, 0.0), run(case, 0.02)
    assert still.discounted is None
    assert moving.mean_ledger.tobytes() == still.mean_ledger.tobytes()
    for party in moving.parties:
        step = moving.of(party) - still.of(party)
        assert abs(float(step.mean())) <= MC_SIGMAS * float(step.std(ddof=1)) / np.sqrt(step.size) + 1e-9
    assert float(np.abs(moving.present - still.present).max()) > 1.0
    np.testing.assert_allclose(moving.present.sum(axis=0), 0.0, atol=1e-3)


@pytest.mark.parametrize("case", CASES)
def test_present_postings_are_the_parties_values(case: str) -> None:
    moving = run(case, 0.02)
    net = 0.0
    party = moving.parties[0]
    for column, posting in enumerate(moving.plan.postings):
        if posting.unit == "USD" and posting.claim in ("cash", "terminal") and posting.payee != posting.payer:
            sign = (posting.payee == party) - (posting.payer == party)
            net += sign * float(moving.present_ledger[:, column].sum())
    assert net == pytest.approx(moving.value(party)[0], rel=1e-9)


def test_a_floor_on_rents_is_worth_more_where_rates_rise_with_them() -> None:
    """It pays while rents are low: then a rate that goes with rents has discounted less."""
    with_it, without = run("floor", 0.02, **{"rent:GPU": 0.8}), run("floor", 0.02)
    step = with_it.present_ledger[:, 0].sum() - without.present_ledger[:, 0].sum()
    assert float(step) > 0.0
